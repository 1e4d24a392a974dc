"""Finance charges by both methods, with dated rates, worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from domain.finance_charges import Charge, FinanceChargeTerms, Method, OpenItem, Rate, charges

DUE = date(2026, 3, 1)


def terms(method: Method = Method.AVERAGE_DAILY_BALANCE, *rates: Rate, grace: int = 0, minimum: str = "0") -> FinanceChargeTerms:
    return FinanceChargeTerms(
        code="T",
        method=method,
        grace_days=grace,
        minimum=Decimal(minimum),
        rates=rates or (Rate(from_date=date(2026, 1, 1), percent=Decimal("1.5"), period=30),),
    )


def item(*balances: tuple[date, int], charged_until: date | None = None) -> OpenItem:
    return OpenItem(order="o", invoice=1, due=DUE, balances=balances or ((DUE, 100_000),), charged_until=charged_until)


def told(found: tuple[Charge, ...]) -> list[tuple[int, int, int]]:
    """(days, balance, charge) of each line."""
    return [(charge.days, charge.balance.minor, charge.amount.minor) for charge in found]


def test_the_average_daily_balance_counts_the_days() -> None:
    """1,000 x 20/30 x 1.5 %."""
    assert told(charges(terms(), [item()], date(2026, 3, 21), "EUR")) == [(20, 100_000, 1_000)]


def test_a_part_payment_lowers_the_balance_from_the_next_day_on() -> None:
    """1,000 for ten days and 400 for ten: 5.00 + 2.00."""
    paid = item((DUE, 100_000), (date(2026, 3, 11), 40_000))
    assert told(charges(terms(), [paid], date(2026, 3, 21), "EUR")) == [(10, 100_000, 500), (10, 40_000, 200)]


def test_a_new_rate_holds_from_its_day_on() -> None:
    """Ten days at 1.5 % and ten at 3 % in thirty days; before the first rate nothing is charged."""
    rates = (
        Rate(from_date=date(2026, 3, 2), percent=Decimal("1.5"), period=30),
        Rate(from_date=date(2026, 3, 12), percent=Decimal(3), period=30),
    )
    assert told(charges(terms(Method.AVERAGE_DAILY_BALANCE, *rates), [item()], date(2026, 3, 21), "EUR")) == [
        (10, 100_000, 500),
        (10, 100_000, 1_000),
    ]
    late = Rate(from_date=date(2026, 3, 12), percent=Decimal(3), period=30)
    assert told(charges(terms(Method.AVERAGE_DAILY_BALANCE, late), [item()], date(2026, 3, 21), "EUR")) == [(10, 100_000, 1_000)]


def test_the_balance_due_knows_no_days() -> None:
    """1,000 x 1.5 %, however late; what was paid by then bears nothing."""
    due = terms(Method.BALANCE_DUE)
    assert told(charges(due, [item()], date(2026, 3, 2), "EUR")) == [(1, 100_000, 1_500)]
    assert charges(due, [item((DUE, 100_000), (date(2026, 3, 20), 0))], date(2026, 3, 21), "EUR") == ()


def test_within_the_grace_nothing_is_charged_and_after_it_from_the_due_date_on() -> None:
    patient = terms(grace=5)
    assert charges(patient, [item()], date(2026, 3, 6), "EUR") == ()
    assert told(charges(patient, [item()], date(2026, 3, 7), "EUR")) == [(6, 100_000, 300)]


def test_days_that_were_charged_are_not_charged_again() -> None:
    assert told(charges(terms(), [item(charged_until=date(2026, 3, 21))], date(2026, 3, 31), "EUR")) == [(10, 100_000, 500)]
    assert charges(terms(), [item(charged_until=date(2026, 3, 21))], date(2026, 3, 21), "EUR") == ()


def test_below_the_minimum_nothing_is_written_and_the_days_stay_to_be_charged() -> None:
    least = terms(minimum="10.00")
    assert charges(least, [item()], date(2026, 3, 20), "EUR") == ()
    assert told(charges(least, [item()], date(2026, 3, 21), "EUR")) == [(20, 100_000, 1_000)]


def test_rates_come_one_after_the_other() -> None:
    twice = [{"from_date": "2026-01-01", "percent": "1"}] * 2
    with pytest.raises(ValidationError, match="each from another day"):
        FinanceChargeTerms.model_validate({"code": "T", "method": "balance_due", "rates": twice})
