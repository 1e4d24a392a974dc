"""One worker process of the benchmark, for orders and for the floor: that of `python -m workers`, and it rings the bell."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack

from temporalio.worker import Worker

from config.settings import Settings
from config.temporal import connect
from database.engine import Database
from simulation.benchmark import floor
from simulation.benchmark.bell import Ringing
from workers.wiring import BUILD, WORKFLOW_TASKS, partners, workers


async def main() -> None:
    settings, stop = Settings.load(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client, database = await connect(settings), Database(settings.database_url)
    (behind, world), runner = partners(settings), Ringing(settings)
    bare = Worker(
        client,
        task_queue=floor.QUEUE,
        workflows=[floor.Floor],
        workflow_runner=runner,
        build_id=BUILD,
        max_concurrent_workflow_tasks=WORKFLOW_TASKS,
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        stack.callback(world.close)
        stack.callback(runner.close)
        for worker in (bare, *workers(client, database, behind, runner=runner)):
            await stack.enter_async_context(worker)
        await stop.wait()
