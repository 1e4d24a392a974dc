"""The backorder queue as the rows tell it: who waits for which items, and where they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from database import lots
from database.claims import claims_on, standing
from database.sourcing import closed_to, full_for
from database.tables import Customer, Order, OrderLine, Promise, SoftReservation, Stock
from domain.backorders import USUAL_PRIORITY, Bundle, Place, Waiting, bundles, in_order, why
from domain.distribution import QueueRow
from domain.order import ShippingPolicy
from domain.soft_reservations import SoftKind

QUEUE = "backorders"
"""The owner, and the channel, of stock that was freed and is about to be handed out along the queue."""

WON, SAVED = "win/", "saved/"
"""How the soft reservations of the queue are named: with the number of the win behind."""

waits: ColumnElement[bool] = and_(OrderLine.open > 0, OrderLine.backorder_due.is_not(None))
"""A line that stock was sought for in vain."""


def waited_for(session: Session, items: Collection[str]) -> set[str]:
    """Those of these items that somebody waits for."""
    chosen = select(OrderLine.item).join(Order, Order.order == OrderLine.order)
    return set(session.scalars(chosen.where(OrderLine.item.in_(sorted(set(items))), waits, Order.outcome == "").distinct()))


def queue(session: Session, items: Iterable[str], at: datetime, lapsed: Iterable[str] = ()) -> list[Bundle]:
    """Everybody who waits for one of these items, first come first; without what is set aside for them already.

    A bundle names all the items it needs, also others than these. `lapsed` orders won and did not come: they stand last this once.
    """
    orders = _waiting_orders(session, items)
    if not orders:
        return []
    granted = granted_to(session, [each.order.order for each in orders], at)
    late = set(lapsed)
    wanted = {line.item for each in orders for line in each.lines}
    closed = closed_to(session, (each.order for each in orders), wanted)
    full = full_for(session, {each.order.channel for each in orders}, at)
    unfit = lots.too_short_lived(session, wanted, {each.min_life_days for each in orders}, at.date())
    found: list[Bundle] = []
    for each in orders:
        seen = {
            "lapsed": each.order.order in late,
            "closed": closed.get(each.order.order, {}),
            "full": full.get(each.order.channel, ()),
            "unfit": unfit.get(each.min_life_days, {}),
        }
        for bundle in _bundles(each):
            rest = _without(bundle, granted.get(bundle.order, {}))
            if rest is not None:
                found.append(rest.model_copy(update=seen))
    return in_order(found)


def everybody(session: Session, item: str) -> list[Bundle]:
    """Everybody who waits for an item, first come first, also those who won and have not come yet."""
    return _everybody(_waiting_orders(session, [item]), item)


def positions(session: Session, item: str, at: datetime) -> list[QueueRow]:
    """The queue of an item for people, first come first: also those who won and have not come yet."""
    orders = _waiting_orders(session, [item])
    waiting = _everybody(orders, item)
    names = [bundle.order for bundle in waiting]
    granted = granted_to(session, names, at, saved=True)
    still = queue(session, [item], at)
    free = free_of(session, {name for bundle in waiting for name in bundle.wants}, at)
    about = {(each.order.order, line.line): (line, each.promises.get(line.line)) for each in orders for line in each.lines}
    rows = []
    for position, bundle in enumerate(waiting, 1):
        rest = next((left for left in still if left.order == bundle.order and _lines(left) <= _lines(bundle)), None)
        mine = [about[bundle.order, wait.line] for wait in bundle.waits]
        rows.append(
            QueueRow(
                item=item,
                position=position,
                order=bundle.order,
                lines=tuple(wait.line for wait in bundle.waits),
                waiting=bundle.wants[item],
                set_aside=min(granted.get(bundle.order, {}).get(item, 0), bundle.wants[item]),
                policy=bundle.policy.value,
                customer_priority=bundle.place.customer_priority,
                order_priority=bundle.place.order_priority,
                promised_for=bundle.place.promised_for,
                since=bundle.since,
                expected_at=max((promise.ready_at for _, promise in mine if promise is not None), default=None),
                asked_at=min((line.backorder_due for line, _ in mine if line.backorder_due is not None), default=None),
                why="has won, and is about to allocate" if rest is None else why(rest, position, free, at),
            )
        )
    return rows


def places_of(session: Session, order: str, lines: Mapping[int, str]) -> dict[int, tuple[int, int]]:
    """Line -> its place in the queue of its item and the length of that, for the lines (line -> item) of an order that wait."""
    found: dict[int, tuple[int, int]] = {}
    for item in sorted(set(lines.values())):
        waiting = everybody(session, item)
        for position, bundle in enumerate(waiting, 1):
            if bundle.order == order:
                found |= {wait.line: (position, len(waiting)) for wait in bundle.waits if wait.item == item}
    return found


def items_waited_for(session: Session) -> list[str]:
    """Every item that somebody waits for."""
    chosen = select(OrderLine.item).join(Order, Order.order == OrderLine.order).where(waits, Order.outcome == "")
    return list(session.scalars(chosen.distinct().order_by(OrderLine.item)))


def free_of(session: Session, items: Iterable[str], at: datetime, channel: str = "") -> dict[str, int]:
    """Units of each item that a channel may take; without a channel, those on which nobody at all has a claim."""
    rows = session.scalars(select(Stock).where(Stock.item.in_(sorted(set(items))))).all()
    lots.withhold(session, rows, at.date())
    found: dict[str, int] = {}
    for (item, _), units in claims_on(session, items, channel, [], at).may_take(rows).items():
        found[item] = found.get(item, 0) + units
    return found


def granted_to(session: Session, orders: Sequence[str], at: datetime, saved: bool = False) -> dict[str, dict[str, int]]:
    """Order -> item -> units set aside for it; with what is only saved up when `saved` is asked for."""
    chosen = select(SoftReservation.owner, SoftReservation.item, func.sum(SoftReservation.quantity)).where(
        standing(at), SoftReservation.kind == SoftKind.GRANT.value, SoftReservation.owner.in_(orders)
    )
    if not saved:
        chosen = chosen.where(SoftReservation.key.not_like(f"{SAVED}%"))
    found: dict[str, dict[str, int]] = {}
    for order, item, units in session.execute(chosen.group_by(SoftReservation.owner, SoftReservation.item)):
        found.setdefault(order, {})[item] = int(units)
    return found


def place_of(order: Order, customer_priority: int | None) -> Place:
    return Place(
        customer_priority=customer_priority or USUAL_PRIORITY,
        order_priority=order.priority or USUAL_PRIORITY,
        promised_for=order.requested_at,
        placed_at=order.placed_at,
        order=order.order,
    )


def policy_of(order: Order) -> ShippingPolicy:
    """How the order ships now: in parts once a person let it go so."""
    return ShippingPolicy.PARTIAL if order.ships_apart_at is not None else ShippingPolicy(order.policy)


# --- parts ---------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Waiting:
    """An order that waits, with its open lines."""

    order: Order
    customer_priority: int
    min_life_days: int
    lines: Sequence[OrderLine]
    promises: Mapping[int, Promise]  # the last entry of each line


def _waiting_orders(session: Session, items: Iterable[str]) -> list[_Waiting]:
    found = session.execute(_orders_that_wait(), {"items": sorted(set(items))}).all()
    if not found:
        return []
    open_lines: dict[str, list[OrderLine]] = {}
    names = [order.order for order, _, _ in found]
    promises: dict[str, dict[int, Promise]] = {}
    for line, promise in session.execute(_lines_with_promises(), {"orders": names}):
        open_lines.setdefault(line.order, []).append(line)
        if promise is not None:
            promises.setdefault(line.order, {})[line.line] = promise
    return [
        _Waiting(order, priority or USUAL_PRIORITY, min_life or 0, open_lines[order.order], promises.get(order.order, {}))
        for order, priority, min_life in found
        if order.order in open_lines  # else it was served or cancelled between the two questions
    ]


@cache
def _orders_that_wait() -> Select[Order, int | None, int]:
    keys = select(OrderLine.order).where(OrderLine.item.in_(bindparam("items", expanding=True)), waits)
    chosen = select(Order, Customer.priority, Customer.min_life_days).outerjoin(Customer, Customer.customer == Order.customer)
    return chosen.where(Order.order.in_(keys), Order.outcome == "").order_by(Order.order)


@cache
def _lines_with_promises() -> Select[OrderLine, Promise]:
    entry = aliased(Promise)
    last = select(func.max(entry.number)).where(entry.order == OrderLine.order, entry.line == OrderLine.line).correlate(OrderLine)
    promised = and_(Promise.order == OrderLine.order, Promise.line == OrderLine.line, Promise.number == last.scalar_subquery())
    rows = select(OrderLine, Promise).outerjoin(Promise, promised).order_by(OrderLine.order, OrderLine.line)
    return rows.where(OrderLine.order.in_(bindparam("orders", expanding=True)), OrderLine.open > 0)


def _everybody(orders: Iterable[_Waiting], item: str) -> list[Bundle]:
    return in_order(bundle for each in orders for bundle in _bundles(each) if item in bundle.wants)


def _lines(bundle: Bundle) -> set[int]:
    return {wait.line for wait in bundle.waits}


def _bundles(each: _Waiting) -> list[Bundle]:
    """The bundles of an order of which a line waits; of one that ships complete, its other open lines belong to it."""
    order = each.order
    late = {line.line for line in each.lines if line.backorder_due is not None}
    told = [promise.told_at for promise in each.promises.values()]
    place = place_of(order, each.customer_priority)
    found = bundles(
        place.model_copy(update={"promised_for": min(told, default=place.promised_for)}),
        policy_of(order),
        [Waiting(line=line.line, item=line.item, units=line.open) for line in each.lines],
        min((line.waiting_since for line in each.lines if line.waiting_since is not None), default=order.placed_at),
        held=bool(order.held),
        dates={line.line: line.requested_at for line in each.lines},
    )
    return [bundle for bundle in found if any(wait.line in late for wait in bundle.waits)]


def _without(bundle: Bundle, granted: dict[str, int]) -> Bundle | None:
    """The bundle less what is set aside for its order; lowers `granted` by what it used. None when nothing is left to wait for."""
    rest = []
    for wait in bundle.waits:
        used = min(wait.units, granted.get(wait.item, 0))
        if used:
            granted[wait.item] -= used
        if wait.units > used:
            rest.append(wait.model_copy(update={"units": wait.units - used}))
    return bundle.model_copy(update={"waits": tuple(rest)}) if rest else None
