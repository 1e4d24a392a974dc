"""What the commands for purchase orders and transfers have in common: slips, cancellations, receipts, and how they are said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused
from starters.cli import frame

if TYPE_CHECKING:
    from domain.purchasing import SupplyChange
    from domain.steps import ReceiveStock, StockReceived

PANEL = "Supply"

Expected = Annotated[str, typer.Option("--expected", metavar="DATE", help="The day on which the goods are expected.")]
NewDay = Annotated[str, typer.Argument(metavar="DATE", help="The new day.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in words.")]
SlipId = Annotated[str | None, typer.Option("--message-id", help="The same id is the same message. [default: derived from what it says]")]
ReceiptId = Annotated[
    str | None, typer.Option("--receipt", help="The delivery note: the same twice is one receipt. [default: from the clock]")
]
Bin = Annotated[str, typer.Option("--bin", help="The bin. [default: where the item lies]")]
Everything = Annotated[bool, typer.Option("--all", help="Also what has come or was given up.")]


def slip(
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
    from starters import supplying

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
        return await supplying.slip(await frame.client(), moved)

    say_changed(frame.run(carry()), purchase_order, transfer_, due, json)


def cancel(purchase_order: str, transfer_: str, reason: str, at: str | None, json: bool) -> None:
    from domain.purchasing import CancelSupply
    from starters import supplying

    cancelled = CancelSupply(purchase_order=purchase_order, transfer=transfer_, reason=reason, at=frame.moment(at), actor=frame.actor())

    async def carry() -> SupplyChange:
        return await supplying.cancel(await frame.client(), cancelled)

    say_changed(frame.run(carry()), purchase_order, transfer_, None, json)


def say_changed(change: SupplyChange, purchase_order: str, transfer_: str, due: datetime | None, as_json: bool) -> None:
    if as_json:
        frame.answer_json(change)
        return
    subject = f"Purchase order [bold]{purchase_order}[/]" if purchase_order else f"Transfer [bold]{transfer_}[/]"
    what = f"is expected {due:%Y-%m-%d}" if due else "is cancelled"
    frame.say(f"{subject} {what}{'; it was told before' if change.repeated else ''}.")
    if change.orders:
        frame.say(f"Promised from it and told, oldest first: {', '.join(change.orders)}.")


async def booked(goods: Sequence[ReceiveStock]) -> list[tuple[ReceiveStock, StockReceived]]:
    """Book what came, one after the other, each by a workflow that wakes who waits for it."""
    from starters.receiving import receive

    client = await frame.client()
    return [(each, await receive(client, each)) for each in goods]


def say_received(booked: list[tuple[ReceiveStock, StockReceived]], as_json: bool) -> None:
    if as_json:
        frame.answer_json([{"receipt": goods.receipt, **received.model_dump(mode="json")} for goods, received in booked])
        return
    for goods, received in booked:
        what = f"{goods.quantity} x {goods.item} at {goods.location}"
        said = "was booked before; nothing was changed" if received.repeated else f"is booked: {what}"
        frame.say(f"Receipt [bold]{goods.receipt}[/] {said}.")
        if received.waiting:
            frame.say(f"Set aside for those who waited, first come first: {', '.join(received.waiting)}.")


def from_the_clock() -> str:
    """A receipt of its own: two docks that receive as much of the same order at once have two."""
    return f"R-{frame.moment(None):%Y%m%d-%H%M%S-%f}"


def item_and_units(pair: str) -> tuple[str, int]:
    item, equals, units = pair.rpartition("=")
    if not (equals and item and units.isdecimal() and 0 < int(units) <= 10_000_000):
        raise InputRefused("ITEM=UNITS", f"{pair!r} does not read ITEM=UNITS, such as KET-100=24")
    return item, int(units)


def units_by_item(pairs: list[str]) -> dict[str, int]:
    """Raises InputRefused for an item that is named twice."""
    found: dict[str, int] = {}
    for item, units in map(item_and_units, pairs):
        if item in found:
            raise InputRefused("ITEM=UNITS", f"{item} is named twice: write all its units in one place")
        found[item] = units
    return found


def key(number: str, place: str) -> str:
    """A document's number as it may stand in a workflow id."""
    from pydantic import TypeAdapter, ValidationError

    from domain.order import Key

    try:
        return TypeAdapter[str](Key).validate_python(number)
    except ValidationError:
        raise InputRefused(place, f"{number!r} is not a number such as PO-000123: letters, digits and . _ : # - only") from None
