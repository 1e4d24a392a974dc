"""What people and systems say to an order: facts that have happened, and requests that may be refused.

Every message carries `message_id` (the same id means the same message, however often it comes), `occurred_at` (when it was true in the
world, not when it arrived) and `actor` (who says so). Facts are Temporal signals, requests are Temporal updates; both are named by
their class in snake case (`PickConfirmed` is the signal `pick_confirmed`).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from domain.floor import PickedFrom
from domain.money import Money
from domain.order import Address, Moment
from domain.return_rules import ExchangeMode, RefundTo, ReturnReason
from domain.sscc import SsccOrNothing
from domain.values import Value

MessageId = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=1_000)]
Units = Annotated[int, Field(ge=0, le=10_000_000)]
Millimetres = Annotated[int, Field(ge=1, le=100_000)]


class Message(Value):
    message_id: MessageId
    occurred_at: Moment
    actor: Annotated[str, Field(min_length=1, max_length=120)]

    @classmethod
    def called(cls) -> str:
        """The name of the signal or update that carries this message."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class Fact(Message):
    """Something that has happened: it is always recorded, and what it means is decided later."""


class Request(Message):
    """Something that is asked for: it may be refused, and its receipt means *recorded*, not *done*.

    `roles` are those in which the actor asks: the sender looks them up, and what is limited by role counts the widest limit.
    """

    roles: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = ()


class LineQuantity(Value):
    line: int = Field(ge=1)
    quantity: Units


# --- facts ---------------------------------------------------------------------------------------------------------------------------


class PickConfirmed(Fact):
    """The floor took these quantities from their bins; less than was asked for is a short pick.

    A floor that scans says of every pick what was taken from its bin; without `taken` the last bins on the walk came up short.
    """

    fact: Literal["pick_confirmed"] = "pick_confirmed"
    shipment: int = Field(ge=1)
    lines: tuple[LineQuantity, ...]
    taken: tuple[PickedFrom, ...] = ()


class Parcel(Value):
    number: int = Field(ge=1)
    weight_g: int = Field(gt=0, le=10_000_000)  # grams, with packaging
    contents: tuple[LineQuantity, ...]
    sscc: SsccOrNothing = ""  # as its label says; drawn when the packing is booked, where it has none
    carton: Annotated[str, Field(max_length=120)] = ""
    size: tuple[Millimetres, Millimetres, Millimetres] | None = None  # of its carton, where that is known


class Packed(Fact):
    """The picked goods are in these parcels."""

    fact: Literal["packed"] = "packed"
    shipment: int = Field(ge=1)
    parcels: tuple[Parcel, ...] = Field(min_length=1)


class CarrierStatus(StrEnum):
    IN_TRANSIT = "in_transit"  # on its way
    DELAYED = "delayed"  # on its way, later than promised
    EXCEPTION = "exception"  # something is wrong that the carrier may still mend
    DELIVERED = "delivered"  # handed over
    LOST = "lost"  # will not arrive
    RETURNED_TO_SENDER = "returned_to_sender"  # came back to us

    @property
    def final(self) -> bool:
        return self in (CarrierStatus.DELIVERED, CarrierStatus.LOST, CarrierStatus.RETURNED_TO_SENDER)


class CarrierEvent(Fact):
    """The carrier saw a shipment; events come late, twice and in any order, and are ordered by `occurred_at`."""

    fact: Literal["carrier_event"] = "carrier_event"
    shipment: int = Field(ge=1)
    status: CarrierStatus
    detail: Text = ""
    expected_at: Moment | None = None  # a new expected delivery, when the carrier names one


class DeliveryConfirmed(Fact):
    """Someone took the goods and signed; the time of delivery is `occurred_at`."""

    fact: Literal["delivery_confirmed"] = "delivery_confirmed"
    shipment: int = Field(ge=1)
    signed_by: Annotated[str, Field(min_length=1, max_length=200)]


