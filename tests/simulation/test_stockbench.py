"""The stock benchmark: its two ways to decide agree, and its page keeps what other benchmarks wrote."""

from __future__ import annotations

import random

import pytest

from domain.sourcing.choice import Field, choose
from domain.sourcing.search import Shares
from simulation.benchmark.page import with_section
from simulation.stockbench.deciding import POLICY, question, solved
from simulation.stockbench.keeping import Kept


@pytest.mark.parametrize("locations", [2, 5])
def test_the_exact_decision_and_the_solver_find_plans_of_the_same_cost(locations: int) -> None:
    drawn = random.Random(f"agree/{locations}")
    for _ in range(4):
        order, sites = question(drawn, 4, locations)
        split = POLICY.model_copy(update={"rules": POLICY.rules[1:]})  # the solver knows no rule that one location comes first
        decision, plan = choose(order, sites, split), solved(order, sites)
        items = {need.line: need.item for need in order.needs}
        shares: Shares = {part.location: {items[line]: units for line, units in part.units.items()} for part in decision.parts}
        assert decision.exact
        assert plan.exact
        assert (plan.units_missing, plan.cost) == (0, Field(order, sites, split.weights).costs(shares).total)


def test_a_benchmark_writes_its_own_section_and_leaves_the_others() -> None:
    page = with_section("# Benchmarks\n\nfrom before there were sections\n", "stock", "# Stock\n\nfast\n")
    assert page.index("from before there were sections") < page.index("fast")
    page = with_section(page, "stock", "# Stock\n\nfaster\n")
    assert "fast\n" not in page
    page = with_section(page, "orders", "# Benchmarks\n\nnew\n")
    orders, stock = "# Benchmarks\n\nnew\n", "# Stock\n\nfaster\n"
    assert page == f"<!-- begin orders -->\n{orders}<!-- end orders -->\n\n<!-- begin stock -->\n{stock}<!-- end stock -->\n"
    assert with_section("", "stock", "# Stock\n") == "<!-- begin stock -->\n# Stock\n<!-- end stock -->\n"


def test_percentiles_are_nearest_ranks() -> None:
    kept = Kept(engine="SQLite", items=1, processes=1, seconds=tuple(n / 1_000 for n in range(1, 101)), elapsed=2.0, again=0)
    assert (kept.percentile_ms(50), kept.percentile_ms(95), kept.per_second) == (50.0, 95.0, 50.0)
