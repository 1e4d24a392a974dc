"""Quotes on the terminal: made from the forms of orders, shown, extended, declined, and accepted as orders."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import InputRefused, Refused, Unavailable
from starters.cli import frame
from starters.cli.frame import AsJson
from starters.cli.lists import OutFile

if TYPE_CHECKING:
    from domain.quotes import AcceptedQuote, QuotePage, QuoteView

app = typer.Typer()
PANEL = "Bring in"

quote = typer.Typer(help="Quotes: what an order would cost, for so long; accepted, they are orders.", no_args_is_help=True)
app.add_typer(quote, name="quote", rich_help_panel=PANEL)

Number = Annotated[str, typer.Argument(metavar="QUOTE", help="The quote's number, such as Q-000001.")]
MAILINGS = {"": "", "wanted": ", to be e-mailed", "sent": ", e-mailed"}
DAYS = 30
"""For how long a quote is valid, where nobody says."""


@quote.command("make")
def make(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What is to be quoted: typed, CSV or XLSX, or any order document.")],
    until: Annotated[
        str, typer.Option("--until", metavar="DATE", help=f"The last day on which it may be accepted. [default: {DAYS} days]")
    ] = "",
    reserve: Annotated[bool, typer.Option("--reserve", help="Set the goods aside until then.")] = False,
    email: Annotated[bool, typer.Option("--email", help="Send it to the customer, with its PDF.")] = False,
    because: Annotated[str, typer.Option("--because", help="Why prices are quoted that are not ours; for those who may set prices.")] = "",
    columns: Annotated[str, typer.Option("--columns", metavar="MAP", help="The column map of a CSV or XLSX file.")] = "",
    json: AsJson = False,
) -> None:
    """Quote every order of a file. The same again is the same quote; what changed is a new revision, and the old one is kept."""
    outcomes: list[dict[str, Any]] = frame.run(_make(file, _last_day(until), reserve, email, because, columns))
    if json:
        frame.answer_json(outcomes)
    for outcome in outcomes:
        if "refused" in outcome:
            print(outcome["refused"], file=sys.stderr)
        elif not json:
            made: QuoteView = outcome["quote"]
            how = {
                "made": f"is made for {made.customer}",
                "revised": f"has revision {made.revision} for {made.customer}",
                "same": "was made before; nothing was changed",
            }[outcome["how"]]
            kept = f", {made.set_aside} units set aside" if made.set_aside else ""
            kept += MAILINGS.get(made.mailing, "")
            frame.say(f"Quote [bold]{made.quote}[/] {how}: {made.total}, valid until {made.valid_until:%Y-%m-%d %H:%M} UTC{kept}.")
    raise typer.Exit(3 if any("refused" in outcome for outcome in outcomes) else 0)


@quote.command("list")
def list_quotes(
    status: Annotated[str, typer.Option("--status", help="open, lapsed, accepted or declined. [default: all]")] = "",
    customer: Annotated[str, typer.Option("--customer", help="Of this customer only.")] = "",
    out: OutFile = None,
    json: AsJson = False,
) -> None:
    """Quotes, the newest first. One whose time is over has lapsed, whoever has looked at it."""
    from database import quotes
    from domain.quotes import QuoteStatus
    from starters.cli.lists import write_quotes
    from starters.cli.rendering import moment, table

    if status and status not in list(QuoteStatus):
        raise InputRefused("--status", f"{status!r} is not one of {', '.join(QuoteStatus)}")

    async def read() -> list[QuoteView]:
        async with frame.database() as database:
            wanted = QuoteStatus(status) if status else None
            return await database.read(quotes.quotes, datetime.now(UTC), wanted, customer)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
    elif out is not None:
        write_quotes(out, found)
    elif not found:
        frame.say("No such quotes." if status or customer else "No quotes yet: `oms quote make FILE` makes one.")
    else:
        rows = [
            (
                each.quote,
                each.status.value,
                each.customer,
                each.revision,
                each.total,
                moment(each.valid_until),
                each.set_aside or "",
                each.order,
            )
            for each in found
        ]
        headings = ("Quote", "Status", "Customer", "Revision>", "Total>", "Valid until (UTC)", "Set aside>", "Order")
        frame.console().print(table(headings, rows))


@quote.command("show")
def show(
    number: Number,
    pdf: Annotated[Path | None, typer.Option("--pdf", metavar="FILE", help="Write it for the customer.")] = None,
    json: AsJson = False,
) -> None:
    """One quote: what is offered, every revision, and what happened to it."""
    from activities.quote_papers import quote_paper
    from database import quotes

    async def read() -> tuple[QuotePage, bytes]:
        async with frame.database() as database:
            now = datetime.now(UTC)
            page = await database.read(quotes.quote_page, number, now)
            return page, await database.read(quote_paper, number, now) if pdf else b""

    page, content = frame.run(read())
    if pdf is not None:
        pdf.write_bytes(content)
    if json:
        frame.answer_json(page)
    elif pdf is not None:
        frame.say(f"Quote {number} is in {pdf} ({len(content):,} bytes).")
    else:
        _show(page)


@quote.command("email")
def email_(number: Number, json: AsJson = False) -> None:
    """Send an open quote to its customer with its PDF; again where it was sent before."""
    from database import quotes

    async def write() -> QuoteView:
        async with frame.database() as database:
            return await database.transaction(quotes.email_quote, number, datetime.now(UTC), frame.actor())

    _said(
        frame.run(write()),
        f"Quote [bold]{number}[/] is e-mailed by the worker within seconds; `oms quote show {number}` says when it was.",
        json,
    )


@quote.command("accept")
def accept(
    number: Number,
    po_number: Annotated[str, typer.Option("--po", help="The customer's purchase order. [default: as quoted]")] = "",
    revision: Annotated[int, typer.Option("--revision", min=0, help="The revision that the customer saw. [default: the last]")] = 0,
    json: AsJson = False,
) -> None:
    """The customer accepts: the quote becomes an order at its prices, once. After its time it has to be extended first."""
    found = frame.run(_accept(number, po_number, revision, json))
    if json:
        frame.answer_json(found)
    elif found.how == "same":
        frame.say(f"Quote [bold]{number}[/] was accepted before; it is order [bold]{found.order}[/].")
    else:
        frame.say(f"Quote [bold]{number}[/] is accepted: order [bold]{found.order}[/].")


@quote.command("decline")
def decline(
    number: Number, reason: Annotated[str, typer.Option("--reason", help="Why the customer does not want it.")] = "", json: AsJson = False
) -> None:
    """The customer does not want it; what was set aside is free again."""
    from database import quotes

    async def write() -> QuoteView:
        async with frame.database() as database:
            return await database.transaction(quotes.decline_quote, number, reason, datetime.now(UTC), frame.actor())

    _said(frame.run(write()), f"Quote [bold]{number}[/] is declined.", json)


@quote.command("extend")
def extend(number: Number, until: Annotated[str, typer.Argument(metavar="DATE", help="The new last day.")], json: AsJson = False) -> None:
    """Give a quote more time at its prices; one that has lapsed is extended by a sales_manager alone (`oms roles`)."""
    from database import quotes

    async def write() -> QuoteView:
        async with frame.database() as database:
            return await database.transaction(quotes.extend_quote, number, _last_day(until), datetime.now(UTC), frame.actor())

    found = frame.run(write())
    _said(found, f"Quote [bold]{number}[/] is valid until {found.valid_until:%Y-%m-%d %H:%M} UTC.", json)


async def _make(file: Path, until: datetime, reserve: bool, email: bool, because: str, columns: str) -> list[dict[str, Any]]:
    from database.filling_in import filled_in
    from database.quotes import make_quote
    from domain.intake import OrderIn, RefusedIn
    from domain.policies import Policies
    from domain.quotes import MakeQuote
    from starters.cli.intake import brought_from
    from starters.desk import words_of

    outcomes: list[dict[str, Any]] = []
    roles = tuple(sorted(frame.settings().price_roles))
    async with frame.database() as database:
        brought = brought_from(file, await words_of(database, columns), "", columns)
        for part in brought.parts:
            if isinstance(part, RefusedIn):
                outcomes.append({"refused": f"{file}, {part.place}: {part.reason}"})
            if not isinstance(part, OrderIn):
                continue
            try:
                request = MakeQuote(
                    stated=await database.read(filled_in, part.order, part.left_out),
                    fingerprint=part.stated.fingerprint,
                    valid_until=until,
                    reserve=reserve,
                    email=email,
                    because=because,
                    price_roles=roles,
                    tolerance=Policies().price_tolerance,
                    at=datetime.now(UTC),
                    actor=frame.actor(),
                )
                made = await database.transaction(make_quote, request)
            except Refused as refused:
                outcomes.append({"refused": f"{file}: {refused}"})
            else:
                outcomes.append({"quote": made.quote, "how": made.how})
    return outcomes


async def _accept(number: str, po_number: str, revision: int, as_json: bool) -> AcceptedQuote:
    """The acceptance is kept first, with its order; without a server the order begins as soon as there is one."""
    from database.quotes import accept_quote
    from starters.forms import FORMS
    from starters.intake import Road

    async with frame.database() as database:
        found = await database.transaction(accept_quote, number, datetime.now(UTC), frame.actor(), po_number, revision)
        try:
            await Road(database, await frame.client(), frame.settings(), FORMS).hand_over(found.entry)
        except Unavailable:
            if not as_json:
                frame.say(
                    f"Quote [bold]{number}[/] is accepted as order [bold]{found.order}[/], which begins as soon as the server answers."
                )
            raise
        return found


def _last_day(text: str) -> datetime:
    """The end of the day that is named (UTC); without one so many days from now."""
    if not text:
        return datetime.now(UTC).replace(microsecond=0) + timedelta(days=DAYS)
    found = frame.moment(text, "DATE")
    return found if found.hour or found.minute or found.second else found + timedelta(hours=23, minutes=59, seconds=59)


def _said(found: QuoteView, sentence: str, as_json: bool) -> None:
    if as_json:
        frame.answer_json(found)
    else:
        frame.say(sentence)


def _show(page: QuotePage) -> None:
    from rich.markup import escape

    from starters.cli.rendering import moment, table

    found, offered = page.quote, page.revisions[-1]
    placed = offered.placed
    became = f", order [bold]{found.order}[/]" if found.order else ""
    frame.say(f"Quote [bold]{found.quote}[/], revision {found.revision}, for {escape(found.customer)}: [bold]{found.status}[/]{became}")
    kept = f", {found.set_aside} units set aside" if found.set_aside else ""
    reference = f", their reference {escape(placed.po_number)}" if placed.po_number else ""
    mailed = escape(MAILINGS.get(found.mailing, f", not e-mailed: {found.mailing}"))
    frame.say(f"{found.total}, valid until {moment(found.valid_until)} UTC{kept}{reference}{mailed}\n")
    lines = [
        (
            line.number,
            line.item,
            line.description,
            line.quantity,
            line.unit_price,
            line.discount or "",
            line.gross(placed.currency) - line.discount,
        )
        for line in placed.lines
    ]
    frame.console().print(table(("Line>", "Item", "Description", "Quantity>", "Unit price>", "Discount>", "Net>"), lines))
    if len(page.revisions) > 1:
        frame.say("")
        rows = [
            (each.revision, each.placed.total, len(each.placed.lines), moment(each.made_at), each.made_by, each.because)
            for each in page.revisions
        ]
        frame.console().print(table(("Revision>", "Total>", "Lines>", "Made (UTC)", "By", "Because"), rows))
    frame.say("")
    happened = [(moment(each.at, seconds=True), each.what, each.actor, each.reason) for each in page.events]
    frame.console().print(table(("When (UTC)", "What", "Who", "Why"), happened))
