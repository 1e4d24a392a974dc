"""Scans: what a picker took out of a bin is checked against the wave, and written down once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Select, and_, insert, or_, select
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.locks import require
from database.picking import OPEN, confirm_what_is_done, locked, tasks_of
from database.tables import Item, Lot, PickedSerial, PickRelease, PickTask, Return, ScanPart, ScanRow, Shipment, Wave
from domain.errors import Conflict, NotFound, Refused
from domain.floor import Scan, Scanned


def scan(session: Session, said: Scan) -> Scanned:
    """Take a scan, or refuse it with what was expected; the same scan again gets the same answer.

    Units go to the wave's tasks at that bin in walking order. With `short` there is nothing more of the item in the bin: what is still
    wanted from it is closed. Raises NotFound (no such wave), Conflict (the id was another scan's), Refused.
    """
    row = {"scan": said.scan, "wave": said.wave, "said": said.model_dump_json(), "answer": "", "at": said.at, "actor": said.actor}
    if not insert_once(session, ScanRow, row):
        known = session.get_one(ScanRow, said.scan)
        before = Scan.model_validate_json(known.said)
        if before.model_copy(update={"at": said.at}) != said:
            raise Conflict(f"Scan {said.scan}", f"{before.quantity} x {before.item} from {before.bin} in {before.wave}")
        return Scanned.model_validate_json(known.answer).model_copy(update={"repeated": True})
    answer = _take(session, said)
    session.get_one(ScanRow, said.scan).answer = answer.model_dump_json()
    return answer


def _take(session: Session, said: Scan) -> Scanned:
    if session.get(Wave, said.wave) is None:
        raise NotFound("wave", said.wave)
    releases = locked(session, session.scalars(select(PickTask.release).where(PickTask.wave == said.wave).distinct()))
    walk = sorted((task for task in tasks_of(session, releases) if task.wave == said.wave), key=lambda task: task.position)
    here = [task for task in walk if _wanted(task, said)]
    if not here:
        raise Refused(_expected(walk, said))
    _check_lot(session, here, said)
    here = [task for task in here if task.lot == said.lot]
    left = sum(_left(task) for task in here)
    require(
        said.quantity <= left,
        f"{said.wave} expects {left} x {said.item} from {said.bin}{_named(said.lot)}, not {said.quantity}.",
    )
    require(said.short or said.quantity > 0, "A scan of no unit says nothing, unless the bin is empty: say that it is short.")
    parts = _shared(here, said.quantity)
    for task, quantity in parts:
        task.picked += quantity
        if task.picked == task.quantity:
            task.status = "picked"
    if parts:
        session.execute(insert(ScanPart), [{"scan": said.scan, "task": task.id, "quantity": quantity} for task, quantity in parts])
    _write_serials(session, said, parts)
    if said.short:
        close_short(here)
    session.flush()
    touched = {task.release for task in here}
    confirmed = confirm_what_is_done(session, (releases[key] for key in touched), said.at, said.actor)
    rest = sum(_left(task) for task in here)
    return Scanned(scan=said.scan, wave=said.wave, taken=said.quantity, left=rest, confirmed=confirmed, next_stop=_next(walk))


def close_short(tasks: Sequence[PickTask]) -> None:
    """What is still wanted of these tasks is not there."""
    for task in tasks:
        if task.status in OPEN:
            task.status = "short"


def _wanted(task: PickTask, said: Scan) -> bool:
    return (
        task.status in OPEN
        and (task.item, task.bin) == (said.item, said.bin)
        and said.order in ("", task.order)
        and said.lot in ("", task.lot)
    )


def _check_lot(session: Session, here: Sequence[PickTask], said: Scan) -> None:
    lots = sorted({task.lot for task in here})
    require(said.lot in lots, f"{said.item} in {said.bin} is picked by lot: scan the lot too ({' or '.join(lots)}).")
    lot = session.get(Lot, (said.item, said.lot)) if said.lot else None
    if lot is not None and lot.blocked and said.quantity:
        raise Refused(f"Lot {lot.lot} of {lot.item} is blocked ({lot.blocked}): leave it where it is and close the pick short.")


def _write_serials(session: Session, said: Scan, parts: Sequence[tuple[PickTask, int]]) -> None:
    """Every unit of an item that is kept by serial number has one of its own, and none is in two shipments."""
    item = session.get_one(Item, said.item, with_for_update=True if said.serials else None)  # two pickers may read one number at once
    require(
        not item.by_serial or len(said.serials) == said.quantity,
        f"{said.item} is kept by serial number: {said.quantity} units need {said.quantity} numbers, {len(said.serials)} were scanned.",
    )
    require(len(said.serials) <= said.quantity, f"{len(said.serials)} serial numbers are too many for {said.quantity} units.")
    twice = [serial for serial, times in Counter(said.serials).items() if times > 1]
    require(not twice, f"Serial number {twice[0] if twice else ''} was scanned twice.")
    if not said.serials:
        return
    for known in session.scalars(_standing(said)):
        raise Refused(f"{said.item} with serial number {known.serial} was picked for {known.order} shipment {known.shipment} already.")
    numbers = iter(said.serials)
    rows = [
        {
            "item": said.item,
            "serial": serial,
            "release": task.release,
            "order": task.order,
            "shipment": task.shipment,
            "line": task.line,
            "lot": task.lot,
            "scan": said.scan,
        }
        for task, quantity in parts
        for _, serial in zip(range(quantity), numbers, strict=False)
    ]
    session.execute(insert(PickedSerial), rows)


def _standing(said: Scan) -> Select[PickedSerial]:
    """These numbers where they are in a shipment that stands: on its way out, or with a customer who sent nothing back."""
    came_back = select(Return.rma).where(
        Return.order == PickedSerial.order, Return.status.in_(("received", "inspected", "refunded", "exchanged"))
    )
    return (
        select(PickedSerial)
        .join(PickRelease, PickRelease.key == PickedSerial.release)
        .join(Shipment, and_(Shipment.order == PickedSerial.order, Shipment.shipment == PickedSerial.shipment))
        .where(
            PickedSerial.item == said.item,
            PickedSerial.serial.in_(said.serials),
            PickRelease.status != "cancelled",
            or_(
                Shipment.status.in_(("planned", "released", "picked", "packed")),
                and_(Shipment.status.in_(("shipped", "delivered")), ~came_back.exists()),
            ),
        )
    )


def _shared(tasks: Sequence[PickTask], quantity: int) -> list[tuple[PickTask, int]]:
    """The units of a scan over the tasks at its bin, in walking order."""
    parts = []
    for task in tasks:
        part = min(_left(task), quantity)
        if part:
            parts.append((task, part))
            quantity -= part
    return parts


def _left(task: PickTask) -> int:
    return task.quantity - task.picked if task.status in OPEN else 0


def _expected(walk: Sequence[PickTask], said: Scan) -> str:
    """What the picker should have scanned: at this bin, of this item, or at the next stop."""
    open_ones = [task for task in walk if task.status in OPEN]
    if not open_ones:
        return f"Everything of {said.wave} is picked already: nothing is expected any more."
    scanned = f"{said.item} from {said.bin or 'no bin'}{_named(said.lot)}" + (f" for {said.order}" if said.order else "")
    here = [task for task in open_ones if task.bin == said.bin]
    of_item = [task for task in open_ones if task.item == said.item]
    where, tasks = ("from this bin ", here) if here else ("of this item ", of_item) if of_item else ("next ", open_ones[:1])
    return f"{said.wave} expects {where}{_listed(tasks)}, not {scanned}."


def _next(walk: Sequence[PickTask]) -> str:
    open_ones = [task for task in walk if task.status in OPEN]
    if not open_ones:
        return ""
    first = open_ones[0]
    return _listed([task for task in open_ones if (task.bin, task.item, task.lot) == (first.bin, first.item, first.lot)])


def _listed(tasks: Sequence[PickTask]) -> str:
    wanted: dict[tuple[str, str, str], int] = {}
    for task in tasks:
        place = (task.item, task.bin, task.lot)
        wanted[place] = wanted.get(place, 0) + _left(task)
    return ", ".join(f"{quantity} x {item} from {bin_}{_named(lot)}" for (item, bin_, lot), quantity in list(wanted.items())[:5])


def _named(lot: str) -> str:
    return f" of lot {lot}" if lot else ""
