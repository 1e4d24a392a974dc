"""The life of an order: its stages, what it may wait for, and which message is taken at which stage.

`docs/order-lifecycle.md` is written from the tables of this module (`make docs`).
"""

from __future__ import annotations

from enum import StrEnum

from domain.messages import (
    AmendOrder,
    Appease,
    CancelOrder,
    CancelReminder,
    CarrierEvent,
    CreditCleared,
    Decide,
    DeliveryConfirmed,
    DisputeInvoice,
    ExceptionRaised,
    Fact,
    HoldDunning,
    HoldOrder,
    InvoiceCollected,
    Packed,
    PaymentReceived,
    PaymentReversed,
    PickConfirmed,
    PromiseToPay,
    ReleaseCredit,
    ReleaseOrder,
    ReminderIssued,
    Request,
    RequestReturn,
    ReturnInspected,
    ReturnReceived,
    ReturnRequested,
    ReturnScanned,
    StockArrived,
    StockReallocated,
    SupplySlipped,
    WriteOffInvoice,
)
from domain.values import Value


class Stage(StrEnum):
    CAPTURED = "captured"  # taken in, not yet accepted: findings may be open
    SUPPLYING = "supplying"  # accepted; some units have no stock yet
    FULFILLING = "fulfilling"  # every unit has stock; the floor is at work
    SHIPPED = "shipped"  # everything left the house, not everything has arrived
    DELIVERED = "delivered"  # everything arrived; money or the return window is open
    CANCELLING = "cancelling"  # being wound up: what was done is undone, or every unit is cancelled and only questions are open
    CLOSED = "closed"  # settled
    CANCELLED = "cancelled"  # wound up
    REJECTED = "rejected"  # never accepted

    @property
    def final(self) -> bool:
        return self in (Stage.CLOSED, Stage.CANCELLED, Stage.REJECTED)


FOLLOWS: dict[Stage, tuple[Stage, ...]] = {
    Stage.CAPTURED: (Stage.SUPPLYING, Stage.FULFILLING, Stage.REJECTED, Stage.CANCELLING),
    Stage.SUPPLYING: (Stage.FULFILLING, Stage.SHIPPED, Stage.DELIVERED, Stage.CANCELLING),
    Stage.FULFILLING: (Stage.SUPPLYING, Stage.SHIPPED, Stage.DELIVERED, Stage.CANCELLING),
    Stage.SHIPPED: (Stage.SUPPLYING, Stage.DELIVERED, Stage.CLOSED),
    Stage.DELIVERED: (Stage.SUPPLYING, Stage.CLOSED),
    Stage.CANCELLING: (Stage.SHIPPED, Stage.DELIVERED, Stage.CANCELLED, Stage.CLOSED),
    Stage.CLOSED: (),
    Stage.CANCELLED: (),
    Stage.REJECTED: (),
}


class Progress(Value):
    """What a stage is derived from: units by where they are, never a status that somebody set."""

    accepted: bool
    outcome: str
    cancelling: bool
    open: int
    at_work: int  # allocated, picked or packed
    shipped: int
    delivered: int


def stage_of(progress: Progress) -> Stage:
    if progress.outcome:
        return Stage(progress.outcome)
    if progress.cancelling:
        return Stage.CANCELLING
    if not progress.accepted:
        return Stage.CAPTURED
    if progress.open:
        return Stage.SUPPLYING
    if progress.at_work:
        return Stage.FULFILLING
    if not progress.shipped:
        return Stage.CANCELLING
    return Stage.SHIPPED if progress.delivered < progress.shipped else Stage.DELIVERED


class Wait(StrEnum):
    """Everything an order may wait for; each wait has a deadline that opens an exception or takes the next step."""

    DECISION = "decision"  # a person decides an exception; at the deadline it escalates
    RELEASE = "release"  # a hold is lifted; at its review date somebody is asked why it stands
    DEPOSIT = "deposit"  # a deposit is paid; at the deadline the credit controller is asked
    CREDIT = "credit"  # the customer's credit has room again; at the review date the credit controller is asked
    STOCK = "stock"  # a backorder's stock arrives; at the deadline a person decides
    PICK = "pick"  # the floor confirms the pick; at the deadline the warehouse lead is asked
    PACK = "pack"  # the floor confirms the parcels; at the deadline the warehouse lead is asked
    DELIVERY = "delivery"  # the carrier delivers; at the deadline the shipping clerk is asked
    INVOICE = "invoice"  # the collective invoice is issued; at the deadline the credit controller is asked
    PAYMENT = "payment"  # an invoice is paid; at the deadline the next reminder goes out
    PROMISE = "promise"  # a promise to pay is kept; at the deadline the reminders go on
    DUNNING_HOLD = "dunning_hold"  # reminders of an invoice are on hold; at the deadline they go on
    DISPUTE = "dispute"  # a disputed invoice is resolved; at the deadline the credit controller is asked
    COLLECTIONS = "collections"  # a collection case brings money; at the deadline it is looked at again
    RETURNED_GOODS = "returned_goods"  # the goods of an RMA come; at the deadline it expires
    INSPECTION = "inspection"  # somebody inspects what came back; at the deadline it counts as a mismatch
    RETURN_WINDOW = "return_window"  # the time in which goods may come back; at the deadline the order closes

    @property
    def summary(self) -> str:
        """What the timer of this wait says in the Temporal UI."""
        return WAIT_SUMMARIES[self]


