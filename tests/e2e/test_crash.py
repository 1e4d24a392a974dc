"""Orders survive: workers die without a word, answers get lost, steps run twice, and nothing is lost or done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.crash import SHORT_DAY_SECONDS, SHORT_KILLS, SHORT_ORDERS, crash, told
from tests.endurance import THOROUGH


@pytest.mark.xdist_group("crash")
@pytest.mark.timeout(300)  # an attempt that died with its worker is begun again only when its time is over
async def test_orders_end_as_told_while_workers_are_killed_and_most_kinds_of_step_run_twice(tmp_path: Path) -> None:
    orders, kills = (SHORT_ORDERS, SHORT_KILLS) if THOROUGH else (10, 2)
    verdict = await crash(tmp_path, orders=orders, kills=kills, kill_server=False, report=lambda _: None, day_seconds=SHORT_DAY_SECONDS)
    report = told(verdict)
    assert verdict.faults == (), report
    assert (verdict.orders, verdict.worker_kills) == (orders, kills), report
    twice = {each.step for each in verdict.repeats if each.repeated}
    assert len(twice) >= 15, report  # which ones is chance: some kinds of step stand in two or three of the orders only
    assert all(call.happened <= call.keys <= call.arrived for call in verdict.calls), report
    assert sum(call.arrived for call in verdict.calls) > sum(call.keys for call in verdict.calls), report
