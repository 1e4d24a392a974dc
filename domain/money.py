"""Money: an integer number of minor units and a currency, so that nothing is ever lost to a float."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Self

import iso4217

from domain.errors import InputRefused
from domain.values import Value

MOST_DIGITS = 15
"""Amounts with more digits than this are refused: they are nonsense, and arithmetic on them is slow."""


class Money(Value):
    """`minor` minor units of `currency` (ISO 4217): Money(minor=1250, currency="EUR") is 12.50 EUR."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(minor=0, currency=currency)

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Self:
        """The amount in major units, rounded half up (away from zero) to the currency's own exponent."""
        return cls(minor=round_half_up(amount.scaleb(exponent(currency))), currency=currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Self:
        return cls(minor=sum(cls.zero(currency)._same(amount) for amount in amounts), currency=currency)

    @property
    def major(self) -> Decimal:
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Parts in proportion to `weights` that add up to the whole (largest remainder, ties to the first).

        Without any positive weight everything goes to the first part.
        """
        return [Money(minor=part, currency=self.currency) for part in split_minor(self.minor, weights)]

    def __add__(self, other: Money) -> Money:
        return Money(minor=self.minor + self._same(other), currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(minor=self.minor - self._same(other), currency=self.currency)

    def __neg__(self) -> Money:
        return Money(minor=-self.minor, currency=self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __str__(self) -> str:
        return f"{self.major:,.{exponent(self.currency)}f} {self.currency}"

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")
        return other.minor


def split_minor(whole: int, weights: Sequence[int]) -> list[int]:
    """`whole` in parts proportional to `weights`, adding up to it exactly (largest remainder method)."""
    weights = [max(weight, 0) for weight in weights]
    total = sum(weights)
    if total == 0:
        return [whole, *[0] * (len(weights) - 1)] if weights else []
    sign, size = (-1 if whole < 0 else 1), abs(whole)
    parts = [size * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % total), i))
    for i in by_remainder[: size - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]


def round_half_up(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@lru_cache
def exponent(currency: str) -> int:
    """Digits after the point of a currency (ISO 4217): JPY 0, EUR 2, KWD 3; KeyError for an unknown code."""
    try:
        return int(iso4217.Currency(currency).exponent or 0)
    except ValueError:
        raise KeyError(currency) from None


def is_currency(code: str) -> bool:
    try:
        exponent(code)
    except KeyError:
        return False
    return True


def parse_amount(text: object, place: str) -> Decimal:
    """A decimal from what strangers send (string, integer or float), bounded; InputRefused otherwise."""
    if isinstance(text, bool) or not isinstance(text, str | int | float | Decimal):
        raise InputRefused(place, f"{text!r:.40} is not an amount")
    written = str(text).strip()
    if len(written) > MOST_DIGITS + 10 or not any(c.isdigit() for c in written):
        raise InputRefused(place, f"{written!r:.40} is not an amount")
    try:
        amount = Decimal(written)
    except ArithmeticError:
        raise InputRefused(place, f"{written!r:.40} is not an amount") from None
    if not amount.is_finite() or abs(amount.adjusted()) > MOST_DIGITS:
        raise InputRefused(place, f"{written!r:.40} is not a reasonable amount")
    return amount
