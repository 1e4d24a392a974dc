"""Prices on the command line: why a line costs what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starters.cli import frame, subjects
from starters.cli.frame import AsJson, OrderKey

if TYPE_CHECKING:
    from domain.pricing.derivation import Derivation

app = typer.Typer()


@app.command("why-price", rich_help_panel="See")
def why_price(
    order: OrderKey,
    line: Annotated[int | None, typer.Argument(min=1, help="The line. [default: every line]")] = None,
    json: AsJson = False,
) -> None:
    """Why a line costs what it costs: every rule that made its price, why the others did not count, its taxes and its margin."""
    from database import pricing

    async def read() -> tuple[str, list[Derivation]]:
        async with frame.database() as database:
            view = await subjects.read_order(database, order)
            return view.order, await database.read(pricing.derivations, view.order, line)

    key, found = frame.run(read())
    if json:
        frame.answer_json([{**each.model_dump(mode="json"), "margin_rate": each.margin.rate if each.margin else None} for each in found])
    elif not found:
        frame.say(f"No price of [bold]{key}[/] was derived: nobody has looked at the order yet, or it came before prices were derived.")
    else:
        from starters.cli.rendering_prices import price_page

        frame.console().print(price_page(key, found))
