"""Stock: it comes in, it is kept for an order, it is free again; nothing is sold twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from database import backorders, lots, reallocations
from database.bins import Chosen, take
from database.claims import ClaimsBook, Place, claims_on, use_up
from database.journal import insert_once
from database.locks import (
    items_locked,
    lines_of,
    order_of,
    require,
    reservations_of,
    shipment_of,
    stock_behind,
    stock_of_items,
    stock_rows,
)
from database.sourcing import goods_locked, keep_decision, sites_of, sourcing_of
from database.tables import Item, Location, Order, OrderLine, Reservation, Shipment, Stock, StockMovement
from domain.errors import Conflict, NotFound
from domain.order import ShippingPolicy
from domain.return_rules import ItemReturns
from domain.sourcing.decision import Decision
from domain.sourcing.groups import choose_in_groups
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
    StockReceived,
)

MOST_UNITS = 10_000_000
"""A receipt of more units than this is a slip of the keyboard."""

BUCKET = {"planned": "allocated", "released": "allocated", "picked": "picked", "packed": "packed"}
"""Where the units of a shipment stand in their lines, by its status, as long as it has not shipped."""


def allocate_stock(session: Session, request: AllocateStock) -> Allocation:
    """Keep stock for all needs, as far as it goes; lines of one item share what there is, in their order.

    Which locations give it is decided by the channel's sourcing policy, and kept with its reasons. What others have set aside, and what
    channels keep for themselves, is not there. Short lines stay open with the backorder's deadline; with `all_or_nothing` a single short
    line leaves all stock where it is.
    """
    order = order_of(session, request.order)
    lines = lines_of(session, request.order)
    needs = [need for need in request.needs if need.quantity > 0]
    for need in needs:
        require(
            need.line in lines and lines[need.line].open >= need.quantity,
            f"Line {need.line} of {request.order} has fewer than {need.quantity} open units.",
        )
    items = [need.item for need in needs]
    goods = goods_locked(session, items)
    stock = [row for row in stock_rows(session, items) if _asked_for(row, request)]
    offered = lots.offers(session, stock, order.customer or order.stated_customer, request.at.date())
    book = claims_on(session, items, order.channel, [order.order, *([order.basket] if order.basket else [])], request.at)
    sites, policy = sites_of(session, order, book.may_take(stock), request.at)
    decision = choose_in_groups(sourcing_of(request, order, lines, needs, goods), sites, policy, request.groups, request.apart)
    keep_decision(session, request, decision)
    late = {shortage.line for shortage in decision.short}
    for need in needs:
        if need.line in late or not request.only:  # of one location: other units of the line may still wait
            lines[need.line].wait(request.backorder_due if need.line in late else None, request.at)
    if not (order.ships_apart_at or order.policy == ShippingPolicy.PARTIAL or request.all_or_nothing or request.groups or request.only):
        order.ships_apart_at = request.at
    leaves = {site.location: (request.at.date() + timedelta(days=site.ships_in or 0), site.a_day) for site in sites}
    shipments: tuple[PlannedShipment, ...] = ()
    taken: dict[Place, int] = {}
    for parts in [[part] for part in decision.parts] if request.apart else [decision.parts]:  # apart, one location may give twice
        chosen = [
            take(part.location, needs, [row for row in stock if row.location == part.location], part.units, offered) for part in parts
        ]
        shipments += _reserve(session, request, request.first_shipment + len(shipments), chosen, lines, leaves)
        for each in chosen:
            for _, row, quantity, _ in each.takes:
                taken[row.item, row.location] = taken.get((row.item, row.location), 0) + quantity
    unmet = _unmet(needs, decision)
    use_up(session, book, taken, unmet, request.at)
    backorders.free_for_queue(session, request.key, _spared(book, taken, unmet), request.at)
    rules = {item: ItemReturns.model_validate_json(each.returns) for item, each in goods.items() if each.returns}
    return Allocation(shipments=shipments, short=decision.short, returns=rules)


def release_stock(session: Session, request: ReleaseStock, stored: str | None = None) -> Recorded:
    """Undo an allocation: what the attempt `undoes` keeps and has not shipped is free again, its line units are cancelled.

    An order that was never written down has none: the attempt to check it would have reserved its stock too.
    """
    if session.get(Order, request.order, with_for_update=True) is None:
        return Recorded()
    chosen = select(Shipment).where(Shipment.order == request.order, Shipment.attempt == request.undoes).order_by(Shipment.shipment)
    freed = _free(session, [shipment for shipment in session.scalars(chosen) if shipment.status in BUCKET], "released", "cancelled")
    backorders.free_for_queue(session, request.key, freed, request.at)
    return Recorded()


def abandon_shipment(session: Session, request: AbandonShipment, stored: str | None = None) -> Recorded:
    """Give up a shipment that has not shipped: its line units are open again, its stock is for whom it was taken, else for the queue.

    One that is given up stays so.
    """
    order_of(session, request.order)
    shipment = shipment_of(session, request.order, request.shipment)
    require(
        shipment.status in BUCKET or shipment.status == "cancelled",
        f"Shipment {request.shipment} of {request.order} is {shipment.status}; only what has not shipped can be given up.",
    )
    if shipment.status in BUCKET:
        shipment.reason = request.reason
        freed = _free(session, [shipment], "abandoned", "open")
        if request.reallocation:
            freed = reallocations.pass_on(session, request, freed)
        backorders.free_for_queue(session, request.key, freed, request.at)
    return Recorded()


def receive_stock(session: Session, request: ReceiveStock) -> StockReceived:
    """Goods came in: into the named bin, else where the item lies, and on along the backorder queue; the caller tells who won.

    The same receipt twice is one; with other content it is a Conflict.
    """
    require(0 < request.quantity <= MOST_UNITS, f"A receipt is of 1 to {MOST_UNITS} units, not of {request.quantity}.")
    locked = backorders.needed(session, [request.item], request.at)
    items_locked(session, locked)
    item = session.get(Item, request.item, with_for_update=True)
    if item is None:
        raise NotFound("item", request.item)
    if session.get(Location, request.location) is None:
        raise NotFound("location", request.location)
    key, cause = f"receipt/{request.receipt}", f"receipt {request.receipt}"
    known = session.scalars(select(StockMovement).where(StockMovement.key == key)).one_or_none()
    if known is not None:
        same = (known.item, known.location, known.quantity) == (request.item, request.location, request.quantity)
        if not same or request.bin not in ("", known.bin) or request.lot != known.lot:
            raise Conflict(f"Receipt {request.receipt}", f"{known.quantity} of {known.item} at {known.location}")
        return StockReceived(waiting=tuple(backorders.winners_of(session, cause)), repeated=True)
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
    won = backorders.hand_out(session, [request.item], request.at, cause, locked=locked, told=True)
    return StockReceived(waiting=tuple(won))


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
    """Add units to the bin, without one to the first bin of the item at the location, and write the movement; the queue has them first."""
    stored = [row for row in stock_of_items(session, [item]) if row.location == location and bin_ in ("", row.bin)]
    if not stored:
        insert_once(session, Stock, {"item": item, "location": location, "bin": bin_, "on_hand": 0, "reserved": 0, "by_lot": bool(lot)})
        stored = [session.get_one(Stock, (item, location, bin_), with_for_update=True)]
    stored[0].on_hand += quantity
    move(session, stored[0], quantity, kind, key, at, order, actor, lot=lot)
    session.flush()
    if lots.may_be_had(session, item, lot, at.date()):
        backorders.free_for_queue(session, key, {(item, location): quantity}, at)


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


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _asked_for(row: Stock, request: AllocateStock) -> bool:
    """The request does not rule this bin out; locations to avoid are a matter of sourcing."""
    return not request.only or (row.location == request.only and row.bin not in request.avoid_bins)


def _reserve(
    session: Session,
    request: AllocateStock,
    first: int,
    chosen: Sequence[Chosen],
    lines: Mapping[int, OrderLine],
    leaves: Mapping[str, tuple[date, int | None]],
) -> tuple[PlannedShipment, ...]:
    """A shipment for each location, and the reservations that are its picks.

    `leaves` is when a location works on it, and how many it works on that day.
    """
    shipments, kept, planned = [], [], []
    for number, at in enumerate(chosen, first):
        about = {"order": request.order, "shipment": number, "attempt": request.key}
        ships_on, day_limit = leaves[at.location]
        shipments.append(about | {"location": at.location, "due_at": request.pick_due, "ships_on": ships_on, "day_limit": day_limit})
        for line, row, quantity, lot in at.takes:
            row.reserved += quantity
            lines[line].move("open", "allocated", quantity)
            place = {"item": row.item, "location": row.location, "bin": row.bin, "lot": lot}
            kept.append(about | place | {"line": line, "asked": quantity, "quantity": quantity})
        picks = tuple(Pick(line=t.line, item=t.row.item, bin=t.row.bin, quantity=t.quantity, lot=t.lot) for t in at.takes)
        planned.append(PlannedShipment(number=number, location=at.location, picks=picks))
    if shipments:
        session.execute(insert(Shipment), shipments)
        session.execute(insert(Reservation), kept)
    return tuple(planned)


def _unmet(needs: Sequence[Need], decision: Decision) -> set[str]:
    """Items of which a line did not get all it needs."""
    got: dict[int, int] = {}
    for part in decision.parts:
        for line, units in part.units.items():
            got[line] = got.get(line, 0) + units
    return {need.item for need in needs if got.get(need.line, 0) < need.quantity}


def _spared(book: ClaimsBook, taken: Mapping[Place, int], unmet: Collection[str]) -> dict[Place, int]:
    """What had been set aside for the order and is of no use to it any more."""
    aside: dict[Place, int] = {}
    for row in book.own:
        if row.place[0] not in unmet:
            aside[row.place] = aside.get(row.place, 0) + row.quantity
    return {place: units - taken.get(place, 0) for place, units in aside.items() if units > taken.get(place, 0)}


def _free(session: Session, shipments: Sequence[Shipment], ended: str, bucket: str) -> dict[Place, int]:
    """End all reservations of these shipments; their line units go to `bucket`. The answer is what is free now."""
    if not shipments:
        return {}
    lines = lines_of(session, shipments[0].order)
    kept = [(shipment, row) for shipment in shipments for row in reservations_of(session, shipment.order, shipment.shipment)]
    items_locked(session, (row.item for _, row in kept))
    stock = stock_behind(session, (row for _, row in kept))
    freed: dict[Place, int] = {}
    for shipment, row in kept:
        stock[row.item, row.location, row.bin].reserved -= row.quantity
        lines[row.line].move(BUCKET[shipment.status], bucket, row.quantity)
        freed[row.item, row.location] = freed.get((row.item, row.location), 0) + row.quantity
        row.ended = ended
    for shipment in shipments:
        shipment.status, shipment.due_at = "cancelled", None
    session.flush()
    return freed
