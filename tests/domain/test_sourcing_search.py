"""The search for the cheapest plan is exact: on everything small it finds what trying all plans finds."""

from collections.abc import Iterator
from itertools import product

import hypothesis.strategies as st
from hypothesis import given, settings

from domain.sourcing.search import Found, Priced, Shares, cheapest, cost_of
from tests.endurance import examples

ITEMS = ("CUP", "JUG", "MUG")


def all_plans(demand: dict[str, int], prices: list[Priced]) -> Iterator[Shares]:
    """Every way to cover the demand, unit by unit."""

    def ways(item: str, units: int, left: list[Priced]) -> Iterator[dict[str, int]]:
        if not left:
            if not units:
                yield {}
            return
        for taken in range(min(units, left[0].supply.get(item, 0)) + 1):
            for rest in ways(item, units - taken, left[1:]):
                yield {left[0].location: taken} | rest if taken else rest

    for combination in product(*(list(ways(item, units, prices)) for item, units in demand.items())):
        shares: Shares = {}
        for item, by_location in zip(demand, combination, strict=True):
            for location, units in by_location.items():
                shares.setdefault(location, {})[item] = units
        yield shares


def cost_by_hand(shares: Shares, prices: list[Priced], further: int) -> int:
    cost = further * (len(shares) - 1)
    for price in prices:
        if price.location in shares:
            cost += price.fixed + sum(price.unit[item] * units for item, units in shares[price.location].items())
    return cost


def located(number: int) -> st.SearchStrategy[Priced]:
    per_item = st.fixed_dictionaries({item: st.integers(0, 9) for item in ITEMS})
    supply = st.fixed_dictionaries({item: st.integers(0, 3) for item in ITEMS})
    return st.builds(Priced, location=st.just(f"L{number}"), fixed=st.integers(0, 12), unit=per_item, supply=supply)


@given(
    demand=st.fixed_dictionaries({item: st.integers(0, 3) for item in ITEMS}).filter(lambda demand: any(demand.values())),
    prices=st.integers(1, 4).flatmap(lambda count: st.tuples(*(located(number) for number in range(count)))).map(list),
    further=st.integers(0, 15),
    most=st.sampled_from([None, 1, 2, 3]),
)
@settings(max_examples=examples(150), deadline=None)
def test_no_plan_is_cheaper_than_the_one_that_is_found(
    demand: dict[str, int], prices: list[Priced], further: int, most: int | None
) -> None:
    allowed = [plan for plan in all_plans(demand, prices) if most is None or len(plan) <= most]
    found = cheapest(demand, prices, further, most)
    if not allowed:
        assert found is None
        return
    assert found is not None
    best = min((cost_by_hand(plan, prices, further), len(plan)) for plan in allowed)
    assert (found.cost, len(found.shares)) == best
    assert found.exact
    assert found.shares in allowed
    assert found.cost == cost_by_hand(found.shares, prices, further) == cost_of(found.shares, prices, further)


def test_without_the_effort_a_plan_is_found_and_not_called_the_cheapest() -> None:
    prices = [Priced(f"L{n:02}", fixed=100 - n, unit={"CUP": n % 7}, supply={"CUP": 3}) for n in range(40)]
    found = cheapest({"CUP": 60}, prices, 1, effort=500)
    assert found is not None
    assert not found.exact
    assert sum(given["CUP"] for given in found.shares.values()) == 60
    assert found.cost == cost_by_hand(found.shares, prices, 1)


def test_nothing_to_cover_costs_nothing() -> None:
    assert cheapest({"CUP": 0}, [], 5) == Found(shares={}, cost=0)
    assert cheapest({"CUP": 1}, [], 5) is None
