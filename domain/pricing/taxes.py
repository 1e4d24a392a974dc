"""Taxes of an order by where it goes: which apply to a line, how they are rounded, and how freight is taxed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from pydantic import Field

from domain.invoicing import effective_rates
from domain.money import Money
from domain.order import Address, TaxLine
from domain.rounding import RoundingLevel, TaxRounding, rounded, spread, spread_exactly
from domain.values import Value

FREIGHT = "freight"
"""The tax code of freight, where that has a rate of its own."""


class TaxRate(Value):
    """One tax on goods of a tax code in a country, a region of it, or a city.

    Of rates with one title the narrowest place counts; those with different titles (state and city) all apply, in the order of `sequence`.
    A `compound` one is taken of the taxes before it, too.
    """

    code: str = Field(default="standard", min_length=1, max_length=40)
    country: str = Field(pattern=r"^[A-Z]{2}$")
    region: str = Field(default="", max_length=100)
    city: str = Field(default="", max_length=200)
    title: str = Field(min_length=1, max_length=100)
    rate: Decimal = Field(ge=0, le=5, allow_inf_nan=False)
    compound: bool = False
    sequence: int = Field(default=1, ge=1, le=99)
    valid_from: date = date(1970, 1, 1)
    valid_to: date | None = None


class FreightTax(StrEnum):
    WEIGHTED = "weighted"  # freight is taxed as the goods, in proportion to what they are worth
    OWN = "own"  # freight has rates of its own, those of the tax code `freight`


class TaxSetting(Value):
    """How taxes are worked out for orders to a country (`*`: every one without its own), and the smallest coin there."""

    country: str = Field(default="*", pattern=r"^([A-Z]{2}|\*)$")
    rounding: TaxRounding = TaxRounding()
    freight: FreightTax = FreightTax.WEIGHTED
    cash_step: int = Field(default=0, ge=0, le=10_000)  # minor units; 0: totals are not rounded
    cash_currency: str = ""


@dataclass(frozen=True)
class Taxed:
    """An amount to be taxed, in minor units: `quantity` units together."""

    amount: int
    quantity: int
    rates: tuple[TaxRate, ...]


def rates_at(rates: Sequence[TaxRate], address: Address | None, day: date) -> tuple[TaxRate, ...]:
    """The rates that apply at an address on a day; names of places count whatever their case."""
    if address is None:
        return ()
    region, city = address.region.casefold(), address.city.casefold()
    found: dict[str, TaxRate] = {}
    for rate in rates:
        here = rate.country == address.country and rate.region.casefold() in ("", region) and rate.city.casefold() in ("", city)
        if here and rate.valid_from <= day and (rate.valid_to is None or day <= rate.valid_to):
            known = found.get(rate.title)
            if known is None or _narrowness(rate) > _narrowness(known):
                found[rate.title] = rate
    return tuple(sorted(found.values(), key=lambda rate: (rate.sequence, rate.title)))


def taxes_on(parts: Sequence[Taxed], included: bool, rounding: TaxRounding, currency: str) -> list[tuple[TaxLine, ...]]:
    """The taxes of each part. With `included` the amounts contain them: amount * rate / (1 + all rates).

    Rounded per unit, the tax of one unit is rounded and multiplied; per line, the tax of the part; per document, the sum of one tax over
    all parts is rounded and spread by largest remainder.
    """
    exact = [_exact(part, included) for part in parts]
    minor: list[list[int]]
    if rounding.level is RoundingLevel.DOCUMENT:
        minor = _rounded_together(parts, exact, rounding)
    else:
        units = [part.quantity if rounding.level is RoundingLevel.UNIT and part.quantity > 0 else 1 for part in parts]
        minor = [[count * rounded(tax / count, rounding.mode) for tax in taxes] for count, taxes in zip(units, exact, strict=True)]
    return [
        tuple(
            TaxLine(title=rate.title, rate=rate.rate, amount=Money(minor=amount, currency=currency), compound=rate.compound)
            for rate, amount in zip(part.rates, amounts, strict=True)
        )
        for part, amounts in zip(parts, minor, strict=True)
    ]


def freight_parts(freight: int, goods: Sequence[Taxed], own: tuple[TaxRate, ...], how: FreightTax) -> list[Taxed]:
    """Freight as amounts to be taxed: by its own rates, or as the goods in proportion to what they are worth."""
    if how is FreightTax.OWN or not freight:
        return [Taxed(freight, 1, own)] if freight and own else []
    worth: dict[tuple[TaxRate, ...], int] = {}
    for part in goods:
        worth[part.rates] = worth.get(part.rates, 0) + max(part.amount, 0)
    amounts = spread(freight, list(worth.values()))
    return [Taxed(amount, 1, rates) for rates, amount in zip(worth, amounts, strict=True) if amount]


def together(taxes: Sequence[tuple[TaxLine, ...]]) -> tuple[TaxLine, ...]:
    """One line for each tax, whatever it was taken of."""
    found: dict[tuple[str, Decimal, bool], TaxLine] = {}
    for tax in (tax for each in taxes for tax in each):
        key = (tax.title, tax.rate, tax.compound)
        known = found.get(key)
        base = known.base + tax.base if known and known.base and tax.base else tax.base
        found[key] = tax.model_copy(update={"amount": known.amount + tax.amount, "base": base}) if known else tax
    return tuple(found.values())


def with_bases(parts: Sequence[Taxed], taxes: Sequence[tuple[TaxLine, ...]], included: bool) -> list[tuple[TaxLine, ...]]:
    """The taxes of several parts of one amount, each with what it was taken of; of a single part that is the whole."""
    if len(parts) == 1:
        return list(taxes)
    found = []
    for part, each in zip(parts, taxes, strict=True):
        net = part.amount - (sum(tax.amount.minor for tax in each) if included else 0)
        found.append(tuple(tax.model_copy(update={"base": Money(minor=net, currency=tax.amount.currency)}) for tax in each))
    return found


def factor(rates: Sequence[TaxRate]) -> Fraction:
    """All taxes together as a fraction of the net amount."""
    return sum(_factors(rates), Fraction(0))


def _factors(rates: Sequence[TaxRate]) -> list[Fraction]:
    return effective_rates([TaxLine(title=r.title, rate=r.rate, compound=r.compound, amount=Money(minor=0, currency="")) for r in rates])


def _exact(part: Taxed, included: bool) -> list[Fraction]:
    factors = _factors(part.rates)
    contained = 1 + sum(factors) if included else Fraction(1)
    return [part.amount * each / contained for each in factors]


def _rounded_together(parts: Sequence[Taxed], exact: Sequence[Sequence[Fraction]], rounding: TaxRounding) -> list[list[int]]:
    found = [[0] * len(taxes) for taxes in exact]
    places: dict[tuple[str, Decimal, bool], list[tuple[int, int]]] = {}
    for i, part in enumerate(parts):
        for j, rate in enumerate(part.rates):
            places.setdefault((rate.title, rate.rate, rate.compound), []).append((i, j))
    for where in places.values():
        amounts = [exact[i][j] for i, j in where]
        for (i, j), minor in zip(where, spread_exactly(rounded(sum(amounts, Fraction(0)), rounding.mode), amounts), strict=True):
            found[i][j] = minor
    return found


def _narrowness(rate: TaxRate) -> tuple[bool, bool, date]:
    return (bool(rate.city), bool(rate.region), rate.valid_from)
