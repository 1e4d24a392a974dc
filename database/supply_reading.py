"""What a person reads about goods on their way: purchase orders and transfers, by the day they are expected."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import PurchaseOrder, PurchaseOrderLine, SupplySlip, Transfer, TransferLine
from domain.errors import NotFound
from domain.order import Moment
from domain.purchasing import PurchaseStatus, TransferStatus, purchase_supply, transfer_supply
from domain.values import Value


class PurchaseLineView(Value):
    line: int
    item: str
    ordered: int
    received: int
    expected_at: Moment
    slips: int = 0  # how often its day was moved


class PurchaseView(Value):
    purchase_order: str
    supplier: str
    location: str
    status: PurchaseStatus
    reason: str
    placed_at: Moment
    created_by: str
    lines: tuple[PurchaseLineView, ...]


class TransferLineView(Value):
    line: int
    item: str
    quantity: int
    shipped: int
    received: int

    @property
    def on_the_way(self) -> int:
        return self.shipped - self.received


class TransferView(Value):
    transfer: str
    from_location: str
    to_location: str
    lines: tuple[TransferLineView, ...]
    expected_at: Moment
    status: TransferStatus
    reason: str = ""
    slips: int = 0


def purchases(session: Session, number: str | None = None, item: str | None = None, everything: bool = False) -> list[PurchaseView]:
    """Open purchase orders, or all; one by its number. Raises NotFound for a number that nobody knows."""
    chosen = select(PurchaseOrder).order_by(PurchaseOrder.placed_at, PurchaseOrder.purchase_order)
    if number is not None:
        chosen = chosen.where(PurchaseOrder.purchase_order == number)
    elif not everything:
        chosen = chosen.where(PurchaseOrder.status == PurchaseStatus.OPEN.value)
    orders = list(session.scalars(chosen))
    if number is not None and not orders:
        raise NotFound("purchase order", number)
    slips = _slips(session)
    lines: dict[str, list[PurchaseLineView]] = defaultdict(list)
    of_these = PurchaseOrderLine.purchase_order.in_([order.purchase_order for order in orders])
    for row in session.scalars(
        select(PurchaseOrderLine).where(of_these).order_by(PurchaseOrderLine.purchase_order, PurchaseOrderLine.line)
    ):
        lines[row.purchase_order].append(
            PurchaseLineView(
                line=row.line,
                item=row.item,
                ordered=row.ordered,
                received=row.received,
                expected_at=row.expected_at,
                slips=slips.get(purchase_supply(row.purchase_order, row.line), 0),
            )
        )
    return [
        PurchaseView(
            purchase_order=order.purchase_order,
            supplier=order.supplier,
            location=order.location,
            status=PurchaseStatus(order.status),
            reason=order.reason,
            placed_at=order.placed_at,
            created_by=order.created_by,
            lines=tuple(lines[order.purchase_order]),
        )
        for order in orders
        if item is None or any(line.item == item for line in lines[order.purchase_order])
    ]


def transfers(session: Session, number: str | None = None, everything: bool = False) -> list[TransferView]:
    """Transfers that are planned or on the way, or all; one by its number. Raises NotFound for a number that nobody knows."""
    chosen = select(Transfer).order_by(Transfer.expected_at, Transfer.transfer)
    if number is not None:
        chosen = chosen.where(Transfer.transfer == number)
    elif not everything:
        chosen = chosen.where(Transfer.status.in_((TransferStatus.PLANNED.value, TransferStatus.SHIPPED.value)))
    found = list(session.scalars(chosen))
    if number is not None and not found:
        raise NotFound("transfer", number)
    slips = _slips(session)
    lines: dict[str, list[TransferLineView]] = defaultdict(list)
    of_these = TransferLine.transfer.in_([row.transfer for row in found])
    for row in session.scalars(select(TransferLine).where(of_these).order_by(TransferLine.transfer, TransferLine.line)):
        lines[row.transfer].append(
            TransferLineView(line=row.line, item=row.item, quantity=row.quantity, shipped=row.shipped, received=row.received)
        )
    return [
        TransferView(
            transfer=row.transfer,
            from_location=row.from_location,
            to_location=row.to_location,
            lines=tuple(lines[row.transfer]),
            expected_at=row.expected_at,
            status=TransferStatus(row.status),
            reason=row.reason,
            slips=slips.get(transfer_supply(row.transfer), 0),
        )
        for row in found
    ]


def _slips(session: Session) -> dict[str, int]:
    """How often the day of each supply was moved to another one."""
    counts: dict[str, int] = defaultdict(int)
    for supply in session.scalars(select(SupplySlip.supply).where(SupplySlip.was != SupplySlip.becomes)):
        counts[supply] += 1
    return counts
