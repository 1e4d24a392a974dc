"""Credit: what a customer owes and will owe, how much they may, and where an order stops that goes beyond it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from pydantic import computed_field

from domain.exchange import take
from domain.money import Money
from domain.order import Moment
from domain.values import Value

RELEASERS = ("credit_controller", "finance_manager")
"""The roles that may let an order pass the credit stops."""


class StopStage(StrEnum):
    ACCEPTANCE = "acceptance"  # the order is not accepted: it does not count against the limit yet
    RELEASE = "release"  # its stock is reserved, its picks do not go to the floor
    SHIPMENT = "shipment"  # its parcels stand packed, and no label is bought
    INVOICE = "invoice"  # its goods have left, their invoice waits


class BlockKind(StrEnum):
    ALL = "all"  # no order is accepted, nothing is released, shipped or invoiced
    SHIP = "ship"  # orders are accepted, nothing is released or shipped
    INVOICE = "invoice"  # goods ship, their invoices wait

    def stops(self, stage: StopStage) -> bool:
        """Whether a customer blocked so is stopped at this stage."""
        if stage is StopStage.ACCEPTANCE:
            return self is BlockKind.ALL
        if stage is StopStage.INVOICE:
            return self is not BlockKind.SHIP
        return self is not BlockKind.INVOICE


class CreditQuestion(Value):
    """What a step asks about credit in its own transaction: `on_terms` says whether what it moves will be owed.

    `review_at` is when the credit controller is asked if the answer is a stop; `day` is how long a day past due lasts.
    """

    stage: StopStage
    on_terms: bool
    review_at: Moment
    day: timedelta = timedelta(days=1)


class CreditJudged(Value):
    """Every reason why the order stops here; none: it goes on. `invoice_blocked` says why its invoice has to wait."""

    reasons: tuple[str, ...] = ()
    invoice_blocked: str = ""


class BilledLine(Value):
    """The money of one placed line: `amount` minor units for `priced` units, and where its units are.

    `to_ship` and `shipped` count the units of all lines that take this money; `invoiced` of them are on invoices, for `invoiced_amount`.
    """

    amount: int
    priced: int
    to_ship: int
    shipped: int
    invoiced: int = 0
    invoiced_amount: int = 0

    @property
    def uninvoiced(self) -> int:
        """Minor units of what has shipped and stands on no invoice."""
        return take(self.amount - self.invoiced_amount, self.shipped - self.invoiced, self.priced - self.invoiced)

    @property
    def unshipped(self) -> int:
        """Minor units of what has not shipped; with `uninvoiced` and the invoices this is `amount` as long as nothing is cancelled."""
        return take(self.amount - self.invoiced_amount - self.uninvoiced, self.to_ship, self.priced - self.shipped)


def to_come(total: int, invoiced: int, lines: Iterable[BilledLine]) -> tuple[int, int]:
    """(unshipped, shipped and not invoiced) minor units of an order on terms.

    What its `total` has beyond its lines (freight) goes with the first invoice that has a line, as the invoice itself takes it.
    """
    lines = list(lines)
    unshipped, uninvoiced = sum(line.unshipped for line in lines), sum(line.uninvoiced for line in lines)
    beside = total - sum(line.amount for line in lines)
    if invoiced or any(line.invoiced for line in lines) or not any(line.to_ship or line.shipped for line in lines):
        return unshipped, uninvoiced
    return (unshipped, uninvoiced + beside) if any(line.shipped for line in lines) else (unshipped + beside, uninvoiced)


class Exposure(Value):
    """What a customer (or a family of accounts) owes and will owe in one currency, each unit of money in one part."""

    balances: Money  # of invoices, with their fees
    uninvoiced: Money  # shipped, not invoiced
    unshipped: Money  # accepted on terms, not shipped, at the order's price
    on_account: Money  # money of theirs that no invoice has taken

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated properties; a program that reads JSON wants the sum
    @property
    def total(self) -> Money:
        return self.balances + self.uninvoiced + self.unshipped - self.on_account


class LimitView(Value):
    """A limit in one currency with what is used of it; `amount` none: unlimited. Where `counts` is false, a family's limit does instead."""

    account: str  # whose limit it is: the customer's own, or the parent's over the whole family
    currency: str
    amount: Money | None
    exposure: Exposure
    counts: bool = True
    in_ledger: Money | None = None  # the exposure at the latest rate; none without a rate

    @computed_field  # type: ignore[prop-decorator]  # as above
    @property
    def room(self) -> Money | None:
        """What may still be ordered on terms; negative when the limit is passed, none without a limit."""
        return None if self.amount is None else self.amount - self.exposure.total


class WaitingOrder(Value):
    """An order that credit has stopped."""

    order: str
    customer: str
    stage: StopStage
    subject: str
    reasons: tuple[str, ...]
    since: Moment
    review_at: Moment | None


class CreditEventView(Value):
    """One line of a customer's credit history: a stop, a release, a limit, a block."""

    at: Moment
    kind: str
    order: str
    detail: str
    actor: str
    reason: str
    expires_at: Moment | None = None


class CreditReport(Value):
    """Everything that decides whether a customer's orders go on."""

    customer: str
    name: str
    parent: str
    children: tuple[str, ...]
    blocked: str  # the kind of the block and its reason, in words; empty: not blocked
    on_hold: bool  # a last reminder is not paid
    overdue_days: int | None  # more days past due than these stop the orders; none: they never do
    oldest_due: Moment | None  # of the unpaid invoices that are not disputed
    days_past_due: int
    own: tuple[LimitView, ...]
    accounts: tuple[LimitView, ...] = ()  # those of the accounts of which it is the parent
    family: tuple[LimitView, ...] = ()  # the parent's limits over all accounts of the family; empty without a family
    ledger: str
    rolled_up: Money | None  # the whole exposure in the ledger's currency; none when a rate is missing
    waiting: tuple[WaitingOrder, ...] = ()
    events: tuple[CreditEventView, ...] = ()


class SetCreditLimit(Value):
    """Change a limit: an amount, zero (nothing on terms), or none (unlimited)."""

    customer: str
    currency: str
    amount: Money | None
    reason: str
    actor: str
    at: Moment


class BlockCustomer(Value):
    """Block a customer by kind, or lift the block (`kind` none)."""

    customer: str
    kind: BlockKind | None
    reason: str
    actor: str
    at: Moment


class SetAgeingHold(Value):
    """Orders stop when an invoice is more than `days` past due; none: never. Without a customer it is the rule of the house."""

    customer: str = ""
    days: int | None
    reason: str
    actor: str
    at: Moment


class CreditChanged(Value):
    """Done; these orders were waiting and are told that they may go on."""

    told: tuple[str, ...] = ()
