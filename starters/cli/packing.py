"""The packing station on the terminal: proposed cartons, scans against the pick, labels."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused, OrderError, Refused, Unavailable
from starters.cli import frame, subjects
from starters.cli.frame import AsJson, At, OrderKey

if TYPE_CHECKING:
    from rich.console import RenderableType

    from domain.packing import Proposal
    from domain.packing_station import Bench, Closing, Scan

app = typer.Typer()
PANEL = "Pack and dispatch"

ShipmentNumber = Annotated[int, typer.Argument(metavar="SHIPMENT", min=1, help="The shipment's number within its order.")]


@app.command(rich_help_panel=PANEL)
def cartons(
    order: OrderKey,
    shipment: ShipmentNumber = 1,
    quick: Annotated[bool, typer.Option("--quick", help="First fit only; do not ask the solver.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Propose again, although nothing has changed.")] = False,
    json: AsJson = False,
) -> None:
    """Propose parcels for a shipment: which units go into which carton, by which method and why."""
    from integrations.packing import FirstFitPacker, SolverPacker
    from starters.parcelling import proposed

    async def ask() -> tuple[str, Proposal]:
        async with frame.database() as database:
            key = await subjects.key_of(database, order)
            packer = FirstFitPacker() if quick else SolverPacker()
            return key, await proposed(database, packer, key, shipment, datetime.now(UTC), anew=anew)

    key, found = frame.run(ask())
    if json:
        frame.answer_json({"order": key, "shipment": shipment, **found.model_dump(mode="json")})
        return
    frame.console().print(_proposal(found))
    frame.say(f"[dim]{found.method}: {found.why}. {found.unused:.0%} of the room stays empty; cartons cost {found.cost / 100:.2f}.[/]")


@app.command("pack-scan", rich_help_panel=PANEL)
def pack_scan(
    order: Annotated[str | None, typer.Argument(metavar="[ORDER]", help="The order; not with --file, whose lines name it.")] = None,
    shipment: Annotated[int | None, typer.Argument(metavar="[SHIPMENT]", min=1)] = None,
    parcel: Annotated[
        int | None, typer.Argument(metavar="[PARCEL]", min=1, help="1 opens the first parcel, the next number the next.")
    ] = None,
    item: Annotated[str | None, typer.Argument(metavar="[ITEM]")] = None,
    quantity: Annotated[int, typer.Argument(metavar="[UNITS]", min=1)] = 1,
    carton: Annotated[str, typer.Option("--carton", help="The carton that the parcel is.")] = "",
    scan_id: Annotated[
        str | None, typer.Option("--scan-id", help="The same id is the same scan, however often it is sent. [default: a new one]")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", help='Scans of a device, one JSON object a line: scan, order, shipment, parcel, item, quantity; "-" reads stdin.'
        ),
    ] = None,
    start_over: Annotated[bool, typer.Option("--start-over", help="Open all parcels of the shipment and forget their scans.")] = False,
    json: AsJson = False,
) -> None:
    """Put units into a parcel. A wrong item, or more than was picked, is refused with what was expected."""
    from database import packing_station

    if file is not None:
        if order is not None:
            raise InputRefused("--file", "its lines name the orders; state no order beside it")
        frame.run(_scan_file(file, json))
        return
    if order is None or shipment is None:
        raise InputRefused("ORDER SHIPMENT", "state the order and the shipment, or --file")

    async def scan(order: str, shipment: int) -> Bench:
        async with frame.database() as database:
            key = await subjects.key_of(database, order)
            if start_over:
                bench = await database.transaction(packing_station.start_over, key, shipment, datetime.now(UTC))
                if parcel is None:
                    return bench
            if parcel is None or item is None:
                return await database.read(packing_station.bench, key, shipment)
            taken = _scan(scan_id or _fresh_id(), key, shipment, parcel, item, quantity, carton)
            return await database.transaction(packing_station.take_scan, taken)

    bench = frame.run(scan(order, shipment))
    if json:
        frame.answer_json(_bench_json(bench))
    else:
        frame.console().print(_bench(bench))


@app.command("pack-close", rich_help_panel=PANEL)
def pack_close(
    order: Annotated[
        str | None, typer.Argument(metavar="[ORDER]", help="The order; without it, every closed one that was not told yet.")
    ] = None,
    shipment: ShipmentNumber = 1,
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", "-w", metavar="PARCEL=GRAMS", help="What the scale says. [default: reckoned from the items]"),
    ] = None,
    with_less: Annotated[bool, typer.Option("--with-less", help="Close although units are missing; the order asks a person.")] = False,
    at: At = None,
    json: AsJson = False,
) -> None:
    """End the packing of a shipment and tell its order. What is still missing is listed, and nothing is told."""
    from database import packing_station
    from starters.parcelling import tell_packed, tell_untold

    async def close(order: str) -> Closing:
        weights = frame.units_by_line(weight or [], "--weight")
        async with frame.database() as database:
            key = await subjects.key_of(database, order)
            closing = await database.transaction(packing_station.close, key, shipment, weights, with_less, frame.moment(at), frame.actor())
            try:
                await tell_packed(database, await frame.client(), closing)
            except Unavailable as silent:
                raise Unavailable(
                    f"Shipment {shipment} of {key} is closed; its order is told by `oms pack-close` later. {silent}"
                ) from None
            return closing

    async def catch_up() -> tuple[list[Closing], list[str]]:
        async with frame.database() as database:
            return await tell_untold(database, await frame.client())

    if order is None:
        done, trouble = frame.run(catch_up())
        if json:
            frame.answer_json({"told": [{"order": each.order, "shipment": each.shipment} for each in done], "not_told": trouble})
        else:
            frame.say(f"{len(done)} orders were told of their packing.")
        if trouble:
            raise Refused("; ".join(trouble))
        return
    closing = frame.run(close(order))
    if json:
        frame.answer_json({"order": closing.order, **closing.fact.model_dump(mode="json")})
        return
    parcels = len(closing.fact.parcels)
    frame.say(f"Order [bold]{closing.order}[/]: shipment {closing.shipment} is packed in {parcels} parcel{'s' * (parcels != 1)}.")


@app.command(rich_help_panel=PANEL)
def label(
    order: OrderKey,
    shipment: ShipmentNumber = 1,
    zpl: Annotated[bool, typer.Option("--zpl/--pdf", help="For a label printer, or for any printer.")] = False,
    own: Annotated[bool, typer.Option("--own", help="Our own label, although the carrier gave one.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file or folder to write to; - is standard output.")] = None,
    json: AsJson = False,
) -> None:
    """Write the labels of a shipment's parcels, 4 by 6 inches, with the bar codes of SSCC and tracking number."""
    from starters.labels import label_files

    kind = "zpl" if zpl else "pdf"

    async def draw() -> tuple[str, list[bytes]]:
        async with frame.database() as database:
            key = await subjects.key_of(database, order)
            return key, await database.read(lambda session: label_files(session, key, shipment, kind, own=own))

    key, files = frame.run(draw())
    if output is not None and str(output) == "-":
        sys.stdout.buffer.write(b"".join(files))
        return
    name = f"label-{key.replace('/', '-')}-{shipment}"
    written = write_files(output, [(f"{name}{f'-{n}' if len(files) > 1 else ''}.{kind}", content) for n, content in enumerate(files, 1)])
    if json:
        frame.answer_json({"order": key, "shipment": shipment, "files": [str(path) for path in written]})
        return
    for path in written:
        frame.say(f"Wrote [bold]{path}[/].")


