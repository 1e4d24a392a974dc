"""Bank statements from the terminal: what was paid, what a person has to look at, and what customers have with us."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused, Unavailable
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from database.engine import Database
    from domain.bank import Statement
    from domain.bank_views import EntryView, StatementView
    from domain.money import Money

app = typer.Typer()
cash_app = typer.Typer(no_args_is_help=True, help="Payments that the rules could not apply for certain, and what people made of them.")
PANEL = "Money"
app.add_typer(cash_app, name="cash", rich_help_panel=PANEL)

TELLS_WITHIN = timedelta(seconds=5)
"""Nobody waits for a server: what is booked is told by a worker as soon as one runs."""

EntryNumber = Annotated[str, typer.Argument(metavar="ENTRY", help="The entry, such as B-000017 or 17.")]


@app.command(rich_help_panel=PANEL)
def bank(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="camt.053 or MT940 statements; - reads standard input.")],
    json: AsJson = False,
) -> None:
    """Apply bank statements: each payment to what it is for, the rest to a queue. Reading a statement again books nothing again.

    Exit code 3 when a file cannot be read; the others are applied all the same.
    """
    refused: list[tuple[str, str]] = []
    views, waiting = frame.run(_apply(files, refused))
    if json:
        frame.answer_json({"statements": views, "refused": [{"file": file, "reason": reason} for file, reason in refused]})
    else:
        from starters.cli.bank_tables import statement_page

        for view in views:
            frame.console().print(statement_page(view))
        if waiting:
            frame.say(f"[yellow]{waiting}[/]")
    for _, reason in refused:
        print(reason, file=sys.stderr)
    if refused:
        raise typer.Exit(3)


@cash_app.command("list")
def list_queue(
    status: Annotated[str, typer.Option("--status", help="queued | matched | on_account | ignored | reversed | all")] = "queued",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many, the oldest first.")] = 100,
    json: AsJson = False,
) -> None:
    """The queue of payments that a person has to look at, with their candidates and why they are there."""
    from database import bank_entries

    known = ("queued", "matched", "on_account", "ignored", "reversed", "all")
    if status not in known:
        raise InputRefused("--status", f"{status!r} is not one of {', '.join(known)}")

    async def read() -> list[EntryView]:
        async with frame.database() as database:
            return await database.read(bank_entries.list_entries, None if status == "all" else status, limit)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
    elif not found:
        frame.say("The queue is empty: every payment is applied." if status == "queued" else "There are no such entries.")
    else:
        from starters.cli.bank_tables import queue_page

        frame.console().print(queue_page(found))


@cash_app.command("show")
def show(entry: EntryNumber, json: AsJson = False) -> None:
    """One entry: what the bank said, what it was matched to, by which rule and by whom."""
    from database import bank_entries

    number = _number(entry)

    async def read() -> EntryView:
        async with frame.database() as database:
            return await database.read(bank_entries.entry_view, number)

    _show(frame.run(read()), json)


@cash_app.command("match")
def match(
    entry: EntryNumber,
    shares: Annotated[
        list[str], typer.Argument(metavar="INVOICE=AMOUNT...", help="Such as INV-000042=119.00, or ORDER=AMOUNT in advance.")
    ],
    reason: Annotated[
        str | None,
        typer.Option("--reason", help="Why less came: rounding | bank_charges | early_discount | deduction_claimed | part_payment"),
    ] = None,
    rest: Annotated[bool, typer.Option("--rest-on-account", help="Keep what is left on the customer's account.")] = False,
    json: AsJson = False,
) -> None:
    """Apply a payment of the queue to these invoices. With a reason, what stays open is given up where its limit allows it."""
    from database import bank_entries, bank_queue
    from domain.short_payments import ReasonCode

    number, codes = _number(entry), [code.value for code in ReasonCode]
    if reason is not None and reason not in codes:
        raise InputRefused("--reason", f"{reason!r} is not one of {', '.join(codes)}")

    async def carry() -> EntryView:
        async with frame.database() as database:
            currency = (await database.read(bank_entries.entry_view, number)).amount.currency
            amounts = _shares(shares, currency)
            now, code = datetime.now(UTC), ReasonCode(reason) if reason else None
            done = await database.transaction(bank_queue.match, number, amounts, frame.actor(), now, reason=code, rest_on_account=rest)
            await tell(database)
            return done

    _show(frame.run(carry()), json)


@cash_app.command("account")
def account_entry(
    entry: EntryNumber, customer: Annotated[str, typer.Argument(help="Whose account it is kept on.")], json: AsJson = False
) -> None:
    """Keep a payment of the queue on a customer's account."""
    from database import bank_queue

    async def carry() -> EntryView:
        async with frame.database() as database:
            return await database.transaction(bank_queue.put_on_account, _number(entry), customer, frame.actor(), datetime.now(UTC))

    _show(frame.run(carry()), json)


