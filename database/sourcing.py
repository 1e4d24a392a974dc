"""Sourcing under lock: what the rows say of goods and locations, and the decision as it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Select, and_, func, insert, or_, select
from sqlalchemy.orm import Session

from database.calendars import UNKNOWN_WAY, holidays, read_calendar
from database.claims import Place
from database.tables import (
    FreightRate,
    Item,
    Location,
    LocationAbility,
    Order,
    OrderLine,
    Shipment,
    SourcingDecision,
    SourcingPolicyRow,
    TransitTime,
)
from domain.calendars import MONDAY_TO_FRIDAY, Calendar, arrival
from domain.money import exponent, round_half_up
from domain.sourcing.decision import Decision, DecisionView
from domain.sourcing.facts import ANYWHERE, Goods, Rate, Site, Sourcing, SourcingPolicy, barred, ruled_out
from domain.steps import AllocateStock, Need

UNLIMITED = 2**31
"""Shipments a day of a location that has named no limit."""

SLACK = 14
"""Days beyond those that may be waited for, which a weekend or a row of holidays takes a shipment to."""


def goods_locked(session: Session, items: Iterable[str]) -> dict[str, Goods]:
    """What the items need of whoever ships them; the items are locked, in their order, as for every change of a claim on their stock."""
    return _goods(session, _goods_of(items).with_for_update())


def goods_read(session: Session, items: Iterable[str]) -> dict[str, Goods]:
    """The same for whoever only asks."""
    return _goods(session, _goods_of(items))


def _goods_of(items: Iterable[str]) -> Select[str, int, bool, bool, str]:
    chosen = select(Item.item, Item.weight_g, Item.hazardous, Item.cold, Item.returns).where(Item.item.in_(sorted(set(items))))
    return chosen.order_by(Item.item)


def _goods(session: Session, chosen: Select[str, int, bool, bool, str]) -> dict[str, Goods]:
    rows = session.execute(chosen)
    return {row.item: Goods(weight_g=row.weight_g, hazardous=row.hazardous, cold=row.cold, returns=row.returns) for row in rows}


def sourcing_of(
    request: AllocateStock, order: Order, lines: Mapping[int, OrderLine], needs: Sequence[Need], goods: Mapping[str, Goods]
) -> Sourcing:
    """The question that an allocation asks."""
    worth = sum((Decimal(lines[need.line].unit_price) * need.quantity for need in needs), Decimal(0))
    return Sourcing(
        needs=tuple(needs),
        goods=goods,
        country=order.ship_country,
        postcode=order.ship_postcode,
        service=order.service,
        value=round_half_up(worth.scaleb(exponent(order.currency))),
        today=request.at.date(),
        wanted_on=order.requested_at.date() if order.requested_at else None,
        avoid=request.avoid,
        together=request.all_or_nothing,
    )


def sites_of(session: Session, order: Order, places: Mapping[Place, int], at: datetime) -> tuple[list[Site], SourcingPolicy]:
    """The locations where any of the items lies, as this order sees them at `at`, and the policy of its channel.

    A location with a daily capacity is locked until the transaction ends, in the order of names: what is counted stays true.
    """
    units: dict[str, dict[str, int]] = {}
    for (item, location), free_units in sorted(places.items()):
        units.setdefault(location, {})[item] = free_units
    read = _read(session, order, sorted(units))
    ahead = read.policy.days_ahead
    limits = {name: ability.shipments_per_day for name, ability in read.abilities.items() if ability and ability.shipments_per_day}
    taken = _taken(session, limits, at.date(), at.date() + timedelta(days=ahead + SLACK))
    destination = Calendar(working_days=MONDAY_TO_FRIDAY, holidays=holidays(order.ship_country, "", at.year))
    sites = []
    for location, free in units.items():
        origin, transit = read_calendar(read.locations[location], at.year), read.transit(location, order.ship_postcode)
        site = Site(location, free, rates=read.rates.get(location, {}), ships_in=None, full_until=f"{at + timedelta(days=ahead):%Y-%m-%d}")
        for ready_at, begins in _days_of_work(origin, at, ahead):
            if taken.get((location, begins), 0) < limits.get(location, UNLIMITED):
                arrives = arrival(ready_at, origin, transit, destination).arrives_at.date()
                site = replace(site, ships_in=max((begins - at.date()).days, 0), arrives_in=(arrives - at.date()).days)
                break
        ability = read.abilities.get(location)
        if ability is not None:
            site = replace(
                site,
                ships_to=tuple(ability.ships_to.split()),
                services=tuple(ability.services.split()),
                hazardous=ability.hazardous,
                cold=ability.cold,
                handling=ability.handling,
                handling_per_unit=ability.handling_per_unit,
                a_day=ability.shipments_per_day,
            )
        sites.append(site)
    return sites, read.policy


def closed_to(session: Session, orders: Iterable[Order], items: Iterable[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Order -> item -> the locations that may not serve it with that item, whatever lies there: address, service, kind of goods."""
    goods = goods_read(session, items)
    able = [
        Site(
            row.location,
            {},
            ships_to=tuple(row.ships_to.split()),
            services=tuple(row.services.split()),
            hazardous=row.hazardous,
            cold=row.cold,
        )
        for row in session.scalars(select(LocationAbility).order_by(LocationAbility.location))
    ]
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for order in orders:
        question = Sourcing(needs=(), country=order.ship_country, postcode=order.ship_postcode, service=order.service)
        shut = {site.location for site in able if ruled_out(question, site)}
        closed = {item: tuple(s.location for s in able if s.location in shut or barred(of, s)) for item, of in goods.items()}
        found[order.order] = {item: locations for item, locations in closed.items() if locations}
    return found


