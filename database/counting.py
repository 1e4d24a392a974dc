"""Counts: a bin is counted, a difference is approved, and the ledger says what is really there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from database import backorders, lots, outbox
from database.locks import items_locked, next_number, require
from database.picking import OPEN, confirm_what_is_done, locked, tasks_of
from database.scanning import close_short
from database.stock import move
from database.tables import Bin, CountTask, Item, Location, LotStock, PickRelease, PickTask, Reservation, Shipment, Stock, StockMovement
from domain.counting import AbcClass, CountReason, CountStatus, CountView, EnterCount, PlanCount, abc_classes
from domain.errors import NotFound, Refused
from domain.floor import Confirmed
from domain.messages import StockArrived

UNDECIDED = (CountStatus.OPEN.value, CountStatus.COUNTED.value)
MOVED_WITHIN = timedelta(days=90)
"""What was shipped in this time makes an item's class."""
_OUT_OF_THEIR_BINS = ("picked", "packed")
_CORRECTIONS = ("short_pick", "adjustment")


def open_task(session: Session, row: Stock, lot: str, reason: CountReason, at: datetime, actor: str) -> CountTask | None:
    """Have a bin counted whose row the caller has locked, unless its count is under way already."""
    if any(task.lot == lot for task in session.scalars(_of_place(row).where(CountTask.status.in_(UNDECIDED)))):
        return None
    number = f"CT-{next_number(session, 'CT'):06}"
    place = {"item": row.item, "location": row.location, "bin": row.bin, "lot": lot}
    task = CountTask(task=number, reason=reason.value, opened_at=at, opened_by=actor, **place)
    session.add(task)
    session.flush()
    return task


def plan(session: Session, wanted: PlanCount) -> list[CountView]:
    """Open tasks for the bins that the plan names. Raises NotFound for an unknown location, Refused when nothing fits."""
    if session.get(Location, wanted.location) is None:
        raise NotFound("location", wanted.location)
    last = (
        select(func.max(CountTask.counted_at))
        .where(CountTask.item == Stock.item, CountTask.location == Stock.location, CountTask.bin == Stock.bin)
        .scalar_subquery()
    )
    chosen = (
        select(Stock)
        .outerjoin(Bin, and_(Bin.location == Stock.location, Bin.bin == Stock.bin))
        .where(Stock.location == wanted.location)
        .order_by(last.is_not(None), last, Stock.bin, Stock.item)
    )
    for column, name in ((Bin.zone, wanted.zone), (Stock.bin, wanted.bin), (Stock.item, wanted.item)):
        if name:
            chosen = chosen.where(column == name)
    if wanted.abc is not None:
        classes = classes_of_items(session, wanted.at)
        chosen = chosen.where(Stock.item.in_(sorted(item for item, found in classes.items() if found is wanted.abc)))
    under_way = select(CountTask.task).where(
        CountTask.item == Stock.item, CountTask.location == Stock.location, CountTask.bin == Stock.bin, CountTask.status.in_(UNDECIDED)
    )
    fitting = list(session.scalars(chosen.where(~under_way.exists()).limit(wanted.most)))
    opened: list[str] = []
    for row in sorted(fitting, key=lambda row: (row.item, row.location, row.bin)):
        session.refresh(row, with_for_update=True)
        for lot in _lots_of(session, row):
            task = open_task(session, row, lot, CountReason.PLAN, wanted.at, wanted.actor)
            if task is not None:
                opened.append(task.task)
    require(bool(opened), f"There is no stock at {wanted.location} that fits and is not being counted already.")
    return views(session, opened)


def enter(session: Session, said: EnterCount) -> CountView:
    """Somebody counted. What one person may book is booked at once; the rest waits for approval. The same count again changes nothing."""
    held = _items_held(session, said.task, said.at)
    task, row = _locked(session, said.task)
    if task.status != CountStatus.OPEN:
        require(task.counted == said.quantity, f"{task.task} was counted already: {task.counted} units by {task.counted_by}.")
        return views(session, [task.task])[0].model_copy(update={"repeated": True})
    task.expected = expected_in_bin(session, row, task.lot)
    task.counted, task.counted_at, task.counted_by = said.quantity, said.at, said.actor
    task.ledger_at = session.scalar(select(func.max(StockMovement.id)).where(*_in(row))) or 0
    task.status = CountStatus.COUNTED.value
    variance = said.quantity - task.expected
    value = session.scalar(select(Item.value).where(Item.item == task.item)) or 0
    if said.tolerance.covers(variance, value) and not _held_up(session, task, row):
        _post(session, task, row, held, said.at, said.actor, "within tolerance" if variance else "")
    session.flush()
    return views(session, [task.task])[0]


