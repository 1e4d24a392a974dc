"""A chart is well-formed, says what the plan says, and can be had as pixels."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from domain.demand import Bucket, DemandSeries
from domain.forecasting import BuiltIn, forecast
from domain.replenishment import Inbound, ItemPlanning, Plan, StockPosition, plan
from integrations.charts import chart
from integrations.charts.canvas import Scale, dates

TODAY = date(2026, 11, 26)
MONDAY = date(2026, 11, 23)


def planned(*quantities: int, censored: tuple[int, ...] = (), bucket: Bucket = Bucket.WEEK, **stock: Any) -> Plan:
    history = DemandSeries(
        item="KET-100",
        bucket=bucket,
        start=MONDAY - timedelta(days=len(quantities) * bucket.days),
        quantities=quantities,
        censored=tuple(number in censored for number in range(len(quantities))),
    )
    planning = ItemPlanning(
        item="KET-100",
        location="BERLIN",
        supplier="HARIO <GmbH>",
        lead_days=10,
        unit_cost=500,
        order_cost=900,
        holding_rate=0.2,
        service=0.95,
    )
    return plan(planning, history, forecast(history.fitted, 2, BuiltIn()), StockPosition(**stock), TODAY)


def words(svg: bytes) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own


def test_a_chart_says_what_the_plan_says() -> None:
    inbound = (Inbound(reference="PO-1", quantity=9, expected=TODAY + timedelta(days=3)),)
    found = planned(*[12, 15, 9] * 10, censored=(4, 5), on_hand=8, inbound=inbound)
    said = words(chart(found, "Gooseneck kettle & more", "svg"))
    assert said[0] == "KET-100 Gooseneck kettle & more"
    stands = f"position 17, reorder point {found.reorder_point}"
    assert said[1] == f"Order {found.quantity} from HARIO <GmbH>: {stands} · as of 2026-11-26 · all locations"
    for expected in (
        "units a week",
        "out of stock (censored)",
        f"safety stock {found.safety_stock}",
        "+9",
        f"+{found.quantity} ordered today",
        "empty 6 Dec without an order",
    ):
        assert expected in said
    assert "Jun" in said


@pytest.mark.parametrize(
    "found",
    [
        planned(),
        planned(on_hand=3),
        planned(5, on_hand=900),
        planned(*[0] * 5, 9, *[0] * 40, on_hand=4, since=date(2025, 1, 1)),
        planned(*[2, 3] * 30, bucket=Bucket.DAY, backordered=70),
    ],
    ids=["nothing", "stock alone", "overstock", "dead", "daily"],
)
def test_every_kind_of_plan_can_be_drawn(found: Plan) -> None:
    assert len(words(chart(found, "", "svg"))) > 15


def test_a_chart_can_be_had_as_pixels_with_its_letters() -> None:
    picture = Image.open(io.BytesIO(chart(planned(*[12, 15, 9] * 10, on_hand=8), "Wasserkessel", "png")))
    assert picture.size == (2000, 1280)
    title = picture.convert("L").crop((80, 40, 700, 80))
    assert sum(title.histogram()[:80]) > 0  # dark letters: the font came with us


@pytest.mark.parametrize(
    ("low", "high", "scale"),
    [(0, 17, (0, 20, 5)), (-7, 20, (-10, 20, 10)), (0, 1, (0, 1, 1)), (0, 0, (0, 1, 1)), (0, 4_800, (0, 5_000, 1_000))],
)
def test_a_value_axis_is_named_in_round_numbers(low: float, high: float, scale: tuple[float, float, float]) -> None:
    found = Scale.holding(low, high)
    assert (found.low, found.high, found.step) == scale
    assert (found.ticks[0], found.ticks[-1]) == scale[:2]


def test_a_short_day_axis_is_named_by_mondays() -> None:
    assert list(dates(TODAY, TODAY + timedelta(days=20))) == [
        (date(2026, 11, 30), "30 Nov"),
        (date(2026, 12, 7), "7 Dec"),
        (date(2026, 12, 14), "14 Dec"),
    ]
