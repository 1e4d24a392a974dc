"""What runs: server, workers and database, all in one or each by itself."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from domain.errors import Refused
from starters.cli import frame

app = typer.Typer()
PANEL = "Run"


@app.command(rich_help_panel=PANEL)
def up(
    world: Annotated[bool, typer.Option("--world/--no-world", help="Also the simulated warehouse, carriers, customers and bank.")] = True,
    workers: Annotated[int, typer.Option("--workers", min=1, max=16, help="Worker processes.")] = 1,
) -> None:
    """Start everything on this machine (Temporal server, database, worker, HTTP door, simulated world) until Ctrl-C."""
    frame.run(_up(world, workers))


@app.command(rich_help_panel=PANEL)
def server() -> None:
    """Start the Temporal server with its Web UI alone, until Ctrl-C; its state is kept in OMS_HOME."""
    frame.run(_server())


@app.command(rich_help_panel=PANEL)
def worker(
    carriers: Annotated[bool, typer.Option("--carriers", help="The process that talks to real carriers (OMS_CARRIERS=karrio).")] = False,
) -> None:
    """Start one worker process, until Ctrl-C; start more of them for more orders."""
    frame.run(_carriers() if carriers else _worker())


@app.command(rich_help_panel=PANEL)
def api() -> None:
    """Start the HTTP door (webhooks, our own API) at OMS_API_ADDRESS, until Ctrl-C; it takes documents also while Temporal is away."""
    frame.run(_api())


@app.command(rich_help_panel=PANEL)
def migrate() -> None:
    """Bring the database of OMS_DATABASE_URL to this version's schema, from nothing or from any version before."""
    from database.migrate import migrate as run_migrations

    settings = frame.settings()
    run_migrations(settings.database_url)
    frame.say("The database has this version's schema.")


@app.command(rich_help_panel=PANEL)
def seed() -> None:
    """Fill the catalogue: items, customers, price lists, locations and stock that come with the samples. May be repeated."""
    from workers.embedded import seed_catalogue

    seed_catalogue(frame.settings())
    frame.say("The catalogue of the samples is in the database. See it with `oms stock`.")


def stop_on_signals() -> asyncio.Event:
    """An event that Ctrl-C and a polite request to end set, so that everything that was started is ended in order."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(wanted, stop.set)
    return stop


async def until(stop: asyncio.Event, *watched: asyncio.Task[None]) -> None:
    """Wait for the event; a watched task that fails first raises its error."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([stopping, *watched], return_when=asyncio.FIRST_COMPLETED)
        for task in watched:
            if task.done():
                task.result()
    finally:
        stopping.cancel()
        for task in watched:
            task.cancel()


async def _up(world: bool, workers: int) -> None:
    from starters.replenishing import ensure_schedule
    from workers.embedded import Everything

    stop, settings = stop_on_signals(), frame.settings()
    async with Everything(
        settings, world=world, workers=workers, api=True, report=lambda sentence: frame.say(f"[green]✓[/] {sentence}")
    ) as everything:
        await ensure_schedule(await frame.client())
        frame.say(f"[green]✓[/] HTTP at http://{settings.api_address}, its description at /docs; `oms key create` makes a key for it")
        frame.say("[green]✓[/] Replenishment runs by its schedule, nightly unless `oms replenish --schedule` says otherwise")
        frame.say(
            "\nPlace orders with `oms place samples/shopify/*.json samples/x12/*`, watch them with `oms list`. Ctrl-C ends everything."
        )
        await until(stop, asyncio.create_task(everything.until_one_ends()))
        frame.say("Ending …")


async def _server() -> None:
    from workers.embedded import local_server

    stop, server = stop_on_signals(), local_server(frame.settings())
    async with server:
        frame.say(f"Temporal server at {server.address}, Web UI at {server.ui_address}. Ctrl-C ends it; its state is in {server.database}.")
        await stop.wait()


async def _worker() -> None:
    from workers.wiring import run_workers

    stop, settings, client = stop_on_signals(), frame.settings(), await frame.client()
    frame.say(f"Worker at {settings.temporal_address}, namespace {settings.temporal_namespace}. Ctrl-C ends it.")
    if settings.carriers == "karrio":
        frame.say("Real carriers are served by `oms worker --carriers`, a process of their own.")
    await run_workers(settings, client, stop)


async def _api() -> None:
    from workers.api import run_api

    stop, settings = stop_on_signals(), frame.settings()
    await run_api(settings, stop, lambda address: frame.say(f"HTTP at {address}, its description at {address}/docs. Ctrl-C ends it."))


async def _carriers() -> None:
    from workers.carriers import run_carriers

    settings = frame.settings()
    if settings.carriers != "karrio":
        raise Refused("`oms worker --carriers` needs OMS_CARRIERS=karrio: the simulated carriers are served by every worker.")
    stop, client = stop_on_signals(), await frame.client()
    frame.say(f"Carriers at {settings.temporal_address}, namespace {settings.temporal_namespace}. Ctrl-C ends it.")
    await run_carriers(settings, client, stop)
