"""The inbox: what came in and where it is, and what senders' words mean here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import Refused
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from database.inbox import EntryView, NeedView

app = typer.Typer()
PANEL = "Bring in"

inbox = typer.Typer(help="What came in, where it is, and what waits for a mapping or for its order.", invoke_without_command=True)
app.add_typer(inbox, name="inbox", rich_help_panel=PANEL)


@inbox.callback()
def listed(
    context: typer.Context,
    status: Annotated[str, typer.Option("--status", help="open, waiting, done or refused.")] = "",
    channel: Annotated[str, typer.Option("--channel", help="Of one channel only, such as shopify.")] = "",
    most: Annotated[int, typer.Option("--most", min=1, max=1_000, help="How many, newest first.")] = 50,
    json: AsJson = False,
) -> None:
    """List the newest documents, and what is to be mapped."""
    if context.invoked_subcommand is not None:
        return
    from database import inbox as rows
    from database.tables.inbox import STATUSES

    if status and status not in STATUSES:
        raise Refused(f"{status!r} is no status of a document; they are {', '.join(STATUSES)}.")

    async def read() -> tuple[list[EntryView], list[NeedView]]:
        async with frame.database() as database:
            return await database.read(rows.entries, status, channel, most), await database.read(rows.needs)

    entries, needs = frame.run(read())
    if json:
        frame.answer_json({"entries": entries, "needs": needs})
        return
    _show_entries(entries)
    if needs:
        _show_needs(needs)


@inbox.command("show")
def show(
    entry: Annotated[int, typer.Argument(min=1, help="The document's number.")],
    body: Annotated[bool, typer.Option("--body", help="Write the document itself to standard output, byte for byte.")] = False,
    json: AsJson = False,
) -> None:
    """One document: its parts, what became of each, and what each waits for."""
    import sys

    from database import inbox as rows

    async def read() -> tuple[EntryView, bytes]:
        async with frame.database() as database:
            return await database.read(rows.entry_view, entry), await database.read(rows.body, entry)

    found, content = frame.run(read())
    if body:
        sys.stdout.buffer.write(content)
    elif json:
        frame.answer_json(found)
    else:
        _show_entries([found])
        _show_parts(found)


@app.command("map", rich_help_panel=PANEL)
def learn(
    kind: Annotated[str, typer.Argument(help="item, customer, unit or partner.")],
    text: Annotated[str, typer.Argument(help="What the sender writes.")],
    ours: Annotated[str, typer.Argument(help="What it means here: our item or customer; of a unit, how many pieces it is.")],
    channel: Annotated[str, typer.Option("--channel", help="Of this channel only. [default: of every channel]")] = "",
    json: AsJson = False,
) -> None:
    """Say what a sender's word means, from now on and for what waits for it."""
    from database import inbox as rows
    from domain.intake import NeedKind

    if kind not in list(NeedKind):
        raise Refused(f"{kind!r} cannot be mapped; what can be is {', '.join(NeedKind)}.")

    async def write() -> int:
        async with frame.database() as database:
            return await database.transaction(rows.learn, channel, NeedKind(kind), text, ours, frame.actor(), datetime.now(UTC))

    waited = frame.run(write())
    if json:
        frame.answer_json({"channel": channel, "kind": kind, "text": text, "ours": ours, "waited": waited})
        return
    goes_on = (
        f" {waited} waited for it and go on by themselves." if waited > 1 else " One waited for it and goes on by itself." if waited else ""
    )
    frame.say(f"The {kind} [bold]{text}[/] of {channel or 'every channel'} is [bold]{ours}[/] from now on.{goes_on}")


_COLOURS = {
    "open": "yellow",
    "waiting": "yellow",
    "mapping": "yellow",
    "parked": "yellow",
    "done": "green",
    "refused": "red",
    "ignored": "dim",
}


def _show_entries(entries: list[EntryView]) -> None:
    from rich.table import Table

    table = Table("No.", "Came", "Channel", "Delivery", "What", "Parts", "Status", "Why", box=None, header_style="bold")
    for entry in entries:
        why = entry.reason or "; ".join(dict.fromkeys(part.reason for part in entry.parts if part.reason and part.status != "done"))
        what = f"{entry.form} {entry.topic}".strip()
        colour = _COLOURS[entry.status]
        table.add_row(
            str(entry.entry), f"{entry.received_at:%Y-%m-%d %H:%M:%S}", entry.channel, entry.delivery[:40], what,
            str(len(entry.parts)), f"[{colour}]{entry.status}[/]", why,
        )  # fmt: skip
    frame.console().print(table if entries else "Nothing has come in.")


def _show_parts(entry: EntryView) -> None:
    from rich.table import Table

    table = Table("Part", "Where", "What", "Order", "Status", "Why", box=None, header_style="bold")
    for part in entry.parts:
        table.add_row(
            str(part.part), part.place, part.kind, part.order or part.tracking, f"[{_COLOURS[part.status]}]{part.status}[/]", part.reason
        )
    frame.console().print(table)


def _show_needs(needs: list[NeedView]) -> None:
    from rich.table import Table

    table = Table(
        "Channel", "Kind", "Text", "Waiting", "First in", box=None, header_style="bold", title="To be mapped", title_justify="left"
    )
    for need in needs:
        table.add_row(need.channel, need.kind, need.text, str(need.parts), str(need.first_entry))
    frame.console().print(table)
    frame.say('[dim]oms map KIND "TEXT" OURS --channel CHANNEL says what a word means; what waited for it goes on by itself.[/]')
