"""The backorder queue: who waits, in which order, and who wins when stock comes.

An order waits in *bundles*, the units that its shipping policy lets win together: all its units when it ships complete, the lines of one
requested date, one line, or, when it ships partially, each line for as many units as there are. Bundles stand in the order of their
customer's priority, their own priority, the day they are promised for, and their age.

A bundle that cannot be completed is passed over, and those behind it are served: it must not hoard. So that it does not starve either,
weeks of patience alternate with weeks of saving: in its second week of waiting (and the fourth, ...) what comes is saved up for it. At
most one bundle saves up an item at a time, the first in the queue; and after a week the others have their turn again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from domain.order import Moment, ShippingPolicy
from domain.values import Value

USUAL_PRIORITY = 5
"""Of customers and orders of whom nothing else is said; 1 comes first, 9 last."""

SAVING = timedelta(days=7)
"""How long a bundle that only ships whole is passed over, and how long it is then saved for: each side has its turn every other week."""

EXTENT = {
    ShippingPolicy.COMPLETE: "complete",
    ShippingPolicy.BY_DATE_GROUP: "all lines of its date",
    ShippingPolicy.BY_LINE: "the whole line",
    ShippingPolicy.PARTIAL: "any units",
}
"""What a bundle takes, in words."""


Spot = tuple[str, str]
"""An item and a location."""


class Waiting(Value):
    """Units of a line that have no stock."""

    line: int
    item: str
    units: int


class Place(Value):
    """Where an order stands: by its customer's priority, its own, the day it is promised for and its age; its name breaks ties."""

    customer_priority: int = USUAL_PRIORITY
    order_priority: int = USUAL_PRIORITY
    promised_for: Moment | None = None  # none: after everything that has a day
    placed_at: Moment
    order: str

    @property
    def rank(self) -> tuple[int, int, bool, float, float, str]:
        day = self.promised_for.timestamp() if self.promised_for else 0.0
        return (
            self.customer_priority,
            self.order_priority,
            self.promised_for is None,
            day,
            self.placed_at.timestamp(),
            self.order,
        )

    @property
    def urgency(self) -> tuple[int, int]:
        """The two priorities; what people gave, without date and age."""
        return self.customer_priority, self.order_priority


class Bundle(Value):
    """Units that can only win together (`whole`), or as many of one line as there are."""

    place: Place
    policy: ShippingPolicy
    waits: tuple[Waiting, ...]
    since: Moment  # when it began to wait
    held: bool = False  # its order is on hold: it keeps its place, and others are served
    lapsed: bool = False  # it won, and did not come in time: this once the others come first
    closed: dict[str, tuple[str, ...]] = {}  # item -> locations that may not serve its order with it
    full: tuple[str, ...] = ()  # locations that have no room for another shipment on any day that may be waited for
    unfit: dict[str, dict[str, int]] = {}  # item -> location -> free units whose lots do not live as long as its customer asks for

    @property
    def order(self) -> str:
        return self.place.order

    @property
    def whole(self) -> bool:
        return self.policy is not ShippingPolicy.PARTIAL

    @property
    def channel(self) -> str:
        return self.order.partition("/")[0]

    @property
    def rank(self) -> tuple[bool, tuple[int, int, bool, float, float, str], int]:
        return self.lapsed, self.place.rank, min(wait.line for wait in self.waits)

    @property
    def wants(self) -> dict[str, int]:
        """Units by item."""
        found: dict[str, int] = {}
        for wait in self.waits:
            found[wait.item] = found.get(wait.item, 0) + wait.units
        return found


class Win(Value):
    """Stock for a bundle. `saved_until` is empty when the bundle can ship with it, else the time at which others have their turn again."""

    order: str
    lines: tuple[int, ...]
    places: dict[str, dict[str, int]]  # item -> location -> units
    saved_until: Moment | None = None

    @property
    def units(self) -> dict[str, int]:
        """By item."""
        return {item: sum(at.values()) for item, at in self.places.items()}


def bundles(
    place: Place,
    policy: ShippingPolicy,
    waits: Sequence[Waiting],
    since: datetime,
    *,
    held: bool = False,
    dates: Mapping[int, datetime | None] | None = None,
) -> list[Bundle]:
    """How the waiting lines of one order may win; `dates` are the requested dates by line, for an order that ships by date."""
    return [
        Bundle(
            place=place.model_copy(update={"promised_for": _first_date(group, dates, place.promised_for)}),
            policy=policy,
            waits=tuple(wait for wait in waits if wait.line in group),
            since=since,
            held=held,
        )
        for group in groups(policy, [wait.line for wait in waits], dates or {})
    ]


def groups(policy: ShippingPolicy, lines: Iterable[int], dates: Mapping[int, datetime | None]) -> list[tuple[int, ...]]:
    """Lines that win and ship together, in the order of their numbers; of a partial order each line stands alone."""
    numbers = sorted(set(lines))
    if policy is ShippingPolicy.COMPLETE:
        return [tuple(numbers)] if numbers else []
    if policy is not ShippingPolicy.BY_DATE_GROUP:
        return [(number,) for number in numbers]
    by_date: dict[datetime | None, list[int]] = {}
    for number in numbers:
        by_date.setdefault(dates.get(number), []).append(number)
    return sorted(tuple(group) for group in by_date.values())


