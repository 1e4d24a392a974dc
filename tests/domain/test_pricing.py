"""Prices: which rule makes a line's price, why the others do not count, what it is charged and what it earns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from domain.order import Charge, OrderLine, PlaceOrder, PriceOverride
from domain.pricing.conditions import CONDITION, ChargedPer, Contract, LeastMargin, Promotion, QuantityBreak, Surcharge
from domain.pricing.derivation import Derivation, ItemFacts, ListPrice, Terms
from domain.pricing.pricing import Pricing, percent, price_order
from domain.pricing.taxes import TaxRate, TaxSetting
from tests.domain.builders import BERLIN, NOON, euro, line, order

VAT = TaxRate(country="DE", title="VAT", rate=Decimal("0.19"))
CONTRACT = Contract(id="K-7", customer="C-1", item="ITEM-1", currency="EUR", price=Decimal("8.00"))
BREAK = QuantityBreak(id="TEN", price_list="TRADE", item="ITEM-1", min_quantity=10, percent=Decimal("0.05"))
SPRING = Promotion(id="SPRING", item="ITEM-1", percent=Decimal("0.10"))


def listed(name: str = "TRADE", item: str = "ITEM-1", price: str = "10.00", **changes: Any) -> dict[tuple[str, str], ListPrice]:
    fields: dict[str, Any] = {"price_list": name, "item": item, "currency": "EUR", "price": Decimal(price)}
    return {(name, item): ListPrice(**fields | changes)}


def terms(**changes: Any) -> Terms:
    fields: dict[str, Any] = {"customer": "C-1", "own_list": "TRADE", "prices": listed()}
    return Terms(**fields | changes)


def unpriced(quantity: int = 2, number: int = 1, **changes: Any) -> OrderLine:
    fields: dict[str, Any] = {"number": number, "item": f"ITEM-{number}", "quantity": quantity, "discount": euro(0)}
    return OrderLine(**fields | changes)


def priced(agreed: Terms, *lines: OrderLine, **changes: Any) -> Pricing:
    return price_order(order(*(lines or (unpriced(),)), **changes), agreed)


def why(found: Derivation) -> list[tuple[str, str | None, str | None]]:
    return [(step.rule, _text(step.before), _text(step.after)) for step in found.steps]


def _text(price: Decimal | None) -> str | None:
    return None if price is None else str(price)


def lost(found: Derivation) -> dict[str, str]:
    return {each.rule: each.why for step in found.steps for each in step.lost}


def test_a_line_that_leaves_its_price_out_gets_the_price_of_the_customers_list() -> None:
    pricing = priced(terms())
    assert (pricing.placed.lines[0].unit_price, pricing.placed.total) == (Decimal("10.00"), euro(2000))
    assert why(pricing.derivations[1]) == [("price list TRADE", None, "10.00")]


def test_a_contract_goes_before_every_list_and_its_quantity_breaks() -> None:
    agreed = terms(contracts=[CONTRACT], breaks=[BREAK], group_list="GROUP", prices=listed() | listed("GROUP", price="9.00"))
    found = priced(agreed, unpriced(20)).derivations[1]
    assert why(found) == [("contract K-7", None, "8.00")]
    assert lost(found) == {"price list TRADE": "a contract goes before", "price list GROUP": "a contract goes before"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"valid_from": date(2026, 4, 1)}, "valid from 2026-04-01"),
        ({"valid_to": date(2026, 2, 28)}, "ended on 2026-02-28"),
        ({"min_quantity": 3}, "from 3 units"),
        ({"currency": "USD"}, "is in USD"),
    ],
)
def test_a_contract_that_does_not_hold_says_why(changes: dict[str, Any], reason: str) -> None:
    found = priced(terms(contracts=[CONTRACT.model_copy(update=changes)])).derivations[1]
    assert (why(found), lost(found)) == ([("price list TRADE", None, "10.00")], {"contract K-7": reason})


def test_of_two_contracts_the_one_for_more_units_counts() -> None:
    more = CONTRACT.model_copy(update={"id": "K-8", "min_quantity": 10, "price": Decimal("7.00")})
    found = priced(terms(contracts=[CONTRACT, more]), unpriced(10)).derivations[1]
    assert (found.ours, lost(found)["contract K-7"]) == (Decimal("7.00"), "contract K-8 is nearer")


def test_the_group_s_list_serves_what_the_customers_own_has_not() -> None:
    agreed = terms(customer_group="CAFES", group_list="GROUP", prices=listed("GROUP", price="9.00"))
    found = priced(agreed).derivations[1]
    assert why(found) == [("price list GROUP", None, "9.00")]
    assert lost(found) == {"price list TRADE": "has no price of ITEM-1"}


def test_a_quantity_break_lowers_the_lists_price_from_its_units_on() -> None:
    fifty = QuantityBreak(id="FIFTY", price_list="TRADE", min_quantity=50, price=Decimal("7.77"))
    agreed = terms(breaks=[BREAK, fifty])
    assert priced(agreed, unpriced(9)).placed.lines[0].unit_price == Decimal("10.00")
    ten = priced(agreed, unpriced(10)).derivations[1]
    assert why(ten) == [("price list TRADE", None, "10.00"), ("quantity break TEN", "10.00", "9.50")]
    assert lost(ten) == {"quantity break FIFTY": "from 50 units"}
    many = priced(agreed, unpriced(50)).derivations[1]
    assert (many.ours, lost(many)) == (Decimal("7.77"), {"quantity break TEN": "50 units are reached"})


def test_a_promotion_comes_off_as_a_discount() -> None:
    pricing = priced(terms(promotions=[SPRING]), unpriced(3))
    assert (pricing.placed.lines[0].unit_price, pricing.placed.lines[0].discount, pricing.placed.total) == (
        Decimal("10.00"),
        euro(300),
        euro(2700),
    )
    assert why(pricing.derivations[1])[1:] == [("promotion SPRING", "10.00", "9.0000")]


def test_promotions_are_taken_by_priority_and_combine_only_where_all_may() -> None:
    first = Promotion(id="A", amount=Decimal(1), currency="EUR", priority=1, combinable=True)
    second = Promotion(id="B", percent=Decimal("0.5"), combinable=True)
    alone = Promotion(id="C", percent=Decimal("0.9"))
    pricing = priced(terms(promotions=[alone, second, first]))
    assert [step.rule for step in pricing.derivations[1].steps] == ["price list TRADE", "promotion A", "promotion B"]
    assert (pricing.placed.lines[0].discount, lost(pricing.derivations[1])) == (euro(1100), {"promotion C": "does not combine with A"})


def test_a_contract_takes_no_promotion_that_does_not_combine() -> None:
    pricing = priced(terms(contracts=[CONTRACT], promotions=[SPRING]))
    assert pricing.placed.total == euro(1600)
    assert lost(pricing.derivations[1])["promotion SPRING"] == "does not combine with contract K-7"


def test_promotions_never_make_a_line_negative() -> None:
    pricing = priced(terms(promotions=[Promotion(id="X", amount=Decimal(99), currency="EUR")]))
    assert (pricing.placed.lines[0].discount, pricing.placed.total) == (euro(2000), euro(0))


def test_what_a_channel_told_its_customer_stands_and_is_explained() -> None:
    placed = order(line(1, 10, "9.80"))
    pricing = price_order(placed, terms(breaks=[BREAK], promotions=[SPRING]))
    assert (pricing.ours, pricing.placed) == (False, placed)
    assert why(pricing.derivations[1])[-1] == ("as the channel told the customer", "9.50", "9.80")
    assert pricing.derivations[1].steps[-1].why == "3.2% above ours of 9.50"
    assert lost(pricing.derivations[1]) == {"promotion SPRING": "the price was stated"}


def test_a_price_that_a_person_set_says_who_and_why() -> None:
    override = PriceOverride(by="ada", why="matched a quote", at=NOON)
    pricing = priced(terms(rates={"standard": (VAT,)}), unpriced(2, unit_price=Decimal(7), override=override), ship_to=BERLIN)
    step = pricing.derivations[1].steps[-1]
    assert (step.rule, step.before, step.after, step.why) == ("set by ada", Decimal("10.00"), Decimal(7), "matched a quote (2026-03-01)")
    assert pricing.placed.total == euro(1400 + 266)  # the order had left it to us: its taxes are ours, too


def test_nobody_agreed_a_price() -> None:
    pricing = priced(terms(prices={}))
    assert [row.number for row in pricing.unpriced] == [1]
    assert lost(pricing.derivations[1]) == {"price list TRADE": "has no price of ITEM-1"}
    assert why(pricing.derivations[1]) == [("no price", None, None)]


def test_a_list_with_taxes_is_turned_into_the_orders_way() -> None:
    agreed = terms(prices=listed(price="11.90", taxes_included=True), rates={"standard": (VAT,)})
    without = priced(agreed, ship_to=BERLIN)
    assert (without.placed.lines[0].unit_price, without.placed.total) == (Decimal("10.00"), euro(2380))
    assert why(without.derivations[1])[-1] == ("taxes taken out", "11.90", "10.00")
    within = priced(terms(rates={"standard": (VAT,)}), ship_to=BERLIN, taxes_included=True)
    assert (within.placed.lines[0].unit_price, within.placed.lines[0].tax, within.placed.total) == (Decimal("11.90"), 380, euro(2380))


def test_surcharges_are_taxed_and_spread_and_free_lines_carry_none() -> None:
    pallet = Surcharge(id="PALLET", title="Pallet", amount=Decimal(4), currency="EUR", per=ChargedPer.UNIT, every=48, min_quantity=24)
    lye = Surcharge(id="ADR", title="Hazardous goods", amount=Decimal("2.50"), currency="EUR", hazardous=True)
    small = Surcharge(id="MIN", title="Small order", amount=Decimal(5), currency="EUR", per=ChargedPer.ORDER, below_value=Decimal(1_000))
    agreed = terms(
        prices=listed() | listed(item="ITEM-2", price="0"),
        items={"ITEM-1": ItemFacts(item="ITEM-1", hazardous=True), "ITEM-2": ItemFacts(item="ITEM-2", hazardous=True)},
        surcharges=[pallet, lye, small],
        rates={"standard": (VAT,)},
    )
    pricing = priced(agreed, unpriced(50), unpriced(10, 2), ship_to=BERLIN)
    assert pricing.derivations[1].surcharges == {"Pallet": 800, "Hazardous goods": 250, "Small order": 500}
    assert pricing.derivations[2].surcharges == {}
    assert pricing.placed.surcharges == (Charge(title="Small order", amount=euro(500)),)
    assert pricing.placed.total == euro(50_000 + 1_550 + 9_795)  # 19 % of 515.50 is 97.945


def test_the_margin_of_a_line_is_after_discounts_and_taxes() -> None:
    agreed = terms(
        items={"ITEM-1": ItemFacts(item="ITEM-1", group="SPARE", cost=700)},
        margins=[LeastMargin(id="ALL", least=Decimal("0.2")), LeastMargin(id="SPARES", item_group="SPARE", least=Decimal("0.3"))],
        rates={"standard": (VAT,)},
    )
    placed = order(line(1, 2, "11.90", discount=119), taxes_included=True, ship_to=BERLIN, discount=euro(238))
    priced_ = price_order(placed.model_copy(update={"to_tax": True}), agreed)
    margin = priced_.derivations[1].margin
    assert margin is not None
    assert (margin.net, margin.cost, margin.rule, margin.too_low) == (1700, 1400, "SPARES", True)  # 20.23 with 3.23 of tax
    assert margin.rate is not None
    assert percent(margin.rate) == "17.6 %"


def test_no_margin_is_judged_where_the_cost_is_not_known_in_the_currency() -> None:
    agreed = terms(prices=listed(currency="USD"), items={"ITEM-1": ItemFacts(item="ITEM-1", cost=700)})
    nothing = euro(0).model_copy(update={"currency": "USD"})
    dollars = PlaceOrder(
        **order().model_dump()
        | {"currency": "USD", "lines": (unpriced(discount=nothing),)}
        | dict.fromkeys(("discount", "freight"), nothing)
    )
    assert price_order(dollars, agreed).derivations[1].margin is None


def test_totals_meet_the_smallest_coin_where_a_country_wants_it() -> None:
    setting = TaxSetting(country="CH", cash_step=5, cash_currency="EUR")
    pricing = priced(terms(prices=listed(price="3.33"), setting=setting), unpriced(1))
    assert (pricing.placed.unrounded, pricing.placed.total) == (333, euro(335))
    stated = price_order(order(line(1, 1, "3.33")), terms(setting=setting))
    assert stated.placed.total == euro(333)  # the customer was told so


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"kind": "break", "id": "B", "price_list": "L", "min_quantity": 5}, "B needs either a price or a percent"),
        ({"kind": "promotion", "id": "P", "percent": "0.1", "amount": "1", "currency": "EUR"}, "P needs either a percent or an amount"),
        ({"kind": "promotion", "id": "P", "amount": "1"}, "P takes an amount off and names no currency"),
        ({"kind": "surcharge", "id": "S", "amount": "1", "currency": "EUR", "per": "order", "hazardous": True}, "S is on the order"),
        ({"kind": "surcharge", "id": "S", "amount": "1", "currency": "EUR", "below_value": "9"}, "S is on a line"),
        ({"kind": "margin", "id": "M", "least": "0.1", "valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "M ends before it begins"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        CONDITION.validate_python(rule)
