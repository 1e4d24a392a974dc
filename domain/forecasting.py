"""Forecasts: what will be wanted, by the simplest method that proves itself on the item's own past."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from itertools import pairwise
from math import sqrt
from statistics import fmean
from typing import Protocol

from domain.demand import DemandClass, classify, spread
from domain.values import Value

ALPHA = 0.1
"""The smoothing constant of Croston's family: low, as its authors advise, because sparse demand says little each time."""
ALPHA_SES = 0.2
"""The smoothing constant of simple exponential smoothing: the middle of the 0.1 to 0.3 that Silver, Pyke and Thomas (2017) advise."""
WINDOW = 8
"""Periods of the moving average."""
ORIGINS = 13
"""At most so many rolling origins: a quarter of weeks."""
LEAST_LEARNT = 8
"""Periods that a method learns from before its first forecast is judged."""
LEAST_ORIGINS = 4
"""With fewer judged forecasts a comparison of methods is chance."""
TIE = 0.01
"""A method has to be better than a simpler one by more than this part of the error."""


class Method(StrEnum):
    """Simplest first: of equals the first wins."""

    NAIVE = "naive"  # as it was last
    MOVING_AVERAGE = "moving_average"  # the mean of the last periods
    SES = "ses"  # simple exponential smoothing
    CROSTON = "croston"  # size and interval of sparse demand, each smoothed
    SBA = "sba"  # Croston's without its bias (Syntetos and Boylan)
    TSB = "tsb"  # size and probability, which fades out (Teunter, Syntetos and Babai)
    CROSTON_OPTIMIZED = "croston_optimized"  # Croston's with a fitted constant
    THETA = "theta"  # a trend and a smoothed level, both fitted
    AUTO_ETS = "auto_ets"  # the exponential smoothing that fits best

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Method.NAIVE: "naive",
    Method.MOVING_AVERAGE: "moving average",
    Method.SES: "exponential smoothing",
    Method.CROSTON: "Croston",
    Method.SBA: "Syntetos-Boylan",
    Method.TSB: "Teunter-Syntetos-Babai",
    Method.CROSTON_OPTIMIZED: "Croston, optimized",
    Method.THETA: "theta, optimized",
    Method.AUTO_ETS: "AutoETS",
}

CANDIDATES: dict[DemandClass, tuple[Method, ...]] = {
    DemandClass.SMOOTH: (Method.NAIVE, Method.MOVING_AVERAGE, Method.SES, Method.THETA, Method.AUTO_ETS),
    DemandClass.ERRATIC: (Method.NAIVE, Method.MOVING_AVERAGE, Method.SES, Method.THETA, Method.AUTO_ETS),
    DemandClass.INTERMITTENT: (
        Method.NAIVE, Method.MOVING_AVERAGE, Method.SES, Method.CROSTON, Method.SBA, Method.TSB, Method.CROSTON_OPTIMIZED,
    ),
    DemandClass.LUMPY: (
        Method.NAIVE, Method.MOVING_AVERAGE, Method.SES, Method.CROSTON, Method.SBA, Method.TSB, Method.CROSTON_OPTIMIZED,
    ),
    DemandClass.NONE: (Method.NAIVE,),
}  # fmt: skip
"""Which methods compete, by what Syntetos, Boylan and Croston (2005) made the classes for: Croston's family for sparse demand."""


class Forecaster(Protocol):
    """Whoever can forecast. `forecasts` answers, for each origin, the next `horizon` periods as `method` would have foretold them from the
    first `origin` periods of `history` alone; None when the method is not known here or cannot learn from so little.
    """

    def forecasts(
        self, method: Method, history: Sequence[float], origins: Sequence[int], horizon: int
    ) -> list[tuple[float, ...]] | None: ...


class Forecast(Value):
    """What will be wanted: `mean` units in each of the next periods, wrong by `deviation` (a standard deviation) in a period.

    `errors` are the scaled errors of the back-test, `origins` how many forecasts each rests on; none where the past is too short to
    compare: then the mean of what there is stands, untested.
    """

    method: Method
    mean: tuple[float, ...]
    deviation: float
    errors: dict[Method, float] = {}
    origins: int = 0

    @property
    def tested(self) -> bool:
        return self.origins > 0


def forecast(history: Sequence[float], horizon: int, forecaster: Forecaster) -> Forecast:
    """The forecast of the method that the back-test chooses; never one that is worse than naive.

    The error is the root mean squared scaled error (RMSSE): R. J. Hyndman and A. B. Koehler, "Another look at measures of forecast
    accuracy", International Journal of Forecasting 22 (2006) 679-688, in the squared form of the M5 competition (S. Makridakis,
    E. Spiliotis and V. Assimakopoulos, IJF 38 (2022) 1346-1364). Absolute errors would favour a forecast of zero for sparse demand, whose
    median is zero; the squared form is least at the mean, which is what stock is planned on. Origins roll forward one period at a time:
    L. J. Tashman, "Out-of-sample tests of forecasting accuracy", IJF 16 (2000) 437-450.

    `deviation` is the root of the mean squared error of the chosen method: safety stock covers forecast errors, not the swing of demand
    as such (E. A. Silver, D. F. Pyke and D. J. Thomas, Inventory and Production Management in Supply Chains, 4th ed. 2017, chapter 3).
    """
    judged = min(horizon, 4)
    origins = list(range(max(LEAST_LEARNT, len(history) - judged - ORIGINS + 1), len(history) - judged + 1))
    kind = classify(history).kind
    if kind is DemandClass.NONE or len(origins) < LEAST_ORIGINS:
        mean = fmean(history) if history else 0.0
        return Forecast(method=Method.MOVING_AVERAGE, mean=(mean,) * horizon, deviation=spread(history))
    squared: dict[Method, float] = {}
    for method in CANDIDATES[kind]:
        told = forecaster.forecasts(method, history, origins, judged)
        if told is not None:
            squared[method] = fmean(
                (said - history[origin + step]) ** 2
                for origin, forecasts in zip(origins, told, strict=True)
                for step, said in enumerate(forecasts)
            )
    scale = _naive_error(history[: origins[0]]) or _naive_error(history)
    errors = {method: sqrt(error / scale) if scale else 0.0 for method, error in squared.items()}
    method, expected = _from_all(history, horizon, forecaster, errors)
    return Forecast(
        method=method,
        mean=tuple(max(said, 0.0) for said in expected),
        deviation=sqrt(squared[method]),
        errors=errors,
        origins=len(origins),
    )


