"""What a person reads about an order, from the database alone: no worker needs to be alive."""

from __future__ import annotations

from domain.exceptions import OpenException
from domain.lifecycle import Progress, Stage, Wait, stage_of
from domain.messages import Parcel
from domain.money import Money
from domain.order import Moment, ShippingPolicy, TermsCode
from domain.steps import Finding, Pick
from domain.values import Value


class LineView(Value):
    """ordered = cancelled + open + allocated + picked + packed + shipped; delivered <= shipped; returned <= delivered."""

    number: int
    item: str
    description: str = ""
    origin: str = ""
    ordered: int
    cancelled: int
    open: int
    allocated: int
    picked: int
    packed: int
    shipped: int
    delivered: int
    returned: int
    unit_price: str
    backorder_due: Moment | None = None
    queue_position: int = 0  # in the backorder queue of its item, from 1; 0: it does not wait
    queue_length: int = 0


class PromiseView(Value):
    """An entry of the ledger of promises; `status` is one of made, moved, kept, broken."""

    line: int
    number: int
    status: str
    promised_at: Moment
    told_at: Moment
    ready_at: Moment
    supply: str
    cause: str
    made_at: Moment


class ShipmentView(Value):
    """`status` is one of planned, released, picked, packed, shipped, delivered, lost, returned, cancelled."""

    number: int
    location: str
    status: str
    picks: tuple[Pick, ...]
    parcels: tuple[Parcel, ...] = ()
    carrier: str = ""
    service: str = ""
    tracking: str = ""
    carrier_status: str = ""
    due_at: Moment | None = None  # the deadline of what it waits for now
    shipped_at: Moment | None = None
    delivered_at: Moment | None = None
    signed_by: str = ""


class InstalmentView(Value):
    number: int
    due_at: Moment
    amount: Money
    open: Money


class DepositView(Value):
    """`received` is what came in and stands, whatever it was meant for."""

    document: str
    amount: Money
    received: Money
    due_at: Moment


class InvoiceView(Value):
    """balance = total + fees - credited - paid - written_off - discounted."""

    number: int
    document: str
    shipment: int
    total: Money
    fees: Money
    credited: Money
    paid: Money
    written_off: Money
    discounted: Money
    balance: Money
    issued_at: Moment
    due_at: Moment
    reminders: int = 0
    collections: bool = False
    instalments: tuple[InstalmentView, ...] = ()


class PaymentView(Value):
    payment: str
    kind: str  # captured, received
    amount: Money
    refunded: Money
    reversed: bool = False


class AuthorizationView(Value):
    """What a card promised to pay; `captured` of it was taken, whatever was given back since."""

    reference: str  # the gateway's own id, empty when it was declined
    amount: Money
    captured: Money
    expires_at: Moment | None = None
    single: bool = False  # its first capture ends it
    voided: bool = False
    declined: str = ""


class CreditView(Value):
    number: int
    document: str
    invoice: int
    total: Money
    reason: str
    fees: Money | None = None  # what we kept of it, with its tax


class RefundView(Value):
    """Money that went back, and why from this payment: the refund order of `oms show`."""

    number: int
    payment: str
    invoice: int
    amount: Money
    to_account: bool
    reason: str
    at: Moment


class ReturnView(Value):
    """`status` is one of authorized, received, inspected, refunded, exchanged, billed, expired, rejected."""

    rma: int
    document: str
    kind: str
    status: str
    lines: dict[int, int]
    due_at: Moment | None = None
    reasons: dict[int, str] = {}
    dispositions: dict[int, dict[str, int]] = {}  # line -> what became of its units


class WaitView(Value):
    """What the order waits for, about what, and until when somebody cares."""

    wait: Wait
    subject: str
    until: Moment | None


class OrderView(Value):
    order: str
    customer: str
    customer_name: str
    po_number: str
    currency: str
    terms: TermsCode
    policy: ShippingPolicy
    placed_at: Moment
    accepted: bool
    held: str  # the reason of the hold, empty when there is none
    outcome: str
    reason: str
    total: Money
    findings: tuple[Finding, ...]
    lines: tuple[LineView, ...]
    shipments: tuple[ShipmentView, ...]
    invoices: tuple[InvoiceView, ...]
    deposit: DepositView | None = None
    payments: tuple[PaymentView, ...]
    credits: tuple[CreditView, ...]
    returns: tuple[ReturnView, ...]
    refunds: tuple[RefundView, ...] = ()
    exceptions: tuple[OpenException, ...]
    waits: tuple[WaitView, ...]
    promises: tuple[PromiseView, ...] = ()
    authorizations: tuple[AuthorizationView, ...] = ()

    @property
    def stage(self) -> Stage:
        return stage_of(self.progress)

    @property
    def progress(self) -> Progress:
        return Progress(
            accepted=self.accepted,
            outcome=self.outcome,
            cancelling=False,
            open=sum(line.open for line in self.lines),
            at_work=sum(line.allocated + line.picked + line.packed for line in self.lines),
            shipped=sum(line.shipped for line in self.lines),
            delivered=sum(line.delivered for line in self.lines),
        )


class OrderSummary(Value):
    """One row of `oms list`."""

    order: str
    customer: str
    stage: Stage
    held: bool
    total: Money
    balance: Money
    placed_at: Moment
    open_exceptions: tuple[str, ...]
    waits: tuple[WaitView, ...]


class HeldView(Value):
    """Units that are given to nobody; `order` and `reason` are of those that came last."""

    item: str
    location: str
    why: str
    lot: str
    on_hand: int
    order: str
    reason: str
    since: Moment


class StockView(Value):
    """`set_aside` units are softly reserved at the location; which bin they lie in is open, here they are counted in the first ones."""

    item: str
    location: str
    bin: str
    on_hand: int
    reserved: int
    set_aside: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved - self.set_aside
