"""The order itself: what makes two deliveries of one order the same, and what it comes to."""

from __future__ import annotations

from decimal import Decimal

from domain.order import Charge, OrderLine, PlaceOrder, PriceOverride
from tests.domain.builders import NOON, euro, line, order

KNOWN = "bf9458f691cebc526133004287c34cacf9572d6b61770e2539c387bee6a76208"
"""The fingerprint of the order below, from before lines could leave their price to us."""


def taxed() -> PlaceOrder:
    return order(line(1, 3, "9.99", discount=100, tax=400, rate="0.19"), line(2, 2, "5.00"), discount=euro(390), freight=euro(495))


def test_an_order_that_came_before_has_the_fingerprint_that_it_had() -> None:
    assert taxed().fingerprint == KNOWN
    assert PlaceOrder.model_validate_json(taxed().model_dump_json()).fingerprint == KNOWN


def test_what_is_new_in_an_order_makes_it_another() -> None:
    placed = taxed()
    ours = OrderLine(number=1, item="ITEM-1", quantity=3, discount=euro(100))
    stated = ours.model_copy(update={"to_price": False})
    fingerprints = {
        each.fingerprint
        for each in (
            placed,
            placed.model_copy(update={"surcharges": (Charge(title="Pallet", amount=euro(5)),)}),
            placed.model_copy(update={"discount_on_freight": True}),
            placed.model_copy(update={"rounds_to": 5}),
            order(ours),
            order(stated),
            order(stated.model_copy(update={"override": PriceOverride(by="ada", why="quote", at=NOON)})),
            order(stated.model_copy(update={"surcharges": (Charge(title="Pallet", amount=euro(5)),)})),
        )
    }
    assert len(fingerprints) == 8


def test_a_line_without_a_price_is_ours_to_price_until_it_is() -> None:
    ours = OrderLine.model_validate_json('{"number": 1, "item": "A", "quantity": 1, "discount": {"minor": 0, "currency": "EUR"}}')
    assert ours.to_price is True
    assert OrderLine.model_validate_json(ours.model_dump_json()) == ours
    assert OrderLine.model_validate_json(ours.model_copy(update={"to_price": False}).model_dump_json()).to_price is False
    assert line().to_price is False


def test_a_discount_takes_no_more_than_there_is() -> None:
    assert order(line(1, 1, "5.00", discount=900)).total == euro(0)
    assert order(line(1, 1, "5.00"), discount=euro(600), freight=euro(300)).total == euro(200)
    assert order(line(1, 1, "5.00"), discount=euro(900), freight=euro(300)).total == euro(0)


def test_what_is_free_carries_no_surcharge() -> None:
    charge = (Charge(title="Small order", amount=euro(500)),)
    assert order(line(1, 2, "0"), surcharges=charge).total == euro(0)
    assert order(line(1, 2, "1.00"), surcharges=charge).total == euro(700)
    assert order(line(1, 2, "0").model_copy(update={"surcharges": charge})).total == euro(0)


def test_a_total_meets_the_smallest_coin() -> None:
    assert [order(line(1, 1, price), rounds_to=5).total.minor for price in ("1.02", "1.03", "1.07", "1.08")] == [100, 105, 105, 110]
    assert Decimal("1.05") == order(line(1, 1, "1.03"), rounds_to=5).total.major
