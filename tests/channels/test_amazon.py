"""Amazon's orders become orders to the cent, also without personal data, or are refused with the place and the reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.errors import InputRefused
from domain.intake import Delivery
from domain.money import Money
from domain.order import PaymentTerms, PlaceOrder
from starters.channels.amazon import parts, read
from tests.channels.builders import AMAZON, amazon, amazon_item

PRODUCT = AMAZON["orderItems"][0]["product"]


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def only(content: bytes) -> PlaceOrder:
    (order,) = read(content)
    return order


def refused(content: bytes) -> tuple[str, str]:
    with pytest.raises(InputRefused) as refusal:
        read(content)
    return refusal.value.place, refusal.value.reason


def test_an_order_is_read_with_what_each_item_brings_in() -> None:
    order = only(amazon())
    assert (order.key, order.customer, order.po_number) == ("amazon/028-1", "amazon:A1PA6795UKMFR9", "PO-28")
    first, third = order.lines
    assert (first.number, first.item, first.quantity, first.unit_price) == (1, "KET-100", 2, Decimal("15.00"))
    assert (first.discount, first.tax, [(each.title, each.amount) for each in first.surcharges]) == (
        eur(300),
        575,
        [("Gift wrap", eur(250))],
    )
    assert (third.number, third.item) == (3, "asin:B03")
    assert (order.freight, order.freight_tax, order.surcharges[0].amount) == (eur(500), 95, eur(100))
    assert order.total == order.stated_total == eur(4620)
    assert (order.terms, order.shipping_service) == (PaymentTerms.NET_14, "EXPEDITED")
    assert (order.placed_at, order.requested_at) == (
        datetime(2026, 11, 20, 9, tzinfo=UTC),
        datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC),
    )


def test_personal_data_that_nobody_may_see_is_left_out() -> None:
    assert only(amazon(buyer=None, recipient=None)).ship_to is None
    town = only(amazon(buyer={}, recipient={"deliveryAddress": {"city": "Berlin", "postalCode": "10115", "countryCode": "DE"}})).ship_to
    assert town is not None
    assert (town.name, town.street, town.postcode, town.email) == ("", "", "10115", "")


def test_a_page_of_orders_is_read_in_its_order() -> None:
    page = {"orders": [AMAZON, AMAZON | {"orderId": "028-2"}], "pagination": {"nextToken": "x"}}
    assert [order.external_id for order in read(json.dumps(page).encode())] == ["028-1", "028-2"]


def test_an_item_without_a_unit_price_is_priced_by_what_it_brings_in() -> None:
    assert only(amazon_item(product=PRODUCT | {"price": None})).lines[0].unit_price == Decimal("15.00")


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        (amazon(fulfillment={"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "AMAZON"}), "fulfillment", "Amazon ships this order itself"),
        (
            amazon(fulfillment={"fulfillmentStatus": "PENDING"}),
            "fulfillment",
            "the buyer's payment is pending: it is placed when Amazon says UNSHIPPED",
        ),
        (amazon(fulfillment=None), "fulfillment", "it is of no status"),
        (amazon(orderId=None), "orderId", "there is no id"),
        (amazon(salesChannel={}), "salesChannel", "no marketplace is named, and nobody could be billed"),
        (amazon(createdTime="2026-11-20T09:00:00"), "createdTime", "'2026-11-20T09:00:00' is a time without its zone"),
        (amazon(orderItems=[]), "orderItems", "there is none that is wanted, and an order needs at least one"),
        (amazon_item(quantityOrdered=-1), "orderItems[0].quantityOrdered", "-1 is not a quantity; order at least 1"),
        (
            amazon_item(measurement={"unit": "KILOGRAMS", "value": 1.5}),
            "orderItems[0].measurement.unit",
            "it is sold by KILOGRAMS, and only pieces are",
        ),
        (amazon_item(product={"asin": ""}), "orderItems[0].product.sellerSku", "the item has neither a SKU nor an ASIN"),
        (
            amazon_item(product=PRODUCT | {"price": {"unitPrice": {"amount": "15.00", "currencyCode": "USD"}}}),
            "orderItems[0].product.price.unitPrice.currencyCode",
            "'USD' is not the order's currency EUR",
        ),
        (b'{"orders": []}', "orders", "the list is empty"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(content: bytes, place: str, reason: str) -> None:
    assert refused(content) == (place, reason)


def test_a_page_that_one_of_us_brings_is_orders_and_one_of_a_poller_is_how_they_stand() -> None:
    def kinds(channel: str) -> list[str]:
        delivery = Delivery(channel=channel, delivery="d", form="amazon", body=amazon(), received_at=datetime.now(UTC))
        return [type(part).__name__ for part in parts(delivery, {})]

    assert (kinds("desk"), kinds("amazon")) == (["OrderIn"], ["OrderStatedIn"])