def bound(policy: ShippingPolicy, lines: Iterable[int], dates: Mapping[int, datetime | None]) -> tuple[tuple[int, ...], ...]:
    """Of an order that ships by line or by date: the lines that get stock together or not at all; none where the order says it all."""
    grouped = policy in (ShippingPolicy.BY_LINE, ShippingPolicy.BY_DATE_GROUP)
    return tuple(groups(policy, lines, dates)) if grouped else ()


def in_order(queue: Iterable[Bundle]) -> list[Bundle]:
    """The queue as it stands: the first is served first."""
    return sorted(queue, key=lambda bundle: bundle.rank)


def saves_until(bundle: Bundle, now: datetime) -> datetime | None:
    """The end of the week in which stock is saved up for a bundle that ships whole; None in the weeks in which it is passed over."""
    if not bundle.whole or now < bundle.since:
        return None
    weeks = (now - bundle.since) // SAVING
    return bundle.since + (weeks + 1) * SAVING if weeks % 2 else None


def winners(
    queue: Iterable[Bundle], free: Mapping[Spot, int], now: datetime, leaves: Mapping[tuple[str, Spot], int] | None = None
) -> list[Win]:
    """Hand out `free` units along the queue, each from where its order may be served; what is left over belongs to nobody.

    Never more than is free. `leaves` are the units that a channel has to leave at a place, for other channels and as safety stock. Who
    won before is taken to have lots that those after them could use, as an allocation does: nobody wins what it would not get.
    """
    left = dict(free)
    kept_from = leaves or {}
    saving: set[str] = set()
    wins: list[Win] = []
    for bundle in in_order(queue):
        if bundle.held:
            continue
        wanted = bundle.wants
        there = {item: _within_reach(bundle, item, units, left, kept_from) for item, units in wanted.items()}
        until = None
        if bundle.whole and any(sum(there[item].values()) < units for item, units in wanted.items()):
            until = saves_until(bundle, now)
            if until is None or saving & wanted.keys():
                continue
            saving |= wanted.keys()
        taken = {item: at for item, at in there.items() if at}
        if taken:
            for item, at in taken.items():
                for location, units in at.items():
                    left[item, location] -= units
            wins.append(Win(order=bundle.order, lines=tuple(wait.line for wait in bundle.waits), places=taken, saved_until=until))
    return wins


def _within_reach(
    bundle: Bundle, item: str, wanted: int, left: Mapping[Spot, int], kept_from: Mapping[tuple[str, Spot], int]
) -> dict[str, int]:
    """Location -> units that the bundle takes there, most from where most lies."""
    open_ = {
        spot[1]: units - kept_from.get((bundle.channel, spot), 0) - bundle.unfit.get(item, {}).get(spot[1], 0)
        for spot, units in left.items()
        if spot[0] == item and spot[1] not in bundle.closed.get(item, ()) and spot[1] not in bundle.full
    }
    taken: dict[str, int] = {}
    for location in sorted(open_, key=lambda location: (-open_[location], location)):
        units = min(open_[location], wanted - sum(taken.values()))
        if units > 0:
            taken[location] = units
    return taken


def next_turn(queue: Iterable[Bundle], now: datetime) -> datetime | None:
    """When the next bundle that ships whole changes between patience and saving: the queue is looked at again then."""
    turns = [
        bundle.since + ((now - bundle.since) // SAVING + 1) * SAVING
        for bundle in queue
        if bundle.whole and not bundle.held and now >= bundle.since
    ]
    return min(turns, default=None)


def why(bundle: Bundle, position: int, free: Mapping[str, int], now: datetime) -> str:
    """Where a bundle stands and what it waits for, in words."""
    if bundle.held:
        return "on hold: keeps its place, others are served"
    if not bundle.whole:
        return "next: takes what comes" if position == 1 else "takes what those before it leave"
    missing = {item: units - free.get(item, 0) for item, units in bundle.wants.items() if units > free.get(item, 0)}
    what = ", ".join(f"{units} of {item}" for item, units in sorted(missing.items()))
    until = saves_until(bundle, now)
    if until is not None:
        return f"ships {EXTENT[bundle.policy]}: saved up for until {until:%Y-%m-%d %H:%M}, misses {what}"
    begins = bundle.since + ((now - bundle.since) // SAVING + 1) * SAVING
    return f"ships {EXTENT[bundle.policy]}: passed over until {begins:%Y-%m-%d %H:%M}, misses {what}"


def _first_date(lines: Sequence[int], dates: Mapping[int, datetime | None] | None, otherwise: datetime | None) -> datetime | None:
    """The first of the lines' own dates; without any, the day that the whole order is promised for."""
    own = [date for line in lines if dates and (date := dates.get(line)) is not None]
    return min(own, default=otherwise)
