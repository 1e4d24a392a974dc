"""EDI on the terminal: files in, documents out, and what became of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import Refused, Unavailable
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from database.edi import Outgoing, Stuck
    from database.inbox import EntryView
    from starters.edi.post import Came, Post, Sent

app = typer.Typer()

Files = Annotated[list[Path], typer.Argument(metavar="FILE|DIR...", help="X12 or EDIFACT files, or folders of them.", exists=True)]


@app.command("in")
def bring_in(
    files: Files,
    desk: Annotated[bool, typer.Option("--desk", help="What is unknown in them is asked at the order, not in the mapping queue.")] = False,
    json: AsJson = False,
) -> None:
    """Take partners' files in: kept in the inbox, acknowledged, and handed over set by set. The same interchange again is booked once."""
    wanted = [each for file in files for each in (sorted(one for one in file.iterdir() if one.is_file()) if file.is_dir() else [file])]

    async def bring() -> tuple[list[Came], list[EntryView], list[Sent]]:
        from database import inbox

        async with _post() as post:
            came = await post.bring(wanted, desk=desk)
            entries = [await post.database.read(inbox.entry_view, one.entry) for one in came if one.entry]
            sent: list[Sent] = []
            with contextlib.suppress(Unavailable):  # a worker serves the folder: it writes them
                sent = await post.put_out() if post.folder else []
            return came, entries, sent

    came, entries, sent = frame.run(bring())
    if json:
        frame.answer_json({"files": came, "entries": entries, "written": sent})
    else:
        _show_came(came, entries)
        _show_sent(sent)
    refused = any(one.refused for one in came) or any(part.status == "refused" for entry in entries for part in entry.parts)
    waits = any(entry.status == "open" for entry in entries)
    raise typer.Exit(3 if refused or any(entry.status == "refused" for entry in entries) else 4 if waits else 0)


@app.command("out")
def put_out(
    folder: Annotated[Path | None, typer.Option("--dir", metavar="DIR", help="Where to. [default: `out` of OMS_EDI_FOLDER]")] = None,
    json: AsJson = False,
) -> None:
    """Write what partners are owed and have not been sent: answers to orders, ship notices, invoices, acknowledgements. May be repeated."""

    async def write() -> tuple[list[Sent], list[Stuck]]:
        from database import edi
        from starters.edi.due import draw_what_is_due

        async with _post() as post:
            if folder is None and post.folder is None:
                raise Refused("Nobody has said where documents go: name a folder with --dir, or set OMS_EDI_FOLDER.")
            await draw_what_is_due(post.database, post.partners, datetime.now(UTC))
            return await post.put_out(folder), await post.database.read(edi.stuck)

    sent, stuck = frame.run(write())
    if json:
        frame.answer_json({"written": sent, "stuck": stuck})
        return
    _show_sent(sent)
    if not sent:
        frame.say("Nothing is owed to anybody.")
    _show_stuck(stuck)


@app.command("watch")
def watch(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with in/, out/, done/ and refused/; they are made.")],
    every: Annotated[float, typer.Option("--every", min=0.1, max=3_600, help="Seconds between two looks.")] = 2.0,
) -> None:
    """Serve a folder until Ctrl-C: take files out of in/, put what partners are owed into out/. Workers do so with OMS_EDI_FOLDER."""
    from starters.cli.running import stop_on_signals

    async def serve() -> None:
        stop = stop_on_signals()
        async with _post(folder) as post:
            frame.say(f"Files are taken out of {folder / 'in'}; documents for partners go to {folder / 'out'}. Ctrl-C ends it.")
            while not stop.is_set():
                for one in await post.round():
                    frame.say(f"{Path(one.file).name}: " + (f"[red]{one.refused}[/]" if one.refused else f"inbox {one.entry}"))
                try:
                    await asyncio.wait_for(stop.wait(), every)
                except TimeoutError:
                    continue

    frame.run(serve())


@app.command("sent")
def sent(
    partner: Annotated[str, typer.Option("--partner", help="Of one partner.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="Of one kind, such as 855 or INVOIC.")] = "",
    order: Annotated[str, typer.Option("--order", help="About one order.")] = "",
    status: Annotated[str, typer.Option("--status", help="drawn, sent, accepted or rejected.")] = "",
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="How many, newest first.")] = 50,
    json: AsJson = False,
) -> None:
    """List the documents that were written for partners, newest first, and what became of them."""
    from database import edi

    found = frame.run(_read(edi.outgoing, partner, kind, order, status, most))
    if json:
        frame.answer_json(found)
    else:
        _show_outgoing(found, "No document was written for anybody yet.")


@app.command("show")
def show(
    number: Annotated[int, typer.Argument(min=1, help="The document's number, as `oms edi sent` lists it.")],
    raw: Annotated[bool, typer.Option("--raw", help="Byte for byte, as it was sent.")] = False,
) -> None:
    """Show a document that was written for a partner, one segment in a line."""
    import sys

    from database import edi

    content = frame.run(_read(edi.body, number))
    if raw:
        sys.stdout.buffer.write(content)
        return
    from starters.edi.normalise import by_segment

    for segment in by_segment(content):
        frame.console().print(segment, markup=False, soft_wrap=True)


