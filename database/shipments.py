"""A shipment's way: released to the floor, picked, packed, shipped, tracked, delivered."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from database import counting, credit, lots, picking
from database.backorders import free_for_queue
from database.debts import open_carrier_claim
from database.journal import HOLDFAST
from database.locks import invoice_of, items_locked, lines_of, order_of, require, reservations_of, return_of, shipment_of, stock_behind
from database.parcels import keep_parcels
from database.stock import BUCKET, move, put_away
from database.tables import CollectibleRow, DepositRow, Reservation, Shipment, Stock
from domain.counting import CountReason
from domain.messages import CarrierStatus, LineQuantity
from domain.steps import (
    CancelPicks,
    ParcelsRecorded,
    PicksReleased,
    RecordDelivery,
    RecordDue,
    Recorded,
    RecordLoss,
    RecordPacking,
    RecordPick,
    RecordTracking,
    ReleasePicks,
    ShipParcels,
    Shipped,
    VoidLabel,
)


def record_pick_release(session: Session, request: ReleasePicks, released: PicksReleased) -> PicksReleased:
    """The floor has the pick task."""
    shipment = _locked(session, request.order, request.shipment, ("planned", "released"))
    shipment.status, shipment.pick_reference, shipment.due_at = "released", released.reference, request.pick_due
    return released


def cancel_picks(session: Session, request: CancelPicks, stored: str | None = None) -> Recorded:
    """The floor has forgotten the pick task; a shipment that went further, or was given up, stays what it is."""
    order_of(session, request.order)
    shipment = session.get(Shipment, (request.order, request.shipment))
    if shipment is not None and shipment.status == "released":
        shipment.status, shipment.pick_reference = "planned", ""
    return Recorded()


def record_pick(session: Session, request: RecordPick) -> Recorded:
    """Book what was really picked. What is missing was not there: it leaves stock and reservation of its bin, its units are open again.

    A shipment of which nothing was found is cancelled. More than was asked for is refused.
    """
    shipment = _locked(session, request.order, request.shipment, ("planned", "released"))
    picking.close_without_scans(session, shipment, request.at)
    lines, kept = lines_of(session, request.order), reservations_of(session, request.order, request.shipment)
    asked, picked = _units(LineQuantity(line=row.line, quantity=row.quantity) for row in kept), _units(request.picked)
    for line, quantity in picked.items():
        require(quantity <= asked.get(line, 0), f"{quantity} units of line {line} were picked, {asked.get(line, 0)} were asked for.")
    short = _short_parts(request, kept, {line: quantity - picked.get(line, 0) for line, quantity in asked.items()})
    stock = stock_behind(session, (row for row, _ in short))
    for row, quantity in short:
        place = stock[row.item, row.location, row.bin]
        _shrink(row, place, quantity, "short")
        lines[row.line].move("allocated", "open", quantity)
        if lots.is_blocked(session, row.item, row.lot):  # it lies there, and nobody may take it
            continue
        place.on_hand -= quantity
        move(session, place, -quantity, "short_pick", pick_key(request.key, row), request.at, request.order, lot=row.lot)
        counting.open_task(session, place, row.lot, CountReason.SHORT_PICK, request.at, _actor(request))
    for row in kept:
        lines[row.line].move("allocated", "picked", row.quantity)
    _advance(shipment, kept, "picked")
    shipment.due_at = request.pack_due if shipment.status == "picked" else None
    return Recorded()


def record_packing(session: Session, request: RecordPacking) -> ParcelsRecorded:
    """Book the parcels (again, when they were packed anew), each under its SSCC; `unpacked` units are no longer kept and open again."""
    shipment = _locked(session, request.order, request.shipment, ("picked", "packed"))
    lines, kept = lines_of(session, request.order), reservations_of(session, request.order, request.shipment)
    bucket, unpacked = BUCKET[shipment.status], _units(request.unpacked)
    there = _units(LineQuantity(line=row.line, quantity=row.quantity) for row in kept)
    for line, quantity in unpacked.items():
        require(
            quantity <= there.get(line, 0), f"{quantity} units of line {line} cannot be unpacked: the shipment holds {there.get(line, 0)}."
        )
    left_out = [(row, quantity) for row, quantity in _spread(kept, unpacked) if quantity]
    freed: dict[tuple[str, str], int] = {}
    if left_out:
        items_locked(session, (row.item for row, _ in left_out))
    stock = stock_behind(session, (row for row, _ in left_out))
    for row, quantity in left_out:
        _shrink(row, stock[row.item, row.location, row.bin], quantity, "unpacked")
        lines[row.line].move(bucket, "open", quantity)
        freed[row.item, row.location] = freed.get((row.item, row.location), 0) + quantity
    if freed:
        session.flush()
        free_for_queue(session, request.key, freed, request.at)
    for row in kept:
        lines[row.line].move(bucket, "packed", row.quantity)
    drawn = keep_parcels(session, request.order, request.shipment, request.parcels)
    _advance(shipment, kept, "packed")
    shipment.due_at = None
    judged = credit.judge_step(session, request, request.credit, f"shipment {request.shipment}") if shipment.status == "packed" else None
    return ParcelsRecorded(sscc=drawn, credit=judged)


def ship_booking(session: Session, request: ShipParcels, shipped: Shipped) -> Shipped:
    """Book the goods out of stock under the label that was bought; without a tracking number nothing happens."""
    if not shipped.tracking:
        return shipped
    shipment = _locked(session, request.order, request.shipment, ("packed",))
    lines, kept = lines_of(session, request.order), reservations_of(session, request.order, request.shipment)
    stock = stock_behind(session, kept)
    for row in kept:
        place = stock[row.item, row.location, row.bin]
        place.reserved -= row.quantity
        place.on_hand -= row.quantity
        move(session, place, -row.quantity, "shipment", pick_key(request.key, row), request.at, request.order, lot=row.lot)
        lines[row.line].move("packed", "shipped", row.quantity)
        row.ended = "shipped"
    shipment.status, shipment.ship_key, shipment.shipped_at, shipment.due_at = "shipped", request.key, request.at, shipped.overdue_at
    shipment.carrier, shipment.service, shipment.tracking = shipped.carrier, shipped.service, shipped.tracking
    shipment.expected_at = shipped.expected_at
    if shipped.cost is not None:
        shipment.cost, shipment.cost_currency = shipped.cost.minor, shipped.cost.currency
    return shipped


def unship(session: Session, request: VoidLabel, stored: str | None = None) -> Recorded:
    """Take the goods of an undone shipping attempt back into stock, kept for the order as before; without a booking do nothing."""
    order_of(session, request.order)
    shipment = session.get(Shipment, (request.order, request.shipment))
    if shipment is None or shipment.ship_key != request.undoes:
        return Recorded()
    require(
        shipment.status == "shipped", f"Shipment {request.shipment} of {request.order} is {shipment.status}: it cannot come back by a void."
    )
    lines, kept = lines_of(session, request.order), reservations_of(session, request.order, request.shipment, "shipped")
    stock = stock_behind(session, kept)
    for row in kept:
        place = stock[row.item, row.location, row.bin]
        place.on_hand += row.quantity
        place.reserved += row.quantity
        move(session, place, row.quantity, "shipment_undone", pick_key(request.key, row), request.at, request.order, lot=row.lot)
        lines[row.line].move("shipped", "packed", row.quantity)
        row.ended = ""
    shipment.status, shipment.ship_key, shipment.shipped_at, shipment.due_at = "packed", "", None, None
    shipment.carrier, shipment.service, shipment.tracking, shipment.expected_at = "", "", None, None
    shipment.cost, shipment.cost_currency, shipment.carrier_status, shipment.carrier_status_at = None, "", "", None
    return Recorded()


def record_tracking(session: Session, request: RecordTracking) -> Recorded:
    """Keep the carrier's latest word, by when it was true; lost and returned to sender end a shipment that is under way."""
    order_of(session, request.order)
    shipment = shipment_of(session, request.order, request.shipment)
    late = shipment.carrier_status_at is not None and request.status_at < shipment.carrier_status_at
    if late and request.status is not CarrierStatus.RETURNED_TO_SENDER:
        return Recorded()
    shipment.carrier_status, shipment.carrier_status_at = request.status.value, request.status_at
    shipment.carrier_detail = request.detail
    ends = {CarrierStatus.LOST: "lost", CarrierStatus.RETURNED_TO_SENDER: "returned"}
    if shipment.status == "shipped" and request.status in ends:
        shipment.status, shipment.due_at = ends[request.status], None
    elif shipment.status in ("shipped", "lost") and request.overdue_at is not None:
        shipment.status, shipment.due_at = "shipped", request.overdue_at  # what was lost is found
    return Recorded()


