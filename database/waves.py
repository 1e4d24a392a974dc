"""Waves: released pick tasks gathered by location, priority, cut-off and zone, in the order in which they are walked."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from database.locks import next_number
from database.picking import OPEN, locked, tasks_of
from database.tables import Bin, CountTask, Item, Location, PickRelease, PickTask, ScanRow, Wave
from domain.errors import NotFound, Refused
from domain.floor import URGENT, Backlog, FloorWork, GatherWave, Task, WaveView, walk


def gather(session: Session, wanted: GatherWave) -> WaveView:
    """Make a wave of the most urgent released tasks that fit; each task is in one wave only, also when two are gathered at once.

    Raises NotFound for an unknown location, Refused when nothing fits.
    """
    if session.get(Location, wanted.location) is None:
        raise NotFound("location", wanted.location)
    fitting = (
        select(PickRelease.key)
        .join(PickTask, PickTask.release == PickRelease.key)
        .where(
            PickRelease.location == wanted.location,
            PickRelease.status == "open",
            PickRelease.priority <= wanted.priority,
            PickTask.status == "released",
        )
        .group_by(PickRelease.key, PickRelease.priority, PickRelease.due_at)
        .order_by(PickRelease.priority, PickRelease.due_at, PickRelease.key)
        .limit(wanted.most)
    )
    if wanted.cut_off is not None:
        fitting = fitting.where(PickRelease.due_at <= wanted.cut_off)
    if wanted.zone:
        fitting = fitting.where(PickTask.zone == wanted.zone)
    tasks: list[PickTask] = []
    while not tasks:
        releases = locked(session, session.scalars(fitting))
        if not releases:
            break
        tasks = _chosen(wanted, releases, tasks_of(session, releases))  # none when another wave took them all while we waited: look again
    if not tasks:
        asked = f" in zone {wanted.zone}" if wanted.zone else ""
        raise Refused(f"Nothing is released to pick at {wanted.location}{asked} that fits and is in no wave yet.")
    number = f"W-{next_number(session, 'W'):06}"
    row = {"location": wanted.location, "zone": wanted.zone, "cut_off": wanted.cut_off}
    session.add(Wave(wave=number, created_at=wanted.at, actor=wanted.actor, **row))
    session.flush()
    for position, stop in enumerate(_walked(session, tasks), 1):
        stop.task.status, stop.task.wave, stop.task.position = "waved", number, position
    session.flush()
    return show(session, number)


def show(session: Session, wave: str) -> WaveView:
    """A wave with its tasks in walking order. Raises NotFound."""
    found = _views(session, [wave])
    if not found:
        raise NotFound("wave", wave)
    return found[0]


def list_waves(session: Session, location: str = "", limit: int = 20, everything: bool = False) -> list[WaveView]:
    """The newest waves; only those with open tasks, unless `everything` is asked for."""
    chosen = select(Wave.wave).order_by(Wave.wave.desc()).limit(limit)
    if location:
        chosen = chosen.where(Wave.location == location)
    if not everything:
        chosen = chosen.where(select(PickTask.id).where(PickTask.wave == Wave.wave, PickTask.status.in_(OPEN)).exists())
    return _views(session, list(session.scalars(chosen)))


def backlog(session: Session, location: str = "") -> list[Backlog]:
    """What waits for a wave, by location and zone."""
    chosen = (
        select(
            PickTask.location,
            PickTask.zone,
            func.count().label("tasks"),
            func.sum(PickTask.quantity).label("units"),
            func.count(func.distinct(PickTask.release)).label("shipments"),
            func.count().filter(PickRelease.priority <= URGENT).label("urgent"),
            func.min(PickRelease.due_at).label("next_cut_off"),
        )
        .join(PickRelease, PickRelease.key == PickTask.release)
        .where(PickTask.status == "released", PickRelease.status == "open")
        .group_by(PickTask.location, PickTask.zone)
        .order_by(PickTask.location, PickTask.zone)
    )
    if location:
        chosen = chosen.where(PickTask.location == location)
    return [Backlog.model_validate(dict(row._mapping)) for row in session.execute(chosen)]


def worked(session: Session) -> FloorWork:
    """What was done on our own floors so far."""

    def number(of: ColumnElement[int] | InstrumentedAttribute[int], *where: ColumnElement[bool]) -> int:
        return int(session.scalar(select(func.coalesce(of, 0)).where(*where)) or 0)

    return FloorWork(
        waves=number(func.count(Wave.wave)),
        scans=number(func.count(ScanRow.scan)),
        units=number(func.sum(PickTask.picked)),
        short=number(func.count(PickTask.id), PickTask.status == "short"),
        counted=number(func.count(CountTask.task), CountTask.counted.is_not(None)),
    )


def _chosen(wanted: GatherWave, releases: dict[str, PickRelease], tasks: list[PickTask]) -> list[PickTask]:
    """The tasks that fit, the most urgent first; whole shipments as long as there is room, the first always."""
    by_release: dict[str, list[PickTask]] = {}
    for task in tasks:
        if task.status == "released" and wanted.zone in ("", task.zone) and releases[task.release].status == "open":
            by_release.setdefault(task.release, []).append(task)

    def urgency(key: str) -> tuple[int, object, str]:
        return releases[key].priority, releases[key].due_at, key

    chosen: list[PickTask] = []
    for key in sorted(by_release, key=urgency):
        if chosen and len(chosen) + len(by_release[key]) > wanted.most:
            break
        chosen += by_release[key]
    return chosen


@dataclass(frozen=True)
class _Stop:
    """A task and where its bin stands."""

    task: PickTask
    zone: str
    aisle: int
    sequence: int
    bin: str


def _walked(session: Session, tasks: list[PickTask]) -> list[_Stop]:
    location = tasks[0].location
    names = sorted({task.bin for task in tasks})
    bins = {row.bin: row for row in session.scalars(select(Bin).where(Bin.location == location, Bin.bin.in_(names)))}
    stops = []
    for task in tasks:
        place = bins.get(task.bin)
        where = (place.zone, place.aisle, place.sequence) if place else ("", 0, 0)
        stops.append(_Stop(task, *where, bin=task.bin))
    return walk(sorted(stops, key=lambda stop: (stop.bin, stop.task.item, stop.task.lot, stop.task.id)))


def _views(session: Session, waves: list[str]) -> list[WaveView]:
    chosen = (
        select(PickTask, Item.description, Item.by_serial)
        .join(Item, and_(Item.item == PickTask.item))
        .where(PickTask.wave.in_(waves))
        .order_by(PickTask.wave, PickTask.position)
    )
    tasks: dict[str, list[Task]] = {}
    for row, description, by_serial in session.execute(chosen):
        tasks.setdefault(row.wave or "", []).append(
            Task(
                task=row.id,
                position=row.position,
                zone=row.zone,
                bin=row.bin,
                item=row.item,
                description=description,
                lot=row.lot,
                quantity=row.quantity,
                picked=row.picked,
                status=row.status,
                order=row.order,
                shipment=row.shipment,
                line=row.line,
                by_serial=by_serial,
            )
        )
    rows = session.scalars(select(Wave).where(Wave.wave.in_(waves)).order_by(Wave.wave.desc()))
    return [
        WaveView(
            wave=row.wave,
            location=row.location,
            zone=row.zone,
            cut_off=row.cut_off,
            created_at=row.created_at,
            actor=row.actor,
            tasks=tuple(tasks.get(row.wave, ())),
        )
        for row in rows
    ]
