"""The floor: bins and the walk past them, pick lists, scans and what each confirms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Protocol, TypeVar

from pydantic import Field

from domain.order import Moment
from domain.values import Value

EVERYWHERE = "*"
"""Stands for every location, where the settings name those whose floor is our own."""

URGENT, NORMAL = 1, 5
"""Priorities of a pick: 1 is walked first, 9 last."""

Name = Annotated[str, Field(min_length=1, max_length=100)]


class Stop(Protocol):
    """Anything that lies somewhere on the floor."""

    @property
    def zone(self) -> str: ...

    @property
    def aisle(self) -> int: ...

    @property
    def sequence(self) -> int: ...

    @property
    def bin(self) -> str: ...


AnyStop = TypeVar("AnyStop", bound=Stop)


def walk(stops: Iterable[AnyStop]) -> list[AnyStop]:
    """The stops in walking order: zone by zone, through each zone's aisles like a serpent.

    Only aisles with a stop are entered, the first from its near end, the next from its far end, and so on (the S-shape route of the
    order-picking literature). Stops at one place keep the order in which they came.
    """
    route: list[AnyStop] = []
    by_zone: dict[str, dict[int, list[AnyStop]]] = {}
    for stop in stops:
        by_zone.setdefault(stop.zone, {}).setdefault(stop.aisle, []).append(stop)
    for _, aisles in sorted(by_zone.items(), key=lambda entry: (entry[0] == "", entry[0])):  # what stands in no zone is walked to last
        for turn, (_, there) in enumerate(sorted(aisles.items())):
            forward = sorted(there, key=lambda stop: (stop.sequence, stop.bin))
            route += forward if turn % 2 == 0 else _backward(forward)
    return route


def _backward(stops: Sequence[AnyStop]) -> list[AnyStop]:
    """From the far end; what lies in one bin keeps its order."""
    return sorted(stops, key=lambda stop: -stop.sequence)


class Task(Value):
    """One line of a pick list, as a picker and a program read it."""

    task: int
    position: int
    zone: str
    bin: str
    item: str
    description: str = ""
    lot: str = ""
    quantity: int
    picked: int
    status: str
    order: str
    shipment: int
    line: int
    by_serial: bool = False

    @property
    def open(self) -> bool:
        return self.status in ("released", "waved")

    @property
    def left(self) -> int:
        return self.quantity - self.picked if self.open else 0


class WaveView(Value):
    """A wave and its tasks in walking order; each zone of it is one pick list."""

    wave: str
    location: str
    zone: str
    cut_off: Moment | None
    created_at: Moment
    actor: str
    tasks: tuple[Task, ...]

    @property
    def open(self) -> int:
        """Tasks that nobody has finished yet."""
        return sum(task.open for task in self.tasks)

    @property
    def units(self) -> int:
        return sum(task.quantity for task in self.tasks if task.status != "cancelled")

    @property
    def picked(self) -> int:
        return sum(task.picked for task in self.tasks if task.status != "cancelled")

    @property
    def put_back(self) -> int:
        """Units that were picked for shipments that are given up."""
        return sum(task.picked for task in self.tasks if task.status == "cancelled")

    @property
    def shipments(self) -> int:
        return len({(task.order, task.shipment) for task in self.tasks})


class Backlog(Value):
    """Pick tasks of one location and zone that no wave has gathered yet."""

    location: str
    zone: str
    tasks: int
    units: int
    shipments: int
    urgent: int  # tasks that go first
    next_cut_off: Moment | None


class FloorWork(Value):
    """What was done on a floor: waves gathered, scans taken, units picked, picks that came up short, bins counted."""

    waves: int
    scans: int
    units: int
    short: int
    counted: int


class GatherWave(Value):
    """Gather released pick tasks of a location: those of at least this priority, due by the cut-off, in this zone; at most `most` tasks.

    Without a zone whole shipments are gathered.
    """

    location: Name
    priority: int = Field(default=9, ge=1, le=9)
    cut_off: Moment | None = None
    zone: str = ""
    most: int = Field(default=40, ge=1, le=1_000)
    at: Moment
    actor: Name


class Scan(Value):
    """A picker took `quantity` units of an item out of a bin; with `short` there is nothing more of it in the bin.

    The same `scan` id means the same scan, however often it comes. `lot` and `serials` are named where the item is kept by them; an order
    is named when the picker picks for one order only.
    """

    scan: Annotated[str, Field(min_length=1, max_length=200)]
    wave: Name
    item: Name
    bin: Annotated[str, Field(max_length=100)]
    quantity: int = Field(ge=0, le=10_000_000)
    lot: Annotated[str, Field(max_length=100)] = ""
    serials: tuple[Name, ...] = Field(default=(), max_length=10_000)
    short: bool = False
    order: Annotated[str, Field(max_length=250)] = ""
    at: Moment
    actor: Name


class Confirmed(Value):
    """A shipment whose picks are complete: its order is told."""

    order: str
    shipment: int
    picked: int
    asked: int


class Scanned(Value):
    """What a scan did: units taken, units still wanted from the bin, shipments it completed, and where to walk next."""

    scan: str
    wave: str
    taken: int
    left: int
    confirmed: tuple[Confirmed, ...] = ()
    next_stop: str = ""
    repeated: bool = False


class PickedFrom(Value):
    """Units of a line that were taken out of one bin (and lot)."""

    line: int = Field(ge=1)
    bin: str
    lot: str = ""
    quantity: int = Field(ge=0)