@cash_app.command("ignore")
def ignore(
    entry: EntryNumber, reason: Annotated[str, typer.Option("--reason", help="Why it is none of ours.")], json: AsJson = False
) -> None:
    """Take an entry out of the queue that is none of our receivables' business."""
    from database import bank_queue

    async def carry() -> EntryView:
        async with frame.database() as database:
            return await database.transaction(bank_queue.ignore, _number(entry), reason, frame.actor(), datetime.now(UTC))

    _show(frame.run(carry()), json)


@cash_app.command("undo")
def undo(entry: EntryNumber, reason: Annotated[str, typer.Option("--reason", help="What was wrong.")], json: AsJson = False) -> None:
    """Take a wrong match back: the orders are told, and the payment is in the queue again."""
    from database import bank_queue

    async def carry() -> EntryView:
        async with frame.database() as database:
            done = await database.transaction(bank_queue.undo, _number(entry), reason, frame.actor(), datetime.now(UTC))
            await tell(database)
            return done

    _show(frame.run(carry()), json)


async def _apply(files: list[Path], refused: list[tuple[str, str]]) -> tuple[list[StatementView], str]:
    """The statements of every file that can be read, applied; and what is to be said of orders that could not be told yet."""
    from starters import banking

    readable: list[tuple[Path, list[Statement]]] = []
    for file in files:
        try:
            readable.append((file, await banking.read(_content(file), file.name)))
        except InputRefused as wrong:
            await frame.record_refusal(f"file {file.name}", wrong.place, wrong.reason)
            refused.append((str(file), str(wrong)))
    views: list[StatementView] = []
    if not readable:
        return views, ""
    async with frame.database() as database:
        for file, statements in readable:
            views += await banking.take(database, statements, file.name, frame.actor())
        return views, await tell(database)


async def tell(database: Database) -> str:
    """Tell the orders at once; without a server the messenger of a worker does it, and this says so."""
    from starters import banking

    try:
        if await _nobody_to_tell(database):
            return ""
        await banking.tell_orders(await frame.client(), database, TELLS_WITHIN)
    except Unavailable:
        return "Everything is booked; the orders are told as soon as a worker runs (`oms worker`)."
    return ""


async def _nobody_to_tell(database: Database) -> bool:
    from database import outbox

    return not await database.read(outbox.untold, 1)


def _content(file: Path) -> bytes:
    from integrations.bank import MOST_BYTES

    if file == Path("-"):
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        if (size := file.stat().st_size) > MOST_BYTES:  # a file of many gigabytes never comes into memory
            raise InputRefused(str(file), f"it has {size:,} bytes, and at most {MOST_BYTES:,} are read")
        return file.read_bytes()
    except OSError as trouble:
        raise InputRefused(str(file), f"it cannot be read ({trouble.strerror})") from None


def _number(entry: str) -> int:
    digits = entry.strip().upper().removeprefix("B-").removeprefix("B")
    if not digits.isdecimal() or len(digits) > 12:
        raise InputRefused("ENTRY", f"{entry!r:.40} is not the number of an entry, such as B-000017")
    return int(digits)


def _shares(pairs: list[str], currency: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for pair in pairs:
        named, equals, written = pair.rpartition("=")
        if not (equals and named and written):
            raise InputRefused("INVOICE=AMOUNT", f"{pair!r:.60} does not read INVOICE=AMOUNT, such as INV-000042=119.00")
        if named in found:
            raise InputRefused("INVOICE=AMOUNT", f"{named} is named twice")
        found[named] = amount_of(written, currency, named).minor
    return found


def amount_of(written: str, currency: str, place: str) -> Money:
    """Major units from the command line; InputRefused for more digits than the currency has."""
    from domain.money import Money, exponent, parse_amount

    value = parse_amount(written, place)
    if value != round(value, exponent(currency)):
        raise InputRefused(place, f"{written} has more digits after the point than {currency} has")
    return Money.of(value, currency)


def _show(view: EntryView, as_json: bool) -> None:
    if as_json:
        frame.answer_json(view)
        return
    from starters.cli.bank_tables import entry_page

    frame.console().print(entry_page(view))