def record_due(session: Session, request: RecordDue) -> Recorded:
    """Move the deadline of a line's stock, a shipment, an invoice, a collection, a deposit or a return."""
    order_of(session, request.order)
    kind, _, number = request.subject.partition(" ")
    if kind == "line":
        lines_of(session, request.order)[int(number)].wait(request.due_at, request.at)
    elif kind == "shipment":
        shipment_of(session, request.order, int(number)).due_at = request.due_at
    elif kind == "invoice":
        invoice = invoice_of(session, request.order, int(number))
        if invoice.collections_at is not None:
            invoice.collections_review_at = request.due_at
        elif invoice.dispute_review_at is not None:
            invoice.dispute_review_at = request.due_at
        else:
            invoice.reminded_due_at = request.due_at
    elif kind == "collection":
        session.get_one(CollectibleRow, (request.order, int(number))).due_at = request.due_at
    elif kind == "deposit":
        session.get_one(DepositRow, request.order).due_at = request.due_at
    elif kind == "return":
        return_of(session, request.order, int(number)).due_at = request.due_at
    return Recorded()


def record_loss(session: Session, request: RecordLoss) -> Recorded:
    """The shipment will not be delivered; what came back is in stock again, for anybody."""
    order_of(session, request.order)
    shipment = shipment_of(session, request.order, request.shipment)
    require(
        shipment.status in ("shipped", "lost", "returned"),
        f"Shipment {request.shipment} of {request.order} is {shipment.status}: it is not under way.",
    )
    if shipment.reason:  # decided before
        return Recorded()
    if request.came_back:
        for row in sorted(
            reservations_of(session, request.order, request.shipment, "shipped"), key=lambda row: (row.item, row.bin, row.line)
        ):
            put_away(
                session,
                row.item,
                shipment.location,
                row.quantity,
                "restock",
                pick_key(request.key, row),
                request.at,
                order=request.order,
                bin_=row.bin,
                lot=row.lot,
            )
    elif request.worth is not None:
        reason = f"shipment {request.shipment} was lost"
        open_carrier_claim(session, f"{request.key}/claim", request.order, request.shipment, request.worth, reason, request.at)
    shipment.status, shipment.reason, shipment.due_at = ("returned" if request.came_back else "lost"), request.reason, None
    return Recorded()


