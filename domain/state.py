"""Everything an order knows about itself: one model, made when the order starts and carried whole from run to run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from domain import backorders
from domain.exceptions import RULES, WITHDRAWN, Decision, ExceptionKind, OpenException
from domain.lifecycle import Progress, Stage, stage_of
from domain.messages import (
    AnyFact,
    Cause,
    Message,
    Receipt,
)
from domain.money import Money
from domain.order import Moment, OrderLine, PaymentTerms, PlaceOrder, ShippingPolicy, TermsCode
from domain.parts import (
    AmendmentAsked,
    Appeasement,
    Attempt,
    Backorder,
    CardAuthorization,
    CreditReleaseAsked,
    CreditStop,
    DepositAsked,
    Hold,
    Invoice,
    Line,
    Note,
    Payment,
    Repick,
    Return,
    Shipment,
)
from domain.policies import Policies
from domain.return_rules import ItemReturns, RefundTiming
from domain.steps import Finding, LineChange, LinePromise, Need, Outcome, PlannedShipment, Shortage
from domain.terms import BUILT_IN, Terms
from domain.values import Record, Value

SCHEMA_VERSION = 1
RECENT_RECEIPTS = 1_000
"""Receipts kept in the state; the database keeps all message ids."""


class OrderStart(Value):
    """What an order's workflow is started with (`order_start` makes a new one); `state` is what a continued run goes on with.

    `supplied_at_acceptance` tells orders whose check reserves their stock too from those that began before it did: they go on as they
    began. It stands here, and not in the history as a patch, because that would cost every order two events and an action.
    """

    placed: PlaceOrder
    policies: Policies = Policies()
    state: OrderState | None = None
    supplied_at_acceptance: bool = False


def order_start(placed: PlaceOrder, policies: Policies) -> OrderStart:
    """The start of a new order, without names and addresses: they stay in the database."""
    return OrderStart(placed=placed.without_people(), policies=policies, supplied_at_acceptance=True)


class OrderState(Record):
    schema_version: int = SCHEMA_VERSION
    placed: PlaceOrder
    policies: Policies
    opened_at: Moment
    customer: str
    supplied_at_acceptance: bool = False  # its check reserves its stock too, when nothing has to come between
    accepted: bool = False
    attempts: int = 0  # how often the order was put to validation
    waived: bool = False  # a person accepted the findings
    rejected: str | None = None  # why the order is never accepted
    findings: list[Finding] = []
    agreed: Terms | None = None  # the terms of payment as they were at acceptance
    deposit: DepositAsked | None = None
    authorization: str = ""
    authorization_attempts: int = 0
    authorizations_attempted: list[str] = []
    authorizations: list[CardAuthorization] = []  # what was granted; none of an order from before they were kept
    authorize_more: bool = False  # the order changed so that the card may not cover it any more
    billed: bool = False  # a prepaid order that a person let go on terms
    lines: list[Line]
    allocation_rounds: int = 0
    allocations_attempted: list[str] = []  # keys of every allocation that may have reserved stock
    split: bool = False  # a person let a ship-complete order go in parts
    avoid: list[str] = []  # locations that the next allocation leaves alone
    repicks: list[Repick] = []
    backorder: Backorder | None = None
    shipments: list[Shipment] = []
    invoices: list[Invoice] = []
    credits: int = 0
    refunds: int = 0
    payments: list[Payment] = []
    applications: int = 0  # how often money on account was applied to a later invoice
    returns: list[Return] = []
    return_terms: dict[str, ItemReturns] = {}  # item -> its own rules, where it has some
    refund_on: RefundTiming | None = None  # as the customer has it; none: as the house does
    appeasements: list[Appeasement] = []
    sold_later: list[OrderLine] = []  # lines that exchanges sold after the order was placed
    exceptions: list[OpenException] = []
    holds: list[Hold] = []
    credit_stop: CreditStop | None = None
    credit_checks: int = 0  # how often an order that waits for credit was judged anew
    credit_releases: int = 0
    credit_releases_asked: list[CreditReleaseAsked] = []
    changes: int = 0  # how often lines were changed
    promises_moved: int = 0  # how often lines were promised anew because their supply slipped
    promises_accepted: int = 0  # how often the customer took new dates
    dues_moved: int = 0  # how often a person moved a deadline
    amendments: list[AmendmentAsked] = []
    notes: list[Note] = []  # to be written to the audit trail
    noted: int = 0
    inbox: list[AnyFact] = []
    receipts: dict[str, Receipt] = {}
    unreadable: int = 0  # messages that nobody could read and that got no row of their own
    forgotten: int = 0  # receipts that left the state
    cancel_reason: str | None = None
    cancel_cause: Cause | None = None
    rest_cancelled: bool = False  # of winding up, every unit that has not shipped is cancelled
    taken_back: list[str] = []  # keys of the attempts whose undo was carried out, or refused and given to a person
    undone: bool = False
    returnable_until: Moment | None = None
    outcome: Outcome | None = None
    outcome_reason: str = ""
    closings: int = 0  # how often the order was closed; a fact that comes while it closes is looked at first
    leaving: bool = False  # the run is about to be continued as new: nothing new is begun
    unanswered: dict[str, str] = {}  # key -> request (JSON) of steps that an earlier run tried and got no answer to
    tried_by: dict[str, str] = {}  # key -> the chapter that tried it, and goes on with it

    # --- what it is ----------------------------------------------------------------------------------------------------------------

    @property
    def order(self) -> str:
        return self.placed.key

    @property
    def currency(self) -> str:
        return self.placed.currency

    @property
    def zero(self) -> Money:
        return Money.zero(self.placed.currency)

    @property
    def prepaid(self) -> bool:
        return self.placed.terms is PaymentTerms.PREPAID and not self.billed and self.placed.total.minor > 0

    @property
    def terms(self) -> TermsCode:
        return PaymentTerms.NET_14 if self.billed else self.placed.terms

    @property
    def agreement(self) -> Terms:
        """What was agreed about paying; an order that was accepted before terms were data has what its code always meant."""
        if self.agreed is not None and not self.billed:
            return self.agreed
        return BUILT_IN.get(str(self.terms), BUILT_IN[PaymentTerms.NET_30])

    @property
    def stopped(self) -> bool:
        """Somebody asked for the end: nothing new is begun, what has not shipped is undone."""
        return self.cancel_reason is not None

    @property
    def winding_up(self) -> bool:
        """Stopped, and not everything is undone yet; what is ordered after that (a replacement) is supplied again."""
        return self.stopped and not self.undone

    @property
    def admitted(self) -> bool:
        """Accepted, and a prepaid order's money is authorized."""
        return self.accepted and (not self.prepaid or bool(self.authorization))

    @property
    def on_terms(self) -> bool:
        """What it ships will be owed."""
        return self.terms is not PaymentTerms.PREPAID

    @property
    def ready(self) -> bool:
        """Accepted, and its money is safe: goods may move."""
        rule = self.agreement.deposit
        return self.admitted and (rule is None or not rule.before_supply or not self.deposit_open)

    @property
    def deposit_open(self) -> bool:
        """The terms ask for a deposit that has not come."""
        rule = self.agreement.deposit
        asked = rule is not None and not self.prepaid and rule.of(self.placed.total).minor > 0
        return asked and (self.deposit is None or not self.deposit.done)

    @property
    def written(self) -> bool:
        """The order stands in the database: it was looked at, or it ended."""
        return self.accepted or bool(self.findings) or self.closings > 0

    @property
    def policy(self) -> ShippingPolicy:
        """How the order ships now: as it says, else as its customer has it; in parts once a person let it go so."""
        return ShippingPolicy.PARTIAL if self.split else self.placed.policy or ShippingPolicy.PARTIAL

    @property
    def ships_together(self) -> bool:
        return self.policy is ShippingPolicy.COMPLETE

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Of an order that ships by line or by date: the lines with open units that get stock together or not at all."""
        lines = [need.line for need in self.needs]
        return backorders.bound(self.policy, lines, {line: self.requested_of(line) for line in lines})

    def requested_of(self, line: int) -> datetime | None:
        """The requested date of a line; one that was added takes the date of the line whose money it takes."""
        return self.placed.requested_of(self.line(line).bills_to or line)

    def leaves_with(self, shipment: Shipment) -> set[int]:
        """The lines that must be packed before this shipment leaves, when it may only leave with them."""
        if self.policy is ShippingPolicy.COMPLETE:
            return {line.number for line in self.lines}
        if self.policy is not ShippingPolicy.BY_DATE_GROUP:
            return set()
        dates = {self.requested_of(line) for line in shipment.quantities}
        return {line.number for line in self.lines if self.requested_of(line.number) in dates}

    @property
    def stage(self) -> Stage:
        return stage_of(
            Progress(
                accepted=self.accepted,
                outcome=self.outcome or "",
                cancelling=self.winding_up or (self.stopped and not self.accepted),
                open=sum(line.open for line in self.lines),
                at_work=sum(line.at_work for line in self.lines),
                shipped=sum(line.shipped for line in self.lines),
                delivered=sum(line.delivered for line in self.lines),
            )
        )

    @property
    def sold_numbers(self) -> set[int]:
        """The lines that exchanges sold."""
        return {number for rma in self.returns for number in rma.sold}

    @property
    def balance(self) -> Money:
        return Money.total((invoice.balance for invoice in self.invoices), self.currency)

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple(
            Need(line=line.number, item=line.item, quantity=line.open - line.parked) for line in self.lines if line.open > line.parked
        )

    @property
    def broken_promises(self) -> list[Line]:
        return [line for line in self.lines if line.promise_broken]

    def expect(self, promises: Iterable[LinePromise]) -> None:
        """Take what lines were promised."""
        for promise in promises:
            self.line(promise.line).expect(promise)

    def line(self, number: int) -> Line:
        return next(line for line in self.lines if line.number == number)

    def placed_line(self, number: int) -> OrderLine:
        """The line whose money units take: placed, or sold later in an exchange."""
        return next((line for line in self.sold_later if line.number == number), None) or self.placed.numbered()[number]

    def is_placed(self, number: int) -> bool:
        return number in self.placed.numbered()

    def has_line(self, number: int) -> bool:
        return any(line.number == number for line in self.lines)

    def shipment(self, number: int) -> Shipment | None:
        return next((shipment for shipment in self.shipments if shipment.number == number), None)

    def invoice(self, number: int) -> Invoice:
        return next(invoice for invoice in self.invoices if invoice.number == number)

    def has_invoice(self, number: int) -> bool:
        return any(invoice.number == number for invoice in self.invoices)

    def payment(self, name: str) -> Payment | None:
        return next((payment for payment in self.payments if payment.payment == name), None)

    def open_exceptions(self) -> Iterator[OpenException]:
        return (exception for exception in self.exceptions if exception.decision is None)

    def tried(self, step: str) -> bool:
        """An earlier run tried this step and got no answer: it may have been carried out, so it is ended first."""
        return f"{self.order}/{step}" in self.unanswered

    def next_line(self) -> int:
        """The number of a line that is added: above every placed one, so that both are told apart at sight."""
        return max(100, *(line.number for line in self.lines)) + 1

    # --- what happens to it --------------------------------------------------------------------------------------------------------

    def receive(self, message: Message, now: datetime, note: str = "") -> Receipt | None:
        """The receipt of a message that was recorded before, or None after giving a new one its receipt."""
        known = self.receipts.get(message.message_id)
        if known is not None:
            return known
        self.receipts[message.message_id] = Receipt(message_id=message.message_id, name=message.called(), recorded_at=now, note=note)
        while len(self.receipts) > RECENT_RECEIPTS:
            del self.receipts[next(iter(self.receipts))]
            self.forgotten += 1
        return None

    def ask(self, kind: ExceptionKind, subject: str, detail: str, now: datetime, offered: tuple[str, ...] = ()) -> OpenException:
        """Open an exception for a person to decide; `offered` narrows the choices to those that make sense."""
        exception = OpenException(
            number=len(self.exceptions) + 1,
            kind=kind,
            subject=subject,
            detail=detail[:1_000],
            opened_at=now,
            due_at=now + self.policies.days(RULES[kind].answer_within),
            offered=offered,
        )
        self.exceptions.append(exception)
        return exception

    def standing(self, kind: ExceptionKind, subject: str) -> OpenException | None:
        """The exception of this kind and subject whose answer has not been carried out yet."""
        return next((e for e in self.exceptions if e.kind is kind and e.subject == subject and not e.carried_out), None)

    def begin(self, shipment: Shipment, step: str, key: str, authorization: str = "") -> None:
        """Remember a step as attempted, before it is tried: from now on undo has to look at it."""
        if all(attempt.key != key for attempt in shipment.attempted):
            shipment.attempted.append(Attempt(step=step, key=key, authorization=authorization))

    def withdraw(self, exception: OpenException, now: datetime) -> None:
        if exception.decision is None:
            exception.decision = Decision(choice=WITHDRAWN, by="holdfast", at=now)

    def cancel(self, reason: str, cause: Cause | None) -> None:
        """Record that the order is to end; chapters that have not shipped anything stop at their next step."""
        if self.cancel_reason is None:
            self.cancel_reason, self.cancel_cause = reason, cause

    def note(self, text: str, cause: Cause | None = None) -> None:
        self.notes.append(Note(text=text[:500], cause=cause))

    def apply(self, changes: Iterable[LineChange], from_parked: bool = False) -> None:
        """Carry out line changes that the database has booked; `from_parked` cancels units that were parked until somebody decided."""
        for change in changes:
            if not self.has_line(change.line):
                self.lines.append(
                    Line(
                        number=change.line,
                        item=change.item,
                        ordered=0,
                        open=0,
                        bills_to=change.bills_to,
                        origin=change.origin,
                        replaces=change.replaces,
                    )
                )
            line = self.line(change.line)
            if change.instead_of:
                self.line(change.instead_of).made_good += change.add
            line.move("open", "cancelled", change.cancel)
            line.parked = min(line.parked - min(change.cancel if from_parked else 0, line.parked), line.open)
            line.ordered += change.add
            line.open += change.add
        self.changes += 1

    def wait_for_stock(self, missing: Mapping[int, int], now: datetime) -> None:
        """Make a backorder of units that are open, without looking for stock first."""
        short = [Shortage(line=line, item=self.line(line).item, asked=quantity, available=0) for line, quantity in missing.items()]
        if self.backorder is None:
            due_at = now + self.policies.days(self.policies.backorder_within)
            self.backorder = Backorder(due_at=due_at, since=now, short=short)
        else:
            known = {shortage.line for shortage in self.backorder.short}
            self.backorder.short = [*self.backorder.short, *(shortage for shortage in short if shortage.line not in known)]
        for line, quantity in missing.items():
            self.backorder.units[line] = self.backorder.units.get(line, 0) + quantity

    def plan(self, planned: PlannedShipment, allocation: str, pick_due: datetime) -> Shipment:
        """Take a shipment that an allocation reserved stock for."""
        shipment = Shipment(
            number=planned.number, location=planned.location, allocation=allocation, picks=list(planned.picks), pick_due=pick_due
        )
        for line, quantity in shipment.quantities.items():
            self.line(line).move("open", "allocated", quantity)
        shipment.free = all(self.line(line).bills_to == 0 for line in shipment.quantities)
        self.shipments.append(shipment)
        return shipment


def opened(start: OrderStart, now: datetime) -> OrderState:
    """The state of an order that begins."""
    placed = start.placed.without_people()
    return OrderState(
        placed=placed,
        policies=start.policies,
        opened_at=now,
        customer=placed.customer,
        supplied_at_acceptance=start.supplied_at_acceptance,
        lines=[
            Line(number=line.number, item=line.item, ordered=max(line.quantity, 0), open=max(line.quantity, 0), bills_to=line.number)
            for line in placed.lines
        ],
    )


OrderStart.model_rebuild()
OrderState.model_rebuild()
