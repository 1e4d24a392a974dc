"""How long it takes to decide where orders come from: exact for one order, HiGHS for one and for a hundred that share stock."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from domain.sourcing.batch import Batch, BatchPlan, competitor, one_after_another
from domain.sourcing.choice import choose
from domain.sourcing.decision import Decision
from domain.sourcing.facts import Goods, Rate, Site, Sourcing, SourcingPolicy
from domain.steps import Need
from domain.values import Value
from integrations.solver import together

Answer = TypeVar("Answer")

SEED = 2026
POLICY = SourcingPolicy()
QUESTIONS = 20
"""Orders drawn for each size; the solver is asked about a quarter of them."""

SECONDS = 10.0
"""The solver's time for one question; then its best plan so far counts."""


class Decided(Value):
    """One size of order: milliseconds of the decision (median, 95th percentile) and of the solver, and how good they were.

    `proved` of the decisions were proved to be the cheapest; `dearer` is by how much per cent of the solver's cost they were dearer.
    """

    lines: int
    locations: int
    median_ms: float
    p95_ms: float
    proved: int
    questions: int
    solver_ms: float
    solver_proved: int
    solver_questions: int
    dearer: float


class Together(Value):
    """Many orders at once: milliseconds one after another and together, and what each way costs."""

    orders: int
    locations: int
    greedy_ms: float
    solver_ms: float
    greedy: tuple[int, int]  # units missing, cost
    solver: tuple[int, int]
    proved: bool


def decide(lines: int, locations: int) -> Decided:
    """Draw orders of that many lines, each a split or not as it comes, and time both ways."""
    drawn = random.Random(f"{SEED}/{lines}/{locations}")
    times, solver_times, gaps = [], [], []
    proved = solver_proved = 0
    for number in range(QUESTIONS):
        order, sites = question(drawn, lines, locations)
        decision, seconds = _timed(lambda order=order, sites=sites: choose(order, sites, POLICY))  # type: ignore[misc]  # bound for this turn
        times.append(seconds)
        proved += decision.exact
        if number % 4 == 0:
            plan, solving = _timed(lambda order=order, sites=sites: solved(order, sites))  # type: ignore[misc]  # bound for this turn
            solver_times.append(solving)
            solver_proved += plan.exact
            gaps.append(100 * (_cost(decision) - plan.cost) / plan.cost)
    return Decided(
        lines=lines,
        locations=locations,
        median_ms=statistics.median(times),
        p95_ms=sorted(times)[-(-95 * len(times) // 100) - 1],
        proved=proved,
        questions=QUESTIONS,
        solver_ms=statistics.median(solver_times),
        solver_proved=solver_proved,
        solver_questions=len(solver_times),
        dearer=statistics.mean(gaps),
    )


def decide_together(orders: int = 100, lines: int = 3, locations: int = 5) -> Together:
    """Orders that compete for about as many units as they want."""
    drawn = random.Random(f"{SEED}/together/{orders}")
    items = [f"ITEM-{n}" for n in range(20)]
    sites = [_site(drawn, n, items) for n in range(locations)]
    stock = {site.location: {item: drawn.randrange(0, orders * lines // len(items)) for item in items} for site in sites}
    made = []
    for number in range(orders):
        wanted = tuple(Need(line=n + 1, item=item, quantity=drawn.randint(1, 4)) for n, item in enumerate(drawn.sample(items, lines)))
        made.append(competitor(f"bench/{number}", _order(drawn, wanted), sites, POLICY.weights))
    batch = Batch(tuple(made), stock, further=POLICY.weights.further_shipment)
    greedy, greedy_ms = _timed(lambda: one_after_another(batch))
    solver, solver_ms = _timed(lambda: together(batch, SECONDS))
    return Together(
        orders=orders,
        locations=locations,
        greedy_ms=greedy_ms,
        solver_ms=solver_ms,
        greedy=greedy.objective,
        solver=solver.objective,
        proved=solver.exact,
    )


def question(drawn: random.Random, lines: int, locations: int) -> tuple[Sourcing, list[Site]]:
    """An order, and locations of which each has about two thirds of its items; together they have all of them."""
    items = [f"ITEM-{n}" for n in range(lines)]
    sites = [_site(drawn, n, items) for n in range(locations)]
    wanted = tuple(Need(line=n + 1, item=item, quantity=drawn.randint(1, 5)) for n, item in enumerate(items))
    for need in wanted:
        home = drawn.choice(sites)
        assert isinstance(home.units, dict)
        home.units[need.item] = max(home.units[need.item], need.quantity)
    return _order(drawn, wanted), sites


def solved(order: Sourcing, sites: Sequence[Site]) -> BatchPlan:
    """The same question as a mixed-integer programme."""
    made = competitor("bench/1", order, sites, POLICY.weights)
    stock = {site.location: dict(site.units) for site in sites}
    return together(Batch((made,), stock, further=POLICY.weights.further_shipment), SECONDS)


def _order(drawn: random.Random, wanted: tuple[Need, ...]) -> Sourcing:
    goods = {need.item: Goods(weight_g=drawn.randint(50, 4_000)) for need in wanted}
    return Sourcing(needs=wanted, goods=goods, country="DE", postcode="20457", value=100_000)


def _site(drawn: random.Random, number: int, items: Sequence[str]) -> Site:
    rates = {"*": Rate(base=drawn.randint(400, 1_400), per_kg=drawn.randint(10, 70))}
    units = {item: drawn.choice((0, 2, 8)) for item in items}
    return Site(f"LOC-{number:02}", units, rates=rates, handling=drawn.randint(50, 150), handling_per_unit=drawn.randint(5, 20))


def _cost(decision: Decision) -> int:
    names = {part.location for part in decision.parts}
    chosen = next(candidate for candidate in decision.candidates if set(candidate.locations) == names)
    assert chosen.costs is not None
    return chosen.costs.total


def _timed(work: Callable[[], Answer]) -> tuple[Answer, float]:
    """What it answers, and the milliseconds that took."""
    begun = time.perf_counter()
    answer = work()
    return answer, 1_000 * (time.perf_counter() - begun)
