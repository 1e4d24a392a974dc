"""Money: nothing is lost to rounding, and strangers' amounts are read or refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InputRefused
from domain.money import Money, exponent, is_currency, parse_amount, round_half_up, split_minor
from tests.domain.builders import euro


@pytest.mark.parametrize(("currency", "digits", "written"), [("JPY", 0, "1,250 JPY"), ("EUR", 2, "12.50 EUR"), ("KWD", 3, "1.250 KWD")])
def test_a_currency_has_its_own_number_of_digits(currency: str, digits: int, written: str) -> None:
    assert (exponent(currency), str(Money(minor=1250, currency=currency))) == (digits, written)


def test_half_a_cent_is_rounded_away_from_zero() -> None:
    assert (Money.of(Decimal("1.005"), "EUR"), Money.of(Decimal("-1.005"), "EUR")) == (euro(101), euro(-101))
    assert [round_half_up(Decimal(n)) for n in ("2.5", "3.5", "-2.5")] == [3, 4, -3]


def test_two_currencies_are_not_added() -> None:
    with pytest.raises(ValueError, match="EUR and USD cannot be added"):
        euro(1) + Money(minor=1, currency="USD")
    with pytest.raises(ValueError, match="EUR and USD cannot be added"):
        euro(1) < Money(minor=1, currency="USD")  # noqa: B015  # the comparison itself is refused


def test_ten_euros_in_three_parts_give_the_odd_cent_to_the_first() -> None:
    assert euro(1000).split([1, 1, 1]) == [euro(334), euro(333), euro(333)]
    assert euro(-1000).split([1, 1, 1]) == [euro(-334), euro(-333), euro(-333)]
    assert euro(100).split([0, 0]) == [euro(100), euro(0)]
    assert euro(100).split([]) == []


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_parts_add_up_to_the_whole_and_no_part_is_a_cent_off(whole: int, weights: list[int]) -> None:
    parts = split_minor(whole, weights)
    assert sum(parts) == whole
    if sum(weights):
        assert all(abs(part * sum(weights) - whole * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize("code", ["", "eur", "EURO", "ZZZ", "E R"])
def test_what_iso_4217_does_not_know_is_no_currency(code: str) -> None:
    assert not is_currency(code)


@pytest.mark.parametrize(
    ("text", "amount"), [("12.50", "12.50"), (7, "7"), (0.1, "0.1"), (" 3 ", "3"), (Decimal("1.00"), "1.00"), ("1e3", "1000")]
)
def test_amounts_are_read_from_what_strangers_send(text: object, amount: str) -> None:
    assert parse_amount(text, "line 1") == Decimal(amount)


@pytest.mark.parametrize("text", ["", "free", "NaN", "Infinity", None, True, [1], "9" * 40, "1e99", "1e-99", "--1"])
def test_what_is_no_amount_is_refused_with_its_place(text: object) -> None:
    with pytest.raises(InputRefused, match=r"^line 1: .* is not a"):
        parse_amount(text, "line 1")
