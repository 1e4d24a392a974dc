"""Purchasing: goods are ordered, expected on a day, received against their order, or given up; told twice, it counts once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from database import stock
from database.availability import orders_promised
from database.journal import insert_once
from database.locks import require, stock_of_items
from database.tables import Item, Location, PurchaseOrder, PurchaseOrderLine, Supplier, SupplyReceipt, SupplySlip, Transfer
from domain.errors import Conflict, NotFound
from domain.purchasing import (
    CancelSupply,
    MoveSupply,
    Placed,
    PlacePurchase,
    PurchaseStatus,
    SupplyChange,
    TransferStatus,
    purchase_supply,
    supply_in_words,
    supply_parts,
    transfer_supply,
)
from domain.steps import ReceiveStock, StockReceived


def place_purchase(session: Session, request: PlacePurchase) -> Placed:
    """Store a purchase order. The same number with the same content is `repeated`, with other content a Conflict."""
    numbers = [line.line for line in request.lines]
    require(len(set(numbers)) == len(numbers), f"Purchase order {request.purchase_order} names a line twice.")
    if session.get(Supplier, request.supplier) is None:
        raise NotFound("supplier", request.supplier)
    if session.get(Location, request.location) is None:
        raise NotFound("location", request.location)
    _require_items(session, {line.item for line in request.lines})
    head = {
        "purchase_order": request.purchase_order,
        "supplier": request.supplier,
        "location": request.location,
        "status": PurchaseStatus.OPEN.value,
        "reason": "",
        "placed_at": request.at,
        "created_by": request.actor,
    }
    if not insert_once(session, PurchaseOrder, head):
        _require_same(purchase_of(session, request.purchase_order), _lines(session, request.purchase_order), request)
        return Placed(repeated=True)
    for line in request.lines:
        about = {"line": line.line, "item": line.item, "ordered": line.ordered, "expected_at": line.expected_at}
        session.add(PurchaseOrderLine(purchase_order=request.purchase_order, **about))
    session.flush()
    return Placed()


def receive(session: Session, request: ReceiveStock) -> StockReceived:
    """Goods came in, against a purchase order, a transfer or nothing: stock goes up, what is expected goes down, both or neither.

    The same receipt twice is one. More than is still expected is refused: the surplus is a receipt of its own, against nothing.
    """
    if request.transfer:
        return _receive_transfer(session, request)
    if not request.purchase_order:
        return stock.receive_stock(session, request)
    order = purchase_of(session, request.purchase_order)
    line = session.get(PurchaseOrderLine, (request.purchase_order, request.purchase_line))
    if line is None:
        raise NotFound("line", f"{request.purchase_line} of purchase order {request.purchase_order}")
    name = f"Line {line.line} of purchase order {order.purchase_order}"
    require(
        (request.item, request.location) == (line.item, order.location),
        f"{name} brings {line.item} to {order.location}, not {request.item} to {request.location}.",
    )
    _require_same_receipt(session, request)
    received = stock.receive_stock(session, request)
    if received.repeated:
        return received
    require(order.status == PurchaseStatus.OPEN, f"Purchase order {order.purchase_order} is {order.status}: nothing of it is expected.")
    _require_expected(name, line.outstanding, request)
    line.received += request.quantity
    _note_receipt(session, request)
    session.flush()
    if all(each.outstanding == 0 for each in _lines(session, order.purchase_order)):
        order.status = PurchaseStatus.CLOSED.value
    return received


def move_supply(session: Session, request: MoveSupply) -> SupplyChange:
    """Expected goods come on another day. The same slip again changes nothing, and names the same orders: none is forgotten."""
    if request.transfer:
        transfer_of(session, request.transfer)
    else:
        purchase_of(session, request.purchase_order)
    known = list(session.scalars(select(SupplySlip).where(SupplySlip.slip == request.slip).order_by(SupplySlip.supply)))
    if known:
        if known[0].becomes != request.expected_at:
            raise Conflict(f"Slip {request.slip}", f"{supply_in_words(known[0].supply)} to {known[0].becomes:%Y-%m-%d}")
        supplies = tuple(row.supply for row in known)
        since = min(min(row.was, row.becomes) for row in known)
        return SupplyChange(supplies=supplies, orders=_hanging_on(session, supplies, since), repeated=True)
    expected = _expected(session, request.purchase_order, request.transfer, request.lines)
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
    given_up = _given_up_transfer if request.transfer else _given_up_purchase
    repeated, expected = given_up(session, request)
    session.flush()
    supplies = tuple(name for name, _ in expected)
    since = min((expected_at for _, expected_at in expected), default=request.at)
    return SupplyChange(supplies=supplies, orders=_hanging_on(session, supplies, since), repeated=repeated)


def purchase_of(session: Session, number: str) -> PurchaseOrder:
    """The purchase order, locked, before any item or stock: whoever needs both takes them in this order."""
    found = session.get(PurchaseOrder, number, with_for_update=True)
    if found is None:
        raise NotFound("purchase order", number)
    return found


def transfer_of(session: Session, number: str) -> Transfer:
    found = session.get(Transfer, number, with_for_update=True)
    if found is None:
        raise NotFound("transfer", number)
    return found


def next_purchase_number(session: Session, prefix: str = "PO") -> str:
    """A number that no purchase order has: `PO-000001` onwards, by what is there."""
    count = session.scalar(select(func.count()).select_from(PurchaseOrder)) or 0
    while session.get(PurchaseOrder, number := f"{prefix}-{count + 1:06d}") is not None:
        count += 1
    return number


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _given_up_purchase(session: Session, request: CancelSupply) -> tuple[bool, list[tuple[str, datetime]]]:
    """(was it given up before, what of it was expected and when)."""
    order = purchase_of(session, request.purchase_order)
    lines = _lines(session, order.purchase_order)
    rest = [(purchase_supply(order.purchase_order, line.line), line.expected_at) for line in lines if line.outstanding]
    before = order.status == PurchaseStatus.CANCELLED or (order.status == PurchaseStatus.CLOSED and bool(rest))
    if not before:
        require(order.status == PurchaseStatus.OPEN, f"Purchase order {order.purchase_order} is closed: everything of it has come.")
        order.status = (PurchaseStatus.CLOSED if any(line.received for line in lines) else PurchaseStatus.CANCELLED).value
        order.reason = request.reason
    return before, rest


def _given_up_transfer(session: Session, request: CancelSupply) -> tuple[bool, list[tuple[str, datetime]]]:
    transfer = transfer_of(session, request.transfer)
    before = transfer.status == TransferStatus.CANCELLED
    if not before:
        require(
            transfer.status == TransferStatus.PLANNED,
            f"Transfer {transfer.transfer} is {transfer.status}: only one that has not left can be cancelled.",
        )
        transfer.status, transfer.reason = TransferStatus.CANCELLED.value, request.reason
    return before, [(transfer_supply(transfer.transfer), transfer.expected_at)]


def _receive_transfer(session: Session, request: ReceiveStock) -> StockReceived:
    transfer = transfer_of(session, request.transfer)
    require(
        (request.item, request.location) == (transfer.item, transfer.to_location),
        f"Transfer {transfer.transfer} brings {transfer.item} to {transfer.to_location}, not {request.item} to {request.location}.",
    )
    _require_same_receipt(session, request)
    received = stock.receive_stock(session, request)
    if received.repeated:
        return received
    _require_expected(f"Transfer {transfer.transfer}", transfer.shipped - transfer.received, request)
    transfer.received += request.quantity
    if transfer.received == transfer.shipped:
        transfer.status = TransferStatus.RECEIVED.value
    _note_receipt(session, request)
    session.flush()
    return received


def _require_expected(name: str, outstanding: int, request: ReceiveStock) -> None:
    surplus = request.quantity - outstanding
    require(
        surplus <= 0,
        f"{name} expects {outstanding} more units, not {request.quantity}: receive {outstanding} against it"
        f" and the surplus of {surplus} with `oms receive`, or send it back.",
    )


def _require_same_receipt(session: Session, request: ReceiveStock) -> None:
    """A receipt number that was booked against something else is another document: Conflict."""
    known = session.get(SupplyReceipt, request.receipt)
    if known is not None and (known.purchase_order or "", known.line or 0, known.transfer or "") != _against(request):
        about = purchase_supply(known.purchase_order, known.line or 0) if known.purchase_order else transfer_supply(known.transfer or "")
        raise Conflict(f"Receipt {request.receipt}", f"against {about}")


def _against(request: ReceiveStock) -> tuple[str, int, str]:
    return (request.purchase_order, request.purchase_line, request.transfer)


def _note_receipt(session: Session, request: ReceiveStock) -> None:
    order, line, transfer = _against(request)
    about = {"purchase_order": order or None, "line": line or None, "transfer": transfer or None}
    session.add(SupplyReceipt(receipt=request.receipt, quantity=request.quantity, at=request.at, **about))


def _expected(session: Session, purchase_order: str, transfer: str, lines: Sequence[int]) -> list[tuple[str, PurchaseOrderLine | Transfer]]:
    """What a slip is about, locked, by its name; Refused when nothing of it is expected any more."""
    if transfer:
        row = transfer_of(session, transfer)
        require(row.status in (TransferStatus.PLANNED, TransferStatus.SHIPPED), f"Transfer {transfer} is {row.status}: it cannot slip.")
        return [(transfer_supply(transfer), row)]
    order = purchase_of(session, purchase_order)
    require(order.status == PurchaseStatus.OPEN, f"Purchase order {purchase_order} is {order.status}: it cannot slip.")
    there = {line.line: line for line in _lines(session, purchase_order)}
    for number in lines:
        if number not in there:
            raise NotFound("line", f"{number} of purchase order {purchase_order}")
        require(there[number].outstanding > 0, f"Line {number} of purchase order {purchase_order} has come: it cannot slip.")
    wanted = [line for number, line in there.items() if line.outstanding and (not lines or number in lines)]
    return [(purchase_supply(purchase_order, line.line), line) for line in wanted]


def _lines(session: Session, purchase_order: str) -> list[PurchaseOrderLine]:
    chosen = select(PurchaseOrderLine).where(PurchaseOrderLine.purchase_order == purchase_order).order_by(PurchaseOrderLine.line)
    return list(session.scalars(chosen))


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
    return sorted(found | set(session.scalars(select(Transfer.item).where(Transfer.transfer.in_(moved)))))


def _require_items(session: Session, items: set[str]) -> None:
    known = set(session.scalars(select(Item.item).where(Item.item.in_(items))))
    for item in sorted(items - known):
        raise NotFound("item", item)


def _require_same(known: PurchaseOrder, lines: Sequence[PurchaseOrderLine], request: PlacePurchase) -> None:
    """Refuse a known number with other goods; a day that slipped since then is no other content."""
    if (known.supplier, known.location) != (request.supplier, request.location):
        raise Conflict(f"Purchase order {known.purchase_order}", f"from {known.supplier} to {known.location}")
    there = {line.line: (line.item, line.ordered) for line in lines}
    asked = {line.line: (line.item, line.ordered) for line in request.lines}
    if there != asked:
        differs = min(number for number in there.keys() | asked.keys() if there.get(number) != asked.get(number))
        said = "{1} x {0}".format(*there[differs]) if differs in there else "no such line"
        raise Conflict(f"Purchase order {known.purchase_order}", f"line {differs}: {said}")
