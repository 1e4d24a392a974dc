"""Soft reservations: made all or nothing, given back, lapsed. They count under the same locks as an allocation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from database import lots
from database.claims import claims_on, standing
from database.locks import items_locked, stock_of_items
from database.tables import Item, Location, SoftReservation
from domain.errors import Conflict, NotFound
from domain.soft_reservations import (
    ReserveSoftly,
    SetAside,
    SoftlyReserved,
    SoftReservationView,
    SoftShortage,
    Wanted,
)


def reserve_softly(session: Session, request: ReserveSoftly) -> SoftlyReserved:
    """Set all of it aside, or report every shortage and set nothing aside.

    The same key again answers with what became of the reservation, which keeps its time; with other content it is a Conflict. An unknown
    item or location is NotFound. What others have claimed, and what the channel must leave, cannot be had (`domain.availability.may_take`).
    """
    stock = stock_of_items(session, (each.item for each in request.wanted))
    known = _rows(session, request.key)
    if known:
        return _repeated(request, known)
    _check_places(session, request.wanted)
    book = claims_on(session, (each.item for each in request.wanted), request.channel, [request.owner], request.at)
    lots.withhold(session, stock, request.at.date())
    left = book.may_take(stock)
    for place in left:  # what the owner holds already is not set aside a second time
        left[place] = max(left[place] - book.on(place).own, 0)
    kept: dict[tuple[str, str], int] = {}
    short = []
    for each in sorted(request.wanted, key=lambda wanted: not wanted.location):  # those that name their place first
        places = [place for place in left if place[0] == each.item and each.location in ("", place[1])]
        available = sum(left[place] for place in places)
        if available < each.quantity:
            short.append(SoftShortage(item=each.item, location=each.location, asked=each.quantity, available=available))
        to_take = each.quantity
        for place in sorted(places, key=lambda place: (-left[place], place)):
            units = min(to_take, left[place])
            if units:
                left[place] -= units
                to_take -= units
                kept[place] = kept.get(place, 0) + units
    if short:
        return SoftlyReserved(key=request.key, short=tuple(short))
    rows = [SetAside(item=item, location=location, quantity=units) for (item, location), units in sorted(kept.items())]
    _write(session, request, rows)
    return SoftlyReserved(key=request.key, kept=tuple(rows), expires_at=request.expires_at)


def release(session: Session, key: str, at: datetime) -> SoftlyReserved:
    """Give a reservation back before its time; one that ended stays as it ended. Raises NotFound."""
    rows = _locked(session, key)
    if not rows:
        raise NotFound("soft reservation", key)
    repeated = all(row.ended for row in rows)
    _end(rows, "released", at)
    return SoftlyReserved(key=key, kept=_kept(rows), expires_at=rows[0].expires_at, ended=_ended(rows), repeated=repeated)


def expire_due(session: Session, at: datetime, most: int = 500) -> tuple[str, ...]:
    """Mark reservations whose time has come, the oldest first; the items that became free.

    Nobody has to come by for a reservation to lapse: `standing` asks for its time. The mark is for readers and for those who wait.
    """
    due = (SoftReservation.ended == "", SoftReservation.expires_at <= at)
    chosen = select(SoftReservation.key).where(*due).order_by(SoftReservation.expires_at, SoftReservation.key).limit(most)
    keys = sorted(set(session.scalars(chosen)))
    items_locked(session, session.scalars(select(SoftReservation.item).where(SoftReservation.key.in_(keys))))
    locked = select(SoftReservation).where(SoftReservation.key.in_(keys), *due)
    rows = list(session.scalars(locked.order_by(SoftReservation.key, SoftReservation.number).with_for_update()))
    _end(rows, "expired", at)
    return tuple(sorted({row.item for row in rows}))


def soft_reservations(session: Session, at: datetime | None = None, owner: str | None = None) -> list[SoftReservationView]:
    """Soft reservations, those that lapse first in front; with `at` only those that stand then."""
    chosen = select(SoftReservation).order_by(
        SoftReservation.expires_at.is_(None), SoftReservation.expires_at, SoftReservation.key, SoftReservation.number
    )
    if at is not None:
        chosen = chosen.where(standing(at))
    if owner is not None:
        chosen = chosen.where(SoftReservation.owner == owner)
    return [
        SoftReservationView(**{name: getattr(row, name) for name in SoftReservationView.model_fields}) for row in session.scalars(chosen)
    ]


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _rows(session: Session, key: str) -> Sequence[SoftReservation]:
    return session.scalars(select(SoftReservation).where(SoftReservation.key == key).order_by(SoftReservation.number)).all()


def _locked(session: Session, key: str) -> Sequence[SoftReservation]:
    """The rows of a reservation, under the locks of their items."""
    items_locked(session, session.scalars(select(SoftReservation.item).where(SoftReservation.key == key)))
    chosen = select(SoftReservation).where(SoftReservation.key == key).order_by(SoftReservation.number)
    return session.scalars(chosen.with_for_update()).all()


def _check_places(session: Session, wanted: Sequence[Wanted]) -> None:
    for kind, column, names in (
        ("item", Item.item, {each.item for each in wanted}),
        ("location", Location.location, {each.location for each in wanted} - {""}),
    ):
        known = set(session.scalars(select(column).where(column.in_(sorted(names))))) if names else set()
        for name in sorted(names - known):
            raise NotFound(kind, name)


def _repeated(request: ReserveSoftly, rows: Sequence[SoftReservation]) -> SoftlyReserved:
    first = rows[0]
    same = (first.kind, first.owner, first.channel) == (request.kind, request.owner, request.channel)
    if not same or _by_item((row.item, row.asked) for row in rows) != _by_item((each.item, each.quantity) for each in request.wanted):
        units = ", ".join(f"{row.asked} of {row.item} at {row.location}" for row in rows)
        raise Conflict(f"Soft reservation {request.key}", f"{first.kind} {first.owner}: {units}")
    lapsed = first.expires_at is not None and first.expires_at <= request.at
    ended = _ended(rows) or ("expired" if lapsed else "")
    return SoftlyReserved(key=request.key, kept=_kept(rows), expires_at=first.expires_at, ended=ended, repeated=True)


def _by_item(units: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item, quantity in units:
        found[item] = found.get(item, 0) + quantity
    return found


def _write(session: Session, request: ReserveSoftly, rows: Sequence[SetAside]) -> None:
    about = {
        "key": request.key,
        "kind": request.kind.value,
        "owner": request.owner,
        "channel": request.channel,
        "made_at": request.at,
        "expires_at": request.expires_at,
    }
    counted = enumerate(rows, 1)
    values = [
        about | {"number": n, "item": r.item, "location": r.location, "asked": r.quantity, "quantity": r.quantity} for n, r in counted
    ]
    session.execute(insert(SoftReservation), values)


def _end(rows: Iterable[SoftReservation], ended: str, at: datetime) -> None:
    for row in rows:
        if not row.ended:
            row.ended, row.ended_at = ended, at


def _kept(rows: Iterable[SoftReservation]) -> tuple[SetAside, ...]:
    return tuple(SetAside(item=row.item, location=row.location, quantity=row.quantity) for row in rows)


def _ended(rows: Sequence[SoftReservation]) -> str:
    """How a reservation ended; empty while a row of it stands."""
    return "" if any(not row.ended for row in rows) else rows[-1].ended
