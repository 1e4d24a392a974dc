"""Held stock: returned goods that are ours and for nobody, until a person frees them or throws them away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.locks import require
from database.stock import put_away
from database.tables import HeldMovement, HeldStock, Item
from domain.errors import NotFound
from domain.views import HeldView


def hold(
    session: Session,
    item: str,
    location: str,
    quantity: int,
    why: str,
    kind: str,
    key: str,
    at: datetime,
    *,
    order: str = "",
    lot: str = "",
    actor: str = "holdfast",
    reason: str = "",
) -> None:
    """Put units where nobody sells them from; `why` is quarantine or refurbish. The caller's journal makes it once."""
    place = {"item": item, "location": location, "why": why, "lot": lot}
    insert_once(session, HeldStock, place | {"on_hand": 0})
    row = session.get_one(HeldStock, (item, location, why, lot), with_for_update=True)
    row.on_hand += quantity
    session.add(HeldMovement(key=key, kind=kind, quantity=quantity, order=order, actor=actor, reason=reason, at=at, **place))
    session.flush()


def free(
    session: Session, item: str, location: str, why: str, quantity: int, key: str, at: datetime, actor: str, lot: str = "", reason: str = ""
) -> None:
    """A person looked again, or mended it: the units are in stock, for anybody. The same key twice frees them once.

    Raises NotFound for what is not held, Refused for more than is, or for an item that we do not sell.
    """
    if _leave(session, item, location, why, -quantity, "freed", key, at, actor, lot, reason):
        require(session.get(Item, item) is not None, f"{item} is no item of ours; it can be scrapped, not sold.")
        put_away(session, item, location, quantity, "restock", key, at, actor=actor, lot=lot)


def scrap(
    session: Session, item: str, location: str, why: str, quantity: int, key: str, at: datetime, actor: str, lot: str = "", reason: str = ""
) -> None:
    """The units are thrown away. Raises as `free` does."""
    _leave(session, item, location, why, -quantity, "scrapped", key, at, actor, lot, reason)


def held(session: Session, item: str | None = None) -> list[HeldView]:
    """What is held, by item and location; with the reason of the latest that came."""
    chosen = select(HeldStock).where(HeldStock.on_hand > 0).order_by(HeldStock.item, HeldStock.location, HeldStock.why, HeldStock.lot)
    found = []
    for row in session.scalars(chosen if item is None else chosen.where(HeldStock.item == item)):
        place = (
            HeldMovement.item == row.item,
            HeldMovement.location == row.location,
            HeldMovement.why == row.why,
            HeldMovement.lot == row.lot,
        )
        latest = session.scalars(
            select(HeldMovement).where(*place, HeldMovement.quantity > 0).order_by(HeldMovement.id.desc()).limit(1)
        ).one()
        found.append(
            HeldView(
                item=row.item,
                location=row.location,
                why=row.why,
                lot=row.lot,
                on_hand=row.on_hand,
                order=latest.order,
                reason=latest.reason,
                since=latest.at,
            )
        )
    return found


def _leave(
    session: Session,
    item: str,
    location: str,
    why: str,
    change: int,
    kind: str,
    key: str,
    at: datetime,
    actor: str,
    lot: str,
    reason: str,
) -> bool:
    """Take units out of what is held; False when this was done before."""
    row = session.get(HeldStock, (item, location, why, lot), with_for_update=True)
    if row is None:
        raise NotFound(f"{why} stock at {location} of item", item)
    if session.scalar(select(HeldMovement.id).where(HeldMovement.key == key)) is not None:
        return False
    require(change < 0, "At least one unit has to move.")
    require(-change <= row.on_hand, f"{row.on_hand} of {item} are in {why} at {location}, not {-change}.")
    row.on_hand += change
    place = {"item": item, "location": location, "why": why, "lot": lot}
    session.add(HeldMovement(key=key, kind=kind, quantity=change, order="", actor=actor, reason=reason, at=at, **place))
    session.flush()
    return True
