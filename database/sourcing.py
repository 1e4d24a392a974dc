"""Sourcing under lock: what the rows say of goods and locations, and the decision as it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy.orm import Session

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
)
from domain.money import exponent, round_half_up
from domain.sourcing.decision import Decision, DecisionView
from domain.sourcing.facts import ANYWHERE, Goods, Rate, Site, Sourcing, SourcingPolicy
from domain.steps import AllocateStock, Need


def goods_locked(session: Session, items: Iterable[str]) -> dict[str, Goods]:
    """What the items need of whoever ships them; the items are locked, in their order, as for every change of a claim on their stock."""
    chosen = select(Item.item, Item.weight_g, Item.hazardous, Item.cold).where(Item.item.in_(sorted(set(items))))
    rows = session.execute(chosen.order_by(Item.item).with_for_update())
    return {row.item: Goods(weight_g=row.weight_g, hazardous=row.hazardous, cold=row.cold) for row in rows}


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


def sites_of(session: Session, order: Order, places: Mapping[Place, int], today: date) -> tuple[list[Site], SourcingPolicy]:
    """The locations where any of the items lies, as this order sees them, and the policy of its channel.

    A location with a daily capacity is locked until the transaction ends, in the order of names: what is counted stays true.
    """
    units: dict[str, dict[str, int]] = {}
    for (item, location), free_units in sorted(places.items()):
        units.setdefault(location, {})[item] = free_units
    policy, abilities, rates = _read(session, order, sorted(units))
    limits = {name: ability.shipments_per_day for name, ability in abilities.items() if ability and ability.shipments_per_day}
    waits = _first_days(session, limits, today, policy.days_ahead)
    sites = []
    for location, free in units.items():
        site = Site(location, free, rates=rates.get(location, {}), ships_in=waits.get(location, 0))
        ability = abilities.get(location)
        if ability is not None:
            site = replace(
                site,
                ships_to=tuple(ability.ships_to.split()),
                services=tuple(ability.services.split()),
                hazardous=ability.hazardous,
                cold=ability.cold,
                handling=ability.handling,
                handling_per_unit=ability.handling_per_unit,
                full_until=f"{today + timedelta(days=policy.days_ahead):%Y-%m-%d}",
            )
        sites.append(site)
    return sites, policy


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


def _read(
    session: Session, order: Order, locations: Sequence[str]
) -> tuple[SourcingPolicy, dict[str, LocationAbility | None], dict[str, dict[str, Rate]]]:
    """Policy, abilities and the rates that may fit the address, in one statement."""
    policies = (
        select(SourcingPolicyRow.policy)
        .where(SourcingPolicyRow.channel.in_((order.channel, ANYWHERE)))
        .order_by(SourcingPolicyRow.channel == ANYWHERE)
        .limit(1)
        .scalar_subquery()
    )
    zones = or_(
        FreightRate.zone.in_((ANYWHERE, order.ship_country)), FreightRate.zone.startswith(f"{order.ship_country}:", autoescape=True)
    )
    chosen = (
        select(Location.location, LocationAbility, FreightRate, policies.label("policy"))
        .outerjoin(LocationAbility, LocationAbility.location == Location.location)
        .outerjoin(FreightRate, and_(FreightRate.location == Location.location, zones))
        .where(Location.location.in_(locations))
    )
    policy = SourcingPolicy()
    abilities: dict[str, LocationAbility | None] = {}
    rates: dict[str, dict[str, Rate]] = {}
    for name, ability, rate, document in session.execute(chosen):
        if document is not None and not abilities:
            policy = SourcingPolicy.model_validate_json(document)
        abilities[name] = ability
        if rate is not None:
            found = Rate(base=rate.base, per_kg=rate.per_kg, transit_days=rate.transit_days)
            rates.setdefault(name, {})[rate.zone] = found
    return policy, abilities, rates


def _first_days(session: Session, limits: Mapping[str, int], today: date, ahead: int) -> dict[str, int | None]:
    """In how many days each location with a daily capacity has room for one more shipment; None: in none of the days ahead."""
    if not limits:
        return {}
    locked = select(LocationAbility.location).where(LocationAbility.location.in_(sorted(limits)))
    session.execute(locked.order_by(LocationAbility.location).with_for_update())
    last = today + timedelta(days=ahead)
    counted = (
        select(Shipment.location, Shipment.ships_on, func.count())
        .where(Shipment.location.in_(sorted(limits)), Shipment.ships_on.between(today, last), Shipment.status != "cancelled")
        .group_by(Shipment.location, Shipment.ships_on)
    )
    taken = {(location, day): count for location, day, count in session.execute(counted)}
    return {
        name: next((days for days in range(ahead + 1) if taken.get((name, today + timedelta(days=days)), 0) < limit), None)
        for name, limit in limits.items()
    }
