"""Which bins of a location give the units that it was chosen to give, and which lots: what expires first goes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from database.lots import Place
from database.tables import Stock
from domain.lots import LotOffer, goes_before
from domain.steps import Need


class Take(NamedTuple):
    """Units for a line out of one bin; of one lot, where the item is kept by lot."""

    line: int
    row: Stock
    quantity: int
    lot: str = ""


@dataclass
class Chosen:
    """What one location gives."""

    location: str
    takes: list[Take] = field(default_factory=list)


def take(
    location: str,
    granted: Iterable[Need],
    rows: Sequence[Stock],
    to_take: dict[int, int],
    offered: Mapping[Place, Sequence[LotOffer]] | None = None,
) -> Chosen:
    """Fill the lines from the location's bins, both in their order; lowers `to_take` by what is taken.

    `offered` says which lots the bins may give (`database.lots.offers`): over all bins, what expires first is taken first.
    """
    left = [_Part(row, lot, units) for row, lot, units in _parts(rows, offered or {})]
    taken = Chosen(location)
    for need in granted:
        for part in left:
            if part.row.item != need.item:
                continue
            quantity = min(to_take[need.line], part.units)
            if quantity:
                part.units -= quantity
                to_take[need.line] -= quantity
                taken.takes.append(Take(need.line, part.row, quantity, part.lot))
    return taken


@dataclass
class _Part:
    """Free units of a bin, or of one lot in it."""

    row: Stock
    lot: str
    units: int


def _parts(rows: Sequence[Stock], offered: Mapping[Place, Sequence[LotOffer]]) -> list[tuple[Stock, str, int]]:
    """What the bins can give, in the order in which it is taken: bins in their order, lots by their expiry whatever their bin."""
    plain = [(row, "", row.available) for row in rows if not row.by_lot]
    by_lot = [(row, offer) for row in rows if row.by_lot for offer in offered.get((row.item, row.location, row.bin), ())]
    by_lot.sort(key=lambda part: goes_before(part[1]))
    return [*plain, *((row, offer.lot, offer.free) for row, offer in by_lot)]
