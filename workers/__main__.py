"""One worker process: `python -m workers`."""

from __future__ import annotations

import asyncio
import sys

import structlog

from config.settings import Settings
from config.temporal import connect
from domain.errors import OrderError
from workers.wiring import until_stopped

log = structlog.get_logger()


async def main() -> None:
    settings = Settings.load()
    client = await connect(settings)
    log.info("worker started", server=settings.temporal_address)
    await until_stopped(settings, client)
    log.info("worker stopped")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except OrderError as error:
        sys.exit(str(error))
