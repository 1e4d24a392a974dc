"""The crew of our own floor: it gathers waves, walks them with a scanner, and packs what was picked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from database import counting, waves
from database.engine import Database
from database.tables import CountTask, Item, PickRelease, PickTask, Shipment, Stock
from domain.counting import EnterCount
from domain.errors import Refused
from domain.exceptions import ExceptionKind
from domain.floor import EVERYWHERE, GatherWave, Scan
from domain.messages import Packed
from domain.order import Moment
from domain.values import Value
from domain.views import OrderView
from integrations.simulated import Script, World
from integrations.simulated.outbox import SENT, Entry, forget
from integrations.simulated.scripts import PickScript, What, When, draw, request_id
from simulation.floor import parcelled, remembered_at, was_forgotten

GATHERS_AT = 4
"""So many waiting tasks make a wave worth the walk."""
COUNTS_AFTER = 0.5
"""Days until a bin is counted that came up short."""
GATHERS_AFTER = 0.2
"""Days after which even a single task is walked."""


class Walk(Value):
    """One task of a release, as the crew sees it."""

    task: int
    wave: str
    line: int
    item: str
    bin: str
    lot: str
    quantity: int
    picked: int
    by_serial: bool


class Job(Value):
    """A release that is on the floor, or that just left it for the packing table."""

    key: str
    order: str
    shipment: int
    location: str
    status: str
    released_at: Moment
    confirmed_at: Moment | None
    first: bool  # the order had none before on our floor
    walks: tuple[Walk, ...]


class Crew:
    """Works from the database alone, and says what it does through the outbox of the world: it may be killed at any moment."""

    def __init__(self, database: Database, locations: frozenset[str]) -> None:
        self._database, self._locations = database, locations

    async def work(self, world: World, views: Mapping[str, OrderView], day: timedelta, now: datetime) -> None:
        """Gather what waits, plan a scan for every task of a wave and the parcels of every shipment that was picked, and count bins."""
        for waiting in await self._database.read(waiting_locations, now - GATHERS_AFTER * day):
            try:
                await self._database.transaction(waves.gather, GatherWave(location=waiting, at=now, actor=f"lead {waiting}"))
            except Refused:  # it was cancelled while the lead looked
                continue
        for task in await self._database.read(counts_at_hand, now - COUNTS_AFTER * day, self._locations):
            await self._database.transaction(count_bin, task, now)
        planned = await world.off_loop(planned_keys, world)
        cancelled = await self._database.read(cancelled_of, planned) if planned else []
        jobs = await self._database.read(jobs_at_hand)
        if jobs or cancelled:
            await world.off_loop(plan, world, jobs, cancelled, views, day)


def plan(world: World, jobs: Sequence[Job], cancelled: Sequence[str], views: Mapping[str, OrderView], day: timedelta) -> None:
    """Write down what will be scanned and packed, each thing once; what was cancelled is not said any more."""
    with world.transaction() as connection:
        for key in cancelled:
            forget(connection, _subject(key))
        for job in jobs:
            script = world.script_of(job.order)
            first = job.first and not world.rows(
                "SELECT 1 FROM tasks WHERE order_key = ? AND released_at < ?", job.order, job.released_at.timestamp()
            )
            if job.status == "confirmed":
                world.outbox.put(packed(job, day, world.seed), connection)
            elif not _waits_for_request(world, job, script) and not (first and was_forgotten(script, views.get(job.order))):
                started = job.released_at
                if first and ExceptionKind.PICK_OVERDUE in script.decisions:
                    started = max(started, remembered_at(views[job.order]))
                world.outbox.put(scans(job, script, started, day, world.seed, first=first), connection)


def scans(job: Job, script: Script, started: datetime, day: timedelta, seed: int, *, first: bool) -> list[Entry]:
    """A scan for each task that is in a wave; where the script says so, the first line misses a unit."""
    picked_at = started + (0.1 + 0.2 * draw(seed, job.key, "pick")) * day
    missing = min(walk.line for walk in job.walks) if first and script.pick is PickScript.SHORT else 0
    entries = []
    for walk in sorted(job.walks, key=lambda walk: walk.task, reverse=True):
        short = walk.line == missing
        if short:
            missing = 0
        quantity = walk.quantity - short
        name = f"floor/{job.key}/{walk.task}"
        if walk.wave and not walk.picked:
            said = Scan(
                scan=name,
                wave=walk.wave,
                item=walk.item,
                bin=walk.bin,
                quantity=quantity,
                lot=walk.lot,
                serials=tuple(f"{walk.item}/{walk.task:05}/{n}" for n in range(1, quantity + 1)) if walk.by_serial else (),
                short=short,
                order=job.order,
                at=picked_at,
                actor=f"picker {job.location}",
            )
            entries.append(Entry(id=name, order=job.order, subject=_subject(job.key), said=said, send_at=picked_at))
    return entries


def packed(job: Job, day: timedelta, seed: int) -> list[Entry]:
    """The parcels of what was picked, 0.1 to 0.3 days after the last scan; no unit, no parcel."""
    assert job.confirmed_at is not None  # it is confirmed
    at = job.confirmed_at + (0.1 + 0.2 * draw(seed, job.key, "pack")) * day
    found: dict[int, int] = {}
    for walk in job.walks:
        found[walk.line] = found.get(walk.line, 0) + walk.picked
    parcels = parcelled(found)
    if not parcels:
        return []
    name = f"floor/{job.key}/packed"
    said = Packed(message_id=name, occurred_at=at, actor=f"packer {job.location}", shipment=job.shipment, parcels=parcels)
    return [Entry(id=name, order=job.order, subject=_subject(job.key), said=said, send_at=at)]


def waiting_locations(session: Session, since: datetime) -> list[str]:
    """Where enough tasks wait for a wave, or one that was released before `since`."""
    chosen = select(PickTask.location, PickRelease.released_at).join(PickRelease, PickRelease.key == PickTask.release)
    found: dict[str, list[datetime]] = {}
    for location, released_at in session.execute(chosen.where(PickTask.status == "released", PickRelease.status == "open")):
        found.setdefault(location, []).append(released_at)
    return sorted(place for place, waiting in found.items() if len(waiting) >= GATHERS_AT or min(waiting) <= since)


def counts_at_hand(session: Session, since: datetime, locations: frozenset[str]) -> list[str]:
    """Bins of our floors that somebody asked to be counted before `since`."""
    chosen = select(CountTask.task, CountTask.location).where(CountTask.status == "open", CountTask.opened_at <= since)
    return [task for task, location in session.execute(chosen) if locations & {location, EVERYWHERE}]


def count_bin(session: Session, number: str, now: datetime) -> None:
    """Count what lies in the bin: in this world the books are right once a short pick has corrected them."""
    task = session.get_one(CountTask, number)
    row = session.get_one(Stock, (task.item, task.location, task.bin))
    there = counting.expected_in_bin(session, row, task.lot)
    counting.enter(session, EnterCount(task=number, quantity=there, at=now, actor=f"counter {task.location}"))


def planned_keys(world: World) -> list[str]:
    """The releases of which something is still to be said."""
    rows = world.rows("SELECT DISTINCT subject FROM outbox WHERE outcome = '' AND subject LIKE 'task %'")
    return [str(row["subject"]).removeprefix("task ") for row in rows]


def cancelled_of(session: Session, keys: Sequence[str]) -> list[str]:
    return list(session.scalars(select(PickRelease.key).where(PickRelease.key.in_(keys), PickRelease.status == "cancelled")))


def jobs_at_hand(session: Session) -> list[Job]:
    """Releases whose shipment is not packed yet."""
    before = aliased(PickRelease)
    earlier = select(before.key).where(before.order == PickRelease.order, before.released_at < PickRelease.released_at)
    chosen = (
        select(PickRelease, PickTask, Item.by_serial, earlier.exists().label("again"))
        .join(PickTask, PickTask.release == PickRelease.key)
        .join(Item, Item.item == PickTask.item)
        .join(Shipment, (Shipment.order == PickRelease.order) & (Shipment.shipment == PickRelease.shipment))
        .where(PickRelease.status != "cancelled", Shipment.status.in_(("planned", "released", "picked")))
        .order_by(PickRelease.key, PickTask.id)
    )
    releases: dict[str, tuple[PickRelease, bool, list[Walk]]] = {}
    for release, task, by_serial, again in session.execute(chosen):
        walk = Walk(
            task=task.id,
            wave=task.wave or "",
            line=task.line,
            item=task.item,
            bin=task.bin,
            lot=task.lot,
            quantity=task.quantity,
            picked=task.picked,
            by_serial=by_serial,
        )
        releases.setdefault(release.key, (release, again, []))[2].append(walk)
    return [
        Job(
            key=row.key,
            order=row.order,
            shipment=row.shipment,
            location=row.location,
            status=row.status,
            released_at=row.released_at,
            confirmed_at=row.confirmed_at,
            first=not again,
            walks=tuple(walks),
        )
        for row, again, walks in releases.values()
    ]


def _waits_for_request(world: World, job: Job, script: Script) -> bool:
    """The customer is about to say something that must be said before the goods are touched, or has just cancelled them."""
    return any(
        not outcome or (request.what is What.CANCEL and outcome == SENT)
        for request in script.requests
        if request.when in (When.CAPTURED, When.PICKING)
        for outcome in [world.outbox.outcome(request_id(job.order, request))]
    )


def _subject(key: str) -> str:
    return f"task {key}"
