"""Distribution: stock that was freed goes along the backorder queue, and is set aside for whoever wins until they come.

Whoever frees stock leaves it, in the same transaction, as a soft reservation of the queue itself (`free_for_queue`): nobody else can take
it before it is handed out. Handing out locks every item that the waiting orders need, in the order of the keys.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from database import lots
from database.backorder_queue import QUEUE, SAVED, WON, queue, waited_for, waits
from database.claims import claims_on, standing
from database.locks import items_locked, lines_of, stock_of_items
from database.soft_reservations import expire_due, reserve_softly
from database.tables import BackorderWin, Order, OrderLine, SoftReservation, Stock
from domain.backorders import Bundle, next_turn, winners
from domain.distribution import Distributed, DistributeStock, Won
from domain.soft_reservations import ReserveSoftly, SoftKind, Wanted

KEPT = timedelta(hours=1)
"""How long a winner has to come: an order that is alive comes within a second, and an hour outlasts a restart of everything."""

FULL = timedelta(hours=1)
"""How soon a location without room for another shipment is looked at again, for those who wait for what lies there."""

Place = tuple[str, str]
"""An item and a location."""


def free_for_queue(session: Session, key: str, units: Mapping[Place, int], at: datetime) -> None:
    """Leave units that just became free to the queue, when somebody waits for their item; the caller holds the items' locks.

    `key` names what freed them: it happens once.
    """
    if not units:
        return
    waited = waited_for(session, {item for item, _ in units})
    freed = sorted((place, quantity) for place, quantity in units.items() if quantity and place[0] in waited)
    about = {"key": f"freed/{key}", "kind": SoftKind.GRANT.value, "owner": QUEUE, "channel": QUEUE, "made_at": at, "expires_at": None}
    rows = [
        about | {"number": number, "item": item, "location": location, "asked": quantity, "quantity": quantity}
        for number, ((item, location), quantity) in enumerate(freed, 1)
    ]
    if rows:
        session.execute(insert(SoftReservation), rows)


def to_hand_out(session: Session) -> bool:
    """Something was freed that nobody has handed out yet, or somebody won who does not know it."""
    freed = select(SoftReservation.key).where(SoftReservation.ended == "", SoftReservation.owner == QUEUE)
    untold = select(BackorderWin.win).where(BackorderWin.told_at.is_(None), BackorderWin.complete)
    return session.scalar(freed.limit(1)) is not None or session.scalar(untold.limit(1)) is not None


def take_back_lapsed(session: Session, at: datetime) -> tuple[str, ...]:
    """What lapsed goes to the queue, whoever it was set aside for; the orders that won it and did not come."""
    due = (SoftReservation.ended == "", SoftReservation.expires_at <= at)
    late = set(session.scalars(select(SoftReservation.owner).where(*due, SoftReservation.key.like(f"{WON}%"))))
    expire_due(session, at)  # holds the items' locks from here on
    rows = session.scalars(select(SoftReservation).where(SoftReservation.ended == "expired", SoftReservation.ended_at == at)).all()
    free_for_queue(session, f"lapsed/{at.isoformat()}", _units(rows), at)
    return tuple(sorted(late))


def take_back_from_ended(session: Session, wins: Iterable[int], at: datetime) -> None:
    """These winners could not be told, because they have ended: what was set aside for them goes to the queue."""
    keys = [f"{WON}{win}" for win in wins]
    chosen = select(SoftReservation).where(SoftReservation.key.in_(keys), SoftReservation.ended == "")
    items_locked(session, (row.item for row in session.scalars(chosen)))
    rows = session.scalars(chosen.order_by(SoftReservation.key, SoftReservation.number).with_for_update()).all()
    _end(rows, at)
    free_for_queue(session, f"ended/{','.join(keys)}", _units(rows), at)


def give_back(session: Session, order: str, key: str, at: datetime) -> None:
    """An order wants less than is set aside for it: what it cannot use goes to the queue. The caller holds the order's lock."""
    chosen = select(SoftReservation).where(
        SoftReservation.owner == order, SoftReservation.ended == "", SoftReservation.kind == SoftKind.GRANT.value
    )
    if not (items := {row.item for row in session.scalars(chosen)}):
        return
    items_locked(session, items)
    wanted: dict[str, int] = {}
    for line in lines_of(session, order).values():
        wanted[line.item] = wanted.get(line.item, 0) + line.open
    freed: dict[Place, int] = {}
    for row in session.scalars(chosen.order_by(SoftReservation.key, SoftReservation.number).with_for_update()):
        kept = min(row.quantity, wanted.get(row.item, 0))
        wanted[row.item] = wanted.get(row.item, 0) - kept
        if surplus := row.quantity - kept:
            freed[row.item, row.location] = freed.get((row.item, row.location), 0) + surplus
            row.quantity = kept
            if not kept:
                row.ended, row.ended_at = "released", at
    session.flush()
    free_for_queue(session, f"given back/{key}", freed, at)


