"""Processes that run a module of ours beside us, all forked from one that has loaded it: loading takes seconds of a processor.

    worker = Process("worker", "workers.__main__", environment_of(settings), log)
    begin_loading()  # while something else is done
    await worker.start()
    await worker.stop()

What they are forked from is the standard library's fork server: a process without threads or files of ours that ends when we do. It loads
the modules of every `Process` that was made before it began, and is begun by the first start at the latest.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import multiprocessing
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from multiprocessing import forkserver
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import OrderError

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

FORKING = multiprocessing.get_context("forkserver")

_STOPS_WITHIN = 15.0  # seconds: a worker lets its running activities come to their end

_loaded = ["__main__"]  # else each process would load what we were started with


def load_ahead(*modules: str) -> None:
    """These modules, too, shall be loaded in what processes are forked from. Once it runs, that is too late: each process loads them."""
    _loaded.extend(module for module in modules if module not in _loaded)
    FORKING.set_forkserver_preload(_loaded)


def begin_loading() -> None:
    """Begin what processes are forked from: it loads what was named so far, beside whatever else is done until the first start."""
    forkserver.ensure_running()


class Process:
    """A module whose `main` runs in a process beside us, with a log of its own and the words after its name as `sys.argv`.

    It leads a session of its own: Ctrl-C reaches us first, and we end it in order. It is started again after its end by another `start`.
    """

    def __init__(self, name: str, module: str, environment: Mapping[str, str], log: Path, *words: str) -> None:
        self.name, self.log = name, log
        self._module, self._environment, self._words = module, dict(environment), words
        self._running: ForkServerProcess | None = None
        self._ending: asyncio.Event | None = None
        load_ahead(module)

    @property
    def pid(self) -> int | None:
        return None if self._running is None or self.ended else self._running.pid

    @property
    def ended(self) -> bool:
        return self._ending is not None and self._ending.is_set()

    async def start(self) -> None:
        self.log.touch()
        running = FORKING.Process(
            target=_run, args=(self._module, self._words, self._environment, str(self.log)), name=self.name, daemon=True
        )
        running.start()
        self._running, self._ending = running, asyncio.Event()
        asyncio.get_running_loop().add_reader(running.sentinel, self._note_end, running, self._ending)

    async def wait(self) -> int | None:
        """How it ended, once it has: 0 of itself, 1 with a reason in its log, -9 killed. None if it was never started."""
        if self._running is None or self._ending is None:
            return None
        await self._ending.wait()
        return self._running.exitcode

    async def stop(self) -> None:
        """Politely, then by force."""
        running = self._running
        if running is None or self.ended:
            return
        running.terminate()
        try:
            await asyncio.wait_for(self.wait(), _STOPS_WITHIN)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """Without a word."""
        if self._running is not None and not self.ended:
            self._running.kill()
            await self.wait()

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it said nothing"

    @staticmethod
    def _note_end(running: ForkServerProcess, ending: asyncio.Event) -> None:
        asyncio.get_running_loop().remove_reader(running.sentinel)
        running.join()
        ending.set()


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a process's `main` to its end. A reason for which it cannot is one sentence on standard error, and exit code 1."""
    try:
        asyncio.run(main())
    except OrderError as error:
        sys.exit(str(error))


def _run(module: str, words: tuple[str, ...], environment: dict[str, str], log: str) -> None:
    """What a process that was just forked does."""
    gc.freeze()  # what was loaded stays, and is shared with the others for as long as nobody writes to it
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    with Path(log).open("ab", buffering=0) as kept:
        os.dup2(kept.fileno(), 1)
        os.dup2(kept.fileno(), 2)
    sys.argv = [module, *words]
    main = importlib.import_module(module).main
    if inspect.iscoroutinefunction(main):
        run(main)
    else:
        main()
