"""Reminder terms: the ladder of reminders as data, in the model of Business Central.

Sources of the formulas: Microsoft Learn, "Set Up Reminder Terms and Levels", and the published code of the base application's table
`Additional Fee Setup`. Amounts are decimals in major units, so that one set of terms serves several currencies.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from pydantic import Field, model_validator

from domain.date_formula import DateFormula
from domain.money import Money, exponent, round_half_up
from domain.order import Moment
from domain.policies import LADDER
from domain.values import Value

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class FeeKind(StrEnum):
    FIXED = "fixed"  # the fixed amount, whatever is owed
    SINGLE_DYNAMIC = "single_dynamic"  # the one band that the remaining amount lies in decides about all of it
    ACCUMULATED_DYNAMIC = "accumulated_dynamic"  # each band takes its share of the remaining amount; the shares are summed up


class Band(Value):
    """From a remaining amount of `above` on: `fixed` plus `percent` of the amount, within `least` and `most` (0: no limit)."""

    above: Decimal = Decimal(0)
    fixed: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(0)

    def of(self, amount: Decimal) -> Decimal:
        fee = self.fixed + amount * self.percent / 100
        if self.most:
            fee = min(fee, self.most)
        return max(fee, self.least)


class Fee(Value):
    """What a reminder costs; `bands` belong to the two dynamic kinds, `currencies` says the fixed amount where it differs."""

    kind: FeeKind = FeeKind.FIXED
    fixed: Decimal = Decimal(0)
    bands: tuple[Band, ...] = ()
    currencies: dict[str, Decimal] = {}

    @model_validator(mode="after")
    def _bands_in_order(self) -> Fee:
        above = [band.above for band in self.bands]
        if above != sorted(set(above)):
            raise ValueError("the bands of a fee go up, each begins at another amount")
        if self.kind is not FeeKind.FIXED and not self.bands:
            raise ValueError(f"a fee that is {self.kind.value} needs bands")
        return self

    def of(self, remaining: Money) -> Money:
        """The fee for what is still owed, rounded half up to the currency's own exponent."""
        amount = remaining.major
        if amount <= 0:
            return Money.zero(remaining.currency)
        if self.kind is FeeKind.FIXED:
            return Money.of(self.currencies.get(remaining.currency, self.fixed), remaining.currency)
        reached = [band for band in self.bands if amount >= band.above]
        if not reached:
            return Money.zero(remaining.currency)
        if self.kind is FeeKind.SINGLE_DYNAMIC:
            fee = reached[-1].of(amount)
        else:
            ends = [*(band.above for band in reached[1:]), amount]
            fee = sum((band.of(end - band.above) for band, end in zip(reached, ends, strict=True)), Decimal(0))
        return Money.of(fee, remaining.currency)


class Wording(Value):
    """How a level speaks in one language: the e-mail's subject and the sentences above and below the figures."""

    subject: str = Field(default="", max_length=200)
    opening: str = Field(default="", max_length=2_000)
    closing: str = Field(default="", max_length=2_000)


class TermsLevel(Value):
    """One rung: due when reference date + `grace_days` is strictly before the day of the run; asks to be paid within `due_in`."""

    level: int = Field(ge=1, le=50)
    grace_days: int = Field(default=0, ge=0, le=3_650)
    due_in: DateFormula = "10D"
    fee: Fee = Fee()  # once a document, at the document's level
    line_fee: Fee = Fee()  # for each line of this level
    interest: bool = False
    holds_customer: bool = False
    wording: dict[str, Wording] = {}  # by language (ISO 639-1)


class ReminderTerms(Value):
    """Which reminders a customer gets. What does not post is printed and charged to nobody.

    Interest is `interest_percent` of the remaining principal for each `interest_period` days, since the due date or the last interest; on
    fees only with `interest_on_fees`.
    """

    code: str = Field(min_length=1, max_length=40)
    description: str = Field(default="", max_length=200)
    most_reminders: int = Field(default=0, ge=0, le=1_000)  # 0: as many as there are levels; the last level repeats until then
    minimum: Decimal = Field(default=Decimal(0), ge=0)  # a document whose lines add up to less is not written
    post_fee: bool = True
    post_line_fee: bool = True
    post_interest: bool = True
    interest_percent: Decimal = Field(default=Decimal(0), ge=0, le=1_000)
    interest_period: int = Field(default=365, ge=1, le=3_660)
    interest_on_fees: bool = False
    levels: tuple[TermsLevel, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _levels_count_up(self) -> ReminderTerms:
        if [level.level for level in self.levels] != list(range(1, len(self.levels) + 1)):
            raise ValueError("the levels are numbered 1, 2, 3 and so on")
        return self

    @property
    def most(self) -> int:
        return self.most_reminders or len(self.levels)

    def level_after(self, issued: int) -> TermsLevel | None:
        """The level of the next reminder after so many; none when the maximum is reached."""
        return None if issued >= self.most else self.levels[min(issued, len(self.levels) - 1)]

    def reaches_minimum(self, total: Money) -> bool:
        return total.minor > 0 and total.major >= self.minimum

    def interest(self, principal: Money, days: int) -> Money:
        """principal x (days / interest period) x percent / 100, rounded half up; never negative."""
        if principal.minor <= 0 or days <= 0:
            return Money.zero(principal.currency)
        minor = Decimal(principal.minor) * days * self.interest_percent / (self.interest_period * 100)
        return Money(minor=round_half_up(minor), currency=principal.currency)


def day_number(at: datetime, day: timedelta) -> int:
    """Which business day a moment lies in; days of 24 hours are those of the calendar, in UTC."""
    return (at - EPOCH) // day


def days_between(earlier: datetime, later: datetime, day: timedelta) -> int:
    return day_number(later, day) - day_number(earlier, day)


def is_due(reference: datetime, grace_days: int, at: datetime, day: timedelta) -> bool:
    """Reference date + grace is strictly before the day of the run."""
    return day_number(reference, day) + grace_days < day_number(at, day)


class NextReminder(Value):
    """At `at` the reminder of `level` is due, which is the `number`th that stands; level 0: the maximum is reached, a person decides."""

    at: Moment
    number: int = 0
    level: int = 0
    due_in: str = ""
    terms: str = ""


def house_terms() -> ReminderTerms:
    """What holds where nobody has set up terms: the ladder that orders used to carry with them."""
    return ReminderTerms(
        code=HOUSE,
        description="The house's own ladder",
        levels=tuple(
            TermsLevel(
                level=rung.level,
                grace_days=rung.grace_days,
                due_in=f"{rung.due_in_days}D",
                fee=Fee(fixed=Decimal(rung.fee_minor).scaleb(-exponent("EUR"))),
                holds_customer=rung.holds_customer,
            )
            for rung in LADDER
        ),
    )


HOUSE = "HOUSE"
"""The code of the terms of customers that have none of their own."""
