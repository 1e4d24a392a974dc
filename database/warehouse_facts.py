"""What a warehouse says of its work, held against what it was asked for: a word that cannot be is answered with what was expected."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database import counting, reading
from database.tables import CountTask, LotStock, Stock, StockMovement
from domain.counting import CountReason, CountStatus, CountView, EnterCount, Tolerance
from domain.errors import InputRefused, Refused
from domain.intake import CountedIn
from domain.messages import Packed, PickConfirmed
from domain.views import OrderView, ShipmentView

TO_PICK = ("planned", "released")
TO_PACK = (*TO_PICK, "picked")  # its pick may be on the way to the order still


def known_already(session: Session, order: str, message_id: str) -> bool:
    """Whether the order has acted on this fact: then it is told again without asking whether it still fits."""
    return reading.message_seen(session, order, message_id)


def judge(session: Session, location: str, order: str, fact: PickConfirmed | Packed) -> None:
    """Raise InputRefused for a pick or a packing that the warehouse was not asked for, or not like this."""
    view = reading.order_view(session, order)
    shipment = _shipment(view, location, fact.shipment)
    wanted = TO_PICK if isinstance(fact, PickConfirmed) else TO_PACK
    done = "picked" if isinstance(fact, PickConfirmed) else "packed"
    if shipment.status not in wanted:
        raise InputRefused("shipment", f"shipment {shipment.number} of {order} is {shipment.status}: nothing of it is to be {done}")
    asked: Counter[int] = Counter()
    for pick in shipment.picks:
        asked[pick.line] += pick.quantity
    if isinstance(fact, PickConfirmed):
        said = [(f"lines[{i}]", line.line, line.quantity) for i, line in enumerate(fact.lines)]
    else:
        said = [
            (f"parcels[{i}].contents[{k}]", line.line, line.quantity)
            for i, parcel in enumerate(fact.parcels)
            for k, line in enumerate(parcel.contents)
        ]
    sums: Counter[int] = Counter()
    for place, line, quantity in said:
        sums[line] += quantity
        if line not in asked:
            raise InputRefused(f"{place}.line", f"line {line} is not in shipment {shipment.number}; it has {_listed(view, asked)}")
        if sums[line] > asked[line]:
            raise InputRefused(
                f"{place}.quantity", f"{sums[line]} units of line {line} are {done}; shipment {shipment.number} has {_listed(view, asked)}"
            )
    if isinstance(fact, PickConfirmed) and (missing := sorted(asked.keys() - sums.keys())):
        raise InputRefused("lines", f"line {missing[0]} is missing; state 0 for what was not there (it has {_listed(view, asked)})")


def _shipment(view: OrderView, location: str, number: int) -> ShipmentView:
    here = [each for each in view.shipments if each.location == location]
    for each in here:
        if each.number == number:
            return each
    there = ", ".join(f"shipment {each.number} ({each.status})" for each in here) or "nothing"
    raise InputRefused("shipment", f"order {view.order} has no shipment {number} at {location}; it has {there} there")


def _listed(view: OrderView, asked: Counter[int]) -> str:
    items = {line.number: line.item for line in view.lines}
    return ", ".join(f"line {line}: {quantity} x {items[line]}" for line, quantity in sorted(asked.items())) or "no line"


# --- counts --------------------------------------------------------------------------------------------------------------------------


def count_task(session: Session, said: CountedIn, at: datetime) -> str:
    """The task that this count answers: the one it names, the one that is open for its bin, or a new one.

    Raises InputRefused with what was expected for a task or a place that there is none of.
    """
    if said.task:
        task = session.get(CountTask, said.task)
        if task is None or task.location != said.location:
            open_ones = select(CountTask.task).where(CountTask.location == said.location, CountTask.status == CountStatus.OPEN.value)
            there = ", ".join(session.scalars(open_ones.order_by(CountTask.task).limit(6))) or "none"
            raise InputRefused("task", f"there is no count {said.task} at {said.location}; open there: {there}")
        return task.task
    row = session.get(Stock, (said.item, said.location, said.bin), with_for_update=True)
    if row is None:
        bins = select(Stock.bin).where(Stock.item == said.item, Stock.location == said.location).order_by(Stock.bin).limit(6)
        there = ", ".join(session.scalars(bins))
        kept = f"it lies in {there}" if there else f"{said.location} has no bin of it"
        raise InputRefused("bin", f"{said.item} does not lie in {said.bin} of {said.location}: {kept}")
    _check_lot(session, row, said.lot)
    chosen = select(CountTask.task).where(
        CountTask.item == row.item,
        CountTask.location == row.location,
        CountTask.bin == row.bin,
        CountTask.lot == said.lot,
        CountTask.status.in_(counting.UNDECIDED),
    )
    under_way = session.scalars(chosen.order_by(CountTask.task).limit(1)).one_or_none()
    if under_way is not None:
        return under_way
    opened = counting.open_task(session, row, said.lot, CountReason.PLAN, at, said.actor)
    assert opened is not None  # none was under way, and the row is locked
    return opened.task


def enter_count(session: Session, said: CountedIn, task: str, tolerance: Tolerance, at: datetime) -> CountView:
    """Enter the count as `oms count enter` does. Raises Refused when something went in or out of the bin since it was counted."""
    row = session.get(CountTask, task)
    if row is not None and row.status == CountStatus.OPEN:
        moved = select(func.max(StockMovement.at)).where(
            StockMovement.item == row.item, StockMovement.location == row.location, StockMovement.bin == row.bin
        )
        last = session.scalar(moved)
        if last is not None and last > said.occurred_at:
            raise Refused(f"{row.bin} has moved at {last:%Y-%m-%d %H:%M} UTC, after it was counted: count it again ({task}).")
    return counting.enter(session, EnterCount(task=task, quantity=said.quantity, at=at, actor=said.actor, tolerance=tolerance))


def _check_lot(session: Session, row: Stock, lot: str) -> None:
    if not row.by_lot and not lot:
        return
    chosen = select(LotStock.lot).where(LotStock.item == row.item, LotStock.location == row.location, LotStock.bin == row.bin)
    kept = sorted(session.scalars(chosen))
    if lot not in kept:
        there = f"its lots are {', '.join(kept)}" if kept else "it is not kept by lot"
        raise InputRefused("lot", f"{row.bin} has no lot {lot!r} of {row.item}: {there}")
