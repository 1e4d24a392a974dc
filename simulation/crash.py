"""`make crash`: orders live the samples' stories while workers die, answers get lost and steps run twice; then all is checked."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from config.settings import Settings
from database.engine import Database
from domain.errors import OrderError
from integrations.simulated import World
from simulation.crashing.disturbance import Disturbance, Report
from simulation.crashing.orders import prepare
from simulation.crashing.verdict import Verdict, judge, read_books
from starters.demonstration import Progress, demonstrate
from workers.embedded import SAMPLES, Everything
from workers.server import TemporalServer

ORDERS, KILLS = 100, 12
SHORT_ORDERS, SHORT_KILLS = 20, 4
DAY_SECONDS, SHORT_DAY_SECONDS = 0.5, 0.25
"""How long a day lasts: a hundred orders wait their turn while workers die, and goods should still be able to come back in time."""
TIME_LIMIT = 600.0  # seconds; an attempt that died with its worker is waited for until its time is over, up to 45 s

RETURN_WINDOW = 60
"""Days in which goods may come back: time for a return between two kills, and no longer than that."""


async def crash(home: Path, *, orders: int, kills: int, kill_server: bool, report: Report, day_seconds: float) -> Verdict:
    """Run so many orders in the empty folder `home`, kill so many workers meanwhile, and judge what came of it."""
    samples = home / "samples"
    samples.mkdir(parents=True)
    stories = prepare(SAMPLES, samples, orders)
    free = TemporalServer(home)  # never started: it chooses ports that nobody has
    settings = Settings.load(
        home=home,
        database_url=f"sqlite:///{home / 'holdfast.db'}",
        world_url=f"sqlite:///{home / 'world.db'}",
        temporal_address=free.address,
        temporal_namespace=free.namespace,
        ui_address=str(free.ui_address),
        day_seconds=day_seconds,
        return_window=RETURN_WINDOW,
    )
    async with Everything(settings, workers=0, report=report) as everything:
        disturbance = Disturbance(settings, everything.server, kills=kills, kill_server=kill_server, report=report)
        disturbing = asyncio.create_task(disturbance.run())
        try:
            result = await demonstrate(everything, samples, _watched(disturbance, report), time_limit=TIME_LIMIT)
        finally:
            disturbing.cancel()
            await asyncio.wait([disturbing])
        if not disturbing.cancelled():
            disturbing.result()
    database = Database(settings.database_url)
    with World(settings.world_url) as world:
        verdict = judge(result, stories, world, await database.read(read_books), disturbance.damage)
    await database.close()
    return verdict


def _watched(disturbance: Disturbance, report: Report) -> Callable[[Progress], None]:
    said_at = 0.0

    def watch(progress: Progress) -> None:
        nonlocal said_at
        disturbance.watch(progress)
        if time.monotonic() - said_at > 5:
            said_at = time.monotonic()
            stages = ", ".join(f"{count} {stage}" for stage, count in sorted(progress.stages.items()))
            report(f"{progress.seconds:4.0f} s: {progress.ended} of {progress.expected} orders ended; {stages or 'placing'}")

    return watch


def told(verdict: Verdict) -> str:
    """The report of a run."""
    done, times = sum(each.done for each in verdict.repeats), sum(each.times for each in verdict.repeats)
    again = [each for each in verdict.repeats if each.repeated]
    lines = [
        f"{verdict.orders} orders in {verdict.seconds:.0f} s; {verdict.worker_kills} workers and {verdict.server_kills} servers killed.",
        f"{verdict.ran_twice} of {done:,} steps really ran twice or more often ({times} repeats answered by the journal),",
        f"of {len(again)} kinds out of {len(verdict.repeats)}: {', '.join(f'{each.step} {each.repeated}' for each in again)}.",
        "",
        "Calls to partners, and what came of them:",
        *(
            f"  {each.partner:9} {each.operation:13} {each.keys:4} keys  {each.arrived:4} calls  {each.happened:4} effects"
            for each in verdict.calls
        ),
    ]
    if verdict.shorter:
        lines += ["", "Ended where their stories end, by a shorter way:", *(f"  {order}" for order in verdict.shorter)]
    if verdict.faults:
        return "\n".join([*lines, "", f"{len(verdict.faults)} FAULTS:", *(f"  {fault}" for fault in verdict.faults)])
    done_once = "nothing was lost, shipped, captured, invoiced, reminded or refunded twice, and the audit is clean."
    return "\n".join([*lines, "", f"Every order is where its facts say; {done_once}"])


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulation.crash", description=__doc__)
    parser.add_argument("--orders", type=int, help=f"how many orders live ({ORDERS})")
    parser.add_argument("--kills", type=int, help=f"how many workers die ({KILLS})")
    parser.add_argument("--short", action="store_true", help=f"{SHORT_ORDERS} orders, {SHORT_KILLS} kills, and the server lives")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="an empty folder for databases and logs, which stay")
    asked = parser.parse_args()
    orders = asked.orders or (SHORT_ORDERS if asked.short else ORDERS)
    kills = asked.kills if asked.kills is not None else SHORT_KILLS if asked.short else KILLS
    with tempfile.TemporaryDirectory(prefix="holdfast-crash-") as temporary:
        home = asked.keep or Path(temporary)
        day_seconds = SHORT_DAY_SECONDS if asked.short else DAY_SECONDS
        run = crash(home, orders=orders, kills=kills, kill_server=not asked.short, report=_say, day_seconds=day_seconds)
        verdict = asyncio.run(run)
    print(f"\n{told(verdict)}")
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OrderError as error:
        sys.exit(str(error))
