"""What comes in: a document, the parts that a translator finds in it, and what its sender's words mean here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.edi_documents import DocumentIn
from domain.gateway_events import GatewayEvent
from domain.messages import CarrierEvent, CarrierStatus, DeliveryConfirmed, Fact, Request, ReturnScanned, Text
from domain.order import Moment, PlaceOrder
from domain.values import Value


class NeedKind(StrEnum):
    """What a sender may call by a name of their own."""

    ITEM = "item"  # of a line: ours
    CUSTOMER = "customer"  # who buys: ours
    UNIT = "unit"  # of measure: how many pieces it is
    PARTNER = "partner"  # who sends a document: the name of their channel here
    COLUMNS = "columns"  # of a channel's files: what they mean, as a `ColumnMap`


class Delivery(Value):
    """A document as it was delivered: the same `channel` and `delivery` are the same document, however often it comes.

    `form` names the translator that reads it; `topic` is what the sender says it is. Deliveries of one `event` are the same document, too,
    where they have the same body: a sender that has two subscriptions says everything twice.
    """

    channel: Annotated[str, Field(min_length=1, max_length=120)]
    delivery: Annotated[str, Field(min_length=1, max_length=200)]
    form: Annotated[str, Field(min_length=1, max_length=60)]
    topic: Annotated[str, Field(max_length=120)] = ""
    body: bytes
    received_at: Moment
    event: Annotated[str, Field(max_length=400)] = ""


Words = Mapping[tuple[NeedKind, str], str]
"""What units and partners of a sender mean here, for translators that cannot read a document without."""


class LeftOut(Value):
    """What a person left out of an order, because the house knows it: its date (the day it came), terms, the address behind a name."""

    placed_at: bool = False
    terms: bool = False
    ship_to: str = Field(default="", max_length=200)  # the name of an address that the customer has had goods sent to


NOTHING_LEFT_OUT = LeftOut()


class OrderIn(Value):
    """An order, in its sender's words: items and customer are mapped, and what was left out is filled in, by whoever hands it over.

    `said_at` is when its shop said so, where the shop will go on telling how the order stands.
    """

    place: str = ""
    order: PlaceOrder
    said_at: Moment | None = None
    left_out: LeftOut = NOTHING_LEFT_OUT

    @property
    def stated(self) -> PlaceOrder:
        """The order by which a repeat is known: one that names no date is the same on every day."""
        return self.order.model_copy(update={"placed_at": UNDATED}) if self.left_out.placed_at else self.order


UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


class OrderStatedIn(Value):
    """An order as its shop says that it stands at `said_at`, in the shop's words: what that changes shows beside what it said before.

    A line of quantity 0 is not wanted any more. `remarks` are what no order can say, for a person. An order that nobody knows is placed
    where it is `ready`, else the part waits for it, or is left alone where `unready` says why.
    """

    place: str = ""
    order: PlaceOrder
    said_at: Moment
    remarks: tuple[str, ...] = ()
    ready: bool = False
    unready: str = ""


class ReturnStatedIn(Value):
    """Goods of an order that its shop takes back, by the shop's words for the items."""

    place: str = ""
    order: str
    message_id: str
    said_at: Moment
    items: tuple[tuple[str, int], ...]
    reason: str = ""


class MessageIn(Value):
    """A fact or a request for an order, which may not have come yet: it waits, unless `unknown` says why nobody needs to wait for it.

    What a warehouse says of its work (`location`) has to fit what it was asked for; it is refused with that, and not left to the order.
    """

    place: str = ""
    order: str
    message: Fact | Request
    unknown: str = ""
    location: str = ""


class CountedIn(Value):
    """What lies in a bin, by a count of the warehouse's own (item and bin) or one that it was asked for (`task`)."""

    place: str = ""
    location: Annotated[str, Field(min_length=1, max_length=120)]
    task: Annotated[str, Field(max_length=120)] = ""
    item: Annotated[str, Field(max_length=120)] = ""
    bin: Annotated[str, Field(max_length=100)] = ""
    lot: Annotated[str, Field(max_length=100)] = ""
    quantity: int = Field(ge=0, le=10_000_000)
    occurred_at: Moment
    actor: Annotated[str, Field(min_length=1, max_length=120)]


class SeenIn(Value):
    """What a carrier saw of a parcel that it knows by its tracking number alone: it waits until a shipment or a return bears the number.

    `carrier` is the sender's name, empty where it is no carrier but whoever forwards what carriers say.
    """

    place: str = ""
    carrier: str = ""
    tracking: Annotated[str, Field(min_length=1, max_length=60)]
    message_id: Annotated[str, Field(min_length=1, max_length=200)]
    occurred_at: Moment
    actor: Annotated[str, Field(min_length=1, max_length=120)]
    status: CarrierStatus
    detail: Text = ""
    expected_at: Moment | None = None
    signed_by: Annotated[str, Field(max_length=200)] = ""

    def of_shipment(self, shipment: int) -> Fact:
        """What it says of the shipment that bears the number; who signed for it is worth a fact of its own."""
        said = {"message_id": self.message_id, "occurred_at": self.occurred_at, "actor": self.actor, "shipment": shipment}
        if self.status is CarrierStatus.DELIVERED and self.signed_by:
            return DeliveryConfirmed.model_validate(said | {"signed_by": self.signed_by})
        return CarrierEvent.model_validate(said | {"status": self.status, "detail": self.detail, "expected_at": self.expected_at})

    def of_return(self, rma: int) -> Fact | None:
        """What it says of the return that bears the number: that it is on its way; whether it arrived is said by the dock."""
        if self.status not in (CarrierStatus.IN_TRANSIT, CarrierStatus.DELIVERED):
            return None
        return ReturnScanned(message_id=self.message_id, occurred_at=self.occurred_at, actor=self.actor, rma=rma)


class GatewayIn(Value):
    """An event of a payment service, which is set against the books."""

    place: str = ""
    gateway: str
    event: GatewayEvent


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


Part = (
    OrderIn | OrderStatedIn | ReturnStatedIn | MessageIn | SeenIn | GatewayIn | CountedIn | RefusedIn | IgnoredIn | UnmappedIn | DocumentIn
)


def items_mapped(order: PlaceOrder, ours: Mapping[str, str]) -> PlaceOrder:
    """The order with the items of its lines called as we call them; what `ours` does not name stays."""
    if not any(line.item in ours for line in order.lines):
        return order
    lines = tuple(line.model_copy(update={"item": ours.get(line.item, line.item)}) for line in order.lines)
    return order.model_copy(update={"lines": lines})
