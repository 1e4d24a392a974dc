"""Returns: announced under a number, received, inspected, settled."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.debts import open_carrier_claim, open_claim
from database.exchange_prices import exchange_derivations, keep, other_rates
from database.held import hold
from database.locks import lines_of, next_number, order_of, require, return_of
from database.lots import lot_that_came_back
from database.stock import put_away
from database.tables import Item, Location, Order, Return, ReturnLine, SentBack
from domain.claims import Against
from domain.dispositions import EFFECTS, Following, StockEffect
from domain.errors import NotFound
from domain.messages import InspectedLine
from domain.money import Money
from domain.steps import (
    AuthorizeReturn,
    ItemsPriced,
    MoveUntaken,
    PriceItems,
    Recorded,
    RecordInspection,
    RecordReturnReceipt,
    ReturnAuthorized,
    SettleReturn,
    Untaken,
)


def authorize_return(session: Session, request: AuthorizeReturn, tracking: str = "") -> ReturnAuthorized:
    """Give a return its number; `tracking` is that of the label which the customer gets. What broke on the way is the carrier's claim."""
    order = order_of(session, request.order)
    sequence = next_number(session, "RMA")
    document = f"RMA-{sequence:06d}"
    goods = Return(
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
    session.add(goods)
    session.flush()
    for entry in request.lines:
        row = _line(session, request.order, request.rma, entry.line)
        row.authorized += entry.quantity
        row.reason = request.reasons[entry.line].value if entry.line in request.reasons else ""
    if request.claim is not None and request.shipment:
        reason = f"{document}: damaged in transit"
        open_carrier_claim(session, f"{request.key}/claim", request.order, request.shipment, request.claim, reason, request.at, request.rma)
    derived = exchange_derivations(session, order, _asked(request), request.at, [entry.line for entry in request.lines])
    return ReturnAuthorized(rma_number=document, tracking=tracking, prices=keep(goods, derived), taxes=other_rates(derived))


def price_items(session: Session, request: PriceItems) -> ItemsPriced:
    """What items cost the customer of an order now, with why; those without a price are not in the answer."""
    order = order_of(session, request.order)
    goods = return_of(session, request.order, request.rma) if request.rma else None
    of_return = select(ReturnLine.line).where(ReturnLine.order == request.order, ReturnLine.rma == request.rma)
    derived = exchange_derivations(session, order, _asked(request), request.at, session.scalars(of_return).all())
    return ItemsPriced(prices=keep(goods, derived), taxes=other_rates(derived))


def record_return_receipt(session: Session, request: RecordReturnReceipt) -> Recorded:
    """Book what was really at the dock, also when it is not what was authorized."""
    order_of(session, request.order)
    goods = return_of(session, request.order, request.rma)
    if session.get(Location, request.location) is None:
        raise NotFound("location", request.location)
    goods.status, goods.location, goods.due_at = "received", request.location, request.inspect_due
    for entry in request.lines:
        _line(session, request.order, request.rma, entry.line).received += entry.quantity
    for entry in request.damaged:
        _line(session, request.order, request.rma, entry.line).damaged += entry.quantity
    return Recorded()


def move_untaken(session: Session, request: MoveUntaken, moved: Untaken) -> Untaken:
    """Goods that are no part of the return: sent back under the label that was bought, else held in quarantine where they lie."""
    order_of(session, request.order)
    goods = return_of(session, request.order, request.rma)
    units: dict[str, int] = {}
    for entry in request.lines:
        units[request.items[entry.line]] = units.get(request.items[entry.line], 0) + entry.quantity
    for other in request.others:
        units[other.item] = units.get(other.item, 0) + other.quantity
    if moved.tracking:
        session.add(
            SentBack(
                key=request.key,
                order=request.order,
                rma=request.rma,
                contents=json.dumps(units, sort_keys=True),
                carrier=moved.carrier,
                tracking=moved.tracking,
                cost=moved.cost.minor if moved.cost else 0,
                currency=moved.cost.currency if moved.cost else request.currency,
                at=request.at,
            )
        )
        return moved
    for item, quantity in sorted(units.items()):
        reason = f"{goods.document}: not part of the return" + (f"; {moved.refused}" if moved.refused else "")
        about = {"order": request.order, "reason": reason}
        hold(session, item, request.location, quantity, "quarantine", "untaken", f"{request.key}/{item}", request.at, **about)
    return moved


def record_inspection(session: Session, request: RecordInspection) -> Recorded:
    """Book every unit by what becomes of it (`domain.dispositions`): in stock again, held, gone, or a claim on its supplier.

    More than was delivered is refused.
    """
    order = order_of(session, request.order)
    goods = return_of(session, request.order, request.rma)
    lines = lines_of(session, request.order)
    for entry in request.lines:
        require(entry.line in lines, f"{request.order} has no line {entry.line}.")
        line, row = lines[entry.line], _line(session, request.order, request.rma, entry.line)
        require(
            line.returned + entry.quantity <= line.delivered,
            f"Line {entry.line}: {entry.quantity} more cannot come back; {line.delivered} were delivered, {line.returned} came.",
        )
        line.returned += entry.quantity if EFFECTS[entry.disposition].counts else 0
        setattr(row, entry.disposition.value, getattr(row, entry.disposition.value) + entry.quantity)
    items = {entry.line: request.items.get(entry.line, lines[entry.line].item) for entry in request.lines}
    into_stock = _units(entry for entry in request.lines if EFFECTS[entry.disposition].stock is StockEffect.SELLABLE)
    for number in sorted(into_stock, key=lambda number: (items[number], number)):
        key, lot = f"{request.key}/{number}", lot_that_came_back(session, request.order, number)
        put_away(session, items[number], request.location, into_stock[number], "restock", key, request.at, order=request.order, lot=lot)
    for disposition, effects in EFFECTS.items():
        units = _units(entry for entry in request.lines if entry.disposition is disposition)
        for number in sorted(units, key=lambda number: (items[number], number)):
            key = f"{request.key}/{disposition}/{number}"
            if effects.stock is StockEffect.HELD:
                about = {"order": request.order, "reason": goods.document, "lot": lot_that_came_back(session, request.order, number)}
                hold(session, items[number], request.location, units[number], disposition.value, "returned", key, request.at, **about)
            if effects.follows is Following.A_DEBIT:
                _debit(session, request, order, goods.document, number, items[number], units[number], key)
    goods.status, goods.due_at = "inspected", None
    return Recorded()


def settle_return(session: Session, request: SettleReturn) -> Recorded:
    """The end of a return, by its outcome."""
    order_of(session, request.order)
    goods = return_of(session, request.order, request.rma)
    goods.status, goods.settled_at, goods.due_at = request.outcome, request.at, None
    return Recorded()


def _debit(session: Session, request: RecordInspection, order: Order, document: str, line: int, item: str, units: int, key: str) -> None:
    """Ask the item's supplier for what the customer paid for the units: the most it can be; a person states our own cost when filing."""
    known = session.get(Item, item)
    paid = request.worth.get(line, Money.zero(order.currency))
    amount = Money(minor=paid.minor * units, currency=order.currency)
    reason = f"{document}: {units} of {item} go back"
    party = (known.supplier if known else None) or "supplier of " + item
    open_claim(session, key, Against.SUPPLIER, party, request.order, amount, reason, request.at, rma=request.rma)


def _asked(request: AuthorizeReturn | PriceItems) -> dict[str, int]:
    """Items of an exchange with their units; a request from before those were stated asks for one of each."""
    return {item: request.units.get(item, 1) for item in request.items}


def _units(lines: Iterable[InspectedLine]) -> dict[int, int]:
    found: dict[int, int] = {}
    for entry in lines:
        if entry.quantity:
            found[entry.line] = found.get(entry.line, 0) + entry.quantity
    return found


def _line(session: Session, order: str, rma: int, line: int) -> ReturnLine:
    chosen = select(ReturnLine).where(ReturnLine.order == order, ReturnLine.rma == rma, ReturnLine.line == line)
    row = session.scalars(chosen).one_or_none()
    if row is None:
        row = ReturnLine(order=order, rma=rma, line=line, **dict.fromkeys(_COUNTS, 0))
        session.add(row)
    return row


_COUNTS = ("authorized", "received", "damaged", *(disposition.value for disposition in EFFECTS))