def full_for(session: Session, channels: Iterable[str], at: datetime) -> dict[str, tuple[str, ...]]:
    """Channel -> the locations that have no room for another shipment on any day that its policy lets an order wait for.

    Nothing is locked: who allocates counts again, under lock.
    """
    named = sorted(set(channels))
    limited = (
        select(Location, LocationAbility.shipments_per_day)
        .join(LocationAbility, LocationAbility.location == Location.location)
        .where(LocationAbility.shipments_per_day.is_not(None))
        .order_by(Location.location)
    )
    sites = [(site, limit) for site, limit in session.execute(limited) if limit is not None] if named else []
    if not sites:
        return {}
    rows = session.scalars(select(SourcingPolicyRow).where(SourcingPolicyRow.channel.in_((*named, ANYWHERE))))
    policies = {row.channel: SourcingPolicy.model_validate_json(row.policy) for row in rows}
    ahead = {name: (policies.get(name) or policies.get(ANYWHERE) or SourcingPolicy()).days_ahead for name in named}
    furthest = max(ahead.values())
    taken = _counted(session, [site.location for site, _ in sites], at.date(), at.date() + timedelta(days=furthest + SLACK))
    days = {site.location: [begins for _, begins in _days_of_work(read_calendar(site, at.year), at, furthest)] for site, _ in sites}
    return {
        name: tuple(
            site.location
            for site, limit in sites
            if all(taken.get((site.location, day), 0) >= limit for day in days[site.location][: ahead[name] + 1])
        )
        for name in named
    }


def keep_decision(session: Session, request: AllocateStock, decision: Decision) -> None:
    row = {"key": request.key, "order": request.order, "at": request.at, "rule": decision.rule, "decision": decision.model_dump_json()}
    session.execute(insert(SourcingDecision), [row])


def decisions(session: Session, order: str) -> list[DecisionView]:
    """Every sourcing decision about an order, oldest first."""
    chosen = select(SourcingDecision).where(SourcingDecision.order == order).order_by(SourcingDecision.at, SourcingDecision.key)
    return [
        DecisionView(order=row.order, key=row.key, at=row.at, decision=Decision.model_validate_json(row.decision))
        for row in session.scalars(chosen)
    ]


