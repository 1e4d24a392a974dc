"""How the demo's items are bought, and what was sold of them before: synthetic figures from a seed, nobody's real sales."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

# supplier -> deviation of the lead time in days, cents of an order, service target, and of what it is a part
TERMS = {
    "S-FERRO": (5, 4500, 0.95, "cycle"),
    "S-TONG": (7, 6000, 0.95, "cycle"),
    "S-PAPIER": (1, 2500, 0.98, "cycle"),
    "S-PARTS": (3, 3500, 0.97, "fill"),
}

# item -> receiving location, minimum, pack
BOUGHT = {
    "GRD-200": ("BERLIN", 12, 6),
    "GRD-500": ("BERLIN", 4, 2),
    "KET-100": ("BERLIN", 24, 12),
    "SCL-020": ("ROTTERDAM", 40, 20),
    "DRP-V02": ("ROTTERDAM", 48, 24),
    "SRV-600": ("ROTTERDAM", 48, 24),
    "FLT-100": ("ROTTERDAM", 200, 100),
    "TMP-585": ("LYON", 20, 10),
    "PIT-600": ("LYON", 36, 12),
    "CUP-012": ("LYON", 60, 20),
    "CLN-900": ("ROTTERDAM", 96, 24),
    "ESP-DUO": ("BERLIN", 2, 1),
    "BRW-125": ("BERLIN", 6, 2),
    "KNK-150": ("LYON", 24, 12),
    "WAT-4PK": ("ROTTERDAM", 120, 60),
    "SPL-010": ("BERLIN", 10, 5),
    "GSK-110": ("BERLIN", 50, 50),
    "BRR-120": ("LYON", 4, 2),
    "VLV-130": ("BERLIN", 6, 1),
    "PMP-140": ("BERLIN", 12, 12),
    "BSK-150": ("ROTTERDAM", 10, 10),
    "BLR-170": ("BERLIN", 2, 1),
}

WEEKS = 78
LAST_WEEK = date(2026, 11, 16)
"""The Monday of the newest week; the demo moves all of them so that it lies before the day on which it runs."""

Week = Callable[[int, random.Random], float]


def steady(mean: float, swing: float, growth: float = 0.0, season: float = 0.0) -> Week:
    """Every week some; growing by a part of the mean over the whole time, with a yearly wave."""

    def units(week: int, chance: random.Random) -> float:
        level = mean * (1 + growth * (week / WEEKS - 0.5) + season * math.sin(week * 2 * math.pi / 52))
        return level + swing * (chance.random() + chance.random() + chance.random() - 1.5)

    return units


def now_and_then(every: float, sizes: tuple[int, ...]) -> Week:
    """In one week of `every`, one of the sizes."""

    def units(_: int, chance: random.Random) -> float:
        wanted, size = chance.random() < 1 / every, sizes[int(chance.random() * len(sizes))]
        return size if wanted else 0

    return units


def until(last: int, before: Week) -> Week:
    """Nobody wants it any more after the week `last`."""
    return lambda week, chance: before(week, chance) if week <= last else 0


SOLD: dict[str, Week] = {
    "GRD-200": steady(38, 16, growth=0.3),
    "GRD-500": now_and_then(2.5, (1, 2, 2, 3)),
    "KET-100": steady(55, 24, season=0.15),
    "SCL-020": steady(62, 30, growth=0.4),
    "DRP-V02": until(44, steady(12, 8)),
    "SRV-600": steady(44, 20, season=0.1),
    "FLT-100": steady(310, 90, growth=0.2),
    "TMP-585": now_and_then(1.6, (4, 6, 8, 30)),
    "PIT-600": steady(48, 22),
    "CUP-012": now_and_then(1.15, (4, 8, 12, 60, 110)),
    "CLN-900": steady(140, 60),
    "ESP-DUO": now_and_then(3, (1, 1, 2)),
    "BRW-125": now_and_then(2, (1, 2, 4)),
    "KNK-150": steady(26, 14),
    "WAT-4PK": steady(235, 70, season=0.1),
    "SPL-010": now_and_then(2, (1, 2, 2)),
    "GSK-110": now_and_then(1.2, (2, 4, 6, 25)),
    "BRR-120": now_and_then(4, (1, 1, 2)),
    "VLV-130": now_and_then(3, (1, 2, 2, 3)),
    "PMP-140": now_and_then(2.2, (1, 2, 6, 14)),
    "BSK-150": now_and_then(3.5, (1, 2, 2)),
    "BLR-170": now_and_then(6, (1, 1, 2)),
}

EMPTY = {"PMP-140": range(58, 64), "FLT-100": range(40, 43), "WAT-4PK": range(66, 68)}
"""Weeks in which the shelf was empty: little was sold, whatever was wanted."""


def planning(maker: Callable[[str], str], lead_days: dict[str, int], price: Callable[[str], int]) -> list[dict[str, Any]]:
    """The section `planning` of the catalogue; an item costs 55 % of its standard `price` (cents), a quarter of it a year to keep."""
    found = []
    for item, (location, minimum, pack) in BOUGHT.items():
        deviation, order_cost, service, goal = TERMS[maker(item)]
        terms = {
            "lead_days": lead_days[maker(item)],
            "lead_deviation": deviation,
            "order_cost": order_cost,
            "service": service,
            "goal": goal,
        }
        costs = {"unit_cost": price(item) * 55 // 100, "holding_rate": 0.25}
        found.append({"item": item, "location": location, "supplier": maker(item), **terms, "minimum": minimum, "multiple": pack, **costs})
    return found


def history() -> str:
    """`sales_history.csv`, as `oms replenish import` reads it: a row for each week with sales, seven for one without stock."""
    lines = ["item,location,date,quantity,out_of_stock", *_rows()]
    return "\n".join(lines) + "\n"


def _rows() -> Iterator[str]:
    for item, wanted in SOLD.items():
        chance = random.Random(item)
        for week in range(WEEKS):
            monday = LAST_WEEK - timedelta(weeks=WEEKS - 1 - week)
            units = max(round(wanted(week, chance)), 0)
            if week in EMPTY.get(item, ()):
                for day in range(7):
                    yield f"{item},,{monday + timedelta(days=day)},{units // 20 if day == 1 else 0},yes"
            elif units:
                yield f"{item},,{monday + timedelta(days=1)},{units},"
