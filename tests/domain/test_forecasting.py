"""Each method says what its authors wrote, and the one that proves itself is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.demand import DemandClass, classify
from domain.forecasting import (
    CANDIDATES,
    BuiltIn,
    Method,
    choose,
    croston,
    forecast,
    moving_average,
    naive,
    sba,
    ses,
    tsb,
)
from tests.endurance import examples

SPARSE = (0.0, 3.0, 0.0, 0.0, 6.0, 0.0)


def test_naive_says_what_was_last() -> None:
    assert naive((4, 7, 5)) == [4, 7, 5]


def test_the_moving_average_looks_at_eight_periods() -> None:
    assert moving_average([1.0] * 3 + [9.0] * 8) == pytest.approx([1, 1, 1, 3, 4.2, 5, 5.571428, 6, 7, 8, 9])


def test_exponential_smoothing_moves_a_fifth_of_the_way() -> None:
    assert ses((10, 20, 10)) == pytest.approx([10, 12, 11.6])


def test_croston_smooths_sizes_and_intervals_apart() -> None:
    # 3 after 2 periods; then 6 after 3: size 3 + 0.1 * 3 = 3.3, interval 2 + 0.1 * 1 = 2.1
    assert croston(SPARSE) == pytest.approx([0, 1.5, 1.5, 1.5, 3.3 / 2.1, 3.3 / 2.1])


def test_syntetos_and_boylan_take_off_half_a_smoothing_constant() -> None:
    assert sba(SPARSE)[-1] == pytest.approx(0.95 * 3.3 / 2.1)


def test_teunter_syntetos_and_babai_fade_out_when_nobody_wants_the_item() -> None:
    # probability 0, 0.1, 0.09, 0.081, 0.1729, 0.15561; size 3, then 3.3
    assert tsb(SPARSE) == pytest.approx([0, 0.3, 0.27, 0.243, 3.3 * 0.1729, 3.3 * 0.15561])
    faded = [tsb((*SPARSE, *[0.0] * quiet))[-1] for quiet in (0, 10, 50)]
    assert faded[0] > 2 * faded[1] > 20 * faded[2] > 0
    assert croston((*SPARSE, *[0.0] * 50))[-1] == croston(SPARSE)[-1]


def test_a_level_item_is_not_forecast_by_its_last_week() -> None:
    swinging = [20.0, 30.0] * 13
    found = forecast(swinging, 3, BuiltIn())
    assert (found.method, found.origins) == (Method.MOVING_AVERAGE, 13)
    assert found.mean == (25.0, 25.0, 25.0)
    assert found.deviation == 5.0  # every week is five off
    # three weeks ahead, naive is ten off twice of three; its one-step error is always ten
    assert found.errors[Method.NAIVE] == pytest.approx(sqrt(2 / 3))
    assert found.errors[Method.MOVING_AVERAGE] == pytest.approx(0.5)


def test_a_growing_item_keeps_the_naive_forecast_where_nothing_built_in_is_better() -> None:
    found = forecast([float(week) for week in range(1, 31)], 1, BuiltIn())
    assert found.method is Method.NAIVE
    assert found.errors[Method.NAIVE] == 1.0


def test_a_short_past_is_not_tested_and_says_so() -> None:
    found = forecast([4.0, 6.0, 5.0, 5.0], 2, BuiltIn())
    assert not found.tested
    assert (found.method, found.mean, found.errors) == (Method.MOVING_AVERAGE, (5.0, 5.0), {})
    assert found.deviation == pytest.approx(0.8165, abs=1e-4)
    assert forecast([], 2, BuiltIn()).mean == (0.0, 0.0)


def test_of_equals_the_simplest_is_chosen() -> None:
    assert choose({Method.NAIVE: 1.0, Method.SES: 0.995}) is Method.NAIVE
    assert choose({Method.NAIVE: 1.0, Method.SES: 0.90, Method.AUTO_ETS: 0.895}) is Method.SES


def test_a_method_whose_last_fit_fails_gives_way_to_the_next_best() -> None:
    class Fails(BuiltIn):
        def forecasts(
            self, method: Method, history: Sequence[float], origins: Sequence[int], horizon: int
        ) -> list[tuple[float, ...]] | None:
            failing = method is Method.MOVING_AVERAGE and list(origins) == [len(history)]
            return None if failing else super().forecasts(method, history, origins, horizon)

    assert forecast([20.0, 30.0] * 13, 1, Fails()).method is Method.SES


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.integers(1, 6))
def test_never_worse_than_naive_and_never_negative(quantities: list[int], horizon: int) -> None:
    history = [float(quantity) for quantity in quantities]
    found = forecast(history, horizon, BuiltIn())
    assert len(found.mean) == horizon
    assert min(found.mean) >= 0
    assert found.deviation >= 0
    if found.tested:
        assert found.errors[found.method] <= found.errors[Method.NAIVE]
        assert found.method in CANDIDATES[classify(history).kind]


def test_sparse_demand_is_tried_with_the_methods_made_for_it() -> None:
    assert {Method.CROSTON, Method.SBA, Method.TSB} <= set(CANDIDATES[DemandClass.INTERMITTENT])
    assert Method.AUTO_ETS not in CANDIDATES[DemandClass.LUMPY]
    assert all(candidates[0] is Method.NAIVE for candidates in CANDIDATES.values())
