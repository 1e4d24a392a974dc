"""The arithmetic agrees with the text-books' worked numbers, and keeps its promises for every input."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.demand import Bucket, DemandSeries
from domain.forecasting import Forecast, Method
from domain.replenishment import (
    Inbound,
    ItemPlanning,
    ServiceGoal,
    StockPosition,
    Verdict,
    cycle_factor,
    eoq,
    fill_factor,
    horizon,
    lead_time_deviation,
    order_quantity,
    plan,
    reorder_point,
    safety_stock,
    unit_loss,
)
from tests.endurance import examples

TODAY = date(2026, 11, 23)


def planning(**changes: Any) -> ItemPlanning:
    fields: dict[str, Any] = {
        "item": "KETTLE",
        "location": "BERLIN",
        "supplier": "S-1",
        "lead_days": 14,
        "order_cost": 2_500,
        "unit_cost": 3_000,
        "holding_rate": 0.25,
        "service": 0.95,
    }
    return ItemPlanning(**fields | changes)


def history(*quantities: int, until: date = TODAY) -> DemandSeries:
    return DemandSeries(
        item="KETTLE",
        bucket=Bucket.WEEK,
        start=until - timedelta(days=7 * len(quantities)),
        quantities=quantities,
        censored=(False,) * len(quantities),
    )


def weekly(mean: float, deviation: float) -> Forecast:
    return Forecast(method=Method.SES, mean=(mean,) * 3, deviation=deviation)


# --- worked numbers ------------------------------------------------------------------------------------------------------------------
# HRM: J. Heizer, B. Render and C. Munson, Operations Management, 12th ed. 2017, chapter 12.
# SPT: E. A. Silver, D. F. Pyke and D. J. Thomas, Inventory and Production Management in Supply Chains, 4th ed. 2017.


def test_hrm_sharp_orders_two_hundred_needles() -> None:
    """1,000 needles a year, 10.00 an order, 0.50 to keep one for a year: 200."""
    assert eoq(1_000, 10.00, 0.50) == pytest.approx(200)


def test_hrm_laptops_with_a_certain_lead_time() -> None:
    """15 a day with a deviation of 5, two days, 90 %: 1.28 * 5 * sqrt(2) = 9.02, reorder point about 39."""
    stock = safety_stock(cycle_factor(0.90), 2, 5, 15, 0)
    assert stock == pytest.approx(9.02, abs=0.05)
    assert 15 * 2 + stock == pytest.approx(39.02, abs=0.05)


def test_hrm_cameras_with_a_certain_demand() -> None:
    """10 a day, lead time of 6 days with a deviation of 1, 98 %: 60 + 2.055 * 10 * 1 = 80.55."""
    assert 60 + safety_stock(cycle_factor(0.98), 6, 0, 10, 1) == pytest.approx(80.55, abs=0.05)


def test_hrm_batteries_with_nothing_certain() -> None:
    """150 a day with a deviation of 16, five days with a deviation of 1, 95 %: sqrt(5 * 256 + 22,500) = 154, reorder point about 1,004."""
    assert lead_time_deviation(5, 16, 150, 1) == pytest.approx(154, abs=0.3)
    assert 150 * 5 + safety_stock(cycle_factor(0.95), 5, 16, 150, 1) == pytest.approx(1_004, abs=1)


def test_spt_a_fill_rate_of_99_per_cent() -> None:
    """Lead time demand 50 with a deviation of 11.4, orders of 200, 99 % of the units: G(k) = 0.175, k = 0.58, reorder point 57."""
    k = fill_factor(0.99, 200, 11.4)
    assert unit_loss(k) == pytest.approx(0.175, abs=0.001)
    assert k == pytest.approx(0.58, abs=0.01)
    assert round(50 + k * 11.4) == 57


@pytest.mark.parametrize(("z", "loss"), [(0, 0.3989), (0.5, 0.1978), (1, 0.0833), (1.5, 0.0293), (2, 0.0085), (3, 0.0004)])
def test_the_loss_function_is_that_of_the_tables(z: float, loss: float) -> None:
    assert unit_loss(z) == pytest.approx(loss, abs=5e-5)


# --- rounding ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "minimum", "multiple", "ordered"),
    [(1, 1, 1, 1), (7.2, 1, 1, 8), (10, 24, 1, 24), (25, 24, 12, 36), (24, 24, 12, 24), (10, 25, 12, 36), (0.1 + 0.2, 1, 1, 1)],
)
def test_an_order_is_at_least_the_minimum_in_whole_packs(wanted: float, minimum: int, multiple: int, ordered: int) -> None:
    assert order_quantity(wanted, minimum, multiple) == ordered


def test_floating_point_does_not_order_one_more() -> None:
    assert reorder_point(0.1 * 3, 10, 0) == 3
    assert horizon(planning(lead_days=13, review_days=1), Bucket.WEEK) == 2
    assert horizon(planning(lead_days=0, review_days=0), Bucket.WEEK) == 1


# --- a whole plan --------------------------------------------------------------------------------------------------------------------


def test_a_plan_shows_every_step() -> None:
    """35 a week with a deviation of 7.94 (3 a day): d 5, sd 3; 14 + 1 days, sL 2, z 1.645."""
    inbound = (Inbound(reference="PO-1 line 1", quantity=20, expected=TODAY),)
    stock = StockPosition(on_hand=60, reserved=25, backordered=5, inbound=inbound)
    found = plan(planning(lead_deviation=2, minimum=24, multiple=12), history(30, 40, 35, 35), weekly(35, 3 * 7**0.5), stock, TODAY)
    assert found.demand == pytest.approx(5)
    assert found.deviation == pytest.approx(3)
    assert found.z == pytest.approx(1.645, abs=1e-3)
    assert found.safety_stock == 26  # 1.645 * sqrt(15 * 9 + 25 * 4) = 25.2
    assert found.reorder_point == 5 * 15 + 26
    assert found.economic_quantity == 110  # sqrt(2 * 25.00 * 1,825 / 7.50) = 110.3
    assert (stock.position, found.shortfall) == (50, 51)
    assert (found.quantity, found.verdict) == (120, Verdict.ORDER)  # 110 in packs of 12
    assert found.arrival == date(2026, 12, 7)


def test_nothing_is_ordered_above_the_reorder_point() -> None:
    found = plan(planning(), history(35, 35), weekly(35, 0), StockPosition(on_hand=76), TODAY)
    assert (found.reorder_point, found.quantity, found.verdict) == (75, 0, Verdict.ENOUGH)
    assert plan(planning(), history(35, 35), weekly(35, 0), StockPosition(on_hand=75), TODAY).quantity == 110


def test_a_backorder_of_an_item_without_a_past_is_ordered() -> None:
    nothing = Forecast(method=Method.MOVING_AVERAGE, mean=(0.0,), deviation=0.0)
    found = plan(planning(minimum=5, multiple=5), history(), nothing, StockPosition(backordered=7), TODAY)
    assert (found.shortfall, found.quantity) == (7, 10)
    idle = plan(planning(), history(), nothing, StockPosition(), TODAY)
    assert (idle.quantity, idle.verdict) == (0, Verdict.UNKNOWN)


def test_stock_that_the_policy_would_never_bring_together_is_overstock() -> None:
    found = plan(planning(), history(35, 35), weekly(35, 0), StockPosition(on_hand=300, reserved=10), TODAY)
    assert (found.verdict, found.surplus) == (Verdict.OVERSTOCK, 290 - 75 - 110)


def test_stock_that_nobody_has_wanted_for_half_a_year_is_dead() -> None:
    nothing = Forecast(method=Method.TSB, mean=(0.0,), deviation=0.0)
    old = plan(planning(), history(8, *[0] * 30), nothing, StockPosition(on_hand=40, reserved=3), TODAY)
    assert (old.verdict, old.surplus) == (Verdict.DEAD, 37)
    never = StockPosition(on_hand=40, since=date(2026, 1, 1))
    assert plan(planning(), history(), nothing, never, TODAY).verdict is Verdict.DEAD
    new = StockPosition(on_hand=40, since=date(2026, 11, 1))
    assert plan(planning(), history(), nothing, new, TODAY).verdict is not Verdict.DEAD


def test_a_fill_rate_needs_less_than_the_same_share_of_cycles_where_orders_are_large() -> None:
    cycle = plan(planning(), history(35, 35), weekly(35, 20), StockPosition(), TODAY)
    fill = plan(planning(goal=ServiceGoal.FILL), history(35, 35), weekly(35, 20), StockPosition(), TODAY)
    assert fill.safety_stock < cycle.safety_stock


# --- promises ------------------------------------------------------------------------------------------------------------------------

amounts = st.floats(0, 500, allow_nan=False)
services = st.floats(0.5, 0.999)
plans = st.fixed_dictionaries(
    {
        "lead_days": st.floats(0, 120),
        "lead_deviation": st.floats(0, 30),
        "review_days": st.floats(0, 30),
        "minimum": st.integers(1, 200),
        "multiple": st.integers(1, 48),
        "goal": st.sampled_from(ServiceGoal),
    }
)


@settings(max_examples=examples(120), deadline=None)
@given(plans, amounts, amounts, services, services, st.floats(0, 60), st.integers(-300, 3_000))
def test_more_service_or_a_longer_lead_time_never_needs_less_stock(
    fields: dict[str, Any], mean: float, deviation: float, service: float, other: float, longer: float, position: int
) -> None:
    stock = StockPosition(on_hand=max(position, 0), backordered=max(-position, 0))

    def planned(**changes: Any) -> Any:
        return plan(planning(**fields | changes), history(1, 2), weekly(mean, deviation), stock, TODAY)

    low, high = sorted((service, other))
    assert planned(service=low).safety_stock <= planned(service=high).safety_stock
    assert planned(service=low).reorder_point <= planned(service=high).reorder_point
    now, later = planned(service=low), planned(service=low, lead_days=fields["lead_days"] + longer)
    assert now.safety_stock <= later.safety_stock
    assert now.reorder_point <= later.reorder_point
    found = planned(service=high)
    assert found.quantity % found.planning.multiple == 0
    if found.quantity:
        assert found.quantity >= found.planning.minimum
        assert stock.position + found.quantity >= found.reorder_point
    else:
        assert stock.position > found.reorder_point or stock.position >= found.reorder_point == 0
