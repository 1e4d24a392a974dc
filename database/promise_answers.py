"""What could be promised now: for so many units of an item, the day at each location and at the customer's door, and why."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.availability import free_by_location, lead_times, position, scheduled_receipts
from database.calendars import Way, ways
from database.tables import Item, Location
from domain import calendars
from domain.errors import InputRefused, NotFound
from domain.order import Moment
from domain.promising import LEAD_TIME, STOCK, Availability, earliest, projected
from domain.purchasing import supply_in_words
from domain.values import Value


class Units(Value):
    """So many units can be promised from this moment on."""

    at: Moment
    units: int


class LocationAnswer(Value):
    """When one location has all units ready, when they leave and arrive; `in_time` and `ready_by` answer the requested day.

    Without a known day (`ready_at` is none) nothing is on its way, and nobody has said how long it takes to buy the item.
    """

    location: str
    free: int  # units that nobody reserved
    available: tuple[Units, ...]  # what can be promised from it, from now on
    supply: str  # what it hangs on: stock, lead time, or a purchase order's line or a transfer
    ready_at: Moment | None = None
    leaves_at: Moment | None = None
    arrives_at: Moment | None = None
    in_time: bool | None = None
    ready_by: Moment | None = None  # the last chance to arrive on the requested day
    why: tuple[str, ...] = ()


class PromiseAnswer(Value):
    """The answers of all locations, the earliest first; `anywhere_at` is when all locations together have the units."""

    item: str
    quantity: int
    country: str
    postcode: str
    by: Moment | None
    asked_at: Moment
    anywhere_at: Moment | None
    locations: tuple[LocationAnswer, ...]


def answer(
    session: Session, item: str, quantity: int, country: str, postcode: str, by: datetime | None, now: datetime, day: timedelta
) -> PromiseAnswer:
    """What every location could promise. Raises NotFound for an unknown item."""
    if session.get(Item, item) is None:
        raise NotFound("item", item)
    house = position(session, item, now)
    free = free_by_location(session, item, now)
    lead = lead_times(session, [item]).get(item)
    overdue = [
        f"{supply_in_words(late.supply)} was expected {late.at:%d %b} and has not come: it is not counted"
        for late in scheduled_receipts(session, item, now, overdue=True)
    ]
    answers = []
    for name, way in ways(session, country, postcode, now).items():
        here = house.at_location(name, free.get(name, 0))
        found = earliest(here, quantity, now, house)
        bought = Availability(at=now + lead[0] * day, supply=LEAD_TIME) if found is None and lead else None
        known = LocationAnswer(
            location=name,
            free=free.get(name, 0),
            available=tuple(Units(at=at, units=min(units, house.available(at))) for at, units in projected(here, now)),
            supply=(found or bought or Availability(at=now, supply="")).supply,
            why=(*_reasons(found, lead), *overdue),
        )
        ready = found or bought
        answers.append(_with_dates(known, ready.at, way, bool(country), by, day) if ready else known)
    anywhere = earliest(house, quantity, now)
    far = datetime.max.replace(tzinfo=now.tzinfo)
    return PromiseAnswer(
        item=item,
        quantity=quantity,
        country=country,
        postcode=postcode,
        by=by,
        asked_at=now,
        anywhere_at=anywhere.at if anywhere else None,
        locations=tuple(sorted(answers, key=lambda each: (each.arrives_at or each.leaves_at or far, each.location))),
    )


_PLACE = re.compile(r"(?P<country>[A-Za-z]{2})(?:[ /-]+(?P<postcode>.*))?")


def address(session: Session, text: str) -> tuple[str, str]:
    """(country, postcode) of `DE`, `DE-20457`, `DE 20457` or, where all our locations are in one country, `20457`. Raises InputRefused."""
    if named := _PLACE.fullmatch(text.strip()):
        return named["country"].upper(), (named["postcode"] or "").strip().upper()
    ours = {country for country in session.scalars(select(Location.country)) if country}
    if len(ours) == 1:
        return ours.pop(), text.strip().upper()
    raise InputRefused("--to", f"{text!r} names no country: write DE-20457, or DE alone")


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _reasons(found: Availability | None, lead: tuple[int, str] | None) -> tuple[str, ...]:
    if found is not None:
        if found.supply == STOCK:
            return ("in stock",)
        return (f"{supply_in_words(found.supply)} is expected {found.at:%a %d %b}",)
    if lead is None:
        return ("nothing that is on its way is free, and no lead time is known",)
    of_whom = f" of {lead[1]}" if lead[1] else ""
    return (f"nothing that is on its way is free: lead time of {lead[0]} days{of_whom}",)


def _with_dates(
    known: LocationAnswer, ready_at: datetime, way: Way, to_customer: bool, by: datetime | None, day: timedelta
) -> LocationAnswer:
    arrival = way.arrival(ready_at, day) if to_customer else way.model_copy(update={"days": 0}).arrival(ready_at, day)
    dates: dict[str, object] = {"ready_at": ready_at, "leaves_at": arrival.leaves_at}
    why = [*known.why, *arrival.why]
    if to_customer:
        dates["arrives_at"] = arrival.arrives_at
        if not way.stated:
            why.append(f"nobody has said how long the way from {way.location} takes: {way.days} days are taken")
        if by is not None:
            dates["in_time"] = arrival.arrives_at <= way.by(by, day)
            if day == calendars.DAY:
                dates["ready_by"] = calendars.last_chance(by, way.origin, way.days, way.destination).ready_by
    return known.model_copy(update=dates | {"why": tuple(why)})
