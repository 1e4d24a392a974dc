"""Transfers: goods move between two of our locations; they leave the one by movements of the ledger and reach the other by receipts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import lots, stock
from database.journal import insert_once
from database.locks import require, stock_of_items
from database.purchasing import require_items
from database.tables import Location, Stock, Transfer, TransferLine
from domain.errors import Conflict, NotFound
from domain.purchasing import Placed, PlaceTransfer, ShipTransfer, TransferStatus, transfer_supply
from domain.steps import ReceiveStock


def place_transfer(session: Session, request: PlaceTransfer) -> Placed:
    """Plan a transfer. The same number with the same content is `repeated`, with other content a Conflict."""
    require(request.from_location != request.to_location, f"Transfer {request.transfer} starts and ends at {request.from_location}.")
    items = [line.item for line in request.lines]
    twice = sorted({item for item in items if items.count(item) > 1})
    require(not twice, f"Transfer {request.transfer} names {', '.join(twice)} twice: write all units of an item in one line.")
    require_items(session, set(items))
    for location in (request.from_location, request.to_location):
        if session.get(Location, location) is None:
            raise NotFound("location", location)
    head = {
        "transfer": request.transfer,
        "from_location": request.from_location,
        "to_location": request.to_location,
        "expected_at": request.expected_at,
        "status": TransferStatus.PLANNED.value,
        "reason": "",
        "placed_at": request.at,
        "created_by": request.actor,
    }
    if not insert_once(session, Transfer, head):
        _require_same(transfer_of(session, request.transfer), lines_of(session, request.transfer), request)
        return Placed(repeated=True)
    for number, line in enumerate(request.lines, 1):
        session.add(TransferLine(transfer=request.transfer, line=number, item=line.item, quantity=line.quantity))
    session.flush()
    return Placed()


def ship_transfer(session: Session, request: ShipTransfer) -> Placed:
    """All of it leaves its origin, bin by bin, or nothing: what is kept for orders there is not taken, and all that is short is said.

    Shipping again changes nothing.
    """
    transfer = transfer_of(session, request.transfer)
    if transfer.status in (TransferStatus.SHIPPED, TransferStatus.RECEIVED, TransferStatus.CLOSED):
        return Placed(repeated=True)
    require(transfer.status == TransferStatus.PLANNED, f"Transfer {transfer.transfer} is {transfer.status}: it cannot leave.")
    lines = lines_of(session, transfer.transfer)
    rows = [row for row in stock_of_items(session, [line.item for line in lines]) if row.location == transfer.from_location]
    offered = lots.offers(session, rows, "", request.at.date())
    by_item: dict[str, list[Stock]] = defaultdict(list)
    for row in rows:
        by_item[row.item].append(row)
    free = {line.item: sum(row.available for row in by_item[line.item]) for line in lines}
    short = [f"{free[line.item]} of {line.quantity} x {line.item}" for line in lines if free[line.item] < line.quantity]
    require(not short, f"Transfer {transfer.transfer} cannot leave: {transfer.from_location} has free only {', '.join(short)}.")
    for line in lines:
        left = line.quantity
        for row in by_item[line.item]:
            for lot, units in lots.parts(row, offered):
                taken = min(units, left)
                if taken:
                    row.on_hand -= taken
                    left -= taken
                    key = f"transfer/{transfer.transfer}/{line.line}/{row.bin}" + (f"/{lot}" if lot else "")
                    stock.move(session, row, -taken, "transfer_out", key, request.at, None, request.actor, lot=lot)
        line.shipped = line.quantity
    transfer.status = TransferStatus.SHIPPED.value
    session.flush()
    return Placed()


def line_received(session: Session, request: ReceiveStock) -> TransferLine:
    """The line that goods came in against, its transfer locked; Refused where it brings something else, or to somewhere else."""
    transfer = transfer_of(session, request.transfer)
    lines = {line.item: line for line in lines_of(session, request.transfer)}
    require(
        request.item in lines and request.location == transfer.to_location,
        f"Transfer {transfer.transfer} brings {', '.join(lines)} to {transfer.to_location}, not {request.item} to {request.location}.",
    )
    return lines[request.item]


def book_received(session: Session, line: TransferLine, quantity: int) -> None:
    """Units of a line arrived; with the last one of all lines the transfer is received."""
    transfer = transfer_of(session, line.transfer)
    require(
        transfer.status != TransferStatus.CLOSED, f"The rest of transfer {line.transfer} was given up: book what came with `oms receive`."
    )
    line.received += quantity
    session.flush()
    if all(each.on_the_way == 0 for each in lines_of(session, line.transfer)):
        transfer.status = TransferStatus.RECEIVED.value


def expected(session: Session, number: str) -> list[tuple[str, Transfer]]:
    """The transfer by its supply's name, locked; Refused when nothing of it is expected any more."""
    transfer = transfer_of(session, number)
    require(transfer.status in (TransferStatus.PLANNED, TransferStatus.SHIPPED), f"Transfer {number} is {transfer.status}: it cannot slip.")
    return [(transfer_supply(number), transfer)]


def give_up(session: Session, number: str, reason: str) -> tuple[bool, list[tuple[str, datetime]]]:
    """It will not leave, or what is still on the way never arrives: (was it given up before, what was expected and when)."""
    transfer = transfer_of(session, number)
    before = transfer.status in (TransferStatus.CANCELLED, TransferStatus.CLOSED)
    if not before:
        require(transfer.status != TransferStatus.RECEIVED, f"All of transfer {number} has arrived: nothing of it can be given up.")
        left = transfer.status == TransferStatus.SHIPPED
        transfer.status, transfer.reason = (TransferStatus.CLOSED if left else TransferStatus.CANCELLED).value, reason
    return before, [(transfer_supply(number), transfer.expected_at)]


def transfer_of(session: Session, number: str) -> Transfer:
    """The transfer, locked, before any item or stock: whoever needs both takes them in this order."""
    found = session.get(Transfer, number, with_for_update=True)
    if found is None:
        raise NotFound("transfer", number)
    return found


def lines_of(session: Session, number: str) -> list[TransferLine]:
    return list(session.scalars(select(TransferLine).where(TransferLine.transfer == number).order_by(TransferLine.line)))


def in_words(line: TransferLine) -> str:
    return f"Transfer {line.transfer}"


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _require_same(known: Transfer, lines: Sequence[TransferLine], request: PlaceTransfer) -> None:
    """Refuse a known number with other goods; a day that slipped since then is no other content."""
    there = {line.item: line.quantity for line in lines}
    asked = {line.item: line.quantity for line in request.lines}
    if there != asked or (known.from_location, known.to_location) != (request.from_location, request.to_location):
        goods = ", ".join(f"{units} x {item}" for item, units in there.items())
        raise Conflict(f"Transfer {known.transfer}", f"{goods} from {known.from_location} to {known.to_location}")
