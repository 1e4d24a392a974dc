"""The HTTP door as processes that are killed at one point of their work: `python -m tests.workers.dying`, which is told points.

For each point that it reads, a line each, it forks a door, which prints `listens ADDRESS PID`; when that has ended, it prints `ended CODE`
(-9: killed). Points are counted over every transaction that may write and every start of a workflow: one before each, one after it.
0: the door lives until somebody else ends it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.client import Client

from config.settings import Settings
from database.engine import Database
from workers.api import run_api


def deadly(call: Callable[..., Awaitable[Any]], passed: list[int], point: int) -> Callable[..., Awaitable[Any]]:
    """The same call, with the process killed before or after it when the count has come that far."""

    def step() -> None:
        passed[0] += 1
        if passed[0] == point:
            os.kill(os.getpid(), signal.SIGKILL)

    async def lived(*args: Any, **named: Any) -> Any:
        step()
        answer = await call(*args, **named)
        step()
        return answer

    return lived


def doomed(point: int) -> list[int]:
    """From now on this process dies at a point; the count of those that it has passed."""
    passed = [0]
    Database.transaction = deadly(Database.transaction, passed, point)  # type: ignore[method-assign,assignment]  # what this process is for
    Client.start_workflow = deadly(Client.start_workflow, passed, point)  # type: ignore[method-assign,assignment]  # what this process is for
    return passed


async def main(point: int) -> None:
    doomed(point)
    await run_api(Settings.load(), asyncio.Event(), lambda address: print("listens", address, os.getpid(), flush=True))


def door(point: int) -> int:
    """Its exit code. It has loaded nothing that the next door would have to load again, and begun no thread before it forked."""
    pid = os.fork()
    if pid == 0:
        try:
            asyncio.run(main(point))
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    for line in sys.stdin:
        print("ended", door(int(line)), flush=True)
