"""Orders and goods that come in."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import InputRefused, Refused, Unavailable
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from database.engine import Database
    from database.inbox import EntryView
    from domain.intake import Words
    from domain.steps import StockReceived
    from starters.desk import Brought

app = typer.Typer()
PANEL = "Bring in"


@app.command(rich_help_panel=PANEL)
def place(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Documents of any channel, CSV or XLSX files, typed orders; - reads standard input."),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(
            "--channel", help="The form: shopify, woocommerce, amazon, x12, edifact, manual, csv, xlsx or yaml. [default: seen in the file]"
        ),
    ] = None,
    columns: Annotated[
        str, typer.Option("--columns", metavar="MAP", help="The column map of a CSV or XLSX file. [default: the usual headings]")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be placed, and every finding by its row.")] = False,
    template: Annotated[bool, typer.Option("--template", help="Print an order to fill in, as YAML.")] = False,
    json: AsJson = False,
) -> None:
    """Place the orders of these files; the same order twice is one order. What is refused does not keep the others out."""
    if template:
        from starters.files.typed import TEMPLATE

        sys.stdout.write(TEMPLATE)
        return
    if not files:
        raise typer.BadParameter("Name a file, or - for standard input.", param_hint="FILE...")
    if dry_run:
        from starters.cli.trial_rendering import show_trials

        raise typer.Exit(3 if show_trials(frame.run(_try_all(files, channel or "", columns)), json) else 0)
    outcomes: list[dict[str, str]] = []
    try:
        frame.run(_place_all(files, channel or "", columns, outcomes))
    finally:
        _show(outcomes, json)
    raise typer.Exit(3 if any("refused" in outcome for outcome in outcomes) else 0)


def _show(outcomes: list[dict[str, str]], as_json: bool) -> None:
    """What became of every order, and on standard error why some did not get in."""
    from rich.markup import escape

    if as_json:
        frame.answer_json(outcomes)
    else:
        for outcome in outcomes:
            if "waits" in outcome:
                frame.say(f"Order [bold]{outcome['order']}[/] waits: {escape(outcome['waits'])}. `oms map` says what a word means.")
            elif "order" in outcome:
                known = "" if outcome["how"] == "started" else " was placed before; nothing was changed"
                frame.say(f"Order [bold]{outcome['order']}[/]{known or ' is placed'}.")
            elif "kept" in outcome:
                frame.say(f"{escape(outcome['file'])} is kept (inbox {outcome['kept']}); it is handed over as soon as the server answers.")
    for outcome in outcomes:
        if "refused" in outcome:
            print(outcome["refused"], file=sys.stderr)


@app.command(rich_help_panel=PANEL)
def receive(
    item: Annotated[str, typer.Argument(help="The item.")],
    location: Annotated[str, typer.Argument(help="Where it was put.")],
    quantity: Annotated[int, typer.Argument(min=1, max=10_000_000, help="Units.")],
    receipt: Annotated[
        str | None, typer.Option("--receipt", help="The document's number: the same twice is one receipt. [default: from the clock]")
    ] = None,
    into: Annotated[str, typer.Option("--bin", help="The bin. [default: where the item lies]")] = "",
    lot: Annotated[str, typer.Option("--lot", help="The lot, where the item is kept by lot.")] = "",
    expires: Annotated[str | None, typer.Option("--expires", metavar="DATE", help="The lot's last day of use.")] = None,
    json: AsJson = False,
) -> None:
    """Book goods that came in; they go along the backorder queue, and the orders that win wake."""
    from domain.steps import ReceiveStock
    from starters.receiving import receive as book

    now = datetime.now(UTC)
    goods = ReceiveStock(
        receipt=receipt or f"R-{now:%Y%m%d-%H%M%S-%f}",
        item=item,
        location=location,
        quantity=quantity,
        bin=into,
        lot=lot,
        expires_on=frame.moment(expires, "--expires").date() if expires else None,
        at=now,
        actor=frame.actor(),
    )

    async def carry() -> StockReceived:
        return await book(await frame.client(), goods)

    received = frame.run(carry())
    if json:
        frame.answer_json({"receipt": goods.receipt, **received.model_dump(mode="json")})
        return
    booked = "was booked before; nothing was changed" if received.repeated else f"is booked: {quantity} x {item} at {location}"
    frame.say(f"Receipt [bold]{goods.receipt}[/] {booked}.")
    if received.waiting:
        frame.say(f"Set aside for those who waited, first come first: {', '.join(received.waiting)}.")


async def _place_all(files: list[Path], form: str, columns: str, outcomes: list[dict[str, str]]) -> None:
    """Add what became of every order and every file to `outcomes`. What can be read is kept before a server is asked to take it."""
    from database.inbox import entry_view
    from starters.forms import forms
    from starters.intake import Road, keep

    settings = frame.settings()
    async with frame.database() as database:
        readable = await _read_all(database, files, form, columns, outcomes)
        if not readable:
            return
        entries = []
        for file, brought in readable:
            try:
                entries.append((file, await keep(database, brought.delivery)))
            except Refused as refused:
                outcomes.append({"file": str(file), "refused": f"{file}: {refused}"})
        handed: set[int] = set()
        try:
            road = Road(database, await frame.client(), settings, forms(settings))
            for file, kept in entries:
                await road.hand_over(kept.entry)
                handed.add(kept.entry)
                outcomes.extend(_outcomes(file, await database.read(entry_view, kept.entry), kept.how == "same"))
        except Unavailable:
            outcomes.extend({"file": str(file), "kept": str(kept.entry)} for file, kept in entries if kept.entry not in handed)
            raise


async def _try_all(files: list[Path], form: str, columns: str) -> list[Any]:
    """Every file with what would become of its parts, or with the reason why it cannot be read; nothing is written."""
    from domain.policies import Policies
    from starters.desk import tried

    found: list[Any] = []
    async with frame.database() as database:
        words, now = await _words(database, columns), datetime.now(UTC)
        for file in files:
            try:
                brought = brought_from(file, words, form, columns)
            except InputRefused as refused:
                found.append((str(file), str(refused), []))
            else:
                found.append((str(file), brought, await database.read(tried, brought, Policies(), now)))
    return found


async def _read_all(
    database: Database, files: list[Path], form: str, columns: str, outcomes: list[dict[str, str]]
) -> list[tuple[Path, Brought]]:
    """The files that can be read; of the others the refusal is recorded, and nothing is kept."""
    from database import intake

    words, readable = await _words(database, columns), []
    for file in files:
        try:
            readable.append((file, brought_from(file, words, form, columns)))
        except InputRefused as refused:
            await database.transaction(intake.refuse, f"file {file.name}", refused.place, refused.reason, datetime.now(UTC))
            sentence = str(refused) if str(file) in str(refused) else f"{file}: {refused}"
            outcomes.append({"file": str(file), "refused": sentence})
    return readable


async def _words(database: Database, columns: str) -> Words:
    from starters.desk import words_of

    return await words_of(database, columns)


def _outcomes(file: Path, entry: EntryView, same: bool) -> list[dict[str, str]]:
    """What became of each part of a file."""
    found = []
    for part in entry.parts:
        about = {"file": str(file)}
        if part.status == "refused":
            place = f"{file}, {part.place}" if part.place else str(file)
            found.append(about | {"refused": part.reason if part.reason.startswith("Order ") else f"{place}: {part.reason}"})
        elif part.status in ("mapping", "parked"):
            found.append(about | {"order": part.order, "waits": part.reason})
        elif part.status == "done" and part.kind == "order":
            found.append(about | {"order": part.order, "how": "same" if same or part.reason else "started"})
    if entry.status == "refused" and not entry.parts:
        found.append({"file": str(file), "refused": f"{file}, {entry.reason}"})
    return found


def brought_from(file: Path, words: Words, form: str, columns: str) -> Brought:
    """One file, read; InputRefused for what cannot be read, whether by the machine or by us."""
    from starters.desk import bring
    from starters.files.translate import LARGEST

    now = datetime.now(UTC)
    if file == Path("-"):
        return bring(sys.stdin.buffer.read(LARGEST + 1), "standard input", now, words, form, columns)
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)  # a file of many gigabytes never comes into memory
            size = file.stat().st_size
    except OSError as trouble:
        raise InputRefused(str(file), f"it cannot be read ({trouble.strerror})") from None
    if size > LARGEST:
        raise InputRefused(str(file), f"it has {size:,} bytes, and at most {LARGEST:,} are read")
    return bring(content, str(file), now, words, form, columns)
