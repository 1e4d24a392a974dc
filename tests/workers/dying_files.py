"""A process that takes a file in and is killed at one point of its work; its words are KIND FILE POINT.

KIND is `folder`, which is served as a worker does it, or `place`, the `oms` command. Points are those of `tests.workers.dying`, and of the
folder also before and after a file is moved or written. It ends by itself if it has less to do.
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


def main() -> None:
    kind, file, point = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    passed = doomed(point)
    if kind == "place":
        run(["place", str(file)])
        return
    posting.Folder.put_away = deadly(posting.Folder.put_away, passed, point)  # type: ignore[method-assign]  # what this process is for
    posting.write_whole = deadly(posting.write_whole, passed, point)
    asyncio.run(serve(file))
