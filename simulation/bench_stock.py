"""`make bench-stock`: how fast stock is kept on both databases, how fast it is decided where it comes from, how fast demand is forecast."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from database.migrate import migrate
from domain.errors import OrderError, Unavailable
from simulation.benchmark.page import PAGE, write_section
from simulation.postgresql import temporary_database, temporary_server
from simulation.stockbench.deciding import decide, decide_together
from simulation.stockbench.forecasting import forecast_a_thousand
from simulation.stockbench.keeping import RUNS, Kept, furnished, keep
from simulation.stockbench.report import Outcome, section, shown

ORDERS = 1_000
SIZES = tuple((lines, locations) for lines in (1, 10, 100) for locations in (5, 50))


def measure(orders: int, say: Callable[[str], None]) -> Outcome:
    """All of it, one after the other, so that nothing disturbs anything else."""
    begun, load = datetime.now(UTC), os.getloadavg()[0]
    kept, left_out = [], ""
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        kept += _keep("SQLite", f"sqlite:///{Path(folder) / 'holdfast.db'}", orders, say)
    try:
        with temporary_server() as server, temporary_database(server, "bench") as url:
            kept += _keep("PostgreSQL", url, orders, say)
    except Unavailable as absent:
        left_out = f"PostgreSQL was left out. {absent}"
        say(left_out)
    decided = []
    for lines, locations in SIZES:
        say(f"Sourcing {lines} lines over {locations} locations")
        decided.append(decide(lines, locations))
    say("Sourcing 100 orders together")
    together = decide_together()
    say("Forecasting 1,000 items")
    return Outcome(
        begun=begun,
        load_average=load,
        kept=tuple(kept),
        left_out=left_out,
        decided=tuple(decided),
        together=together,
        forecasted=forecast_a_thousand(),
    )


def _keep(engine: str, url: str, orders: int, say: Callable[[str], None]) -> list[Kept]:
    migrate(url)
    asyncio.run(furnished(url, orders))
    found = []
    for run in RUNS:
        processes, items = run
        say(f"{engine}: {orders} reservations by {processes} processes of {'one item' if items == 1 else f'{items:,} items'}")
        found.append(keep(engine, url, run, orders))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulation.bench_stock", description=__doc__)
    parser.add_argument("--orders", type=int, default=ORDERS, help="reservations of each run")
    parser.add_argument("--quick", action="store_true", help="80 reservations of each run, and docs/benchmarks.md stays as it is")
    asked = parser.parse_args()
    if asked.orders < 4:
        parser.error("four processes need at least four orders")
    outcome = measure(min(asked.orders, 80) if asked.quick else asked.orders, lambda line: print(line, flush=True))
    print(f"\n{shown(outcome)}")
    if not asked.quick:
        command = f"make bench-stock ARGS='{' '.join(sys.argv[1:])}'" if sys.argv[1:] else "make bench-stock"
        write_section("stock", section(outcome, command))
        print(f"\nWritten to {PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE}.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OrderError as error:
        sys.exit(str(error))
