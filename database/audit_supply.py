"""The truths about supply and promises: what came is what the receipts say, and what was promised ends kept or broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from database.tables import OrderLine, Promise, PurchaseOrder, PurchaseOrderLine, StockMovement, SupplyReceipt, TransferLine

Found = Iterator[tuple[str, str]]


def _received_is_the_sum_of_receipts(session: Session) -> Found:
    """Of a line of a purchase order, and of one of a transfer."""
    came = func.coalesce(func.sum(SupplyReceipt.quantity), 0)
    against = and_(SupplyReceipt.purchase_order == PurchaseOrderLine.purchase_order, SupplyReceipt.line == PurchaseOrderLine.line)
    line = select(PurchaseOrderLine, came).outerjoin(SupplyReceipt, against)
    grouped = line.group_by(PurchaseOrderLine.purchase_order, PurchaseOrderLine.line).having(PurchaseOrderLine.received != came)
    for row, units in session.execute(grouped):
        yield f"purchase order {row.purchase_order} line {row.line}", f"{row.received} received, its receipts add up to {units}"
    against = and_(SupplyReceipt.transfer == TransferLine.transfer, SupplyReceipt.line == TransferLine.line)
    moved = select(TransferLine, came).outerjoin(SupplyReceipt, against).group_by(TransferLine.transfer, TransferLine.line)
    for moving, units in session.execute(moved.having(TransferLine.received != came)):
        yield f"transfer {moving.transfer} line {moving.line}", f"{moving.received} received, its receipts add up to {units}"


def _received_within_what_was_ordered(session: Session) -> Found:
    line = PurchaseOrderLine
    for row in session.scalars(select(line).where(or_(line.received < 0, line.received > line.ordered))):
        yield f"purchase order {row.purchase_order} line {row.line}", f"{row.received} received of {row.ordered}"
    wrong = or_(TransferLine.received < 0, TransferLine.received > TransferLine.shipped, TransferLine.shipped > TransferLine.quantity)
    for moving in session.scalars(select(TransferLine).where(wrong)):
        said = f"{moving.received} received, {moving.shipped} shipped of {moving.quantity}"
        yield f"transfer {moving.transfer} line {moving.line}", said


def _every_receipt_against_supply_is_in_the_ledger(session: Session) -> Found:
    same = StockMovement.key == "receipt/" + SupplyReceipt.receipt
    chosen = select(SupplyReceipt, StockMovement.quantity).outerjoin(StockMovement, same)
    there: ColumnElement[bool] = or_(StockMovement.id.is_(None), StockMovement.quantity != SupplyReceipt.quantity)
    for row, units in session.execute(chosen.where(there)):
        yield f"receipt {row.receipt}", f"is of {row.quantity} units, the ledger says {units or 0}"


def _what_a_transfer_shipped_left_its_origin(session: Session) -> Found:
    left = func.coalesce(-func.sum(StockMovement.quantity), 0)
    its_own = and_(
        StockMovement.kind == "transfer_out",
        StockMovement.item == TransferLine.item,
        StockMovement.key.startswith("transfer/" + TransferLine.transfer + "/"),
    )
    chosen = select(TransferLine, left).outerjoin(StockMovement, its_own).group_by(TransferLine.transfer, TransferLine.line)
    for row, units in session.execute(chosen.having(TransferLine.shipped != left)):
        yield f"transfer {row.transfer} line {row.line}", f"{row.shipped} shipped, the ledger says {units}"


def _what_is_open_is_expected(session: Session) -> Found:
    """An open purchase order expects something, and a cancelled one has received nothing."""
    outstanding = func.coalesce(func.sum(PurchaseOrderLine.ordered - PurchaseOrderLine.received), 0)
    came = func.coalesce(func.sum(PurchaseOrderLine.received), 0)
    joined = select(PurchaseOrder, outstanding, came).outerjoin(
        PurchaseOrderLine, PurchaseOrderLine.purchase_order == PurchaseOrder.purchase_order
    )
    wrong = or_(and_(PurchaseOrder.status == "open", outstanding == 0), and_(PurchaseOrder.status == "cancelled", came > 0))
    for row, rest, units in session.execute(joined.group_by(PurchaseOrder.purchase_order).having(wrong)):
        yield f"purchase order {row.purchase_order}", f"is {row.status}, and {units} units of it came, {rest} did not"


def _promises_are_numbered_and_begin_with_one_made(session: Session) -> Found:
    first = func.min(case((Promise.number == 1, Promise.status), else_="~"))
    grouped = select(Promise.order, Promise.line, func.count(), func.max(Promise.number), first).group_by(Promise.order, Promise.line)
    for order, line, count, last, begins in session.execute(grouped.having(or_(func.count() != func.max(Promise.number), first != "made"))):
        yield f"{order} line {line}", f"has {count} promises, numbered up to {last}; it begins with {begins}"


def _a_delivered_line_says_whether_its_promise_was_kept(session: Session) -> Found:
    later = aliased(Promise)
    newest = select(func.max(later.number)).where(later.order == OrderLine.order, later.line == OrderLine.line).scalar_subquery()
    mine = and_(Promise.order == OrderLine.order, Promise.line == OrderLine.line, Promise.number == newest)
    complete = and_(OrderLine.delivered > 0, OrderLine.delivered == OrderLine.ordered - OrderLine.cancelled)
    standing = Promise.status.in_(("made", "moved"))
    for row, status in session.execute(select(OrderLine, Promise.status).join(Promise, mine).where(complete, standing)):
        yield f"{row.order} line {row.line}", f"is delivered, and its promise is {status}: neither kept nor broken"


SUPPLY_RULES: tuple[Callable[[Session], Found], ...] = (
    _received_is_the_sum_of_receipts,
    _received_within_what_was_ordered,
    _every_receipt_against_supply_is_in_the_ledger,
    _what_a_transfer_shipped_left_its_origin,
    _what_is_open_is_expected,
    _promises_are_numbered_and_begin_with_one_made,
    _a_delivered_line_says_whether_its_promise_was_kept,
)
