"""The rows that a step needs, locked: the order first (its steps follow one another), then what orders share, in the order of its keys."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select, tuple_, update
from sqlalchemy.orm import Session

from database.tables import Counter, Invoice, Item, Order, OrderLine, Payment, Reservation, Return, Shipment, Stock
from domain.errors import NotFound, Refused

# What is asked in every order's life is put together once: that costs more than the database needs to answer it.
_lines = select(OrderLine).where(OrderLine.order == bindparam("of")).order_by(OrderLine.line)
_reservations = (
    select(Reservation)
    .where(Reservation.order == bindparam("of"), Reservation.shipment == bindparam("shipment"), Reservation.ended == bindparam("how"))
    .order_by(Reservation.line, Reservation.bin, Reservation.lot)
)
_of_items = select(Stock).where(Stock.item.in_(bindparam("items", expanding=True)))
_stock = _of_items.order_by(Stock.item, Stock.location, Stock.bin).with_for_update()


def order_of(session: Session, key: str) -> Order:
    found = session.get(Order, key, with_for_update=True)
    if found is None:
        raise NotFound("order", key)
    session.info[f"order {key}"] = found  # a session forgets rows that nobody holds
    return found


def order_kept(session: Session, key: str) -> Order:
    """The order as this transaction has locked it, without asking again."""
    known = session.info.get(f"order {key}")
    return known if isinstance(known, Order) else session.get_one(Order, key)


def lines_of(session: Session, order: str) -> dict[int, OrderLine]:
    return {line.line: line for line in session.scalars(_lines, {"of": order})}


def shipment_of(session: Session, order: str, number: int) -> Shipment:
    found = session.get(Shipment, (order, number))
    if found is None:
        raise NotFound("shipment", f"{order} shipment {number}")
    return found


def invoice_of(session: Session, order: str, number: int) -> Invoice:
    found = session.get(Invoice, (order, number))
    if found is None:
        raise NotFound("invoice", f"{order} invoice {number}")
    return found


def payment_of(session: Session, order: str, name: str) -> Payment:
    found = session.get(Payment, (order, name))
    if found is None:
        raise NotFound("payment", f"{order} payment {name}")
    return found


def return_of(session: Session, order: str, rma: int) -> Return:
    found = session.get(Return, (order, rma))
    if found is None:
        raise NotFound("return", f"{order} return {rma}")
    return found


def reservations_of(session: Session, order: str, shipment: int, ended: str = "") -> list[Reservation]:
    """The picks of a shipment that are still kept, or that ended as `ended`."""
    return list(session.scalars(_reservations, {"of": order, "shipment": shipment, "how": ended}))


def stock_behind(session: Session, reservations: Iterable[Reservation]) -> dict[tuple[str, str, str], Stock]:
    """The stock rows of these reservations, by item, location and bin."""
    places = sorted({(kept.item, kept.location, kept.bin) for kept in reservations})
    if not places:
        return {}
    chosen = select(Stock).where(tuple_(Stock.item, Stock.location, Stock.bin).in_(places))
    rows = session.scalars(chosen.order_by(Stock.item, Stock.location, Stock.bin).with_for_update())
    return {(row.item, row.location, row.bin): row for row in rows}


def stock_of_items(session: Session, items: Iterable[str]) -> list[Stock]:
    """All stock of these items; the items are locked too, so that a receipt into a new bin cannot slip in between."""
    wanted = items_locked(session, items)
    return stock_rows(session, wanted)


def stock_rows(session: Session, items: Iterable[str]) -> list[Stock]:
    """All stock of these items, for whoever holds the items' locks already."""
    return list(session.scalars(_stock, {"items": sorted(set(items))}))


def items_locked(session: Session, items: Iterable[str]) -> list[str]:
    """Lock the items themselves: whoever changes a claim on their stock, or adds a bin, holds this lock. In their order."""
    wanted = sorted(set(items))
    if session.get_bind().dialect.name != "sqlite":  # SQLite's one writer has locked everything
        session.execute(select(Item.item).where(Item.item.in_(wanted)).order_by(Item.item).with_for_update())
    return wanted


def next_number(session: Session, name: str) -> int:
    """The next number of a kind of document, without gaps: it is given back when the transaction is."""
    number = session.scalars(
        update(Counter).where(Counter.name == name).values(last=Counter.last + 1).returning(Counter.last)
    ).one_or_none()
    if number is None:
        raise Refused(f"There is no counter {name!r}: run `oms migrate`.")
    return number


def require(allowed: bool, sentence: str) -> None:
    """Refuse with `sentence` what does not fit what the database knows."""
    if not allowed:
        raise Refused(sentence)
