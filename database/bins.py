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
    needs: Iterable[Need],
    rows: Sequence[Stock],
    units: Mapping[int, int],
    offered: Mapping[Place, Sequence[LotOffer]],
) -> Chosen:
    """Fill the lines, `units` of each, from the location's bins, both in their order.

    `offered` says which lots the bins may give (`database.lots.offers`): over all bins, what expires first is taken first.
    """
    to_take = dict(units)
    left = [_Part(row, lot, free) for row, lot, free in _parts(rows, offered)]
    taken = Chosen(location)
    for need in needs:
        for part in left:
            if part.row.item != need.item:
                continue
            quantity = min(to_take.get(need.line, 0), part.units)
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
    by_lot = [(row, offer) for row in rows if row.by_lot for offer in offered.get((row.item, row.location, row.bin), ())]
    by_lot.sort(key=lambda part: goes_before(part[1]))
    plain = [(row, "", row.available) for row in rows if not row.by_lot]
    return [*plain, *((row, offer.lot, offer.free) for row, offer in by_lot)]