def approve(session: Session, number: str, at: datetime, actor: str, note: str = "") -> CountView:
    """A second person stands for the difference: it goes into the ledger with the reason and their name. Twice is once.

    Raises Refused when units that orders wait to pick would be gone: those picks have to be given up first (`give_up`).
    """
    held = _items_held(session, number, at)
    task, row = _locked(session, number)
    if task.status == CountStatus.POSTED:
        return views(session, [number])[0].model_copy(update={"repeated": True})
    require(task.status == CountStatus.COUNTED, f"{number} is {task.status}: there is no count to approve.")
    require(actor != task.counted_by, f"{number} was counted by {actor}: somebody else has to approve it.")
    held_up = _held_up(session, task, row)
    if held_up:
        raise Refused(f"{number} cannot be booked yet: {held_up}")
    _post(session, task, row, held, at, actor, note)
    session.flush()
    return views(session, [number])[0]


def recount(session: Session, number: str, at: datetime, actor: str) -> CountView:
    """Nobody believes the count: another task takes its place. Twice is once."""
    task, row = _locked(session, number)
    if task.status == CountStatus.RECOUNTED:
        return views(session, [number])[0].model_copy(update={"repeated": True})
    require(task.status == CountStatus.COUNTED, f"{number} is {task.status}: there is no count to repeat.")
    task.status, task.decided_at, task.decided_by = CountStatus.RECOUNTED.value, at, actor
    session.flush()
    again = open_task(session, row, task.lot, CountReason.RECOUNT, at, actor)
    assert again is not None  # the one that stood in the way was ended above
    return views(session, [again.task])[0]


def give_up(session: Session, number: str, at: datetime, actor: str) -> tuple[Confirmed, ...]:
    """Close picks of our own floor whose goods are not there, the least urgent first, until the count can be booked.

    Their orders hear of a short pick and ask what becomes of it; their booking lowers the stock, and approving books what is left of the
    difference. Raises Refused when none of our own picks stands in the way.
    """
    task, _ = _unlocked(session, number)
    releases = locked(session, session.scalars(_open_picks(task)))
    task, row = _locked(session, number)
    require(task.status == CountStatus.COUNTED, f"{number} is {task.status}: there is no count to book.")
    short = _reserved_in_bin(session, row, task.lot) - _after(session, task, row)
    require(short > 0, f"{number} can be booked: no pick stands in its way.")
    picks = [pick for pick in tasks_of(session, releases) if pick.status in OPEN and _same_place(pick, task)]
    picks.sort(key=lambda pick: (releases[pick.release].priority, releases[pick.release].due_at, pick.id), reverse=True)
    closed = []
    for pick in picks:
        if short > 0:
            closed.append(pick)
            short -= pick.quantity - pick.picked
    require(bool(closed), f"No pick of our own floor stands in the way of {number}: {_held_up(session, task, row)}")
    close_short(closed)
    session.flush()
    return confirm_what_is_done(session, (releases[pick.release] for pick in closed), at, actor)


def views(session: Session, numbers: Iterable[str] = (), status: str = "", location: str = "", limit: int = 100) -> list[CountView]:
    """Count tasks as they stand: the named ones, or the newest of a status and a location; undecided ones without either."""
    named = sorted(set(numbers))
    chosen = select(CountTask, Item).join(Item, Item.item == CountTask.item).limit(max(limit, len(named)))
    if named:
        chosen = chosen.where(CountTask.task.in_(named)).order_by(CountTask.location, CountTask.bin, CountTask.task)
    else:
        chosen = chosen.where(CountTask.status.in_((status,) if status else UNDECIDED)).order_by(CountTask.task.desc())
        chosen = chosen.where(CountTask.location == location) if location else chosen
    return [_view(session, task, item) for task, item in session.execute(chosen)]


def classes_of_items(session: Session, at: datetime) -> dict[str, AbcClass]:
    """Every item's class by the value that was shipped of it lately; without values in the catalogue, by units."""
    moved = (
        select(StockMovement.item, func.sum(-StockMovement.quantity).label("units"))
        .where(StockMovement.kind.in_(("shipment", "shipment_undone")), StockMovement.at > at - MOVED_WITHIN)
        .group_by(StockMovement.item)
        .subquery()
    )
    chosen = select(Item.item, Item.value, func.coalesce(moved.c.units, 0)).outerjoin(moved, moved.c.item == Item.item)
    return abc_classes({item: int(units) * max(value, 1) for item, value, units in session.execute(chosen)})


