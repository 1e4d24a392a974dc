"""What an order asks the world to do: one request and one result for every activity; those about money stand in `money_steps`.

Every request is a `Step`: the order, the step's own key, the time at which the order asks (business time is workflow time) and the
messages that caused it. The key makes a repetition harmless: it is stored with the result in one transaction.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.credit import CreditJudged, CreditQuestion
from domain.exceptions import OpenException
from domain.floor import PickedFrom
from domain.messages import CarrierStatus, Cause, InspectedLine, LineQuantity, OtherGoods, Parcel, ReturnKind
from domain.money import Money
from domain.order import Moment, PlaceOrder, Priced, ShippingPolicy, TaxLine
from domain.return_rules import ItemReturns, RefundTiming, ReturnReason
from domain.terms import Terms
from domain.values import Value


class Step(Value):
    """`key` is derived from business ids, `{order}/{step}/{n}`, and never from chance, run or attempt."""

    order: str
    key: str
    at: Moment
    causes: tuple[Cause, ...] = ()
    summary: str = ""  # what the step does, in business words: the audit trail says the same as the Temporal UI


class Recorded(Value):
    """Done; there is nothing more to say."""


# --- capture and validation ----------------------------------------------------------------------------------------------------------


class Severity(StrEnum):
    NOTE = "note"  # worth a look; the order goes on
    MENDABLE = "mendable"  # a person decides: correct, accept or reject
    STOP = "stop"  # credit stops the order until that changes, or until somebody entitled lets it pass
    FATAL = "fatal"  # nobody can mend it: the order is rejected


class Finding(Value):
    place: str  # "line 2", "customer", "total"
    reason: str
    severity: Severity
    waivable: bool = True  # a person may accept it as it is


class AcceptOrder(Step):
    """Store the order and report all findings; with `waived` the mendable ones were accepted by a person.

    `allocate` is the step that follows at once, in the same transaction and under its own key, when the order is accepted and no deposit
    comes before its goods. How the order ships may hang on its customer: that is decided here.
    """

    placed: PlaceOrder
    price_tolerance: Decimal
    waived: bool = False
    credit: CreditQuestion | None = None
    allocate: AllocateStock | None = None


class Accepted(Value):
    """`customer` is our own id of the customer (the order may name an alias); without mendable or fatal findings the order is accepted.

    `policy` is how the order ships: as it says itself, else as its customer has it. `terms` are the terms of payment as they are now,
    `priced` is what it is charged where it left that to us.
    """

    customer: str
    findings: tuple[Finding, ...] = ()
    policy: ShippingPolicy | None = None
    terms: Terms | None = None
    priced: Priced | None = None
    refund_on: RefundTiming | None = None  # when this customer's returns are refunded; none: as the house does
    allocation: Allocation | None = None  # what was reserved at once; none: that was not asked, or something has to come before it

    @property
    def clear(self) -> bool:
        """Nothing stands against the order."""
        return all(finding.severity is Severity.NOTE for finding in self.findings)


# --- stock ---------------------------------------------------------------------------------------------------------------------------


class Need(Value):
    line: int
    item: str
    quantity: int


class AllocateStock(Step):
    """Reserve stock for all needs under lock; with `all_or_nothing` nothing is reserved unless everything is there.

    With `groups` that holds for the lines of each group; `apart`, each group has shipments of its own. New shipments are numbered from
    `first_shipment`, one per location. `avoid` names locations not to take from. With `only` nothing is taken
    elsewhere, and nothing from its bins `avoid_bins`: a picker found too little there.
    """

    needs: tuple[Need, ...]
    all_or_nothing: bool
    first_shipment: int
    pick_due: Moment
    backorder_due: Moment
    avoid: tuple[str, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    apart: bool = False
    day: timedelta = timedelta(days=1)  # how long a day is: promises are reckoned in it
    only: str = ""
    avoid_bins: tuple[str, ...] = ()
    credit: CreditQuestion | None = None


class Pick(Value):
    line: int
    item: str
    bin: str
    quantity: int
    lot: str = ""


class PlannedShipment(Value):
    number: int
    location: str
    picks: tuple[Pick, ...]


class Shortage(Value):
    line: int
    item: str
    asked: int
    available: int


class LinePromise(Value):
    """What a customer may expect of a line: `promised_at` is the delivery as it stands, `told_at` the one they count on.

    `number` counts the entries of the line in the ledger of promises: a later one replaces an earlier one, whenever it is heard of.
    """

    line: int
    number: int
    promised_at: Moment
    told_at: Moment
    supply: str  # stock, lead time, or the name of what it comes with
    cause: str  # in words


class Allocation(Value):
    """What was reserved, by shipment, and every line that is short; with all-or-nothing a shortage means no shipment.

    `promises` are those that were made or moved, `returns` the rules of those items that have some of their own.
    """

    shipments: tuple[PlannedShipment, ...] = ()
    short: tuple[Shortage, ...] = ()
    promises: tuple[LinePromise, ...] = ()
    credit: CreditJudged | None = None  # whether its picks may go to the floor; none: nobody asked
    returns: dict[str, ItemReturns] = {}


AcceptOrder.model_rebuild()
Accepted.model_rebuild()


class MovePromises(Step):
    """The day of goods that were promised has changed: promise every line that waits for stock anew, from what is known now."""

    reason: str  # what changed, in words
    fallback_at: Moment  # when nothing is on its way and nobody knows how long it takes to buy
    day: timedelta


class AcceptPromises(Step):
    """The customer takes the new dates of these lines: from now on they count on them."""

    lines: tuple[int, ...]
    reason: str


class PromisesMoved(Value):
    promises: tuple[LinePromise, ...] = ()


class ReleaseStock(Step):
    """Undo an allocation: everything that the attempt `undoes` reserved and that has not shipped is free again, its lines are cancelled."""

    undoes: str


class CancelRest(Step):
    """The end of winding up: every open unit is cancelled, and whoever accepts or changes the order late does nothing."""

    undoes: tuple[str, ...] = ()  # the keys of every attempt to accept, and of the change that may be on its way


SOLD = -1
"""`bills_to` of a new line that is sold in an exchange: its number, as soon as it has one."""


class LineChange(Value):
    """Change one line: `cancel` open units, and set or add what the other fields say."""

    line: int
    cancel: int = 0  # open units that will not be supplied
    add: int = 0  # units ordered on top, open
    item: str = ""  # with `add` on a new line: the item
    unit_price: Decimal = Decimal(0)
    bills_to: int = 0  # the line whose money a new line takes; 0: it is free; SOLD: its own, it was sold later
    origin: str = ""  # why a new line exists, in words
    replaces: int = 0  # of a new free line: the one whose units it makes good
    rma: int = 0  # of a new line that is sold in an exchange: the return that pays for it
    taxes: tuple[TaxLine, ...] = ()  # of such a line
    instead_of: int = 0  # of a substitute for a free line: that line


class LineMoney(Value):
    """What a placed line comes to in minor units, discount and added tax counted, for how many units."""

    line: int
    priced: int
    amount: int


class ChangeLines(Step):
    changes: tuple[LineChange, ...]
    requested_at: Moment | None = None
    total: Money | None = None  # what the order comes to now, when units were ordered on top
    money: tuple[LineMoney, ...] = ()  # with `total`: what its lines come to
    reason: str


# --- the floor -----------------------------------------------------------------------------------------------------------------------


class ReleasePicks(Step):
    shipment: int
    location: str
    picks: tuple[Pick, ...]
    pick_due: Moment


class PicksReleased(Value):
    reference: str  # the warehouse's own number of the pick task


class CancelPicks(Step):
    """Tell the warehouse to forget a pick task; `undoes` is the key of the release."""

    shipment: int
    undoes: str


class RecordPick(Step):
    """Book what was really picked; what is missing is taken out of stock at that bin and its line units are open again."""

    shipment: int
    location: str
    picks: tuple[Pick, ...]  # as asked for
    picked: tuple[LineQuantity, ...]  # as done, per line
    taken: tuple[PickedFrom, ...] = ()  # as done, per bin, when the floor says so
    pack_due: Moment


class RecordPacking(Step):
    """Book the parcels; `unpacked` units were picked but not packed: their reservation ends and they are open again."""

    shipment: int
    parcels: tuple[Parcel, ...]
    unpacked: tuple[LineQuantity, ...] = ()
    credit: CreditQuestion | None = None


class ParcelsRecorded(Value):
    """Booked; `sscc` numbers the parcels that had no number of their own, by parcel."""

    sscc: dict[int, str] = {}
    credit: CreditJudged | None = None  # whether the parcels may leave; none: nobody asked


class AbandonShipment(Step):
    """Give up an unshipped shipment without cancelling its lines: reservations end, its units are open again.

    When a `reallocation` took its stock, that goes to whom the re-allocation meant it for.
    """

    shipment: int
    reason: str
    reallocation: int = 0


# --- shipping ------------------------------------------------------------------------------------------------------------------------


class ShipParcels(Step):
    """Buy the cheapest label that meets `promise_by` (the fastest when none does), then book the goods out of stock."""

    shipment: int
    location: str
    parcels: tuple[Parcel, ...]
    promise_by: Moment | None
    service: str  # the service the customer asked for; empty: any
    currency: str  # in which the quotes are asked for
    day: timedelta  # how long a day of transit lasts
    delivery_grace: int  # days


class Shipped(Value):
    """Without `tracking` nothing was shipped, and `refused` says why no carrier takes it."""

    carrier: str = ""
    service: str = ""
    tracking: str = ""
    cost: Money | None = None
    expected_at: Moment | None = None
    overdue_at: Moment | None = None  # expected, plus the grace after which somebody asks
    refused: str = ""


class VoidLabel(Step):
    """Undo a shipping attempt: void its label and, if it was booked, take the goods back into stock; `undoes` is the key of the attempt."""

    shipment: int
    undoes: str


class LabelVoided(Value):
    """`refused` is why the carrier would not void the label, empty when it did, or sold none."""

    refused: str = ""


class RecordTracking(Step):
    shipment: int
    status: CarrierStatus
    status_at: Moment
    detail: str = ""
    overdue_at: Moment | None = None


class RecordDue(Step):
    """A person decided to wait (on): the deadline of "line 1" (for its stock), "shipment 1", "invoice 1" or "return 1" moves."""

    subject: str
    due_at: Moment


class RecordLoss(Step):
    """A shipment will not be delivered: lost, or `came_back` and booked into stock again. Its lines stay shipped, never delivered."""

    shipment: int
    came_back: bool
    reason: str
    worth: Money | None = None  # what its goods cost the customer: the carrier's claim, unless they came back


class RecordDelivery(Step):
    shipment: int
    delivered_at: Moment
    signed_by: str
    returnable_until: Moment | None = None  # the end of the return window, for whoever reads the order


# --- returns -------------------------------------------------------------------------------------------------------------------------


class AuthorizeReturn(Step):
    rma: int
    lines: tuple[LineQuantity, ...]
    kind: ReturnKind
    reason: str
    location: str  # where the goods go
    expires_at: Moment
    reasons: dict[int, ReturnReason] = {}  # by line
    items: tuple[str, ...] = ()  # what an exchange sends instead: their prices are asked for
    units: dict[str, int] = {}  # of each of those
    claim: Money | None = None  # what the units that were damaged on the way cost: the carrier's claim
    shipment: int = 0  # in which they came


class ReturnAuthorized(Value):
    rma_number: str  # without gaps, for example "RMA-000007"
    tracking: str  # of the return label
    prices: dict[str, str] = {}  # item -> what one costs this customer in major units; an item without a price is not there
    taxes: dict[str, tuple[TaxLine, ...]] = {}  # item -> the rates, of an item that is not taxed as what comes back


class PriceItems(Step):
    """Ask once more what items of an exchange cost the customer."""

    items: tuple[str, ...]
    units: dict[str, int] = {}
    rma: int = 0  # the return that pays for them


class ItemsPriced(Value):
    prices: dict[str, str] = {}
    taxes: dict[str, tuple[TaxLine, ...]] = {}


class RecordReturnReceipt(Step):
    rma: int
    location: str
    lines: tuple[LineQuantity, ...]
    inspect_due: Moment
    damaged: tuple[LineQuantity, ...] = ()
    others: tuple[OtherGoods, ...] = ()


class MoveUntaken(Step):
    """Goods that came with a return and are no part of it: held in quarantine, or sent back to the customer under a label."""

    rma: int
    location: str
    lines: tuple[LineQuantity, ...] = ()
    others: tuple[OtherGoods, ...] = ()
    items: dict[int, str] = {}  # line -> item
    send_back: bool = False
    currency: str  # in which quotes are asked for


class Untaken(Value):
    """`refused` says why no carrier takes them; then they are held instead."""

    carrier: str = ""
    tracking: str = ""
    cost: Money | None = None
    refused: str = ""


class RecordInspection(Step):
    """Book every unit by its disposition: restocked units are sellable again, the others are not."""

    rma: int
    location: str
    lines: tuple[InspectedLine, ...]
    items: dict[int, str]  # line -> item
    worth: dict[int, Money] = {}  # line -> what one unit cost the customer


class OpenClaim(Step):
    """Ask somebody for money: the carrier, the customer or a supplier."""

    against: str  # carrier, customer, supplier
    rma: int = 0
    shipment: int = 0
    amount: Money
    reason: str


class SettleReturn(Step):
    """The end of a return: `outcome` is refunded, exchanged, billed, expired, rejected."""

    rma: int
    outcome: str


# --- the order itself ----------------------------------------------------------------------------------------------------------------


class RecordException(Step):
    """Write an exception as it now stands: opened, escalated or answered."""

    exception: OpenException


class RecordNotes(Step):
    """Write messages that need no other step: holds, releases, repeats that differ, messages that came too late."""

    held: str | None = None  # the reason of the hold, "" when released, None when this says nothing of holds
    review_at: Moment | None = None  # with `held`: when somebody is asked why it stands
    promised: dict[int, Moment | None] = {}  # invoice -> the day by which it is promised to be paid
    disputed: dict[int, Moment | None] = {}  # invoice -> when its dispute is looked at again, None when it is resolved
    dunning_held: dict[int, Moment | None] = {}  # invoice -> no reminder before this day
    broken: dict[int, Moment | None] = {}  # invoice -> when its promise to pay was broken; None where none is
    notes: tuple[str, ...] = ()


class Outcome(StrEnum):
    CLOSED = "closed"  # every line settled, every invoice paid, credited or written off, the return window over
    CANCELLED = "cancelled"  # wound up before anything was kept
    REJECTED = "rejected"  # never accepted


class CloseOrder(Step):
    outcome: Outcome
    reason: str = ""


class OrderEnded(Value):
    """The result of an order's workflow."""

    order: str
    outcome: Outcome
    reason: str = ""


# --- stock from outside --------------------------------------------------------------------------------------------------------------


class ReceiveStock(Value):
    """Goods came in: `receipt` is the document's own number, and the same number twice is the same receipt.

    Against a purchase order (with its line) or a transfer, what is still expected of it shrinks in the same transaction.
    """

    receipt: str
    item: str
    location: str
    quantity: int
    bin: str = ""
    lot: str = ""
    expires_on: date | None = None  # of the lot: the last day of use
    at: Moment
    actor: str
    purchase_order: str = ""
    purchase_line: int = 0
    transfer: str = ""


class StockReceived(Value):
    """`waiting` orders are those of the backorder queue for which stock was set aside, in the order of the queue."""

    waiting: tuple[str, ...] = ()
    repeated: bool = False
