"""Terms of payment as data: when which part of an invoice is due, what paying early takes off, what is paid before anything is supplied.

The instalment lines are those of Odoo's payment terms (percent, fixed, and one line that takes the rest; days after the invoice, end of
month plus days, day of a month); tolerances in days and in money are those of Business Central's payment discounts.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from domain.money import Money, is_currency, round_half_up, split_minor
from domain.order import Moment, PaymentTerms, TermsCode
from domain.values import Value

WHOLE = 100
SCALE = 10_000
"""Percentages have at most four decimals, so that parts are split in whole numbers."""


def _four_decimals(percent: Decimal) -> Decimal:
    if percent * SCALE % 1:
        raise ValueError("a percentage has at most four decimals")
    return percent


Percent = Annotated[Decimal, Field(gt=0, le=WHOLE), AfterValidator(_four_decimals)]
"""Of a hundred: 2.5 is 2.5 %."""


class Share(StrEnum):
    PERCENT = "percent"  # of the invoice's total
    FIXED = "fixed"  # an amount in the currency of the terms
    REMAINDER = "remainder"  # what the other parts leave


class Falls(StrEnum):
    DAYS_AFTER = "days_after"  # `days` after the invoice
    END_OF_MONTH = "end_of_month"  # `days` after the invoice, then to the end of that month, then `plus_days` more
    DAY_OF_MONTH = "day_of_month"  # `days` after the invoice, then the next `day` of a month (its last day, where it has fewer)


class InstalmentLine(Value):
    """One part of an invoice: how much, and when it is due. `amount` is in minor units of the terms' currency."""

    share: Share = Share.REMAINDER
    percent: Percent | None = None
    amount: int | None = Field(default=None, gt=0)
    falls: Falls = Falls.DAYS_AFTER
    days: int = Field(default=0, ge=0, le=3_660)
    plus_days: int = Field(default=0, ge=0, le=366)
    day: int | None = Field(default=None, ge=1, le=31)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.percent is not None) != (self.share is Share.PERCENT) or (self.amount is not None) != (self.share is Share.FIXED):
            raise ValueError("a part is a percentage, a fixed amount, or the remainder")
        if (self.day is not None) != (self.falls is Falls.DAY_OF_MONTH):
            raise ValueError("a day of a month belongs to parts that fall on one")
        if self.plus_days and self.falls is not Falls.END_OF_MONTH:
            raise ValueError("only the end of a month is followed by more days")
        return self

    def due(self, issued: date) -> date:
        """When this part of an invoice of that day is due; a day of a month that the month has not got is its last."""
        base = issued + timedelta(days=self.days)
        if self.falls is Falls.END_OF_MONTH:
            return _in_month(base.year, base.month, 31) + timedelta(days=self.plus_days)
        if self.day is not None:
            here = _in_month(base.year, base.month, self.day)
            return here if here >= base else _in_month(base.year + base.month // 12, base.month % 12 + 1, self.day)
        return base


class EarlyDiscount(Value):
    """`percent` off what is open when it is paid within `days`. With `corrects_tax` the tax that was charged on it is corrected too."""

    percent: Percent
    days: int = Field(ge=0, le=366)
    corrects_tax: bool = True


class Deposit(Value):
    """What is to be paid within `days` of acceptance, before anything is invoiced; with `before_supply` no stock is sought until then."""

    percent: Percent | None = None  # of the order's total
    amount: int | None = Field(default=None, gt=0)  # minor units of the terms' currency
    days: int = Field(default=7, ge=0, le=366)
    before_supply: bool = True

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("a deposit is a percentage or an amount")
        return self

    def of(self, total: Money) -> Money:
        """The deposit of an order; never more than it comes to."""
        if self.amount is not None:
            return Money(minor=min(self.amount, max(total.minor, 0)), currency=total.currency)
        return _percent_of(total, self.percent or Decimal(0))


class Invoicing(StrEnum):
    PER_SHIPMENT = "per_shipment"  # each shipment has an invoice of its own
    WEEKLY = "weekly"  # the shipments of a week are on one invoice, issued on Monday
    MONTHLY = "monthly"  # the shipments of a month are on one invoice, issued on the first


class Terms(Value):
    """When an invoice is paid. One part takes what the others leave, or the percentages make a hundred."""

    code: TermsCode
    description: str = Field(default="", max_length=200)
    currency: str = ""  # of fixed amounts; such terms suit no order in another currency
    instalments: tuple[InstalmentLine, ...] = Field(default=(InstalmentLine(),), min_length=1, max_length=60)
    discounts: tuple[EarlyDiscount, ...] = Field(default=(), max_length=5)
    grace_days: int = Field(default=0, ge=0, le=60)  # a payment so many days late still earns its discount
    tolerance: int = Field(default=0, ge=0)  # minor units by which a payment may miss the discounted amount, or a deposit its own
    deposit: Deposit | None = None
    invoicing: Invoicing = Invoicing.PER_SHIPMENT

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        rest = sum(line.share is Share.REMAINDER for line in self.instalments)
        percent = sum((line.percent or Decimal(0) for line in self.instalments), Decimal(0))
        fixed = any(line.share is Share.FIXED for line in self.instalments)
        if rest > 1 or percent > WHOLE:
            raise ValueError("the parts of an invoice are more than the whole")
        if not rest and (fixed or percent != WHOLE):
            raise ValueError("the parts of an invoice do not make the whole: one of them has to be the remainder")
        amounts = fixed or (self.deposit is not None and self.deposit.amount is not None)
        if amounts and not is_currency(self.currency):
            raise ValueError("fixed amounts need a currency")
        return self

    @property
    def plain(self) -> bool:
        """One due date, and nothing else to say."""
        return len(self.instalments) == 1 and not self.discounts

    def suits(self, currency: str) -> bool:
        return self.currency in ("", currency)


class Instalment(Value):
    """One part of an invoice with its due date; numbered by due date from 1."""

    number: int
    due_at: Moment
    amount: Money


BUILT_IN: dict[str, Terms] = {
    code.value: Terms(code=code, description=description, instalments=(InstalmentLine(days=code.days),))
    for code, description in (
        (PaymentTerms.PREPAID, "Paid in advance"),
        (PaymentTerms.NET_14, "14 days net"),
        (PaymentTerms.NET_30, "30 days net"),
        (PaymentTerms.NET_60, "60 days net"),
    )
}
"""The terms that every installation begins with."""


def instalments(terms: Terms, total: Money, issued_at: datetime, day: timedelta) -> tuple[Instalment, ...]:
    """The parts of an invoice of `total`, oldest first; they add up to it to the cent.

    Fixed parts come first, each as far as the total goes. The percentages and the remainder share the total by largest remainder; what the
    fixed parts took is taken from the remainder. A part of nothing is left out. Dates are reckoned in the calendar and stand as many days
    of length `day` after the invoice as there are days between.
    """
    parts = [0] * len(terms.instalments)
    left = max(total.minor, 0)
    for i, line in enumerate(terms.instalments):
        if line.share is Share.FIXED:
            parts[i] = min(line.amount or 0, left)
            left -= parts[i]
    for i, part in _shares(terms.instalments, total):
        parts[i] = min(part, left)
        left -= parts[i]
    for i, line in enumerate(terms.instalments):
        if line.share is Share.REMAINDER:
            parts[i] += left
    dated = sorted(zip((line.due(issued_at.date()) for line in terms.instalments), parts, strict=True), key=lambda part: part[0])
    kept = [(due, part) for due, part in dated if part] or dated[-1:]
    return tuple(
        Instalment(number=number, due_at=issued_at + (due - issued_at.date()).days * day, amount=Money(minor=part, currency=total.currency))
        for number, (due, part) in enumerate(kept, 1)
    )


def discount_until(discount: EarlyDiscount, issued_at: datetime, day: timedelta) -> datetime:
    """The last day on which a payment earns the discount, as the invoice says it."""
    return issued_at + discount.days * day


def discount_of(discount: EarlyDiscount, open_now: Money) -> Money:
    """What the discount takes off an open amount, rounded half up."""
    return _percent_of(open_now, discount.percent)


def early_discount(
    terms: Terms, open_now: Money, paid: Money, issued_at: datetime, paid_at: datetime, day: timedelta
) -> tuple[EarlyDiscount, Money] | None:
    """The discount that a payment earns, and how much: it came in time and is what is open less the discount, within the tolerance.

    What the payment and the discount leave or exceed within the tolerance is the discount's: the invoice is settled. A payment that is
    late, short or too high earns none.
    """
    elapsed = days_between(issued_at, paid_at, day)
    for offer in sorted(terms.discounts, key=lambda offer: -offer.percent):
        granted = open_now - paid
        missed = abs(granted.minor - discount_of(offer, open_now).minor)
        if 0 < granted.minor < open_now.minor and missed <= terms.tolerance and elapsed <= offer.days + terms.grace_days:
            return offer, granted
    return None


def days_between(since: datetime, at: datetime, day: timedelta) -> int:
    """Calendar days of UTC; where a day is not a day, as in a demo, whole lengths of it."""
    if day == timedelta(days=1):
        return (at.date() - since.date()).days
    return (at - since) // day


def days_to_collection(invoicing: Invoicing, shipped_at: datetime) -> int:
    """Days from a shipment to the end of the period whose invoice it is on."""
    return (period_end(invoicing, shipped_at.date()) - shipped_at.date()).days


def period_end(invoicing: Invoicing, day: date) -> date:
    """The first day after the period that `day` is in: next Monday, or the first of next month."""
    if invoicing is Invoicing.WEEKLY:
        return day + timedelta(days=7 - day.weekday())
    if invoicing is Invoicing.MONTHLY:
        return _in_month(day.year, day.month, 31) + timedelta(days=1)
    return day


def period_begin(invoicing: Invoicing, day: date) -> date:
    """The first day of the period that `day` is in: what was shipped before it may be invoiced now."""
    if invoicing is Invoicing.WEEKLY:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if invoicing is Invoicing.MONTHLY else day


def _shares(lines: Sequence[InstalmentLine], total: Money) -> list[tuple[int, int]]:
    """(place, minor units) of every part by percentage, by largest remainder against what they leave."""
    percents = [(i, int((line.percent or Decimal(0)) * SCALE)) for i, line in enumerate(lines) if line.share is Share.PERCENT]
    if not percents:
        return []
    weights = [weight for _, weight in percents]
    shares = split_minor(max(total.minor, 0), [*weights, WHOLE * SCALE - sum(weights)])
    return [(i, share) for (i, _), share in zip(percents, shares, strict=False)]


def _percent_of(amount: Money, percent: Decimal) -> Money:
    return Money(minor=round_half_up(amount.minor * percent / WHOLE), currency=amount.currency)


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