def record_delivery(session: Session, request: RecordDelivery) -> Recorded:
    """Someone took the goods; the first proof of delivery stands."""
    order = order_of(session, request.order)
    shipment = shipment_of(session, request.order, request.shipment)
    if shipment.status == "delivered":
        shipment.signed_by = shipment.signed_by or request.signed_by
        return Recorded()
    require(
        shipment.status in ("shipped", "lost", "returned"),
        f"Shipment {request.shipment} of {request.order} is {shipment.status}: it never left.",
    )
    lines = lines_of(session, request.order)
    for row in reservations_of(session, request.order, request.shipment, "shipped"):
        lines[row.line].delivered += row.quantity
    shipment.status, shipment.delivered_at, shipment.signed_by = "delivered", request.delivered_at, request.signed_by
    shipment.carrier_status, shipment.carrier_status_at = CarrierStatus.DELIVERED.value, request.delivered_at
    shipment.due_at = None
    order.returnable_until = request.returnable_until or order.returnable_until
    return Recorded()


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _locked(session: Session, order: str, number: int, statuses: tuple[str, ...]) -> Shipment:
    order_of(session, order)
    shipment = shipment_of(session, order, number)
    expected = " or ".join(statuses)
    require(shipment.status in statuses, f"Shipment {number} of {order} is {shipment.status}; this step needs it {expected}.")
    return shipment


def _units(lines: Iterable[LineQuantity]) -> dict[int, int]:
    found: dict[int, int] = {}
    for entry in lines:
        found[entry.line] = found.get(entry.line, 0) + entry.quantity
    return found


def _short_parts(request: RecordPick, kept: list[Reservation], missing: dict[int, int]) -> list[tuple[Reservation, int]]:
    """How much each pick came up short: as the floor said by bin, else spread over the picks of the line."""
    said = {(taken.line, taken.bin, taken.lot): taken.quantity for taken in request.taken}
    if not said:
        return [(row, quantity) for row, quantity in _spread(kept, missing) if quantity]
    parts = [(row, row.quantity - said.get((row.line, row.bin, row.lot), 0)) for row in kept]
    short: dict[int, int] = {}
    for row, quantity in parts:
        require(
            quantity >= 0, f"{row.quantity - quantity} units of line {row.line} were taken from {row.bin}, {row.quantity} were asked for."
        )
        short[row.line] = short.get(row.line, 0) + quantity
    require(short == missing, f"What was taken by bin is not what was picked by line of shipment {request.shipment}.")
    return [(row, quantity) for row, quantity in parts if quantity]


def _actor(request: RecordPick) -> str:
    """Who said what was picked."""
    return request.causes[0].actor if request.causes else HOLDFAST


def pick_key(key: str, row: Reservation) -> str:
    """The key of a movement that a step makes for one pick."""
    return f"{key}/{row.line}/{row.bin}" + (f"/{row.lot}" if row.lot else "")


def _spread(kept: list[Reservation], missing: dict[int, int]) -> list[tuple[Reservation, int]]:
    """How much of each line's missing units falls on each of its picks: the last bin on the walk is the first that came up short."""
    left = dict(missing)
    parts = []
    for row in reversed(kept):
        quantity = min(row.quantity, left.get(row.line, 0))
        left[row.line] = left.get(row.line, 0) - quantity
        parts.append((row, quantity))
    return parts


def _shrink(row: Reservation, place: Stock, quantity: int, ended: str) -> None:
    row.quantity -= quantity
    place.reserved -= quantity
    if row.quantity == 0:
        row.ended = ended


def _advance(shipment: Shipment, kept: list[Reservation], status: str) -> None:
    shipment.status = status if any(row.quantity for row in kept) else "cancelled"
