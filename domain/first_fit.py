"""First fit: the largest units first, each into the first parcel with room; then every parcel into the cheapest carton that holds it.

Needs nothing but time in proportion to the units, so it answers when no solver does. Each unit cuts the room it lies in into three (above,
beside and before it), so that every unit stands on the floor or wholly on one other.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.packing import Carton, Filled, Goods, Placement, Proposal, Sides, Size, ToPack, Unpackable, proposal, within

MOST_UNITS = 5_000
"""Above this a person packs pallets, not parcels."""

WAYS = tuple((along, lying) for along in (True, False) for lying in ("as it stands", "flat", "tall"))
"""The ways to fill that are tried one after the other: how a room is cut, and which turn of a unit is tried first."""


def first_fit(task: ToPack, why: str) -> Proposal:
    """Raises Unpackable when a unit fits nowhere."""
    units = sum(goods.quantity for goods in task.checked().goods)
    if units > MOST_UNITS:
        raise Unpackable([f"{units} units are more than the {MOST_UNITS} that a packing station takes at once"])
    found = [parcel for group in task.groups() for parcel in _cheapest(task, group)]
    return proposal(task, found, "first fit", why)


def _cheapest(task: ToPack, group: tuple[Goods, ...]) -> list[Filled]:
    found = [list(_filled(task, group, along, lying)) for along, lying in WAYS]
    return min(found, key=lambda parcels: (sum(carton.cost for carton, _ in parcels), len(parcels)))


class _Parcel:
    """A carton that is being filled: free rooms as (corner, sides), and what no longer fits."""

    def __init__(self, task: ToPack, carton: Carton, along: bool, lying: str) -> None:
        self.task, self.carton, self.along, self.lying = task, carton, along, lying
        self.rooms: list[tuple[Sides, Sides]] = [((0, 0, 0), carton.size)]
        self.left_g = task.load(carton)
        self.units: list[tuple[Goods, Placement]] = []
        self.refused: set[tuple[int, str]] = set()  # room only shrinks: what did not fit once never will

    def take(self, goods: Goods) -> bool:
        if goods.weight_g > self.left_g or (goods.line, goods.item) in self.refused:
            return False
        for number, (corner, room) in enumerate(self.rooms):
            for turn in self._turns(goods):
                if within(turn, room):
                    self.rooms[number : number + 1] = _rest(corner, room, turn, self.along)
                    self.rooms.sort(key=lambda free: (free[0][2], free[0][1], free[0][0]))  # low, then to the back, then to the left
                    self.left_g -= goods.weight_g
                    self.units.append((goods, Placement(line=goods.line, item=goods.item, at=corner, sides=turn)))
                    return True
        self.refused.add((goods.line, goods.item))
        return False

    def _turns(self, goods: Goods) -> tuple[Size, ...]:
        turns = self.task.turns(goods)
        if self.lying == "as it stands":
            return turns
        return tuple(sorted(turns, key=lambda sides: sides[2], reverse=self.lying == "tall"))


def _filled(task: ToPack, group: tuple[Goods, ...], along: bool, lying: str) -> Iterator[Filled]:
    cartons = task.permitted
    largest_first = sorted(group, key=lambda goods: (-max(goods.size), -goods.size[0] * goods.size[1] * goods.size[2], goods.line))
    parcels: list[_Parcel] = []
    for goods in largest_first:
        open_to_it = 0  # parcels before this one have refused a unit like it
        for _ in range(goods.quantity):
            while open_to_it < len(parcels) and not parcels[open_to_it].take(goods):
                open_to_it += 1
            if open_to_it == len(parcels):
                parcel = _Parcel(task, next(carton for carton in reversed(cartons) if task.fits(goods, carton)), along, lying)
                assert parcel.take(goods), "an empty carton takes a unit that fits it"
                parcels.append(parcel)
    for parcel in parcels:
        yield _snug(task, parcel)


def _snug(task: ToPack, parcel: _Parcel) -> Filled:
    """The same units in the cheapest carton that takes them all."""
    for carton in sorted(task.permitted, key=lambda carton: (carton.cost, carton.volume, carton.carton)):
        if carton.cost >= parcel.carton.cost and carton.volume >= parcel.carton.volume:
            continue
        smaller = _Parcel(task, carton, parcel.along, parcel.lying)
        if all(smaller.take(goods) for goods, _ in parcel.units):
            return carton, tuple(placed for _, placed in smaller.units)
    return parcel.carton, tuple(placed for _, placed in parcel.units)


def _rest(corner: Sides, room: Sides, taken: Sides, along: bool) -> list[tuple[Sides, Sides]]:
    """What a unit in the corner of a room leaves free; `along` says which of the two rooms beside it gets the corner between them."""
    (x, y, z), (length, width, height), (a, b, c) = corner, room, taken
    free = [
        ((x, y, z + c), (a, b, height - c)),
        ((x + a, y, z), (length - a, width if along else b, height)),
        ((x, y + b, z), (a if along else length, width - b, height)),
    ]
    return [(place, sides) for place, sides in free if min(sides) > 0]
