"""Packing: which units go into which carton, and what no parcel may break, whoever proposed it.

Lengths are whole millimetres, weights whole grams. A carton's `max_weight_g` is gross: contents and the carton itself. A parcel never mixes
orders, because a shipment belongs to one order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import combinations, permutations

from pydantic import Field

from domain.errors import Refused
from domain.messages import Millimetres
from domain.values import Value

Size = tuple[Millimetres, Millimetres, Millimetres]  # length, width, height
Sides = tuple[int, int, int]


class GoodsClass(StrEnum):
    GENERAL = "general"  # may lie beside anything
    FOOD = "food"  # never beside hazardous goods, where the rules say so
    HAZARDOUS = "hazardous"  # never beside food, where the rules say so

    @classmethod
    def of(cls, measured: str, hazardous: bool) -> GoodsClass:
        """How an item is packed: as what it was measured as, unless it is hazardous to everybody."""
        return cls.HAZARDOUS if hazardous else cls(measured)


class Goods(Value):
    """Units of one line that are to be packed. `as_is`: each unit ships in the container it comes in, without a carton of ours."""

    line: int
    item: str
    quantity: int = Field(ge=1)
    size: Size
    weight_g: int = Field(ge=0)
    goods_class: GoodsClass = GoodsClass.GENERAL
    upright: bool = False
    as_is: bool = False


class Carton(Value):
    carton: str
    description: str = ""
    size: Size  # inside
    tare_g: int = Field(ge=0)
    max_weight_g: int = Field(ge=1)
    cost: int = Field(ge=0)  # minor units; only the comparison between cartons counts

    @property
    def volume(self) -> int:
        return _volume(self.size)


class PackingRules(Value):
    """What a customer asks of every parcel; the default is what the house does for everybody."""

    max_parcel_g: int | None = None  # gross
    mixed_lines: bool = True  # False: a parcel holds units of one line only
    separate_hazardous: bool = True  # hazardous goods and food lie in different parcels
    keep_upright: bool = False  # nothing is turned on its side, whatever the item allows
    carton: str = ""  # the only carton that may be used: the customer's own


class Placement(Value):
    """One unit in its parcel: where its lowest corner is, and its sides after turning it."""

    line: int
    item: str
    at: tuple[int, int, int]
    sides: Size


class ProposedParcel(Value):
    """`carton` is empty for a unit that ships in its own container."""

    number: int
    carton: str
    size: Size  # inside of the carton, or the container itself
    weight_g: int  # gross
    units: tuple[Placement, ...]

    @property
    def contents(self) -> dict[int, int]:
        """Units by line."""
        return dict(sorted(Counter(unit.line for unit in self.units).items()))


class Proposal(Value):
    """`method` made it, and `why` says in a sentence why this method; `unused` is the share of the cartons' room that stays empty."""

    method: str  # "solver", "first fit" or "as is"
    why: str
    parcels: tuple[ProposedParcel, ...]
    cost: int = 0

    @property
    def unused(self) -> float:
        room = sum(_volume(parcel.size) for parcel in self.parcels)
        return 1 - sum(_volume(unit.sides) for parcel in self.parcels for unit in parcel.units) / room if room else 0.0


class Unpackable(Refused):
    """Units that no permitted carton can take: all of them, each with its reason."""

    def __init__(self, reasons: Iterable[str]) -> None:
        super().__init__(f"The goods cannot be packed: {'; '.join(reasons)}.")


# --- the task ------------------------------------------------------------------------------------------------------------------------


class ToPack(Value):
    """One shipment's goods, with the cartons and the rules that are permitted for it."""

    goods: tuple[Goods, ...]
    cartons: tuple[Carton, ...]
    rules: PackingRules = PackingRules()

    @property
    def permitted(self) -> tuple[Carton, ...]:
        """The cartons that the rules allow, smallest first."""
        only = self.rules.carton
        return tuple(sorted((c for c in self.cartons if not only or c.carton == only), key=lambda c: (c.volume, c.cost, c.carton)))

    def load(self, carton: Carton) -> int:
        """Grams of contents that the carton may hold under these rules."""
        gross = carton.max_weight_g if self.rules.max_parcel_g is None else min(carton.max_weight_g, self.rules.max_parcel_g)
        return gross - carton.tare_g

    def turns(self, goods: Goods) -> tuple[Size, ...]:
        """The ways a unit may lie, as it stands first."""
        length, width, height = goods.size
        if goods.upright or self.rules.keep_upright:
            return tuple(dict.fromkeys([(length, width, height), (width, length, height)]))
        return tuple(dict.fromkeys((a, b, c) for a, b, c in permutations(goods.size)))

    def fits(self, goods: Goods, carton: Carton) -> bool:
        """One unit alone in this carton."""
        return goods.weight_g <= self.load(carton) and any(within(turn, carton.size) for turn in self.turns(goods))

    def checked(self) -> ToPack:
        """Itself, when every unit can be packed; raises Unpackable with every line that cannot."""
        reasons = [reason for goods in self.goods if (reason := self._misfit(goods))]
        if reasons:
            raise Unpackable(reasons)
        return self

    def _misfit(self, goods: Goods) -> str:
        limit = self.rules.max_parcel_g
        name = f"{goods.item} (line {goods.line}), {_sides(goods.size)} and {goods.weight_g} g"
        if goods.as_is:
            return f"{name}, is heavier than the {limit} g that a parcel may weigh" if limit is not None and goods.weight_g > limit else ""
        if not self.permitted:
            return f"{name}, has no carton: {self.rules.carton or 'the carton list'} is not there"
        if any(self.fits(goods, carton) for carton in self.permitted):
            return ""
        return f"{name}, fits none of the cartons {', '.join(carton.carton for carton in self.permitted)}"

    def groups(self) -> Iterator[tuple[Goods, ...]]:
        """The goods that may share parcels; units that ship as they are belong to none."""
        boxed = [goods for goods in self.goods if not goods.as_is]
        if not self.rules.mixed_lines:
            yield from ((goods,) for goods in boxed)
            return
        classes = {goods.goods_class for goods in boxed}
        if self.rules.separate_hazardous and {GoodsClass.FOOD, GoodsClass.HAZARDOUS} <= classes:
            yield tuple(goods for goods in boxed if goods.goods_class is not GoodsClass.HAZARDOUS)
            yield tuple(goods for goods in boxed if goods.goods_class is GoodsClass.HAZARDOUS)
        elif boxed:
            yield tuple(boxed)


