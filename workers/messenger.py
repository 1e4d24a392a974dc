"""The messenger: tells orders what stands in the outbox, each fact until its order has heard it or said that it never will."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog
from temporalio.client import Client

from database.engine import Database
from domain.errors import Unavailable
from starters.outbox import tell_untold

LOOKS_EVERY = 2.0
"""Seconds: whoever writes a fact tells it at once, so this is how long one waits whose teller died on the way."""

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def messenger(client: Client, database: Database, every: float = LOOKS_EVERY) -> AsyncIterator[None]:
    """Have a messenger on the way as long as the block lasts. Several may run side by side: an order takes a fact once."""
    task = asyncio.create_task(_run(client, database, every))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _run(client: Client, database: Database, every: float) -> None:
    while True:
        try:
            await tell_untold(client, database)
        except Unavailable as unavailable:
            log.info("nobody hears the messenger", reason=str(unavailable))
        except Exception:  # a round that breaks must not end the messenger; it is made again
            log.exception("a round of the messenger broke")
        await asyncio.sleep(every)
