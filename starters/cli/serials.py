"""Serial numbers from the terminal: who has a unit, and which units an order got."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused
from starters.cli import frame
from starters.cli.floor import PANEL
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from domain.lots import SerialView

app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def serial(
    number: Annotated[str | None, typer.Argument(metavar="[NUMBER]", help="The unit's serial number.")] = None,
    item: Annotated[str, typer.Option("--item", help="Where several items have units of that number.")] = "",
    order: Annotated[str | None, typer.Option("--order", help="Instead: every numbered unit that was picked for this order.")] = None,
    json: AsJson = False,
) -> None:
    """Who got the unit with a serial number, or which units an order got: as they were scanned when they were picked."""
    from database import serials

    if (number is None) == (order is None):
        raise InputRefused("NUMBER", "name a serial number, or an order with --order")

    async def read() -> list[SerialView]:
        async with frame.database() as database:
            if number is not None:
                return await database.read(serials.of_unit, number, item)
            return await database.read(serials.of_order, str(order))

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    if not found:
        frame.say(f"No unit of order {order} was picked under a serial number.")
        return
    from starters.cli.rendering_floor import serials_table

    frame.console().print(serials_table(found))
