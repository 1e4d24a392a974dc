"""The calendars of our locations and of the countries that goods go to, with the holidays of each; and how long goods are on their way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import Location, TransitTime
from domain import calendars
from domain.calendars import MONDAY_TO_FRIDAY, Arrival, Calendar, plain
from domain.errors import InputRefused
from domain.values import Value

UNKNOWN_WAY = 5
"""Days on a way whose time nobody has stated: long, so that a promise over it is kept rather than broken."""

YEARS_AHEAD = 2
"""Holidays are known for this year and so many more: no delivery is promised beyond."""


class Way(Value):
    """From a location to a customer: the calendars at both ends and the days between; `stated` when somebody has said how long it takes."""

    location: str
    origin: Calendar
    destination: Calendar
    days: int
    stated: bool

    def arrival(self, ready_at: datetime, day: timedelta) -> Arrival:
        """When goods that are ready then arrive. Calendars are about days of 24 hours; shorter ones are only counted."""
        if day != calendars.DAY:
            return plain(ready_at, self.origin.handling_days, self.days, day)
        return calendars.arrival(ready_at, self.origin, self.days, self.destination)

    def by(self, requested_at: datetime, day: timedelta) -> datetime:
        """Until when a delivery counts as in time: the end of the day that the customer named."""
        return requested_at if day != calendars.DAY else calendars.end_of_day(requested_at, self.origin)


def ways(session: Session, country: str, postcode: str, at: datetime, locations: Iterable[str] | None = None) -> dict[str, Way]:
    """The way from each location (or from those named) to an address, by location."""
    chosen = select(Location, TransitTime.postcode, TransitTime.days).outerjoin(
        TransitTime, (TransitTime.location == Location.location) & (TransitTime.country == country)
    )
    if locations is not None:
        chosen = chosen.where(Location.location.in_(sorted(set(locations))))
    rows: dict[str, Location] = {}
    known: dict[str, list[tuple[str, int]]] = {}
    joined = cast(Iterable[tuple[Location, str | None, int]], session.execute(chosen.order_by(Location.location)))
    for row, prefix, days in joined:
        rows[row.location] = row
        if prefix is not None and postcode.replace(" ", "").startswith(prefix.replace(" ", "")):
            known.setdefault(row.location, []).append((prefix, days))
    found = {}
    for name, row in rows.items():
        _, days = max(known.get(name, [("", UNKNOWN_WAY)]), key=lambda way: len(way[0]))
        destination = Calendar(working_days=MONDAY_TO_FRIDAY, holidays=holidays(country, "", at.year))
        origin = read_calendar(row, at.year)
        found[name] = Way(location=name, origin=origin, destination=destination, days=days, stated=name in known)
    return found


def read_calendar(row: Location, year: int | None = None) -> Calendar:
    """The calendar of a location as its row says it, with its holidays from `year` on; InputRefused with what is wrong in it."""
    place = f"location {row.location}"
    try:
        at = time.fromisoformat(row.cut_off)
    except ValueError:
        raise InputRefused(place, f"the cut-off {row.cut_off!r} is not a time such as 14:00") from None
    if not row.working_days or not set(row.working_days) <= set("1234567"):
        raise InputRefused(place, f"the working days {row.working_days!r} are not digits from 1 (Monday) to 7")
    if row.country and not is_country(row.country, row.subdivision):
        raise InputRefused(place, f"no holidays are known of {row.country} {row.subdivision}".rstrip())
    try:
        return Calendar(
            time_zone=row.time_zone,
            cut_off=at,
            working_days=tuple(sorted({int(digit) for digit in row.working_days})),
            holidays=holidays(row.country, row.subdivision, year) if year is not None else {},
            handling_days=row.handling_days,
        )
    except ValueError as wrong:
        raise InputRefused(place, str(wrong).splitlines()[2].strip().removeprefix("Value error, ").partition(" [")[0]) from None


@cache
def holidays(country: str, subdivision: str, year: int) -> dict[date, str]:
    """The days off of a country or a part of it, from `year` on, with their names; none where nobody has listed them.

    The library is loaded here, when the first date is reckoned: it is only data, but there is much of it.
    """
    if not is_country(country, subdivision):
        return {}
    from holidays import country_holidays

    years = range(year - 1, year + YEARS_AHEAD + 1)
    return dict(country_holidays(country, subdiv=subdivision or None, years=years, language="en_US").items())


@cache
def is_country(country: str, subdivision: str) -> bool:
    """Are the holidays of this country, and of this part of it, known?"""
    if not country:
        return False
    from holidays import list_supported_countries

    parts = list_supported_countries(include_aliases=False).get(country)
    return parts is not None and (not subdivision or subdivision in parts)