@app.command("unacknowledged")
def unacknowledged(
    hours: Annotated[float, typer.Option("--hours", min=0, help="Sent so long ago and not acknowledged.")] = 24.0,
    json: AsJson = False,
) -> None:
    """List what partners rejected, what they have not acknowledged in time, and what cannot be written; exit 1 where there is something."""
    from database import edi

    late = frame.run(_read(edi.unacknowledged, datetime.now(UTC) - timedelta(hours=hours)))
    stuck = frame.run(_read(edi.stuck))
    if json:
        frame.answer_json({"late": late, "stuck": stuck})
    else:
        _show_outgoing(late, f"Everything that was sent more than {hours:g} hours ago was acknowledged.")
        _show_stuck(stuck)
    raise typer.Exit(1 if late or stuck else 0)


@app.command("partners")
def partners(json: AsJson = False) -> None:
    """List the trading partners, who they are in an envelope, and which documents they want back."""
    from starters.edi.partners import partners_of

    found = partners_of(frame.settings())
    if json:
        frame.answer_json(found)
        return
    from rich.table import Table

    table = Table("Partner", "Ids", "We are", "Channel", "Version", "Wants", "Says of itself", box=None, header_style="bold")
    for one in (*found.partners, *(default for default in (found.x12, found.edifact) if default)):
        about = [
            word
            for word, true in (
                ("changes by rule", one.changes_by_rule),
                ("cancellations by rule", one.cancellations_by_rule),
                ("tests count", one.takes_tests),
            )
            if true
        ]
        about += [f"{what} ours" for what, whose in (("prices", one.prices), ("taxes", one.taxes)) if whose == "ours"]
        about += [f"runs {one.location}"] if one.location else []
        ids = ", ".join(map(str, one.ids)) or "anybody"
        table.add_row(one.name, ids, str(one.ours), one.channel, one.version, " ".join(sorted(one.wants)), ", ".join(about))
    frame.console().print(table)


# --- parts ---------------------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _post(folder: Path | None = None) -> AsyncIterator[Post]:
    """The post of this installation. Without a server files are kept and acknowledged, and handed over when it is back."""
    from config.temporal import connect
    from starters.edi.partners import partners_of
    from starters.edi.post import Post
    from starters.forms import forms
    from starters.intake import Road

    settings = frame.settings()
    maps = partners_of(settings)
    async with frame.database() as database:
        client = await connect(settings, lazy=True)
        yield Post(Road(database, client, settings, forms(settings)), maps, folder or settings.edi_folder)


async def _read(function: Any, *args: Any) -> Any:
    async with frame.database() as database:
        return await database.read(function, *args)


def _show_came(came: list[Came], entries: list[EntryView]) -> None:
    from rich.markup import escape
    from rich.table import Table

    by_number = {entry.entry: entry for entry in entries}
    for one in came:
        if one.refused:
            frame.say(f"[bold]{escape(one.file)}[/]: [red]{escape(one.refused)}[/]")
            continue
        entry = by_number[one.entry]
        why = "kept, and handed over when the Temporal server takes it" if entry.status == "open" else entry.status
        said = f": {escape(entry.reason)}" if entry.reason and entry.status != "open" else ""
        frame.say(f"[bold]{escape(one.file)}[/]: inbox {one.entry}, {why}{said}")
        table = Table(box=None, pad_edge=True, header_style="bold")
        for heading in ("where", "what", "order", "status", "why"):
            table.add_column(heading, overflow="fold")
        for part in entry.parts:
            table.add_row(escape(part.place), part.kind, escape(part.order or part.tracking), part.status, escape(part.reason))
        if entry.parts:
            frame.console().print(table)


def _show_sent(sent: list[Sent]) -> None:
    from rich.markup import escape

    for one in sent:
        frame.say(f"[green]✓[/] {one.kind} {escape(one.key)} for {escape(one.partner)}: {escape(one.file)}")


def _show_outgoing(found: list[Outgoing], nothing: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table("No.", "Kind", "Partner", "About", "Control", "Written", "Status", "Why", box=None, header_style="bold")
    colours = {"accepted": "green", "rejected": "red", "drawn": "yellow"}
    for one in found:
        table.add_row(
            str(one.number), one.kind, escape(one.partner), escape(one.key), str(one.control), f"{one.drawn_at:%Y-%m-%d %H:%M:%S}",
            f"[{colours.get(one.status, 'none')}]{one.status}[/]", escape(one.errors),
        )  # fmt: skip
    frame.console().print(table if found else nothing)


def _show_stuck(stuck: list[Stuck]) -> None:
    from rich.markup import escape

    for one in stuck:
        frame.say(f"[red]✗[/] {one.kind} {escape(one.key)} for {escape(one.partner)} cannot be written: {escape(one.reason)}")
