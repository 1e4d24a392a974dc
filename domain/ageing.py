"""What is open by how long it is overdue, and how well money comes in: the figures that a credit controller is judged by.

Formulas as the Credit Research Foundation publishes them and ERP systems compute them (for example Oracle's "Collection Metrics"):

    DSO                  = ending receivables / credit sales x days
    best possible DSO    = ending receivables that are not yet due / credit sales x days
    average days late    = DSO - best possible DSO
    CEI (%)              = (beginning receivables + credit sales - ending receivables)
                           / (beginning receivables + credit sales - ending receivables not yet due) x 100
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from domain.money import Money
from domain.order import Moment
from domain.values import Value

BUCKETS = ("not_due", "1-30", "31-60", "61-90", "90+")


def bucket(due: date, at: date) -> str:
    """Where an item belongs by the days since its due date; on the due date it is not due yet."""
    late = (at - due).days
    if late <= 0:
        return "not_due"
    return "1-30" if late <= 30 else "31-60" if late <= 60 else "61-90" if late <= 90 else "90+"


class OpenInvoice(Value):
    customer: str
    name: str = ""  # the customer's
    order: str
    document: str
    due_at: Moment
    balance: Money
    days_late: int  # 0 and less: not due
    bucket: str


class AgeingRow(Value):
    """Minor units by bucket; `on_account` is what belongs to the customer (negative) or stands there without an invoice."""

    customer: str
    name: str
    currency: str
    buckets: dict[str, int]
    on_account: int = 0

    @property
    def total(self) -> int:
        return sum(self.buckets.values()) + self.on_account

    @property
    def overdue(self) -> int:
        return sum(minor for name, minor in self.buckets.items() if name != "not_due")


def by_customer(invoices: Iterable[OpenInvoice], on_account: dict[tuple[str, str], int], names: dict[str, str]) -> list[AgeingRow]:
    """A row for each customer and currency, those who are most overdue first."""
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for each in invoices:
        row = sums.setdefault((each.customer, each.balance.currency), dict.fromkeys(BUCKETS, 0))
        row[each.bucket] += each.balance.minor
    for key, minor in on_account.items():
        if minor:
            sums.setdefault(key, dict.fromkeys(BUCKETS, 0))
    rows = [
        AgeingRow(
            customer=customer,
            name=names.get(customer, ""),
            currency=currency,
            buckets=row,
            on_account=on_account.get((customer, currency), 0),
        )
        for (customer, currency), row in sums.items()
    ]
    return sorted(rows, key=lambda row: (row.currency, -row.overdue, row.customer))


class Collection(Value):
    """The figures of a period of `days` until `at`, in one currency; all amounts are minor units. None where nothing was sold."""

    currency: str
    at: Moment
    days: int
    beginning: int  # receivables when the period began
    sales: int  # invoiced on terms in it
    ending: int  # receivables at its end
    current: int  # of these, not yet due

    @property
    def dso(self) -> Decimal | None:
        return self._days_of(self.ending)

    @property
    def best_possible_dso(self) -> Decimal | None:
        return self._days_of(self.current)

    @property
    def average_days_late(self) -> Decimal | None:
        return None if self.dso is None or self.best_possible_dso is None else self.dso - self.best_possible_dso

    @property
    def cei(self) -> Decimal | None:
        """In per cent; none where nothing could have been collected."""
        collectable = self.beginning + self.sales - self.current
        return None if collectable <= 0 else _rounded(Decimal(100 * (self.beginning + self.sales - self.ending)) / collectable)

    def _days_of(self, receivables: int) -> Decimal | None:
        return None if self.sales <= 0 else _rounded(Decimal(receivables * self.days) / self.sales)


def _rounded(figure: Decimal) -> Decimal:
    return figure.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


class StatementLine(Value):
    at: Moment
    kind: str
    reference: str  # the document, the payment
    order: str = ""
    amount: int
    balance: int  # after it


class Statement(Value):
    """One customer and one currency: opening + sum of lines = closing, in minor units."""

    customer: str
    name: str
    currency: str
    language: str
    since: Moment
    until: Moment
    opening: int
    lines: tuple[StatementLine, ...]
    closing: int
    ageing: AgeingRow
