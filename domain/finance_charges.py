"""Finance charges: interest on what is overdue, in the two methods of Business Central, at rates that hold from a date on.

Source of the formulas: Microsoft Learn, "Set Up Finance Charge Terms".

    average daily balance    balance x (days overdue / interest period) x (rate / 100)
    balance due              balance x (rate / 100)

The first follows the balance day by day, so that a part payment lowers it from its day on; the second asks once for what is overdue at the
end of the run, however many days. Charges are on principal: neither fees nor earlier charges bear interest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from pydantic import Field, model_validator

from domain.money import Money, round_half_up
from domain.order import Moment
from domain.values import Value


class Method(StrEnum):
    AVERAGE_DAILY_BALANCE = "average_daily_balance"  # followed day by day
    BALANCE_DUE = "balance_due"  # asked for once a run, however many days


class Rate(Value):
    """From `from_date` on: `percent` of the balance for each `period` days; the method of the balance due knows no days."""

    from_date: date
    percent: Decimal = Field(ge=0, le=1_000)
    period: int = Field(default=30, ge=1, le=3_660)


class FinanceChargeTerms(Value):
    code: str = Field(min_length=1, max_length=40)
    description: str = Field(default="", max_length=200)
    method: Method
    grace_days: int = Field(default=0, ge=0, le=3_650)  # within them nothing is charged; after them, from the due date on
    minimum: Decimal = Field(default=Decimal(0), ge=0)  # major units: a document below it is not written, and its days stay to be charged
    rates: tuple[Rate, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_after_the_other(self) -> FinanceChargeTerms:
        dates = [rate.from_date for rate in self.rates]
        if dates != sorted(set(dates)):
            raise ValueError("the rates go up by their dates, each from another day")
        return self

    def rate_on(self, day: date) -> Rate | None:
        """The rate of a day; none before the first."""
        return next((rate for rate in reversed(self.rates) if rate.from_date <= day), None)


class OpenItem(Value):
    """An invoice: the principal that was owed at the end of each day from its due date on, by day, the first one on or before it.

    `charged_until` is the last day for which it was charged before.
    """

    order: str
    invoice: int
    due: date
    balances: tuple[tuple[date, int], ...]  # (day, minor units from that day's end on), oldest first
    charged_until: date | None = None

    def on(self, day: date) -> int:
        """Minor units owed at the end of a day."""
        return next((minor for since, minor in reversed(self.balances) if since <= day), 0)


class Charge(Value):
    """`amount` for the days after `since` up to `until`."""

    order: str
    invoice: int
    since: date
    until: date
    balance: Money
    rate: Rate
    amount: Money

    @property
    def days(self) -> int:
        return (self.until - self.since).days


class FinanceCharge(Value):
    """One document of one customer in one currency."""

    customer: str
    currency: str
    terms: str
    until: date
    lines: tuple[Charge, ...]
    document: str = ""  # none while it is only tried
    at: Moment | None = None

    @property
    def total(self) -> Money:
        return Money.total((line.amount for line in self.lines), self.currency)


def charges(terms: FinanceChargeTerms, items: Sequence[OpenItem], until: date, currency: str) -> tuple[Charge, ...]:
    """What the items cost until the end of a day; nothing when all of it is below the minimum."""
    found = [charge for item in items for charge in _of(terms, item, until, currency)]
    total = Money.total((charge.amount for charge in found), currency)
    return tuple(found) if total.minor > 0 and total.major >= terms.minimum else ()


def _of(terms: FinanceChargeTerms, item: OpenItem, until: date, currency: str) -> list[Charge]:
    since = max(item.due, item.charged_until or item.due)
    if until <= since or until <= item.due + timedelta(days=terms.grace_days):
        return []
    if terms.method is Method.BALANCE_DUE:
        rate, minor = terms.rate_on(until), item.on(until)
        if rate is None or minor <= 0:
            return []
        amount = round_half_up(Decimal(minor) * rate.percent / 100)
        return [_charge(item, since, until, minor, rate, amount, currency)] if amount else []
    days = [since + timedelta(days=n) for n in range(1, (until - since).days + 1)]
    found = []
    for (minor, rate), run in groupby(days, key=lambda day: (item.on(day - timedelta(days=1)), terms.rate_on(day))):
        span = list(run)
        if rate is None or minor <= 0:
            continue
        amount = round_half_up(Decimal(minor) * len(span) * rate.percent / (rate.period * 100))
        if amount:
            found.append(_charge(item, span[0] - timedelta(days=1), span[-1], minor, rate, amount, currency))
    return found


def _charge(item: OpenItem, since: date, until: date, minor: int, rate: Rate, amount: int, currency: str) -> Charge:
    return Charge(
        order=item.order,
        invoice=item.invoice,
        since=since,
        until=until,
        balance=Money(minor=minor, currency=currency),
        rate=rate,
        amount=Money(minor=amount, currency=currency),
    )
