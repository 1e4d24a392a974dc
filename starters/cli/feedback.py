"""Feedback on the terminal: what shops were told of their orders and of stock, what they would not take, and where they differ from us."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused, NotFound
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from domain.feedback import FeedbackView, StockDifference

app = typer.Typer()
feedback = typer.Typer(help="What shops are told: shipments, cancellations, stock; and what they would not take.", no_args_is_help=True)
app.add_typer(feedback, name="feedback", rich_help_panel="Bring in")

_COLOURS = {"due": "yellow", "told": "green", "refused": "red", "unlisted": "dim"}


@feedback.command("list")
def listed(
    shop: Annotated[str, typer.Option("--shop", help="Of one shop only.")] = "",
    status: Annotated[str, typer.Option("--status", help="due, told, refused or unlisted.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="shipment, cancellation or stock.")] = "",
    order: Annotated[str, typer.Option("--order", help="Of one order only: channel/external id.")] = "",
    most: Annotated[int, typer.Option("--most", min=1, max=1_000, help="How many, what changed last first.")] = 50,
    json: AsJson = False,
) -> None:
    """How much each shop was told, and the newest pieces; what waits for a person is red."""
    from database import feedback as rows
    from domain.feedback import FeedbackKind, FeedbackStatus

    for place, value, known in (("--status", status, list(FeedbackStatus)), ("--kind", kind, list(FeedbackKind))):
        if value and value not in known:
            raise InputRefused(place, f"{value!r:.40} is none of {', '.join(known)}")

    async def read() -> tuple[list[FeedbackView], dict[tuple[str, str, str], int]]:
        async with frame.database() as database:
            return await database.read(rows.listed, shop, status, kind, order, most), await database.read(rows.counted)

    found, counted = frame.run(read())
    if json:
        totals = [{"shop": name, "kind": what, "status": state, "count": count} for (name, what, state), count in sorted(counted.items())]
        frame.answer_json({"totals": totals, "feedback": found})
        return
    if not counted:
        frame.say("No shop was told anything. OMS_SHOPS names the file of our shops; one with a key to its API is told of its orders.")
        return
    _show_totals(counted)
    _show(found)
    if any(each.status == "refused" for each in found):
        frame.say("[dim]`oms feedback show NUMBER` says why a shop would not take it; `oms feedback retry NUMBER` tells it again.[/]")


@feedback.command("show")
def show(number: Annotated[int, typer.Argument(min=1, help="Its number in the list.")], json: AsJson = False) -> None:
    """One piece of feedback: what the shop should know, what it was told last, and why it would not take it."""
    from json import dumps, loads

    from database import feedback as rows

    async def read() -> FeedbackView:
        async with frame.database() as database:
            return await database.read(rows.shown, number)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    _show([found])
    console = frame.console()
    console.print(f"It should know: {dumps(loads(found.wanted), ensure_ascii=False)}", markup=False)
    if found.told and found.told != found.wanted:
        console.print(f"It was told:    {dumps(loads(found.told), ensure_ascii=False)}", markup=False)


@feedback.command("retry")
def retry(
    number: Annotated[int | None, typer.Argument(min=1, help="Its number in the list.")] = None,
    shop: Annotated[str, typer.Option("--shop", help="Everything that this shop would not take.")] = "",
    json: AsJson = False,
) -> None:
    """Tell a shop again what it would not take, now; also what waits because the shop did not answer."""
    from database import feedback as rows
    from starters.feedback import tell_shop

    if (number is None) == (not shop):
        raise InputRefused("retry", "state the number of one piece of feedback, or --shop for all that a shop would not take")

    async def act() -> list[FeedbackView]:
        async with frame.database() as database:
            entries = [number] if number is not None else await database.read(rows.refused_of, shop)
            at = datetime.now(UTC)
            again = [await database.transaction(rows.retry, entry, at) for entry in entries]
        for name in sorted({each.shop for each in again}):
            await tell_shop(await frame.client(), name, now=True)
        return again

    found = frame.run(act())
    if json:
        frame.answer_json(found)
    elif not found:
        frame.say(f"{shop} has taken everything that it was told.")
    else:
        what = found[0].subject if len(found) == 1 else f"{len(found)} pieces of feedback"
        frame.say(f"[bold]{what}[/] will be told to {found[0].shop} again.")


@feedback.command("compare")
def compare(
    shop: Annotated[str, typer.Argument(help="The shop's name in the file of OMS_SHOPS.")],
    repair: Annotated[bool, typer.Option("--repair", help="Have the shop told again where it differs.")] = False,
    json: AsJson = False,
) -> None:
    """Ask a shop what it may sell and set it beside our own figures; only what differs is listed. Exit code 1 when something does."""
    from config.shops import shops_of
    from database import feedback as rows
    from starters.feedback import compare_stock, tell_shop
    from workers.shops import doors_of, feeds_of

    shops = [each for each in shops_of(frame.settings()) if each.name == shop and each.feeds_back]
    if not shops:
        raise NotFound("shop that is fed back to", shop)

    async def act() -> list[StockDifference]:
        door = doors_of(shops)[shop]
        try:
            async with frame.database() as database:
                found = await compare_stock(database, feeds_of(shops)[0], door.front)
                if repair and found:
                    subjects = [f"{each.sku}@{each.location}" if each.location else each.sku for each in found if each.theirs is not None]
                    await database.transaction(rows.tell_anew, shop, subjects, datetime.now(UTC))
        finally:
            await door.close()
        if repair and found:
            await tell_shop(await frame.client(), shop, now=True)
        return found

    found = frame.run(act())
    if json:
        frame.answer_json(found)
    elif not found:
        frame.say(f"{shop} may sell what we say, everywhere.")
    else:
        from rich.table import Table

        table = Table("Item", "At the shop", "Location", "Ours", "Theirs", box=None, header_style="bold")
        for each in found:
            theirs = "not sold there" if each.theirs is None else str(each.theirs)
            table.add_row(each.item, each.sku, each.location, str(each.ours), theirs)
        frame.console().print(table)
        frame.say("They are told again." if repair else "[dim]--repair has the shop told again.[/]")
    if found and not repair:
        raise typer.Exit(1)


def _show_totals(counted: dict[tuple[str, str, str], int]) -> None:
    from rich.table import Table

    table = Table("Shop", "What", *_COLOURS, box=None, header_style="bold")
    for shop, kind in sorted({(shop, kind) for shop, kind, _ in counted}):
        cells = [(status, counted.get((shop, kind, status), 0)) for status in _COLOURS]
        table.add_row(shop, kind, *(f"[{_COLOURS[status]}]{count}[/]" if count else "" for status, count in cells))
    frame.console().print(table)


def _show(found: list[FeedbackView]) -> None:
    from rich.table import Table

    table = Table("No.", "Shop", "What", "Of", "Status", "Changed", "Told", "Shop's number", "Why", box=None, header_style="bold")
    for each in found:
        why = each.reason
        if each.status == "due" and each.attempts:
            why = f"{each.reason} (asked {each.attempts} times, again at {each.next_at:%H:%M:%S})"
        told = f"{each.told_at:%Y-%m-%d %H:%M:%S}" if each.told_at else ""
        table.add_row(
            str(each.entry), each.shop, each.kind, each.subject, f"[{_COLOURS[each.status]}]{each.status}[/]",
            f"{each.changed_at:%Y-%m-%d %H:%M:%S}", told, each.reference, why,
        )  # fmt: skip
    frame.console().print(table)
