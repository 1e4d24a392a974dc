"""What a payment service tells us by itself: the same few things, whatever the service calls them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.money import Money
from domain.order import Moment
from domain.values import Value

Name = Annotated[str, Field(max_length=300)]


class EventKind(StrEnum):
    AUTHORIZED = "authorized"  # money is reserved, or less of it is since a capture
    CAPTURED = "captured"  # money was taken; `amount` is all that was taken of this payment so far
    DECLINED = "declined"  # a bank said no
    CANCELLED = "cancelled"  # what was reserved is free again
    REFUNDED = "refunded"  # money went back; `amount` is this refund, `total` all of them so far
    REFUND_FAILED = "refund_failed"  # a refund came back: the money is with us again
    DISPUTED = "disputed"  # the customer's bank takes `amount` back, or asks about it
    DISPUTE_CLOSED = "dispute_closed"  # won, lost, or only asked
    PAID = "paid"  # somebody paid on a page of the service
    OTHER = "other"  # nothing that an order has to know


class GatewayEvent(Value):
    """`ours`: the echo of a call of our own; `announced`: what our own calls have captured of this payment, as the service notes it."""

    event: Annotated[str, Field(min_length=1, max_length=180)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    kind: EventKind
    occurred_at: Moment
    ours: bool = False
    order: Name = ""
    key: Name = ""  # of the step of ours that made it
    authorization: Annotated[str, Field(max_length=80)] = ""  # the service's id of the payment
    reference: Annotated[str, Field(max_length=80)] = ""  # of the refund, dispute or payment page
    amount: Money | None = None
    total: Money | None = None
    announced: Money | None = None
    status: Annotated[str, Field(max_length=60)] = ""
    reason: Annotated[str, Field(max_length=300)] = ""


class EventView(Value):
    """An event as it was taken; `heard`: yes, not yet, or why its order would not hear it; empty when it had nothing to hear."""

    event: str
    name: str
    order: str
    occurred_at: Moment
    outcome: str
    heard: str
    booked: str = ""  # where its money stands, when no order would hear of it


class EventTaken(Value):
    """What became of an event, in one sentence."""

    event: str
    name: str
    order: str
    outcome: str
    told: int = 0  # facts that stand in the outbox because of it
    repeated: bool = False


class EventKept(EventTaken):
    """An event that came by way of the inbox: its entry there, whether it waits for its order, and why that would not hear it."""

    entry: int
    status: str  # done, or parked until its order comes
    unheard: str = ""
