"""Everything in one command: the Temporal server, the database, the workers and the simulated outside world, begun and ended together."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from domain.errors import InputRefused, Unavailable
from workers.processes import Process, begin_loading
from workers.server import TemporalServer

if TYPE_CHECKING:
    from config.settings import Settings

SAMPLES = Path(__file__).parents[1] / "samples"
"""The documents and the catalogue that come with the project."""

Report = Callable[[str], None]


class Everything:
    """One installation on this machine. Leaving the block ends every process that was started, each by its own id, last started first.

        async with Everything(settings, report=print) as everything:
            await everything.until_one_ends()

    The server keeps the ports of the settings; `report` hears one sentence for each thing that runs.
    """

    def __init__(
        self, settings: Settings, *, workers: int = 1, world: bool = True, api: bool = False, report: Report = lambda sentence: None
    ) -> None:
        self.server = local_server(settings)
        self.settings = settings
        self._workers, self._world, self._api, self._report = workers, world, api, report
        self._processes: list[Process] = []

    async def __aenter__(self) -> Self:
        try:
            await self._begin()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._end()

    async def until_one_ends(self) -> None:
        """Wait until a process ends by itself, and raise Unavailable with what its log says last."""
        watching = [asyncio.create_task(process.wait()) for process in self._processes]
        try:
            await asyncio.wait(watching, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in watching:
                task.cancel()
        ended = next(process for process in self._processes if process.ended)
        raise Unavailable(f"The {ended.name} ended by itself: {ended.last_words()} (its log is {ended.log}).")

    async def _begin(self) -> None:
        home = self.settings.home
        home.mkdir(parents=True, exist_ok=True)
        wanted = self._wanted()
        begin_loading()
        await self.server.start()
        self._report(f"Temporal server at {self.server.address}, Web UI at {self.server.ui_address}")
        await asyncio.to_thread(prepare_database, self.settings)
        self._report("Database migrated and seeded")
        for process in wanted:
            await process.start()
            self._processes.append(process)
            self._report(f"{process.name.capitalize()} started")

    def _wanted(self) -> list[Process]:
        names = ["worker"] if self._workers == 1 else [f"worker {number}" for number in range(1, self._workers + 1)]
        wanted = [(name, "workers.__main__") for name in names]
        if self.settings.carriers == "karrio":
            wanted.append(("carriers", "workers.carriers"))
        if self._api:
            wanted.append(("api", "workers.api"))
        if self._world:
            wanted.append(("simulated world", "simulation.__main__"))
        home, environment = self.settings.home, environment_of(self.settings)
        return [Process(name, module, environment, home / f"{name.replace(' ', '-')}.log") for name, module in wanted]

    async def _end(self) -> None:
        while self._processes:
            await self._processes.pop().stop()
        await self.server.stop()


def local_server(settings: Settings) -> TemporalServer:
    """The server of this machine at the addresses of the settings. Raises Unavailable when they name another machine."""
    host, _, port = settings.temporal_address.rpartition(":")
    if host not in ("127.0.0.1", "localhost"):
        raise Unavailable(f"TEMPORAL_ADDRESS names {host}, and this command starts a server of its own on 127.0.0.1: unset it.")
    ui_port = settings.ui_address.rpartition(":")[2].rstrip("/")
    return TemporalServer(
        settings.home, port=int(port), ui_port=int(ui_port) if ui_port.isdecimal() else None, namespace=settings.temporal_namespace
    )


def prepare_database(settings: Settings) -> None:
    """Bring the database to this version's schema and its catalogue to what comes with the project; both may be repeated."""
    from database.migrate import migrate

    migrate(settings.database_url)
    seed_catalogue(settings)


def seed_catalogue(settings: Settings) -> None:
    """Put in the items, customers, prices, locations and opening stock of the samples. Raises InputRefused when they are not there."""
    from database.engine import Database
    from database.seed import seed

    document = SAMPLES / "catalogue.json"
    if not document.is_file():
        raise InputRefused(str(document), "the catalogue of the samples is not here; run this in a checkout of the project")
    database = Database(settings.database_url)
    try:
        database.run(seed, json.loads(document.read_text()))
    finally:
        asyncio.run(database.close())


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment in which a process of ours sees the same settings."""
    ours = {
        "OMS_HOME": str(settings.home),
        "OMS_DATABASE_URL": settings.database_url,
        "OMS_WORLD_URL": settings.world_url,
        "OMS_DAY_SECONDS": str(settings.day_seconds),
        "OMS_OWN_FLOOR": ",".join(sorted(settings.own_floor)),
        "OMS_UI_ADDRESS": settings.ui_address,
        "OMS_API_ADDRESS": settings.api_address,
        "OMS_SHOPS": str(settings.shops or ""),
        "OMS_RETURN_WINDOW": str(settings.return_window),
        "OMS_RMA_EXPIRES": str(settings.rma_expires),
        "OMS_EDI_PARTNERS": str(settings.edi_partners or ""),
        "OMS_EDI_FOLDER": str(settings.edi_folder or ""),
        "OMS_MAIL": settings.mail,
        "OMS_SMTP_HOST": settings.smtp_host,
        "OMS_SMTP_PORT": str(settings.smtp_port),
        "OMS_SMTP_SECURITY": settings.smtp_security,
        "OMS_MAIL_SINK": str(settings.mail_sink or ""),
        "OMS_LOG_LEVEL": settings.log_level,
        "TEMPORAL_ADDRESS": settings.temporal_address,
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
    }
    return {**os.environ, **ours}
