"""The date chain: cut-off to the minute, week-ends, holidays, time zones and the change of daylight-saving time, forwards and backwards."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.calendars import MONDAY_TO_FRIDAY, Calendar, arrival, end_of_day, last_chance, plain

BERLIN, NEW_YORK, AUCKLAND = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Auckland")
CHRISTMAS = {date(2026, 12, 25): "Christmas Day", date(2026, 12, 26): "Second Day of Christmas", date(2027, 1, 1): "New Year's Day"}
GROSSBEEREN = Calendar(time_zone="Europe/Berlin", cut_off=time(14), working_days=MONDAY_TO_FRIDAY, holidays=CHRISTMAS)
AT_ONCE = GROSSBEEREN.model_copy(update={"handling_days": 0})
GERMANY = Calendar(working_days=MONDAY_TO_FRIDAY, holidays=CHRISTMAS)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("ready", "leaves"),
    [
        ("2026-11-24T13:59", "2026-11-25"),  # Tuesday, in time: a working day to pick and pack
        ("2026-11-24T14:00:59", "2026-11-25"),  # in the minute of the cut-off
        ("2026-11-24T14:01", "2026-11-26"),  # one minute late
        ("2026-11-27T13:00", "2026-11-30"),  # Friday, packed on Monday
        ("2026-11-27T15:00", "2026-12-01"),  # Friday after the cut-off counts as Monday
        ("2026-11-28T09:00", "2026-12-01"),  # Saturday counts as Monday
        ("2026-12-24T13:00", "2026-12-28"),  # the holidays and the week-end lie between
        ("2026-12-31T23:59", "2027-01-05"),  # New Year's Day and the week-end
    ],
)
def test_goods_leave_on_the_day_that_cut_off_and_calendar_allow(ready: str, leaves: str) -> None:
    found = arrival(berlin(ready), GROSSBEEREN, 1, GERMANY)
    assert found.leaves_at == berlin(f"{leaves}T14:00")


def test_the_reasons_are_said_in_words() -> None:
    found = arrival(berlin("2026-12-24T15:00"), GROSSBEEREN, 3, GERMANY)
    assert found.why == (
        "cut-off 14:00 missed on Thu 24 Dec",
        "holiday Christmas Day, 25 Dec",
        "Saturday, 26 Dec",
        "Sunday, 27 Dec",
        "1 working day to pick and pack, leaves Tue 29 Dec",
        "holiday New Year's Day, 01 Jan",
        "Saturday, 02 Jan",
        "Sunday, 03 Jan",
        "3 days in transit, arrives Mon 04 Jan",
    )
    assert found.arrives_at == berlin("2027-01-04T23:59:59")


def test_the_same_moment_is_another_day_elsewhere() -> None:
    moment = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)  # 10:30 on Wednesday in Auckland, 16:30 on Tuesday in New York
    everyday = Calendar(cut_off=time(17), handling_days=0)
    for zone, left in (("Pacific/Auckland", date(2026, 11, 25)), ("America/New_York", date(2026, 11, 24))):
        found = arrival(moment, everyday.model_copy(update={"time_zone": zone}), 1, Calendar())
        assert found.leaves_at.astimezone(ZoneInfo(zone)).date() == left


@pytest.mark.parametrize(
    ("ready", "in_time"),
    [
        ("2026-10-24T11:59:00+00:00", True),  # Saturday in summer time: 13:59 in Berlin
        ("2026-10-24T12:01:00+00:00", False),
        ("2026-10-26T12:59:00+00:00", True),  # Monday in winter time: 13:59 in Berlin
        ("2026-10-26T13:01:00+00:00", False),
    ],
)
def test_the_cut_off_keeps_its_local_time_when_the_clocks_change(ready: str, in_time: bool) -> None:
    every_day = AT_ONCE.model_copy(update={"working_days": (1, 2, 3, 4, 5, 6, 7)})
    moment = datetime.fromisoformat(ready)
    found = arrival(moment, every_day, 1, Calendar())
    assert (found.leaves_at.astimezone(BERLIN).date() == moment.date()) is in_time
    assert found.leaves_at.astimezone(BERLIN).time() == time(14)


@pytest.mark.parametrize(
    ("leaves", "hours"), [("2026-10-24T14:00", 25 + 24 + 9 + 59 / 60 + 59 / 3600), ("2027-03-27T14:00", 47 - 14 + 23.9997)]
)
def test_days_in_transit_are_days_of_the_calendar_not_of_24_hours(leaves: str, hours: float) -> None:
    """Two days over the night in which the clocks change: an hour more in autumn, an hour less in spring."""
    every_day = AT_ONCE.model_copy(update={"working_days": (1, 2, 3, 4, 5, 6, 7)})
    found = arrival(berlin(leaves), every_day, 2, Calendar())
    assert found.arrives_at.astimezone(BERLIN).time() == time(23, 59, 59)
    passed = found.arrives_at.astimezone(UTC) - found.leaves_at.astimezone(UTC)
    assert passed.total_seconds() / 3600 == pytest.approx(hours, abs=0.01)


def test_a_cut_off_in_the_hour_that_does_not_exist_still_has_a_moment() -> None:
    night = Calendar(time_zone="Europe/Berlin", cut_off=time(2, 30), handling_days=0)
    found = arrival(datetime(2027, 3, 28, 0, 0, tzinfo=UTC), night, 0, Calendar())
    assert found.leaves_at.astimezone(UTC) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wanted", "ready_by", "leaves"),
    [
        ("2026-12-03T12:00", "2026-11-30T14:00", "2026-12-01"),  # Thursday: two days in transit, a working day before them
        ("2026-12-06T12:00", "2026-12-01T14:00", "2026-12-02"),  # Sunday: it has to arrive on Friday
        ("2026-12-28T09:00", "2026-12-22T14:00", "2026-12-23"),  # Monday after Christmas
    ],
)
def test_the_last_chance_to_arrive_in_time(wanted: str, ready_by: str, leaves: str) -> None:
    found = last_chance(berlin(wanted), GROSSBEEREN, 2, GERMANY)
    assert (found.ready_by, found.leaves_at) == (berlin(ready_by), berlin(f"{leaves}T14:00"))


calendars = st.builds(
    Calendar,
    time_zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Auckland", "UTC"]),
    cut_off=st.times(time(1), time(22)).map(lambda at: at.replace(second=0, microsecond=0)),
    working_days=st.sets(st.integers(1, 7), min_size=1).map(lambda found: tuple(sorted(found))),
    holidays=st.dictionaries(st.dates(date(2026, 11, 1), date(2027, 1, 31)), st.just("a day off"), max_size=8),
    handling_days=st.integers(0, 3),
)
moments = st.integers(0, 75 * 24 * 60).map(lambda minutes: datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=minutes))


@given(moments, calendars, st.integers(0, 6), calendars)
def test_backwards_is_the_reverse_of_forwards(wanted: datetime, origin: Calendar, transit: int, destination: Calendar) -> None:
    """Ready at the last chance arrives in time; ready a minute after it arrives too late."""
    chance = last_chance(wanted, origin, transit, destination)
    due = end_of_day(wanted, origin)
    assert arrival(chance.ready_by, origin, transit, destination).arrives_at <= due
    assert arrival(chance.ready_by + timedelta(minutes=1), origin, transit, destination).arrives_at > due


@given(moments, moments, calendars, st.integers(0, 6), calendars)
def test_ready_later_never_arrives_earlier(one: datetime, other: datetime, origin: Calendar, transit: int, destination: Calendar) -> None:
    first, second = (arrival(moment, origin, transit, destination) for moment in sorted((one, other)))
    assert first.arrives_at <= second.arrives_at
    assert first.leaves_at >= min(one, other).astimezone(origin.zone).replace(second=0, microsecond=0)


def test_days_of_another_length_know_no_calendar() -> None:
    saturday = datetime(2026, 11, 28, 23, 0, tzinfo=UTC)
    found = plain(saturday, 1, 2, timedelta(seconds=1))
    assert (found.leaves_at, found.arrives_at) == (saturday + timedelta(seconds=1), saturday + timedelta(seconds=3))


def test_a_calendar_that_never_works_is_given_up_on() -> None:
    never = Calendar(working_days=(1,), holidays={date(2026, 11, 23) + timedelta(weeks=n): "closed" for n in range(-200, 200)})
    with pytest.raises(ValueError, match="nobody works within 800 days of 2026-11-24"):
        arrival(datetime(2026, 11, 24, 9, tzinfo=UTC), never, 1, Calendar())


def test_a_time_zone_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="there is no time zone 'Europe/Bielefeld'"):
        Calendar(time_zone="Europe/Bielefeld")
