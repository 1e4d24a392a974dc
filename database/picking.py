"""Our own floor as a warehouse: it takes a shipment's picks, forgets them again, and says when they are done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from database import outbox
from database.journal import insert_once
from database.locks import next_number
from database.tables import Bin, Order, PickRelease, PickTask, Shipment
from domain.errors import StepUndone
from domain.floor import NORMAL, URGENT, Confirmed, PickedFrom
from domain.messages import LineQuantity, PickConfirmed
from domain.order import Moment
from domain.steps import Pick

OPEN = ("released", "waved")
NUMBER = "F"
"""The counter of our releases, and what their numbers begin with: a shipment with such a number is picked by scans."""


def release(
    session: Session, key: str, order: str, shipment: int, location: str, picks: Sequence[Pick], due: Moment, at: datetime, day: timedelta
) -> str:
    """Put the picks of a shipment on the floor, once; answers with the number of the release.

    Goods that the customer wants within a day of the cut-off go first. Raises StepUndone when the picks were cancelled before they came.
    """
    wanted = session.scalar(select(Order.requested_at).where(Order.order == order))
    new = {
        "key": key,
        "reference": None,
        "order": order,
        "shipment": shipment,
        "location": location,
        "priority": URGENT if wanted is not None and wanted <= due + day else NORMAL,
        "due_at": due,
        "released_at": at,
        "status": "open",
        "confirmed_at": None,
    }
    fresh = insert_once(session, PickRelease, new)
    row = session.get_one(PickRelease, key, with_for_update=True)
    if not fresh:
        if row.status == "cancelled":
            raise StepUndone(key)
        assert row.reference is not None  # given in the transaction that released it
        return row.reference
    row.reference = f"{NUMBER}-{next_number(session, NUMBER):06}"
    zones = _zones(session, location, (pick.bin for pick in picks))
    place = {"release": key, "order": order, "shipment": shipment, "location": location}
    for pick in picks:
        task = PickTask(line=pick.line, item=pick.item, bin=pick.bin, lot=pick.lot, quantity=pick.quantity, **place)
        task.zone = zones.get(pick.bin, "")
        session.add(task)
    session.flush()
    return row.reference


def cancel(session: Session, key: str, at: datetime) -> bool:
    """Forget a release for ever; False when our floor never had it (and will not take it any more).

    What was picked of it has to be put back; what its order has not heard yet is not said.
    """
    tombstone = {"key": key, "reference": None, "order": "", "shipment": 0, "location": "", "priority": NORMAL}
    if insert_once(session, PickRelease, tombstone | {"due_at": None, "released_at": at, "status": "cancelled", "confirmed_at": None}):
        return False
    row = session.get_one(PickRelease, key, with_for_update=True)
    known = row.reference is not None
    row.status = "cancelled"
    for task in tasks_of(session, [key]):
        task.status = "cancelled"
    outbox.forget(session, message_id(key))
    return known


def close_without_scans(session: Session, shipment: Shipment, at: datetime) -> None:
    """The order was told what was picked by other means than scans: nobody has to walk there any more."""
    if not shipment.pick_reference.startswith(f"{NUMBER}-"):
        return
    chosen = select(PickRelease.key).where(PickRelease.order == shipment.order, PickRelease.shipment == shipment.shipment)
    releases = locked(session, session.scalars(chosen.where(PickRelease.status == "open")))
    for release in releases.values():
        release.status, release.confirmed_at = "confirmed", at
    for task in tasks_of(session, releases) if releases else ():
        task.status = "told" if task.status in OPEN else task.status


def locked(session: Session, keys: Iterable[str]) -> dict[str, PickRelease]:
    """The releases, locked in the order of their keys: whoever changes their tasks holds them."""
    chosen = select(PickRelease).where(PickRelease.key.in_(sorted(set(keys)))).order_by(PickRelease.key)
    rows = session.scalars(chosen.with_for_update().execution_options(populate_existing=True))
    return {row.key: row for row in rows}


def tasks_of(session: Session, keys: Iterable[str]) -> list[PickTask]:
    """All tasks of releases that the caller has locked, as they now stand."""
    chosen = select(PickTask).where(PickTask.release.in_(sorted(set(keys)))).order_by(PickTask.id)
    return list(session.scalars(chosen.execution_options(populate_existing=True)))


def confirm_what_is_done(session: Session, releases: Iterable[PickRelease], at: datetime, actor: str) -> tuple[Confirmed, ...]:
    """Releases none of whose tasks is open are confirmed, and their orders will hear it: the fact stands in this transaction."""
    open_ones = {release.key: release for release in releases if release.status == "open"}
    tasks: dict[str, list[PickTask]] = {}
    for task in tasks_of(session, open_ones):
        tasks.setdefault(task.release, []).append(task)
    done = []
    for key, release in sorted(open_ones.items()):
        picks = tasks.get(key, [])
        if any(task.status in OPEN for task in picks):
            continue
        release.status, release.confirmed_at = "confirmed", at
        units: dict[int, int] = {}
        for task in picks:
            units[task.line] = units.get(task.line, 0) + task.picked
        fact = PickConfirmed(
            message_id=message_id(key),
            occurred_at=at,
            actor=actor,
            shipment=release.shipment,
            lines=tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in sorted(units.items())),
            taken=tuple(PickedFrom(line=task.line, bin=task.bin, lot=task.lot, quantity=task.picked) for task in picks),
        )
        outbox.put(session, release.order, fact, at)
        asked = sum(task.quantity for task in picks)
        done.append(Confirmed(order=release.order, shipment=release.shipment, picked=sum(units.values()), asked=asked))
    return tuple(done)


def message_id(key: str) -> str:
    """The id of the fact that the picks released under `key` are done."""
    return f"floor/{key}"


def _zones(session: Session, location: str, bins: Iterable[str]) -> dict[str, str]:
    places = sorted({(location, bin_) for bin_ in bins})
    rows = session.execute(select(Bin.bin, Bin.zone).where(tuple_(Bin.location, Bin.bin).in_(places)))
    return {row.bin: row.zone for row in rows}
