"""A small house to test in: two locations, a few items, a customer on terms; builders default every field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Concatenate, ParamSpec, TypeVar

from pydantic import BaseModel
from sqlalchemy.orm import Session

from database import intake, orders, receivables, shipments, stock
from database.audit import Violation, audit
from database.engine import Database
from database.journal import once, undo
from domain.messages import Cause, LineQuantity, Parcel
from domain.money import Money
from domain.money_steps import DocumentIssued, InvoiceDraft, InvoiceLine, IssueCredit, IssueInvoice
from domain.order import Address, OrderLine, PaymentTerms, PlaceOrder, ShippingPolicy
from domain.soft_reservations import ReserveSoftly, SoftKind, Wanted
from domain.steps import (
    Accepted,
    AcceptOrder,
    AllocateStock,
    Allocation,
    Need,
    ParcelsRecorded,
    Recorded,
    RecordPacking,
    RecordPick,
    ShipParcels,
    Shipped,
    Step,
)

P = ParamSpec("P")
Result = TypeVar("Result", bound=BaseModel)
Asked = TypeVar("Asked", bound=Step)
T = TypeVar("T")

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)

CATALOGUE: dict[str, Any] = {
    "suppliers": [{"id": "HARIO", "name": "Hario Europe", "lead_time_days": 10}],
    "items": [{"id": "KETTLE", "description": "Kettle, 1 l"}, {"id": "GRINDER"}, {"id": "FILTER"}],
    "locations": [{"id": "BERLIN"}, {"id": "LYON"}],
    "sscc_series": [{"extension": 3, "company_prefix": "4099876"}],
    "stock": [
        {"item": "KETTLE", "location": "BERLIN", "bin": "B-01", "quantity": 10},
        {"item": "KETTLE", "location": "LYON", "bin": "L-01", "quantity": 4},
        {"item": "GRINDER", "location": "LYON", "bin": "L-02", "quantity": 5},
    ],
    "price_lists": [{"id": "TRADE", "currency": "EUR", "prices": {"KETTLE": "50.00", "GRINDER": "200.00"}}],
    "customers": [
        {
            "id": "C-1",
            "name": "Kaffeekontor Nord",
            "currency": "EUR",
            "price_list": "TRADE",
            "terms": ["prepaid", "net30"],
            "credit_limit": 100_000,
            "aliases": ["x12:4012345000016"],
        },
        {"id": "C-2", "name": "Insolvenzia", "currency": "EUR", "terms": ["prepaid"], "blocked": True},
    ],
}

BERLIN_ADDRESS = Address(name="Kaffeekontor Nord", street="Speicherstr. 4", city="Hamburg", postcode="20457", country="DE")


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def line(number: int = 1, item: str = "KETTLE", quantity: int = 2, price: str = "50.00") -> OrderLine:
    return OrderLine(number=number, item=item, quantity=quantity, unit_price=Decimal(price), discount=eur(0))


def order(external_id: str = "1001", *lines: OrderLine, **changes: Any) -> PlaceOrder:
    fields: dict[str, Any] = {
        "channel": "shopify",
        "external_id": external_id,
        "customer": "C-1",
        "currency": "EUR",
        "lines": lines or (line(),),
        "placed_at": NOW,
        "ship_to": BERLIN_ADDRESS,
        "terms": PaymentTerms.NET_30,
        "policy": ShippingPolicy.PARTIAL,
        "discount": eur(0),
        "freight": eur(0),
    }
    return PlaceOrder(**fields | changes)


def said(message_id: str = "m-1", name: str = "pick_confirmed", actor: str = "floor") -> Cause:
    return Cause(message_id=message_id, name=name, actor=actor, occurred_at=NOW)


def step(key: str, of: str = "shopify/1001") -> dict[str, Any]:
    """The fields that every step has; its key is `{order}/{key}`."""
    return {"order": of, "key": f"{of}/{key}", "at": NOW}


def one_kettle_back(order: str, **about: Any) -> IssueCredit:
    """A credit for one of the kettles, at 50.00, that invoice 1 of an order billed."""
    kettle = InvoiceLine(line=1, item="KETTLE", quantity=1, gross=eur(5_000), discount=eur(0), tax=eur(0))
    told: dict[str, Any] = {"lines": (kettle,), "freight": eur(0), "freight_tax": eur(0), "total": eur(5_000), "reason": "scratched"}
    return IssueCredit(**step("credit/1", order), credit=1, invoice=1, **told | about)


def cart(key: str = "cart/1", *wanted: Wanted, **changes: Any) -> ReserveSoftly:
    fields: dict[str, Any] = {"kind": SoftKind.CART, "owner": key, "channel": "shopify", "expires_at": NOW + HOUR, "at": NOW}
    return ReserveSoftly(key=key, wanted=wanted or (Wanted(item="KETTLE", quantity=6),), **fields | changes)


class House:
    """Runs steps as the activities do: each as one transaction with its journal entry."""

    def __init__(self, database: Database, audited: Callable[[Session], list[Violation]] = audit) -> None:
        self.database, self._audited = database, audited

    async def __call__(self, function: Callable[Concatenate[Session, P], T], *args: P.args, **named: P.kwargs) -> T:
        return await self.database.transaction(function, *args, **named)

    async def audit(self) -> list[Violation]:
        return await self.database.read(self._audited)

    async def once(self, request: Asked, result: type[Result], work: Callable[[Session, Asked], Result]) -> Result:
        return await self.database.transaction(once, request, work.__name__, result, work)

    async def undo(self, request: Asked, undoes: str, work: Callable[[Session, Asked, str | None], Recorded]) -> Recorded:
        return await self.database.transaction(undo, request, undoes, work.__name__, work)

    async def accept(self, placed: PlaceOrder, attempt: int = 1, waived: bool = False) -> Accepted:
        await self.database.transaction(intake.capture, placed, NOW)
        request = AcceptOrder(**step(f"accept/{attempt}", placed.key), placed=placed, price_tolerance=Decimal("0.02"), waived=waived)
        return await self.once(request, Accepted, orders.accept_order)

    async def accept_all(self, placed: list[PlaceOrder]) -> None:
        """Many orders in one transaction, whatever their findings."""

        def accept_them(session: Session) -> None:
            for each in placed:
                orders.accept_order(session, AcceptOrder(**step("accept", each.key), placed=each, price_tolerance=Decimal(1), waived=True))

        await self.database.transaction(accept_them)

    async def allocate(self, placed: PlaceOrder, *needs: Need, attempt: int = 1, first: int = 1, **changes: Any) -> Allocation:
        wanted = needs or tuple(Need(line=line.number, item=line.item, quantity=line.quantity) for line in placed.lines)
        fields: dict[str, Any] = {"all_or_nothing": False, "first_shipment": first, "pick_due": NOW + DAY, "backorder_due": NOW + 14 * DAY}
        request = AllocateStock(**step(f"allocate/{attempt}", placed.key) | {"needs": wanted} | fields | changes)
        return await self.once(request, Allocation, stock.allocate_stock)

    async def pick(self, placed: PlaceOrder, shipment: int = 1, **picked: int) -> None:
        """`picked` names lines as l1=3."""
        request = RecordPick(
            **step(f"pick/{shipment}", placed.key),
            shipment=shipment,
            location="BERLIN",
            picks=(),
            picked=tuple(LineQuantity(line=int(name[1:]), quantity=quantity) for name, quantity in picked.items()),
            pack_due=NOW + DAY,
        )
        await self.once(request, Recorded, shipments.record_pick)

    async def pack(self, placed: PlaceOrder, shipment: int = 1, unpacked: tuple[LineQuantity, ...] = ()) -> None:
        request = RecordPacking(**step(f"pack/{shipment}", placed.key), shipment=shipment, parcels=(PARCEL,), unpacked=unpacked)
        await self.once(request, ParcelsRecorded, shipments.record_packing)

    async def ship(self, placed: PlaceOrder, shipment: int = 1, attempt: int = 1) -> Shipped:
        request = ship_request(placed, shipment, attempt)
        label = shipped(f"TRACK-{placed.external_id}-{shipment}-{attempt}")
        return await self.database.transaction(once, request, "ship", Shipped, lambda session, asked: book(session, asked, label))

    async def invoice(self, placed: PlaceOrder, number: int = 1, shipment: int = 1, **changes: Any) -> str:
        request = invoice_request(placed, number, shipment, **changes)
        return (await self.once(request, DocumentIssued, receivables.issue_invoice)).number

    async def shipped_order(self, external_id: str = "1001", *lines: OrderLine) -> PlaceOrder:
        """An order on terms, all of it shipped in one shipment."""
        placed = order(external_id, *lines)
        await self.accept(placed)
        await self.allocate(placed)
        await self.pick(placed, **{f"l{line.number}": line.quantity for line in placed.lines})
        await self.pack(placed)
        await self.ship(placed)
        return placed


PARCEL = Parcel(number=1, weight_g=2_500, contents=(LineQuantity(line=1, quantity=2),))


def ship_request(placed: PlaceOrder, shipment: int = 1, attempt: int = 1) -> ShipParcels:
    return ShipParcels(
        **step(f"ship/{shipment}/{attempt}", placed.key),
        shipment=shipment,
        location="BERLIN",
        parcels=(PARCEL,),
        promise_by=None,
        service="",
        currency="EUR",
        day=DAY,
        delivery_grace=2,
    )


def shipped(tracking: str) -> Shipped:
    return Shipped(carrier="dhl", service="paket", tracking=tracking, cost=eur(590), expected_at=NOW + 2 * DAY, overdue_at=NOW + 4 * DAY)


def book(session: Session, request: ShipParcels, label: Shipped) -> Shipped:
    return shipments.ship_booking(session, request, label)


def invoice_request(placed: PlaceOrder, number: int = 1, shipment: int = 1, **changes: Any) -> IssueInvoice:
    """The whole order on one invoice, without taxes."""
    zero = Money.zero(placed.currency)
    lines = tuple(
        InvoiceLine(
            line=line.number, item=line.item, quantity=line.quantity, gross=line.gross(placed.currency), discount=line.discount, tax=zero
        )
        for line in placed.lines
    )
    total = sum(line.net.minor for line in lines) + placed.freight.minor
    draft = InvoiceDraft(
        lines=lines, freight=placed.freight, freight_tax=zero, taxes_included=False, total=Money(minor=total, currency=placed.currency)
    )
    fields = {"invoice": number, "shipment": shipment, "draft": draft, "terms": placed.terms, "due_at": NOW + 30 * DAY}
    return IssueInvoice(**step(f"invoice/{number}", placed.key) | fields | changes)


def goodwill(amount: Money) -> dict[str, Any]:
    """What a credit of `amount` on line 1 for no unit, without freight, has in it."""
    zero = Money.zero(amount.currency)
    line = InvoiceLine(line=1, item="KETTLE", quantity=0, gross=amount, discount=zero, tax=zero)
    return {"lines": (line,), "freight": zero, "freight_tax": zero}
