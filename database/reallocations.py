"""Re-allocations: planned from the rows, stored with their reasons, and carried out as each order gives up what it is to lose.

What is set aside for an order, and has not been allocated, moves at once. What it has allocated it gives up itself: its own workflow hears
of it and abandons the shipment, and the transaction of that step passes the units on. So an order and its rows never drift apart, and a
shipment that was picked in the meantime simply stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from database import lots
from database.backorder_queue import SAVED, WON, everybody, free_of, granted_to, place_of, policy_of
from database.backorders import Place, free_for_queue, set_aside
from database.claims import claims_on, standing
from database.locks import stock_of_items
from database.tables import (
    BackorderWin,
    Customer,
    Item,
    Order,
    ReallocationRow,
    ReallocationShare,
    ReallocationTake,
    Reservation,
    Shipment,
    SoftReservation,
    Stock,
)
from domain import reallocation
from domain.backorders import Bundle
from domain.distribution import Reallocated, ReallocateStock, Taken
from domain.errors import NotFound, Refused
from domain.order import Moment, ShippingPolicy
from domain.reallocation import Claim, Plan, Share, Strategy
from domain.soft_reservations import SoftKind
from domain.steps import AbandonShipment

UNPICKED = ("planned", "released")


def simulate(session: Session, request: ReallocateStock) -> Reallocated:
    """The plan as it would be carried out on the rows of this moment; nothing is changed. Raises NotFound and Refused as that would."""
    item, plan = _plan(session, request)
    return Reallocated(reallocation=0, plan=plan, takes=tuple(_taken(_takes(session, item, plan, request.at))))


def reallocate(session: Session, request: ReallocateStock) -> Reallocated:
    """Make the plan under the item's lock, store it, move what can move at once, and name the shipments that have to be given up.

    The same request again answers as the first did. Raises NotFound and Refused.
    """
    known = session.scalars(select(ReallocationRow).where(ReallocationRow.request == request.request)).one_or_none()
    if known is not None:
        return stored(session, known.reallocation).model_copy(update={"repeated": True})
    stock_of_items(session, [_item(session, request)])
    item, plan = _plan(session, request)
    row = ReallocationRow(
        request=request.request,
        item=item,
        strategy=plan.strategy.value,
        order=plan.order,
        free_before=plan.free_before,
        free_after=plan.free_after,
        actor=request.actor,
        at=request.at,
        undoes=request.undoes or None,
    )
    session.add(row)
    session.flush()
    number = row.reallocation
    if request.undoes:
        session.get_one(ReallocationRow, request.undoes).undone_by = number
    for position, share in enumerate(plan.shares, 1):
        same = {name: getattr(share, name) for name in ("order", "wants", "before", "after", "why")}
        session.add(ReallocationShare(reallocation=number, position=position, moved=0, **same))
    takes = _takes(session, item, plan, request.at)
    session.add_all(ReallocationTake(reallocation=number, order=order, shipment=shipment, units=units) for order, shipment, units in takes)
    at_once = max(plan.free_before - plan.free_after, 0)
    for share in plan.changes:
        from_shipments = sum(units for order, _, units in takes if order == share.order)
        if share.change < 0 and (units := -share.change - from_shipments):
            _take_grants(session, share.order, item, units, request.at)
            _share(session, number, share.order).moved -= units
            at_once += units
    session.flush()
    _give(session, number, item, at_once, request.at)
    _leave_to_queue(session, f"reallocation/{number}", [item], request.at)
    return Reallocated(reallocation=number, plan=plan, takes=tuple(_taken(takes)))


def pass_on(session: Session, step: AbandonShipment, freed: Mapping[Place, int]) -> dict[Place, int]:
    """A shipment was given up for a re-allocation: its units go to whom they were meant for, the rest stays with its order.

    Answers with what nobody was given, for the queue. The caller holds the locks of the order and of the items.
    """
    take = session.get(ReallocationTake, (step.reallocation, step.order, step.shipment))
    if take is None:
        return dict(freed)
    item = session.get_one(ReallocationRow, step.reallocation).item
    _share(session, step.reallocation, step.order).moved -= take.units
    session.flush()
    _give(session, step.reallocation, item, take.units, step.at)
    units: dict[str, int] = {}
    for (name, _), quantity in freed.items():
        units[name] = units.get(name, 0) + quantity
    units[item] -= take.units
    policy = policy_of(session.get_one(Order, step.order))
    if policy in (ShippingPolicy.PARTIAL, ShippingPolicy.BY_LINE):  # others cannot ship what is left without what they lost
        kept = {name: quantity for name, quantity in units.items() if quantity}
        if kept:
            set_aside(session, step.order, _anywhere(kept), step.at, _cause(step.reallocation), told=True)
    stock = stock_of_items(session, units)
    lots.withhold(session, stock, step.at.date())
    unclaimed = claims_on(session, units, "", [], step.at).may_take(stock)
    return {place: min(quantity, unclaimed.get(place, 0)) for place, quantity in freed.items()}


def stored(session: Session, number: int) -> Reallocated:
    """A re-allocation as it was planned. Raises NotFound."""
    row = session.get(ReallocationRow, number)
    if row is None:
        raise NotFound("re-allocation", str(number))
    chosen = select(ReallocationShare).where(ReallocationShare.reallocation == number).order_by(ReallocationShare.position)
    shares = [Share(order=s.order, wants=s.wants, before=s.before, after=s.after, why=s.why) for s in session.scalars(chosen)]
    plan = Plan(
        item=row.item,
        strategy=Strategy(row.strategy),
        order=row.order,
        free_before=row.free_before,
        free_after=row.free_after,
        shares=tuple(shares),
    )
    takes = select(ReallocationTake).where(ReallocationTake.reallocation == number)
    found = session.scalars(takes.order_by(ReallocationTake.order, ReallocationTake.shipment))
    return Reallocated(reallocation=number, plan=plan, takes=tuple(Taken(order=take.order, shipment=take.shipment) for take in found))


# --- planning ------------------------------------------------------------------------------------------------------------------------


def claims(session: Session, item: str, at: Moment) -> list[Claim]:
    """What every order holds of an item, unpicked, and what it waits for. What is about to be given up already counts for nobody."""
    allocated = _allocated(session, item)
    waiting: dict[str, list[Bundle]] = {}
    for bundle in everybody(session, item):
        waiting.setdefault(bundle.order, []).append(bundle)
    names = sorted({*waiting, *(name for name, _, _ in allocated)})
    granted = granted_to(session, names, at, saved=True)
    held: dict[str, int] = {}
    for name, _, units in allocated:
        held[name] = held.get(name, 0) + units
    chosen = select(Order, Customer.priority).outerjoin(Customer, Customer.customer == Order.customer)
    found = []
    for order, priority in session.execute(chosen.where(Order.order.in_(names), Order.outcome == "")):
        aside = granted.get(order.order, {}).get(item, 0)
        wanted = sum(bundle.wants[item] for bundle in waiting.get(order.order, ()))
        places = [bundle.place for bundle in waiting.get(order.order, ())] or [place_of(order, priority)]
        found.append(
            Claim(
                place=min(places, key=lambda place: place.rank),
                held=held.get(order.order, 0) + aside,
                waiting=max(wanted - aside, 0),
                whole=policy_of(order) is not ShippingPolicy.PARTIAL,
                blocked=_blocked(session, order, waiting.get(order.order, ()), item, granted.get(order.order, {}), at),
            )
        )
    return [claim for claim in found if claim.wants]


def _plan(session: Session, request: ReallocateStock) -> tuple[str, Plan]:
    item = _item(session, request)
    free = free_of(session, [item], request.at).get(item, 0)
    if not request.undoes:
        return item, reallocation.plan(item, request.strategy, claims(session, item, request.at), free, request.order)
    row = session.get_one(ReallocationRow, request.undoes)
    if row.undone_by is not None:
        raise Refused(f"Re-allocation {request.undoes} was undone already, by re-allocation {row.undone_by}.")
    pending = _pending().where(ReallocationTake.reallocation == request.undoes)
    if (late := session.execute(pending.limit(1)).first()) is not None:
        raise Refused(f"Order {late.order} has not given up its shipment {late.shipment} yet: undo re-allocation {request.undoes} then.")
    moved = select(ReallocationShare.order, ReallocationShare.moved).where(ReallocationShare.reallocation == request.undoes)
    done = {order: units for order, units in session.execute(moved) if units}
    return item, reallocation.undo(item, done, claims(session, item, request.at), free)


def _item(session: Session, request: ReallocateStock) -> str:
    if not request.undoes:
        if session.get(Item, request.item) is None:
            raise NotFound("item", request.item)
        return request.item
    row = session.get(ReallocationRow, request.undoes)
    if row is None:
        raise NotFound("re-allocation", str(request.undoes))
    return row.item


def _blocked(session: Session, order: Order, waiting: Sequence[Bundle], item: str, granted: Mapping[str, int], at: Moment) -> str:
    """Why an order can do nothing with more of an item; empty when it can."""
    if order.held:
        return "is on hold"
    lacks: dict[str, int] = {}
    others = {name for bundle in waiting if bundle.whole for name in bundle.wants if name != item}
    free = free_of(session, others, at) if others else {}
    for bundle in waiting:
        for name, units in bundle.wants.items() if bundle.whole else ():
            missing = units - free.get(name, 0) - granted.get(name, 0)
            if name != item and missing > 0:
                lacks[name] = lacks.get(name, 0) + missing
    return (
        f"ships whole or not at all, and misses {', '.join(f'{units} of {name}' for name, units in sorted(lacks.items()))}" if lacks else ""
    )


def _allocated(session: Session, item: str) -> list[tuple[str, int, int]]:
    """Order, shipment and units of an item that nobody has picked, the last shipment of an order first."""
    asked = select(ReallocationTake.shipment).where(
        ReallocationTake.order == Reservation.order, ReallocationTake.shipment == Reservation.shipment
    )
    chosen = (
        select(Reservation.order, Reservation.shipment, func.sum(Reservation.quantity))
        .join(Shipment, (Shipment.order == Reservation.order) & (Shipment.shipment == Reservation.shipment))
        .where(Reservation.item == item, Reservation.ended == "", Shipment.status.in_(UNPICKED), ~asked.exists())
        .group_by(Reservation.order, Reservation.shipment)
        .order_by(Reservation.order, Reservation.shipment.desc())
    )
    return [(order, shipment, int(units)) for order, shipment, units in session.execute(chosen)]


def _takes(session: Session, item: str, plan: Plan, at: Moment) -> list[tuple[str, int, int]]:
    """What each loser has to give up of its shipments, beyond what is only set aside for it: order, shipment, units."""
    losing = {share.order: -share.change for share in plan.changes if share.change < 0}
    granted = granted_to(session, sorted(losing), at, saved=True)
    takes: list[tuple[str, int, int]] = []
    for order, shipment, units in _allocated(session, item):
        rest = losing.get(order, 0) - granted.get(order, {}).get(item, 0)
        rest -= sum(taken for name, _, taken in takes if name == order)
        if rest > 0:
            takes.append((order, shipment, min(units, rest)))
    return takes


def _taken(takes: Iterable[tuple[str, int, int]]) -> list[Taken]:
    return [Taken(order=order, shipment=shipment) for order, shipment, _ in takes]


def _pending() -> Select[str, int]:
    """Shipments that are to be given up and still stand unpicked."""
    joined = (Shipment.order == ReallocationTake.order) & (Shipment.shipment == ReallocationTake.shipment)
    chosen = select(ReallocationTake.order, ReallocationTake.shipment).join(Shipment, joined)
    return chosen.where(Shipment.status.in_(UNPICKED)).order_by(ReallocationTake.order, ReallocationTake.shipment)


# --- moving --------------------------------------------------------------------------------------------------------------------------


def _give(session: Session, number: int, item: str, units: int, at: Moment) -> None:
    """Set units aside for those who gain, first come first; who ships whole or not is told when all of it is there."""
    gaining = select(ReallocationShare).where(
        ReallocationShare.reallocation == number,
        ReallocationShare.after - ReallocationShare.before > ReallocationShare.moved,
        ReallocationShare.after > ReallocationShare.before,
    )
    left = units
    for share in session.scalars(gaining.order_by(ReallocationShare.position)):
        gain = share.after - share.before
        gets = min(gain - share.moved, left)
        order = session.get_one(Order, share.order)
        if not gets or order.outcome:
            continue
        whole = policy_of(order) is not ShippingPolicy.PARTIAL
        complete = not whole or share.moved + gets == gain
        if set_aside(session, share.order, _anywhere({item: gets}), at, _cause(number), complete=complete):
            share.moved += gets
            left -= gets
            if whole and complete:
                mine = (BackorderWin.order == share.order, BackorderWin.cause == _cause(number))
                session.execute(update(BackorderWin).where(*mine).values(complete=True))
    session.flush()


def _take_grants(session: Session, order: str, item: str, units: int, at: Moment) -> None:
    """Take units away from an order that are only set aside for it."""
    mine = (SoftReservation.owner == order, SoftReservation.item == item, SoftReservation.kind == SoftKind.GRANT.value)
    named = SoftReservation.key.like(f"{WON}%") | SoftReservation.key.like(f"{SAVED}%")
    chosen = select(SoftReservation).where(standing(at), *mine, named)
    left = units
    for row in session.scalars(chosen.order_by(SoftReservation.key.desc(), SoftReservation.number).with_for_update()):
        less = min(row.quantity, left)
        row.quantity -= less
        left -= less
        if less and not row.quantity:
            row.ended, row.ended_at = "released", at


def _leave_to_queue(session: Session, key: str, items: Sequence[str], at: Moment) -> None:
    """What nobody has a claim on after this goes along the queue like any freed stock."""
    stock: list[Stock] = stock_of_items(session, items)
    lots.withhold(session, stock, at.date())
    free_for_queue(session, key, claims_on(session, items, "", [], at).may_take(stock), at)


def _share(session: Session, number: int, order: str) -> ReallocationShare:
    return session.get_one(ReallocationShare, (number, order))


def _cause(number: int) -> str:
    return f"reallocation {number}"


def _anywhere(units: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Units by item, from whichever location has them."""
    return [(item, "", quantity) for item, quantity in units.items()]
