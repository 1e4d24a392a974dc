"""The load generator: keeps so many orders in flight and answers each at once, the moment it waits for the outside world."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client

from activities.floor import FloorActivities
from activities.invoices import InvoiceActivities
from activities.orders import OrderActivities
from activities.shipping import ShippingActivities
from config.settings import Settings
from database.engine import Database
from domain.messages import DeliveryConfirmed, Fact, Packed, PaymentReceived, PickConfirmed
from domain.state import OrderStart
from simulation.benchmark import floor
from simulation.benchmark.bell import Listener
from simulation.benchmark.order import FACTS, POLICIES, placed, said
from starters.messaging import tell
from starters.placing import place

LOOKS_EVERY = 0.003
"""Seconds between two looks into the audit trail: one look is one indexed row for all orders and takes some 30 microseconds."""
PATIENCE = 30.0
"""Seconds after which one order is given up."""

STEP_BEFORE: dict[type[Fact], str] = {
    PickConfirmed: FloorActivities.release_picks.__name__,
    Packed: FloorActivities.record_pick.__name__,
    DeliveryConfirmed: InvoiceActivities.issue_invoice.__name__,
    PaymentReceived: ShippingActivities.record_delivery.__name__,
}
"""The step in the audit trail after which an order waits for a fact."""
LAST_STEP = OrderActivities.close_order.__name__

Life = Callable[[int], Awaitable[None]]
"""Let the order of this number live its whole life."""


async def keep_in_flight(life: Life, orders: int, in_flight: int) -> list[float]:
    """The seconds from placed to closed of each order; never more than `in_flight` of them live at a time."""
    numbers, seconds = iter(range(orders)), []

    async def one_after_the_other() -> None:
        for number in numbers:
            begun = time.perf_counter()
            async with asyncio.timeout(PATIENCE):
                await life(number)
            seconds.append(time.perf_counter() - begun)

    await asyncio.gather(*(one_after_the_other() for _ in range(in_flight)))
    return seconds


class AuditTrail:
    """What orders have done, read from the database as they do it."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)
        self._last = self._connection.execute("SELECT coalesce(max(id), 0) FROM audit_trail").fetchone()[0]
        self._steps: dict[tuple[str, str], asyncio.Future[None]] = {}

    async def done(self, order: str, step: str) -> None:
        """Return when the order has done the step."""
        await self._expected(order, step)
        del self._steps[order, step]

    async def follow(self) -> None:
        while True:
            for number, order, step in self._connection.execute(
                'SELECT id, "order", step FROM audit_trail WHERE id > ? ORDER BY id', (self._last,)
            ).fetchall():
                self._last = number
                expected = self._expected(order, step)
                if not expected.done():
                    expected.set_result(None)
            await asyncio.sleep(LOOKS_EVERY)

    def close(self) -> None:
        self._connection.close()

    def _expected(self, order: str, step: str) -> asyncio.Future[None]:
        return self._steps.setdefault((order, step), asyncio.get_running_loop().create_future())


@asynccontextmanager
async def orders(client: Client, settings: Settings, run: str) -> AsyncIterator[Life]:
    """Orders as everybody places them, through the intake and the database."""
    database, trail = Database(settings.database_url), AuditTrail(Path(settings.database_url.removeprefix("sqlite:///")))
    following = asyncio.create_task(trail.follow())

    async def life(number: int) -> None:
        order = placed(run, number)
        await place(client, database, settings, order, POLICIES)
        for fact in FACTS:
            await trail.done(order.key, STEP_BEFORE[fact])
            await tell(client, order.key, said(order, fact))
        await trail.done(order.key, LAST_STEP)

    try:
        yield life
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
        trail.close()
        await database.close()


def bare_workflows(client: Client, listener: Listener, run: str) -> Life:
    """The floor: started with an order's start, told an order's facts, each as soon as the workflow waits for it."""

    async def life(number: int) -> None:
        order = placed(run, number)
        workflow_id = f"floor/{order.external_id}"
        start = OrderStart(placed=order.without_people(), policies=POLICIES)
        handle = await client.start_workflow("Floor", start, id=workflow_id, task_queue=floor.QUEUE)
        for heard, fact in enumerate(FACTS):
            await listener.heard(workflow_id, heard)
            await handle.signal(fact.called(), said(order, fact))
        await listener.heard(workflow_id, floor.MESSAGES)

    return life
