"""Transfers: goods that go from one of our locations to another, what is on the way, late, received and lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starters.cli import frame, supplies
from starters.cli.frame import AsJson, At
from starters.cli.supplies import Bin, Everything, Expected, NewDay, Reason, ReceiptId, SlipId

if TYPE_CHECKING:
    from database.supply_reading import TransferView
    from domain.purchasing import Placed
    from domain.steps import ReceiveStock, StockReceived

app = typer.Typer()
transfer = typer.Typer(no_args_is_help=True, help="Transfers between locations: place, list, ship, slip, receive, cancel.")
app.add_typer(transfer, name="transfer", rich_help_panel=supplies.PANEL)

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The transfer's number.")]


@transfer.command("place")
def place_transfer(
    from_location: Annotated[str, typer.Argument(metavar="FROM", help="Where the goods lie.")],
    to_location: Annotated[str, typer.Argument(metavar="TO", help="Where they go.")],
    lines: Annotated[list[str], typer.Argument(metavar="ITEM=UNITS...", help="What travels together.")],
    expected: Expected,
    number: Annotated[
        str | None, typer.Option("--number", help="The same twice is one transfer. [default: derived from what it says]")
    ] = None,
    at: At = None,
    json: AsJson = False,
) -> None:
    """Plan a transfer between two locations: what it brings can be promised there from now on."""
    from database import transfers
    from domain.purchasing import PlaceTransfer, TransferLine

    due = frame.moment(expected, "--expected")
    wanted = [supplies.item_and_units(line) for line in lines]
    chosen = number or "T-" + frame.derived_id("transfer", "", *lines, from_location, to_location, due).rpartition("/")[2]
    request = PlaceTransfer(
        transfer=supplies.key(chosen, "--number"),
        from_location=from_location,
        to_location=to_location,
        lines=tuple(TransferLine(item=item, quantity=units) for item, units in wanted),
        expected_at=due,
        at=frame.moment(at),
        actor=frame.actor(),
    )

    async def carry() -> Placed:
        async with frame.database() as database:
            return await database.transaction(transfers.place_transfer, request)

    placed = frame.run(carry())
    if json:
        frame.answer_json({"transfer": chosen, **placed.model_dump(mode="json")})
        return
    known = "was placed before; nothing was changed" if placed.repeated else f"is planned: {to_location} expects it {due:%Y-%m-%d}"
    frame.say(f"Transfer [bold]{chosen}[/] {known}.")


@transfer.command("list")
def list_transfers(
    number: Annotated[str | None, typer.Argument(metavar="[NUMBER]", help="Only this one.")] = None,
    everything: Everything = False,
    json: AsJson = False,
) -> None:
    """Transfers: what is planned, what is on the way, and when it is expected."""
    from database import supply_reading

    async def read() -> list[TransferView]:
        async with frame.database() as database:
            return await database.read(supply_reading.transfers, number, everything)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    if not found:
        frame.say("No transfer is planned or on the way.")
        return
    from starters.cli.supply_rendering import transfer_table

    frame.console().print(transfer_table(found))


@transfer.command("ship")
def ship_transfer(number: Number, at: At = None, json: AsJson = False) -> None:
    """The goods of a transfer left their origin; what is kept for orders there is not taken."""
    from database import transfers
    from domain.purchasing import ShipTransfer

    request = ShipTransfer(transfer=supplies.key(number, "NUMBER"), at=frame.moment(at), actor=frame.actor())

    async def carry() -> Placed:
        async with frame.database() as database:
            return await database.transaction(transfers.ship_transfer, request)

    shipped = frame.run(carry())
    if json:
        frame.answer_json({"transfer": number, **shipped.model_dump(mode="json")})
        return
    frame.say(f"Transfer [bold]{number}[/] {'had left before; nothing was changed' if shipped.repeated else 'is on its way'}.")


@transfer.command("slip")
def slip_transfer(
    number: Number,
    expected: NewDay,
    reason: Reason = "",
    message_id: SlipId = None,
    at: At = None,
    json: AsJson = False,
) -> None:
    """The goods come on another day: the promises that hang on them move, and those that break are asked about."""
    supplies.slip("", number, expected, (), reason, message_id, at, json)


@transfer.command("receive")
def receive_transfer(
    number: Number,
    units: Annotated[
        list[str] | None, typer.Argument(metavar="[ITEM=UNITS...]", help="What arrived. [default: all that is on the way]")
    ] = None,
    receipt: ReceiptId = None,
    into: Bin = "",
    at: At = None,
    json: AsJson = False,
) -> None:
    """Book the goods of a transfer where they arrived; the orders that wait for them wake."""
    from database import supply_reading
    from domain.errors import Refused
    from domain.steps import ReceiveStock

    stated = supplies.units_by_item(units or [])

    async def carry() -> list[tuple[ReceiveStock, StockReceived]]:
        async with frame.database() as database:
            (moved,) = await database.read(supply_reading.transfers, number)
        lines = {line.item: line for line in moved.lines}
        came = stated or {line.item: line.on_the_way for line in moved.lines if line.on_the_way}
        if not came:
            raise Refused(f"Nothing of transfer {number} is on the way: it is {moved.status}.")
        if foreign := sorted(came.keys() - lines.keys()):
            raise Refused(f"Transfer {number} does not bring {', '.join(foreign)}; it brings {', '.join(lines)}.")
        document = receipt or supplies.from_the_clock()
        return await supplies.booked(
            [
                ReceiveStock(
                    receipt=f"{document}/{lines[item].line}",
                    item=item,
                    location=moved.to_location,
                    quantity=quantity,
                    bin=into,
                    at=frame.moment(at),
                    actor=frame.actor(),
                    transfer=number,
                )
                for item, quantity in came.items()
            ]
        )

    supplies.say_received(frame.run(carry()), json)


@transfer.command("cancel")
def cancel_transfer(number: Number, reason: Reason = "", at: At = None, json: AsJson = False) -> None:
    """Give up a transfer that has not left, or the rest that never arrives: the promises that hang on it are made anew."""
    supplies.cancel("", number, reason, at, json)
