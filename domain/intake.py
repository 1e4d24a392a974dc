"""What comes in: a document, the parts that a translator finds in it, and what its sender's words mean here."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.messages import Fact, Request
from domain.order import Moment, PlaceOrder
from domain.values import Value


class NeedKind(StrEnum):
    """What a sender may call by a name of their own."""

    ITEM = "item"  # of a line: ours
    CUSTOMER = "customer"  # who buys: ours
    UNIT = "unit"  # of measure: how many pieces it is
    PARTNER = "partner"  # who sends a document: the name of their channel here


class Delivery(Value):
    """A document as it was delivered: the same `channel` and `delivery` are the same document, however often it comes.

    `form` names the translator that reads it; `topic` is what the sender says it is.
    """

    channel: Annotated[str, Field(min_length=1, max_length=120)]
    delivery: Annotated[str, Field(min_length=1, max_length=200)]
    form: Annotated[str, Field(min_length=1, max_length=60)]
    topic: Annotated[str, Field(max_length=120)] = ""
    body: bytes
    received_at: Moment


Words = Mapping[tuple[NeedKind, str], str]
"""What units and partners of a sender mean here, for translators that cannot read a document without."""


class OrderIn(Value):
    """An order, in its sender's words: items and customer are mapped by whoever hands it over."""

    place: str = ""
    order: PlaceOrder


class MessageIn(Value):
    """A fact or a request for an order, which may not have come yet."""

    place: str = ""
    order: str
    message: Fact | Request


class RefusedIn(Value):
    """A part that cannot be taken, with the reason that its sender is told."""

    place: str = ""
    reason: str


class IgnoredIn(Value):
    """A part that was read and asks for nothing."""

    place: str = ""
    reason: str


class UnmappedIn(Value):
    """A part that cannot be read before somebody says what `needs` mean."""

    place: str = ""
    needs: tuple[tuple[NeedKind, str], ...]


Part = OrderIn | MessageIn | RefusedIn | IgnoredIn | UnmappedIn


def items_mapped(order: PlaceOrder, ours: Mapping[str, str]) -> PlaceOrder:
    """The order with the items of its lines called as we call them; what `ours` does not name stays."""
    if not any(line.item in ours for line in order.lines):
        return order
    lines = tuple(line.model_copy(update={"item": ours.get(line.item, line.item)}) for line in order.lines)
    return order.model_copy(update={"lines": lines})