def waits_for_stock(session: Session, order: str) -> bool:
    """A line of the order stands in the queue."""
    return session.scalar(select(OrderLine.line).where(OrderLine.order == order, waits).limit(1)) is not None


def distribute(session: Session, request: DistributeStock, late: Collection[str] = ()) -> Distributed:
    """One round: remember who was told, hand out what the queue was left, and name those who have to be told now."""
    if request.told:
        session.execute(update(BackorderWin).where(BackorderWin.win.in_(request.told)).values(told_at=request.at))
    left = select(SoftReservation.item).where(SoftReservation.ended == "", SoftReservation.owner == QUEUE)
    items = {*session.scalars(left), *free_items_waited_for(session)}
    hand_out(session, items, request.at, "freed stock", late=late)
    untold = select(BackorderWin).where(BackorderWin.told_at.is_(None), BackorderWin.complete).order_by(BackorderWin.win)
    wins = tuple(Won(win=row.win, order=row.order, units=json.loads(row.units)) for row in session.scalars(untold))
    return Distributed(wins=wins, next_at=_next_at(session, request.at))


def hand_out(
    session: Session,
    items: Collection[str],
    at: datetime,
    cause: str,
    *,
    locked: set[str] | None = None,
    late: Collection[str] = (),
    told: bool = False,
) -> list[str]:
    """Set what is free of these items aside for the first of the queue who can use it; their orders, first come first.

    A caller who holds locks of items names all that it holds (`locked`, from `needed`): no other is locked, and whoever needs another one
    waits for the next round. `late` orders won and did not come: this once they stand last. With `told` the caller tells the winners.
    """
    wanted = needed(session, items, at) if locked is None else locked
    if not wanted:
        return []
    stock = stock_of_items(session, wanted)
    aside = (SoftReservation.owner == QUEUE) | SoftReservation.key.like(f"{SAVED}%")
    chosen = select(SoftReservation).where(SoftReservation.ended == "", SoftReservation.item.in_(sorted(wanted)), aside)
    _end(session.scalars(chosen.order_by(SoftReservation.key, SoftReservation.number).with_for_update()), at)
    session.flush()
    waiting = [bundle for bundle in queue(session, wanted, at, late) if bundle.wants.keys() <= wanted]
    free, leaves = _free(session, stock, {bundle.channel for bundle in waiting}, at)
    winning: dict[str, None] = {}
    for win in winners(waiting, free, at, leaves):
        complete = win.saved_until is None
        spots = [(item, location, units) for item, places in win.places.items() for location, units in places.items()]
        if set_aside(session, win.order, spots, at, cause, until=win.saved_until, told=told and complete) and complete:
            winning[win.order] = None
    return list(winning)


def set_aside(
    session: Session,
    order: str,
    units: Iterable[tuple[str, str, int]],
    at: datetime,
    cause: str,
    *,
    until: datetime | None = None,
    complete: bool = True,
    told: bool = False,
) -> bool:
    """Keep units (item, location or "" for any, how many) for an order, and remember why; False when there are not so many.

    The caller holds the items' locks.
    With `until` they are only saved up for it, and handed out anew each time. What is not `complete` is kept, and told to nobody yet.
    """
    won = complete and until is None
    wanted = tuple(Wanted(item=item, location=location, quantity=quantity) for item, location, quantity in sorted(units))
    by_item: dict[str, int] = {}
    for each in wanted:
        by_item[each.item] = by_item.get(each.item, 0) + each.quantity
    row = BackorderWin(
        order=order,
        units=json.dumps(by_item),
        complete=won,
        cause=cause,
        won_at=at,
        told_at=at if told else None,
    )
    session.add(row)
    session.flush()
    answer = reserve_softly(
        session,
        ReserveSoftly(
            key=f"{SAVED if until else WON}{row.win}",
            kind=SoftKind.GRANT,
            owner=order,
            channel=order.partition("/")[0],
            wanted=wanted,
            expires_at=until or at + KEPT,
            at=at,
        ),
    )
    if answer.short:
        session.delete(row)
        session.flush()
        return False
    return True


