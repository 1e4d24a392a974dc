"""The HTTP door as a process that is killed at one point of its work; its one word is the point, and it prints `listens ADDRESS`.

Points are counted over every transaction that may write and every start of a workflow: one before each, one after it.
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


async def main() -> None:
    doomed(int(sys.argv[1]))
    await run_api(Settings.load(), asyncio.Event(), lambda address: print("listens", address, flush=True))
