"""Which bins of a location give the units that it was chosen to give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from database.tables import Stock
from domain.steps import Need


@dataclass
class Chosen:
    """What one location gives: line, stock row and quantity."""

    location: str
    takes: list[tuple[int, Stock, int]] = field(default_factory=list)


def take(location: str, needs: Iterable[Need], rows: Sequence[Stock], units: Mapping[int, int]) -> Chosen:
    """Fill the lines, `units` of each, from the location's bins, both in their order."""
    to_take = dict(units)
    left = {row.bin + "\0" + row.item: row.available for row in rows}
    taken = Chosen(location)
    for need in needs:
        for row in rows:
            if row.item != need.item:
                continue
            quantity = min(to_take.get(need.line, 0), left[row.bin + "\0" + row.item])
            if quantity:
                left[row.bin + "\0" + row.item] -= quantity
                to_take[need.line] -= quantity
                taken.takes.append((need.line, row, quantity))
    return taken
