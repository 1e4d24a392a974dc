"""The load generator: keeps so many orders in flight and answers each at once, the moment it waits for the outside world."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from temporalio.client import Client

from config.settings import Settings
from database.engine import Database
from domain.state import order_start
from simulation.benchmark import floor
from simulation.benchmark.bell import Listener
from simulation.benchmark.order import FACTS, POLICIES, placed, said
from starters.messaging import tell, workflow_id
from starters.placing import place

PATIENCE = 60.0
"""Seconds after which one order is given up."""

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


def orders(client: Client, database: Database, settings: Settings, listener: Listener, run: str) -> Life:
    """Orders as everybody places them, through the intake and the database; each is told a fact as soon as it waits for it."""

    async def life(number: int) -> None:
        order = placed(run, number)
        await place(client, database, settings, order, POLICIES)
        for waits, fact in enumerate(FACTS):
            await listener.heard(workflow_id(order.key), waits)
            await tell(client, order.key, said(order, fact))
        await listener.heard(workflow_id(order.key), len(FACTS))

    return life


def bare_workflows(client: Client, listener: Listener, run: str) -> Life:
    """The floor: started with an order's start, told an order's facts, each as soon as the workflow waits for it."""

    async def life(number: int) -> None:
        order = placed(run, number)
        name = f"floor/{order.external_id}"
        start = order_start(order, POLICIES)
        handle = await client.start_workflow("Floor", start, id=name, task_queue=floor.QUEUE)
        for waits, fact in enumerate(FACTS):
            await listener.heard(name, waits)
            await handle.signal(fact.called(), said(order, fact))
        await listener.heard(name, len(FACTS))

    return life
