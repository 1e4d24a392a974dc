"""Processes beside us: what they see and say, how they end, and that they begin again."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import psutil

from workers.processes import Process


def process(tmp_path: Path, what: str) -> Process:
    return Process("saying", "tests.workers.sayings", {"NAME": "Ada"}, tmp_path / "saying.log", what)


async def said(of: Process, sentence: str) -> None:
    async with asyncio.timeout(30):
        while not of.last_words().startswith(sentence):
            await asyncio.sleep(0.01)


async def test_a_process_has_an_environment_and_a_log_of_its_own_and_ends_politely(tmp_path: Path) -> None:
    waiting = process(tmp_path, "wait")
    assert (waiting.pid, waiting.ended, await waiting.wait()) == (None, False, None)
    await waiting.start()
    await said(waiting, f"here is Ada {waiting.pid}")
    assert waiting.pid is not None
    assert os.getsid(waiting.pid) == waiting.pid  # Ctrl-C in our terminal does not reach it
    await waiting.stop()
    assert (waiting.last_words(), waiting.ended, await waiting.wait()) == ("goodbye", True, 0)
    await waiting.stop()  # nothing is left to be ended


async def test_a_process_that_cannot_run_says_why_in_a_sentence(tmp_path: Path) -> None:
    refusing = process(tmp_path, "refuse")
    await refusing.start()
    assert await refusing.wait() == 1
    assert refusing.last_words() == "The warehouse does not answer."


async def test_a_process_that_is_killed_begins_again(tmp_path: Path) -> None:
    waiting = process(tmp_path, "wait")
    pids = []
    for _ in range(2):
        await waiting.start()
        await said(waiting, f"here is Ada {waiting.pid}")
        pids.append(waiting.pid)
        await waiting.kill()
        assert (waiting.ended, await waiting.wait()) == (True, -signal.SIGKILL)
    assert len(set(pids)) == 2
    assert not any(pid is not None and psutil.pid_exists(pid) for pid in pids)


async def test_what_processes_are_forked_from_has_one_thread(tmp_path: Path) -> None:
    """A fork of several threads could hold a lock of one that it does not have."""
    waiting = process(tmp_path, "wait")
    await waiting.start()
    try:
        parent = psutil.Process(waiting.pid).parent()
        assert parent is not None
        assert (parent.ppid(), parent.num_threads()) == (os.getpid(), 1)
    finally:
        await waiting.kill()
