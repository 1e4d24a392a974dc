"""Stock: it comes in, it is kept for an order, it is free again; nothing is sold twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from database import lots
from database.bins import Chosen, take
from database.claims import Place, claims_on, use_up
from database.journal import insert_once
from database.locks import (
    lines_of,
    order_of,
    require,
    reservations_of,
    shipment_of,
    stock_behind,
    stock_of_items,
)
from database.tables import Item, Location, Order, OrderLine, Reservation, Shipment, Stock, StockMovement
from domain.errors import Conflict, NotFound
from domain.steps import (
    AbandonShipment,
    AllocateStock,
    Allocation,
    Need,
    Pick,
    PlannedShipment,
    ReceiveStock,
    Recorded,
    ReleaseStock,
    Shortage,
    StockReceived,
)

MOST_UNITS = 10_000_000
"""A receipt of more units than this is a slip of the keyboard."""

BUCKET = {"planned": "allocated", "released": "allocated", "picked": "picked", "packed": "packed"}
"""Where the units of a shipment stand in their lines, by its status, as long as it has not shipped."""


def allocate_stock(session: Session, request: AllocateStock) -> Allocation:
    """Keep stock for all needs, as far as it goes; lines of one item share what there is, in their order.

    One location that holds everything is preferred, then those that hold most. Short lines stay open with the backorder's deadline; with
    `all_or_nothing` a single short line leaves all stock where it is.
    """
    order = order_of(session, request.order)
    lines = lines_of(session, request.order)
    needs = [need for need in request.needs if need.quantity > 0]
    for need in needs:
        require(
            need.line in lines and lines[need.line].open >= need.quantity,
            f"Line {need.line} of {request.order} has fewer than {need.quantity} open units.",
        )
    stock = [row for row in stock_of_items(session, (need.item for need in needs)) if _asked_for(row, request)]
    offered = lots.offers(session, stock, order.customer or order.stated_customer, request.at.date())
    book = claims_on(session, (need.item for need in needs), order.channel, [request.order], request.at)
    left = book.may_take(stock)
    granted, short = _share_out(needs, left)
    late = {shortage.line for shortage in short}
    for need in needs:
        if need.line in late:
            lines[need.line].backorder_due = request.backorder_due
        elif not request.only:  # other units of the line may still wait
            lines[need.line].backorder_due = None
    if request.all_or_nothing and short:
        return Allocation(short=tuple(short))
    shipments = []
    taken: dict[Place, int] = {}
    for number, (location, to_take) in enumerate(_choose_locations(granted, left), request.first_shipment):
        chosen = take(location, granted, [row for row in stock if row.location == location], to_take, offered)
        for _, row, quantity, _ in chosen.takes:
            taken[row.item, location] = taken.get((row.item, location), 0) + quantity
        _reserve(session, request, number, chosen, lines)
        picks = tuple(Pick(line=t.line, item=t.row.item, bin=t.row.bin, quantity=t.quantity, lot=t.lot) for t in chosen.takes)
        shipments.append(PlannedShipment(number=number, location=chosen.location, picks=picks))
    use_up(session, book, taken, (shortage.item for shortage in short), request.at)
    return Allocation(shipments=tuple(shipments), short=tuple(short))


def release_stock(session: Session, request: ReleaseStock, stored: str | None = None) -> Recorded:
    """Undo an allocation: what the attempt `undoes` keeps and has not shipped is free again, its line units are cancelled."""
    order_of(session, request.order)
    chosen = select(Shipment).where(Shipment.order == request.order, Shipment.attempt == request.undoes).order_by(Shipment.shipment)
    _free(session, [shipment for shipment in session.scalars(chosen) if shipment.status in BUCKET], "released", "cancelled")
    return Recorded()


def abandon_shipment(session: Session, request: AbandonShipment, stored: str | None = None) -> Recorded:
    """Give up a shipment that has not shipped: its stock is free and its line units are open again. One that is given up stays so."""
    order_of(session, request.order)
    shipment = shipment_of(session, request.order, request.shipment)
    require(
        shipment.status in BUCKET or shipment.status == "cancelled",
        f"Shipment {request.shipment} of {request.order} is {shipment.status}; only what has not shipped can be given up.",
    )
    if shipment.status in BUCKET:
        shipment.reason = request.reason
        _free(session, [shipment], "abandoned", "open")
    return Recorded()


def receive_stock(session: Session, request: ReceiveStock) -> StockReceived:
    """Goods came in: into the named bin, else where the item lies. The same receipt twice is one; with other content a Conflict."""
    require(0 < request.quantity <= MOST_UNITS, f"A receipt is of 1 to {MOST_UNITS} units, not of {request.quantity}.")
    item = session.get(Item, request.item, with_for_update=True)
    if item is None:
        raise NotFound("item", request.item)
    if session.get(Location, request.location) is None:
        raise NotFound("location", request.location)
    key = f"receipt/{request.receipt}"
    known = session.scalars(select(StockMovement).where(StockMovement.key == key)).one_or_none()
    if known is not None:
        same = (known.item, known.location, known.quantity) == (request.item, request.location, request.quantity)
        if not same or request.bin not in ("", known.bin) or request.lot != known.lot:
            raise Conflict(f"Receipt {request.receipt}", f"{known.quantity} of {known.item} at {known.location}")
        return StockReceived(waiting=waiting_for(session, request.item), repeated=True)
    lots.register(session, item, request.lot, request.expires_on)
    put_away(
        session,
        request.item,
        request.location,
        request.quantity,
        "receipt",
        key,
        request.at,
        actor=request.actor,
        bin_=request.bin,
        lot=request.lot,
    )
    return StockReceived(waiting=waiting_for(session, request.item))


def put_away(
    session: Session,
    item: str,
    location: str,
    quantity: int,
    kind: str,
    key: str,
    at: datetime,
    *,
    actor: str = "holdfast",
    order: str | None = None,
    bin_: str = "",
    lot: str = "",
) -> None:
    """Add units to the bin, without one to the first bin of the item at the location, and write the movement."""
    stored = [row for row in stock_of_items(session, [item]) if row.location == location and bin_ in ("", row.bin)]
    if not stored:
        insert_once(session, Stock, {"item": item, "location": location, "bin": bin_, "on_hand": 0, "reserved": 0, "by_lot": bool(lot)})
        stored = [session.get_one(Stock, (item, location, bin_), with_for_update=True)]
    stored[0].on_hand += quantity
    move(session, stored[0], quantity, kind, key, at, order, actor, lot=lot)


def move(
    session: Session,
    row: Stock,
    quantity: int,
    kind: str,
    key: str,
    at: datetime,
    order: str | None,
    actor: str = "holdfast",
    lot: str = "",
    reason: str = "",
) -> None:
    """Write a movement into the ledger, and book its lot; the row itself is changed by the caller."""
    lots.shift(session, row, lot, quantity)
    place = {"item": row.item, "location": row.location, "bin": row.bin, "lot": lot}
    session.add(StockMovement(key=key, kind=kind, quantity=quantity, order=order, at=at, actor=actor, reason=reason, **place))


# --- choosing ------------------------------------------------------------------------------------------------------------------------


def _asked_for(row: Stock, request: AllocateStock) -> bool:
    """The request does not rule this bin out."""
    if request.only:
        return row.location == request.only and row.bin not in request.avoid_bins
    return row.location not in request.avoid


def _share_out(needs: Sequence[Need], left: Mapping[Place, int]) -> tuple[list[Need], list[Shortage]]:
    """What each line gets of what may be taken of its item anywhere, and who is short."""
    there: dict[str, int] = {}
    for (item, _), units in left.items():
        there[item] = there.get(item, 0) + units
    granted, short = [], []
    for need in needs:
        quantity = min(need.quantity, there.get(need.item, 0))
        there[need.item] = there.get(need.item, 0) - quantity
        if quantity:
            granted.append(need.model_copy(update={"quantity": quantity}))
        if quantity < need.quantity:
            short.append(Shortage(line=need.line, item=need.item, asked=need.quantity, available=quantity))
    return granted, short


def _choose_locations(granted: Sequence[Need], left: Mapping[Place, int]) -> list[tuple[str, dict[int, int]]]:
    """The location that can give most, then the one that can give most of the rest, ties by name; with the units of each line it gives."""
    to_take = {need.line: need.quantity for need in granted}
    available: dict[str, dict[str, int]] = {}
    for (item, location), units in left.items():
        available.setdefault(location, {})[item] = units
    chosen = []
    while any(to_take.values()):
        wanted: dict[str, int] = {}
        for need in granted:
            wanted[need.item] = wanted.get(need.item, 0) + to_take[need.line]
        fillable = {name: sum(min(quantity, wanted.get(item, 0)) for item, quantity in at.items()) for name, at in available.items()}
        location = min(available, key=lambda name: (-fillable[name], name))
        there, given = available.pop(location), {}
        for need in granted:
            given[need.line] = min(to_take[need.line], there.get(need.item, 0))
            there[need.item] = there.get(need.item, 0) - given[need.line]
            to_take[need.line] -= given[need.line]
        chosen.append((location, given))
    return chosen


def _reserve(session: Session, request: AllocateStock, number: int, chosen: Chosen, lines: dict[int, OrderLine]) -> None:
    shipment = {
        "order": request.order,
        "shipment": number,
        "location": chosen.location,
        "attempt": request.key,
        "due_at": request.pick_due,
    }
    session.execute(insert(Shipment), [shipment])
    kept = []
    for line, row, quantity, lot in chosen.takes:
        row.reserved += quantity
        lines[line].move("open", "allocated", quantity)
        place = {"item": row.item, "location": row.location, "bin": row.bin, "lot": lot}
        counts = {"asked": quantity, "quantity": quantity}
        kept.append({"attempt": request.key, "order": request.order, "shipment": number, "line": line} | place | counts)
    session.execute(insert(Reservation), kept)


def _free(session: Session, shipments: Sequence[Shipment], ended: str, bucket: str) -> None:
    """End all reservations of these shipments; their line units go to `bucket`."""
    if not shipments:
        return
    lines = lines_of(session, shipments[0].order)
    kept = [(shipment, row) for shipment in shipments for row in reservations_of(session, shipment.order, shipment.shipment)]
    stock = stock_behind(session, (row for _, row in kept))
    for shipment, row in kept:
        stock[row.item, row.location, row.bin].reserved -= row.quantity
        lines[row.line].move(BUCKET[shipment.status], bucket, row.quantity)
        row.ended = ended
    for shipment in shipments:
        shipment.status, shipment.due_at = "cancelled", None


def waiting_for(session: Session, item: str) -> tuple[str, ...]:
    """Orders whose backorders want the item, oldest first."""
    chosen = (
        select(Order.order)
        .join(OrderLine, OrderLine.order == Order.order)
        .where(OrderLine.item == item, OrderLine.open > 0, OrderLine.backorder_due.is_not(None), Order.outcome == "")
        .group_by(Order.order, Order.placed_at)
        .order_by(Order.placed_at, Order.order)
    )
    return tuple(session.scalars(chosen))
