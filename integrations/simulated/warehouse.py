"""The warehouse: takes pick tasks and forgets them again, as long as they are not packed."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Any

from domain.order import Moment
from domain.steps import Pick
from domain.values import Value
from integrations.simulated.outbox import SENT, forget
from integrations.simulated.store import Port, Subject, World, happened

RELEASE = "pick task"


class PickTask(Value):
    """A task on the floor; `released_at` is in seconds since 1970, `repeat` counts earlier tasks of the same shipment, `first` says that
    the order had none before."""

    key: str
    order: str
    shipment: int
    location: str
    picks: tuple[Pick, ...]
    released_at: float
    repeat: int
    first: bool


class SimulatedWarehouse:
    """The port `Warehouse`; who picks is `simulation.floor`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def release(self, key: str, order: str, shipment: int, location: str, picks: tuple[Pick, ...], due: Moment) -> str:
        await self._world.until_asked(order)
        written = [pick.model_dump() for pick in picks]

        def accept(connection: sqlite3.Connection) -> dict[str, Any]:
            number = connection.execute(
                "INSERT INTO tasks (key, order_key, shipment, location, picks, released_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (key, order, shipment, location, json.dumps(written), time.time(), due.isoformat()),
            ).lastrowid
            happened(connection, Port.WAREHOUSE, key, RELEASE)
            return {"reference": f"PT-{number:06}"}

        said = {"order": order, "shipment": shipment, "location": location, "picks": written}
        answer = await self._world.once(Port.WAREHOUSE, RELEASE, key, said, Subject(order=order, about=f"shipment {shipment}"), accept)
        return str(answer["reference"])

    async def cancel(self, key: str) -> None:
        def drop(connection: sqlite3.Connection, _answer: dict[str, Any]) -> str:
            packed = connection.execute(
                "SELECT 1 FROM outbox WHERE subject = ? AND name = 'packed' AND outcome = ?", (f"task {key}", SENT)
            ).fetchone()
            if packed:
                return ""
            connection.execute("UPDATE tasks SET cancelled = 1 WHERE key = ?", (key,))
            forget(connection, f"task {key}")
            return "pick task cancelled"

        await self._world.withdraw(Port.WAREHOUSE, (RELEASE,), key, drop)


def tasks_to_plan(connection: sqlite3.Connection) -> list[PickTask]:
    """Released tasks that nobody on the floor has looked at yet, oldest first."""
    rows = connection.execute(
        "SELECT t.*, (SELECT count(*) FROM tasks e WHERE e.order_key = t.order_key AND e.shipment = t.shipment AND e.number < t.number)"
        " AS repeat, NOT EXISTS (SELECT 1 FROM tasks e WHERE e.order_key = t.order_key AND e.number < t.number) AS first"
        " FROM tasks t WHERE t.planned = 0 AND t.cancelled = 0 ORDER BY t.number"
    )
    return [
        PickTask(
            key=row["key"],
            order=row["order_key"],
            shipment=row["shipment"],
            location=row["location"],
            picks=tuple(Pick.model_validate(pick) for pick in json.loads(row["picks"])),
            released_at=row["released_at"],
            repeat=row["repeat"],
            first=bool(row["first"]),
        )
        for row in rows
    ]
