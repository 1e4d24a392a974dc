"""What our own people enter: an order that names no prices, so that the house's own count."""

from __future__ import annotations

import json
from typing import Any

from source.orders import Order
from source.shopify import PLACES

DESK = [
    Order(
        "9101",
        "C-1001",
        "The order desk names no price: contract, quantity break, promotion and surcharge make them.",
        (("KET-100", 12), ("FLT-100", 48), ("CLN-900", 24)),
        to="hamburg",
        freight=1900,
        terms=30,
        unallocated=1000,
    )
]


def body(order: Order) -> str:
    """The order in our own form; what it does not say of prices and taxes is worked out when it is accepted."""
    place = PLACES[order.to]
    nothing = {"minor": 0, "currency": "EUR"}
    lines: list[dict[str, Any]] = [
        {"number": number, "item": item, "quantity": units, "discount": nothing} for number, (item, units) in enumerate(order.lines, 1)
    ]
    address = {"name": "Kaffeekontor Nord GmbH", "street": place["street"], "city": place["city"], "postcode": place["zip"]}
    document = {
        "channel": "manual",
        "external_id": order.external_id,
        "customer": order.customer,
        "currency": "EUR",
        "placed_at": "2026-11-20T10:15:00+01:00",
        "terms": f"net{order.terms}",
        "ship_to": {**address, "country": place["country"]},
        "discount": {"minor": order.unallocated, "currency": "EUR"},
        "freight": {"minor": order.freight, "currency": "EUR"},
        "lines": lines,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