# --- parts ---------------------------------------------------------------------------------------------------------------------------


@dataclass
class _Read:
    """What the rows say of some locations."""

    policy: SourcingPolicy = field(default_factory=SourcingPolicy)
    locations: dict[str, Location] = field(default_factory=dict)
    abilities: dict[str, LocationAbility | None] = field(default_factory=dict)
    rates: dict[str, dict[str, Rate]] = field(default_factory=dict)
    transits: dict[str, dict[str, int]] = field(default_factory=dict)  # location -> beginning of the postcode -> days

    def transit(self, location: str, postcode: str) -> int:
        """Days on the way: those of the longest beginning of a postcode that fits."""
        known = self.transits.get(location, {})
        compact = postcode.replace(" ", "")
        fitting = [prefix for prefix in known if compact.startswith(prefix.replace(" ", ""))]
        return known[max(fitting, key=len)] if fitting else UNKNOWN_WAY


def _read(session: Session, order: Order, locations: Sequence[str]) -> _Read:
    """Policy, calendars, abilities, and the rates and transit times that may fit the address, in one statement."""
    policies = (
        select(SourcingPolicyRow.policy)
        .where(SourcingPolicyRow.channel.in_((order.channel, ANYWHERE)))
        .order_by(SourcingPolicyRow.channel == ANYWHERE)
        .limit(1)
        .scalar_subquery()
    )
    country = order.ship_country
    zones = or_(FreightRate.zone.in_((ANYWHERE, country)), FreightRate.zone.startswith(f"{country}:", autoescape=True))
    chosen = (
        select(Location, LocationAbility, FreightRate, TransitTime, policies.label("policy"))
        .outerjoin(LocationAbility, LocationAbility.location == Location.location)
        .outerjoin(FreightRate, and_(FreightRate.location == Location.location, zones))
        .outerjoin(TransitTime, and_(TransitTime.location == Location.location, TransitTime.country == country))
        .where(Location.location.in_(locations))
    )
    found = _Read()
    for location, ability, rate, transit, document in session.execute(chosen):
        name = location.location
        if document is not None and not found.locations:
            found.policy = SourcingPolicy.model_validate_json(document)
        found.locations[name], found.abilities[name] = location, ability
        if rate is not None:
            found.rates.setdefault(name, {})[rate.zone] = Rate(base=rate.base, per_kg=rate.per_kg)
        if transit is not None:
            found.transits.setdefault(name, {})[transit.postcode] = transit.days
    return found


def _taken(session: Session, limits: Mapping[str, int], first: date, last: date) -> dict[tuple[str, date | None], int]:
    """How many shipments each location with a limit has on each of these days; the locations are locked."""
    if not limits:
        return {}
    locked = select(LocationAbility.location).where(LocationAbility.location.in_(sorted(limits)))
    session.execute(locked.order_by(LocationAbility.location).with_for_update())
    return _counted(session, limits, first, last)


def _counted(session: Session, locations: Iterable[str], first: date, last: date) -> dict[tuple[str, date | None], int]:
    counted = (
        select(Shipment.location, Shipment.ships_on, func.count())
        .where(Shipment.location.in_(sorted(locations)), Shipment.ships_on.between(first, last), Shipment.status != "cancelled")
        .group_by(Shipment.location, Shipment.ships_on)
    )
    return {(location, day): count for location, day, count in session.execute(counted)}


def _days_of_work(origin: Calendar, at: datetime, ahead: int) -> Iterator[tuple[datetime, date]]:
    """For today and each day ahead: the moment at which a shipment is ready, and the day on which somebody works on it."""
    at_once = origin.model_copy(update={"handling_days": 0})
    for days in range(ahead + 1):
        ready_at = at + timedelta(days=days)
        yield ready_at, arrival(ready_at, at_once, 0, origin).leaves_at.date()
