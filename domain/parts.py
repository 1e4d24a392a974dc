"""The parts of an order's state: lines, shipments, invoices, payments, returns, and what is asked of them."""

from __future__ import annotations

from domain.credit import StopStage
from domain.messages import (
    Allowance,
    CarrierStatus,
    Cause,
    InspectedLine,
    LineQuantity,
    OtherGoods,
    Parcel,
    ReturnKind,
    ReturnWish,
)
from domain.money import Money
from domain.money_steps import InvoiceDraft, InvoiceLine, TaxShare
from domain.order import Moment, TaxLine
from domain.reminder_terms import NextReminder
from domain.return_rules import ReturnReason
from domain.steps import LinePromise, Pick, Shortage
from domain.terms import Instalment
from domain.values import Record


class Line(Record):
    """ordered = cancelled + open + allocated + picked + packed + shipped; delivered <= shipped; returned <= delivered."""

    number: int
    item: str
    ordered: int
    open: int
    cancelled: int = 0
    allocated: int = 0
    picked: int = 0
    packed: int = 0
    shipped: int = 0
    delivered: int = 0
    returned: int = 0
    parked: int = 0  # open units whose fate a person decides: no stock is sought for them
    returning: int = 0  # authorized to come back, not yet inspected
    bills_to: int  # the line of the placed order whose money these units take; 0: free of charge
    origin: str = ""  # why a line that the customer did not place exists
    replaces: int = 0  # of a free line: the one whose lost or exchanged units it makes good
    made_good: int = 0  # its cancelled units for which the customer has the money back, or a substitute
    good_credited: int = 0  # of the others: credited, and the money is on its way back
    promise: int = 0  # which entry of the ledger of promises the next four repeat
    promised_at: Moment | None = None
    told_at: Moment | None = None  # what the customer counts on
    supply: str = ""  # what the promise hangs on
    because: str = ""
    slipped: bool = False  # goods on their way that it was promised from came later, or went to somebody else

    def move(self, source: str, target: str, quantity: int) -> None:
        """Move units between two of the buckets of the first sentence above."""
        if quantity < 0 or getattr(self, source) < quantity:
            raise ValueError(f"line {self.number} has {getattr(self, source)} {source}, not {quantity}")
        setattr(self, source, getattr(self, source) - quantity)
        setattr(self, target, getattr(self, target) + quantity)

    @property
    def promise_broken(self) -> bool:
        """Supply has slipped, and units that nobody has reserved yet come later than the customer counts on.

        What was promised from stock or by lead time has questions of its own: a short pick, an overdue backorder.
        """
        late = self.promised_at is not None and self.told_at is not None and self.promised_at > self.told_at
        return self.slipped and late and self.open > self.parked

    def expect(self, promise: LinePromise) -> None:
        """Take a promise, unless a later one was heard of before."""
        if promise.number <= self.promise:
            return
        hung_on_supply = "/" in self.supply
        later = self.promised_at is not None and promise.promised_at > self.promised_at
        self.slipped = promise.promised_at > promise.told_at and (self.slipped or (hung_on_supply and later))
        self.promise, self.promised_at, self.told_at = promise.number, promise.promised_at, promise.told_at
        self.supply, self.because = promise.supply, promise.cause

    @property
    def at_work(self) -> int:
        return self.allocated + self.picked + self.packed

    @property
    def returnable(self) -> int:
        return self.delivered - self.returned - self.returning


class Attempt(Record):
    """A step that may have had an effect, known to us or not."""

    step: str
    key: str
    authorization: str = ""  # of a capture: the gateway's id of what it is taken from


class CardAuthorization(Record):
    """What the gateway promised to pay: `captured` of `amount` was taken so far."""

    key: str
    reference: str  # the gateway's own id
    amount: Money
    captured: Money
    expires_at: Moment | None = None
    single: bool = False  # its first capture ends it
    closed: bool = False  # nothing more is captured from it
    replaced: bool = False  # another has taken its place before it ended: it is to be given up
    voided: bool = False  # given up, or ended by itself


class CreditStop(Record):
    """Credit has stopped the order: why, where, and when the credit controller is asked; of an invoice, it alone waits."""

    stage: StopStage
    reasons: list[str]
    since: Moment
    review_at: Moment


