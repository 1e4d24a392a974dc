"""A worker that forgets: it does a step, loses the answer, and Temporal has the step done again."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from config.settings import Settings
from config.temporal import connect
from database.engine import Database
from domain.errors import Unavailable
from integrations.simulated.scripts import draw
from workers.wiring import partners, workers

SEED = 2026
FORGETS = 0.2
"""The share of steps whose first answer is lost, beside the first step of every kind in every process."""


class Forgetful(Interceptor):
    """Loses answers of steps that were done; which ones depends on the seed and the order alone."""

    def __init__(self, seed: int = SEED, share: float = FORGETS) -> None:
        self.seed, self.share = seed, share
        self.kinds: set[str] = set()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002  # the SDK's own name
        return _ForgetfulActivity(next, self)


class _ForgetfulActivity(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, memory: Forgetful) -> None:
        super().__init__(following)
        self._memory = memory

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002  # the SDK's own name
        answer = await super().execute_activity(input)
        info, memory = activity.info(), self._memory
        first = info.activity_type not in memory.kinds
        memory.kinds.add(info.activity_type)
        if info.attempt == 1 and (first or draw(memory.seed, info.workflow_id, info.activity_type, info.activity_id) < memory.share):
            raise Unavailable(f"{info.activity_type} was done, and its answer is lost.")
        return answer


async def main() -> None:
    """Until it is killed: nobody says goodbye here."""
    settings = Settings.load()
    client, database = await connect(settings), Database(settings.database_url)
    behind, _world = partners(settings)
    async with AsyncExitStack() as stack:
        for worker in workers(client, database, behind, [Forgetful()]):
            await stack.enter_async_context(worker)
        print(f"worker {os.getpid()} started", flush=True)
        await asyncio.Event().wait()