def write_files(out: Path | None, files: Sequence[tuple[str, bytes]]) -> list[Path]:
    """Write each file under its own name into a folder, or the only one to the very path that was named."""
    if out is not None and not out.is_dir() and out.suffix and len(files) == 1:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(files[0][1])
        return [out]
    folder = out or Path()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files:
        (folder / name).write_bytes(content)
    return [folder / name for name, _ in files]


# --- parts ---------------------------------------------------------------------------------------------------------------------------


async def _scan_file(file: Path, json: bool) -> None:
    """Take a device's scans one by one; those that are refused are said, and the others count."""
    from database import packing_station

    refused: list[str] = []
    taken = repeated = 0
    async with frame.database() as database:
        for number, scan in _scans(file):
            try:
                bench = await database.transaction(packing_station.take_scan, scan)
                taken, repeated = taken + (not bench.repeated), repeated + bench.repeated
            except Unavailable:
                raise
            except OrderError as why:
                refused.append(f"line {number}: {why}")
    if json:
        frame.answer_json({"taken": taken, "repeated": repeated, "refused": refused})
    else:
        frame.say(f"{taken} scans were taken, {repeated} were known.")
    if refused:
        raise Refused("\n".join(refused))


def _scans(file: Path) -> Iterator[tuple[int, Scan]]:
    from pydantic import ValidationError

    from domain.packing_station import Scan

    text = sys.stdin.read() if str(file) == "-" else file.read_text()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            said = {"at": datetime.now(UTC).isoformat(), "actor": frame.actor(), **json_format.loads(line)}
            yield number, Scan.model_validate_json(json_format.dumps(said))
        except ValidationError as wrong:
            places = ", ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg'].lower()}" for error in wrong.errors())
            raise InputRefused(f"{file}, line {number}", places) from None
        except (ValueError, TypeError, RecursionError):
            raise InputRefused(f"{file}, line {number}", "it is not a JSON object") from None


