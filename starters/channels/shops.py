"""What every shop's documents have in common: whose channel an order is of, when a shop said something, and what it deleted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from domain.errors import InputRefused
from domain.intake import Delivery, MessageIn, Part, RefusedIn
from domain.messages import CancelOrder, ExceptionRaised, HoldOrder
from starters.channels.reading import Node

OURS = ("desk",)
"""Channels of documents that no shop delivered: an order in them is of the channel that its form is named after."""


def channel_of(delivery: Delivery, form: str) -> str:
    """The first half of the names of a document's orders."""
    return form if delivery.channel in OURS or "/" in delivery.channel else delivery.channel


CATCH_UP = "orders"
"""The topic of what a person fetched from a shop after an outage: orders as they stand, many of them known already."""

MOST_ORDERS = 1_000
"""Orders of one document; a page of a shop's API has up to 250."""


def each_by_itself(bodies: Sequence[Node], read: Callable[[Node], Sequence[Part]]) -> list[Part]:
    """The parts of several orders: one that cannot be read keeps no other out. Raises InputRefused for more than can be meant."""
    if len(bodies) > MOST_ORDERS:
        raise InputRefused("the document", f"it has {len(bodies):,} orders, and at most {MOST_ORDERS:,} are read")
    found: list[Part] = []
    for body in bodies:
        try:
            found += read(body)
        except InputRefused as refused:
            found.append(RefusedIn(place=refused.place, reason=refused.reason))
    return found


_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:#-]{0,59}", re.ASCII)


def id_of(node: Node, name: str = "id") -> str:
    """The shop's id of an order, a refund or the like. Raises InputRefused for one that could not stand in a name of ours."""
    found = node.text(name)
    if not found:
        raise InputRefused(node.child(name).place, "there is no id")
    if not _ID.fullmatch(found):
        raise InputRefused(node.child(name).place, f"{found!r:.70} is no id: up to 60 letters, digits and . _ : # -")
    return found


def moment(written: str, place: str, meant: str = "a time of the order", *, utc: bool = False) -> datetime:
    """The moment in UTC that an ISO 8601 text says, with its zone unless it is `utc` by its field's name. Raises InputRefused."""
    if not written:
        raise InputRefused(place, f"there is no {meant.removeprefix('a ')}")
    try:
        found = datetime.fromisoformat(written)
        if found.tzinfo is None:
            if not utc:
                raise InputRefused(place, f"{written!r:.40} is a time without its zone")
            found = found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputRefused(place, f"{written!r:.40} is not a time (ISO 8601 with its zone)") from None


def cancelled(channel: str, external_id: str, at: datetime, reason: str, *, place: str, unknown: str = "") -> MessageIn:
    """The shop cancelled the order: however many of its documents say so, it is asked once."""
    message = CancelOrder(
        message_id=f"{channel}/{external_id}/cancelled", occurred_at=at, actor=channel, reason=f"cancelled in the shop: {reason:.900}"
    )
    return MessageIn(place=place, order=f"{channel}/{external_id}", message=message, unknown=unknown)


def raised_by_shop(message_id: str, at: datetime, channel: str, detail: str) -> ExceptionRaised:
    """A person has to see it at the order, where everybody looks who wonders about its money."""
    return ExceptionRaised(message_id=message_id[:200], occurred_at=at, actor=channel, detail=detail[:1_000])


def held(channel: str, external_id: str, at: datetime, why: str, *, place: str, unknown: str) -> MessageIn:
    """Something happened to the order in the shop that a person should look at before it ships."""
    message = HoldOrder(
        message_id=f"{channel}/{external_id}/held/{at.isoformat()}", occurred_at=at, actor=channel, reason=why[:1_000], review_in=1
    )
    return MessageIn(place=place, order=f"{channel}/{external_id}", message=message, unknown=unknown)
