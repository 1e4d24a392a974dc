"""What a shop changed of its order shows beside what it said before: quantities are asked, everything else is a person's."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.messages import LineQuantity
from domain.money import Money
from domain.order import Address, OrderLine, PaymentTerms, PlaceOrder
from domain.restating import Restated, Stated, renumbered, restated

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZERO = Money.zero("EUR")
HOME = Address(name="Ada", street="Ring 1", city="Berlin", postcode="10115", country="DE")


def line(number: int, item: str, quantity: int = 2, price: str = "15.00", discount: int = 0) -> OrderLine:
    return OrderLine(number=number, item=item, quantity=quantity, unit_price=Decimal(price), discount=Money(minor=discount, currency="EUR"))


def order(*lines: OrderLine, **changes: Any) -> PlaceOrder:
    fields = {"channel": "shopify", "external_id": "1", "customer": "c", "currency": "EUR", "placed_at": NOON, "ship_to": HOME}
    wanted = lines or (line(1, "KET-100"), line(2, "FLT-100", 3))
    return PlaceOrder(**{**fields, "lines": wanted, "discount": ZERO, "freight": ZERO, **changes})


def change(now: PlaceOrder, *remarks: str, before: PlaceOrder | None = None) -> Restated:
    was = before or order()
    return restated(Stated(order=was), Stated(order=renumbered(was, now), remarks=remarks))


def test_the_same_words_change_nothing() -> None:
    assert change(order()).nothing


def test_other_quantities_and_another_date_are_asked_of_the_order() -> None:
    found = change(order(line(1, "KET-100", 1), line(2, "FLT-100", 5), requested_at=NOON))
    assert (found.quantities, found.requested_at, found.reasons) == ({1: 1, 2: 5}, NOON, ())
    amend = found.amendment("m-1", NOON, "shopify")
    assert amend.quantities == (LineQuantity(line=1, quantity=1), LineQuantity(line=2, quantity=5))


def test_a_line_that_is_gone_is_wanted_no_more_and_the_others_keep_their_numbers() -> None:
    assert change(order(line(1, "FLT-100", 3))).quantities == {1: 0}
    assert change(order(line(1, "FLT-100", 3), line(2, "KET-100"))).nothing


def test_lines_of_one_item_are_told_apart_by_their_place() -> None:
    twice = order(line(1, "KET-100", 2), line(2, "KET-100", 5))
    assert change(order(line(1, "KET-100", 2), line(2, "KET-100", 4)), before=twice).quantities == {2: 4}
    assert change(order(line(1, "KET-100", 2)), before=twice).quantities == {2: 0}


def test_a_line_that_was_taken_off_stays_off_without_another_word() -> None:
    before = order(line(1, "KET-100", 0), line(2, "FLT-100", 3))
    assert change(order(line(1, "FLT-100", 3)), before=before).nothing
    assert change(order(line(1, "KET-100", 0), line(2, "FLT-100", 3)), before=before).nothing


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (order(line(1, "KET-100"), line(2, "FLT-100", 3), line(3, "GRD-200", 1)), "line 3 is new: 1 x GRD-200 at 15.00"),
        (order(line(1, "KET-100", price="14.00"), line(2, "FLT-100", 3)), "line 1 costs 14.00 a unit, and not 15.00"),
        (order(line(1, "KET-100", discount=100), line(2, "FLT-100", 3)), "line 1 has 1.00 EUR off, and not 0.00 EUR"),
        (order(ship_to=None), "it goes to no address that is stated"),
        (order(bill_to=HOME), "it is billed to Ada, Ring 1, 10115 Berlin, DE"),
        (order(freight=Money(minor=500, currency="EUR")), "the freight is 5.00 EUR, and not 0.00 EUR"),
        (order(discount=Money(minor=500, currency="EUR")), "5.00 EUR is off the whole order, and not 0.00 EUR"),
        (order(terms=PaymentTerms.NET_30), "its terms of payment is net30"),
        (order(customer="d"), "its customer is d"),
        (order(shipping_service="express"), "its way of shipping is express"),
    ],
)
def test_anything_else_is_for_a_person(now: PlaceOrder, reason: str) -> None:
    found = change(now)
    assert (found.quantities, found.reasons) == ({}, (reason,))
    assert found.readdressed is (now.ship_to != HOME)


def test_with_fewer_units_the_amounts_are_others_without_another_word() -> None:
    fewer = order(line(1, "KET-100", 1, discount=50), line(2, "FLT-100", 3), discount=Money(minor=100, currency="EUR"))
    assert change(fewer).reasons == ()


def test_a_remark_is_shown_once() -> None:
    assert change(order(), "it hurries").reasons == ("it hurries",)
    was = Stated(order=order(), remarks=("it hurries",))
    assert restated(was, was).nothing
    assert change(order(line(1, "KET-100", 1), line(2, "FLT-100", 3)), "it hurries").in_words() == "line 1 is to have 1 unit; it hurries"


def test_a_date_that_is_wanted_no_more_is_for_a_person() -> None:
    assert change(order(), before=order(requested_at=NOON)).reasons == ("no date is wanted any more",)
