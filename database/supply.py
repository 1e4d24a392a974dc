"""Supply: what is on its way comes in, comes on another day, or is given up; told twice, it counts once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from database import purchasing, stock, transfers
from database.availability import orders_promised
from database.locks import require, stock_of_items
from database.tables import PurchaseOrderLine, SupplyReceipt, SupplySlip, Transfer, TransferLine
from domain.errors import Conflict
from domain.purchasing import CancelSupply, MoveSupply, SupplyChange, purchase_supply, supply_in_words, supply_parts, transfer_supply
from domain.steps import ReceiveStock, StockReceived


def receive(session: Session, request: ReceiveStock) -> StockReceived:
    """Goods came in, against a purchase order, a transfer or nothing: stock goes up, what is expected goes down, both or neither.

    The same receipt twice is one. More than is still expected is refused: the surplus is a receipt of its own, against nothing.
    """
    if request.transfer:
        moved = transfers.line_received(session, request)
        received = _booked(session, request, moved.line)
        if not received.repeated:
            _require_expected(transfers.in_words(moved), moved.on_the_way, request)
            transfers.book_received(session, moved, request.quantity)
        return received
    if request.purchase_order:
        line = purchasing.line_received(session, request)
        received = _booked(session, request, line.line)
        if not received.repeated:
            _require_expected(purchasing.in_words(line), line.outstanding, request)
            purchasing.book_received(session, line, request.quantity)
        return received
    return stock.receive_stock(session, request)


def move_supply(session: Session, request: MoveSupply) -> SupplyChange:
    """Expected goods come on another day. The same slip again changes nothing, and names the same orders: none is forgotten."""
    if request.transfer:
        transfers.transfer_of(session, request.transfer)
    else:
        purchasing.purchase_of(session, request.purchase_order)
    known = list(session.scalars(select(SupplySlip).where(SupplySlip.slip == request.slip).order_by(SupplySlip.supply)))
    if known:
        if known[0].becomes != request.expected_at:
            raise Conflict(f"Slip {request.slip}", f"{supply_in_words(known[0].supply)} to {known[0].becomes:%Y-%m-%d}")
        supplies = tuple(row.supply for row in known)
        since = min(min(row.was, row.becomes) for row in known)
        return SupplyChange(supplies=supplies, orders=_hanging_on(session, supplies, since), repeated=True)
    expected: Sequence[tuple[str, PurchaseOrderLine | Transfer]] = (
        transfers.expected(session, request.transfer)
        if request.transfer
        else purchasing.expected(session, request.purchase_order, request.lines)
    )
    since = min([request.expected_at, *(row.expected_at for _, row in expected)])
    for name, row in expected:
        times = {"was": row.expected_at, "becomes": request.expected_at, "at": request.at}
        session.add(SupplySlip(slip=request.slip, supply=name, reason=request.reason, actor=request.actor, **times))
        row.expected_at = request.expected_at
    session.flush()
    supplies = tuple(name for name, _ in expected)
    return SupplyChange(supplies=supplies, orders=_hanging_on(session, supplies, since))


def cancel_supply(session: Session, request: CancelSupply) -> SupplyChange:
    """Give up what has not come; cancelling again changes nothing, and names the same orders."""
    repeated, expected = (
        transfers.give_up(session, request.transfer, request.reason)
        if request.transfer
        else purchasing.give_up(session, request.purchase_order, request.reason)
    )
    session.flush()
    supplies = tuple(name for name, _ in expected)
    since = min((expected_at for _, expected_at in expected), default=request.at)
    return SupplyChange(supplies=supplies, orders=_hanging_on(session, supplies, since), repeated=repeated)


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _booked(session: Session, request: ReceiveStock, line: int) -> StockReceived:
    """The receipt in stock and, when it is new, noted against its line. One that was booked against something else is a Conflict."""
    against = (request.purchase_order, request.transfer, line)
    known = session.get(SupplyReceipt, request.receipt)
    if known is not None and (known.purchase_order or "", known.transfer or "", known.line) != against:
        about = purchase_supply(known.purchase_order, known.line) if known.purchase_order else transfer_supply(known.transfer or "")
        raise Conflict(f"Receipt {request.receipt}", f"against {about}")
    received = stock.receive_stock(session, request)
    if not received.repeated:
        about_it = {"purchase_order": request.purchase_order or None, "transfer": request.transfer or None, "line": line}
        session.add(SupplyReceipt(receipt=request.receipt, quantity=request.quantity, at=request.at, **about_it))
    return received


def _require_expected(name: str, outstanding: int, request: ReceiveStock) -> None:
    surplus = request.quantity - outstanding
    require(
        surplus <= 0,
        f"{name} expects {outstanding} more units, not {request.quantity}: receive {outstanding} against it"
        f" and the surplus of {surplus} with `oms receive`, or send it back.",
    )


def _hanging_on(session: Session, supplies: Sequence[str], since: datetime) -> tuple[str, ...]:
    """Orders whose promises may hang on these supplies, by who was promised first.

    The items are locked, as an allocation locks them: an order that is promised its goods at this moment is either seen here or sees the
    new day itself.
    """
    items = _items_of(session, supplies)
    stock_of_items(session, items)
    return orders_promised(session, items, since)


def _items_of(session: Session, supplies: Sequence[str]) -> list[str]:
    named = [supply_parts(supply) for supply in supplies]
    line = PurchaseOrderLine
    bought = [and_(line.purchase_order == number, line.line == position) for number, position in named if position is not None]
    moved = [number for number, position in named if position is None]
    found = set(session.scalars(select(line.item).where(or_(*bought)))) if bought else set()
    return sorted(found | set(session.scalars(select(TransferLine.item).where(TransferLine.transfer.in_(moved)))))
