"""WooCommerce's orders become orders to the cent, or are refused with the place and the reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.errors import InputRefused
from domain.money import Money
from domain.order import PaymentTerms, PlaceOrder
from starters.channels.woocommerce import read
from tests.channels.builders import WOOCOMMERCE, woocommerce, woocommerce_line


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def only(content: bytes, channel: str = "woocommerce") -> PlaceOrder:
    (order,) = read(content, channel)
    return order


def refused(content: bytes) -> tuple[str, str]:
    with pytest.raises(InputRefused) as refusal:
        read(content)
    return refusal.value.place, refusal.value.reason


def test_an_order_is_read_with_its_prices_discounts_taxes_freight_and_fees() -> None:
    order = only(woocommerce())
    assert (order.key, order.customer, order.po_number) == ("woocommerce/727", "woocommerce:12", "727")
    first, second = order.lines
    assert (first.item, first.quantity, first.discount, first.tax, first.description) == ("KET-100", 3, eur(300), 532, "Kettle – matt")
    assert first.unit_price == Decimal("10.3333333333")
    assert first.gross("EUR") == eur(3100)
    assert (second.item, second.unit_price, second.discount) == ("product:93", Decimal("6.00"), eur(0))
    assert (first.taxes[0].title, first.taxes[0].rate) == ("MwSt", Decimal("0.19"))
    assert (order.freight, order.freight_tax, order.discount) == (eur(1090), 188, eur(100))
    assert order.total == order.stated_total == eur(5938)
    assert order.placed_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert (order.terms, order.payment_reference) == (PaymentTerms.PREPAID, "pi_727")


def test_an_empty_delivery_address_means_the_billing_address() -> None:
    order = only(woocommerce())
    assert order.ship_to == order.bill_to
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.street, order.ship_to.email) == ("Ada Byron", "Ring 1, Hof 2", "ada@example.com")
    elsewhere = only(woocommerce(shipping={"first_name": "B.", "city": "Lyon", "country": "FR"}))
    assert elsewhere.ship_to is not None
    assert (elsewhere.ship_to.city, elsewhere.ship_to.country) == ("Lyon", "FR")


def test_an_order_that_its_shop_lets_go_unpaid_is_on_terms() -> None:
    order = only(woocommerce(date_paid_gmt=None, transaction_id=""))
    assert (order.terms, order.payment_reference) == (PaymentTerms.NET_30, "")


def test_a_guest_and_another_shop_are_called_so() -> None:
    order = only(woocommerce(customer_id=0), "mill")
    assert (order.key, order.customer) == ("mill/727", "mill:guest")


def test_several_orders_are_read_from_a_list() -> None:
    assert [order.external_id for order in read(json.dumps([WOOCOMMERCE, WOOCOMMERCE | {"id": 728}]).encode())] == ["727", "728"]


@pytest.mark.parametrize("price", [9.333333, "9.333333", 9, None])
def test_a_line_without_totals_is_priced_by_its_unit_price_and_one_with_them_by_them(price: object) -> None:
    assert only(woocommerce_line(price=price)).lines[0].gross("EUR") == eur(3100)
    if price is not None:
        line = only(woocommerce_line(price=price, subtotal=None, total="", taxes=[], total_tax=None)).lines[0]
        assert line.gross("EUR").minor in (2700, 2800)


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        (woocommerce(status="on-hold"), "status", "the shop says 'on-hold', and an order is placed when it says 'processing'"),
        (woocommerce(id=""), "id", "there is no id"),
        (woocommerce(id="../1"), "id", "'../1' is no id: up to 60 letters, digits and . _ : # -"),
        (woocommerce(currency="EURO"), "currency", "'EURO' is not a currency (ISO 4217, such as EUR)"),
        (woocommerce(date_created_gmt=None), "date_created_gmt", "there is no time of the order"),
        (woocommerce(date_created_gmt="0000-00-00"), "date_created_gmt", "'0000-00-00' is not a time (ISO 8601 with its zone)"),
        (woocommerce(line_items=[]), "line_items", "there is none, and an order needs at least one"),
        (woocommerce_line(quantity=0), "line_items[0].quantity", "0 is not a quantity; order at least 1"),
        (woocommerce_line(quantity=1.5), "line_items[0].quantity", "1.5 is not a whole number of units"),
        (woocommerce_line(sku=""), "line_items[0].sku", "the line names neither a SKU nor a variation nor a product"),
        (woocommerce_line(total="32.00"), "line_items[0].total", "32.00 EUR is more than the 31.00 EUR of the line before its discount"),
        (woocommerce_line(subtotal="-1"), "line_items[0].subtotal", "-1 is less than zero"),
        (
            woocommerce(fee_lines=[{"total": "-5", "total_tax": "-0.95"}]),
            "fee_lines[0].total_tax",
            "a fee that lowers the order has a tax of its own: what it lowers is not said",
        ),
        (woocommerce(fee_lines=[{"total": "-500"}]), "fee_lines", "500.00 EUR is more than the 40.00 EUR of the lines"),
        (
            woocommerce(shipping={"country": "Germany"}),
            "shipping.country",
            "'Germany' is not a country code of two letters (ISO 3166-1)",
        ),
        (b"[]", "the document", "the list of orders is empty"),
        (b"[7]", "[0]", "an object was expected here, not a number"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(content: bytes, place: str, reason: str) -> None:
    assert refused(content) == (place, reason)