WAIT_SUMMARIES: dict[Wait, str] = {
    Wait.DECISION: "A person has to decide; then it escalates",
    Wait.RELEASE: "On hold; then somebody is asked why",
    Wait.DEPOSIT: "Waiting for the deposit; then the credit controller is asked",
    Wait.CREDIT: "Stopped by credit; then the credit controller is asked",
    Wait.STOCK: "Waiting for stock; then a person decides",
    Wait.PICK: "Waiting for the pick; then the warehouse lead is asked",
    Wait.PACK: "Waiting for the parcels; then the warehouse lead is asked",
    Wait.DELIVERY: "Waiting for the delivery; then the shipping clerk is asked",
    Wait.INVOICE: "Waiting for the collective invoice; then the credit controller is asked",
    Wait.PAYMENT: "Waiting for payment; then a reminder is sent",
    Wait.PROMISE: "Promised to pay; then reminders go on",
    Wait.DUNNING_HOLD: "Reminders on hold; then they go on",
    Wait.DISPUTE: "Invoice disputed; then the credit controller is asked",
    Wait.COLLECTIONS: "In collections; then looked at again",
    Wait.RETURNED_GOODS: "Waiting for returned goods; then the return expires",
    Wait.INSPECTION: "Waiting for the inspection; then the returns clerk is asked",
    Wait.RETURN_WINDOW: "Goods may still come back; then the order closes",
}

_WORKING = (Stage.SUPPLYING, Stage.FULFILLING)
_AFTER = (Stage.SHIPPED, Stage.DELIVERED)

TAKEN: dict[type[Request], tuple[Stage, ...]] = {
    CancelOrder: (Stage.CAPTURED, *_WORKING),
    AmendOrder: (Stage.CAPTURED, *_WORKING),
    HoldOrder: (Stage.CAPTURED, *_WORKING),
    ReleaseOrder: (Stage.CAPTURED, *_WORKING, *_AFTER),
    ReleaseCredit: (Stage.CAPTURED, *_WORKING),
    Decide: (Stage.CAPTURED, *_WORKING, *_AFTER, Stage.CANCELLING),
    RequestReturn: (*_WORKING, *_AFTER),
    Appease: (*_WORKING, *_AFTER),
    DisputeInvoice: (*_WORKING, *_AFTER),
    PromiseToPay: (*_WORKING, *_AFTER),
    HoldDunning: (*_WORKING, *_AFTER),
    CancelReminder: (*_WORKING, *_AFTER),
    WriteOffInvoice: (*_WORKING, *_AFTER),
}
"""Request x stage: where it is taken at all; the order's own facts (is there anything to cancel?) are asked after that."""


class Taker(Value):
    """Who takes a fact, and what becomes of one that comes when it changes nothing any more; what comes early waits for its taker."""

    who: str
    too_late: str


_A_PERSON = "a person is shown it (`unexpected_fact`)"
_A_NOTE = "noted in the audit trail"

TAKERS: dict[type[Fact], Taker] = {
    PickConfirmed: Taker(who="the shipment, while it is picked", too_late=_A_PERSON),
    Packed: Taker(who="the shipment, while it is packed", too_late=_A_PERSON),
    CarrierEvent: Taker(
        who="the shipment, until it is delivered or made good", too_late=f"{_A_NOTE}; a delivery of lost goods: {_A_PERSON}"
    ),
    DeliveryConfirmed: Taker(
        who="the shipment, until it is delivered or made good",
        too_late=f"a missing signature is added; else {_A_NOTE}; lost goods: {_A_PERSON}",
    ),
    PaymentReceived: Taker(
        who="the invoice it names, then the oldest open one; the rest is on account", too_late="refunded or kept (`overpaid`)"
    ),
    PaymentReversed: Taker(who="the payment it names; its invoices are open again", too_late=_A_PERSON),
    InvoiceCollected: Taker(who="the shipment that waits for its collective invoice", too_late=_A_NOTE),
    ReminderIssued: Taker(who="the invoice it names: the reminder is booked", too_late="charges nothing on an invoice that is settled"),
    StockArrived: Taker(who="the backorder: stock is sought again", too_late=_A_NOTE),
    StockReallocated: Taker(who="the shipment, until it is picked: it is given up, and stock is sought again", too_late=_A_NOTE),
    SupplySlipped: Taker(who="the lines that wait for stock: each is promised anew", too_late=_A_NOTE),
    CreditCleared: Taker(who="the order that credit has stopped: it is judged anew", too_late=_A_NOTE),
    ReturnRequested: Taker(who="a new return, when the rules allow it", too_late="a person is shown the refusal (`return_refused`)"),
    ReturnScanned: Taker(who="the return, where the scan is what the refund waits for", too_late=_A_NOTE),
    ReturnReceived: Taker(who="the return, while its goods are awaited", too_late=_A_PERSON),
    ReturnInspected: Taker(who="the return, when its goods are there", too_late=_A_PERSON),
    ExceptionRaised: Taker(who="a person, at once (`raised`)", too_late=_A_PERSON),
}
"""Facts are recorded at every stage before the end; these are the parts of an order that act on them."""
