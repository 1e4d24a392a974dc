"""Counts and lots from the terminal: what is counted, who stands for a difference, and where a lot went."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.counting import AbcClass, CountStatus
from starters.cli import frame
from starters.cli.floor import PANEL, LocationOption, tell_orders
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from domain.counting import CountView
    from domain.lots import LotView, Recall

app = typer.Typer()
count_app = typer.Typer(no_args_is_help=True, help="Count bins; a difference beyond the tolerance is approved by a second person.")
lot_app = typer.Typer(no_args_is_help=True, help="Lots: which there are, and which nobody may have.")
app.add_typer(count_app, name="count", rich_help_panel=PANEL)
app.add_typer(lot_app, name="lot", rich_help_panel=PANEL)

Task = Annotated[str, typer.Argument(metavar="TASK", help="Such as CT-000001.")]
By = Annotated[str | None, typer.Option("--by", help="Who it was. [default: who is logged in]")]


@count_app.command("plan")
def plan(
    location: Annotated[str, typer.Argument(help="Where to count.")],
    zone: Annotated[str, typer.Option("--zone", help="Only bins of this zone.")] = "",
    bin_: Annotated[str, typer.Option("--bin", help="Only this bin.")] = "",
    item: Annotated[str, typer.Option("--item", help="Only this item.")] = "",
    abc: Annotated[AbcClass | None, typer.Option("--abc", help="Only items of this class by what was shipped in 90 days.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="At most so many bins, the longest uncounted first.")] = 50,
    by: By = None,
    json: AsJson = False,
) -> None:
    """Open count tasks; a bin whose count is under way is left out."""
    from database import counting
    from domain.counting import PlanCount

    actor = by or frame.actor()
    wanted = PlanCount(location=location, zone=zone, bin=bin_, item=item, abc=abc, most=most, at=datetime.now(UTC), actor=actor)

    async def carry() -> list[CountView]:
        async with frame.database() as database:
            return await database.transaction(counting.plan, wanted)

    _list(frame.run(carry()), json)


@count_app.command("list")
def list_counts(
    status: Annotated[CountStatus | None, typer.Option("--status", help="[default: open and counted]")] = None,
    location: LocationOption = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many, the newest.")] = 100,
    json: AsJson = False,
) -> None:
    """Count tasks: what is to be counted, and differences that wait for approval."""
    from database import counting

    async def read() -> list[CountView]:
        async with frame.database() as database:
            return await database.read(counting.views, (), status.value if status else "", location, limit)

    found = frame.run(read())
    if not found and not json:
        frame.say("No such count." if status or location else "Nothing is to be counted: `oms count plan LOCATION` opens tasks.")
        return
    _list(found, json)


@count_app.command("enter")
def enter(
    task: Task,
    quantity: Annotated[int, typer.Argument(metavar="QUANTITY", min=0, max=10_000_000, help="Units that lie in the bin.")],
    by: By = None,
    json: AsJson = False,
) -> None:
    """Say what lies in the bin; a small difference is booked at once, a larger one waits for somebody else's approval."""
    from database import counting
    from domain.counting import EnterCount, Tolerance

    found = frame.settings()
    tolerance = Tolerance(units=found.count_tolerance_units, value=found.count_tolerance_value)
    said = EnterCount(task=task, quantity=quantity, at=datetime.now(UTC), actor=by or frame.actor(), tolerance=tolerance)
    _change(lambda session: counting.enter(session, said), json)


@count_app.command("approve")
def approve(
    task: Task,
    note: Annotated[str, typer.Option("--note", help="Why it differs, for the ledger.")] = "",
    by: By = None,
    json: AsJson = False,
) -> None:
    """Book a difference that somebody else counted; orders that wait for what was found are told."""
    from database import counting

    now, actor = datetime.now(UTC), by or frame.actor()
    _change(lambda session: counting.approve(session, task, now, actor, note), json)


@count_app.command("recount")
def recount(task: Task, by: By = None, json: AsJson = False) -> None:
    """Believe no count that differs too much: another task takes its place."""
    from database import counting

    now, actor = datetime.now(UTC), by or frame.actor()
    _change(lambda session: counting.recount(session, task, now, actor), json)