class Allowance(Value):
    """What a payer kept back of the invoice they named and is not asked for again."""

    amount: Money
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class PaymentReceived(Fact):
    """Money came in under the bank's or the gateway's own reference; without `invoice` the oldest open one is paid first.

    `allowance` is given up of the named invoice, as far as the payment leaves it open. `from_account`: the customer had it on account,
    so that is where it goes back to.
    """

    fact: Literal["payment_received"] = "payment_received"
    payment: Annotated[str, Field(min_length=1, max_length=120)]
    amount: Money
    invoice: int | None = None
    allowance: Allowance | None = None
    from_account: bool = False


class PaymentReversed(Fact):
    """A payment was taken back (a returned debit, a chargeback)."""

    fact: Literal["payment_reversed"] = "payment_reversed"
    payment: Annotated[str, Field(min_length=1, max_length=300)]  # a capture is named by its step
    reason: Text = ""


class InvoiceCollected(Fact):
    """A shipment of this order is on the invoice that its customer gets for a period."""

    fact: Literal["invoice_collected"] = "invoice_collected"
    shipment: int = Field(ge=1)
    document: Annotated[str, Field(min_length=1, max_length=40)]
    issued_at: Moment


class ReminderIssued(Fact):
    """A reminder document of the customer that names an invoice of this order went out, together with another order's."""

    fact: Literal["reminder_issued"] = "reminder_issued"
    invoice: int = Field(ge=1)
    document: Annotated[str, Field(min_length=1, max_length=40)]


class StockArrived(Fact):
    """Stock of an item that this order waits for was received."""

    fact: Literal["stock_arrived"] = "stock_arrived"
    item: str
    location: str
    quantity: Units


class StockReallocated(Fact):
    """What this order had allocated in a shipment goes to other orders: unless it was picked, the shipment is given up."""

    fact: Literal["stock_reallocated"] = "stock_reallocated"
    shipment: int = Field(ge=1)
    reallocation: int = Field(ge=1)
    reason: Text = ""


class SupplySlipped(Fact):
    """Goods that this order was promised come on another day, or not at all."""

    fact: Literal["supply_slipped"] = "supply_slipped"
    supplies: tuple[Annotated[str, Field(max_length=300)], ...] = Field(min_length=1)
    detail: Text = ""  # what changed, in words


class CreditCleared(Fact):
    """What had stopped this order over credit is gone: a payment, a credit note, a higher limit, a block that ended."""

    fact: Literal["credit_cleared"] = "credit_cleared"
    subject: Annotated[str, Field(max_length=120)] = "order"  # or the shipment whose invoice waits


class ReturnKind(StrEnum):
    REFUND = "refund"  # goods come back, money goes back
    EXCHANGE = "exchange"  # goods come back, the same or another item goes out again


class ReturnWish(Value):
    """Why each line comes back, and what the customer wants for it.

    `reasons` and `items` are by line: its own reason where it differs from `because`, and the item that an exchange sends instead of the
    same one again.
    """

    because: ReturnReason = ReturnReason.UNSTATED
    reasons: dict[int, ReturnReason] = {}
    refund_to: RefundTo = RefundTo.ORIGINAL
    items: dict[int, Annotated[str, Field(min_length=1, max_length=100)]] = {}
    mode: ExchangeMode = ExchangeMode.WAIT


class ReturnRequested(Fact):
    """A customer's portal or shop says that goods will come back; refusals are answered by an exception, not to the sender."""

    fact: Literal["return_requested"] = "return_requested"
    lines: tuple[LineQuantity, ...] = Field(min_length=1)
    kind: ReturnKind = ReturnKind.REFUND
    reason: Text = ""
    wish: ReturnWish = ReturnWish()


class ReturnScanned(Fact):
    """The carrier scanned the label of a return for the first time: the goods are on their way."""

    fact: Literal["return_scanned"] = "return_scanned"
    rma: int = Field(ge=1)


