"""Dispatch on the terminal: manifests, and where the shipments are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused
from starters.cli import frame
from starters.cli.frame import AsJson
from starters.cli.packing import PANEL, write_files

if TYPE_CHECKING:
    from rich.console import RenderableType

    from domain.dispatch import ManifestsClosed, ManifestView
    from domain.tracking_numbers import TrackingNumber

app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def manifest(
    location: Annotated[str, typer.Argument(help="The location whose day ends.")],
    carrier: Annotated[str, typer.Option("--carrier", help="This carrier only. [default: each that has something]")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The folder for the PDFs. [default: here]")] = None,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Write the paper that the driver signs.")] = True,
    json: AsJson = False,
) -> None:
    """Close the day with the carriers: all that left and is on no manifest yet, with its numbers. Again, it closes nothing twice."""
    from starters.dispatching import close_manifests
    from starters.labels import manifest_pdf

    async def close() -> tuple[ManifestsClosed, list[tuple[str, bytes]]]:
        found = await close_manifests(await frame.client(), location, carrier, datetime.now(UTC), frame.actor())
        names = [each.document for each in found.closed or found.last] if pdf else []
        async with frame.database() as database:
            return found, [(f"{name}.pdf", await database.read(manifest_pdf, name)) for name in names]

    found, papers = frame.run(close())
    written = write_files(output, papers) if papers else []
    if json:
        frame.answer_json({**found.model_dump(mode="json"), "files": [str(path) for path in written]})
        return
    if not found.closed:
        frame.say(f"Nothing has left {location}{f' with {carrier}' if carrier else ''} since the last manifest.")
    if found.closed or found.last:
        frame.console().print(_manifests(found.closed or found.last))
    for path in written:
        frame.say(f"Wrote [bold]{path}[/].")


@app.command(rich_help_panel=PANEL)
def tracking(
    number: Annotated[str, typer.Argument(help="The tracking number, as it is printed.")],
    carrier: Annotated[str, typer.Option("--carrier", help="Whose number it should be.")] = "",
    json: AsJson = False,
) -> None:
    """Whose a tracking number is, whether it can be right, and which shipment bears it."""
    from domain.tracking_numbers import read_tracking_number

    read = read_tracking_number(number, carrier)
    shipment = frame.run(_bearer(read))
    if json:
        frame.answer_json({**read.model_dump(), "order": shipment[0] if shipment else None, "shipment": shipment[1] if shipment else None})
        return
    whose = f"{read.carrier} {read.format}" if read.carrier else "of a carrier that we do not know"
    checked = "its check digit is right" if read.checked else "it has no check digit that we know"
    frame.say(f"[bold]{read.number}[/] is {whose}; {checked}.")
    frame.say(f"Shipment {shipment[1]} of order [bold]{shipment[0]}[/] bears it." if shipment else "No shipment of ours bears it.")


@app.command("pull-tracking", rich_help_panel=PANEL)
def pull_tracking(
    every: Annotated[int | None, typer.Option("--every", min=1, max=1_440, metavar="MINUTES", help="Go on asking, by a schedule.")] = None,
    stop: Annotated[bool, typer.Option("--stop", help="End the schedule.")] = False,
    json: AsJson = False,
) -> None:
    """Ask the carriers where the shipments are, for those that send no word by themselves: now once, or on a schedule."""
    from starters import dispatching

    if stop and every:
        raise InputRefused("--stop", "it ends the schedule that --every makes: state one of them")

    async def act() -> str:
        client = await frame.client()
        if stop:
            return "The schedule has ended." if await dispatching.end_schedule(client) else "There was no schedule."
        if every:
            await dispatching.keep_asking(client, every)
            return f"The carriers are asked every {every} minutes."
        await dispatching.ask_now(client)
        return "The carriers were asked; what is new is with its orders."

    said = frame.run(act())
    if json:
        frame.answer_json({"done": said})
    else:
        frame.say(said)


async def _bearer(read: TrackingNumber) -> tuple[str, int] | None:
    from sqlalchemy import select

    from database.tables import Shipment

    async with frame.database() as database:
        chosen = select(Shipment.order, Shipment.shipment).where(Shipment.tracking == read.number)
        row = await database.read(lambda session: session.execute(chosen).one_or_none())
        return None if row is None else (row.order, row.shipment)


def _manifests(found: tuple[ManifestView, ...]) -> RenderableType:
    from starters.cli.rendering import moment, table

    rows = [
        (each.document, each.carrier, moment(each.closed_at), str(each.shipments), str(each.parcels), _reference(each)) for each in found
    ]
    return table(("Manifest", "Carrier", "Closed", "Shipments", "Parcels", "Carrier's number"), rows)


def _reference(manifest: ManifestView) -> str:
    return "not told yet" if manifest.reference is None else manifest.reference or "wants none"
