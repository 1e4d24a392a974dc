"""Promises: every line is promised a delivery; each change is written down with its cause, and at the end whether it was kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, and_, func, insert, select
from sqlalchemy.orm import Session

from database import credit, orders, shipments, stock
from database.availability import free_by_location, lead_times, scheduled_receipts, waiting_lines
from database.calendars import Way, ways
from database.journal import once
from database.locks import lines_of, order_of, reservations_of, stock_of_items
from database.tables import Order, OrderLine, Promise, Reservation, Shipment
from domain.backorders import bound
from domain.order import ShippingPolicy
from domain.promising import LEAD_TIME, STOCK, Availability, Position, Requirement, earliest
from domain.purchasing import supply_in_words
from domain.steps import (
    Accepted,
    AcceptOrder,
    AcceptPromises,
    AllocateStock,
    Allocation,
    CancelRest,
    ChangeLines,
    LinePromise,
    MovePromises,
    PromisesMoved,
    RecordDelivery,
    Recorded,
    RecordLoss,
)
from domain.values import Value

MADE, MOVED, KEPT, BROKEN = "made", "moved", "kept", "broken"

COMPLETE = and_(OrderLine.delivered > 0, OrderLine.delivered == OrderLine.ordered - OrderLine.cancelled)
"""Everything of a line that is not cancelled was delivered."""


class Expected(Value):
    """When goods are there to be packed, on what that hangs and where; in words."""

    ready_at: datetime
    supply: str
    locations: tuple[str, ...]
    words: str


def accept_order(session: Session, request: AcceptOrder, name: str) -> Accepted:
    """Check the order, once, and keep its stock at once when nothing stands against it and nobody pays before goods move.

    The allocation is a step of its own under its own key, so that it is undone like any other; both stand or fall together.
    """
    accepted = once(session, request, name, Accepted, orders.accept_order, request.summary)
    asked = request.allocate
    if asked is None or not accepted.clear or (accepted.terms is not None and accepted.terms.deposit is not None):
        return accepted
    policy, lines = accepted.policy or ShippingPolicy.PARTIAL, [need.line for need in asked.needs]
    asked = asked.model_copy(
        update={
            "all_or_nothing": policy is ShippingPolicy.COMPLETE,
            "groups": bound(policy, lines, {line: request.placed.requested_of(line) for line in lines}),
            "apart": policy is ShippingPolicy.BY_DATE_GROUP,
        }
    )
    allocation = once(session, asked, "allocate_stock", Allocation, allocate, asked.summary)
    return accepted.model_copy(update={"allocation": allocation})


def allocate(session: Session, request: AllocateStock) -> Allocation:
    """Reserve stock, and promise every line that was asked for: what is there from stock, the rest from what is known to come.

    A promise that stands is only moved when it cannot be met any more: stock that comes earlier is no reason to disturb a customer.
    """
    allocation = stock.allocate_stock(session, request)
    reserved: dict[int, set[str]] = {}
    for shipment in allocation.shipments:
        for pick in shipment.picks:
            reserved.setdefault(pick.line, set()).add(shipment.location)
    late = {shortage.line: shortage.item for shortage in allocation.short}
    expected = {
        line: Expected(ready_at=request.at, supply=STOCK, locations=tuple(sorted(places)), words=f"stock of {' and '.join(sorted(places))}")
        for line, places in reserved.items()
        if line not in late
    }
    expected |= _coming(session, request, late, request.backorder_due, together=request.all_or_nothing)
    if request.all_or_nothing and late:  # it leaves together, so each line waits for the last one
        last = max((expected[line] for line in late), key=lambda each: each.ready_at)
        expected = {need.line: last for need in request.needs}
    promises = _promise(session, request.order, expected, request.at, request.day, only_later=True)
    judged = credit.judge_step(session, request, request.credit) if allocation.shipments else None
    return allocation.model_copy(update={"promises": promises, "credit": judged})


def move_promises(session: Session, request: MovePromises) -> PromisesMoved:
    """Promise every waiting line anew. A line whose day stays the same has nothing written: told twice, it changes once."""
    order = order_of(session, request.order)
    lines = {number: line.item for number, line in lines_of(session, request.order).items() if line.open > 0}
    stock_of_items(session, lines.values())  # locked, as for an allocation: what is promised here nobody promises beside it
    together = order.policy == ShippingPolicy.COMPLETE
    expected = _coming(session, request, lines, request.fallback_at, together=together)
    if together and expected:
        last = max(expected.values(), key=lambda each: each.ready_at)
        expected = dict.fromkeys(expected, last)
    return PromisesMoved(promises=_promise(session, request.order, expected, request.at, request.day, because=request.reason))


def accept_promises(session: Session, request: AcceptPromises) -> PromisesMoved:
    """The customer counts on the new dates from now on."""
    order_of(session, request.order)
    standing = latest(session, request.order)
    made = []
    for line in request.lines:
        known = standing.get(line)
        if known is None or known.status not in (MADE, MOVED):
            continue
        made.append(_entry(known, MADE, request.at, request.reason, told_at=known.promised_at))
    return PromisesMoved(promises=_write(session, made))


def record_delivery(session: Session, request: RecordDelivery) -> Recorded:
    """Someone took the goods; a line of which nothing more is to come kept its promise, or broke it."""
    recorded = shipments.record_delivery(session, request)
    _end(session, request.order, COMPLETE, request.delivered_at, request.at)
    return recorded


def change_lines(session: Session, request: ChangeLines) -> Recorded:
    """Change lines; one of which everything that is left was delivered has kept its promise, or broken it."""
    recorded = orders.change_lines(session, request)
    _end_what_is_complete(session, request.order, request.at)
    return recorded


def cancel_rest(session: Session, request: CancelRest) -> Recorded:
    """Cancel what is open; of a line that was delivered in part nothing more is to come."""
    recorded = orders.cancel_rest(session, request)
    _end_what_is_complete(session, request.order, request.at)
    return recorded


def record_loss(session: Session, request: RecordLoss) -> Recorded:
    """Goods that never arrive break the promise of their lines, whatever makes it good."""
    recorded = shipments.record_loss(session, request)
    lost = {row.line for row in reservations_of(session, request.order, request.shipment, "shipped")}
    _end(session, request.order, OrderLine.line.in_(lost), None, request.at, f"shipment {request.shipment}: {request.reason}")
    return recorded


def latest(session: Session, order: str) -> dict[int, Promise]:
    """The last entry of every line of an order."""
    rows = session.scalars(select(Promise).where(Promise.order == order).order_by(Promise.line, Promise.number))
    return {row.line: row for row in rows}


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _coming(
    session: Session, request: AllocateStock | MovePromises, lines: Mapping[int, str], fallback_at: datetime, *, together: bool
) -> dict[int, Expected]:
    """When the open units of these lines (line -> item) will be there, from what is on its way and nobody before them was promised.

    Only those count before them who were promised first: whoever came later is promised anew when something moves. What is free is taken
    already, except by an order that ships `together` and keeps nothing while a line is short.
    """
    if not lines:
        return {}
    now, items = request.at, sorted(set(lines.values()))
    channel = session.get_one(Order, request.order).channel
    queue = waiting_lines(session, items, now, request.order)
    found: dict[int, Expected] = {}
    for item in items:
        receipts = tuple(scheduled_receipts(session, item, now))
        free = sum(free_by_location(session, item, now, channel, (request.order,)).values()) if together else 0
        before: list[Requirement] = []
        for each in (each for each in queue if each.item == item):
            if each.order != request.order or each.line not in lines:
                before.append(Requirement(quantity=each.quantity, at=each.at))
                continue
            there = earliest(Position(free=free, receipts=receipts, requirements=tuple(before)), each.quantity, now)
            found[each.line] = _from_supply(there) if there else _bought(session, item, now, fallback_at, request.day)
            before.append(Requirement(quantity=each.quantity, at=found[each.line].ready_at))
    return found


def _from_supply(there: Availability) -> Expected:
    if there.supply == STOCK:
        return Expected(ready_at=there.at, supply=STOCK, locations=(), words="stock")
    words = f"{supply_in_words(there.supply)}, expected {there.at:%Y-%m-%d}"
    return Expected(ready_at=there.at, supply=there.supply, locations=(there.location,), words=words)


def _bought(session: Session, item: str, now: datetime, fallback_at: datetime, day: timedelta) -> Expected:
    """Nothing that is on its way is free: as long as it takes to buy the item, or until somebody is asked."""
    known = lead_times(session, [item]).get(item)
    if known is None:
        words = f"nothing is on its way and no lead time of {item} is known"
        return Expected(ready_at=fallback_at, supply=LEAD_TIME, locations=(), words=words)
    days, supplier = known
    of_whom = f" of {supplier}" if supplier else ""
    words = f"nothing is on its way: lead time of {days} days{of_whom}"
    return Expected(ready_at=now + days * day, supply=LEAD_TIME, locations=(), words=words)


def _promise(
    session: Session,
    order: str,
    expected: Mapping[int, Expected],
    now: datetime,
    day: timedelta,
    *,
    only_later: bool = False,
    because: str = "",
) -> tuple[LinePromise, ...]:
    """Write what changes, as far as it does: the first promise of a line, and every move of one that stands."""
    if not expected:
        return ()
    head, standing = _head(session, order)
    named = {place for each in expected.values() for place in each.locations}
    anywhere = any(not each.locations for each in expected.values())
    known = ways(session, head.ship_country, head.ship_postcode, now, None if anywhere else named)
    entries = []
    for line, each in sorted(expected.items()):
        row = standing.get(line)
        if row is not None and each.supply == row.supply == LEAD_TIME and row.ready_at >= now and row.status in (MADE, MOVED):
            continue  # what has to be bought takes no longer because somebody looks again
        promised_at, told_at, words = _delivery(each, [known[place] for place in each.locations or known], day, head.requested_at)
        if row is None or row.status in (KEPT, BROKEN):
            entries.append(
                Promise(
                    order=order,
                    line=line,
                    number=row.number + 1 if row else 1,
                    status=MADE,
                    promised_at=promised_at,
                    told_at=told_at,
                    ready_at=each.ready_at,
                    supply=each.supply,
                    cause=words,
                    made_at=now,
                )
            )
        elif promised_at > row.promised_at or (
            not only_later and (promised_at, each.ready_at, each.supply) != (row.promised_at, row.ready_at, row.supply)
        ):
            cause = f"{because}: {words}" if because else words
            moved = {"promised_at": promised_at, "ready_at": each.ready_at, "supply": each.supply}
            entries.append(_entry(row, MOVED, now, cause, **moved))
    return _write(session, entries)


def _delivery(each: Expected, from_there: Iterable[Way], day: timedelta, requested_at: datetime | None) -> tuple[datetime, datetime, str]:
    """(promised, counted on, in words): the latest of the ways that are needed, the quickest of those that are possible."""
    arrivals = [(way.arrival(each.ready_at, day), way) for way in from_there]
    if not arrivals:
        return each.ready_at, max(each.ready_at, requested_at or each.ready_at), each.words
    pick = max if each.locations else min
    arrival, way = pick(arrivals, key=lambda pair: pair[0].arrives_at)
    told_at = max(arrival.arrives_at, way.by(requested_at, day) if requested_at else arrival.arrives_at)
    assumed = () if way.stated else (f"the way from {way.location} is taken to be long",)
    return arrival.arrives_at, told_at, "; ".join((each.words, *arrival.why, *assumed))


def _entry(row: Promise, status: str, now: datetime, cause: str, **changes: object) -> Promise:
    """The next entry of a line."""
    stands = {name: getattr(row, name) for name in ("order", "line", "promised_at", "told_at", "ready_at", "supply")}
    return Promise(**stands | changes, number=row.number + 1, status=status, cause=cause, made_at=now)


def _head(session: Session, order: str) -> tuple[Order, dict[int, Promise]]:
    """The order and the last entry of each of its lines, in one look."""
    both = select(Order, Promise).outerjoin(Promise, Promise.order == Order.order).where(Order.order == order)
    rows = cast(Sequence[tuple[Order, Promise | None]], session.execute(both.order_by(Promise.line, Promise.number)).all())
    return rows[0][0], {row.line: row for _, row in rows if row is not None}


def _write(session: Session, entries: list[Promise]) -> tuple[LinePromise, ...]:
    columns = [column.key for column in Promise.__table__.columns]
    if entries:
        session.execute(insert(Promise), [{name: getattr(entry, name) for name in columns} for entry in entries])
    return tuple(
        LinePromise(
            line=entry.line,
            number=entry.number,
            promised_at=entry.promised_at,
            told_at=entry.told_at,
            supply=entry.supply,
            cause=entry.cause[:300],
        )
        for entry in entries
    )


def _end_what_is_complete(session: Session, order: str, now: datetime) -> None:
    """Cancelling what was left completes a line: the last of it that was delivered decides."""
    session.flush()
    its_own = and_(Reservation.order == Shipment.order, Reservation.shipment == Shipment.shipment, Reservation.ended == "shipped")
    delivered = (
        select(Reservation.line, func.max(Shipment.delivered_at))
        .join(Reservation, its_own)
        .where(Shipment.order == order, Shipment.delivered_at.is_not(None))
    )
    for line, last in session.execute(delivered.group_by(Reservation.line)):
        _end(session, order, and_(COMPLETE, OrderLine.line == line), last, now)


def _end(session: Session, order: str, which: ColumnElement[bool], delivered_at: datetime | None, now: datetime, why: str = "") -> None:
    """Kept when the goods came by the day that the customer counted on, broken when they came later or never; once for each line."""
    mine = and_(OrderLine.order == Promise.order, OrderLine.line == Promise.line)
    chosen = select(Promise).join(OrderLine, mine).where(Promise.order == order, which).order_by(Promise.line, Promise.number)
    entries = []
    for row in {row.line: row for row in session.scalars(chosen)}.values():
        if row.status in (MADE, MOVED):
            kept = delivered_at is not None and delivered_at <= row.told_at
            cause = why or f"delivered {delivered_at:%Y-%m-%d %H:%M}, counted on {row.told_at:%Y-%m-%d %H:%M} (UTC)"
            entries.append(_entry(row, KEPT if kept else BROKEN, now, cause))
    _write(session, entries)
