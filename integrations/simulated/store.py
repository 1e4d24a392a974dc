"""The world: everything that the simulated partners know, in one SQLite file that several processes share and that no kill can tear.

Each call to a partner is one short transaction: the fault that a test ordered, the look-up of the key, the effect and the answer.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

from domain.errors import Conflict, Refused, Unavailable
from domain.values import Value
from integrations.simulated.outbox import Outbox
from integrations.simulated.schema import TABLES
from integrations.simulated.scripts import Script, When, request_id

P = ParamSpec("P")
T = TypeVar("T")


class Port(StrEnum):
    WAREHOUSE = "warehouse"
    CARRIER = "carrier"
    PAYMENTS = "payments"
    MAIL = "mail"

    @property
    def partner(self) -> str:
        """Who stands behind the port, in words."""
        return {"payments": "payment gateway", "mail": "mail system"}.get(self.value, self.value)


class Effect(Value):
    """What one key did: `arrived` calls reached the partner, `happened` effects were made of them, `undone` says it was taken back.

    Two keys for one `subject` ("label of shipment 1") of one order, neither undone, are an effect that happened twice.
    """

    port: Port
    operation: str
    key: str
    order: str
    subject: str
    arrived: int
    happened: int
    undone: bool


class Subject(Value):
    """What a call is about: the order, and within it for example "shipment 1"."""

    order: str = ""
    about: str = ""


@dataclass(frozen=True)
class Done(Generic[T]):
    """The answer of a call that was carried out, whether or not it will reach the caller."""

    answer: T


class Withdrawn(Refused):
    """The late attempt of a key that was withdrawn before."""


class World:
    """The partners' store at `path` (a file or `sqlite:///<file>`); `seed` draws what nobody scripted. Close it; a kill is as good."""

    def __init__(self, path: str | Path, seed: int = 2026) -> None:
        self.path, self.seed = Path(str(path).removeprefix("sqlite:///")), seed
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="world")
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA busy_timeout = 30000")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")  # a killed process loses nothing; only a power cut could
        self._connection.executescript(TABLES)
        self.outbox = Outbox(self.transaction, self.rows)
        """What people and machines outside are going to say to orders."""

    def close(self) -> None:
        self._thread.shutdown()
        self._connection.close()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    async def off_loop(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a synchronous function in the store's own thread, so that the event loop never waits for the disk."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(function, *args, **kwargs))

    # --- calls of the ports --------------------------------------------------------------------------------------------------------

    async def once(
        self, port: Port, operation: str, key: str, said: object, subject: Subject, effect: Callable[[sqlite3.Connection], dict[str, Any]]
    ) -> dict[str, Any]:
        """Do `effect` once under `key` and answer the same ever after.

        Raises Conflict when the key is known with something else than `said`, Refused when it was withdrawn, Unavailable as tests order.
        """
        return await self.off_loop(self._attempt, port, partial(self._once, port, operation, key, said, subject, effect))

    async def withdraw(
        self, port: Port, operations: tuple[str, ...], key: str, undo: Callable[[sqlite3.Connection, dict[str, Any]], str]
    ) -> None:
        """Take back what one of `operations` did under `key`; a key that never came is closed for good.

        `undo` gets the answer of the call and names what it did in the log of effects, or returns "" when there was nothing to undo.
        """
        await self.off_loop(self._attempt, port, partial(self._withdraw, port, operations, key, undo))

    async def asked(self, port: Port, answer: Callable[[sqlite3.Connection], T]) -> T:
        """A call that changes nothing."""
        return await self.off_loop(self._attempt, port, answer)

    def _attempt(self, port: Port, work: Callable[[sqlite3.Connection], T]) -> T:
        with self.transaction() as connection:
            fault = connection.execute("SELECT fail, lose, outage, slow FROM faults WHERE port = ?", (port,)).fetchone()
            if fault is None:
                return work(connection)
            answer = None if fault["outage"] or fault["fail"] else Done(work(connection))
            if answer is None:
                connection.execute("UPDATE faults SET fail = max(fail - 1, 0) WHERE port = ? AND NOT outage", (port,))
            else:
                connection.execute("UPDATE faults SET lose = max(lose - 1, 0) WHERE port = ?", (port,))
        if answer is None:
            raise Unavailable(f"The {port.partner} does not answer.")
        time.sleep(fault["slow"])
        if fault["lose"]:
            raise Unavailable(f"The {port.partner} did something, but its answer was lost.")
        return answer.answer

    def _once(
        self,
        port: Port,
        operation: str,
        key: str,
        said: object,
        subject: Subject,
        effect: Callable[[sqlite3.Connection], dict[str, Any]],
        connection: sqlite3.Connection,
    ) -> dict[str, Any]:
        written = json.dumps(said, sort_keys=True, default=str)
        known = _call(connection, port, key)
        if known is not None:
            if known["undone"]:
                raise Withdrawn(f"The {known['operation']} {key!r} was withdrawn; it is not done any more.")
            if (known["operation"], known["said"]) != (operation, written):
                raise Conflict(
                    f"The {known['operation']} {key!r} of the {port.partner}", f"{operation} {written:.200} is not {known['said']:.200}"
                )
            connection.execute("UPDATE calls SET arrived = arrived + 1 WHERE port = ? AND key = ?", (port, key))
            return dict(json.loads(known["answer"]))
        answer = effect(connection)
        connection.execute(
            "INSERT INTO calls (port, key, operation, said, answer, order_key, subject, arrived, undone)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0)",
            (port, key, operation, written, json.dumps(answer), subject.order, subject.about),
        )
        return answer

    def _withdraw(
        self,
        port: Port,
        operations: tuple[str, ...],
        key: str,
        undo: Callable[[sqlite3.Connection, dict[str, Any]], str],
        connection: sqlite3.Connection,
    ) -> None:
        known = _call(connection, port, key)
        if known is None:
            connection.execute(
                "INSERT INTO calls (port, key, operation, said, answer, order_key, subject, arrived, undone)"
                " VALUES (?, ?, ?, '', '{}', '', '', 0, 1)",
                (port, key, operations[0]),
            )
            return
        if known["operation"] not in operations:
            raise Conflict(f"The key {key!r} of the {port.partner}", f"it belongs to the {known['operation']}, not to the {operations[0]}")
        if known["undone"]:
            return
        done = undo(connection, dict(json.loads(known["answer"])))
        if done:
            connection.execute("UPDATE calls SET undone = 1 WHERE port = ? AND key = ?", (port, key))
            happened(connection, port, key, done)

    # --- what tests and the crash run order ----------------------------------------------------------------------------------------

    def fail(self, port: str, times: int) -> None:
        """The next `times` calls of the port raise Unavailable before anything is done."""
        self._fault(port, "fail", times)

    def lose_answers(self, port: str, times: int) -> None:
        """The next `times` calls of the port are done, then raise Unavailable."""
        self._fault(port, "lose", times)

    def outage(self, port: str, on: bool) -> None:
        """While `on`, every call of the port raises Unavailable before anything is done."""
        self._fault(port, "outage", int(on))

    def slow(self, port: str, seconds: float) -> None:
        """Every answer of the port comes this much later than its effect; other calls wait behind it."""
        self._fault(port, "slow", seconds)

    def _fault(self, port: str, column: str, setting: float) -> None:
        with self.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO faults (port) VALUES (?)", (Port(port),))
            connection.execute(f"UPDATE faults SET {column} = ? WHERE port = ?", (setting, Port(port)))

    # --- scripts -------------------------------------------------------------------------------------------------------------------

    def script(self, order: str, instructions: dict[str, Any]) -> None:
        """Tell the world how to treat an order, in the words of `samples/scenarios.json`; InputRefused when it does not know a word."""
        script = Script.read(order, instructions)
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO scripts (order_key, script) VALUES (?, ?) ON CONFLICT (order_key) DO UPDATE SET script = excluded.script",
                (order, script.model_dump_json(by_alias=True)),
            )

    def script_of(self, order: str) -> Script:
        """The order's script, or the one that its key draws from the seed."""
        rows = self.rows("SELECT script FROM scripts WHERE order_key = ?", order)
        return _read(rows[0]["script"]) if rows else Script.drawn(self.seed, order)

    async def until_asked(self, order: str, patience: float = 5.0) -> None:
        """Wait until the customer has said what the script makes them say at capture, for `patience` seconds at most.

        The first partner that an order meets takes that long, so that "at once" means before anything was done for it.
        """
        asked = [request for request in self.script_of(order).requests if request.when is When.CAPTURED]
        waited = 0.0
        while asked and waited < patience and not await self.off_loop(self.outbox.outcome, request_id(order, asked[-1])):
            await asyncio.sleep(0.05)
            waited += 0.05

    def with_requests(self) -> tuple[str, ...]:
        """The orders whose script makes somebody ask for something, in the order of their keys."""
        rows = self.rows("SELECT order_key FROM scripts WHERE json_array_length(script, '$.requests') > 0 ORDER BY order_key")
        return tuple(row["order_key"] for row in rows)

    # --- what happened -------------------------------------------------------------------------------------------------------------

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def effects(self, order: str | None = None) -> tuple[Effect, ...]:
        """What every key did, of one order or of all, in the order of first arrival."""
        rows = self.rows(
            'SELECT c.port, c.operation, c.key, c.order_key AS "order", c.subject, c.arrived, c.undone,'
            " (SELECT count(*) FROM happenings h WHERE h.port = c.port AND h.key = c.key AND h.what = c.operation) AS happened"
            " FROM calls c WHERE ? IS NULL OR c.order_key = ? ORDER BY c.number",
            order,
            order,
        )
        return tuple(Effect.model_validate({**dict(row), "undone": bool(row["undone"])}) for row in rows)

    def letters(self) -> tuple[dict[str, str], ...]:
        """All letters sent: key, recipient, subject, body; oldest first."""
        return tuple(dict(row) for row in self.rows("SELECT key, recipient, subject, body FROM letters ORDER BY number"))


def happened(connection: sqlite3.Connection, port: Port, key: str, what: str) -> None:
    """Log an effect; nothing keeps it from being logged twice but the caller, which is what the log is there to show."""
    connection.execute("INSERT INTO happenings (port, key, what) VALUES (?, ?, ?)", (port, key, what))


@lru_cache(maxsize=4096)
def _read(script: str) -> Script:
    return Script.model_validate_json(script)


def _call(connection: sqlite3.Connection, port: Port, key: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM calls WHERE port = ? AND key = ?", (port, key)).fetchone()
    return row
