"""Taxes: which apply at an address, how they are rounded, and how freight is taxed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.invoicing import with_more
from domain.order import PlaceOrder, TaxLine
from domain.pricing.derivation import ItemFacts, ListPrice, Terms
from domain.pricing.pricing import price_order
from domain.pricing.taxes import FREIGHT, FreightTax, TaxRate, TaxSetting, rates_at
from domain.rounding import RoundingLevel, RoundingMode, TaxRounding
from domain.shares import tax_shares
from domain.tax_totals import tax_totals
from tests.domain.builders import BERLIN, euro, order
from tests.domain.test_pricing import unpriced

DAY = date(2026, 3, 1)


def rate(title: str = "VAT", percent: str = "19", **changes: Any) -> TaxRate:
    fields: dict[str, Any] = {"country": "DE", "title": title, "rate": Decimal(percent) / 100}
    return TaxRate(**fields | changes)


STATE, CITY = rate("State", "7.25"), rate("City", "1.875", city="Berlin", sequence=2)


def charged(*rates: TaxRate, prices: tuple[str, ...] = ("10.00",), quantity: int = 1, **changes: Any) -> PlaceOrder:
    """An order of one line a price, taxed by us; lines of reduced items cost less than a euro."""
    codes: dict[str, list[TaxRate]] = {}
    for each in rates:
        codes.setdefault(each.code, []).append(each)
    items = {f"ITEM-{n}": price for n, price in enumerate(prices, 1)}
    terms = Terms(
        own_list="L",
        items={item: ItemFacts(item=item, tax_code="reduced" if Decimal(price) < 1 else "standard") for item, price in items.items()},
        prices={("L", item): ListPrice(price_list="L", item=item, currency="EUR", price=Decimal(price)) for item, price in items.items()},
        rates=codes,
        setting=changes.pop("setting", TaxSetting()),
        exempt=changes.pop("exempt", ""),
    )
    lines = [unpriced(quantity, n) for n in range(1, len(prices) + 1)]
    return price_order(order(*lines, **{"ship_to": BERLIN} | changes), terms).placed


def taxes(placed: PlaceOrder) -> list[list[tuple[str, int]]]:
    return [[(tax.title, tax.amount.minor) for tax in line.taxes] for line in placed.lines]


def by(level: RoundingLevel, mode: RoundingMode = RoundingMode.HALF_UP) -> TaxSetting:
    return TaxSetting(rounding=TaxRounding(level=level, mode=mode))


def test_state_and_city_both_tax_a_line() -> None:
    assert taxes(charged(STATE, CITY)) == [[("State", 73), ("City", 19)]]  # 72.5 and 18.75
    elsewhere = charged(STATE, CITY, ship_to=BERLIN.model_copy(update={"city": "Potsdam"}))
    assert taxes(elsewhere) == [[("State", 73)]]


def test_of_one_tax_the_narrowest_place_and_the_day_count() -> None:
    low = rate(percent="16", valid_from=date(2020, 7, 1), valid_to=date(2020, 12, 31))
    island = rate(percent="7", region="be")
    assert [float(each.rate) for each in rates_at([rate(), low, island], BERLIN, DAY)] == [0.07]
    assert [float(each.rate) for each in rates_at([rate(), low], BERLIN, date(2020, 8, 1))] == [0.16]
    assert rates_at([rate(country="FR")], BERLIN, DAY) == rates_at([rate()], None, DAY) == ()


def test_a_compound_tax_is_taken_of_the_taxes_before_it() -> None:
    levy = rate("Levy", "10", sequence=2, compound=True)
    assert taxes(charged(rate(percent="20"), levy)) == [[("VAT", 200), ("Levy", 120)]]
    contained = charged(rate(percent="20"), levy, taxes_included=True)
    assert (taxes(contained), contained.total) == ([[("VAT", 200), ("Levy", 120)]], euro(1320))
    more = with_more(charged(rate(percent="20"), levy), 1, 2)
    assert taxes(more) == [[("VAT", 600), ("Levy", 360)]]


@pytest.mark.parametrize(
    ("setting", "minor"),
    [
        (by(RoundingLevel.UNIT), [20, 20]),
        (by(RoundingLevel.LINE), [19, 19]),
        (by(RoundingLevel.DOCUMENT), [19, 19]),
    ],
)
def test_rounding_by_unit_multiplies_what_was_rounded(setting: TaxSetting, minor: list[int]) -> None:
    """4 x 0.25 at 19 %: 0.0475 a unit is 0.05, four of them 0.20; the line's tax is 0.19."""
    placed = charged(rate(code="reduced"), prices=("0.25", "0.25"), quantity=4, setting=setting)
    assert [line.tax for line in placed.lines] == minor


def test_rounding_by_document_rounds_once_and_spreads() -> None:
    """Three lines of 0.05 at 10 %: 0.005 each is 0.01 by line, 0.015 together is 0.02."""
    reduced = rate(percent="10", code="reduced")
    by_line = charged(reduced, prices=("0.05",) * 3, setting=by(RoundingLevel.LINE))
    assert [line.tax for line in by_line.lines] == [1, 1, 1]
    together = charged(reduced, prices=("0.05",) * 3, setting=by(RoundingLevel.DOCUMENT))
    assert ([line.tax for line in together.lines], together.total) == ([1, 1, 0], euro(17))


def test_a_half_goes_up_or_to_the_even_neighbour() -> None:
    quarter = rate(percent="25")
    assert taxes(charged(quarter, prices=("1.30",), setting=by(RoundingLevel.LINE))) == [[("VAT", 33)]]  # 32.5
    assert taxes(charged(quarter, prices=("1.30",), setting=by(RoundingLevel.LINE, RoundingMode.HALF_EVEN))) == [[("VAT", 32)]]


def test_freight_is_taxed_as_the_goods_or_by_its_own_rate() -> None:
    reduced, own = rate("Reduced", "10", code="reduced"), rate("Freight", "5", code=FREIGHT)
    rates = (rate(percent="20"), reduced, own)
    weighted = charged(*rates, prices=("3.00", "0.99"), freight=euro(399))
    assert [(tax.title, tax.amount.minor) for tax in weighted.freight_taxes] == [("VAT", 60), ("Reduced", 10)]  # of 3.00 and 0.99
    apart = charged(*rates, prices=("3.00", "0.99"), freight=euro(399), setting=TaxSetting(freight=FreightTax.OWN))
    assert [(tax.title, tax.amount.minor) for tax in apart.freight_taxes] == [("Freight", 20)]


def test_an_exempt_customer_pays_no_tax_and_the_document_says_why() -> None:
    placed = charged(rate(), exempt="Reverse charge", freight=euro(500))
    nothing = TaxLine(title="Reverse charge", amount=euro(0))
    assert (placed.lines[0].taxes, placed.freight_taxes, placed.total) == ((nothing,), (nothing,), euro(1500))


def test_each_tax_of_a_document_has_its_base() -> None:
    rates = (rate(percent="20"), rate("Reduced", "10", code="reduced"))
    placed = charged(*rates, prices=("3.00", "0.99"), freight=euro(399))
    totals = tax_totals((), euro(399), tax_shares(placed.freight_taxes), taxes_included=False)
    assert [(each.title, each.base.minor, each.amount.minor) for each in totals] == [("VAT", 300, 60), ("Reduced", 99, 10)]
    both = tax_shares(charged(STATE, CITY, freight=euro(300)).freight_taxes)
    assert [(each.title, each.base.minor) for each in tax_totals((), euro(300), both, taxes_included=False)] == [
        ("State", 300),
        ("City", 300),
    ]
