"""Our own form of an order is read strictly."""

from __future__ import annotations

import json

import pytest

from domain.errors import InputRefused
from domain.money import Money
from starters.channels import shopify as shop
from starters.channels.manual import read
from tests.channels.builders import MANUAL, manual, manual_line, shopify


def test_an_order_of_our_own_form_is_read_one_or_many() -> None:
    (order,) = read(manual())
    assert (order.key, order.total) == ("manual/M-1", Money(minor=3400, currency="EUR"))
    assert read(json.dumps([MANUAL, MANUAL | {"external_id": "M-2"}]).encode())[1].key == "manual/M-2"


def test_every_order_of_another_channel_can_be_written_in_our_own_form() -> None:
    (order,) = shop.read(shopify())
    assert read(order.model_dump_json().encode()) == [order]


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        (manual_line(quantity=0), "lines[0].quantity", "0 is not a quantity; order at least 1"),
        (manual_line(quantity=1_000_001), "lines[0].quantity", "1000001 is more than the 1,000,000 units that one line may order"),
        (manual_line(quantity=True), "lines[0].quantity", "input should be a valid integer"),
        (manual_line(quantity=1.5), "lines[0].quantity", "input should be a valid integer"),
        (manual_line(unit_price="1e1000000"), "lines[0].unit_price", "'1E+1000000' is not a reasonable amount"),
        (manual_line(unit_price=-1), "lines[0].unit_price", "-1 is less than zero"),
        (manual_line(item=""), "lines[0].item", "it is empty"),
        (manual_line(colour="red"), "lines[0].colour", "an order has no such field"),
        (manual_line(discount={"minor": 3001, "currency": "EUR"}), "lines[0].discount", "30.01 EUR is more than the 30.00 EUR of the line"),
        (manual(currency="EUX"), "currency", "'EUX' is not a currency (ISO 4217, such as EUR)"),
        (manual(freight={"minor": 5, "currency": "USD"}), "freight", "'USD' is not the order's currency EUR"),
        (manual(freight={"minor": 10**16, "currency": "EUR"}), "freight", "10000000000000000 minor units are beyond reason"),
        (manual(freight={"minor": -5, "currency": "EUR"}), "freight", "-0.05 EUR is less than zero"),
        (manual(lines=[]), "lines", "there is none, and an order needs at least one"),
        (manual(lines=[MANUAL["lines"][0]] * 2), "lines", "two lines have the same number"),
        (manual(placed_at="2026-11-20T10:00:00"), "placed_at", "a time needs its zone"),
        (manual(customer="a\x07"), "customer", "the character U+0007 has no business in a text"),
        (
            json.dumps([MANUAL, MANUAL | {"external_id": "M/2"}]).encode(),
            "[1].external_id",
            "'M/2' may hold letters, digits and . _ : # - only, and begins with a letter or a digit",
        ),
        (manual(**{"a\nb": 1}), "the document", "an order has no field 'a\\nb'"),
        (b"[]", "the document", "the list of orders is empty"),
        (b"{}", "channel", "it is missing"),
    ],
)
def test_what_cannot_be_an_order_is_refused_at_its_place(content: bytes, place: str, reason: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        read(content)
    assert (refusal.value.place, refusal.value.reason) == (place, reason)


@pytest.mark.parametrize("field", sorted(MANUAL))
@pytest.mark.parametrize("value", [5, None, {"minor": "1"}, [[]]])
def test_the_sentence_of_a_refusal_names_the_field_and_never_the_inside_of_a_library(field: str, value: object) -> None:
    with pytest.raises(InputRefused) as refusal:
        read(manual(**{field: value}))
    assert refusal.value.place.startswith(field)
    assert "pydantic" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def without(document: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in document.items() if name not in names}


def test_a_line_may_leave_its_price_and_its_taxes_to_us() -> None:
    bare = without(MANUAL["lines"][0], "unit_price", "taxes")
    off = {"minor": 100, "currency": "EUR"}
    (order,) = read(json.dumps(without(MANUAL, "freight_taxes") | {"lines": [bare], "discount": off}).encode())
    assert (order.lines[0].to_price, str(order.lines[0].unit_price), order.to_tax) == (True, "0", True)


def test_an_empty_list_of_taxes_says_that_there_are_none() -> None:
    line = without(MANUAL["lines"][0], "taxes")
    (ours,) = read(json.dumps(without(MANUAL, "freight_taxes") | {"lines": [line]}).encode())
    (none,) = read(json.dumps(without(MANUAL, "freight_taxes") | {"lines": [line | {"taxes": []}]}).encode())
    assert (ours.to_tax, none.to_tax) == (True, False)
    assert ours.fingerprint == none.fingerprint  # an order that came before this was known is still the same order
