"""The solver for many orders: its plans can be carried out, none is cheaper on what is small, none is worse than one after another."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from domain.errors import Refused
from domain.sourcing.batch import Batch, BatchOrder, BatchPlan, one_after_another, priced_plan
from domain.sourcing.search import Priced, Shares
from integrations.solver import together
from tests.endurance import examples

ITEMS = ("CUP", "JUG")


def price(location: str, fixed: int = 0, **unit: int) -> Priced:
    return Priced(location=location, fixed=fixed, unit={item: unit.get(item, 0) for item in ITEMS}, supply={})


def one_order(order: BatchOrder, batch: Batch) -> Iterator[Shares]:
    """Every way to serve one order in whole or in part from full shelves."""

    def by_item(items: list[str]) -> Iterator[Shares]:
        if not items:
            yield {}
            return
        for rest in by_item(items[1:]):
            for parts in by_location(items[0], order.demand[items[0]], [each.location for each in order.prices]):
                shares = {location: dict(units) for location, units in rest.items()}
                for location, units in parts.items():
                    shares.setdefault(location, {})[items[0]] = units
                yield shares

    def by_location(item: str, most: int, locations: list[str]) -> Iterator[dict[str, int]]:
        if not locations:
            yield {}
            return
        for units in range(min(most, batch.stock[locations[0]].get(item, 0)) + 1):
            for rest in by_location(item, most - units, locations[1:]):
                yield {locations[0]: units, **rest} if units else rest

    yield from by_item(list(order.demand))


def by_brute_force(batch: Batch) -> tuple[int, int]:
    """The best objective over all combinations of plans that can be carried out."""
    best: list[tuple[int, int]] = []

    def extend(at: int, shares: dict[str, Shares]) -> None:
        if at == len(batch.orders):
            try:
                best.append(priced_plan(batch, shares, exact=True).objective)
            except Refused:
                return
            return
        for plan in one_order(batch.orders[at], batch):
            extend(at + 1, {**shares, batch.orders[at].order: plan})

    extend(0, {})
    return min(best)


def batches(orders: int, units: int, locations: int) -> st.SearchStrategy[Batch]:
    names = [f"L{n}" for n in range(locations)]
    demand = st.fixed_dictionaries({item: st.integers(0, units) for item in ITEMS})
    prices = st.tuples(
        *(st.builds(price, st.just(name), st.integers(0, 9), CUP=st.integers(0, 5), JUG=st.integers(0, 5)) for name in names)
    )
    made = st.tuples(*(st.builds(BatchOrder, st.just(f"shop/{n}"), demand, prices) for n in range(orders)))
    stock = st.fixed_dictionaries({name: st.fixed_dictionaries({item: st.integers(0, units) for item in ITEMS}) for name in names})
    room = st.dictionaries(st.sampled_from(names), st.integers(0, orders), max_size=locations)
    return st.builds(Batch, made, stock, room, further=st.integers(0, 6))


@given(batch=batches(orders=2, units=2, locations=2))
@settings(max_examples=examples(40), deadline=None)
def test_on_what_is_small_no_plan_of_all_is_better(batch: Batch) -> None:
    found = together(batch)
    assert found.exact
    assert found.objective == by_brute_force(batch)


def test_two_orders_that_could_share_a_location_are_parted_where_that_is_cheaper() -> None:
    """HiGHS with its presolve took 7 for the least that this can cost, and said that it was proved."""
    first = BatchOrder("shop/1", {"CUP": 2, "JUG": 1}, (price("L0"), price("L1", 2, CUP=1, JUG=1)))
    second = BatchOrder("shop/2", {"CUP": 2, "JUG": 2}, (price("L0", 1, CUP=1, JUG=1), price("L1", 2, CUP=1)))
    batch = Batch((first, second), {"L0": {"CUP": 1, "JUG": 2}, "L1": {"CUP": 1, "JUG": 2}}, further=2)
    found = together(batch)
    assert (found.units_missing, found.cost, found.exact) == (2, 3, True)
    assert found.shares == {"shop/1": {"L0": {"CUP": 1, "JUG": 1}}, "shop/2": {"L1": {"CUP": 1, "JUG": 2}}}


@given(batch=batches(orders=6, units=9, locations=4))
@settings(max_examples=examples(25), deadline=None)
def test_its_plan_can_be_carried_out_and_is_not_worse_than_one_after_another(batch: Batch) -> None:
    found = together(batch)
    assert priced_plan(batch, found.shares, exact=found.exact) == found
    assert found.objective <= one_after_another(batch).objective


def test_the_first_order_leaves_the_near_stock_to_the_one_that_has_no_other() -> None:
    """One after another the first takes the cup at its own door, and the second pays for the long way."""
    first = BatchOrder("shop/1", {"CUP": 1}, (price("NEAR", 5), price("FAR", 7)))
    second = BatchOrder("shop/2", {"CUP": 1}, (price("NEAR", 5), price("FAR", 90)))
    batch = Batch((first, second), {"NEAR": {"CUP": 1}, "FAR": {"CUP": 1}})
    assert one_after_another(batch).cost == 95
    found = together(batch)
    assert (found.cost, found.units_missing, found.exact) == (12, 0, True)
    assert found.shares == {"shop/1": {"FAR": {"CUP": 1}}, "shop/2": {"NEAR": {"CUP": 1}}}


def test_a_plan_that_gives_what_is_not_there_is_refused() -> None:
    batch = Batch((BatchOrder("shop/1", {"CUP": 2}, (price("NEAR"),)),), {"NEAR": {"CUP": 1}}, room={"NEAR": 0})
    with pytest.raises(Refused, match="2 of CUP would leave NEAR, which has 1"):
        priced_plan(batch, {"shop/1": {"NEAR": {"CUP": 2}}}, exact=True)
    with pytest.raises(Refused, match="1 shipments would leave NEAR, which has room for 0"):
        priced_plan(batch, {"shop/1": {"NEAR": {"CUP": 1}}}, exact=True)
    with pytest.raises(Refused, match="shop/1 would get 3 of CUP and asked for 2"):
        priced_plan(batch, {"shop/1": {"NEAR": {"CUP": 3}}}, exact=True)


def test_a_batch_of_nothing_costs_nothing() -> None:
    assert together(Batch((), {})) == BatchPlan(shares={}, cost=0, units_missing=0, exact=True)
