"""The bell: a worker tells the load generator, beside Temporal, the moment at which a workflow has nothing left to do but wait."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails

from config.settings import Settings
from workers.runner import Instance, Runner, rests

if TYPE_CHECKING:
    from temporalio.bridge.proto.workflow_activation import WorkflowActivation
    from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion


def place_of(settings: Settings) -> Path:
    """Where the bell of an installation hangs: a datagram socket."""
    return settings.home / "bell"


class Ringing(Runner):
    """The runner of a production worker, with a bell that rings whenever one of its workflows waits for a message or has ended."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(UnsandboxedWorkflowRunner())
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.connect(str(place_of(settings)))

    def close(self) -> None:
        """Take the bell down; its workers have ended."""
        self._socket.close()

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Heard(super().create_instance(det), self._socket)


class _Heard(Instance):
    def __init__(self, instance: WorkflowInstance, bell: socket.socket) -> None:
        super().__init__(instance)
        self._bell = bell
        self._rings = 0

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        completion = super().activate(act)
        if rests(completion):
            self._bell.send(f"{self.get_info().workflow_id} {self._rings}".encode())
            self._rings += 1
        return completion


class Listener:
    """The other end of the bell."""

    def __init__(self) -> None:
        self._rings: dict[tuple[str, int], asyncio.Future[None]] = {}

    async def heard(self, workflow_id: str, number: int) -> None:
        """Return when the workflow waits for its message `number`, counted from 0, or with the ring after its last message has ended."""
        await self._expected(workflow_id, number)
        del self._rings[workflow_id, number]

    def receive(self, listening: socket.socket) -> None:
        workflow_id, number = listening.recv(4096).decode().rsplit(" ", 1)
        expected = self._expected(workflow_id, int(number))
        if not expected.done():
            expected.set_result(None)

    def _expected(self, workflow_id: str, number: int) -> asyncio.Future[None]:
        return self._rings.setdefault((workflow_id, number), asyncio.get_running_loop().create_future())


@contextmanager
def listener(settings: Settings) -> Iterator[Listener]:
    """Hang up the bell of an installation and listen to it; its workers start afterwards."""
    found, listening = Listener(), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with listening:
        place_of(settings).unlink(missing_ok=True)
        listening.bind(str(place_of(settings)))
        listening.setblocking(False)
        loop = asyncio.get_running_loop()
        loop.add_reader(listening, found.receive, listening)
        yield found
        loop.remove_reader(listening)