def _scan(scan_id: str, order: str, shipment: int, parcel: int, item: str, quantity: int, carton: str) -> Scan:
    from domain.packing_station import Scan

    return Scan(
        scan=scan_id,
        order=order,
        shipment=shipment,
        parcel=parcel,
        item=item,
        quantity=quantity,
        carton=carton,
        at=datetime.now(UTC),
        actor=frame.actor(),
    )


def _fresh_id() -> str:
    """A person who scans the same thing again means another unit; a device that repeats itself sends its own id."""
    from uuid import uuid4

    return f"cli/{uuid4()}"


def _bench_json(bench: Bench) -> dict[str, object]:
    return {**bench.model_dump(mode="json"), "packed": bench.packed, "missing": bench.missing}


def _proposal(found: Proposal) -> RenderableType:
    from starters.cli.rendering import table

    rows = []
    for parcel in found.parcels:
        units: dict[tuple[int, str], int] = {}
        for unit in parcel.units:
            units[unit.line, unit.item] = units.get((unit.line, unit.item), 0) + 1
        holds = ", ".join(f"{count} × {item} (line {line})" for (line, item), count in sorted(units.items()))
        inside = " × ".join(map(str, parcel.size))
        rows.append((str(parcel.number), parcel.carton or "as it is", inside, holds, f"{parcel.weight_g / 1000:.2f} kg"))
    return table(("Parcel", "Carton", "Inside, mm", "Holds", "Weight"), rows)


def _bench(bench: Bench) -> RenderableType:
    from rich.console import Group

    from domain.packing_station import listed
    from domain.sscc import spaced
    from starters.cli.rendering import table

    rows = [(str(each.parcel), each.carton or "–", spaced(each.sscc) or "–", listed(each.contents)) for each in bench.parcels]
    state = "closed" if bench.closed else f"still to be packed: {listed(bench.missing)}" if bench.missing else "complete: `oms pack-close`"
    head = f"Shipment {bench.shipment} of {bench.order}: {state}{' (this scan was known)' if bench.repeated else ''}"
    return Group(*([table(("Parcel", "Carton", "SSCC", "Holds"), rows)] if rows else []), head)
