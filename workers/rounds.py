"""What a worker does by the way, again and again, as long as it lives."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from domain.errors import Unavailable

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def rounds(name: str, work: Callable[[], Awaitable[object]], every: float, wake: asyncio.Event | None = None) -> AsyncIterator[None]:
    """Do `work` every so many seconds, and as soon as `wake` is set, while the block lasts. Several may do the same side by side.

    A round that breaks or finds nobody is made again: it must not end the others.
    """
    task = asyncio.create_task(_run(name, work, every, wake or asyncio.Event()))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _run(name: str, work: Callable[[], Awaitable[object]], every: float, wake: asyncio.Event) -> None:
    while True:
        wake.clear()
        try:
            await work()
        except Unavailable as unavailable:
            log.info("nobody takes it", rounds=name, reason=str(unavailable))
        except Exception:
            log.exception("a round broke", rounds=name)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), every)