@count_app.command("give-up")
def give_up(task: Task, by: By = None, json: AsJson = False) -> None:
    """Close picks whose goods are not there as short, the least urgent first, so that the count can be booked."""
    from database import counting

    now, actor = datetime.now(UTC), by or frame.actor()

    async def carry() -> tuple[list[str], str]:
        async with frame.database() as database:
            closed = await database.transaction(counting.give_up, task, now, actor)
            silence = await tell_orders(database)
            return [f"{each.order} shipment {each.shipment}: {each.picked} of {each.asked}" for each in closed], silence

    closed, silence = frame.run(carry())
    if json:
        frame.answer_json({"task": task, "closed": closed, "not_told": silence})
        return
    for each in closed:
        frame.say(f"[yellow]Short[/] {each}")
    frame.say(
        f"The orders will be told by a worker later. {silence}"
        if silence
        else "What stood in the way is closed short; approve the count when the orders have booked it."
    )


@lot_app.command("list")
def list_lots(
    item: Annotated[str, typer.Argument(help="The item.")],
    json: AsJson = False,
) -> None:
    """The lots of an item that are in stock, bin by bin."""
    from database import lots

    async def read() -> list[LotView]:
        async with frame.database() as database:
            return await database.read(lots.lots_in_stock, [item])

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    from starters.cli.rendering_floor import lots_table

    if found:
        frame.console().print(lots_table(found, datetime.now(UTC)))
    else:
        frame.say(f"No lot of {item} is in stock.")


@lot_app.command("block")
def block(
    item: Annotated[str, typer.Argument(help="The item.")],
    lot: Annotated[str, typer.Argument(help="The lot.")],
    reason: Annotated[str, typer.Argument(help="Why nobody may have it.")],
    by: By = None,
    json: AsJson = False,
) -> None:
    """Let nobody have any of a lot from now on; what is reserved of it is not picked either."""
    if not reason.strip():
        raise typer.BadParameter("say why nobody may have it")
    _block(item, lot, reason.strip(), by, json)


@lot_app.command("unblock")
def unblock(
    item: Annotated[str, typer.Argument(help="The item.")],
    lot: Annotated[str, typer.Argument(help="The lot.")],
    by: By = None,
    json: AsJson = False,
) -> None:
    """Let orders have a lot again."""
    _block(item, lot, "", by, json)


@app.command(rich_help_panel=PANEL)
def recall(
    item: Annotated[str, typer.Argument(help="The item.")],
    lot: Annotated[str, typer.Argument(help="The lot.")],
    json: AsJson = False,
) -> None:
    """Every shipment that holds a lot, with its customer and whether it was delivered, and what still lies where."""
    found = _recall(item, lot)
    if json:
        frame.answer_json(found)
        return
    from starters.cli.rendering_floor import recall_page

    frame.console().print(recall_page(found, datetime.now(UTC)))


def _recall(item: str, lot: str) -> Recall:
    from database import lots

    async def read() -> Recall:
        async with frame.database() as database:
            return await database.read(lots.recall, item, lot)

    return frame.run(read())


def _block(item: str, lot: str, reason: str, by: str | None, json: bool) -> None:
    from database import lots

    async def carry() -> None:
        async with frame.database() as database:
            await database.transaction(lots.block, item, lot, reason, datetime.now(UTC), by or frame.actor())

    frame.run(carry())
    if json:
        frame.answer_json({"item": item, "lot": lot, "blocked": reason})
        return
    found = _recall(item, lot)
    left, kept = len(found.shipped), sum(each.units for each in found.on_its_way_out)
    frame.say(f"Lot [bold]{lot}[/] of {item} is {'blocked' if reason else 'free again'}.")
    if reason and (left or kept):
        frame.say(f"{left} shipments hold some of it and {kept} units are kept for orders: see `oms recall {item} {lot}`.")


def _change(work: Callable[[Session], CountView], json: bool) -> None:
    """Carry out one step of a count and show where it stands; found stock is told to who waits for it."""

    async def carry() -> tuple[CountView, str]:
        async with frame.database() as database:
            done = await database.transaction(work)
            return done, await tell_orders(database) if (done.adjusted or 0) > 0 else ""

    done, silence = frame.run(carry())
    if json:
        frame.answer_json(done)
    else:
        from starters.cli.rendering_floor import count_sentence

        frame.console().print(count_sentence(done))
    if silence and not json:
        frame.say(f"Who waits for it will be told by a worker later. {silence}")


def _list(found: list[CountView], json: bool) -> None:
    if json:
        frame.answer_json(found)
        return
    from starters.cli.rendering_floor import counts_table

    frame.console().print(counts_table(found))
