"""What the stock benchmark found, for a terminal and for its section of docs/benchmarks.md."""

from __future__ import annotations

from datetime import datetime

from domain.values import Value
from simulation.benchmark.report import machine, table
from simulation.stockbench.deciding import SECONDS, Decided, Together
from simulation.stockbench.forecasting import Forecasted
from simulation.stockbench.keeping import Kept


class Outcome(Value):
    begun: datetime
    load_average: float
    kept: tuple[Kept, ...]
    left_out: str  # why PostgreSQL was not measured; empty when it was
    decided: tuple[Decided, ...]
    together: Together
    forecasted: Forecasted | None


def shown(outcome: Outcome) -> str:
    parts = [*_kept(outcome), "", *_decided(outcome), "", _together(outcome.together), "", _forecast(outcome)]
    return "\n".join(parts)


def section(outcome: Outcome, command: str) -> str:
    """The section about stock."""
    orders = len(outcome.kept[0].seconds)
    lines = [
        "# Stock",
        "",
        f"Written by `{command}` on {outcome.begun:%Y-%m-%d %H:%M} UTC (load average before: {outcome.load_average:.1f}). {machine()}",
        "",
        "## Reservations",
        "",
        f"Each run reserves one unit for each of {orders} orders with the code of the activity `allocate_stock`: journal, locks, claims,",
        "sourcing, shipment, reservation, decision and audit trail in one transaction. Every process has one order at a time, all begin",
        "together and share the machine with the database. SQLite is a file in WAL mode with `synchronous=FULL`; PostgreSQL is a",
        "server of its own with its default settings, `fsync` and all. A retry is an allocation that had to come again.",
        "",
        *_kept(outcome),
        "",
        *([outcome.left_out, ""] if outcome.left_out else []),
        "## Sourcing",
        "",
        "One order, each location with about two thirds of its items: the decision as an allocation makes it, with the reasons of every",
        f"candidate, and the same question to HiGHS (one thread, at most {SECONDS:.0f} s). “Proved” counts plans that were proved to be",
        "the cheapest; “dearer” is how much the decision's plan cost more than the solver's on the same question, in the mean.",
        "",
        *_decided(outcome),
        "",
        _together(outcome.together),
        "",
        "## Forecasts",
        "",
        _forecast(outcome),
        "",
    ]
    return "\n".join(lines)


def _kept(outcome: Outcome) -> list[str]:
    columns = ("database", "items", "processes", "a second", "p50 ms", "p95 ms", "retries")
    rows = [
        (
            each.engine,
            "one" if each.items == 1 else f"{each.items:,}",
            str(each.processes),
            f"{each.per_second:.0f}",
            f"{each.percentile_ms(50):.1f}",
            f"{each.percentile_ms(95):.1f}",
            str(each.again),
        )
        for each in outcome.kept
    ]
    return table(columns, rows)


def _decided(outcome: Outcome) -> list[str]:
    columns = ("lines", "locations", "decision p50 ms", "p95 ms", "proved", "HiGHS p50 ms", "proved", "dearer %")
    rows = [
        (
            str(each.lines),
            str(each.locations),
            f"{each.median_ms:.1f}",
            f"{each.p95_ms:.1f}",
            f"{each.proved} of {each.questions}",
            f"{each.solver_ms:.0f}",
            f"{each.solver_proved} of {each.solver_questions}",
            f"{each.dearer:.1f}",
        )
        for each in outcome.decided
    ]
    return table(columns, rows)


def _together(each: Together) -> str:
    (short, cost), (solver_short, solver_cost) = each.greedy, each.solver
    proved = "proved to be the cheapest" if each.proved else "the best it found in its time"
    return (
        f"{each.orders} orders of three lines that share the stock of {each.locations} locations: one after another"
        f" {each.greedy_ms:.0f} ms, {short} units missing, cost {cost / 100:,.2f}; together with HiGHS {each.solver_ms:.0f} ms,"
        f" {solver_short} units missing, cost {solver_cost / 100:,.2f}, {proved}."
    )


def _forecast(outcome: Outcome) -> str:
    found = outcome.forecasted
    if found is None:
        return "No forecaster is part of this version: forecasts were not measured."
    return (
        f"{found.items:,} items with {found.weeks} weeks of demand each, {found.horizon} weeks ahead, the method of each chosen by its"
        f" back-test ({found.forecaster}): {found.seconds:.1f} s, {1_000 * found.seconds / found.items:.1f} ms an item."
    )
