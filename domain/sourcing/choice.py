"""The choice: the plan of the first rule that finds one, and the reasons why everything else lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from domain.money import Money
from domain.sourcing.decision import Candidate, Costs, Decision, Part, RuleTried
from domain.sourcing.facts import Goods, Site, Sourcing, SourcingPolicy, SourcingRule, Weights, barred, days_late, ruled_out
from domain.sourcing.search import Found, Priced, Shares, cheapest
from domain.steps import Need, Shortage

WEIGHED_TOGETHER = 5
"""Up to so many locations that may serve an order, all of their pairs are written into the decision too."""


def choose(order: Sourcing, sites: Sequence[Site], policy: SourcingPolicy) -> Decision:
    """The plan of the first rule that finds one; every location, and the splits that were close, with their costs and why they lost.

    What cannot be had anywhere is short, whatever the rule; lines of one item share what there is in their order. Without a plan nothing
    is sourced, and `tried` says why.
    """
    field = Field(order, sorted(sites, key=lambda site: site.location), policy.weights)
    granted, short = share_out(order.needs, field.supply)
    demand = _by_item(granted)
    tried, found = [], None
    if not granted:
        tried.append(RuleTried(rule="stock", verdict="no location that may serve the order has any of it"))
    elif order.together and short:
        lines = ", ".join(f"line {each.line}" for each in short)
        tried.append(RuleTried(rule="all or nothing", verdict=f"{lines} cannot be served in full"))
    else:
        for rule in policy.rules:
            found, verdict = _by_rule(rule, field, demand, bool(short), policy)
            tried.append(RuleTried(rule=rule.name, verdict=verdict))
            if found is not None:
                break
    shares = found.shares if found is not None else {}
    parts, missing = _parts(order.needs, shares)
    return Decision(
        rule=tried[-1].rule if found is not None else "",
        tried=tuple(tried),
        parts=parts,
        short=missing if found is not None else tuple(short),
        candidates=tuple(_candidates(field, demand, shares, policy)),
        exact=found is None or found.exact,
    )


class Field:
    """The locations as one order sees them: who may give how much of what, and at which price."""

    def __init__(self, order: Sourcing, sites: Sequence[Site], weights: Weights) -> None:
        self.order, self.sites, self.weights = order, sites, weights
        self.why_not = {site.location: ruled_out(order, site) for site in sites}
        self.open = [site for site in sites if not self.why_not[site.location]]
        self.may_give = {site.location: self._may_give(site) for site in self.open}
        self.supply: dict[str, int] = {}
        for given in self.may_give.values():
            for item, units in given.items():
                self.supply[item] = self.supply.get(item, 0) + units
        self.prices = [self._priced(site) for site in self.open]

    def costs(self, shares: Shares) -> Costs:
        """The terms of the cost of a plan."""
        freight = handling = lateness = balance = 0
        for site in self.open:
            given = shares.get(site.location)
            if not given:
                continue
            base, work, late = self._fixed(site)
            freight, handling, lateness = freight + base, handling + work, lateness + late
            for item, units in given.items():
                carried, handled, scarce = self._unit(site, item)
                freight, handling, balance = freight + carried * units, handling + handled * units, balance + scarce * units
        splits = self.weights.further_shipment * max(len(shares) - 1, 0)
        return Costs(freight=freight, handling=handling, splits=splits, lateness=lateness, balance=balance)

    def _may_give(self, site: Site) -> dict[str, int]:
        wanted = {need.item for need in self.order.needs}
        return {item: site.units.get(item, 0) for item in sorted(wanted) if not barred(self._goods(item), site) and site.units.get(item, 0)}

    def _priced(self, site: Site) -> Priced:
        supply = self.may_give[site.location]
        unit = {item: sum(self._unit(site, item)) for item in supply}
        return Priced(location=site.location, fixed=sum(self._fixed(site)), unit=unit, supply=supply)

    def _fixed(self, site: Site) -> tuple[int, int, int]:
        """Freight, handling and lateness of a shipment, whatever it holds."""
        rate = site.rate(self.order.country, self.order.postcode)
        late = self.weights.day_late * days_late(self.order, site)
        return _part(rate.base, self.weights.freight_percent), _part(site.handling, self.weights.handling_percent), late

    def _unit(self, site: Site, item: str) -> tuple[int, int, int]:
        """Freight, handling and balance of one unit."""
        rate = site.rate(self.order.country, self.order.postcode)
        freight = _up(rate.per_kg * self._goods(item).weight_g * self.weights.freight_percent, 100_000)
        everywhere = self.supply[item]
        elsewhere = everywhere - self.may_give[site.location].get(item, 0)
        return freight, _part(site.handling_per_unit, self.weights.handling_percent), self.weights.balance * elsewhere // everywhere

    def _goods(self, item: str) -> Goods:
        return self.order.goods.get(item, Goods())


def share_out(needs: Iterable[Need], supply: Mapping[str, int]) -> tuple[list[Need], list[Shortage]]:
    """What each line gets of what there is of its item, in the order of the lines, and who is short."""
    left = dict(supply)
    granted, short = [], []
    for need in needs:
        quantity = min(need.quantity, left.get(need.item, 0))
        left[need.item] = left.get(need.item, 0) - quantity
        if quantity:
            granted.append(need.model_copy(update={"quantity": quantity}))
        if quantity < need.quantity:
            short.append(Shortage(line=need.line, item=need.item, asked=need.quantity, available=quantity))
    return granted, short


# --- one rule ------------------------------------------------------------------------------------------------------------------------


def _by_rule(rule: SourcingRule, field: Field, demand: Mapping[str, int], short: bool, policy: SourcingPolicy) -> tuple[Found | None, str]:
    """The cheapest plan that the rule allows, or why there is none."""
    if rule.complete and short:
        return None, "stock does not cover every line"
    splits = field.order.value >= rule.least_value_to_split
    most = rule.most_shipments if splits else 1
    further = policy.weights.further_shipment
    found = cheapest(demand, field.prices, further, most, policy.effort)
    if found is None and not rule.complete and most is not None:
        found = cheapest(_most_of(demand, field, most), field.prices, further, most, policy.effort)
    if found is not None:
        return found, "found a plan"
    within = "no location has everything" if most == 1 else f"no {most} locations have everything"
    return None, within if splits else f"{within}, and the order is worth too little to be split"


def _most_of(demand: Mapping[str, int], field: Field, most: int) -> dict[str, int]:
    """What the locations that give most, one after the other, cover of the demand; of equal ones the cheaper comes first."""
    left, covered = dict(demand), dict.fromkeys(demand, 0)
    waiting = sorted(field.prices, key=lambda price: (price.fixed, price.location))
    for _ in range(min(most, len(waiting))):
        best = max(waiting, key=lambda price: sum(min(units, price.supply.get(item, 0)) for item, units in left.items()))
        waiting.remove(best)
        for item, units in left.items():
            given = min(units, best.supply.get(item, 0))
            left[item] = units - given
            covered[item] += given
    return covered


def _parts(needs: Sequence[Need], shares: Shares) -> tuple[tuple[Part, ...], tuple[Shortage, ...]]:
    """The plan by line, who gives most first, and the lines that are short of something."""
    left = {need.line: need.quantity for need in needs}
    parts = []
    for location, given in sorted(shares.items(), key=lambda pair: (-sum(pair[1].values()), pair[0])):
        there, units = dict(given), {}
        for need in needs:
            taken = min(left[need.line], there.get(need.item, 0))
            if taken:
                units[need.line] = taken
                left[need.line] -= taken
                there[need.item] -= taken
        parts.append(Part(location=location, units=units))
    short = (
        Shortage(line=need.line, item=need.item, asked=need.quantity, available=need.quantity - left[need.line])
        for need in needs
        if left[need.line]
    )
    return tuple(parts), tuple(short)


# --- why the others lost -------------------------------------------------------------------------------------------------------------


def _candidates(field: Field, demand: Mapping[str, int], shares: Shares, policy: SourcingPolicy) -> Iterator[Candidate]:
    """Every location for itself, then the plan that was chosen if it is a split, and the pairs that could have served the order."""
    asked = sum(need.quantity for need in field.order.needs)
    costs = field.costs(shares) if shares else None
    chosen = frozenset(shares)
    for site in field.sites:
        yield _alone(field, site, demand, asked, chosen, costs, policy.currency)
    if len(chosen) > 1 and costs is not None:
        units = sum(sum(given.values()) for given in shares.values())
        yield Candidate(locations=tuple(sorted(chosen)), units=units, asked=asked, costs=costs)
    giving = [price for price in field.prices if price.supply]
    if costs is None or len(giving) > WEIGHED_TOGETHER:
        return
    for pair in combinations(giving, 2):
        names = tuple(price.location for price in pair)
        found = cheapest(demand, pair, policy.weights.further_shipment, effort=policy.effort)
        if found is None or len(found.shares) < 2 or chosen == frozenset(names):
            continue
        weighed = field.costs(found.shares)
        if len(chosen) > 1 or weighed.total < costs.total:
            why = _dearer(weighed, costs, policy.currency) or "is cheaper, but a rule that allows fewer shipments comes first"
            yield Candidate(locations=names, units=sum(demand.values()), asked=asked, costs=weighed, lost=why)


def _alone(
    field: Field, site: Site, demand: Mapping[str, int], asked: int, chosen: frozenset[str], best: Costs | None, currency: str
) -> Candidate:
    """What a location could do for itself, and why that was not chosen."""
    name = site.location
    if field.why_not[name]:
        return Candidate(locations=(name,), units=0, asked=asked, lost=field.why_not[name])
    given = {item: min(units, field.may_give[name].get(item, 0)) for item, units in demand.items()}
    units = sum(given.values())
    costs = field.costs({name: given}) if units else None
    if chosen == {name}:
        return Candidate(locations=(name,), units=units, asked=asked, costs=costs)
    lost = _lacks(field, site, demand)
    if not lost and costs is not None and best is not None:
        lost = _dearer(costs, best, currency) or "is cheaper, but a rule that splits the order comes first"
    return Candidate(locations=(name,), units=units, asked=asked, costs=costs, lost=lost or "the order takes all of it or nothing")


def _lacks(field: Field, site: Site, demand: Mapping[str, int]) -> str:
    """What a location cannot give, and why."""
    reasons = []
    wanted = _by_item(field.order.needs)
    for item in sorted(wanted):
        there = field.may_give[site.location].get(item, 0)
        if there < wanted[item]:
            why = barred(field.order.goods.get(item, Goods()), site)
            reasons.append(f"{why} ({item})" if why else f"{there} of {wanted[item]} {item}" if there else f"no {item}")
    has = [reason for reason in reasons if reason[0].isdigit() or reason.startswith("no ")]
    bars = [reason for reason in reasons if reason not in has]
    return "; ".join([*bars, *([f"has {', '.join(has)}"] if has else [])])


def _dearer(costs: Costs, best: Costs, currency: str) -> str:
    """By how much something is dearer than what was chosen, and through what; empty when it is not dearer."""
    more = costs.total - best.total
    if more < 0:
        return ""
    if more == 0:
        return "costs the same; the other was weighed first"
    through = ", ".join(f"{term} {Money(minor=units, currency=currency)}" for term, units in costs.dearer_by(best).items())
    return f"{Money(minor=more, currency=currency)} dearer ({through} more)"


def _by_item(needs: Iterable[Need]) -> dict[str, int]:
    units: dict[str, int] = {}
    for need in needs:
        units[need.item] = units.get(need.item, 0) + need.quantity
    return units


def _part(amount: int, percent: int) -> int:
    return _up(amount * percent, 100)


def _up(amount: int, by: int) -> int:
    """Divided and rounded up: a cost is never less than it is."""
    return -(-amount // by)
