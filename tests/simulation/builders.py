"""Orders as the outside world sees them, every field with a default, and a telephone that writes down what it hears."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.errors import OrderError
from domain.exceptions import Decision, ExceptionKind, OpenException
from domain.floor import Scan, Scanned
from domain.lifecycle import Wait
from domain.messages import Fact, Receipt, Request
from domain.money import Money
from domain.order import PaymentTerms, ShippingPolicy
from domain.purchasing import MoveSupply, SupplyChange
from domain.steps import ReceiveStock, StockReceived
from domain.views import InvoiceView, LineView, OrderView, PaymentView, ReturnView, ShipmentView, WaitView
from integrations.simulated.outbox import Entry
from simulation.book import Changes

ORDER = "x12/BT-1"
DAY = timedelta(days=1)
START = datetime(2026, 11, 23, 8, tzinfo=UTC)


def day(number: float) -> datetime:
    """`number` days after the start."""
    return START + number * DAY


def after(entries: Sequence[Entry]) -> list[tuple[str, float]]:
    """The ids of entries and the days after the start on which they are said."""
    return [(entry.id, round((entry.send_at - START) / DAY, 3)) for entry in entries]


def euros(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def line(number: int = 1, ordered: int = 3, **units: Any) -> LineView:
    parts = {"cancelled": 0, "open": 0, "allocated": 0, "picked": 0, "packed": 0, "shipped": 0, "delivered": 0, "returned": 0}
    return LineView(number=number, item="GRD-200", ordered=ordered, unit_price="249.00", **{**parts, **units})


def order(**changes: Any) -> OrderView:
    whole: dict[str, Any] = {
        "order": ORDER,
        "customer": "C-1001",
        "customer_name": "Kaffeekontor Nord GmbH",
        "po_number": "PO-1",
        "currency": "EUR",
        "terms": PaymentTerms.NET_30,
        "policy": ShippingPolicy.PARTIAL,
        "placed_at": START,
        "accepted": True,
        "held": "",
        "outcome": "",
        "reason": "",
        "total": euros(10_000),
        "findings": (),
        "lines": (line(allocated=3),),
        "shipments": (),
        "invoices": (),
        "payments": (),
        "credits": (),
        "returns": (),
        "exceptions": (),
        "waits": (),
    }
    return OrderView.model_validate({**whole, **changes})


def waiting(*waits: Wait) -> tuple[WaitView, ...]:
    return tuple(WaitView(wait=wait, subject="order", until=None) for wait in waits)


def invoice(balance: int = 10_000, **changes: Any) -> InvoiceView:
    whole: dict[str, Any] = {
        "number": 1,
        "document": "INV-000001",
        "shipment": 1,
        "total": euros(10_000),
        "fees": euros(0),
        "credited": euros(0),
        "paid": euros(10_000 - balance),
        "written_off": euros(0),
        "discounted": euros(0),
        "balance": euros(balance),
        "issued_at": START,
        "due_at": day(30),
    }
    return InvoiceView.model_validate({**whole, **changes})


def payment(number: int, amount: int = 10_000, *, reversed: bool = False) -> PaymentView:  # noqa: A002 -- the field's name
    name = f"bank/{ORDER}/1/{number}"
    return PaymentView(payment=name, kind="received", amount=euros(amount), refunded=euros(0), reversed=reversed)


def returned(status: str = "authorized", lines: dict[int, int] | None = None) -> ReturnView:
    return ReturnView(rma=1, document="RMA-000001", kind="refund", status=status, lines=lines or {1: 2})


def shipment(**changes: Any) -> ShipmentView:
    whole: dict[str, Any] = {"number": 1, "location": "BERLIN", "status": "delivered", "picks": (), "delivered_at": START}
    return ShipmentView.model_validate({**whole, **changes})


def trouble(kind: ExceptionKind, number: int = 1, choice: str = "", subject: str = "order", at: datetime = START) -> OpenException:
    """An exception of the order, decided when a choice is given."""
    decision = Decision(choice=choice, by="somebody", at=at) if choice else None
    return OpenException(
        number=number, kind=kind, subject=subject, detail="Look.", opened_at=START, due_at=START + 2 * DAY, decision=decision
    )


def _name(said: Fact | Request | ReceiveStock | MoveSupply | Scan) -> str:
    if isinstance(said, Scan):
        return said.scan
    return said.receipt if isinstance(said, ReceiveStock) else said.slip if isinstance(said, MoveSupply) else said.message_id


class RecordedTelephone:
    """Writes down what it hears; `answers` are raised in their order before anything is taken."""

    def __init__(self, *answers: OrderError) -> None:
        self.heard: list[tuple[str, Fact | Request | ReceiveStock | MoveSupply | Scan]] = []
        self.answers = list(answers)

    @property
    def ids(self) -> list[str]:
        return [_name(said) for _, said in self.heard]

    async def tell(self, order: str, fact: Fact) -> None:
        self._hear(order, fact)

    async def ask(self, order: str, request: Request) -> Receipt:
        self._hear(order, request)
        return Receipt(message_id=request.message_id, name=request.called(), recorded_at=START)

    async def receive(self, goods: ReceiveStock) -> StockReceived:
        self._hear("", goods)
        return StockReceived()

    async def scan(self, said: Scan) -> Scanned:
        self._hear("", said)
        return Scanned(scan=said.scan, wave=said.wave, taken=said.quantity, left=0)

    async def slip(self, moved: MoveSupply) -> SupplyChange:
        self._hear("", moved)
        return SupplyChange()

    def _hear(self, order: str, said: Fact | Request | ReceiveStock | MoveSupply | Scan) -> None:
        if self.answers:
            raise self.answers.pop(0)
        self.heard.append((order, said))


class Orders:
    """The database, as far as the outside world can tell: `views` may be exchanged at any time."""

    def __init__(self, *views: OrderView) -> None:
        self.views = {view.order: view for view in views}
        self.broken: list[Exception] = []

    async def changes(self, since: int, also: Sequence[str] = ()) -> Changes:
        if self.broken:
            raise self.broken.pop(0)
        return Changes(last=since + 1, views=tuple(self.views.values()))
