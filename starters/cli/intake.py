"""Orders and goods that come in."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused, Refused
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from domain.order import PlaceOrder
    from domain.steps import StockReceived

app = typer.Typer()
PANEL = "Bring in"


@app.command(rich_help_panel=PANEL)
def place(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Documents of any channel; - reads standard input.")],
    channel: Annotated[str | None, typer.Option("--channel", help="shopify, x12 or manual. [default: seen in the content]")] = None,
    json: AsJson = False,
) -> None:
    """Place the orders of these files; the same order twice is one order. A file that is refused does not keep the others out."""
    outcomes: list[dict[str, str]] = []
    try:
        frame.run(_place_all(files, channel, outcomes))
    finally:
        _show(outcomes, json)
    raise typer.Exit(3 if any("refused" in outcome for outcome in outcomes) else 0)


def _show(outcomes: list[dict[str, str]], as_json: bool) -> None:
    """What became of every order, and on standard error why some did not get in."""
    if as_json:
        frame.answer_json(outcomes)
    else:
        for outcome in outcomes:
            if "order" in outcome:
                known = "" if outcome["how"] == "started" else " was placed before; nothing was changed"
                frame.say(f"Order [bold]{outcome['order']}[/]{known or ' is placed'}.")
    for outcome in outcomes:
        if "refused" in outcome:
            print(outcome["refused"], file=sys.stderr)


@app.command(rich_help_panel=PANEL)
def receive(
    item: Annotated[str, typer.Argument(help="The item.")],
    location: Annotated[str, typer.Argument(help="Where it was put.")],
    quantity: Annotated[int, typer.Argument(min=1, max=10_000_000, help="Units.")],
    receipt: Annotated[
        str | None, typer.Option("--receipt", help="The document's number: the same twice is one receipt. [default: from the clock]")
    ] = None,
    into: Annotated[str, typer.Option("--bin", help="The bin. [default: where the item lies]")] = "",
    json: AsJson = False,
) -> None:
    """Book goods that came in; they go along the backorder queue, and the orders that win wake."""
    from domain.steps import ReceiveStock
    from starters.receiving import receive as book

    now = datetime.now(UTC)
    goods = ReceiveStock(
        receipt=receipt or f"R-{now:%Y%m%d-%H%M%S-%f}",
        item=item,
        location=location,
        quantity=quantity,
        bin=into,
        at=now,
        actor=frame.actor(),
    )

    async def carry() -> StockReceived:
        return await book(await frame.client(), goods)

    received = frame.run(carry())
    if json:
        frame.answer_json({"receipt": goods.receipt, **received.model_dump(mode="json")})
        return
    booked = "was booked before; nothing was changed" if received.repeated else f"is booked: {quantity} x {item} at {location}"
    frame.say(f"Receipt [bold]{goods.receipt}[/] {booked}.")
    if received.waiting:
        frame.say(f"Set aside for those who waited, first come first: {', '.join(received.waiting)}.")


async def _place_all(files: list[Path], channel: str | None, outcomes: list[dict[str, str]]) -> None:
    """Add what became of every order and every file to `outcomes`; only files that can be read need a server."""
    from database import intake
    from starters.placing import place as start

    settings, readable = frame.settings(), []
    async with frame.database() as database:

        async def refuse(file: Path, refused: Refused) -> None:
            if isinstance(refused, InputRefused):  # a conflict is recorded by the intake itself
                await database.transaction(intake.refuse, f"file {file.name}", refused.place, refused.reason, datetime.now(UTC))
            sentence = str(refused) if str(file) in str(refused) else f"{file}: {refused}"
            outcomes.append({"file": str(file), "refused": sentence})

        for file in files:
            try:
                readable.append((file, _orders(file, channel)))
            except InputRefused as refused:
                await refuse(file, refused)
        if not readable:
            return
        client = await frame.client()
        for file, orders in readable:
            for order in orders:
                try:
                    placed = await start(client, database, settings, order)
                except Refused as refused:
                    await refuse(file, refused)
                else:
                    outcomes.append({"file": str(file), "order": placed.order, "how": placed.how})


def _orders(file: Path, channel: str | None) -> list[PlaceOrder]:
    """The orders of one file; InputRefused for what cannot be read, whether by the machine or by us."""
    from starters.channels.recognise import LARGEST, recognise

    if file == Path("-"):
        return recognise(sys.stdin.buffer.read(LARGEST + 1), "standard input", channel)
    try:
        if (size := file.stat().st_size) > LARGEST:  # a file of many gigabytes never comes into memory
            raise InputRefused(str(file), f"it has {size:,} bytes, and at most {LARGEST:,} are read")
        content = file.read_bytes()
    except OSError as trouble:
        raise InputRefused(str(file), f"it cannot be read ({trouble.strerror})") from None
    return recognise(content, str(file), channel)
