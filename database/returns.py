"""Returns: announced under a number, received, inspected, settled."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.locks import lines_of, next_number, order_of, require, return_of
from database.lots import lot_that_came_back
from database.stock import put_away
from database.tables import Location, Return, ReturnLine
from domain.errors import NotFound
from domain.messages import Disposition
from domain.steps import AuthorizeReturn, Recorded, RecordInspection, RecordReturnReceipt, ReturnAuthorized, SettleReturn


def authorize_return(session: Session, request: AuthorizeReturn, tracking: str = "") -> ReturnAuthorized:
    """Give a return its number; `tracking` is that of the label which the customer gets."""
    order_of(session, request.order)
    sequence = next_number(session, "RMA")
    document = f"RMA-{sequence:06d}"
    session.add(
        Return(
            order=request.order,
            rma=request.rma,
            document=document,
            sequence=sequence,
            kind=request.kind.value,
            reason=request.reason,
            location=request.location,
            tracking=tracking,
            status="authorized",
            due_at=request.expires_at,
            authorized_at=request.at,
        )
    )
    session.flush()
    for entry in request.lines:
        _line(session, request.order, request.rma, entry.line).authorized += entry.quantity
    return ReturnAuthorized(rma_number=document, tracking=tracking)


def record_return_receipt(session: Session, request: RecordReturnReceipt) -> Recorded:
    """Book what was really at the dock, also when it is not what was authorized."""
    order_of(session, request.order)
    goods = return_of(session, request.order, request.rma)
    if session.get(Location, request.location) is None:
        raise NotFound("location", request.location)
    goods.status, goods.location, goods.due_at = "received", request.location, request.inspect_due
    for entry in request.lines:
        _line(session, request.order, request.rma, entry.line).received += entry.quantity
    return Recorded()


def record_inspection(session: Session, request: RecordInspection) -> Recorded:
    """Book every unit by what becomes of it; restocked units are in stock again at the location. More than was delivered is refused."""
    order_of(session, request.order)
    goods = return_of(session, request.order, request.rma)
    lines = lines_of(session, request.order)
    restocked: dict[int, int] = {}
    for entry in request.lines:
        require(entry.line in lines, f"{request.order} has no line {entry.line}.")
        line, row = lines[entry.line], _line(session, request.order, request.rma, entry.line)
        require(
            line.returned + entry.quantity <= line.delivered,
            f"Line {entry.line}: {entry.quantity} more cannot come back; {line.delivered} were delivered, {line.returned} came.",
        )
        line.returned += entry.quantity
        setattr(row, entry.disposition.value, getattr(row, entry.disposition.value) + entry.quantity)
        if entry.disposition is Disposition.RESTOCK and entry.quantity:
            restocked[entry.line] = restocked.get(entry.line, 0) + entry.quantity
    items = {number: request.items.get(number, lines[number].item) for number in restocked}
    for number in sorted(restocked, key=lambda number: (items[number], number)):
        key = f"{request.key}/{number}"
        lot = lot_that_came_back(session, request.order, number)
        put_away(session, items[number], request.location, restocked[number], "restock", key, request.at, order=request.order, lot=lot)
    goods.status, goods.due_at = "inspected", None
    return Recorded()


def settle_return(session: Session, request: SettleReturn) -> Recorded:
    """The end of a return, by its outcome."""
    order_of(session, request.order)
    goods = return_of(session, request.order, request.rma)
    goods.status, goods.settled_at, goods.due_at = request.outcome, request.at, None
    return Recorded()


def _line(session: Session, order: str, rma: int, line: int) -> ReturnLine:
    chosen = select(ReturnLine).where(ReturnLine.order == order, ReturnLine.rma == rma, ReturnLine.line == line)
    row = session.scalars(chosen).one_or_none()
    if row is None:
        row = ReturnLine(order=order, rma=rma, line=line, authorized=0, received=0, restock=0, scrap=0, refurbish=0, vendor=0)
        session.add(row)
    return row
