"""What must be true of the floor: lots, pick tasks, scans, serial numbers and counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from database.picking import OPEN
from database.tables import (
    CountTask,
    Item,
    LotStock,
    PickedSerial,
    PickRelease,
    PickTask,
    Reservation,
    ScanPart,
    Shipment,
    Stock,
    StockMovement,
)

Found = Iterator[tuple[str, str]]


def _lots_of_a_bin_add_up(session: Session) -> Found:
    sums = (
        select(LotStock.item, LotStock.location, LotStock.bin, func.sum(LotStock.on_hand).label("units"))
        .group_by(LotStock.item, LotStock.location, LotStock.bin)
        .subquery()
    )
    joined = and_(sums.c.item == Stock.item, sums.c.location == Stock.location, sums.c.bin == Stock.bin)
    there = func.coalesce(sums.c.units, 0)
    wrong = case((Stock.by_lot, there != Stock.on_hand), else_=there != 0)
    chosen = select(Stock.item, Stock.location, Stock.bin, Stock.on_hand, there).outerjoin(sums, joined).where(wrong)
    for item, location, bin_, on_hand, units in session.execute(chosen):
        yield f"{item} at {location} {bin_}", f"{on_hand} on hand, its lots add up to {units}"


def _a_lot_is_the_sum_of_its_movements(session: Session) -> Found:
    moved = (
        select(
            StockMovement.item,
            StockMovement.location,
            StockMovement.bin,
            StockMovement.lot,
            func.sum(StockMovement.quantity).label("units"),
        )
        .where(StockMovement.lot != "")
        .group_by(StockMovement.item, StockMovement.location, StockMovement.bin, StockMovement.lot)
        .subquery()
    )
    joined = and_(
        moved.c.item == LotStock.item,
        moved.c.location == LotStock.location,
        moved.c.bin == LotStock.bin,
        moved.c.lot == LotStock.lot,
    )
    there = func.coalesce(moved.c.units, 0)
    for row, units in session.execute(select(LotStock, there).outerjoin(moved, joined).where(LotStock.on_hand != there)):
        yield _of_lot(row), f"{row.on_hand} on hand, its movements add up to {units}"


def _a_lot_is_kept_once(session: Session) -> Found:
    kept = (
        select(Reservation.item, Reservation.location, Reservation.bin, Reservation.lot, func.sum(Reservation.quantity).label("units"))
        .where(Reservation.ended == "")
        .group_by(Reservation.item, Reservation.location, Reservation.bin, Reservation.lot)
        .subquery()
    )
    joined = and_(
        kept.c.item == LotStock.item, kept.c.location == LotStock.location, kept.c.bin == LotStock.bin, kept.c.lot == LotStock.lot
    )
    for row, units in session.execute(select(LotStock, kept.c.units).join(kept, joined).where(kept.c.units > LotStock.on_hand)):
        yield _of_lot(row), f"{units} are kept for orders, {row.on_hand} on hand"


def _a_unit_of_a_lot_is_kept_as_one(session: Session) -> Found:
    """Where goods are kept by lot, every pick names its lot."""
    joined = and_(Stock.item == Reservation.item, Stock.location == Reservation.location, Stock.bin == Reservation.bin)
    chosen = select(Reservation).join(Stock, joined).where(Reservation.ended == "", Stock.by_lot != (Reservation.lot != ""))
    for row in session.scalars(chosen):
        yield f"{row.order} shipment {row.shipment} line {row.line}", f"keeps {row.item} in {row.bin} under lot {row.lot!r}"


def _open_pick_tasks_are_reservations(session: Session) -> Found:
    """What the floor is asked to pick is what is kept for the shipment, and the shipment is still to be picked."""
    open_ones = PickRelease.status == "open"
    of_shipment = and_(Shipment.order == PickRelease.order, Shipment.shipment == PickRelease.shipment)
    late = (
        select(PickRelease, Shipment.status).join(Shipment, of_shipment).where(open_ones, Shipment.status.not_in(("planned", "released")))
    )
    for release, status in session.execute(late):
        yield f"{release.order} shipment {release.shipment}", f"is {status}, and {release.reference} is still open on the floor"
    same = and_(
        Reservation.order == PickTask.order,
        Reservation.shipment == PickTask.shipment,
        Reservation.line == PickTask.line,
        Reservation.item == PickTask.item,
        Reservation.bin == PickTask.bin,
        Reservation.lot == PickTask.lot,
        Reservation.ended == "",
    )
    kept = func.coalesce(Reservation.quantity, 0)
    chosen = select(PickTask, kept).join(PickRelease, PickRelease.key == PickTask.release).outerjoin(Reservation, same)
    for task, units in session.execute(chosen.where(open_ones, PickTask.quantity != kept)):
        yield _of_task(task), f"asks for {task.quantity} of {task.item} from {task.bin}, {units} are kept for it"


def _what_is_picked_was_scanned(session: Session) -> Found:
    parts = select(ScanPart.task, func.sum(ScanPart.quantity).label("units")).group_by(ScanPart.task).subquery()
    there = func.coalesce(parts.c.units, 0)
    chosen = select(PickTask, there).outerjoin(parts, parts.c.task == PickTask.id)
    for task, units in session.execute(chosen.where(PickTask.picked != there)):
        yield _of_task(task), f"{task.picked} picked, {units} scanned"


def _a_pick_task_stands_where_its_units_stand(session: Session) -> Found:
    full = PickTask.picked == PickTask.quantity
    wrong = or_(and_(PickTask.status == "picked", ~full), and_(PickTask.status.in_((*OPEN, "short")), full))
    for task in session.scalars(select(PickTask).where(wrong)):
        yield _of_task(task), f"is {task.status} with {task.picked} of {task.quantity} picked"
    unfinished = select(PickTask).join(PickRelease, PickRelease.key == PickTask.release)
    for task in session.scalars(unfinished.where(PickRelease.status != "open", PickTask.status.in_(OPEN))):
        yield _of_task(task), "is open, and its release is not"


def _every_unit_with_a_number_has_one(session: Session) -> Found:
    numbers = (
        select(PickedSerial.release, PickedSerial.item, PickedSerial.line, func.count().label("numbers"))
        .group_by(PickedSerial.release, PickedSerial.item, PickedSerial.line)
        .subquery()
    )
    units = (
        select(PickTask.release, PickTask.item, PickTask.line, func.sum(PickTask.picked).label("units"))
        .join(Item, Item.item == PickTask.item)
        .where(Item.by_serial)
        .group_by(PickTask.release, PickTask.item, PickTask.line)
        .subquery()
    )
    joined = and_(numbers.c.release == units.c.release, numbers.c.item == units.c.item, numbers.c.line == units.c.line)
    there = func.coalesce(numbers.c.numbers, 0)
    chosen = select(units.c.release, units.c.item, units.c.line, units.c.units, there).outerjoin(numbers, joined)
    for release, item, line, picked, found in session.execute(chosen.where(units.c.units != there)):
        yield f"{release} line {line}", f"{picked} of {item} picked, {found} serial numbers recorded"


def _a_posted_count_is_in_the_ledger(session: Session) -> Found:
    booked = func.coalesce(StockMovement.quantity, 0)
    chosen = select(CountTask, booked).outerjoin(StockMovement, StockMovement.key == "count/" + CountTask.task)
    for task, units in session.execute(chosen.where(func.coalesce(CountTask.adjusted, 0) != booked)):
        yield task.task, f"adjusted by {task.adjusted}, its movement says {units}"


FLOOR_RULES: tuple[Callable[[Session], Found], ...] = (
    _lots_of_a_bin_add_up,
    _a_lot_is_the_sum_of_its_movements,
    _a_lot_is_kept_once,
    _a_unit_of_a_lot_is_kept_as_one,
    _open_pick_tasks_are_reservations,
    _what_is_picked_was_scanned,
    _a_pick_task_stands_where_its_units_stand,
    _every_unit_with_a_number_has_one,
    _a_posted_count_is_in_the_ledger,
)


def _of_lot(row: LotStock) -> str:
    return f"{row.item} lot {row.lot} at {row.location} {row.bin}"


def _of_task(task: PickTask) -> str:
    return f"{task.order} shipment {task.shipment} line {task.line}"
