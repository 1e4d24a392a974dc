"""Many orders that share stock: who gets what from where when they are sourced together, and what they get one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.errors import Refused
from domain.sourcing.choice import Field
from domain.sourcing.facts import Site, Sourcing, Weights
from domain.sourcing.search import Priced, Shares, cheapest, cost_of


@dataclass(frozen=True)
class BatchOrder:
    """One order's demand, and what each location costs it; how much a location has is said once, by the batch."""

    order: str
    demand: Mapping[str, int]
    prices: tuple[Priced, ...]


@dataclass(frozen=True)
class Batch:
    """Orders that compete: `stock` by location and item, `room` for so many shipments by location (none named: as many as come)."""

    orders: tuple[BatchOrder, ...]
    stock: Mapping[str, Mapping[str, int]]
    room: Mapping[str, int] = field(default_factory=dict)
    further: int = 500


@dataclass(frozen=True)
class BatchPlan:
    """Order -> what each location gives it; `units_missing` of all orders together; `exact` when no plan costs less."""

    shares: Mapping[str, Shares]
    cost: int
    units_missing: int
    exact: bool

    @property
    def objective(self) -> tuple[int, int]:
        """What is compared: units first, then money."""
        return self.units_missing, self.cost


def competitor(key: str, order: Sourcing, sites: Sequence[Site], weights: Weights) -> BatchOrder:
    """An order as it takes part in a batch: its units by item, and what each location that may serve it costs."""
    demand: dict[str, int] = {}
    for need in order.needs:
        demand[need.item] = demand.get(need.item, 0) + need.quantity
    return BatchOrder(key, demand, tuple(Field(order, sites, weights).prices))


def one_after_another(batch: Batch) -> BatchPlan:
    """What the orders get in their order, each its cheapest plan of what the ones before have left."""
    stock = {location: dict(units) for location, units in batch.stock.items()}
    room = dict(batch.room)
    shares: dict[str, Shares] = {}
    for order in batch.orders:
        open_ones = [
            replace(price, supply={item: stock.get(price.location, {}).get(item, 0) for item in order.demand})
            for price in order.prices
            if room.get(price.location, 1) > 0
        ]
        there = {item: sum(price.supply[item] for price in open_ones) for item in order.demand}
        granted = {item: min(units, there[item]) for item, units in order.demand.items()}
        found = cheapest(granted, open_ones, batch.further)
        shares[order.order] = found.shares if found is not None else {}
        for location, given in shares[order.order].items():
            if location in room:
                room[location] -= 1
            for item, units in given.items():
                stock[location][item] -= units
    return priced_plan(batch, shares, exact=False)


def priced_plan(batch: Batch, shares: Mapping[str, Shares], *, exact: bool) -> BatchPlan:
    """A plan with its cost. Raises Refused when it gives what is not there, more than was asked for, or ships where there is no room."""
    cost = missing = 0
    taken: dict[tuple[str, str], int] = {}
    shipments: dict[str, int] = {}
    for order in batch.orders:
        given = shares.get(order.order, {})
        cost += cost_of(given, order.prices, batch.further)
        for item, wanted in order.demand.items():
            units = sum(at.get(item, 0) for at in given.values())
            if not 0 <= units <= wanted:
                raise Refused(f"{order.order} would get {units} of {item} and asked for {wanted}.")
            missing += wanted - units
        for location, at in given.items():
            shipments[location] = shipments.get(location, 0) + 1
            for item, units in at.items():
                taken[location, item] = taken.get((location, item), 0) + units
    for (location, item), units in taken.items():
        if units > batch.stock.get(location, {}).get(item, 0):
            raise Refused(f"{units} of {item} would leave {location}, which has {batch.stock.get(location, {}).get(item, 0)}.")
    for location, count in shipments.items():
        if count > batch.room.get(location, count):
            raise Refused(f"{count} shipments would leave {location}, which has room for {batch.room[location]}.")
    return BatchPlan(shares=shares, cost=cost, units_missing=missing, exact=exact)
