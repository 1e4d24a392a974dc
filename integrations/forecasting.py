"""Forecasters: the built-in methods everywhere, those of statsforecast beside them where the extra `planning` is installed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from math import isfinite
from typing import Any

from domain.demand import DemandSeries
from domain.forecasting import BuiltIn, Forecast, Forecaster, Method, forecast


def best_forecaster() -> Forecaster:
    """The best that this machine can do. Importing statsforecast takes seconds, so it happens here and not when a process starts."""
    return StatsForecast() if find_spec("statsforecast") is not None else BuiltIn()


def forecast_many(series: Sequence[DemandSeries], horizon: int, forecaster: Forecaster | None = None) -> list[Forecast]:
    """A forecast for each series, in their order, each by the method that its own back-test chooses."""
    chosen = forecaster or best_forecaster()
    return [forecast(each.fitted, horizon, chosen) for each in series]


class StatsForecast:
    """The methods of statsforecast (Nixtla, Apache-2.0) that fit their own parameters; whatever else is asked, the built-in ones answer.

    In a back-test the parameters are fitted once, on what was known at the first origin, and only the state rolls forward: fitting anew
    at every origin costs ten times as much and looks at the same past.
    """

    def __init__(self) -> None:
        self._built_in = BuiltIn()
        self._numpy, self._models = _library()

    def forecasts(self, method: Method, history: Sequence[float], origins: Sequence[int], horizon: int) -> list[tuple[float, ...]] | None:
        if method not in self._models:
            return self._built_in.forecasts(method, history, origins, horizon)
        past = self._numpy.asarray(history, dtype=float)
        try:
            model = self._models[method]().fit(y=past[: origins[0]])
            told = [tuple(map(float, self._rolled(model, past[:origin], horizon))) for origin in origins]
        except (NotImplementedError, IndexError, ValueError, ZeroDivisionError):  # how the library says that the past is too short or flat
            return None
        return told if all(isfinite(said) for forecasts in told for said in forecasts) else None

    def _rolled(self, model: Any, known: Any, horizon: int) -> Any:
        return model.forward(y=known, h=horizon)["mean"] if hasattr(model, "forward") else model.forecast(y=known, h=horizon)["mean"]


@cache
def _library() -> tuple[Any, dict[Method, Any]]:
    import numpy
    from statsforecast.models import AutoETS, CrostonOptimized, DynamicOptimizedTheta

    return numpy, {
        Method.AUTO_ETS: lambda: AutoETS(season_length=1),
        Method.THETA: lambda: DynamicOptimizedTheta(season_length=1),
        Method.CROSTON_OPTIMIZED: CrostonOptimized,
    }
