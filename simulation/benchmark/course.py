"""The course of a benchmark: one server, first the floor and then the orders on it, and the bill of a single order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from temporalio.client import Client

from config.settings import Settings
from config.temporal import connect
from database.audit import audit
from database.engine import Database
from database.migrate import migrate
from database.seed import seed
from domain.errors import Unavailable
from domain.values import Value
from simulation.benchmark import bell, load
from simulation.benchmark.bill import Bill, actions, bill_of_one_order
from simulation.benchmark.meter import Meter, Reading
from simulation.benchmark.order import catalogue
from starters.messaging import workflow_id
from workers.embedded import environment_of
from workers.processes import Process
from workers.server import TemporalServer

IN_FLIGHT = (1, 8, 32)
WARM_UP = 16  # orders before the first that counts: caches fill, modules load
SETTLES = 0.5  # seconds in which the server writes down what the last orders did
LOOKED_AT = 20  # histories per stretch of which events and actions are counted

Report = Callable[[str], None]


class Plan(Value):
    """`orders` are in flight 8 and 32; one at a time there are a quarter of them. `workers` are processes."""

    orders: int = 400
    workers: int = 1

    def of(self, in_flight: int) -> int:
        return max(self.orders // 4, 10) if in_flight == 1 else self.orders


class Stretch(Value):
    """So many in flight: the floor, the orders, and the mean events, actions and bytes of their histories in this run."""

    floor: Reading
    orders: Reading
    events: float
    actions: float
    bytes: float

    @property
    def in_flight(self) -> int:
        return self.orders.in_flight

    @property
    def slower(self) -> float:
        """How many times as long as the floor the orders took."""
        return self.floor.per_second / self.orders.per_second

    @property
    def dearer(self) -> float:
        """How many times as much processor time as the floor the orders took, all processes together."""
        return self.orders.total_cpu_ms / self.floor.total_cpu_ms


class Outcome(Value):
    begun: datetime
    load_average: float  # of the machine in the minute before: more than a fraction says that others worked on it too
    plan: Plan
    stretches: tuple[Stretch, ...]
    bill: Bill
    violations: tuple[str, ...]


async def run(home: Path, plan: Plan, report: Report) -> Outcome:
    """Run the whole benchmark in the empty folder `home`."""
    begun, load_average = datetime.now(UTC), os.getloadavg()[0]
    async with TemporalServer(home, ui=False) as server:
        settings = Settings.load(
            home=home,
            database_url=f"sqlite:///{home / 'holdfast.db'}",
            world_url=f"sqlite:///{home / 'world.db'}",
            temporal_address=server.address,
            temporal_namespace=server.namespace,
            log_level="warning",
        )
        migrate(settings.database_url)
        database = Database(settings.database_url)
        await database.transaction(seed, catalogue())
        client = await connect(settings)
        floor, orders = await _measure(client, database, settings, server, plan, report)
        bill = await bill_of_one_order(client, settings, "bill")
        violations = tuple(str(violation) for violation in await database.read(audit))
        await database.close()
    stretches = tuple(
        Stretch(floor=bare, orders=reading, events=events, actions=billed, bytes=size)
        for bare, (reading, events, billed, size) in zip(floor, orders, strict=True)
    )
    return Outcome(begun=begun, load_average=load_average, plan=plan, stretches=stretches, bill=bill, violations=violations)


async def _measure(
    client: Client, database: Database, settings: Settings, server: TemporalServer, plan: Plan, report: Report
) -> tuple[list[Reading], list[tuple[Reading, float, float, float]]]:
    """The floor and the orders, so many in flight after so many, on the same workers."""
    floor, found = [], []
    with bell.listener(settings) as listener:
        async with Running(settings, plan.workers) as pids:
            await load.keep_in_flight(load.bare_workflows(client, listener, "warm"), WARM_UP, 8)
            await load.keep_in_flight(load.orders(client, database, settings, listener, "warm"), WARM_UP, 8)
            for in_flight in IN_FLIGHT:
                bare = load.bare_workflows(client, listener, f"run{in_flight}")
                floor.append(await _measured(bare, plan.of(in_flight), in_flight, server, pids))
                orders = load.orders(client, database, settings, listener, f"run{in_flight}")
                reading = await _measured(orders, plan.of(in_flight), in_flight, server, pids)
                found.append((reading, *await _histories(client, f"run{in_flight}", reading.orders)))
                report(f"{in_flight:2} in flight: floor {floor[-1].per_second:.1f}, orders {reading.per_second:.1f} a second")
    return floor, found


async def _measured(life: load.Life, orders: int, in_flight: int, server: TemporalServer, workers: Sequence[int]) -> Reading:
    assert server.pid is not None  # it runs as long as its block
    meter = Meter({"server": [server.pid], "workers": workers, "load": [os.getpid()]})
    seconds = await load.keep_in_flight(life, orders, in_flight)
    meter.stop_clock()
    await asyncio.sleep(SETTLES)
    return meter.reading(seconds, in_flight)


async def _histories(client: Client, run: str, orders: int) -> tuple[float, float, float]:
    """Mean events, actions and bytes of some orders of a run."""
    looked_at = range(0, orders, max(orders // LOOKED_AT, 1))
    events = billed = size = 0
    for number in looked_at:
        handle = client.get_workflow_handle(workflow_id(f"bench/{run}-{number}"))
        history = await handle.fetch_history()
        events += len(history.events)
        billed += actions(history.events)
        size += (await handle.describe()).raw_description.workflow_execution_info.history_size_bytes
    return events / len(looked_at), billed / len(looked_at), size / len(looked_at)


class Running(AbstractAsyncContextManager[list[int]]):
    """So many worker processes; their ids."""

    def __init__(self, settings: Settings, count: int) -> None:
        environment = environment_of(settings)
        self._processes = [
            Process(f"worker {n}", "simulation.benchmark.worker", environment, settings.home / f"worker-{n}.log")
            for n in range(1, count + 1)
        ]
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> list[int]:
        for process in self._processes:
            await process.start()
            self._stack.push_async_callback(process.stop)
        return [process.pid for process in self._processes if process.pid is not None]

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._stack.aclose()
        if isinstance(error, TimeoutError):
            said = "; ".join(f"{process.name}: {process.last_words()}" for process in self._processes)
            raise Unavailable(f"An order was not closed within {load.PATIENCE:.0f} s. What the workers said last: {said}.") from error
