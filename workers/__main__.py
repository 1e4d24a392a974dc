"""One worker process: `python -m workers`."""

from __future__ import annotations

import structlog

from config.settings import Settings
from config.temporal import connect
from workers.processes import run
from workers.wiring import until_stopped

log = structlog.get_logger()


async def main() -> None:
    settings = Settings.load()
    client = await connect(settings)
    log.info("worker started", server=settings.temporal_address)
    await until_stopped(settings, client)
    log.info("worker stopped")


if __name__ == "__main__":
    run(main)