def choose(errors: dict[Method, float]) -> Method:
    """The simplest method that comes within `TIE` of the best."""
    best = min(errors.values())
    return next(method for method in Method if method in errors and errors[method] <= best * (1 + TIE))


def _from_all(
    history: Sequence[float], horizon: int, forecaster: Forecaster, errors: dict[Method, float]
) -> tuple[Method, tuple[float, ...]]:
    """The forecast of the best method from the whole past; should its fit fail there, that of the next best."""
    left = dict(errors)
    while True:
        method = choose(left)
        told = forecaster.forecasts(method, history, [len(history)], horizon)
        if told is not None:
            return method, told[0]
        del left[method]


def _naive_error(history: Sequence[float]) -> float:
    """The mean squared error of saying each time what was last."""
    pairs = list(pairwise(history))
    return fmean((after - before) ** 2 for before, after in pairs) if pairs else 0.0


# --- the methods that come with us ---------------------------------------------------------------------------------------------------


class BuiltIn:
    """The methods that need nothing but arithmetic; all of them foretell the same for every period to come."""

    def forecasts(self, method: Method, history: Sequence[float], origins: Sequence[int], horizon: int) -> list[tuple[float, ...]] | None:
        rule = BUILT_IN.get(method)
        if rule is None:
            return None
        told = rule(history)
        return [(told[origin - 1],) * horizon for origin in origins]


def naive(history: Sequence[float]) -> list[float]:
    """After each period: what was last. Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed. 2021, section 5.2."""
    return list(history)


def moving_average(history: Sequence[float]) -> list[float]:
    """After each period: the mean of the last `WINDOW`. Silver, Pyke and Thomas (2017), chapter 3."""
    return [fmean(history[max(0, end - WINDOW) : end]) for end in range(1, len(history) + 1)]


def ses(history: Sequence[float], alpha: float = ALPHA_SES) -> list[float]:
    """Simple exponential smoothing, level += alpha (demand - level), begun at the first demand. Hyndman and Athanasopoulos (2021), 8.1."""
    told: list[float] = []
    for demand in history:
        told.append(demand if not told else told[-1] + alpha * (demand - told[-1]))
    return told


def croston(history: Sequence[float], alpha: float = ALPHA) -> list[float]:
    """Sizes and intervals smoothed each by itself, at demand only: size / interval. J. D. Croston, "Forecasting and stock control for
    intermittent demands", Operational Research Quarterly 23 (1972) 289-303. Zero until the first demand.
    """
    told: list[float] = []
    size = interval = 0.0
    since = 0
    for demand in history:
        since += 1
        if demand > 0:
            size = size + alpha * (demand - size) if interval else demand
            interval = interval + alpha * (since - interval) if interval else float(since)
            since = 0
        told.append(size / interval if interval else 0.0)
    return told


def sba(history: Sequence[float], alpha: float = ALPHA) -> list[float]:
    """Croston's forecast times (1 - alpha / 2), which takes off its bias: A. A. Syntetos and J. E. Boylan, "The accuracy of intermittent
    demand estimates", International Journal of Forecasting 21 (2005) 303-314.
    """
    return [(1 - alpha / 2) * said for said in croston(history, alpha)]


def tsb(history: Sequence[float], alpha: float = ALPHA, beta: float = ALPHA) -> list[float]:
    """Size (smoothed at demand) times the probability of demand (smoothed in every period), so that an item nobody wants fades out: R. H.
    Teunter, A. A. Syntetos and M. Z. Babai, "Intermittent demand: linking forecasting to inventory obsolescence", European Journal of
    Operational Research 214 (2011) 606-615.
    """
    told: list[float] = []
    size: float | None = None
    probability: float | None = None
    for demand in history:
        seen = 1.0 if demand > 0 else 0.0
        probability = seen if probability is None else probability + beta * (seen - probability)
        if demand > 0:
            size = demand if size is None else size + alpha * (demand - size)
        told.append((size or 0.0) * probability)
    return told


BUILT_IN: dict[Method, Callable[[Sequence[float]], list[float]]] = {
    Method.NAIVE: naive,
    Method.MOVING_AVERAGE: moving_average,
    Method.SES: ses,
    Method.CROSTON: croston,
    Method.SBA: sba,
    Method.TSB: tsb,
}
