"""The bell: a workflow of the floor tells the load generator, beside Temporal, that it waits for its next message."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.settings import Settings

_rope: list[int] = []  # the file descriptor of a connected socket: Temporal's sandbox keeps socket objects away from workflows


def place_of(settings: Settings) -> Path:
    """Where the bell of an installation hangs: a datagram socket."""
    return settings.home / "bell"


def hang(settings: Settings) -> None:
    """From now on this process rings the bell of the installation."""
    ringing = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ringing.connect(str(place_of(settings)))
    _rope[:] = [ringing.detach()]


def ring(workflow_id: str, number: int) -> None:
    """Say that a workflow waits for its message `number`, counted from 0; after the last there is one more ring."""
    os.write(_rope[0], f"{workflow_id} {number}".encode())


class Listener:
    """The other end; `heard(workflow id, number)` returns when that ring has come."""

    def __init__(self) -> None:
        self._rings: dict[tuple[str, int], asyncio.Future[None]] = {}

    async def heard(self, workflow_id: str, number: int) -> None:
        await self._expected(workflow_id, number)
        del self._rings[workflow_id, number]

    def _expected(self, workflow_id: str, number: int) -> asyncio.Future[None]:
        return self._rings.setdefault((workflow_id, number), asyncio.get_running_loop().create_future())

    def _receive(self, listening: socket.socket) -> None:
        workflow_id, number = listening.recv(4096).decode().rsplit(" ", 1)
        expected = self._expected(workflow_id, int(number))
        if not expected.done():
            expected.set_result(None)


@contextmanager
def listener(settings: Settings) -> Iterator[Listener]:
    """Listen to the bell of an installation."""
    found, listening = Listener(), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with listening:
        place_of(settings).unlink(missing_ok=True)
        listening.bind(str(place_of(settings)))
        listening.setblocking(False)
        loop = asyncio.get_running_loop()
        loop.add_reader(listening, found._receive, listening)
        yield found
        loop.remove_reader(listening)