def expected_in_bin(session: Session, row: Stock, lot: str) -> int:
    """What should lie in the bin: on hand, less what was picked and has not shipped."""
    return _on_hand(session, row, lot) - taken_out(session, row, lot)


def taken_out(session: Session, row: Stock, lot: str) -> int:
    """Units that the books have on hand in the bin and that pickers have taken out of it already."""
    booked = (
        select(func.coalesce(func.sum(Reservation.quantity), 0))
        .join(Shipment, and_(Shipment.order == Reservation.order, Shipment.shipment == Reservation.shipment))
        .where(
            Reservation.item == row.item,
            Reservation.location == row.location,
            Reservation.bin == row.bin,
            Reservation.lot == lot,
            Reservation.ended == "",
            Shipment.status.in_(_OUT_OF_THEIR_BINS),
        )
    )
    scanned = (
        select(func.coalesce(func.sum(PickTask.picked), 0))
        .join(PickRelease, PickRelease.key == PickTask.release)
        .join(Shipment, and_(Shipment.order == PickTask.order, Shipment.shipment == PickTask.shipment))
        .where(
            PickTask.item == row.item,
            PickTask.location == row.location,
            PickTask.bin == row.bin,
            PickTask.lot == lot,
            PickRelease.status != "cancelled",
            Shipment.status.in_(("planned", "released")),
        )
    )
    return int(session.scalar(booked) or 0) + int(session.scalar(scanned) or 0)


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _post(session: Session, task: CountTask, row: Stock, held: set[str], at: datetime, actor: str, note: str) -> None:
    """The ledger says what was counted; stock that was found goes along the backorder queue, and who wins it is told.

    `held` are the items that the caller has locked for that.
    """
    difference = _open_variance(session, task)
    if difference:
        row.on_hand += difference
        reason = f"{task.task}: counted {task.counted}, expected {task.expected}" + (f"; {note}" if note else "")
        move(session, row, difference, "adjustment", f"count/{task.task}", at, None, actor, lot=task.lot, reason=reason)
    task.status, task.adjusted, task.decided_at, task.decided_by, task.note = CountStatus.POSTED.value, difference, at, actor, note
    if difference > 0 and lots.may_be_had(session, task.item, task.lot, at.date()):
        session.flush()
        key = f"count/{task.task}"
        backorders.free_for_queue(session, key, {(task.item, task.location): difference}, at)
        for order in backorders.hand_out(session, [task.item], at, key, locked=held, told=True):
            found = StockArrived(
                message_id=f"count/{task.task}/{order}",
                occurred_at=at,
                actor=actor,
                item=task.item,
                location=task.location,
                quantity=difference,
            )
            outbox.put(session, order, found, at)


def _open_variance(session: Session, task: CountTask) -> int:
    """What is left to book of a difference: short picks and adjustments of the bin since it was counted are part of it."""
    assert task.counted is not None  # it was counted
    assert task.expected is not None
    corrected = select(func.coalesce(func.sum(StockMovement.quantity), 0)).where(
        StockMovement.item == task.item,
        StockMovement.location == task.location,
        StockMovement.bin == task.bin,
        StockMovement.lot == task.lot,
        StockMovement.id > task.ledger_at,
        StockMovement.kind.in_(_CORRECTIONS),
    )
    return task.counted - task.expected - int(session.scalar(corrected) or 0)


def _after(session: Session, task: CountTask, row: Stock) -> int:
    """Units on hand once the difference is booked."""
    return _on_hand(session, row, task.lot) + _open_variance(session, task)


def _held_up(session: Session, task: CountTask, row: Stock) -> str:
    """Why the count cannot be booked: more is kept for orders than would be left; names the picks and what to do."""
    after, reserved = _after(session, task, row), _reserved_in_bin(session, row, task.lot)
    if after >= reserved:
        return ""
    chosen = (
        select(Reservation.order, Reservation.shipment, func.sum(Reservation.quantity), func.max(Shipment.status))
        .join(Shipment, and_(Shipment.order == Reservation.order, Shipment.shipment == Reservation.shipment))
        .where(
            Reservation.item == row.item,
            Reservation.location == row.location,
            Reservation.bin == row.bin,
            Reservation.lot == task.lot,
            Reservation.ended == "",
            Shipment.status.not_in(_OUT_OF_THEIR_BINS),
        )
        .group_by(Reservation.order, Reservation.shipment)
        .order_by(Reservation.order, Reservation.shipment)
    )
    picks = [f"{units} for {order} shipment {shipment}" for order, shipment, units, _ in session.execute(chosen)]
    listed = ", ".join(picks[:6]) + (f" and {len(picks) - 6} more" if len(picks) > 6 else "")
    return (
        f"{reserved} of {task.item} in {task.bin} are kept for orders and {after} would be left. Not picked yet are {listed}: give "
        f"{reserved - after} up (`oms count give-up {task.task}`; `oms pick ORDER --line LINE=UNITS` for what another warehouse picks)."
    )


