"""What was wanted becomes periods, and periods become a class."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.demand import Bucket, DemandClass, DemandSeries, classify, series, spread

MONDAY = date(2026, 11, 2)


def weeks(*quantities: int, censored: tuple[int, ...] = ()) -> DemandSeries:
    return DemandSeries(
        item="KETTLE",
        bucket=Bucket.WEEK,
        start=MONDAY,
        quantities=quantities,
        censored=tuple(number in censored for number in range(len(quantities))),
    )


@pytest.mark.parametrize(
    ("quantities", "kind", "adi", "cv2"),
    [
        ((10, 12, 9, 11), DemandClass.SMOOTH, 1.0, 0.0113),
        ((1, 20, 2, 40), DemandClass.ERRATIC, 1.0, 1.0207),
        ((5, 0, 0, 5, 0, 5), DemandClass.INTERMITTENT, 2.0, 0.0),
        ((1, 0, 0, 30, 0, 0), DemandClass.LUMPY, 3.0, 0.8751),
        ((0, 0, 0), DemandClass.NONE, 0.0, 0.0),
        ((), DemandClass.NONE, 0.0, 0.0),
    ],
)
def test_demand_is_classed_by_how_regular_it_is_and_how_much_its_sizes_vary(
    quantities: tuple[int, ...], kind: DemandClass, adi: float, cv2: float
) -> None:
    found = classify(quantities)
    assert found.kind is kind
    assert found.adi == pytest.approx(adi)
    assert found.cv2 == pytest.approx(cv2, abs=1e-4)


def test_the_cut_offs_belong_to_the_smooth_side() -> None:
    regular = [1.0] * 25 + [0.0] * 8  # ADI 33 / 25 = 1.32
    assert classify(regular).kind is DemandClass.SMOOTH
    assert classify([*regular, 0.0]).kind is DemandClass.INTERMITTENT
    steady = [3.0, 17.0]  # mean 10, standard deviation 7: CV^2 0.49
    assert classify(steady).kind is DemandClass.SMOOTH
    assert classify([2.9, 17.1]).kind is DemandClass.ERRATIC


def test_days_become_complete_weeks_from_the_first_demand_on() -> None:
    wanted = {MONDAY + timedelta(days=2): 3, MONDAY + timedelta(days=6): 4, MONDAY + timedelta(days=15): 9, MONDAY + timedelta(days=22): 50}
    found = series("KETTLE", "", Bucket.WEEK, wanted, (), first=date(2026, 1, 1), today=MONDAY + timedelta(days=23))
    assert (found.start, found.quantities) == (MONDAY, (7, 0, 9))  # the week of the fifty is not over
    daily = series("KETTLE", "", Bucket.DAY, wanted, (), first=MONDAY + timedelta(days=5), today=MONDAY + timedelta(days=9))
    assert (daily.start, daily.quantities) == (MONDAY + timedelta(days=6), (4, 0, 0))


def test_an_item_that_nobody_wanted_has_no_history() -> None:
    found = series("KETTLE", "", Bucket.WEEK, {}, (MONDAY,), first=date(2026, 1, 1), today=MONDAY)
    assert (found.quantities, found.censored) == ((), ())


def test_a_week_is_censored_when_half_of_its_days_were_without_stock() -> None:
    wanted = {MONDAY: 1, MONDAY + timedelta(days=7): 1}
    empty = [MONDAY + timedelta(days=number) for number in (1, 2, 3, 8, 9, 10, 11)]
    found = series("KETTLE", "", Bucket.WEEK, wanted, empty, first=MONDAY, today=MONDAY + timedelta(days=14))
    assert found.censored == (False, True)  # three of seven days are not half


def test_a_censored_week_is_left_out_unless_it_shows_more_than_the_open_ones() -> None:
    assert weeks(10, 3, 8, 20, censored=(1, 3)).fitted == (10.0, 8.0, 20.0)
    assert weeks(3, 4, censored=(0, 1)).fitted == (3.0, 4.0)  # all censored: the least that is known
    assert weeks(10, 3, 8).fitted == (10.0, 3.0, 8.0)


def test_spread_is_the_sample_standard_deviation_or_the_root_of_a_lone_mean() -> None:
    assert spread((2, 4, 4, 4, 5, 5, 7, 9)) == pytest.approx(2.1381, abs=1e-4)
    assert spread((9,)) == 3.0
    assert spread(()) == 0.0
