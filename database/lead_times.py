"""How long suppliers took: the deliveries against their purchase orders, as the receipts have them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from database.tables import PurchaseOrder, PurchaseOrderLine, SupplyReceipt
from domain.lead_times import Delivery

LOOKS_BACK = timedelta(days=730)
"""A supplier of two years ago is another one."""


def deliveries(session: Session, suppliers: Iterable[str], today: date, day: timedelta = timedelta(days=1)) -> dict[str, list[Delivery]]:
    """Supplier -> what came of each line of its purchase orders before `today`, the oldest order first; `day` is a business day's length.

    A line that comes in parts counts once, with the mean of its units. What has not come at all says nothing yet.
    """
    ends = datetime.combine(today, time(), UTC)
    line, order = PurchaseOrderLine, PurchaseOrder
    chosen = (
        select(order.supplier, line.purchase_order, line.line, line.item, order.placed_at, SupplyReceipt.quantity, SupplyReceipt.at)
        .join(order, order.purchase_order == line.purchase_order)
        .join(SupplyReceipt, and_(SupplyReceipt.purchase_order == line.purchase_order, SupplyReceipt.line == line.line))
        .where(order.supplier.in_(sorted(set(suppliers))), order.placed_at >= ends - LOOKS_BACK, SupplyReceipt.at < ends)
        .order_by(order.placed_at, line.purchase_order, line.line, SupplyReceipt.at)
    )
    units: dict[tuple[str, str, int, str], list[tuple[int, float, datetime]]] = {}
    for supplier, number, position, item, placed_at, quantity, at in session.execute(chosen):
        took = max((at - placed_at) / day, 0.0)
        units.setdefault((supplier, number, position, item), []).append((quantity, took, at))
    found: dict[str, list[Delivery]] = {}
    for (supplier, _, _, item), parts in units.items():
        days = sum(quantity * took for quantity, took, _ in parts) / sum(quantity for quantity, _, _ in parts)
        found.setdefault(supplier, []).append(Delivery(item=item, days=days, received=parts[-1][2].date()))
    return found
