"""Orders to place, with every field defaulted, and the smallest workflow that an order's messages can reach."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.messages import (
    AmendOrder,
    CancelOrder,
    CarrierEvent,
    DeliveryConfirmed,
    ExceptionRaised,
    HoldOrder,
    Packed,
    PickConfirmed,
    Receipt,
    ReturnRequested,
)
from domain.money import Money
from domain.order import OrderLine, PaymentTerms, PlaceOrder
from domain.state import OrderStart
from domain.steps import OrderEnded, Outcome

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EUR = "EUR"


def grinder_order(external_id: str = "7001", *, quantity: int = 2, customer: str = "C-1001", **changes: Any) -> PlaceOrder:
    """Two burr grinders at 249.00 EUR on thirty days."""
    line = OrderLine(number=1, item="GRD-200", quantity=quantity, unit_price=Decimal("249.00"), discount=Money.zero(EUR))
    fields: dict[str, Any] = {
        "channel": "manual",
        "external_id": external_id,
        "customer": customer,
        "currency": EUR,
        "lines": (line,),
        "placed_at": NOON,
        "terms": PaymentTerms.NET_30,
        "discount": Money.zero(EUR),
        "freight": Money.zero(EUR),
        **changes,
    }
    return PlaceOrder(**fields)


@workflow.defn(name="Order")
class ListeningOrder:
    """Hears what it is told, refuses holds, and ends when it is cancelled."""

    @workflow.init
    def __init__(self, start: OrderStart) -> None:
        self.order = start.placed.key
        self.heard: list[str] = []
        self.said: list[str] = []  # what it was told and asked, in words
        self.receipts: dict[str, Receipt] = {}
        self.over = False

    @workflow.run
    async def run(self, start: OrderStart) -> OrderEnded:
        await workflow.wait_condition(lambda: self.over)
        return OrderEnded(order=self.order, outcome=Outcome.CANCELLED)

    @workflow.signal
    def delivery_confirmed(self, fact: DeliveryConfirmed) -> None:
        if fact.message_id not in self.heard:
            self.heard.append(fact.message_id)

    @workflow.signal
    def carrier_event(self, fact: CarrierEvent) -> None:
        if fact.message_id not in self.heard:
            self.heard.append(fact.message_id)

    @workflow.signal
    def pick_confirmed(self, fact: PickConfirmed) -> None:
        if fact.message_id not in self.heard:
            self.heard.append(fact.message_id)

    @workflow.signal
    def packed(self, fact: Packed) -> None:
        if fact.message_id not in self.heard:
            self.heard.append(fact.message_id)

    @workflow.signal
    def return_requested(self, fact: ReturnRequested) -> None:
        if fact.message_id not in self.heard:
            self.heard.append(fact.message_id)
            self.said.append("back: " + ", ".join(f"{each.quantity} of line {each.line}" for each in fact.lines))

    @workflow.signal
    def exception_raised(self, fact: ExceptionRaised) -> None:
        if fact.message_id not in self.heard:
            self.heard.append(fact.message_id)
            self.said.append(f"trouble: {fact.detail}")

    @workflow.update
    def amend_order(self, request: AmendOrder) -> Receipt:
        receipt = Receipt(message_id=request.message_id, name=request.called(), recorded_at=workflow.now())
        if request.message_id not in self.receipts:
            self.said.append("amend: " + ", ".join(f"line {each.line} to {each.quantity}" for each in request.quantities))
        return self.receipts.setdefault(request.message_id, receipt)

    @workflow.update
    def cancel_order(self, request: CancelOrder) -> Receipt:
        self.over = request.reason == "end"
        if request.message_id not in self.receipts:
            self.said.append(f"cancel: {request.reason}")
        receipt = Receipt(message_id=request.message_id, name=request.called(), recorded_at=workflow.now())
        return self.receipts.setdefault(request.message_id, receipt)

    @workflow.update
    def hold_order(self, request: HoldOrder) -> Receipt:
        return Receipt(message_id=request.message_id, name=request.called(), recorded_at=workflow.now())

    @hold_order.validator
    def refuse_hold(self, request: HoldOrder) -> None:
        raise ValueError(f"Order {self.order} is shipped and cannot be held.")

    @workflow.query
    def in_words(self) -> list[str]:
        return self.said

    @workflow.query
    def told(self) -> list[str]:
        return self.heard


@asynccontextmanager
async def listening(client: Client) -> AsyncIterator[None]:
    """A worker for `ListeningOrder` on the queue of orders."""
    worker = Worker(client, task_queue="orders", workflows=[ListeningOrder], workflow_runner=UnsandboxedWorkflowRunner())
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await worker.shutdown()
        await running
