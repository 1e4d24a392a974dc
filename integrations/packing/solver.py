"""The port `Packer` on packingsolver3d: C++ in a process of its own, with a limit to its time and its memory, and first fit behind it.

Whatever goes wrong there (no library, a crash, no time or memory left, an answer that breaks a rule) costs a worse proposal, not an error.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from domain.first_fit import first_fit
from domain.packing import Filled, Goods, Placement, Proposal, ToPack, faults, proposal

SECONDS = 2.0
"""How long the search may take for one group of goods; it returns the best it found."""

START_SECONDS = 8.0
"""What a process may need on top before it answers: the interpreter, the library, a machine that is busy."""

MEMORY_MB = 2_048
"""Address space of the process; the library itself maps some hundred megabytes."""

MOST_UNITS = 300
"""Above this the search finds nothing better than first fit within its time."""

PROGRAM = (sys.executable, "-I", str(Path(__file__).with_name("search.py")))
"""Isolated: the process sees the installed packages and nothing of ours, and no variable of our environment steers it."""


class NoAnswer(Exception):
    """Says why first fit has to do; never leaves this module."""


class SolverPacker:
    def __init__(self, seconds: float = SECONDS, program: tuple[str, ...] = PROGRAM, memory_mb: int = MEMORY_MB) -> None:
        self._seconds, self._program, self._memory_mb = seconds, program, memory_mb

    async def propose(self, task: ToPack) -> Proposal:
        """Raises Unpackable when a unit fits no carton that is permitted for it."""
        groups = list(task.checked().groups())
        units = sum(goods.quantity for group in groups for goods in group)
        if not groups:
            return proposal(task, [], "as is", "every unit ships in its own container")
        if units > MOST_UNITS:
            return await asyncio.to_thread(first_fit, task, f"{units} units are too many for the solver")
        try:
            found = [parcel for group in groups for parcel in await self._search(task, group)]
            proposed = proposal(task, found, "solver", "the cheapest cartons that the solver found in its time")
            if wrong := faults(task, proposed):
                raise NoAnswer(f"the solver's answer does not hold: {wrong[0]}")
        except NoAnswer as why:
            return await asyncio.to_thread(first_fit, task, str(why))
        plain = await asyncio.to_thread(first_fit, task, "no worse than what the solver found in its time")
        return plain if (plain.cost, len(plain.parcels)) < (proposed.cost, len(proposed.parcels)) else proposed

    async def _search(self, task: ToPack, group: tuple[Goods, ...]) -> list[Filled]:
        cartons = [carton for carton in task.permitted if task.load(carton) >= 0]
        question = {
            "seconds": self._seconds,
            "memory_mb": self._memory_mb,
            "goods": [
                {
                    "size": goods.size,
                    "weight_g": goods.weight_g,
                    "copies": goods.quantity,
                    "upright": goods.upright or task.rules.keep_upright,
                }
                for goods in group
            ],
            "cartons": [{"size": carton.size, "load_g": task.load(carton), "cost": max(carton.cost, 1)} for carton in cartons],
        }
        answer = await self._asked(question)
        try:
            return [
                (
                    cartons[parcel["carton"]],
                    tuple(
                        Placement(line=group[number].line, item=group[number].item, at=tuple(at), sides=tuple(sides))
                        for number, at, sides in parcel["units"]
                    ),
                )
                for parcel in answer["parcels"]
            ]
        except (LookupError, TypeError, ValueError) as unreadable:
            raise NoAnswer("the solver's answer could not be read") from unreadable

    async def _asked(self, question: dict[str, Any]) -> dict[str, Any]:
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(*self._program, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL)
        except OSError as trouble:
            raise NoAnswer(f"the solver could not be started: {trouble.strerror}") from trouble
        try:
            said, _ = await asyncio.wait_for(process.communicate(json.dumps(question).encode()), self._seconds + START_SECONDS)
        except TimeoutError:
            raise NoAnswer("the solver did not answer in time") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            raise NoAnswer(f"the solver ended with code {process.returncode}")
        try:
            answer: dict[str, Any] = json.loads(said)
        except ValueError:
            raise NoAnswer("the solver's answer could not be read") from None
        if answer.get("missing"):
            raise NoAnswer(f"the solver found no way in its time: {answer['missing']}")
        return answer
