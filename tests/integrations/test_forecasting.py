"""The forecasters: the built-in methods agree with statsforecast's, and its own methods compete where it is installed."""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec

import pytest

from domain.demand import Bucket, DemandSeries
from domain.forecasting import BuiltIn, Method, croston, sba, tsb
from integrations.forecasting import StatsForecast, forecast_many
from tests.conftest import require

SPARSE = [0.0, 0, 3, 0, 0, 0, 7, 0, 2, 0, 0, 5, 0, 0, 0, 0, 4, 0, 6, 0, 0, 1, 0, 0]
GROWING = [float(20 + 3 * week + (week * 7) % 5) for week in range(40)]


def weeks(quantities: list[float]) -> DemandSeries:
    return DemandSeries(
        item="KETTLE",
        bucket=Bucket.WEEK,
        start=date(2026, 1, 5),
        quantities=tuple(map(int, quantities)),
        censored=(False,) * len(quantities),
    )


def test_without_the_extra_the_built_in_methods_forecast() -> None:
    sparse, growing = forecast_many([weeks(SPARSE), weeks(GROWING)], 2, BuiltIn())
    assert Method.SBA in sparse.errors
    assert Method.AUTO_ETS not in growing.errors
    assert growing.method is Method.NAIVE


def test_the_extra_competes_and_our_croston_family_says_what_its_says() -> None:
    require("statsforecast", find_spec("statsforecast"))
    import numpy
    from statsforecast.models import TSB, CrostonClassic, CrostonSBA

    past = numpy.asarray(SPARSE)
    assert croston(SPARSE)[-1] == pytest.approx(CrostonClassic().forecast(y=past, h=1)["mean"][0])
    assert sba(SPARSE)[-1] == pytest.approx(CrostonSBA().forecast(y=past, h=1)["mean"][0])
    assert tsb(SPARSE)[-1] == pytest.approx(TSB(0.1, 0.1).forecast(y=past, h=1)["mean"][0])

    forecaster = StatsForecast()
    sparse, growing = forecast_many([weeks(SPARSE), weeks(GROWING)], 3, forecaster)
    assert Method.CROSTON_OPTIMIZED in sparse.errors
    assert {Method.AUTO_ETS, Method.THETA} <= growing.errors.keys()
    assert growing.method in (Method.AUTO_ETS, Method.THETA)  # only they see the trend
    assert GROWING[-1] - 5 < growing.mean[0] < growing.mean[2]
    assert forecaster.forecasts(Method.AUTO_ETS, [1.0, 2.0], [2], 1) is None  # too short to fit
