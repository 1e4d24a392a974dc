"""Processes that take files in and are killed, one at each point of their work: `python -m tests.workers.dying_files KIND FILES POINT...`.

KIND is `folder`, which is served as a worker does it, or `place`, the `oms` command. FILES holds a folder for each point, whose file its
process takes. Points are those of `tests.workers.dying`, and of the folder also before and after a file is moved or written. Everything is
imported once; each process is a fork of this one, which prints for each how it ended: 9 it was killed, 0 it had less to do.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.settings import Settings
from config.temporal import connect
from database.engine import Database
from starters.cli.main import run
from starters.edi import post as posting
from starters.edi.partners import partners_of
from starters.forms import forms
from starters.intake import Road
from tests.workers.dying import doomed

ROUNDS = 3


def deadly(call: Callable[..., Any], passed: list[int], point: int) -> Callable[..., Any]:
    """As `tests.workers.dying.deadly`, of a call that is not awaited."""

    def step() -> None:
        passed[0] += 1
        if passed[0] == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def lived(*args: Any, **named: Any) -> Any:
        step()
        answer = call(*args, **named)
        step()
        return answer

    return lived


async def serve(file: Path) -> None:
    """Some rounds of a worker, with this file in its folder."""
    settings = Settings.load()
    assert settings.edi_folder is not None
    database = Database(settings.database_url)
    partners = partners_of(settings)
    post = posting.Post(Road(database, await connect(settings), settings, forms(settings)), partners, settings.edi_folder)
    await asyncio.to_thread(shutil.copy, file, settings.edi_folder / "in" / file.name)
    for _ in range(ROUNDS):
        await post.round()


def live(kind: str, file: Path, point: int) -> None:
    passed = doomed(point)
    if kind == "place":
        run(["place", str(file)])
        return
    posting.Folder.put_away = deadly(posting.Folder.put_away, passed, point)  # type: ignore[method-assign]  # what this process is for
    posting.write_whole = deadly(posting.write_whole, passed, point)
    asyncio.run(serve(file))


def main(kind: str, files: Path, points: list[int]) -> None:
    for point in points:
        (file,) = (files / str(point)).iterdir()
        child = os.fork()
        if not child:
            live(kind, file, point)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), [int(point) for point in sys.argv[3:]])
