"""When goods leave and when they arrive: cut-off times, working days, holidays and time zones, reckoned forwards and backwards.

Forwards: an order that is ready at some moment leaves on the day that the cut-off time, the working days and the handling days of its
location allow, and arrives after so many working days of its destination. Backwards: the last moment at which an order can be ready and
still arrive on the requested day. Days are days of the location's time zone, so a change of daylight-saving time makes none longer.

All of this is about days of 24 hours. Where business days are shorter (a demo), `plain` counts days of that length and knows no calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from domain.order import Moment
from domain.values import Value

DAY = timedelta(days=1)
ALL_DAYS = (1, 2, 3, 4, 5, 6, 7)
MONDAY_TO_FRIDAY = (1, 2, 3, 4, 5)
FURTHEST = 800
"""Days after which a calendar without a working day is given up on: two years of holidays are no business."""
DAYS_OF_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Calendar(Value):
    """When a place works. `holidays` names its days off; `handling_days` pass from the cut-off to the truck."""

    time_zone: str = "UTC"
    cut_off: time = time(23, 59)  # ready in this minute or before counts on the same day
    working_days: tuple[int, ...] = Field(default=ALL_DAYS, min_length=1)  # ISO: 1 is Monday
    holidays: dict[date, str] = {}
    handling_days: int = Field(default=1, ge=0, le=60)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"there is no time zone {name!r}") from None
        return name

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def rest(self, day: date) -> str:
        """Why nobody works on that day; empty when they do."""
        if day.isoweekday() not in self.working_days:
            return DAYS_OF_WEEK[day.weekday()]
        return self.holidays.get(day, "")

    def works(self, day: date) -> bool:
        return not self.rest(day)

    def end_of(self, day: date) -> datetime:
        """The last second of a day of this place."""
        return datetime.combine(day, time(23, 59, 59), self.zone)


class Arrival(Value):
    """When goods leave and arrive, and what made it so."""

    leaves_at: Moment
    arrives_at: Moment
    why: tuple[str, ...] = ()


class LastChance(Value):
    """To arrive in time: be ready by `ready_by`, leave at `leaves_at`, arrive by `arrives_at`."""

    ready_by: Moment
    leaves_at: Moment
    arrives_at: Moment
    why: tuple[str, ...] = ()


def arrival(ready_at: datetime, origin: Calendar, transit_days: int, destination: Calendar) -> Arrival:
    """The earliest delivery of goods that are ready at `ready_at`; it counts as arrived at the end of its day."""
    local = ready_at.astimezone(origin.zone)
    why: list[str] = []
    day = local.date()
    if origin.works(day) and local.time().replace(second=0, microsecond=0) > origin.cut_off:
        why.append(f"cut-off {origin.cut_off:%H:%M} missed on {_said(day)}")
        day += DAY
    day = _work_from(origin, day, why)
    for _ in range(origin.handling_days):
        day = _work_from(origin, day + DAY, why)
    if origin.handling_days:
        why.append(f"{_days(origin.handling_days, 'working ')} to pick and pack, leaves {_said(day)}")
    arrives = _travel(day, transit_days, destination, why)
    if transit_days:
        why.append(f"{_days(transit_days)} in transit, arrives {_said(arrives)}")
    return Arrival(leaves_at=datetime.combine(day, origin.cut_off, origin.zone), arrives_at=origin.end_of(arrives), why=tuple(why))


def last_chance(requested_at: datetime, origin: Calendar, transit_days: int, destination: Calendar) -> LastChance:
    """The latest moment at which goods can be ready and still arrive on the requested day."""
    wanted = requested_at.astimezone(origin.zone).date()
    why: list[str] = []
    day = _work_until(destination, wanted, why)
    while not (origin.works(day) and _travel(day, transit_days, destination) <= wanted):
        day = _within(day - DAY, wanted)
    why.append(f"{_days(transit_days)} in transit: leave by {_said(day)}")
    leaves = day
    for _ in range(origin.handling_days):
        day = _work_until(origin, day - DAY, why)
    why.append(f"be ready by {origin.cut_off:%H:%M} on {_said(day)}")
    return LastChance(
        ready_by=datetime.combine(day, origin.cut_off, origin.zone),
        leaves_at=datetime.combine(leaves, origin.cut_off, origin.zone),
        arrives_at=origin.end_of(_travel(leaves, transit_days, destination)),
        why=tuple(why),
    )


def plain(ready_at: datetime, handling_days: int, transit_days: int, day: timedelta) -> Arrival:
    """The same count in days of another length, none of which is a holiday."""
    leaves = ready_at + handling_days * day
    return Arrival(
        leaves_at=leaves, arrives_at=leaves + transit_days * day, why=(f"{_days(handling_days + transit_days)} to the customer",)
    )


def end_of_day(moment: datetime, calendar: Calendar) -> datetime:
    """A day that somebody names counts to its end: the last second of the day of `moment`."""
    return calendar.end_of(moment.astimezone(calendar.zone).date())


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _work_from(calendar: Calendar, day: date, why: list[str] | None = None) -> date:
    """The first working day from `day` on; every day off on the way is named."""
    for day_off in _off(calendar, day, DAY, why):
        day = day_off + DAY
    return day


def _work_until(calendar: Calendar, day: date, why: list[str] | None = None) -> date:
    """The last working day up to `day`."""
    for day_off in _off(calendar, day, -DAY, why):
        day = day_off - DAY
    return day


def _off(calendar: Calendar, day: date, step: timedelta, why: list[str] | None) -> Iterator[date]:
    start = day
    while reason := calendar.rest(day):
        if why is not None:
            why.append(f"{reason}, {day:%d %b}" if reason in DAYS_OF_WEEK else f"holiday {reason}, {day:%d %b}")
        yield day
        day = _within(day + step, start)


def _travel(leaves: date, transit_days: int, destination: Calendar, why: list[str] | None = None) -> date:
    """The day on which goods that leave on `leaves` arrive: so many working days of the destination later."""
    day = leaves if transit_days else _work_from(destination, leaves, why)
    for _ in range(transit_days):
        day = _work_from(destination, day + DAY, why)
    return day


def _within(day: date, start: date) -> date:
    if abs((day - start).days) > FURTHEST:
        raise ValueError(f"nobody works within {FURTHEST} days of {start}")
    return day


def _days(count: int, kind: str = "") -> str:
    return f"{count} {kind}day" + ("" if count == 1 else "s")


def _said(day: date) -> str:
    return f"{day:%a %d %b}"
