"""Purchase orders: what is bought, expected, late, received and given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starters.cli import frame, supplies
from starters.cli.frame import AsJson, At
from starters.cli.supplies import Bin, Everything, Expected, NewDay, Reason, ReceiptId, SlipId

if TYPE_CHECKING:
    from database.supply_reading import PurchaseView
    from domain.steps import ReceiveStock, StockReceived

app = typer.Typer()
purchase = typer.Typer(no_args_is_help=True, help="Purchase orders: place, list, slip, receive, cancel.")
app.add_typer(purchase, name="purchase", rich_help_panel=supplies.PANEL)

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The purchase order's number.")]


@purchase.command("place")
def place_purchase(
    supplier: Annotated[str, typer.Argument(help="Whom it is bought from.")],
    location: Annotated[str, typer.Argument(help="Where it is to arrive.")],
    lines: Annotated[list[str], typer.Argument(metavar="ITEM=UNITS...", help="What is ordered.")],
    expected: Expected,
    number: Annotated[
        str | None, typer.Option("--number", help="The same twice is one purchase order. [default: the next free one]")
    ] = None,
    at: At = None,
    json: AsJson = False,
) -> None:
    """Place a purchase order: what it brings can be promised from now on."""
    from database import purchasing
    from domain.purchasing import Placed, PlacePurchase, PurchaseLine

    due = frame.moment(expected, "--expected")
    wanted = [supplies.item_and_units(line) for line in lines]

    ordered = tuple(PurchaseLine(line=line, item=item, ordered=units, expected_at=due) for line, (item, units) in enumerate(wanted, 1))
    request = PlacePurchase(
        purchase_order=supplies.key("next" if number is None else number, "--number"),
        supplier=supplier,
        location=location,
        lines=ordered,
        at=frame.moment(at),
        actor=frame.actor(),
    )

    async def carry() -> tuple[str, Placed]:
        async with frame.database() as database:
            if number is None:
                return await database.transaction(purchasing.place_anew, request), Placed()
            return number, await database.transaction(purchasing.place_purchase, request)

    chosen, placed = frame.run(carry())
    if json:
        frame.answer_json({"purchase_order": chosen, **placed.model_dump(mode="json")})
        return
    known = (
        "was placed before; nothing was changed" if placed.repeated else f"is placed with {supplier}: {location} expects it {due:%Y-%m-%d}"
    )
    frame.say(f"Purchase order [bold]{chosen}[/] {known}.")


@purchase.command("list")
def list_purchases(
    number: Annotated[str | None, typer.Argument(metavar="[NUMBER]", help="Only this one.")] = None,
    item: Annotated[str | None, typer.Option("--item", help="Only those that bring this item.")] = None,
    everything: Everything = False,
    json: AsJson = False,
) -> None:
    """Purchase orders: what is expected, where and when, and how often that day was moved."""
    from database import supply_reading

    async def read() -> list[PurchaseView]:
        async with frame.database() as database:
            return await database.read(supply_reading.purchases, number, item, everything)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    if not found:
        frame.say("Nothing is on order." if item is None else f"No {item} is on order.")
        return
    from starters.cli.supply_rendering import purchase_table

    frame.console().print(purchase_table(found))


@purchase.command("slip")
def slip_purchase(
    number: Number,
    expected: NewDay,
    line: Annotated[list[int] | None, typer.Option("--line", "-l", min=1, help="Only these lines. [default: all that are open]")] = None,
    reason: Reason = "",
    message_id: SlipId = None,
    at: At = None,
    json: AsJson = False,
) -> None:
    """The goods come on another day: the promises that hang on them move, and those that break are asked about."""
    supplies.slip(number, "", expected, tuple(line or ()), reason, message_id, at, json)


@purchase.command("receive")
def receive_purchase(
    number: Number,
    units: Annotated[list[str] | None, typer.Argument(metavar="[LINE=UNITS...]", help="What came. [default: all that is open]")] = None,
    receipt: ReceiptId = None,
    into: Bin = "",
    at: At = None,
    json: AsJson = False,
) -> None:
    """Book goods that came in against a purchase order; the orders that wait for them wake."""
    from database import supply_reading
    from domain.errors import NotFound, Refused
    from domain.steps import ReceiveStock

    stated = frame.units_by_line(units or [], "LINE=UNITS")

    async def carry() -> list[tuple[ReceiveStock, StockReceived]]:
        async with frame.database() as database:
            (order,) = await database.read(supply_reading.purchases, number)
        came = stated or {each.line: each.ordered - each.received for each in order.lines if each.received < each.ordered}
        if not came:
            raise Refused(f"Everything of purchase order {number} has come.")
        lines = {each.line: each for each in order.lines}
        for each in came:
            if each not in lines:
                raise NotFound("line", f"{each} of purchase order {number}")
        document = receipt or supplies.from_the_clock()
        return await supplies.booked(
            [
                ReceiveStock(
                    receipt=f"{document}/{each}",
                    item=lines[each].item,
                    location=order.location,
                    quantity=quantity,
                    bin=into,
                    at=frame.moment(at),
                    actor=frame.actor(),
                    purchase_order=number,
                    purchase_line=each,
                )
                for each, quantity in came.items()
            ]
        )

    supplies.say_received(frame.run(carry()), json)


@purchase.command("cancel")
def cancel_purchase(number: Number, reason: Reason = "", at: At = None, json: AsJson = False) -> None:
    """Give up what has not come: the promises that hang on it are made anew."""
    supplies.cancel(number, "", reason, at, json)
