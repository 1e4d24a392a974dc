"""The packing station: what was really put into parcels, scan by scan, against what was picked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from pydantic import Field

from domain.errors import Refused
from domain.messages import LineQuantity, MessageId, Packed, Parcel
from domain.order import Moment
from domain.values import Value


class Scan(Value):
    """Units of an item went into a parcel. The same `scan` id is the same scan, however often it is sent."""

    scan: MessageId
    order: str
    shipment: int = Field(ge=1)
    parcel: int = Field(ge=1, le=9_999)
    item: str = Field(min_length=1, max_length=120)
    quantity: int = Field(default=1, ge=1, le=1_000_000)
    carton: str = Field(default="", max_length=120)
    at: Moment
    actor: str


class OpenParcel(Value):
    parcel: int
    carton: str = ""
    sscc: str = ""
    contents: dict[str, int]  # units by item


class Bench(Value):
    """A shipment at the station: what was picked, what lies in which parcel, and what is still to be packed."""

    order: str
    shipment: int
    round: int = 1
    picked: dict[str, int]  # units by item
    parcels: tuple[OpenParcel, ...] = ()
    closed: bool = False
    told: bool = False
    repeated: bool = False  # the answer to a scan that was taken before

    @property
    def packed(self) -> dict[str, int]:
        total: Counter[str] = Counter()
        for parcel in self.parcels:
            total.update(parcel.contents)
        return dict(total)

    @property
    def missing(self) -> dict[str, int]:
        packed = self.packed
        return {item: units - packed.get(item, 0) for item, units in self.picked.items() if units > packed.get(item, 0)}


class Closing(Value):
    """The shipment is packed: what its order has to be told, and whether it was."""

    order: str
    shipment: int
    round: int
    fact: Packed
    told: bool = False


def check_scan(bench: Bench, scan: Scan) -> None:
    """Raises Refused for a scan that does not fit, with what was expected instead."""
    where = f"shipment {scan.shipment} of {scan.order}"
    if scan.item not in bench.picked:
        raise Refused(f"{scan.item} is not in {where}; still to be packed: {listed(bench.missing) or 'nothing'}.")
    left = bench.missing.get(scan.item, 0)
    if scan.quantity > left:
        packed = bench.packed.get(scan.item, 0)
        raise Refused(
            f"{scan.quantity} × {scan.item} is more than {where} has left: {bench.picked[scan.item]} were picked, {packed} are packed; "
            f"still to be packed: {listed(bench.missing) or 'nothing'}."
        )
    newest = len(bench.parcels)
    if scan.parcel > newest + 1:
        raise Refused(f"Parcel {scan.parcel} of {where} cannot be opened: the next one is parcel {newest + 1}.")


def by_lines(contents: Iterable[Mapping[str, int]], lines: Mapping[str, Mapping[int, int]]) -> list[tuple[LineQuantity, ...]]:
    """What each parcel holds by line, given units by item: lines of one item are filled in their order, parcel by parcel."""
    left = {item: dict(of_item) for item, of_item in lines.items()}
    found = []
    for parcel in contents:
        parts: dict[int, int] = {}
        for item, units in parcel.items():
            wanted = units
            for line, room in left[item].items():
                taken = min(wanted, room)
                if taken:
                    parts[line] = parts.get(line, 0) + taken
                    left[item][line] -= taken
                    wanted -= taken
        found.append(tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in sorted(parts.items())))
    return found


def listed(units: Mapping[str, int]) -> str:
    return ", ".join(f"{quantity} × {item}" for item, quantity in sorted(units.items()))


def packed_fact(bench: Bench, parcels: tuple[Parcel, ...], at: Moment, actor: str) -> Packed:
    """What the order is told; the same closing is the same message."""
    return Packed(
        message_id=f"station/{bench.order}/{bench.shipment}/{bench.round}",
        occurred_at=at,
        actor=actor,
        shipment=bench.shipment,
        parcels=parcels,
    )
