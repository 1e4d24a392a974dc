"""A process that says its name and does what its word tells it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from domain.errors import Unavailable


async def main() -> None:
    what = sys.argv[1]
    print("here is", os.environ["NAME"], os.getpid(), flush=True)
    if what == "refuse":
        raise Unavailable("The warehouse does not answer.")
    told = asyncio.Event()
    if what == "wait":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
        await told.wait()
        print("goodbye", flush=True)
