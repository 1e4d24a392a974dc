"""What customers wanted of an item, period by period, and what kind of demand that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from math import sqrt
from statistics import fmean, pvariance

from domain.values import Value

ADI_LIMIT = 1.32
"""Average demand interval, in periods, up to which demand counts as regular."""
CV2_LIMIT = 0.49
"""Squared coefficient of variation of the demand sizes up to which they count as steady."""
CENSORED_FROM = 0.5
"""A period is censored when the item was out of stock on at least this part of its days."""


class Bucket(StrEnum):
    """The length of a period; weeks begin on Monday."""

    DAY = "day"  # for items that sell every day
    WEEK = "week"  # for all others: the week's own rhythm is no matter for the stock

    @property
    def days(self) -> int:
        return 1 if self is Bucket.DAY else 7

    def start_of(self, day: date) -> date:
        """The first day of the period that holds the day."""
        return day if self is Bucket.DAY else day - timedelta(days=day.weekday())


class DemandClass(StrEnum):
    """How regular demand is and how much its sizes vary."""

    SMOOTH = "smooth"  # regular, steady sizes
    ERRATIC = "erratic"  # regular, sizes that vary
    INTERMITTENT = "intermittent"  # now and then, steady sizes
    LUMPY = "lumpy"  # now and then, sizes that vary
    NONE = "none"  # nothing was wanted

    @property
    def sparse(self) -> bool:
        return self in (DemandClass.INTERMITTENT, DemandClass.LUMPY)


class DemandSeries(Value):
    """Units wanted in each complete period from `start` on; a `censored` period may show less, because the item was out of stock.

    An empty `location` is the whole network.
    """

    item: str
    location: str = ""
    bucket: Bucket
    start: date
    quantities: tuple[int, ...]
    censored: tuple[bool, ...]

    def day(self, period: int) -> date:
        """The first day of a period, counted from 0; also of periods that are still to come."""
        return self.start + timedelta(days=period * self.bucket.days)

    @property
    def fitted(self) -> tuple[float, ...]:
        """The periods that a forecast may learn from.

        A censored period is left out, unless it shows more than the mean of the open ones: then it stays, as the least that was wanted.
        Leaving out alone would forget busy weeks, which run out of stock first. Both are simple unconstraining methods in L. R. Weatherford
        and S. Pölt, "Better unconstraining of airline demand data in revenue management systems", Journal of Revenue and Pricing
        Management 1 (2002) 234-254.
        """
        open_ones = [quantity for quantity, censored in zip(self.quantities, self.censored, strict=True) if not censored]
        mean = fmean(open_ones) if open_ones else 0.0
        pairs = zip(self.quantities, self.censored, strict=True)
        return tuple(float(quantity) for quantity, censored in pairs if not censored or quantity > mean)


class DemandPattern(Value):
    """`adi` is the average demand interval in periods, `cv2` the squared coefficient of variation of the sizes that are not zero."""

    kind: DemandClass
    adi: float = 0.0
    cv2: float = 0.0


def classify(quantities: Iterable[float]) -> DemandPattern:
    """Smooth, erratic, intermittent or lumpy: A. A. Syntetos, J. E. Boylan and J. D. Croston, "On the categorization of demand patterns",
    Journal of the Operational Research Society 56 (2005) 495-503, with their cut-offs ADI 1.32 and CV^2 0.49.
    """
    periods = list(quantities)
    sizes = [size for size in periods if size > 0]
    if not sizes:
        return DemandPattern(kind=DemandClass.NONE)
    adi, cv2 = len(periods) / len(sizes), pvariance(sizes) / fmean(sizes) ** 2
    steady = cv2 <= CV2_LIMIT
    if adi <= ADI_LIMIT:
        kind = DemandClass.SMOOTH if steady else DemandClass.ERRATIC
    else:
        kind = DemandClass.INTERMITTENT if steady else DemandClass.LUMPY
    return DemandPattern(kind=kind, adi=adi, cv2=cv2)


def series(
    item: str,
    location: str,
    bucket: Bucket,
    wanted: Mapping[date, int],
    out_of_stock: Iterable[date],
    *,
    first: date,
    today: date,
) -> DemandSeries:
    """Units by day as a series of complete periods: from the first day on which anything was wanted (not before `first`) to the last
    period that ended before `today`. Without any demand it is empty.
    """
    days = [day for day, units in wanted.items() if first <= day < today and units > 0]
    end = bucket.start_of(today)
    start = bucket.start_of(min(days, default=end))
    length = max((end - start).days // bucket.days, 0)
    quantities, empty_days = [0] * length, [0] * length
    for day, units in wanted.items():
        if start <= day < end:
            quantities[(day - start).days // bucket.days] += units
    for day in set(out_of_stock):
        if start <= day < end:
            empty_days[(day - start).days // bucket.days] += 1
    return DemandSeries(
        item=item,
        location=location,
        bucket=bucket,
        start=start,
        quantities=tuple(quantities),
        censored=tuple(empty >= CENSORED_FROM * bucket.days for empty in empty_days),
    )


def spread(quantities: Iterable[float]) -> float:
    """The sample standard deviation; the root of the mean (as for Poisson demand) where there are fewer than two periods."""
    found = list(quantities)
    if len(found) < 2:
        return sqrt(fmean(found)) if found else 0.0
    mean = fmean(found)
    return sqrt(sum((quantity - mean) ** 2 for quantity in found) / (len(found) - 1))