class OtherGoods(Value):
    """Units of an item that the customer never got on this order, found in a return."""

    item: Annotated[str, Field(min_length=1, max_length=100)]
    quantity: Units


class ReturnReceived(Fact):
    """Goods of a return arrived at the dock; the quantities are what was really there.

    `damaged` are those of `lines` that are broken; `others` belong to no line of the order.
    """

    fact: Literal["return_received"] = "return_received"
    rma: int = Field(ge=1)
    location: str
    lines: tuple[LineQuantity, ...]
    damaged: tuple[LineQuantity, ...] = ()
    others: tuple[OtherGoods, ...] = ()


class Disposition(StrEnum):
    RESTOCK = "restock"  # as good as new: back to stock
    SCRAP = "scrap"  # worthless: thrown away
    REFURBISH = "refurbish"  # to be mended: not sellable now
    VENDOR = "vendor"  # goes back to the vendor
    QUARANTINE = "quarantine"  # held until somebody has looked again
    SEND_BACK = "send_back"  # not taken: it goes back to the customer
    CUSTOMER_KEEPS = "customer_keeps"  # credited without coming back


class InspectedLine(Value):
    line: int = Field(ge=1)
    quantity: Units
    disposition: Disposition


class ReturnInspected(Fact):
    """Someone looked at each unit of a return and said what becomes of it."""

    fact: Literal["return_inspected"] = "return_inspected"
    rma: int = Field(ge=1)
    lines: tuple[InspectedLine, ...] = Field(min_length=1)


class ExceptionRaised(Fact):
    """Someone saw a trouble that Holdfast cannot see by itself."""

    fact: Literal["exception_raised"] = "exception_raised"
    detail: Annotated[str, Field(min_length=1, max_length=1_000)]


FACTS: dict[str, type[Fact]] = {
    fact.called(): fact
    for fact in (
        PickConfirmed,
        Packed,
        CarrierEvent,
        DeliveryConfirmed,
        PaymentReceived,
        PaymentReversed,
        InvoiceCollected,
        ReminderIssued,
        StockArrived,
        StockReallocated,
        SupplySlipped,
        CreditCleared,
        ReturnRequested,
        ReturnScanned,
        ReturnReceived,
        ReturnInspected,
        ExceptionRaised,
    )
}


AnyFact = Annotated[
    PickConfirmed
    | Packed
    | CarrierEvent
    | DeliveryConfirmed
    | PaymentReceived
    | PaymentReversed
    | InvoiceCollected
    | ReminderIssued
    | StockArrived
    | StockReallocated
    | SupplySlipped
    | CreditCleared
    | ReturnRequested
    | ReturnScanned
    | ReturnReceived
    | ReturnInspected
    | ExceptionRaised,
    Field(discriminator="fact"),
]
"""Any fact, told apart by its name: what an order keeps until a stage takes it."""


# --- requests ------------------------------------------------------------------------------------------------------------------------


class CancelOrder(Request):
    """Stop the order: everything that has not shipped is undone; `before_picking`: only while nothing of it was picked."""

    reason: Text = ""
    before_picking: bool = False


class AmendOrder(Request):
    """Change the quantities of lines (0 cancels a line) as far as they are not yet with the warehouse, or the requested date."""

    quantities: tuple[LineQuantity, ...] = ()
    requested_at: Moment | None = None


class HoldOrder(Request):
    """Take no further step towards shipping until the order is released; `review_in` days later someone is asked why."""

    reason: Annotated[str, Field(min_length=1, max_length=1_000)]
    review_in: int = Field(default=7, ge=1, le=365)  # days


class ReleaseOrder(Request):
    """Lift every hold."""


class ReleaseCredit(Request):
    """Let the order pass the credit stops until a date, as long as it comes to no more than `cap`; for credit controllers alone."""

    reason: Annotated[str, Field(min_length=1, max_length=1_000)]
    expires_at: Moment
    cap: Money | None = None


