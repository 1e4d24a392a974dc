"""The cheapest way to cover a demand from some of the locations: exact by branch and bound, within a given effort.

    cost(plan) = sum over its locations of fixed(location) + sum over its units of unit(location, item) + further x (locations - 1)

All in integer minor units. For a given set of locations every item is covered from the cheapest of them up, which is optimal because an
item's units only compete for the stock of that item; so what has to be searched is the set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Shares = dict[str, dict[str, int]]
"""Location -> item -> units."""


@dataclass(frozen=True)
class Priced:
    """A location with its price for this order: `fixed` once it ships anything, `unit` for each unit, up to `supply` units of each item."""

    location: str
    fixed: int
    unit: Mapping[str, int]
    supply: Mapping[str, int]


@dataclass(frozen=True)
class Found:
    """The cheapest plan that was found; `exact` when nothing cheaper can exist."""

    shares: Shares
    cost: int
    exact: bool = True


def cheapest(
    demand: Mapping[str, int], prices: Sequence[Priced], further: int, most: int | None = None, effort: int = 200_000
) -> Found | None:
    """The cheapest plan from at most `most` locations that covers all of `demand`, or None when there is none.

    Of plans that cost the same the one with fewer locations, then the one whose locations come first. After `effort` steps the best plan
    so far is the answer, not proved to be the cheapest.
    """
    return _Search(demand, prices, further, most, effort).run()


class _Search:
    """Decides location after location, the ones that would be cheapest alone first, whether it is in the plan."""

    def __init__(self, demand: Mapping[str, int], prices: Sequence[Priced], further: int, most: int | None, effort: int) -> None:
        self.items = [item for item, units in sorted(demand.items()) if units]
        self.demand = [demand[item] for item in self.items]
        useful = [price for price in prices if any(price.supply.get(item, 0) for item in self.items)]
        self.prices = sorted(useful, key=lambda price: (price.fixed + self.alone(price), price.location))
        self.further, self.effort = further, effort
        self.most = len(self.prices) if most is None else most
        self.offers = [self.offered(item) for item in self.items]
        fixed = [price.fixed for price in self.prices]
        self.least_fixed = [min(fixed[at:], default=0) for at in range(len(fixed) + 1)]
        self.best: tuple[int, int] | None = None  # cost, number of locations
        self.best_set: list[int] = []

    def alone(self, price: Priced) -> int:
        """What the location would cost if it had everything; it orders the search."""
        return sum(units * price.unit.get(item, 0) for item, units in zip(self.items, self.demand, strict=True))

    def offered(self, item: str) -> list[tuple[int, int, int]]:
        """Unit cost, number of the location and supply of everybody who has the item, cheapest first."""
        offers = [(price.unit.get(item, 0), at, price.supply.get(item, 0)) for at, price in enumerate(self.prices)]
        return sorted(offer for offer in offers if offer[2])

    def run(self) -> Found | None:
        if not self.items:
            return Found(shares={}, cost=0)
        for at in range(len(self.prices)):
            self.offer([at])
        if self.most > 1 and self.prices:
            self.offer(self.greedy())
            self.branch(0, [], 0, [True] * len(self.prices))
        if self.best is None:
            return None
        shares = self.shares(self.best_set)
        return Found(shares=shares, cost=cost_of(shares, self.prices, self.further), exact=self.effort > 0)

    def greedy(self) -> list[int]:
        """The location that gives most, then the one that gives most of the rest: a plan to begin with."""
        left = dict(zip(self.items, self.demand, strict=True))
        chosen: list[int] = []
        while any(left.values()) and len(chosen) < self.most:
            gives = [sum(min(units, price.supply.get(item, 0)) for item, units in left.items()) for price in self.prices]
            most = max((at for at in range(len(gives)) if at not in chosen), key=lambda at: (gives[at], -at), default=None)
            if most is None or not gives[most]:
                break
            chosen.append(most)
            left = {item: units - min(units, self.prices[most].supply.get(item, 0)) for item, units in left.items()}
        return chosen

    def branch(self, at: int, chosen: list[int], fixed: int, usable: list[bool]) -> None:
        """All sets that hold `chosen` and at least one more location from number `at` on; `usable` marks both."""
        if self.effort <= 0 or at == len(self.prices) or len(chosen) == self.most:
            return
        units = self.bound(usable)
        if units is None:
            return
        more = max(1, 2 - len(chosen))  # every location alone was weighed before
        bound = fixed + units + self.further * (len(chosen) + more - 1) + more * self.least_fixed[at]
        if self.best is not None and (bound, len(chosen) + more) >= self.best:
            return
        chosen.append(at)
        if len(chosen) > 1:
            self.offer(chosen)
        self.branch(at + 1, chosen, fixed + self.prices[at].fixed, usable)
        chosen.pop()
        usable[at] = False
        self.branch(at + 1, chosen, fixed, usable)
        usable[at] = True

    def bound(self, usable: Sequence[bool]) -> int | None:
        """What the units would cost if all usable locations shipped for nothing; None when they do not have them."""
        total = 0
        for needed, offers in zip(self.demand, self.offers, strict=True):
            left = needed
            for unit, at, supply in offers:
                self.effort -= 1
                if usable[at]:
                    taken = min(left, supply)
                    total += taken * unit
                    left -= taken
                    if not left:
                        break
            if left:
                return None
        return total

    def offer(self, chosen: Sequence[int]) -> None:
        """Keep this set if it covers the demand and nothing better is known."""
        self.effort -= len(chosen) * len(self.items)
        prices = [self.prices[at] for at in chosen]
        if any(sum(price.supply.get(item, 0) for price in prices) < units for item, units in zip(self.items, self.demand, strict=True)):
            return
        found = (cost_of(self.shares(chosen), prices, self.further, every=True), len(chosen))
        if self.best is None or found < self.best:
            self.best, self.best_set = found, list(chosen)

    def shares(self, chosen: Sequence[int]) -> Shares:
        """Who gives what in the plan of this set, every item from the cheapest up."""
        shares: Shares = {}
        for item, needed in zip(self.items, self.demand, strict=True):
            left = needed
            for at in sorted(chosen, key=lambda at: (self.prices[at].unit.get(item, 0), at)):
                taken = min(left, self.prices[at].supply.get(item, 0))
                if taken:
                    shares.setdefault(self.prices[at].location, {})[item] = taken
                    left -= taken
        return shares


def cost_of(shares: Shares, prices: Sequence[Priced], further: int, *, every: bool = False) -> int:
    """The cost of a plan; with `every` also that of locations which are in it and give nothing."""
    by_name = {price.location: price for price in prices}
    shipping = list(by_name) if every else list(shares)
    fixed = sum(by_name[name].fixed for name in shipping) + further * max(len(shipping) - 1, 0)
    return fixed + sum(units * by_name[name].unit.get(item, 0) for name, given in shares.items() for item, units in given.items())
