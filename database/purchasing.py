"""Purchasing: goods are ordered from suppliers, received against their order, or given up; told twice, it counts once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.locks import require
from database.tables import Item, Location, PurchaseOrder, PurchaseOrderLine, Supplier
from domain.errors import Conflict, NotFound
from domain.purchasing import Placed, PlacePurchase, PurchaseStatus, purchase_supply
from domain.steps import ReceiveStock


def place_purchase(session: Session, request: PlacePurchase) -> Placed:
    """Store a purchase order. The same number with the same content is `repeated`, with other content a Conflict."""
    numbers = [line.line for line in request.lines]
    require(len(set(numbers)) == len(numbers), f"Purchase order {request.purchase_order} names a line twice.")
    if session.get(Supplier, request.supplier) is None:
        raise NotFound("supplier", request.supplier)
    if session.get(Location, request.location) is None:
        raise NotFound("location", request.location)
    require_items(session, {line.item for line in request.lines})
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
        _require_same(purchase_of(session, request.purchase_order), lines_of(session, request.purchase_order), request)
        return Placed(repeated=True)
    for line in request.lines:
        about = {"line": line.line, "item": line.item, "ordered": line.ordered, "expected_at": line.expected_at}
        session.add(PurchaseOrderLine(purchase_order=request.purchase_order, **about))
    session.flush()
    return Placed()


def place_anew(session: Session, draft: PlacePurchase) -> str:
    """Store a purchase order under the next free number, whatever the draft's is: `PO-000001` onwards, each once."""
    count = session.scalar(select(func.count()).select_from(PurchaseOrder)) or 0
    while True:
        count += 1
        number = f"PO-{count:06d}"
        if session.get(PurchaseOrder, number) is None and _is_new(session, draft.model_copy(update={"purchase_order": number})):
            return number


def line_received(session: Session, request: ReceiveStock) -> PurchaseOrderLine:
    """The line that goods came in against, its order locked; NotFound or Refused where it brings something else."""
    order = purchase_of(session, request.purchase_order)
    line = session.get(PurchaseOrderLine, (request.purchase_order, request.purchase_line))
    if line is None:
        raise NotFound("line", f"{request.purchase_line} of purchase order {request.purchase_order}")
    require(
        (request.item, request.location) == (line.item, order.location),
        f"{in_words(line)} brings {line.item} to {order.location}, not {request.item} to {request.location}.",
    )
    return line


def book_received(session: Session, line: PurchaseOrderLine, quantity: int) -> None:
    """Units of a line came in; with its last one the order is closed."""
    order = purchase_of(session, line.purchase_order)
    require(order.status == PurchaseStatus.OPEN, f"Purchase order {order.purchase_order} is {order.status}: nothing of it is expected.")
    line.received += quantity
    session.flush()
    if all(each.outstanding == 0 for each in lines_of(session, order.purchase_order)):
        order.status = PurchaseStatus.CLOSED.value


def expected(session: Session, number: str, lines: Sequence[int]) -> list[tuple[str, PurchaseOrderLine]]:
    """What of a purchase order has not come, locked, by its supply's name: these `lines`, or all. Refused when there is nothing of it."""
    order = purchase_of(session, number)
    require(order.status == PurchaseStatus.OPEN, f"Purchase order {number} is {order.status}: it cannot slip.")
    there = {line.line: line for line in lines_of(session, number)}
    for each in lines:
        if each not in there:
            raise NotFound("line", f"{each} of purchase order {number}")
        require(there[each].outstanding > 0, f"Line {each} of purchase order {number} has come: it cannot slip.")
    wanted = [line for position, line in there.items() if line.outstanding and (not lines or position in lines)]
    return [(purchase_supply(number, line.line), line) for line in wanted]


def give_up(session: Session, number: str, reason: str) -> tuple[bool, list[tuple[str, datetime]]]:
    """Nothing more of it will come: (was it given up before, what of it was expected and when)."""
    order = purchase_of(session, number)
    lines = lines_of(session, number)
    rest = [(purchase_supply(number, line.line), line.expected_at) for line in lines if line.outstanding]
    before = order.status == PurchaseStatus.CANCELLED or (order.status == PurchaseStatus.CLOSED and bool(rest))
    if not before:
        require(order.status == PurchaseStatus.OPEN, f"Purchase order {number} is closed: everything of it has come.")
        order.status = (PurchaseStatus.CLOSED if any(line.received for line in lines) else PurchaseStatus.CANCELLED).value
        order.reason = reason
    return before, rest


def purchase_of(session: Session, number: str) -> PurchaseOrder:
    """The purchase order, locked, before any item or stock: whoever needs both takes them in this order."""
    found = session.get(PurchaseOrder, number, with_for_update=True)
    if found is None:
        raise NotFound("purchase order", number)
    return found


def lines_of(session: Session, purchase_order: str) -> list[PurchaseOrderLine]:
    chosen = select(PurchaseOrderLine).where(PurchaseOrderLine.purchase_order == purchase_order).order_by(PurchaseOrderLine.line)
    return list(session.scalars(chosen))


def in_words(line: PurchaseOrderLine) -> str:
    return f"Line {line.line} of purchase order {line.purchase_order}"


def require_items(session: Session, items: set[str]) -> None:
    """Raises NotFound for the first that nobody knows."""
    known = set(session.scalars(select(Item.item).where(Item.item.in_(items))))
    for item in sorted(items - known):
        raise NotFound("item", item)


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _is_new(session: Session, request: PlacePurchase) -> bool:
    """Stored, and not somebody's who had the number first."""
    try:
        return not place_purchase(session, request).repeated
    except Conflict:
        return False


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