class Decide(Request):
    """Answer an open exception with one of its choices.

    `items`, `prices`, `customer` and `ship_to` say what is right, for the choices `correct` and `substitute`.
    """

    exception: int = Field(ge=1)
    choice: Annotated[str, Field(max_length=40)]
    items: dict[int, str] = {}  # line -> the item to take instead
    prices: dict[int, str] = {}  # line -> the right unit price in major units
    customer: str = ""  # the right customer
    ship_to: Address | None = None  # the right address
    note: Text = ""


class RequestReturn(Request):
    """Ask to send delivered goods back."""

    lines: tuple[LineQuantity, ...] = Field(min_length=1)
    kind: ReturnKind = ReturnKind.REFUND
    reason: Text = ""
    wish: ReturnWish = ReturnWish()


class Appease(Request):
    """Give money for goods that stay: an amount in major units with its taxes, or a percentage of what the line still costs."""

    line: int = Field(ge=1)
    amount: Annotated[str, Field(max_length=30)] = ""
    percent: Annotated[str, Field(max_length=10)] = ""
    refund_to: RefundTo = RefundTo.ORIGINAL
    reason: Annotated[str, Field(min_length=1, max_length=1_000)]


class DisputeInvoice(Request):
    """The customer does not accept an invoice: it is not followed up until the dispute is resolved (`resolved` ends it)."""

    invoice: int = Field(ge=1)
    resolved: bool = False
    reason: Text = ""


class PromiseToPay(Request):
    """The customer says when they will pay: no reminder before that date."""

    invoice: int = Field(ge=1)
    pay_by: Moment


class HoldDunning(Request):
    """No reminder of an invoice before a date, because a person says so (`lifted` ends it); what it owes stays as it is."""

    invoice: int = Field(ge=1)
    until: Moment | None = None
    lifted: bool = False
    reason: Text = ""


class CancelReminder(Request):
    """Take back the last reminder of an invoice: its level, its fee and its due date step back. A credit controller's right."""

    invoice: int = Field(ge=1)
    document: Annotated[str, Field(min_length=1, max_length=40)]
    reason: Annotated[str, Field(min_length=1, max_length=1_000)]


class WriteOffInvoice(Request):
    """The rest of an invoice will never be paid."""

    invoice: int = Field(ge=1)
    reason: Text = ""


REQUESTS: dict[str, type[Request]] = {
    request.called(): request
    for request in (
        CancelOrder,
        AmendOrder,
        HoldOrder,
        ReleaseOrder,
        ReleaseCredit,
        Decide,
        RequestReturn,
        Appease,
        DisputeInvoice,
        PromiseToPay,
        HoldDunning,
        CancelReminder,
        WriteOffInvoice,
    )
}


# --- what is kept of a message -------------------------------------------------------------------------------------------------------


class Cause(Value):
    """The message that a step answers, as the audit trail remembers it."""

    message_id: str
    name: str
    actor: str
    occurred_at: Moment

    @classmethod
    def of(cls, message: Message) -> Cause:
        return cls(message_id=message.message_id, name=message.called(), actor=message.actor, occurred_at=message.occurred_at)


class Receipt(Value):
    """Recorded, not yet done: a repeat of the message gets the same receipt."""

    message_id: str
    name: str
    recorded_at: Moment
    note: str = ""


def parse_fact(name: str, body: bytes) -> Fact:
    """The fact of a raw signal; raises KeyError for an unknown name and pydantic's ValidationError for a wrong shape."""
    return FACTS[name].model_validate_json(body)


def schema(name: str) -> dict[str, Any]:
    """The JSON schema of a fact or a request by its name."""
    return (FACTS | REQUESTS)[name].model_json_schema()


def parse_message(name: str, body: bytes) -> Fact | Request:
    """A fact or a request by its name; raises as `parse_fact` does."""
    return REQUESTS[name].model_validate_json(body) if name in REQUESTS else parse_fact(name, body)
