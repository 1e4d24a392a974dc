"""Transfers: goods move between two of our locations; they leave the one by a movement of the ledger and reach the other by a receipt."""

from __future__ import annotations

from sqlalchemy.orm import Session

from database import stock
from database.journal import insert_once
from database.locks import require, stock_of_items
from database.purchasing import transfer_of
from database.tables import Item, Location, Transfer
from domain.errors import Conflict, NotFound
from domain.purchasing import Placed, PlaceTransfer, ShipTransfer, TransferStatus


def place_transfer(session: Session, request: PlaceTransfer) -> Placed:
    """Plan a transfer. The same number with the same content is `repeated`, with other content a Conflict."""
    require(request.from_location != request.to_location, f"Transfer {request.transfer} starts and ends at {request.from_location}.")
    if session.get(Item, request.item) is None:
        raise NotFound("item", request.item)
    for location in (request.from_location, request.to_location):
        if session.get(Location, location) is None:
            raise NotFound("location", location)
    about = {name: getattr(request, name) for name in ("item", "from_location", "to_location", "quantity")}
    times = {"expected_at": request.expected_at, "placed_at": request.at}
    fresh = {"shipped": 0, "received": 0, "status": TransferStatus.PLANNED.value, "reason": "", "created_by": request.actor}
    if insert_once(session, Transfer, {"transfer": request.transfer} | about | times | fresh):
        return Placed()
    known = transfer_of(session, request.transfer)
    if any(getattr(known, name) != value for name, value in about.items()):
        said = f"{known.quantity} x {known.item} from {known.from_location} to {known.to_location}"
        raise Conflict(f"Transfer {request.transfer}", said)
    return Placed(repeated=True)


def ship_transfer(session: Session, request: ShipTransfer) -> Placed:
    """The goods leave their origin, bin by bin; what is kept for orders there is not taken. Shipping again changes nothing."""
    transfer = transfer_of(session, request.transfer)
    if transfer.shipped:
        return Placed(repeated=True)
    require(transfer.status == TransferStatus.PLANNED, f"Transfer {transfer.transfer} is {transfer.status}: it cannot leave.")
    rows = [row for row in stock_of_items(session, [transfer.item]) if row.location == transfer.from_location]
    free = sum(row.available for row in rows)
    require(
        free >= transfer.quantity,
        f"{transfer.from_location} has {free} free units of {transfer.item}; transfer {transfer.transfer} needs {transfer.quantity}.",
    )
    left = transfer.quantity
    for row in rows:
        taken = min(row.available, left)
        if taken:
            row.on_hand -= taken
            left -= taken
            stock.move(session, row, -taken, "transfer_out", f"transfer/{transfer.transfer}/{row.bin}", request.at, None, request.actor)
    transfer.shipped, transfer.status = transfer.quantity, TransferStatus.SHIPPED.value
    session.flush()
    return Placed()
