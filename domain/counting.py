"""Counting: what is counted when, and who may book a difference."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.order import Moment
from domain.values import Value

Name = Annotated[str, Field(min_length=1, max_length=120)]


class CountReason(StrEnum):
    SHORT_PICK = "short_pick"  # a picker found less than the books say
    PLAN = "plan"  # its turn has come
    RECOUNT = "recount"  # nobody believed the last count


class CountStatus(StrEnum):
    OPEN = "open"  # nobody has counted yet
    COUNTED = "counted"  # it differs by more than one person may book
    POSTED = "posted"  # the books say what was counted
    RECOUNTED = "recounted"  # another count takes its place


class AbcClass(StrEnum):
    A = "A"  # the few items that make up 80 % of what is shipped, by value
    B = "B"  # the next 15 %
    C = "C"  # the many that make up the rest, and what did not move


class Tolerance(Value):
    """A difference of at most so many units and of at most this value is booked without a second person."""

    units: int = Field(default=2, ge=0)
    value: int = Field(default=5_000, ge=0)  # minor units of the house's currency

    def covers(self, variance: int, unit_value: int) -> bool:
        return abs(variance) <= self.units and abs(variance) * unit_value <= self.value


class PlanCount(Value):
    """Open count tasks at a location: of a zone, a bin, an item or a class, what was not counted for longest in front."""

    location: Name
    zone: str = ""
    bin: str = ""
    item: str = ""
    abc: AbcClass | None = None
    most: int = Field(default=50, ge=1, le=10_000)
    at: Moment
    actor: Name


class EnterCount(Value):
    """Somebody counted; what the books say was not shown to them."""

    task: Name
    quantity: int = Field(ge=0, le=10_000_000)
    at: Moment
    actor: Name
    tolerance: Tolerance = Tolerance()


class CountView(Value):
    """A count task. `variance` is counted less expected; `value` is what the variance is worth; `adjusted` went into the ledger."""

    task: str
    item: str
    description: str
    location: str
    bin: str
    lot: str
    reason: CountReason
    status: CountStatus
    opened_at: Moment
    opened_by: str
    expected: int | None
    counted: int | None
    counted_at: Moment | None
    counted_by: str
    variance: int | None
    value: int | None
    adjusted: int | None
    decided_at: Moment | None
    decided_by: str
    note: str
    held_up: str = ""  # what has to be given up before it can be booked
    repeated: bool = False


def abc_classes(shipped_value: Mapping[str, int]) -> dict[str, AbcClass]:
    """The class of each item by its share of the value that was shipped: A up to 80 % of the sum, B up to 95 %, C the rest.

    The item that crosses a limit still belongs to the class before it, so that one item that is everything is an A.
    """
    whole, before = sum(shipped_value.values()), 0
    found = {}
    for item, value in sorted(shipped_value.items(), key=lambda entry: (-entry[1], entry[0])):
        share = 100 * before
        moved = value > 0
        found[item] = AbcClass.A if moved and share < 80 * whole else AbcClass.B if moved and share < 95 * whole else AbcClass.C
        before += value
    return found