Filled = tuple[Carton, tuple[Placement, ...]]
"""A carton and what lies in it."""


def proposal(task: ToPack, filled: Iterable[Filled], method: str, why: str) -> Proposal:
    """Number the parcels, the cartons first, and add the units that ship as they are."""
    weights = {(goods.line, goods.item): goods.weight_g for goods in task.goods}
    parcels: list[ProposedParcel] = []
    cost = 0
    for carton, units in filled:
        weight = carton.tare_g + sum(weights[unit.line, unit.item] for unit in units)
        parcels.append(
            ProposedParcel(number=len(parcels) + 1, carton=carton.carton, size=carton.size, weight_g=max(weight, 1), units=units)
        )
        cost += carton.cost
    for goods in task.goods:
        for _ in range(goods.quantity if goods.as_is else 0):
            unit = Placement(line=goods.line, item=goods.item, at=(0, 0, 0), sides=goods.size)
            parcels.append(
                ProposedParcel(number=len(parcels) + 1, carton="", size=goods.size, weight_g=max(goods.weight_g, 1), units=(unit,))
            )
    return Proposal(method=method, why=why, parcels=tuple(parcels), cost=cost)


# --- what no proposal may break --------------------------------------------------------------------------------------------------------


def faults(task: ToPack, proposed: Proposal) -> list[str]:
    """Everything that is wrong with a proposal, in sentences; nobody's answer is taken without this."""
    return [*_miscounted(task, proposed), *(fault for parcel in proposed.parcels for fault in _faulty(task, parcel))]


def _miscounted(task: ToPack, proposed: Proposal) -> Iterator[str]:
    asked = Counter({(goods.line, goods.item): goods.quantity for goods in task.goods})
    packed = Counter((unit.line, unit.item) for parcel in proposed.parcels for unit in parcel.units)
    for line, item in sorted(asked.keys() | packed.keys()):
        if asked[line, item] != packed[line, item]:
            yield f"line {line} ({item}): {packed[line, item]} units packed, {asked[line, item]} to be packed"


def _faulty(task: ToPack, parcel: ProposedParcel) -> Iterator[str]:
    name, rules = f"parcel {parcel.number}", task.rules
    known: Mapping[tuple[int, str], Goods] = {(goods.line, goods.item): goods for goods in task.goods}
    inside = [known[unit.line, unit.item] for unit in parcel.units if (unit.line, unit.item) in known]
    carton = next((carton for carton in task.permitted if carton.carton == parcel.carton), None)
    if carton is None and (parcel.carton or len(inside) != 1 or not inside[0].as_is):
        yield f"{name} uses {parcel.carton or 'no carton'}, which is not permitted"
    if any(goods.as_is for goods in inside) and parcel.carton:
        yield f"{name} holds goods that ship in their own container"
    weight = (carton.tare_g if carton else 0) + sum(goods.weight_g for goods in inside)
    if parcel.weight_g != max(weight, 1):
        yield f"{name} is said to weigh {parcel.weight_g} g and weighs {weight} g"
    limits = [limit for limit in (carton.max_weight_g if carton else None, rules.max_parcel_g) if limit is not None]
    if limits and weight > min(limits):
        yield f"{name} weighs {weight} g, {min(limits)} g are permitted"
    if not rules.mixed_lines and len({goods.line for goods in inside}) > 1:
        yield f"{name} mixes lines"
    if rules.separate_hazardous and {GoodsClass.FOOD, GoodsClass.HAZARDOUS} <= {goods.goods_class for goods in inside}:
        yield f"{name} holds food beside hazardous goods"
    room = carton.size if carton else parcel.size
    for unit, goods in zip(parcel.units, inside, strict=False):
        if unit.sides not in task.turns(goods):
            yield f"{name}: a unit of {unit.item} is turned as it must not be"
        if min(unit.at) < 0 or not within(_far_corner(unit), room):
            yield f"{name}: a unit of {unit.item} sticks out of the carton"
    if any(_overlap(one, other) for one, other in combinations(parcel.units, 2)):
        yield f"{name}: two units are in the same place"


def within(inner: Sides, outer: Sides) -> bool:
    return all(side <= room for side, room in zip(inner, outer, strict=True))


def _far_corner(unit: Placement) -> Sides:
    (x, y, z), (length, width, height) = unit.at, unit.sides
    return x + length, y + width, z + height


def _overlap(one: Placement, other: Placement) -> bool:
    ends = zip(one.at, _far_corner(one), other.at, _far_corner(other), strict=True)
    return all(start < other_end and other_start < end for start, end, other_start, other_end in ends)


def _volume(size: Sides) -> int:
    return size[0] * size[1] * size[2]


def _sides(size: Sides) -> str:
    return f"{size[0]} × {size[1]} × {size[2]} mm"
