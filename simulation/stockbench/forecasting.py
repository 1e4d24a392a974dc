"""How long a thousand items take to forecast, with the forecaster that replenishment uses."""

from __future__ import annotations

import importlib
import importlib.util
import random
import time
from datetime import date

from domain.values import Value

ITEMS, WEEKS, HORIZON = 1_000, 104, 8
SEED = 2026


class Forecasted(Value):
    items: int
    weeks: int
    horizon: int
    forecaster: str
    seconds: float


def forecast_a_thousand(items: int = ITEMS) -> Forecasted | None:
    """Weekly demand of two years, a quarter each smooth, erratic, intermittent and lumpy; None where there is no forecaster."""
    if importlib.util.find_spec("integrations.forecasting") is None:
        return None
    forecasting = importlib.import_module("integrations.forecasting")
    demand = importlib.import_module("domain.demand")
    drawn = random.Random(SEED)
    series = [
        demand.DemandSeries(
            item=f"ITEM-{number:04}",
            bucket="week",
            start=date(2024, 11, 25),
            quantities=tuple(_week(drawn, number % 4) for _ in range(WEEKS)),
            censored=(False,) * WEEKS,
        )
        for number in range(items)
    ]
    forecaster = forecasting.best_forecaster()
    forecasting.forecast_many(series[:4], HORIZON, forecaster)  # libraries load and compile before the clock runs
    begun = time.perf_counter()
    forecasting.forecast_many(series, HORIZON, forecaster)
    elapsed = time.perf_counter() - begun
    return Forecasted(items=items, weeks=WEEKS, horizon=HORIZON, forecaster=type(forecaster).__name__, seconds=elapsed)


def _week(drawn: random.Random, kind: int) -> int:
    """Units of one week: smooth, erratic, intermittent, lumpy."""
    if kind == 0:
        return max(round(drawn.gauss(40, 6)), 0)
    if kind == 1:
        return max(round(drawn.gauss(40, 45)), 0)
    if drawn.random() < 0.7:
        return 0
    return drawn.randint(3, 5) if kind == 2 else drawn.choice((1, 2, 40))