def _reserved_in_bin(session: Session, row: Stock, lot: str) -> int:
    if not lot:
        return row.reserved
    kept = select(func.coalesce(func.sum(Reservation.quantity), 0)).where(
        Reservation.item == row.item,
        Reservation.location == row.location,
        Reservation.bin == row.bin,
        Reservation.lot == lot,
        Reservation.ended == "",
    )
    return int(session.scalar(kept) or 0)


def _on_hand(session: Session, row: Stock, lot: str) -> int:
    if not lot:
        return row.on_hand
    kept = session.get(LotStock, (row.item, row.location, row.bin, lot), with_for_update=True)
    return kept.on_hand if kept else 0


def _lots_of(session: Session, row: Stock) -> list[str]:
    """The lots to count in a bin; one count without a lot where nothing is kept by lot."""
    if not row.by_lot:
        return [""]
    chosen = select(LotStock.lot).where(
        LotStock.item == row.item, LotStock.location == row.location, LotStock.bin == row.bin, LotStock.on_hand > 0
    )
    return list(session.scalars(chosen.order_by(LotStock.lot)))


def _items_held(session: Session, number: str, at: datetime) -> set[str]:
    """Lock the item, and what handing it out would lock with it: before the rows of its stock, as everybody does."""
    task, _ = _unlocked(session, number)
    held = backorders.needed(session, [task.item], at)
    items_locked(session, held)
    return held


def _unlocked(session: Session, number: str) -> tuple[CountTask, Stock]:
    task = session.get(CountTask, number)
    if task is None:
        raise NotFound("count task", number)
    return task, session.get_one(Stock, (task.item, task.location, task.bin))


def _locked(session: Session, number: str) -> tuple[CountTask, Stock]:
    """The task and the row of its bin, locked: the row first, as everybody does who opens a task for it."""
    task, row = _unlocked(session, number)
    session.refresh(row, with_for_update=True)
    session.refresh(task, with_for_update=True)
    return task, row


def _of_place(row: Stock) -> Select[CountTask]:
    return select(CountTask).where(CountTask.item == row.item, CountTask.location == row.location, CountTask.bin == row.bin)


def _in(row: Stock) -> tuple[ColumnElement[bool], ...]:
    return StockMovement.item == row.item, StockMovement.location == row.location, StockMovement.bin == row.bin


def _open_picks(task: CountTask) -> Select[str]:
    return (
        select(PickTask.release)
        .where(PickTask.item == task.item, PickTask.location == task.location, PickTask.bin == task.bin, PickTask.lot == task.lot)
        .where(PickTask.status.in_(OPEN))
        .distinct()
    )


def _same_place(pick: PickTask, task: CountTask) -> bool:
    return (pick.item, pick.location, pick.bin, pick.lot) == (task.item, task.location, task.bin, task.lot)


def _view(session: Session, task: CountTask, item: Item) -> CountView:
    variance = None if task.counted is None or task.expected is None else task.counted - task.expected
    held_up = ""
    if task.status == CountStatus.COUNTED:
        held_up = _held_up(session, task, session.get_one(Stock, (task.item, task.location, task.bin)))
    return CountView(
        task=task.task,
        item=task.item,
        description=item.description,
        location=task.location,
        bin=task.bin,
        lot=task.lot,
        reason=CountReason(task.reason),
        status=CountStatus(task.status),
        opened_at=task.opened_at,
        opened_by=task.opened_by,
        expected=None if task.status == CountStatus.OPEN else task.expected,
        counted=task.counted,
        counted_at=task.counted_at,
        counted_by=task.counted_by,
        variance=variance,
        value=None if variance is None else variance * item.value,
        adjusted=task.adjusted,
        decided_at=task.decided_at,
        decided_by=task.decided_by,
        note=task.note,
        held_up=held_up,
    )
