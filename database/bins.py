"""Which bins of a location give the units that it was chosen to give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from database.tables import Stock
from domain.steps import Need


@dataclass
class Chosen:
    """What one location gives: line, stock row and quantity."""

    location: str
    takes: list[tuple[int, Stock, int]] = field(default_factory=list)


def take(location: str, granted: Iterable[Need], rows: Sequence[Stock], to_take: dict[int, int]) -> Chosen:
    """Fill the lines from the location's bins, both in their order; lowers `to_take` by what is taken."""
    left = {row.bin + "\0" + row.item: row.available for row in rows}
    taken = Chosen(location)
    for need in granted:
        for row in rows:
            if row.item != need.item:
                continue
            quantity = min(to_take[need.line], left[row.bin + "\0" + row.item])
            if quantity:
                left[row.bin + "\0" + row.item] -= quantity
                to_take[need.line] -= quantity
                taken.takes.append((need.line, row, quantity))
    return taken
