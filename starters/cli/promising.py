"""What can be promised: how many units, from where, when, and why then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from database.promise_answers import PromiseAnswer
    from database.promise_report import PromiseReport

app = typer.Typer()
PANEL = "Supply"


@app.command(rich_help_panel=PANEL)
def promise(
    item: Annotated[str, typer.Argument(help="The item.")],
    quantity: Annotated[int, typer.Argument(min=1, max=10_000_000, help="Units.")],
    to: Annotated[str | None, typer.Option("--to", metavar="ADDRESS", help="Country and postcode, such as DE-20457, or DE alone.")] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="DATE", help="The day by which it has to be there.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="Ask as of this moment. [default: now]")] = None,
    json: AsJson = False,
) -> None:
    """When could so many units leave each location and be at the customer's? Nothing is reserved by asking."""
    from database import promise_answers

    if by is not None and to is None:
        raise InputRefused("--by", "a day of delivery needs to know where to: state --to, such as --to DE-20457")
    wanted, now, day = frame.moment(by, "--by") if by else None, frame.moment(at) if at else datetime.now(UTC), frame.settings().day

    async def read() -> PromiseAnswer:
        async with frame.database() as database:
            country, postcode = await database.read(promise_answers.address, to) if to else ("", "")
            return await database.read(promise_answers.answer, item, quantity, country, postcode, wanted, now, day)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    from starters.cli.promise_rendering import promise_page

    frame.console().print(promise_page(found))


@app.command(rich_help_panel=PANEL)
def promises(
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Promises that ended from this day on. [default: 30 days ago]")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="To before this day. [default: now]")] = None,
    json: AsJson = False,
) -> None:
    """How good our promises were: how many were kept, what the broken ones hung on, and which are late now."""
    from database import promise_report

    day = frame.settings().day
    to = frame.moment(until, "--until")
    begin = frame.moment(since, "--since") if since else to - timedelta(days=30)
    if begin >= to:
        raise InputRefused("--since", f"{begin:%Y-%m-%d} is not before {to:%Y-%m-%d}")

    async def read() -> PromiseReport:
        async with frame.database() as database:
            return await database.read(promise_report.report, begin, to, day)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    from starters.cli.promise_rendering import report_page

    frame.console().print(report_page(found))
    if day < timedelta(hours=1):
        frame.say(f"[dim]A day lasts {day.total_seconds():g} s here: a machine alone is days late.[/]")