class Shipment(Record):
    """What leaves one location together. `attempted` names the steps that may have had an effect, in order: undo goes backwards over it."""

    number: int
    location: str
    allocation: str  # the key of the allocation that reserved its stock
    picks: list[Pick]
    pick_due: Moment
    pack_due: Moment | None = None
    short: dict[int, int] = {}  # line -> units that were not in their bin, until a person says what becomes of them
    short_bins: list[str] = []  # where they were not
    attempted: list[Attempt] = []
    released: bool = False
    picked: bool = False
    parcels: list[Parcel] = []
    packed: bool = False
    captured: bool = False
    capture_attempts: int = 0
    capture_from: str = ""  # the key of the authorization that a capture on its way takes
    capture_amount: Money | None = None  # what that capture takes
    taken: Money | None = None  # what was captured of its invoice so far
    on_account: Money | None = None  # what of its invoice is paid by money that came in before, otherwise
    free: bool = False  # nothing in it is billed
    ship_attempts: int = 0
    shipped_at: Moment | None = None
    carrier: str = ""
    tracking: str = ""
    expected_at: Moment | None = None
    overdue_at: Moment | None = None
    carrier_status: CarrierStatus | None = None
    carrier_status_at: Moment | None = None
    invoice: int = 0
    collect_by: Moment | None = None  # it waits for a collective invoice, and when somebody is asked
    sold: Money | None = None  # what of it exchanges sold: the returns pay for it
    invoice_stop: CreditStop | None = None  # its goods may leave, its invoice waits until the customer is not blocked any more
    credit_judged_at: Moment | None = None  # when its credit was last found good; none: nobody asked
    draft: InvoiceDraft | None = None  # fixed once, so that the capture and the invoice are the same amount
    delivered_at: Moment | None = None
    signed_by: str = ""
    lost: bool = False  # gone or come back: its goods were shipped again or refunded
    abandoned: bool = False  # given up before it shipped; nothing of it stands any more
    unshippable: str = ""  # why it is to be given up with its units, until that is done
    unshippable_cause: Cause | None = None
    credited: dict[int, int] = {}  # of a lost shipment: line -> units of free replacements that were credited

    @property
    def name(self) -> str:
        return f"shipment {self.number}"

    @property
    def quantities(self) -> dict[int, int]:
        """Units by line of what is in the shipment now."""
        found: dict[int, int] = {}
        for pick in self.picks:
            found[pick.line] = found.get(pick.line, 0) + pick.quantity
        return found

    @property
    def to_invoice(self) -> bool:
        """It left, and its invoice is not issued yet."""
        return self.shipped_at is not None and not self.invoice and self.draft is not None and bool(self.draft.lines)

    @property
    def settled(self) -> bool:
        return self.abandoned or self.lost or self.delivered_at is not None


class StandingReminder(Record):
    """A reminder that went out and was not cancelled: what it charged, and until when it asked to be paid."""

    document: str
    level: int
    charged: Money
    due_at: Moment


class CancelAsked(Record):
    """A reminder that is to be cancelled, from a request that is not carried out yet."""

    document: str
    reason: str
    cause: Cause


class Invoice(Record):
    """balance = total + fees - credited - paid - written_off - discounted. With `instalments`, `due_at` is that of the oldest open one."""

    number: int
    document: str
    shipment: int
    lines: list[InvoiceLine]
    freight: Money
    freight_tax: Money
    freight_taxes: tuple[TaxShare, ...] = ()
    rounding: Money | None = None  # part of the total
    total: Money
    issued_at: Moment
    due_at: Moment
    fees: Money
    credited: Money
    paid: Money
    written_off: Money
    reminders: int = 0
    reminded_due_at: Moment | None = None  # the due date of the last reminder
    handed_over: int = 0  # how often it was handed to collections
    next_reminder: NextReminder | None = None  # by the customer's terms; none until the invoice is overdue
    reminder_attempts: int = 0  # how often a reminder by the customer's terms was asked for: what its key counts
    issued: list[StandingReminder] = []  # the reminders by the customer's terms that stand, oldest first
    cancel_asked: CancelAsked | None = None
    promised_by: Moment | None = None
    promise_broken_at: Moment | None = None  # until it is paid or promised again
    dunning_held_until: Moment | None = None  # no reminder before, because a person said so
    disputed: bool = False
    dispute_review_at: Moment | None = None
    collections_review_at: Moment | None = None
    write_off_asked: str | None = None  # the reason, from a request that is not carried out yet
    write_off_cause: Cause | None = None
    write_offs: int = 0
    credits: list[InvoiceLine] = []  # what credit notes gave back, line by line
    freight_credited: bool = False
    rounding_credited: Money | None = None
    owed: Money  # credited beyond the balance, and not given back yet
    instalments: list[Instalment] = []  # oldest first; none: it is due as a whole
    discounts: dict[str, Money] = {}  # payment -> what it took off by coming early

    @property
    def name(self) -> str:
        return f"invoice {self.number}"

    @property
    def discounted(self) -> Money:
        return Money.total(self.discounts.values(), self.total.currency)

    @property
    def balance(self) -> Money:
        return self.total + self.fees - self.credited - self.paid - self.written_off - self.discounted

    @property
    def settled(self) -> bool:
        return self.balance.minor <= 0


class DepositAsked(Record):
    """What the customer was asked to pay before anything is invoiced."""

    document: str
    amount: Money
    due_at: Moment
    sent: bool = False
    done: bool = False  # it came, a person went on without it, or nothing is left that it could be for


