"""Lead times as they were: how long suppliers really took, learned from what came against their purchase orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from statistics import fmean, stdev

from domain.values import Value

LEAST = 5
"""Fewer deliveries than this say little of a mean and nothing of a deviation: then the terms count."""


class Delivery(Value):
    """A line of a purchase order that came: `days` from ordering to receiving, in the mean of its units; the last one was `received`."""

    item: str
    days: float
    received: date


class LeadTime(Value):
    """Mean and standard deviation (of a sample) of `deliveries` of a supplier, in days; `item` is empty when other items count too.

    `stated_days` and `stated_deviation` are what the terms say instead.
    """

    days: float
    deviation: float
    deliveries: int
    item: str = ""
    first: date
    last: date
    stated_days: float
    stated_deviation: float


def learned(item: str, of_supplier: Iterable[Delivery], stated_days: float, stated_deviation: float) -> LeadTime | None:
    """What the deliveries say: those of the item where there are enough, else all of its supplier, else nothing."""
    every = list(of_supplier)
    own = [each for each in every if each.item == item]
    used = own if len(own) >= LEAST else every
    if len(used) < LEAST:
        return None
    days = [each.days for each in used]
    return LeadTime(
        days=fmean(days),
        deviation=stdev(days),
        deliveries=len(used),
        item=item if used is own else "",
        first=min(each.received for each in used),
        last=max(each.received for each in used),
        stated_days=stated_days,
        stated_deviation=stated_deviation,
    )
