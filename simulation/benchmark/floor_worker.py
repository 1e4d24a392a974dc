"""One worker process of the floor, connected and set like a worker of orders: `python -m simulation.benchmark.floor_worker`."""

from __future__ import annotations

import asyncio
import signal

from temporalio.worker import Worker

from config.settings import Settings
from config.temporal import connect
from simulation.benchmark import bell
from simulation.benchmark.floor import QUEUE, Floor
from workers.wiring import WORKFLOW_TASKS


async def main() -> None:
    settings = Settings.load()
    bell.hang(settings)
    client, stop = await connect(settings), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Worker(client, task_queue=QUEUE, workflows=[Floor], max_concurrent_workflow_tasks=WORKFLOW_TASKS):
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