class Payment(Record):
    """Money that came in; what is not applied to invoices is the customer's, on account."""

    payment: str
    amount: Money
    captured: bool = False  # from the customer's card: refunds go back there
    from_account: bool = False  # the customer had it on account: refunds go back there
    parts: dict[int, Money] = {}  # invoice -> amount
    refunded: Money
    refunded_on_account: Money  # the part of `refunded` that no invoice had taken
    refunded_of: dict[int, Money] = {}  # invoice -> the part of `refunded` that its credit notes gave back
    reversed: bool = False
    kept: bool = False  # a person decided to keep the surplus on account
    allowance: Allowance | None = None  # to be given up of `allowed_on`, until that is done
    allowed_on: int = 0  # the invoice
    allowance_cause: Cause | None = None

    @property
    def left(self) -> Money:
        """What could still be given back."""
        return Money.zero(self.amount.currency) if self.reversed else self.amount - self.refunded

    @property
    def unapplied(self) -> Money:
        """Money that no invoice took and that was not given back."""
        if self.reversed:
            return Money.zero(self.amount.currency)
        return self.amount - Money.total(self.parts.values(), self.amount.currency) - self.refunded_on_account


class Return(Record):
    rma: int
    document: str = ""
    kind: ReturnKind
    lines: list[LineQuantity]
    reason: str
    location: str = ""
    cause: Cause | None = None
    authorized: bool = False
    expires_at: Moment | None = None
    received: list[LineQuantity] | None = None
    inspect_due: Moment | None = None
    inspected: list[InspectedLine] | None = None
    credited: dict[int, int] = {}  # line -> units that a credit note gave back
    replaced: bool = False  # the goods of an exchange are ordered
    outcome: str = ""
    wish: ReturnWish = ReturnWish()
    prices: dict[str, str] = {}  # item of an exchange -> what one costs the customer, in major units
    taxes: dict[str, tuple[TaxLine, ...]] = {}  # item of an exchange -> its rates, where they are not those of what comes back
    scanned: bool = False  # the carrier has seen it
    receipts: int = 0  # how often goods of it came
    came: list[LineQuantity] = []  # all that came so far
    agreed: bool = False  # a person, or their absence of doubt, took what came as the return
    sent_back: bool = False  # what the inspection did not take has left again
    claimed: bool = False  # a person looked at a refund that was more than the inspection found
    credit_total: Money | None = None  # of its credit notes
    given: Money | None = None  # of the difference of an exchange: what went back
    damaged: dict[int, int] = {}  # line -> units that came broken
    others: list[OtherGoods] = []  # what came and belongs to no line
    withheld: dict[int, int] = {}  # line -> units that came back and are not credited
    moved: int = 0  # how often goods of it that were not taken were put somewhere
    label_charged: bool = False
    holds: int = 0  # how often money for the exchange was asked of the card
    hold: str = ""  # the gateway's authorization, and the key under which it was asked
    hold_key: str = ""
    held: Money | None = None
    captures: int = 0  # how often a capture of it was declined
    priced: int = 0  # how often prices were asked for again
    taken: bool = False  # what the authorization was for is captured, or given up
    sold: list[int] = []  # lines of an exchange that are billed
    on_invoice: bool = False  # a person let the exchange go on an invoice

    @property
    def name(self) -> str:
        return f"return {self.rma}"

    def reason_of(self, line: int) -> ReturnReason:
        return self.wish.reasons.get(line, self.wish.because)


class Appeasement(Record):
    """Money for goods that stay: given line by line of the invoices that billed `line`, until `amount` is reached."""

    number: int
    line: int
    amount: Money
    to_account: bool
    reason: str
    cause: Cause
    given: Money
    done: bool = False

    @property
    def name(self) -> str:
        return f"appeasement {self.number}"


class Hold(Record):
    reason: str
    by: str
    since: Moment
    review_at: Moment


class CreditReleaseAsked(Record):
    """A release that is recorded and not written down yet."""

    by: str
    roles: list[str]
    reason: str
    expires_at: Moment
    cap: Money | None = None
    cause: Cause | None = None


class Repick(Record):
    """Units that were not in their bins and are to be taken from other bins of the same location; parked until they are sought."""

    units: dict[int, int]  # by line
    location: str
    avoid_bins: list[str]
    key: str = ""  # of the allocation that seeks them, once it was begun


class Backorder(Record):
    """Units that had no stock, since when they wait and until when nobody asks."""

    due_at: Moment
    since: Moment
    short: list[Shortage]
    units: dict[int, int] = {}  # line -> open units for which stock was sought in vain; more than these are sought at once


class Note(Record):
    """Something for the audit trail that no other step carries."""

    text: str
    cause: Cause | None = None


class AmendmentAsked(Record):
    quantities: list[LineQuantity]
    requested_at: Moment | None
    cause: Cause
