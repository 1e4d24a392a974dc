"""The carriers' own process: `python -m workers.carriers` (or `oms worker --carriers`) serves the queue `carrier` with real accounts.

It is the only process that imports karrio (LGPL), and it does nothing else: no workflow, no other queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from temporalio.client import Client

from config.settings import ConfigError, Settings
from config.temporal import connect
from database import carrier_calls, dispatch
from database.engine import Database
from domain.dispatch import LabelCall
from domain.errors import Refused
from domain.order import Address
from integrations.ports import Carriers
from integrations.simulated import SimulatedMail, SimulatedPayments, SimulatedWarehouse, World
from workers.processes import run
from workers.wiring import Partners, stopped, workers
from workflows.policies import CARRIER

log = structlog.get_logger()


class DatabaseBook:
    """The record of purchases, in our own database; each note is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, key: str, carrier: str, reference: str, at: datetime, settling: timedelta) -> LabelCall:
        return await self._database.transaction(carrier_calls.ask, key, carrier, reference, at, settling)

    async def bought(self, key: str, carrier: str, answer: str) -> None:
        await self._database.transaction(carrier_calls.bought, key, carrier, answer)

    async def forget(self, key: str) -> None:
        await self._database.transaction(carrier_calls.forget, key)

    async def known(self, key: str) -> LabelCall | None:
        return await self._database.read(carrier_calls.known, key)

    async def close(self, key: str, seen: LabelCall | None, at: datetime) -> bool:
        return await self._database.transaction(carrier_calls.close, key, seen, at)


def real_carriers(settings: Settings, database: Database) -> Carriers:
    """Every carrier that the settings have an account with. Raises ConfigError when there is none, Refused without karrio."""
    try:
        from integrations.karrio.accounts import Account, DhlExpress, Ups
        from integrations.karrio.carriers import KarrioCarriers
        from integrations.karrio.wire import Wire, install
    except ImportError as missing:
        raise Refused(f"Real carriers need the extra `carriers` (`make extras`): {missing}.") from missing
    accounts: list[Account] = []
    if settings.ups_client_secret is not None:
        accounts.append(
            Ups(
                settings.label_format,
                client_id=settings.ups_client_id,
                client_secret=settings.ups_client_secret.get_secret_value(),
                account_number=settings.ups_account,
                test_mode=settings.carriers_test,
            )
        )
    if settings.dhl_password is not None:
        accounts.append(
            DhlExpress(
                settings.label_format,
                site_id=settings.dhl_site_id,
                password=settings.dhl_password.get_secret_value(),
                account_number=settings.dhl_account,
                test_mode=settings.carriers_test,
            )
        )
    if not accounts:
        raise ConfigError("OMS_CARRIERS=karrio needs an account: OMS_UPS_* or OMS_DHL_*.")
    install(Wire())

    async def dock(location: str) -> tuple[Address, str] | None:
        return await database.read(dispatch.dock, location)

    return KarrioCarriers(accounts, DatabaseBook(database), dock, lambda: datetime.now(UTC))


async def run_carriers(settings: Settings, client: Client, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
    """Serve the queue `carrier` until `stop` is set."""
    database = Database(settings.database_url)
    world = World(Path(settings.world_url.removeprefix("sqlite:///")))
    try:
        behind = Partners(
            SimulatedWarehouse(world), real_carriers(settings, database), SimulatedPayments(world), SimulatedMail(world)
        )  # only the carriers' activities run here; the others complete the table of all of them
        [worker] = workers(client, database, behind, queues={CARRIER.queue})
        async with worker:
            ready()
            await stop.wait()
    finally:
        world.close()
        await database.close()


async def main() -> None:
    settings = Settings.load()
    client = await connect(settings)
    log.info("carriers started", server=settings.temporal_address)
    await run_carriers(settings, client, stopped())
    log.info("carriers stopped")


if __name__ == "__main__":
    run(main)
