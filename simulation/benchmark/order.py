"""The order of the benchmark: three lines on terms, all in stock at one place, so that it is one shipment and one invoice."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from domain.messages import DeliveryConfirmed, Fact, LineQuantity, Packed, Parcel, PaymentReceived, PickConfirmed
from domain.money import Money
from domain.order import Address, OrderLine, PaymentTerms, PlaceOrder, TaxLine
from domain.policies import Policies

CUSTOMERS = 50
ITEMS = {"KET-100": ("89.90", 2), "FLT-100": ("6.45", 10), "GRD-200": ("129.00", 1)}
"""Item -> its price in euros and how many of it every order wants."""
PLENTY = 10_000_000  # units of stock; the cents of credit are a thousand times as many: nothing runs out

POLICIES = Policies(return_window=0)
"""Days of 24 hours, so that no deadline passes, and no return window, so that a paid order closes at once."""

FACTS: tuple[type[Fact], ...] = (PickConfirmed, Packed, DeliveryConfirmed, PaymentReceived)
"""What the outside world says to every order, in this order."""


def catalogue() -> dict[str, Any]:
    """What has to be in the database, in the shape of `samples/catalogue.json`."""
    prices = {item: price for item, (price, _) in ITEMS.items()}
    return {
        "items": [{"id": item, "description": item, "weight_g": 500} for item in ITEMS],
        "locations": [{"id": "BERLIN", "name": "Berlin"}],
        "price_lists": [{"id": "LIST", "currency": "EUR", "prices": prices}],
        "customers": [
            {
                "id": f"B-{n}",
                "name": f"Buyer {n}",
                "currency": "EUR",
                "price_list": "LIST",
                "terms": ["net30"],
                "credit_limit": 1_000 * PLENTY,
            }
            for n in range(CUSTOMERS)
        ],
        "stock": [{"item": item, "location": "BERLIN", "bin": f"A-{n}", "quantity": PLENTY} for n, item in enumerate(ITEMS, 1)],
    }


def placed(run: str, number: int) -> PlaceOrder:
    """The `number`-th order of a run."""
    lines = []
    for line, (item, (price, quantity)) in enumerate(ITEMS.items(), 1):
        net = Decimal(price) * quantity
        tax = TaxLine(title="VAT", rate=Decimal("0.19"), amount=Money.of(net * Decimal("0.19"), "EUR"))
        lines.append(
            OrderLine(number=line, item=item, quantity=quantity, unit_price=Decimal(price), discount=Money.zero("EUR"), taxes=(tax,))
        )
    return PlaceOrder(
        channel="bench",
        external_id=f"{run}-{number}",
        customer=f"B-{number % CUSTOMERS}",
        currency="EUR",
        lines=tuple(lines),
        placed_at=datetime.now(UTC),
        ship_to=Address(name="Ada Byron", street="Elbchaussee 1", city="Hamburg", postcode="22765", country="DE"),
        terms=PaymentTerms.NET_30,
        discount=Money.zero("EUR"),
        freight=Money.zero("EUR"),
    )


def said(order: PlaceOrder, fact: type[Fact]) -> Fact:
    """What the outside world says about an order with which everything goes well."""
    stamp: dict[str, Any] = {"message_id": f"{order.key}/{fact.called()}", "occurred_at": datetime.now(UTC), "actor": "bench"}
    quantities = tuple(LineQuantity(line=line.number, quantity=line.quantity) for line in order.lines)
    if fact is PickConfirmed:
        return PickConfirmed(**stamp, shipment=1, lines=quantities)
    if fact is Packed:
        return Packed(**stamp, shipment=1, parcels=(Parcel(number=1, weight_g=8_000, contents=quantities),))
    if fact is DeliveryConfirmed:
        return DeliveryConfirmed(**stamp, shipment=1, signed_by="A. Byron")
    return PaymentReceived(**stamp, payment=f"bank/{order.key}", amount=order.total)
