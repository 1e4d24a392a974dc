"""`make bench`: how many orders a second one machine carries to their end, what each costs, and how far that is from the floor."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from domain.errors import OrderError
from simulation.benchmark.course import Plan, run
from simulation.benchmark.page import PAGE, write_section
from simulation.benchmark.report import document, shown


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulation.bench", description=__doc__)
    parser.add_argument("--orders", type=int, default=Plan().orders, help="orders of each stretch; a quarter of them one at a time")
    parser.add_argument("--workers", type=int, default=Plan().workers, help="worker processes")
    parser.add_argument("--quick", action="store_true", help="80 orders, and docs/benchmarks.md stays as it is")
    asked = parser.parse_args()
    if asked.orders < 1 or asked.workers < 1:
        parser.error("there is nothing to measure without an order and a worker")
    plan = Plan(orders=min(asked.orders, 80) if asked.quick else asked.orders, workers=asked.workers)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as home:
        outcome = asyncio.run(run(Path(home), plan, lambda line: print(line, flush=True)))
    print(f"\n{shown(outcome)}")
    if not asked.quick:
        command = f"make bench ARGS='{' '.join(sys.argv[1:])}'" if sys.argv[1:] else "make bench"
        write_section("orders", document(outcome, command))
        print(f"\nWritten to {PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE}.")
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OrderError as error:
        sys.exit(str(error))
