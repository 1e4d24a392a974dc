"""Orders and states of tests that need no server; every field has a default."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.money import Money
from domain.money_steps import InvoiceDraft
from domain.order import Address, OrderLine, PaymentTerms, PlaceOrder, TaxLine
from domain.parts import Invoice
from domain.policies import Policies
from domain.state import OrderState, opened, order_start
from domain.steps import Pick, PlannedShipment

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BERLIN = Address(name="Ada Byron", street="Invalidenstr. 1", city="Berlin", postcode="10115", region="BE", country="DE")


def euro(cents: int) -> Money:
    return Money(minor=cents, currency="EUR")


def line(number: int = 1, quantity: int = 2, price: str = "10.00", discount: int = 0, tax: int = 0, rate: str = "0") -> OrderLine:
    taxes = (TaxLine(title="VAT", rate=Decimal(rate), amount=euro(tax)),) if tax else ()
    return OrderLine(
        number=number, item=f"ITEM-{number}", quantity=quantity, unit_price=Decimal(price), discount=euro(discount), taxes=taxes
    )


def order(*lines: OrderLine, **changes: Any) -> PlaceOrder:
    fields: dict[str, Any] = {
        "channel": "web",
        "external_id": "1001",
        "customer": "C-1",
        "currency": "EUR",
        "lines": lines or (line(),),
        "placed_at": NOON,
        "terms": PaymentTerms.NET_30,
        "discount": euro(0),
        "freight": euro(0),
    }
    return PlaceOrder(**fields | changes)


def state(placed: PlaceOrder | None = None, **changes: Any) -> OrderState:
    found = opened(order_start(placed or order(), Policies()), NOON)
    return found.model_copy(update=changes)


def planned(found: OrderState, **units: int) -> None:
    """Allocate `line1=2` of each line to a new shipment."""
    picks = tuple(
        Pick(line=int(name.removeprefix("line")), item=f"ITEM-{name.removeprefix('line')}", bin="B-1", quantity=quantity)
        for name, quantity in units.items()
    )
    shipment = PlannedShipment(number=len(found.shipments) + 1, location="BERLIN", picks=picks)
    found.plan(shipment, f"{found.order}/allocate/{shipment.number}", NOON + timedelta(days=1))


def invoice(cents: int, due_at: datetime = NOON, **changes: Any) -> Invoice:
    nothing = euro(0)
    fields: dict[str, Any] = {
        "number": 1,
        "document": "INV-000001",
        "shipment": 1,
        "lines": [],
        "freight": nothing,
        "freight_tax": nothing,
        "total": euro(cents),
        "issued_at": due_at - timedelta(days=30),
        "due_at": due_at,
        "fees": nothing,
        "credited": nothing,
        "paid": nothing,
        "written_off": nothing,
        "owed": nothing,
    }
    return Invoice(**fields | changes)


def of(draft: InvoiceDraft, number: int = 1) -> Invoice:
    """The invoice that a draft becomes."""
    return invoice(
        draft.total.minor, number=number, lines=list(draft.lines), freight=draft.freight, freight_tax=draft.freight_tax, total=draft.total
    )
