"""The HTTP door as a process: `python -m workers.api` (or `oms api`) takes documents in, with or without a Temporal server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import structlog
import uvicorn

from config import logs
from config.settings import ConfigError, Settings
from config.shops import shops_of
from config.temporal import connect
from database.engine import Database
from domain.errors import Unavailable
from starters.forms import forms
from starters.http.app import create_app
from starters.http.house import House
from starters.intake import Road
from workers.listening import Impatient
from workers.processes import run
from workers.sweeper import sweeper
from workers.wiring import stopped

log = structlog.get_logger()


def address_of(settings: Settings) -> tuple[str, int]:
    """Host and port at which the door listens. Raises ConfigError."""
    host, _, port = settings.api_address.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) < 65_536:
        raise ConfigError(f"OMS_API_ADDRESS should be host:port, such as 127.0.0.1:8080, not {settings.api_address!r:.60}.")
    return host, int(port)


class Server(uvicorn.Server):
    """uvicorn's server, which says when it listens, and leaves signals to us as in every process of Holdfast."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run_api(settings: Settings, stop: asyncio.Event, ready: Callable[[str], None] = lambda address: None) -> None:
    """Serve until `stop` is set, then let what is being answered come to its end. Documents are kept also while Temporal is away.

    Raises Unavailable when the address is taken, ConfigError for shops that cannot be read.
    """
    logs.configure(settings.log_level)
    host, port = address_of(settings)
    shops = shops_of(settings)
    try:
        listener = socket.create_server((host, port))
    except OSError as taken:
        raise Unavailable(f"Nobody can listen at {host}:{port}: {taken.strerror}; name another address in OMS_API_ADDRESS.") from taken
    database = Database(settings.database_url)
    client = await connect(settings, lazy=True)
    house = House(settings, database, client, Road(database, client, settings, forms(settings)), shops=shops)
    server = Server(
        uvicorn.Config(
            create_app(house),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=10,
            h11_max_incomplete_event_size=32_768,
            lifespan="off",
            http=Impatient,
            ws="none",
        )
    )
    try:
        async with sweeper(house.road, wake=house.wake):
            serving = asyncio.create_task(server.serve([listener]))
            ends = [asyncio.create_task(stop.wait()), serving]
            await asyncio.wait([asyncio.create_task(server.listening.wait()), *ends], return_when=asyncio.FIRST_COMPLETED)
            ready(f"http://{host}:{listener.getsockname()[1]}")
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            server.should_exit = True
            await serving
            ends[0].cancel()
    finally:
        listener.close()
        await database.close()


async def main() -> None:
    settings = Settings.load()
    await run_api(settings, stopped(), lambda address: log.info("api started", address=address))
    log.info("api stopped")


if __name__ == "__main__":
    run(main)
