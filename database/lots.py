"""Lots: units of one making, kept by bin beside the bin's own row; which of them may be taken, and where a lot went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.locks import require
from database.tables import Customer, Item, Lot, LotStock, Order, OrderLine, PickedSerial, Reservation, Shipment, Stock
from domain.errors import Conflict, NotFound
from domain.lots import LotOffer, LotView, Recall, Recalled, first_expired_first_out

Place = tuple[str, str, str]
"""Item, location, bin."""


def register(session: Session, item: Item, lot: str, expires_on: date | None) -> None:
    """Know the lot of goods that come in. Refused without one where the item is kept by lot; a Conflict for another expiry date."""
    if not item.by_lot:
        require(not lot, f"{item.item} is not kept by lot.")
        return
    require(bool(lot), f"{item.item} is kept by lot: name the lot that came in.")
    new = {"item": item.item, "lot": lot, "expires_on": expires_on, "blocked": "", "blocked_at": None, "blocked_by": ""}
    if insert_once(session, Lot, new):
        return
    known = session.get_one(Lot, (item.item, lot))
    if expires_on is not None and known.expires_on != expires_on:
        raise Conflict(f"Lot {lot} of {item.item}", f"it expires on {known.expires_on}, not on {expires_on}")


def shift(session: Session, row: Stock, lot: str, quantity: int) -> None:
    """Book units of a lot in or out of a bin whose row the caller has locked and changed."""
    if not lot and not row.by_lot:
        return
    require(bool(lot), f"{row.item} at {row.location} {row.bin} is kept by lot: the lot that moves has to be named.")
    if not row.by_lot:
        require(row.on_hand == quantity, f"{row.item} at {row.location} {row.bin} has units without a lot: they cannot lie beside a lot.")
        row.by_lot = True
    key = (row.item, row.location, row.bin, lot)
    kept = session.get(LotStock, key, with_for_update=True)
    if kept is None:
        kept = LotStock(item=row.item, location=row.location, bin=row.bin, lot=lot, on_hand=0)
        session.add(kept)
    kept.on_hand += quantity
    require(kept.on_hand >= 0, f"Lot {lot} of {row.item} at {row.location} {row.bin} has fewer than {-quantity} units.")


def is_blocked(session: Session, item: str, lot: str) -> bool:
    return bool(lot) and bool(session.get_one(Lot, (item, lot)).blocked)


def offers(session: Session, stock: Iterable[Stock], customer: str, today: date) -> dict[Place, list[LotOffer]]:
    """What each bin of these locked rows that is kept by lot may give this customer, what expires first in front.

    The other free units are withheld: from now on they do not count as `available` of their row. Where nothing is kept by lot this is free.
    """
    rows = {(row.item, row.location, row.bin): row for row in stock if row.by_lot}
    if not rows:
        return {}
    known = session.get(Customer, customer) if customer else None
    min_life = known.min_life_days if known else 0
    found: dict[Place, list[LotOffer]] = {place: [] for place in rows}
    for view in lots_in_stock(session, {item for item, _, _ in rows}):
        place = (view.item, view.location, view.bin)
        if place in rows:
            free = view.on_hand - view.reserved
            found[place].append(LotOffer(lot=view.lot, bin=view.bin, expires_on=view.expires_on, free=free, blocked=view.blocked))
    for place, row in rows.items():
        found[place] = first_expired_first_out(found[place], today, min_life)
        row.withheld = row.on_hand - row.reserved - sum(offer.free for offer in found[place])
    return found


def withhold(session: Session, stock: Iterable[Stock], today: date) -> None:
    """Count units that nobody may have, of expired and blocked lots, as not available in these rows."""
    offers(session, stock, "", today)


def too_short_lived(session: Session, items: Iterable[str], lives: Iterable[int], today: date) -> dict[int, dict[str, dict[str, int]]]:
    """Asked-for life in days -> item -> location -> free units whose lots others may have, and who asks for so long a life may not."""
    asked = sorted({days for days in lives if days > 0})
    found: dict[int, dict[str, dict[str, int]]] = {days: {} for days in asked}
    for view in lots_in_stock(session, items) if asked else ():
        offer = LotOffer(lot=view.lot, bin=view.bin, expires_on=view.expires_on, free=view.on_hand - view.reserved, blocked=view.blocked)
        for days in asked:
            if offer.fits(today, 0) and not offer.fits(today, days):
                at = found[days].setdefault(view.item, {})
                at[view.location] = at.get(view.location, 0) + offer.free
    return found


def parts(row: Stock, offered: Mapping[Place, Sequence[LotOffer]]) -> list[tuple[str, int]]:
    """What a bin can give: units of each lot in the order in which they are taken, or all that is free where nothing is kept by lot."""
    if not row.by_lot:
        return [("", row.available)]
    return [(offer.lot, offer.free) for offer in offered.get((row.item, row.location, row.bin), ())]


def may_be_had(session: Session, item: str, lot: str, today: date) -> bool:
    """Units of the lot are stock to somebody."""
    if not lot:
        return True
    known = session.get_one(Lot, (item, lot))
    return not known.blocked and (known.expires_on is None or known.expires_on >= today)


def lots_in_stock(session: Session, items: Iterable[str], lot: str = "") -> list[LotView]:
    """Every lot of these items in every bin that holds some of it, or keeps some for an order."""
    kept = (
        select(Reservation.item, Reservation.location, Reservation.bin, Reservation.lot, func.sum(Reservation.quantity).label("units"))
        .where(Reservation.item.in_(sorted(set(items))), Reservation.ended == "", Reservation.lot != "")
        .group_by(Reservation.item, Reservation.location, Reservation.bin, Reservation.lot)
        .subquery()
    )
    joined = and_(
        kept.c.item == LotStock.item, kept.c.location == LotStock.location, kept.c.bin == LotStock.bin, kept.c.lot == LotStock.lot
    )
    chosen = (
        select(LotStock, Lot.expires_on, Lot.blocked, func.coalesce(kept.c.units, 0).label("reserved"))
        .join(Lot, and_(Lot.item == LotStock.item, Lot.lot == LotStock.lot))
        .outerjoin(kept, joined)
        .where(LotStock.item.in_(sorted(set(items))), LotStock.on_hand > 0)
        .order_by(LotStock.item, LotStock.location, LotStock.bin, LotStock.lot)
    )
    if lot:
        chosen = chosen.where(LotStock.lot == lot)
    return [
        LotView(
            item=row.item,
            lot=row.lot,
            expires_on=expires_on,
            blocked=blocked,
            location=row.location,
            bin=row.bin,
            on_hand=row.on_hand,
            reserved=reserved,
        )
        for row, expires_on, blocked, reserved in session.execute(chosen)
    ]


def lot_that_came_back(session: Session, order: str, line: int) -> str:
    """The lot of units that a customer sent back: of the lots they got on the line, to be on the safe side, the one that expires first."""
    chosen = (
        select(Reservation.lot)
        .join(Lot, and_(Lot.item == Reservation.item, Lot.lot == Reservation.lot))
        .where(Reservation.order == order, Reservation.line == line, Reservation.ended == "shipped")
        .order_by(Lot.expires_on.is_(None), Lot.expires_on, Reservation.lot)
        .limit(1)
    )
    return session.scalar(chosen) or ""


def block(session: Session, item: str, lot: str, reason: str, at: datetime, actor: str) -> None:
    """Nobody gets any of the lot from now on, or (without a reason) they may again. Raises NotFound."""
    row = session.get(Lot, (item, lot), with_for_update=True)
    if row is None:
        raise NotFound(f"lot of {item}", lot)
    row.blocked, row.blocked_at, row.blocked_by = reason, at if reason else None, actor if reason else ""


def recall(session: Session, item: str, lot: str) -> Recall:
    """Every shipment that holds a lot, whether it has left or not, and what still lies where. Raises NotFound."""
    known = session.get(Lot, (item, lot))
    if known is None:
        raise NotFound(f"lot of {item}", lot)
    chosen = (
        select(
            Reservation.order,
            Reservation.shipment,
            Reservation.ended,
            func.sum(Reservation.quantity).label("units"),
            func.max(OrderLine.returned).label("returned"),
            Shipment,
            func.coalesce(Order.customer, Order.stated_customer).label("customer"),
            func.coalesce(Customer.name, "").label("name"),
        )
        .join(Shipment, and_(Shipment.order == Reservation.order, Shipment.shipment == Reservation.shipment))
        .join(OrderLine, and_(OrderLine.order == Reservation.order, OrderLine.line == Reservation.line))
        .join(Order, Order.order == Reservation.order)
        .outerjoin(Customer, Customer.customer == Order.customer)
        .where(Reservation.item == item, Reservation.lot == lot, Reservation.ended.in_(("", "shipped")), Reservation.quantity > 0)
        .group_by(
            Reservation.order,
            Reservation.shipment,
            Reservation.ended,
            *Shipment.__table__.columns,
            Order.customer,
            Order.stated_customer,
            Customer.name,
        )
        .order_by(Reservation.order, Reservation.shipment)
    )
    serials: dict[tuple[str, int], list[str]] = {}
    numbers = select(PickedSerial).where(PickedSerial.item == item, PickedSerial.lot == lot).order_by(PickedSerial.serial)
    for number in session.scalars(numbers):
        serials.setdefault((number.order, number.shipment), []).append(number.serial)
    left: list[Recalled] = []
    waiting: list[Recalled] = []
    for row in session.execute(chosen):
        found = Recalled(
            order=row.order,
            shipment=row.shipment,
            customer=row.customer,
            customer_name=row.name,
            units=row.units,
            status=row.Shipment.status,
            carrier=row.Shipment.carrier,
            tracking=row.Shipment.tracking or "",
            shipped_at=row.Shipment.shipped_at,
            delivered_at=row.Shipment.delivered_at,
            returned=min(row.returned, row.units),
            serials=tuple(serials.get((row.order, row.shipment), ())),
        )
        (left if row.ended == "shipped" else waiting).append(found)
    description = session.scalar(select(Item.description).where(Item.item == item)) or ""
    return Recall(
        item=item,
        description=description,
        lot=lot,
        expires_on=known.expires_on,
        blocked=known.blocked,
        shipped=tuple(left),
        on_its_way_out=tuple(waiting),
        in_stock=tuple(lots_in_stock(session, [item], lot)),
    )
