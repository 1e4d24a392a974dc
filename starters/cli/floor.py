"""The floor from the terminal: waves are gathered and walked, and every pick is confirmed by a scan."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused, Unavailable
from starters.cli import frame
from starters.cli.frame import AsJson, At

if TYPE_CHECKING:
    from database.engine import Database
    from domain.floor import Backlog, Scan, WaveView
    from starters.scanning import Answer

app = typer.Typer()
wave_app = typer.Typer(no_args_is_help=True, help="Gather released pick tasks into pick lists in walking order.")
PANEL = "Work the floor"
TELLS_WITHIN = timedelta(seconds=3)
"""A picker does not stand and wait for a server: a worker tells what is left over."""
app.add_typer(wave_app, name="wave", rich_help_panel=PANEL)

LocationOption = Annotated[str, typer.Option("--location", "-L", help="Only this location.")]


@wave_app.command("create")
def create(
    location: Annotated[str, typer.Argument(help="The location whose floor walks it.")],
    priority: Annotated[int, typer.Option("--priority", min=1, max=9, help="At least this urgent: 1 goes first, 5 is normal.")] = 9,
    cut_off: Annotated[str | None, typer.Option("--cut-off", metavar="TIME", help="Only what has to be picked by then.")] = None,
    zone: Annotated[str, typer.Option("--zone", help="Only bins of this zone; without it, whole shipments.")] = "",
    most: Annotated[int, typer.Option("--most", min=1, max=1_000, help="At most so many tasks.")] = 40,
    json: AsJson = False,
) -> None:
    """Make a wave of the most urgent released picks of a location, and print its pick lists."""
    from database import waves
    from domain.floor import GatherWave

    wanted = GatherWave(
        location=location,
        priority=priority,
        cut_off=frame.moment(cut_off, "--cut-off") if cut_off else None,
        zone=zone,
        most=most,
        at=datetime.now(UTC),
        actor=frame.actor(),
    )

    async def gather() -> WaveView:
        async with frame.database() as database:
            return await database.transaction(waves.gather, wanted)

    _show(frame.run(gather()), json)


@wave_app.command("list")
def list_waves(
    location: LocationOption = "",
    everything: Annotated[bool, typer.Option("--all", help="Also waves that are done.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="At most so many, the newest.")] = 20,
    json: AsJson = False,
) -> None:
    """What waits for a wave, and the waves under way."""
    from database import waves

    async def read() -> tuple[list[Backlog], list[WaveView]]:
        async with frame.database() as database:
            waiting = await database.read(waves.backlog, location)
            return waiting, await database.read(waves.list_waves, location, limit, everything)

    waiting, found = frame.run(read())
    if json:
        frame.answer_json({"waiting": waiting, "waves": found})
        return
    from starters.cli.rendering_floor import backlog_table, waves_table

    if waiting:
        frame.console().print(backlog_table(waiting, datetime.now(UTC)))
    if found:
        frame.console().print(waves_table(found))
    if not waiting and not found:
        frame.say("Nothing is released to pick, and no wave is under way.")


@wave_app.command("show")
def show(wave: Annotated[str, typer.Argument(metavar="WAVE", help="Such as W-000001.")], json: AsJson = False) -> None:
    """The pick lists of a wave, one for each zone, in walking order."""
    from database import waves

    async def read() -> WaveView:
        async with frame.database() as database:
            return await database.read(waves.show, wave)

    _show(frame.run(read()), json)


@app.command(rich_help_panel=PANEL)
def scan(
    wave: Annotated[str | None, typer.Argument(metavar="WAVE", help="The wave that is walked.")] = None,
    item: Annotated[str | None, typer.Argument(help="The item that was taken.")] = None,
    bin_: Annotated[str | None, typer.Argument(metavar="BIN", help="Where it was taken from.")] = None,
    quantity: Annotated[int | None, typer.Argument(metavar="QUANTITY", min=0, max=10_000_000, help="Units.")] = None,
    lot: Annotated[str, typer.Option("--lot", help="The lot, where the item is kept by lot.")] = "",
    serial: Annotated[list[str] | None, typer.Option("--serial", help="A unit's serial number; once for each unit.")] = None,
    short: Annotated[bool, typer.Option("--short", help="There is nothing more of it in the bin.")] = False,
    order: Annotated[str, typer.Option("--order", help="Picked for this order alone. [default: for all that want it from the bin]")] = "",
    scan_id: Annotated[str | None, typer.Option("--id", help="The same id is the same scan. [default: from the clock]")] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Scans as JSON, one or a list; - reads standard input.")] = None,
    at: At = None,
    json: AsJson = False,
) -> None:
    """Confirm picks by scan; a wrong scan is refused with what was expected. When a shipment is complete its order is told."""
    from domain.floor import Scan

    now, actor = frame.moment(at), frame.actor()
    said: list[Scan | Answer]
    if file is not None:
        if wave is not None:
            raise InputRefused("--file", "a file of scans names wave, item, bin and quantity itself")
        said = _read(file, now, actor)
    elif wave is None or item is None or bin_ is None or quantity is None:
        raise InputRefused("oms scan", "a scan names WAVE ITEM BIN QUANTITY, or --file with scans as JSON")
    else:
        name = scan_id or f"{actor}/{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
        said = [
            Scan(
                scan=name,
                wave=wave,
                item=item,
                bin=bin_,
                quantity=quantity,
                lot=lot,
                serials=tuple(serial or ()),
                short=short,
                order=order,
                at=now,
                actor=actor,
            )
        ]
    answers, silence = frame.run(_take(said))
    _answer(answers, silence, json)
    raise typer.Exit(3 if any(answer.refused for answer in answers) else 0)


async def _take(said: list[Scan | Answer]) -> tuple[list[Answer], str]:
    """The answers, and why orders could not be told at once: the floor goes on when Temporal does not answer."""
    from starters.scanning import take

    async with frame.database() as database:
        answers = await take(database, said)
        confirmed = any(answer.taken and answer.taken.confirmed for answer in answers)
        return answers, await tell_orders(database) if confirmed else ""


async def tell_orders(database: Database) -> str:
    """Tell orders what stands in the outbox; the sentence of what kept it from them, if anything did."""
    from database import outbox
    from starters.outbox import tell_untold

    if not await database.read(outbox.untold, 1):
        return ""
    try:
        await tell_untold(await frame.client(), database, TELLS_WITHIN)
    except Unavailable as silent:
        return str(silent)
    return ""


def _answer(answers: list[Answer], silence: str, json: bool) -> None:
    if json:
        frame.answer_json(answers)
    for answer in answers:
        if answer.taken is not None and not json:
            taken = answer.taken
            again = " [dim](scanned before; nothing was changed)[/]" if taken.repeated else ""
            rest = f", {taken.left} more wanted from the bin" if taken.left else ""
            frame.say(f"[green]✓[/] {taken.taken} taken{rest}{again}")
            for done in taken.confirmed:
                short = "" if done.picked == done.asked else f" [yellow]({done.picked} of {done.asked}: short)[/]"
                frame.say(f"  [bold]{done.order}[/] shipment {done.shipment} is picked{short}")
            if not taken.repeated:
                frame.say(f"  next: {taken.next_stop}" if taken.next_stop else f"  {taken.wave} is done")
        if answer.refused:
            place = f"{answer.scan}: " if len(answers) > 1 else ""
            print(f"{place}{answer.refused}", file=sys.stderr)
    if silence:
        print(f"The scans are kept; the orders will be told by a worker later. {silence}", file=sys.stderr)


def _read(file: Path, at: datetime, actor: str) -> list[Scan | Answer]:
    from starters.channels.recognise import LARGEST
    from starters.scanning import read_scans

    name = "standard input" if file == Path("-") else str(file)
    try:
        if file == Path("-"):
            content = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with file.open("rb") as opened:
                content = opened.read(LARGEST + 1)
    except OSError as trouble:
        raise InputRefused(name, f"it cannot be read ({trouble.strerror})") from None
    if len(content) > LARGEST:
        raise InputRefused(name, f"at most {LARGEST:,} bytes are read")
    try:
        return read_scans(content, at, actor)
    except InputRefused as refused:
        raise InputRefused(f"{name}, {refused.place}", refused.reason) from None


def _show(wave: WaveView, json: bool) -> None:
    if json:
        frame.answer_json(wave)
        return
    from starters.cli.rendering_floor import wave_page

    frame.console().print(wave_page(wave, datetime.now(UTC)))
