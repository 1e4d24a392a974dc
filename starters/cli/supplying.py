"""Goods on their way: what is bought, moved between locations, expected, late, received and given up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused
from starters.cli import frame
from starters.cli.frame import AsJson, At

if TYPE_CHECKING:
    from database.supply_reading import PurchaseView, TransferView
    from domain.purchasing import Placed, SupplyChange
    from domain.steps import ReceiveStock, StockReceived

app = typer.Typer()
PANEL = "Supply"
purchase = typer.Typer(no_args_is_help=True, help="Purchase orders: place, list, slip, receive, cancel.")
transfer = typer.Typer(no_args_is_help=True, help="Transfers between locations: place, list, ship, slip, receive, cancel.")
app.add_typer(purchase, name="purchase", rich_help_panel=PANEL)
app.add_typer(transfer, name="transfer", rich_help_panel=PANEL)

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The purchase order's number.")]
TransferNumber = Annotated[str, typer.Argument(metavar="NUMBER", help="The transfer's number.")]
Expected = Annotated[str, typer.Option("--expected", metavar="DATE", help="The day on which the goods are expected.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in words.")]
SlipId = Annotated[str | None, typer.Option("--message-id", help="The same id is the same message. [default: derived from what it says]")]
ReceiptId = Annotated[str | None, typer.Option("--receipt", help="The delivery note: the same twice is one receipt. [default: derived]")]
Everything = Annotated[bool, typer.Option("--all", help="Also what has come or was given up.")]


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
    from domain.purchasing import PlacePurchase, PurchaseLine

    due = frame.moment(expected, "--expected")
    wanted = [_item_and_units(line) for line in lines]

    async def carry() -> tuple[str, Placed]:
        async with frame.database() as database:
            chosen = number if number is not None else await database.read(purchasing.next_purchase_number)
            request = PlacePurchase(
                purchase_order=_key(chosen, "--number"),
                supplier=supplier,
                location=location,
                lines=tuple(
                    PurchaseLine(line=line, item=item, ordered=units, expected_at=due) for line, (item, units) in enumerate(wanted, 1)
                ),
                at=frame.moment(at),
                actor=frame.actor(),
            )
            return chosen, await database.transaction(purchasing.place_purchase, request)

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
    expected: Annotated[str, typer.Argument(metavar="DATE", help="The new day.")],
    line: Annotated[list[int] | None, typer.Option("--line", "-l", min=1, help="Only these lines. [default: all that are open]")] = None,
    reason: Reason = "",
    message_id: SlipId = None,
    at: At = None,
    json: AsJson = False,
) -> None:
    """The goods come on another day: the promises that hang on them move, and those that break are asked about."""
    _slip(number, "", expected, tuple(line or ()), reason, message_id, at, json)


@purchase.command("receive")
def receive_purchase(
    number: Number,
    units: Annotated[list[str] | None, typer.Argument(metavar="[LINE=UNITS...]", help="What came. [default: all that is open]")] = None,
    receipt: ReceiptId = None,
    into: Annotated[str, typer.Option("--bin", help="The bin. [default: where the item lies]")] = "",
    at: At = None,
    json: AsJson = False,
) -> None:
    """Book goods that came in against a purchase order; the orders that wait for them wake."""
    from database import supply_reading
    from domain.errors import NotFound, Refused
    from domain.steps import ReceiveStock
    from starters.receiving import receive as book

    stated = frame.units_by_line(units or [], "LINE=UNITS")

    async def carry() -> list[tuple[ReceiveStock, StockReceived]]:
        async with frame.database() as database:
            (order,) = await database.read(supply_reading.purchases, number)
        came = stated or {each.line: each.ordered - each.received for each in order.lines if each.received < each.ordered}
        if not came:
            raise Refused(f"Everything of purchase order {number} has come.")
        lines = {each.line: each for each in order.lines}
        booked = []
        client = await frame.client()
        for each, quantity in came.items():
            if each not in lines:
                raise NotFound("line", f"{each} of purchase order {number}")
            name = receipt or f"{number}-{lines[each].received + quantity}"
            goods = ReceiveStock(
                receipt=f"{name}/{each}",
                item=lines[each].item,
                location=order.location,
                quantity=quantity,
                bin=into,
                at=frame.moment(at),
                actor=frame.actor(),
                purchase_order=number,
                purchase_line=each,
            )
            booked.append((goods, await book(client, goods)))
        return booked

    _say_received(frame.run(carry()), json)


@purchase.command("cancel")
def cancel_purchase(number: Number, reason: Reason = "", at: At = None, json: AsJson = False) -> None:
    """Give up what has not come: the promises that hang on it are made anew."""
    _cancel(number, "", reason, at, json)


@transfer.command("place")
def place_transfer(
    item: Annotated[str, typer.Argument(help="The item.")],
    units: Annotated[int, typer.Argument(min=1, max=10_000_000, help="Units.")],
    from_location: Annotated[str, typer.Argument(metavar="FROM", help="Where it lies.")],
    to_location: Annotated[str, typer.Argument(metavar="TO", help="Where it goes.")],
    expected: Expected,
    number: Annotated[
        str | None, typer.Option("--number", help="The same twice is one transfer. [default: derived from what it says]")
    ] = None,
    at: At = None,
    json: AsJson = False,
) -> None:
    """Plan a transfer between two locations."""
    from database import transfers
    from domain.purchasing import PlaceTransfer

    due = frame.moment(expected, "--expected")
    chosen = number or "T-" + frame.derived_id("transfer", "", item, units, from_location, to_location, due).rpartition("/")[2]
    request = PlaceTransfer(
        transfer=_key(chosen, "--number"),
        item=item,
        from_location=from_location,
        to_location=to_location,
        quantity=units,
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
def list_transfers(everything: Everything = False, json: AsJson = False) -> None:
    """Transfers: what is planned, what is on the way, and when it is expected."""
    from database import supply_reading

    async def read() -> list[TransferView]:
        async with frame.database() as database:
            return await database.read(supply_reading.transfers, everything)

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
def ship_transfer(number: TransferNumber, at: At = None, json: AsJson = False) -> None:
    """The goods of a transfer left their origin; what is kept for orders there is not taken."""
    from database import transfers
    from domain.purchasing import ShipTransfer

    request = ShipTransfer(transfer=_key(number, "NUMBER"), at=frame.moment(at), actor=frame.actor())

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
    number: TransferNumber,
    expected: Annotated[str, typer.Argument(metavar="DATE", help="The new day.")],
    reason: Reason = "",
    message_id: SlipId = None,
    at: At = None,
    json: AsJson = False,
) -> None:
    """The goods come on another day: the promises that hang on them move, and those that break are asked about."""
    _slip("", number, expected, (), reason, message_id, at, json)


@transfer.command("receive")
def receive_transfer(
    number: TransferNumber,
    units: Annotated[int | None, typer.Argument(min=1, help="Units. [default: all that is on the way]")] = None,
    receipt: ReceiptId = None,
    into: Annotated[str, typer.Option("--bin", help="The bin. [default: where the item lies]")] = "",
    at: At = None,
    json: AsJson = False,
) -> None:
    """Book the goods of a transfer where they arrived; the orders that wait for them wake."""
    from database import supply_reading
    from domain.errors import NotFound, Refused
    from domain.steps import ReceiveStock
    from starters.receiving import receive as book

    async def carry() -> list[tuple[ReceiveStock, StockReceived]]:
        async with frame.database() as database:
            found = {each.transfer: each for each in await database.read(supply_reading.transfers, True)}
        if number not in found:
            raise NotFound("transfer", number)
        each = found[number]
        came = units or each.shipped - each.received
        if not came:
            raise Refused(f"Nothing of transfer {number} is on the way: it is {each.status}.")
        goods = ReceiveStock(
            receipt=receipt or f"{number}-{each.received + came}",
            item=each.item,
            location=each.to_location,
            quantity=came,
            bin=into,
            at=frame.moment(at),
            actor=frame.actor(),
            transfer=number,
        )
        return [(goods, await book(await frame.client(), goods))]

    _say_received(frame.run(carry()), json)


@transfer.command("cancel")
def cancel_transfer(number: TransferNumber, reason: Reason = "", at: At = None, json: AsJson = False) -> None:
    """Give up a transfer that has not left: the promises that hang on it are made anew."""
    _cancel("", number, reason, at, json)


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _slip(
    purchase_order: str,
    transfer_: str,
    expected: str,
    lines: tuple[int, ...],
    reason: str,
    message_id: str | None,
    at: str | None,
    json: bool,
) -> None:
    from domain.purchasing import MoveSupply
    from starters.supplying import slip

    due = frame.moment(expected, "DATE")
    # The same day may be told again after another one: a repeat is only what was typed twice within a minute, or with the same --at.
    when = at or frame.moment(None).strftime("%Y-%m-%dT%H:%M")
    moved = MoveSupply(
        slip=message_id or frame.derived_id("slip", purchase_order or transfer_, due, lines, reason, when),
        purchase_order=purchase_order,
        transfer=transfer_,
        lines=lines,
        expected_at=due,
        reason=reason,
        at=frame.moment(at),
        actor=frame.actor(),
    )

    async def carry() -> SupplyChange:
        return await slip(await frame.client(), moved)

    _say_changed(frame.run(carry()), purchase_order, transfer_, due, json)


def _cancel(purchase_order: str, transfer_: str, reason: str, at: str | None, json: bool) -> None:
    from domain.purchasing import CancelSupply
    from starters.supplying import cancel

    cancelled = CancelSupply(purchase_order=purchase_order, transfer=transfer_, reason=reason, at=frame.moment(at), actor=frame.actor())

    async def carry() -> SupplyChange:
        return await cancel(await frame.client(), cancelled)

    _say_changed(frame.run(carry()), purchase_order, transfer_, None, json)


def _say_changed(change: SupplyChange, purchase_order: str, transfer_: str, due: datetime | None, as_json: bool) -> None:
    if as_json:
        frame.answer_json(change)
        return
    subject = f"Purchase order [bold]{purchase_order}[/]" if purchase_order else f"Transfer [bold]{transfer_}[/]"
    what = f"is expected {due:%Y-%m-%d}" if due else "is cancelled"
    frame.say(f"{subject} {what}{'; it was told before' if change.repeated else ''}.")
    if change.orders:
        frame.say(f"Promised from it and told, oldest first: {', '.join(change.orders)}.")


def _say_received(booked: list[tuple[ReceiveStock, StockReceived]], as_json: bool) -> None:
    if as_json:
        frame.answer_json([{"receipt": goods.receipt, **received.model_dump(mode="json")} for goods, received in booked])
        return
    for goods, received in booked:
        what = f"{goods.quantity} x {goods.item} at {goods.location}"
        said = "was booked before; nothing was changed" if received.repeated else f"is booked: {what}"
        frame.say(f"Receipt [bold]{goods.receipt}[/] {said}.")
        if received.waiting:
            frame.say(f"Set aside for those who waited, first come first: {', '.join(received.waiting)}.")


def _item_and_units(pair: str) -> tuple[str, int]:
    item, equals, units = pair.rpartition("=")
    if not (equals and item and units.isdecimal() and 0 < int(units) <= 10_000_000):
        raise InputRefused("ITEM=UNITS", f"{pair!r} does not read ITEM=UNITS, such as KET-100=24")
    return item, int(units)


def _key(number: str, place: str) -> str:
    """A document's number as it may stand in a workflow id."""
    from pydantic import TypeAdapter, ValidationError

    from domain.order import Key

    try:
        return TypeAdapter[str](Key).validate_python(number)
    except ValidationError:
        raise InputRefused(place, f"{number!r} is not a number such as PO-000123: letters, digits and . _ : # - only") from None