def winners_of(session: Session, cause: str) -> list[str]:
    """The orders that won by this cause, in the order in which they did."""
    chosen = select(BackorderWin.order).where(BackorderWin.cause == cause, BackorderWin.complete).order_by(BackorderWin.win)
    return list(dict.fromkeys(session.scalars(chosen)))


def needed(session: Session, items: Collection[str], at: datetime) -> set[str]:
    """These items, and all that orders which wait for them can only take together with them: what handing them out locks."""
    found = set(items)
    while found:
        together = {item for bundle in queue(session, found, at) if bundle.whole for item in bundle.wants}
        if together <= found:
            break
        found = found | together
    return found


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _free(
    session: Session, stock: Iterable[Stock], channels: Iterable[str], at: datetime
) -> tuple[dict[Place, int], dict[tuple[str, Place], int]]:
    """Units by place that the most generously treated channel may take, and how many fewer each other one may."""
    rows = list(stock)
    lots.withhold(session, rows, at.date())
    items = {row.item for row in rows}
    by_channel = {channel: claims_on(session, items, channel, [], at).may_take(rows) for channel in sorted(set(channels))}
    places = {(row.item, row.location) for row in rows}
    free = {place: max((may.get(place, 0) for may in by_channel.values()), default=0) for place in places}
    return free, {(channel, place): free[place] - may.get(place, 0) for channel, may in by_channel.items() for place in places}


def free_items_waited_for(session: Session) -> set[str]:
    """Items that lie free although an order waits for them.

    It ships whole and its turn may have come, it was on hold until now, its location had no room, or lots were left to those before it.
    """
    chosen = (
        select(OrderLine.item)
        .join(Order, Order.order == OrderLine.order)
        .join(Stock, Stock.item == OrderLine.item)
        .where(waits, Order.outcome == "", Order.held == "", Stock.on_hand > Stock.reserved)
    )
    return set(session.scalars(chosen.distinct()))


def next_lapse(session: Session, at: datetime) -> datetime | None:
    """When the next win lapses, or the next cart or quote that holds an item for which somebody waits."""
    wanted = select(OrderLine.item).join(Order, Order.order == OrderLine.order).where(waits, Order.outcome == "")
    matters = (SoftReservation.kind == SoftKind.GRANT.value) | SoftReservation.item.in_(wanted)
    chosen = select(SoftReservation.expires_at).where(standing(at), SoftReservation.expires_at.is_not(None), matters)
    return session.scalar(chosen.order_by(SoftReservation.expires_at).limit(1))


def next_look(session: Session, at: datetime) -> datetime | None:
    """When something lapses, or has to be looked at again because goods lie where there is no room for another shipment."""
    return _first(next_lapse(session, at), _room(queue(session, free_items_waited_for(session), at), at))


def _next_at(session: Session, at: datetime) -> datetime | None:
    """When the next win lapses, the turn of an order that ships whole begins or ends, or a full location is looked at again."""
    waiting = queue(session, free_items_waited_for(session), at)
    return _first(next_lapse(session, at), next_turn(waiting, at), _room(waiting, at))


def _room(waiting: Iterable[Bundle], at: datetime) -> datetime | None:
    """Days pass and make room, and nobody says so."""
    return at + FULL if any(bundle.full and not bundle.held for bundle in waiting) else None


def _first(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _end(rows: Iterable[SoftReservation], at: datetime) -> None:
    for row in rows:
        row.ended, row.ended_at = "released", at


def _units(rows: Iterable[SoftReservation]) -> dict[Place, int]:
    found: dict[Place, int] = {}
    for row in rows:
        found[row.item, row.location] = found.get((row.item, row.location), 0) + row.quantity
    return found
