"""The Temporal server of this machine: the real one, with its Web UI, its state in a file."""

import asyncio
import contextlib
import ctypes
import fcntl
import socket
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from config.settings import ConfigError
from domain.errors import Unavailable

SEARCH_ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        "OrderStatus": "Keyword",
        "SalesChannel": "Keyword",
        "CustomerId": "Keyword",
        "OpenExceptions": "KeywordList",
        "Warehouses": "KeywordList",
        "PromiseDate": "Datetime",
        "BalanceDue": "Int",
    }
)
"""What orders can be searched by in the Web UI: name to Temporal type. A cluster that is not ours must have them registered."""

RETENTION = timedelta(days=90)
"""How long a closed order stays readable; the server's own default of one day would hide yesterday's."""

UNHINDERED: Mapping[str, str] = MappingProxyType(
    {
        "history.transferProcessorMaxPollRPS": "1000",
        "history.timerProcessorMaxPollRPS": "1000",
    }
)
"""A server of one shard reads its queues of tasks and timers at most 20 times a second unless told otherwise: a step then waits 50 ms."""

DYNAMIC_CONFIG: Mapping[str, str] = MappingProxyType(
    {
        **UNHINDERED,
        "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": "2",  # a broken order shows itself in seconds, not minutes
    }
)

TIMERS_LATE_BY = 1_000_000
"""Nanoseconds that timers of the server may be late.

A Go program with anything to do wakes every 20 microseconds to look round, and Linux lets it, give or take 50.
"""

_PR_SET_TIMERSLACK = 29  # of prctl(2)

_READY_WITHIN = 30.0  # seconds; 0.2 is usual, a loaded machine that recovers a large file takes longer
_ONE_QUESTION = timedelta(seconds=2)  # then it is asked again: a port may accept before anybody reads
_STOPS_WITHIN = 10.0  # seconds from the polite request to the end of patience


class TemporalServer:
    """One server process on 127.0.0.1 with its state in `folder`. It survives SIGKILL: a next one on the same folder knows every order.

        async with TemporalServer(Path(".oms")) as server:
            client = await Client.connect(server.address)

    `port` and `ui_port` are chosen free when they are not given; `ui=False` leaves the Web UI out. `dynamic_config` adds values of the
    server's dynamic configuration, name to JSON text. A server that was started with `start()` and not stopped outlives this process.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        ui_port: int | None = None,
        ui: bool = True,
        namespace: str = "default",
        dynamic_config: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.folder = folder.absolute()
        self.port = port or _free_port()
        self.ui_port = (ui_port or _free_port()) if ui else None
        self.namespace = namespace
        self._dynamic_config = {**DYNAMIC_CONFIG, **dynamic_config}
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """`host:port` for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def ui_address(self) -> str | None:
        """The URL of the Web UI; None for a server without one."""
        return f"http://127.0.0.1:{self.ui_port}" if self.ui_port else None

    @property
    def database(self) -> Path:
        """The file of the server's state."""
        return self.folder / "temporal.db"

    @property
    def log(self) -> Path:
        """The server's own log, appended to by every start."""
        return self.folder / "temporal.log"

    @property
    def pid(self) -> int | None:
        """The process id while the server runs."""
        return self._running.pid if self._running and self._running.poll() is None else None

    async def start(self) -> None:
        """Start the server; return when it and its UI answer.

        Raises Unavailable when it ends or stays silent; ConfigError when a port or the folder is taken, or `temporal` is not installed.
        """
        for port in filter(None, (self.port, self.ui_port)):
            _refuse_taken(port)
        self._running = self._launch(temporal_command())
        try:
            async with asyncio.timeout(_READY_WITHIN):
                await self._until_ready()
        except TimeoutError:
            await self.stop()
            raise Unavailable(f"The Temporal server did not answer within {_READY_WITHIN:.0f} s; its log is {self.log}.") from None
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the server politely, then by force; safe to call twice."""
        running, self._running = self._running, None
        if running is None:
            return
        running.terminate()
        try:
            await asyncio.to_thread(running.wait, _STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            running.kill()
            await asyncio.to_thread(running.wait)

    async def kill(self) -> None:
        """End the server as a power cut would: nothing is flushed, nobody is told."""
        running, self._running = self._running, None
        if running is not None:
            running.kill()
            await asyncio.to_thread(running.wait)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    def _launch(self, command: Path) -> subprocess.Popen[bytes]:
        self.folder.mkdir(parents=True, exist_ok=True)
        # The lock travels to the server and lives as long as it does: two servers on one file would destroy it.
        with (self.folder / "temporal.lock").open("wb") as lock, self.log.open("ab") as log:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigError(f"Another Temporal server already keeps its state in {self.folder}; stop it first.") from None
            late_timers(TIMERS_LATE_BY)
            try:
                return subprocess.Popen(
                    [str(command), *self._arguments()],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    pass_fds=[lock.fileno()],
                    start_new_session=True,  # Ctrl-C reaches us first: orders stop before the server does
                )
            finally:
                late_timers(0)

    def _arguments(self) -> list[str]:
        arguments = ["server", "start-dev", "--ip", "127.0.0.1", "--port", str(self.port), "--namespace", self.namespace]
        arguments += ["--db-filename", str(self.database), "--sqlite-pragma", "journal_mode=WAL", "--log-level", "warn"]
        arguments += ["--ui-port", str(self.ui_port), "--ui-disable-news-fetch"] if self.ui_port else ["--headless"]
        for name, kind in SEARCH_ATTRIBUTES.items():
            arguments += ["--search-attribute", f"{name}={kind}"]
        for name, value in self._dynamic_config.items():
            arguments += ["--dynamic-config-value", f"{name}={value}"]
        return arguments

    async def _until_ready(self) -> None:
        while not await self._answers():
            if self.pid is None:
                raise Unavailable(f"The Temporal server ended at once: {_last_line(self.log)} (its log is {self.log}).")
            await asyncio.sleep(0.05)

    async def _answers(self) -> bool:
        """Does the server know its namespace, keep it long enough, and show its UI?"""
        if not await _listens(self.port) or (self.ui_port and not await _listens(self.ui_port)):
            return False
        try:
            service = (await Client.connect(self.address, namespace=self.namespace, connect_timeout=_ONE_QUESTION)).workflow_service
            await service.describe_namespace(DescribeNamespaceRequest(namespace=self.namespace))
            kept = Duration()
            kept.FromTimedelta(RETENTION)
            await service.update_namespace(
                UpdateNamespaceRequest(namespace=self.namespace, config=NamespaceConfig(workflow_execution_retention_ttl=kept))
            )
        except (RPCError, RuntimeError):  # it listens before it can answer; RuntimeError is the SDK's failed connection
            return False
        return True


def late_timers(nanoseconds: int) -> None:
    """Let timers of this thread, and of the programs it starts from now on, be so late; 0: as usual. Only Linux knows this."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, ctypes.c_ulong(nanoseconds))


def temporal_command() -> Path:
    """The `temporal` binary that the installation put beside Python itself. Raises ConfigError when it is not there."""
    command = Path(sys.executable).parent / "temporal"
    if not command.is_file():
        raise ConfigError(f"The temporal command is not installed beside {sys.executable}; run `make install`.")
    return command


async def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()
        return True
    return False


def _refuse_taken(port: int) -> None:
    """Whoever listens there would be taken for our server, and orders would go to a stranger."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a killed server linger; they do not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ConfigError(
                f"Port {port} of this machine is taken, perhaps by another Temporal server: stop it or choose another."
            ) from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"
