"""The solver in its own process: never worse than first fit, and never the reason that nothing is packed."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings

from domain.first_fit import first_fit
from domain.packing import ToPack, Unpackable, faults
from integrations.packing import FirstFitPacker, SolverPacker
from tests.domain.test_packing import goods, some_tasks, task
from tests.endurance import examples

MIXED = task(
    goods(1, "KETTLE", 3),
    goods(2, "SCALE", 8, (130, 160, 35), 480),
    goods(3, "CUPS", 2, (320, 220, 160), 1_900, upright=True),
)


async def test_the_solver_packs_what_first_fit_packs_and_no_dearer() -> None:
    asked = task(goods(1, "TEA", 6, (100, 100, 150), 200), goods(2, "JAR", 2, (150, 200, 150), 900))
    best, plain = await SolverPacker(5).propose(asked), await FirstFitPacker().propose(asked)
    assert (best.method, faults(asked, best), plain.method, faults(asked, plain)) == ("solver", [], "first fit", [])
    assert best.cost <= plain.cost
    assert sum(parcel.contents[2] for parcel in best.parcels if 2 in parcel.contents) == 2


async def test_both_forms_agree_on_what_can_be_packed() -> None:
    beam = task(goods(1, "BEAM", size=(2_000, 50, 50)), goods(2))
    for packer in (SolverPacker(0.1), FirstFitPacker()):
        with pytest.raises(Unpackable, match=r"BEAM \(line 1\)"):
            await packer.propose(beam)


@settings(max_examples=examples(10), deadline=None)
@given(some_tasks)
def test_the_solver_and_first_fit_agree_on_every_task(asked: ToPack) -> None:
    try:
        plain = first_fit(asked, "tried")
    except Unpackable as refused:
        with pytest.raises(Unpackable, match=re.escape(str(refused))):
            asyncio.run(SolverPacker(0.1).propose(asked))
        return
    best = asyncio.run(SolverPacker(0.1).propose(asked))
    assert faults(asked, best) == []
    assert (best.cost, len(best.parcels)) <= (plain.cost, len(plain.parcels))


async def test_nothing_is_asked_of_the_solver_when_everything_ships_as_it_is() -> None:
    proposed = await SolverPacker(program=("/no/such/program",)).propose(task(goods(as_is=True)))
    assert (proposed.method, [parcel.carton for parcel in proposed.parcels]) == ("as is", [""])


def script(folder: Path, text: str) -> tuple[str, ...]:
    program = folder / "solver.py"
    program.write_text(text)
    return (sys.executable, "-I", str(program))


LIES = json.dumps({"parcels": [{"carton": 1, "units": [[0, [0, 0, 0], [210, 290, 250]]] * 3}]})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import sys; sys.exit(3)", "the solver ended with code 3"),
        ("import os; os.abort()", "the solver ended with code -6"),
        ("print('no JSON')", "the solver's answer could not be read"),
        ("print('{}')", "the solver's answer could not be read"),
        ('print(\'{"missing": "no-solution"}\')', "the solver found no way in its time: no-solution"),
        (f"print({LIES!r})", "the solver's answer does not hold: line 2 (SCALE): 0 units packed, 8 to be packed"),
    ],
)
async def test_a_solver_that_fails_costs_a_worse_proposal_and_says_why(tmp_path: Path, text: str, why: str) -> None:
    proposed = await SolverPacker(program=script(tmp_path, text)).propose(MIXED)
    assert (proposed.method, proposed.why, faults(MIXED, proposed)) == ("first fit", why, [])


async def test_a_solver_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.packing.solver.START_SECONDS", 0.1)
    proposed = await SolverPacker(0.1, script(tmp_path, "import time; time.sleep(60)")).propose(MIXED)
    assert (proposed.method, proposed.why) == ("first fit", "the solver did not answer in time")


async def test_a_solver_that_is_not_there_is_done_without() -> None:
    proposed = await SolverPacker(program=("/no/such/program",)).propose(MIXED)
    assert (proposed.method, proposed.why) == ("first fit", "the solver could not be started: No such file or directory")


async def test_a_process_without_memory_is_done_without() -> None:
    proposed = await SolverPacker(0.1, memory_mb=20).propose(MIXED)
    assert proposed.method == "first fit"
    assert proposed.why.startswith("the solver ended with code ")
