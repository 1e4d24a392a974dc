"""The backorder queue: who waits, who is next and why; and stock that changes hands on purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused
from domain.reallocation import ABOUT_ONE_ORDER, Strategy
from starters.cli import frame, subjects
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from domain.distribution import QueueRow, Reallocated, ReallocateStock

app = typer.Typer()
PANEL = "Backorders"

STRATEGIES = [strategy.value for strategy in Strategy if strategy is not Strategy.UNDO]


@app.command(rich_help_panel=PANEL)
def backorders(item: Annotated[str | None, typer.Argument(help="Only this item.")] = None, json: AsJson = False) -> None:
    """Who waits for stock: the queue of each item in its order, why each stands there, and when goods are expected."""
    from database.backorder_queue import items_waited_for, positions

    now = datetime.now(UTC)

    async def read() -> list[QueueRow]:
        async with frame.database() as database:
            items = [item] if item else await database.read(items_waited_for)
            return [row for each in items for row in await database.read(positions, each, now)]

    rows = frame.run(read())
    if json:
        frame.answer_json(rows)
    elif not rows:
        frame.say(f"Nobody waits for {item}." if item else "Nobody waits for stock.")
    else:
        from starters.cli.queue_tables import queue_page

        frame.console().print(queue_page(rows))


@app.command(rich_help_panel=PANEL)
def reallocate(
    item: Annotated[str | None, typer.Argument(help="The item whose stock changes hands.")] = None,
    strategy: Annotated[str | None, typer.Option("--strategy", help=" | ".join(STRATEGIES))] = None,
    order: Annotated[str | None, typer.Option("--order", metavar="ORDER", help="Who wins, gains or loses.")] = None,
    simulate: Annotated[bool, typer.Option("--simulate", help="Only show what would happen.")] = False,
    undo: Annotated[
        int | None, typer.Option("--undo", metavar="N", min=1, help="Take re-allocation N back, if nothing was picked.")
    ] = None,
    show: Annotated[int | None, typer.Option("--show", metavar="N", min=1, help="Show what re-allocation N did, and why.")] = None,
    request_id: Annotated[
        str | None, typer.Option("--request", help="The same request is carried out once. [default: from the clock]")
    ] = None,
    json: AsJson = False,
) -> None:
    """Move stock of an item between orders, by a strategy; nothing that was picked is touched.

    win: ORDER gets what it needs, from the end of the queue first. gain: the same, from lower priority only. lose: ORDER gives what it
    holds to the queue. fill: as many orders as possible get all they want. redistribute: everybody gets the same.
    """
    from database import reallocations
    from domain.distribution import ReallocateStock

    if show is not None:
        if item or strategy or order or undo or simulate:
            raise InputRefused("--show", "it stands alone, such as `oms reallocate --show 3`")
        _show(_stored(show), json)
        return
    now = datetime.now(UTC)
    named = request_id or f"{now:%Y%m%d-%H%M%S-%f}"
    if undo is not None:
        if item or strategy or order:
            raise InputRefused("--undo", "it knows what to take back: leave ITEM, --strategy and --order out")
        request = ReallocateStock(request=named, undoes=undo, at=now, actor=frame.actor())
    else:
        request = _request(item, strategy, order, named, now)
    if simulate:

        async def plan() -> Reallocated:
            async with frame.database() as database:
                return await database.read(reallocations.simulate, request)

        _show(frame.run(plan()), json)
        return

    async def carry_out() -> Reallocated:
        from starters.reallocating import reallocate as carry

        return await carry(await frame.client(), request)

    _show(frame.run(carry_out()), json)


def _request(item: str | None, strategy: str | None, order: str | None, named: str, now: datetime) -> ReallocateStock:
    from domain.distribution import ReallocateStock

    if not item:
        raise InputRefused("ITEM", "say whose stock changes hands, such as `oms reallocate KETTLE --strategy fill`")
    if strategy not in STRATEGIES:
        raise InputRefused(
            "--strategy", f"{strategy!r} is not one of {', '.join(STRATEGIES)}" if strategy else f"one of {', '.join(STRATEGIES)}"
        )
    if order is None and strategy in ABOUT_ONE_ORDER:
        raise InputRefused("--order", f"the strategy {strategy} is about one order: say which")
    key = (order if "/" in order else subjects.view(order).order) if order else ""
    return ReallocateStock(request=named, item=item, strategy=Strategy(strategy), order=key, at=now, actor=frame.actor())


def _stored(number: int) -> Reallocated:
    from database import reallocations

    async def read() -> Reallocated:
        async with frame.database() as database:
            return await database.read(reallocations.stored, number)

    return frame.run(read())


def _show(done: Reallocated, as_json: bool) -> None:
    if as_json:
        frame.answer_json(done)
        return
    from starters.cli.queue_tables import plan_page

    frame.console().print(plan_page(done))
