"""The truths about goods on their way: what came is what the receipts say, and what left is what the ledger says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from database.tables import PurchaseOrder, PurchaseOrderLine, StockMovement, SupplyReceipt, Transfer

Found = Iterator[tuple[str, str]]


def _received_is_the_sum_of_receipts(session: Session) -> Found:
    """Of a line of a purchase order, and of a transfer."""
    came = func.coalesce(func.sum(SupplyReceipt.quantity), 0)
    against = and_(SupplyReceipt.purchase_order == PurchaseOrderLine.purchase_order, SupplyReceipt.line == PurchaseOrderLine.line)
    line = select(PurchaseOrderLine, came).outerjoin(SupplyReceipt, against)
    grouped = line.group_by(PurchaseOrderLine.purchase_order, PurchaseOrderLine.line).having(PurchaseOrderLine.received != came)
    for row, units in session.execute(grouped):
        yield f"purchase order {row.purchase_order} line {row.line}", f"{row.received} received, its receipts add up to {units}"
    moved = select(Transfer, came).outerjoin(SupplyReceipt, SupplyReceipt.transfer == Transfer.transfer)
    for transfer, units in session.execute(moved.group_by(Transfer.transfer).having(Transfer.received != came)):
        yield f"transfer {transfer.transfer}", f"{transfer.received} received, its receipts add up to {units}"


def _received_within_what_was_ordered(session: Session) -> Found:
    line = PurchaseOrderLine
    for row in session.scalars(select(line).where(or_(line.received < 0, line.received > line.ordered))):
        yield f"purchase order {row.purchase_order} line {row.line}", f"{row.received} received of {row.ordered}"
    wrong = or_(Transfer.received < 0, Transfer.received > Transfer.shipped, Transfer.shipped > Transfer.quantity)
    for transfer in session.scalars(select(Transfer).where(wrong)):
        yield f"transfer {transfer.transfer}", f"{transfer.received} received, {transfer.shipped} shipped of {transfer.quantity}"


def _every_receipt_against_supply_is_in_the_ledger(session: Session) -> Found:
    same = StockMovement.key == "receipt/" + SupplyReceipt.receipt
    chosen = select(SupplyReceipt, StockMovement.quantity).outerjoin(StockMovement, same)
    there: ColumnElement[bool] = or_(StockMovement.id.is_(None), StockMovement.quantity != SupplyReceipt.quantity)
    for row, units in session.execute(chosen.where(there)):
        yield f"receipt {row.receipt}", f"is of {row.quantity} units, the ledger says {units or 0}"


def _what_a_transfer_shipped_left_its_origin(session: Session) -> Found:
    left = func.coalesce(-func.sum(StockMovement.quantity), 0)
    its_own = and_(StockMovement.kind == "transfer_out", StockMovement.key.startswith("transfer/" + Transfer.transfer + "/"))
    chosen = select(Transfer, left).outerjoin(StockMovement, its_own).group_by(Transfer.transfer).having(Transfer.shipped != left)
    for row, units in session.execute(chosen):
        yield f"transfer {row.transfer}", f"{row.shipped} shipped, the ledger says {units}"


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


SUPPLY_RULES: tuple[Callable[[Session], Found], ...] = (
    _received_is_the_sum_of_receipts,
    _received_within_what_was_ordered,
    _every_receipt_against_supply_is_in_the_ledger,
    _what_a_transfer_shipped_left_its_origin,
    _what_is_open_is_expected,
)
