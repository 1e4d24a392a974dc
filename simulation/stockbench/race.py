"""A race for stock: processes of their own allocate for many orders at the same time, with the code that a worker runs."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from temporalio.testing import ActivityEnvironment

from activities.stock import StockActivities
from database.engine import Database
from domain.errors import Unavailable
from domain.steps import AllocateStock, Allocation
from domain.values import Value
from workers.processes import FORKING, load_ahead

READY_WITHIN = 60.0
"""Seconds until every process has opened the database; a loaded machine takes a few."""

load_ahead("simulation.stockbench.race")


class Lane(Value):
    """What one process did: `seconds` of every allocation, the units it reserved, the lines that stayed short.

    `again` counts, by sentence, every time the database asked to come again later: a lock that was not had in time, a deadlock.
    """

    begun: float
    ended: float
    seconds: tuple[float, ...]
    reserved: dict[str, int]
    short: int
    again: dict[str, int]


def race(url: str, lanes: Sequence[Sequence[AllocateStock]], in_flight: int = 1) -> list[Lane]:
    """Let as many processes as there are lanes carry out their requests, `in_flight` of each at a time; all begin together."""
    barrier = FORKING.Barrier(len(lanes))
    ends, processes = [], []
    for requests in lanes:
        ours, theirs = FORKING.Pipe(duplex=False)
        process = FORKING.Process(target=_run, args=(url, list(requests), in_flight, barrier, theirs), daemon=True)
        process.start()
        theirs.close()
        ends.append(ours)
        processes.append(process)
    try:
        return [_report(end) for end in ends]
    finally:
        for process in processes:
            process.join(READY_WITHIN)
            process.close()


def _report(end: Connection) -> Lane:
    try:
        found = end.recv()
    except EOFError:
        raise RuntimeError("A process of the race ended without a report; what it said stands above.") from None
    finally:
        end.close()
    assert isinstance(found, Lane)
    return found


def _run(url: str, requests: list[AllocateStock], in_flight: int, barrier: Barrier, end: Connection) -> None:
    end.send(asyncio.run(_lane(url, requests, in_flight, barrier)))


async def _lane(url: str, requests: list[AllocateStock], in_flight: int, barrier: Barrier) -> Lane:
    database = Database(url, pool_size=in_flight)
    stock, again = StockActivities(database), Counter[str]()
    seconds: list[float] = []
    reserved, short = Counter[str](), 0
    waiting = iter(requests)

    async def allocate(request: AllocateStock) -> Allocation:
        while True:
            try:
                return await ActivityEnvironment().run(stock.allocate_stock, request)
            except Unavailable as later:
                again[str(later)] += 1

    async def one_after_another() -> None:
        nonlocal short
        for request in waiting:
            begun = time.perf_counter()
            allocation = await allocate(request)
            seconds.append(time.perf_counter() - begun)
            short += len(allocation.short)
            for shipment in allocation.shipments:
                for pick in shipment.picks:
                    reserved[pick.item] += pick.quantity

    await database.read(lambda session: session.connection())  # the connection is open before the race begins
    await asyncio.to_thread(barrier.wait, READY_WITHIN)
    begun = time.time()
    await asyncio.gather(*(one_after_another() for _ in range(in_flight)))
    ended = time.time()
    await database.close()
    return Lane(begun=begun, ended=ended, seconds=tuple(seconds), reserved=dict(reserved), short=short, again=dict(again))
