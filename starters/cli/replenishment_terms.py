"""`oms replenish terms`: how items are bought, and how to change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from domain.errors import InputRefused, Refused
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from domain.replenishment import ItemPlanning

app = typer.Typer()

NEEDED = {"supplier": "--supplier", "lead_days": "--lead-days", "unit_cost": "--unit-cost"}
"""What has to be said the first time; everything else has a default."""
DEFAULTS: dict[str, Any] = {"holding_rate": 0.25, "service": 0.95, "order_cost": 0}


@app.command()
def terms(
    item: Annotated[str, typer.Argument(help="The item. [default: all]")] = "",
    location: Annotated[str, typer.Argument(help="With options: the location that receives; its terms are set.")] = "",
    supplier: Annotated[str | None, typer.Option("--supplier", help="Whom it is bought from.")] = None,
    lead_days: Annotated[float | None, typer.Option("--lead-days", help="Days from ordering to receiving, on average.")] = None,
    lead_deviation: Annotated[float | None, typer.Option("--lead-deviation", help="Their standard deviation.")] = None,
    lead_from: Annotated[
        str | None,
        typer.Option("--lead-from", help="receipts: what the supplier really took, once enough came; terms: what is stated here."),
    ] = None,
    review_days: Annotated[float | None, typer.Option("--review-days", help="How often somebody looks and orders.")] = None,
    minimum: Annotated[int | None, typer.Option("--minimum", help="The supplier sells no fewer.")] = None,
    multiple: Annotated[int | None, typer.Option("--multiple", help="Only so many together.")] = None,
    order_cost: Annotated[str | None, typer.Option("--order-cost", metavar="AMOUNT", help="What an order costs, such as 35.00.")] = None,
    unit_cost: Annotated[str | None, typer.Option("--unit-cost", metavar="AMOUNT", help="What a unit costs.")] = None,
    currency: Annotated[str | None, typer.Option("--currency", help="Of both. [default: EUR]")] = None,
    holding_rate: Annotated[float | None, typer.Option("--holding-rate", help="Part of the unit's cost to keep it a year.")] = None,
    goal: Annotated[str | None, typer.Option("--goal", help="cycle: cycles without a stock-out; fill: units from the shelf.")] = None,
    service: Annotated[float | None, typer.Option("--service", help="The part to reach, such as 0.97.")] = None,
    scope: Annotated[str | None, typer.Option("--scope", help="network: all locations count; location: this one alone.")] = None,
    json: AsJson = False,
) -> None:
    """How items are bought; with a location and options, set it: what is not said stays as it is."""
    from database import planning

    said = {
        "supplier": supplier, "lead_days": lead_days, "lead_deviation": lead_deviation, "lead_from": lead_from, "review_days": review_days,
        "minimum": minimum,
        "multiple": multiple, "currency": currency, "holding_rate": holding_rate, "goal": goal, "service": service, "scope": scope,
    }  # fmt: skip
    changes = {name: value for name, value in said.items() if value is not None}
    amounts = {name: text for name, text in (("order_cost", order_cost), ("unit_cost", unit_cost)) if text is not None}
    if (changes or amounts) and not (item and location):
        raise Refused("Terms are set for an item and a location: oms replenish terms ITEM LOCATION --supplier …")

    async def carry() -> list[ItemPlanning]:
        async with frame.database() as database:
            stands = [each for each in await database.read(planning.terms_of, item) if location in ("", each.location)]
            if changes or amounts:
                stands = [_changed(stands, item, location, changes, amounts)]
                await database.transaction(planning.set_terms, stands[0])
            return stands

    found = frame.run(carry())
    if json:
        frame.answer_json(found)
        return
    from starters.cli.replenishment_rendering import terms_table

    if not found:
        frame.say("Nothing is planned so: set it with `oms replenish terms ITEM LOCATION --supplier S --lead-days N --unit-cost AMOUNT`.")
        return
    frame.console().print(terms_table(found))


def _changed(stands: list[ItemPlanning], item: str, location: str, changes: dict[str, Any], amounts: dict[str, str]) -> ItemPlanning:
    """What stands, or the defaults, with what was said."""
    from domain.money import Money, parse_amount
    from domain.replenishment import ItemPlanning

    before = stands[0].model_dump() if stands else {"item": item, "location": location, "currency": "EUR", **DEFAULTS}
    wanted = {**before, **changes}
    for name, text in amounts.items():
        wanted[name] = Money.of(parse_amount(text, f"--{name.replace('_', '-')}"), wanted["currency"]).minor
    missing = [option for name, option in NEEDED.items() if name not in wanted]
    if missing:
        raise Refused(f"{item} is not planned for {location} yet: state {', '.join(missing)}.")
    try:
        return ItemPlanning.model_validate(wanted)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        raise InputRefused(f"--{str(first['loc'][0]).replace('_', '-')}", f"{first['msg']} (it is {first['input']!r:.60})") from None
