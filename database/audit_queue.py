"""The truths about the backorder queue and about re-allocations, asked of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from database.backorder_queue import SAVED, WON
from database.tables import BackorderWin, Order, OrderLine, ReallocationRow, ReallocationShare, SoftReservation
from domain.soft_reservations import SoftKind

Found = Iterator[tuple[str, str]]


def _a_win_has_its_stock_set_aside(session: Session) -> Found:
    """Every win was set aside for its order, as a soft reservation of its own."""
    number = cast(BackorderWin.win, String)
    its_own = and_(SoftReservation.key.in_((WON + number, SAVED + number)), SoftReservation.owner == BackorderWin.order)
    for row in session.scalars(select(BackorderWin).where(~select(SoftReservation.key).where(its_own).exists())):
        yield f"win {row.win} of {row.order}", f"{row.units} were won, and nothing was set aside"


def _an_order_that_ended_has_nothing_set_aside(session: Session) -> Found:
    kept = and_(SoftReservation.ended == "", SoftReservation.kind == SoftKind.GRANT.value)
    chosen = select(SoftReservation).join(Order, Order.order == SoftReservation.owner).where(kept, Order.outcome != "")
    for row in session.scalars(chosen):
        yield row.owner, f"has ended, and {row.quantity} of {row.item} at {row.location} are set aside for it"


def _who_waits_knows_since_when(session: Session) -> Found:
    wrong = OrderLine.backorder_due.is_(None) != OrderLine.waiting_since.is_(None)
    for row in session.scalars(select(OrderLine).where(wrong)):
        yield f"{row.order} line {row.line}", f"waits until {row.backorder_due} and since {row.waiting_since}"


def _a_reallocation_makes_and_loses_nothing(session: Session) -> Found:
    """What all orders hold and what is free add up to the same before and after."""
    share = ReallocationShare
    sums = select(share.reallocation, func.sum(share.after - share.before).label("more")).group_by(share.reallocation).subquery()
    chosen = select(ReallocationRow, sums.c.more).join(sums, sums.c.reallocation == ReallocationRow.reallocation)
    for row, more in session.execute(chosen.where(sums.c.more != ReallocationRow.free_before - ReallocationRow.free_after)):
        yield f"re-allocation {row.reallocation}", f"orders have {more} more, and {row.free_before - row.free_after} fewer are free"


def _a_reallocation_moves_no_more_than_was_planned(session: Session) -> Found:
    share = ReallocationShare
    planned = share.after - share.before
    wrong = or_(
        and_(planned >= 0, or_(share.moved < 0, share.moved > planned)), and_(planned < 0, or_(share.moved > 0, share.moved < planned))
    )
    for row in session.scalars(select(share).where(wrong)):
        yield f"re-allocation {row.reallocation}, {row.order}", f"moved {row.moved}, planned {row.after - row.before}"


QUEUE_RULES: tuple[Callable[[Session], Found], ...] = (
    _a_win_has_its_stock_set_aside,
    _an_order_that_ended_has_nothing_set_aside,
    _who_waits_knows_since_when,
    _a_reallocation_makes_and_loses_nothing,
    _a_reallocation_moves_no_more_than_was_planned,
)
