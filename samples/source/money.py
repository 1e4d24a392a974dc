"""What an order of the samples adds up to, in cents."""

from __future__ import annotations

from dataclasses import dataclass

from source.catalogue import PRICE_LISTS, WEB, price, price_list_of
from source.orders import Order

PLACES: dict[str, dict[str, str]] = {
    "berlin": {"street": "Oranienstraße 48", "city": "Berlin", "zip": "10969", "region": "BE", "country": "DE", "name": "Germany"},
    "hamburg": {"street": "Am Sandtorkai 12", "city": "Hamburg", "zip": "20457", "region": "HH", "country": "DE", "name": "Germany"},
    "lyon": {"street": "14 Rue Mercière", "city": "Lyon", "zip": "69002", "region": "ARA", "country": "FR", "name": "France"},
    "utrecht": {"street": "Oudegracht 231", "city": "Utrecht", "zip": "3511 NK", "region": "UT", "country": "NL", "name": "Netherlands"},
}
VAT = {"DE": 19, "FR": 20, "NL": 21}


@dataclass(frozen=True)
class Line:
    item: str
    units: int
    unit: int
    discount: int
    tax: int

    @property
    def gross(self) -> int:
        return self.units * self.unit


@dataclass(frozen=True)
class Sums:
    """`tax` holds the taxes of lines and freight; they are contained in the prices when `included`."""

    currency: str
    included: bool
    rate: int  # per cent
    lines: list[Line]
    freight_tax: int
    stated_total: int

    @property
    def gross(self) -> int:
        return sum(line.gross for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines) + self.freight_tax


def sums(order: Order, alias: str, taxed_freight: bool) -> Sums:
    list_ = price_list_of(alias)
    currency, included = PRICE_LISTS[list_][0], list_ == WEB
    rate = VAT[PLACES[order.to or "berlin"]["country"]]
    wanted = [(item, units, own[0] if own else price(item, list_)) for item, units, *own in order.lines]
    whole = sum(units * unit for _, units, unit in wanted)
    lines, left = [], order.allocated
    for n, (item, units, unit) in enumerate(wanted):
        share = left if n == len(wanted) - 1 else order.allocated * units * unit // whole
        left -= share
        lines.append(Line(item, units, unit, share, _tax(units * unit - share, rate, included)))
    freight_tax = _tax(order.freight, rate, included) if taxed_freight else 0
    total = whole - order.allocated - order.unallocated + order.freight + order.misstated
    if not included:
        total += sum(line.tax for line in lines) + freight_tax
    return Sums(currency, included, rate, lines, freight_tax, total)


def _tax(cents: int, rate: int, included: bool) -> int:
    """Rounded half up."""
    divisor = 100 + rate if included else 100
    return (2 * cents * rate + divisor) // (2 * divisor)
