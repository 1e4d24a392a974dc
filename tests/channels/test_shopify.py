"""Shopify's `orders/create` bodies become orders to the cent, or are refused with the place and the reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.errors import InputRefused
from domain.money import Money
from domain.order import PaymentTerms, PlaceOrder, ShippingPolicy
from starters.channels.shopify import read
from tests.channels.builders import SHOPIFY, shopify, shopify_line


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def only(content: bytes) -> PlaceOrder:
    (order,) = read(content)
    return order


def refused(content: bytes) -> tuple[str, str]:
    with pytest.raises(InputRefused) as refusal:
        read(content)
    return refusal.value.place, refusal.value.reason


def test_an_order_is_read_with_its_prices_discounts_taxes_and_freight() -> None:
    order = only(shopify())
    assert (order.key, order.customer, order.po_number) == ("shopify/9001", "shopify:7001", "#9001")
    assert [(line.number, line.item, line.quantity, line.unit_price) for line in order.lines] == [
        (1, "KET-100", 2, Decimal("15.00")),
        (2, "FLT-100", 3, Decimal("4.00")),
    ]
    assert [line.discount for line in order.lines] == [eur(300), eur(0)]
    assert [line.tax for line in order.lines] == [513, 228]
    assert (order.discount, order.freight, order.freight_tax) == (eur(0), eur(500), 95)
    assert order.total == order.stated_total == eur(5236)
    assert order.placed_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert order.ship_to is not None
    assert (order.ship_to.city, order.ship_to.country, order.ship_to.email) == ("Berlin", "DE", "kitchen@example.com")
    assert order.bill_to is None
    assert (order.shipping_service, order.terms, order.policy) == ("standard", PaymentTerms.PREPAID, None)
    assert order.payment_reference == "tok_4711"


def test_an_order_wrapped_by_the_api_is_the_same_order() -> None:
    assert read(json.dumps({"order": SHOPIFY}).encode()) == read(shopify())
    assert read(json.dumps({"orders": [SHOPIFY, SHOPIFY]}).encode()) == read(shopify()) * 2


@pytest.mark.parametrize("price", ["12", "12.00", 12, 12.0, "12.0 "])
def test_amounts_are_read_however_they_are_written(price: object) -> None:
    assert only(shopify_line(price=price)).lines[1].gross("EUR") == eur(3600)


def test_a_discount_that_no_line_carries_stays_with_the_order() -> None:
    order = only(shopify(total_discounts="5.50"))
    assert order.discount == eur(250)
    assert order.total == eur(5236 - 250)


def test_discount_codes_count_only_where_the_body_has_no_sum_of_them() -> None:
    codes = [{"code": "TEN", "amount": "4.00", "type": "fixed_amount"}, {"code": "POST", "amount": "5.00", "type": "shipping"}]
    assert only(shopify(total_discounts=None, discount_codes=codes)).discount == eur(100)
    assert only(shopify(discount_codes=codes)).discount == eur(0)


def test_an_older_body_names_the_discount_of_a_line_as_one_sum() -> None:
    assert only(shopify_line(total_discount="1.20")).lines[1].discount == eur(120)


def test_a_discount_on_shipping_lowers_the_freight() -> None:
    shipping = [
        {"code": "standard", "price": "5.00", "discount_allocations": [{"amount": "2.00"}]},
        {"code": "x", "price": "9", "is_removed": True},
    ]
    order = only(shopify(shipping_lines=shipping, total_discounts="5.00"))
    assert (order.freight, order.discount) == (eur(300), eur(0))


def test_taxes_of_the_whole_order_are_shared_over_its_lines_to_the_cent() -> None:
    body: dict[str, Any] = json.loads(shopify(shipping_lines=[], tax_lines=[{"title": "VAT", "price": "7.41", "rate": 0.19}]))
    for line in body["line_items"]:
        del line["tax_lines"]
    assert [line.tax for line in only(json.dumps(body).encode()).lines] == [513, 228]


@pytest.mark.parametrize(("days", "terms"), [(14, "net14"), (30, "net30"), (60, "net60"), (45, "net30"), (None, "net30")])
def test_payment_terms_granted_by_the_shop_are_net_terms_without_a_card(days: int | None, terms: str) -> None:
    order = only(shopify(payment_terms={"payment_terms_type": "net", "due_in_days": days}))
    assert (order.terms, order.payment_reference) == (terms, "")


def test_a_successful_transaction_is_the_better_payment_reference() -> None:
    transactions = [{"status": "failure", "authorization": "no"}, {"status": "success", "authorization": "ch_77"}]
    assert only(shopify(transactions=transactions)).payment_reference == "ch_77"


def test_the_checkout_may_ask_for_one_shipment_and_for_a_day() -> None:
    order = only(shopify(note_attributes=[{"name": "ship_policy", "value": "complete"}, {"name": "requested_date", "value": "2026-12-04"}]))
    assert (order.policy, order.requested_at) == (ShippingPolicy.COMPLETE, datetime(2026, 12, 4, tzinfo=UTC))


def test_a_line_without_a_sku_goes_to_the_order_desk_under_its_variant() -> None:
    assert only(shopify_line(sku="", variant_id=39072856)).lines[1].item == "variant:39072856"


@pytest.mark.parametrize(
    ("change", "place", "reason"),
    [
        ({"customer": None}, "customer", "the order names no customer, and nobody could be billed for it"),
        ({"customer": {"id": None}}, "customer.id", "the order names no customer, and nobody could be billed for it"),
        ({"customer": []}, "customer", "an object was expected here, not a list"),
        ({"currency": "EUX"}, "currency", "'EUX' is not a currency (ISO 4217, such as EUR)"),
        ({"currency": None}, "currency", "there is no currency"),
        ({"currency": ["EUR"]}, "currency", "text was expected here, not a list"),
        ({"id": None}, "id", "the order has no id"),
        ({"id": "45/99"}, "id", "'45/99' may hold letters, digits and . _ : # - only, and begins with a letter or a digit"),
        ({"id": True}, "id", "text was expected here, not true or false"),
        ({"line_items": []}, "line_items", "there is none, and an order needs at least one"),
        ({"line_items": None}, "line_items", "there is none, and an order needs at least one"),
        ({"line_items": {"0": {}}}, "line_items", "a list was expected here, not an object"),
        ({"line_items": [None]}, "line_items[0]", "an object was expected here, not null"),
        ({"total_price": "-1"}, "total_price", "-1 is less than zero"),
        ({"total_discounts": "900"}, "total_discounts", "897.00 EUR is more than the 39.00 EUR of the lines"),
        ({"taxes_included": "no"}, "taxes_included", "true or false was expected here, not a text"),
        ({"created_at": "yesterday"}, "created_at", "'yesterday' is not a time (ISO 8601 with its zone)"),
        ({"created_at": "2026-11-20T10:00:00"}, "created_at", "'2026-11-20T10:00:00' is a time without its zone"),
        (
            {"cancelled_at": "2026-11-20T10:00:00Z"},
            "cancelled_at",
            "the shop cancelled this order at 2026-11-20T10:00:00Z; it is not placed",
        ),
        (
            {"shipping_address": {"country_code": "Germany"}},
            "shipping_address.country_code",
            "'Germany' is not a country code of two letters (ISO 3166-1)",
        ),
        ({"shipping_address": {"country_code": "DE", "city": "B" * 201}}, "shipping_address.city", "it is longer than 200 characters"),
        (
            {"shipping_address": {"country_code": "DE", "city": "a\x00b"}},
            "shipping_address.city",
            "the character U+0000 has no business in a text",
        ),
        (
            {"note_attributes": [{"name": "ship_policy", "value": "some"}]},
            "note_attributes[0].value",
            "'some' is not one of complete, partial, by_line, by_date_group",
        ),
        (
            {"note_attributes": [{"name": "requested_date", "value": "soon"}]},
            "note_attributes[0].value",
            "'soon' is not a date (YYYY-MM-DD)",
        ),
        ({"payment_terms": {"due_in_days": -3}}, "payment_terms.due_in_days", "-3 is not a quantity; order at least 1"),
    ],
)
def test_a_body_that_cannot_be_an_order_is_refused_at_its_place(change: dict[str, Any], place: str, reason: str) -> None:
    assert refused(shopify(**change)) == (place, reason)


@pytest.mark.parametrize(
    ("change", "place", "reason"),
    [
        ({"quantity": 0}, "line_items[1].quantity", "0 is not a quantity; order at least 1"),
        ({"quantity": -3}, "line_items[1].quantity", "-3 is not a quantity; order at least 1"),
        ({"quantity": 1.5}, "line_items[1].quantity", "1.5 is not a whole number of units"),
        ({"quantity": 1_000_001}, "line_items[1].quantity", "1000001 is more than the 1,000,000 units that one line may order"),
        ({"quantity": "1e1000000"}, "line_items[1].quantity", "'1e1000000' is not a reasonable amount"),
        ({"quantity": True}, "line_items[1].quantity", "True is not an amount"),
        ({"quantity": None}, "line_items[1].quantity", "None is not an amount"),
        ({"quantity": "two"}, "line_items[1].quantity", "'two' is not an amount"),
        ({"price": "-4.00"}, "line_items[1].price", "-4.00 is less than zero"),
        ({"price": None}, "line_items[1].price", "there is no amount"),
        ({"price": {"amount": "4"}}, "line_items[1].price", "{'amount': '4'} is not an amount"),
        ({"price": "999999999999999"}, "line_items[1].price", "2999999999999997 EUR is beyond reason"),
        ({"total_discount": "12.01"}, "line_items[1].total_discount", "the discount of 12.01 EUR is more than the 12.00 EUR of the line"),
        ({"sku": None}, "line_items[1].sku", "the line names neither a SKU nor a variant nor a product"),
        ({"sku": "S" * 101}, "line_items[1].sku", "it is longer than 100 characters"),
        ({"tax_lines": [{"price": "-1"}]}, "line_items[1].tax_lines[0].price", "-1 is less than zero"),
    ],
)
def test_a_line_that_cannot_be_ordered_is_refused_at_its_place(change: dict[str, Any], place: str, reason: str) -> None:
    assert refused(shopify_line(**change)) == (place, reason)


def real(shared_samples: Path, name: str) -> bytes:
    return (shared_samples / "shopify" / name).read_bytes()


def test_a_real_body_becomes_an_order_with_exact_totals_even_when_it_does_not_add_up(shared_samples: Path) -> None:
    order = only(real(shared_samples, "shopify_python_api__order.json"))
    assert (order.key, order.customer, order.payment_reference) == (
        "shopify/450789469",
        "shopify:207119551",
        "b1946ac92492d2347c6235b4d2611184",
    )
    assert [line.tax for line in order.lines] == [398, 398, 398]
    assert order.total == Money(minor=60894, currency="USD")
    assert order.stated_total == Money(minor=40994, currency="USD")


def test_the_test_notification_of_a_real_shop_is_refused_as_cancelled_and_adds_up_otherwise(shared_samples: Path) -> None:
    content = real(shared_samples, "laravel-shopify__orders_create_webhook.json")
    assert refused(content) == ("cancelled_at", "the shop cancelled this order at 2017-07-17T13:44:09-04:00; it is not placed")
    order = only(json.dumps(json.loads(content) | {"cancelled_at": None}).encode())
    assert order.total == order.stated_total == Money(minor=5798, currency="USD")
    assert [line.discount.minor for line in order.lines] == [0, 500]
    assert order.discount.minor == 0


@pytest.mark.parametrize(
    ("name", "place", "reason"),
    [
        ("go-shopify__order.json", "cancelled_at", "the shop cancelled this order at 2016-05-17T04:14:36-04:00; it is not placed"),
        (
            "go-shopify__order_with_transaction.json",
            "cancelled_at",
            "the shop cancelled this order at 2016-05-17T04:14:36-04:00; it is not placed",
        ),
        ("rem42__order.json", "customer", "the order names no customer, and nobody could be billed for it"),
    ],
)
def test_a_real_body_that_cannot_be_placed_says_why(shared_samples: Path, name: str, place: str, reason: str) -> None:
    assert refused(real(shared_samples, name)) == (place, reason)


def test_the_cart_is_the_basket_whose_reservations_the_order_takes() -> None:
    assert only(shopify(cart_token="c1-7a9f")).basket == "c1-7a9f"
    assert only(shopify(cart_token=None)).basket == ""
    assert only(shopify()).fingerprint != only(shopify(cart_token="c1-7a9f")).fingerprint
