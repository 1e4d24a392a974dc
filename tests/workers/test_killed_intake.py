"""The door is killed at every point of its work, again and again: no order that was accepted is lost, and none is placed twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from database import callers, inbox
from database.engine import Database
from database.seed import seed
from database.tables import InboxEntry, Intake, Refusal
from domain.callers import Scope
from domain.intake import Delivery
from starters.http.examples import ORDER
from tests.endurance import points
from tests.fresh import migrated
from tests.http.conftest import CATALOGUE, EVERYTHING, SECRET

CHECKOUT = Path(__file__).parents[2]
PARTS = 3


def order(external_id: str) -> dict[str, Any]:
    return {**ORDER, "channel": "web", "external_id": external_id}


class Door:
    """One process of the door that dies at a point."""

    def __init__(self, keeper: asyncio.subprocess.Process, address: str, pid: int) -> None:
        self.keeper, self.address, self.pid = keeper, address, pid
        self.killed: bool | None = None
        self._ended: asyncio.Task[list[str]] | None = None

    async def ended(self, within: float) -> bool:
        """Whether it has ended by then."""
        if self.killed is None:
            self._ended = self._ended or asyncio.ensure_future(heard(self.keeper, "ended"))
            done, _ = await asyncio.wait([self._ended], timeout=within)
            if done:
                self.killed = self._ended.result() == ["-9"]
        return self.killed is not None


async def heard(keeper: asyncio.subprocess.Process, word: str) -> list[str]:
    """What the keeper of the doors says next of this."""
    assert keeper.stdout is not None
    while line := (await keeper.stdout.readline()).decode():
        first, *rest = line.split()
        if first == word:
            return rest
    raise AssertionError("the keeper of the doors has ended; api.log says why")


@asynccontextmanager
async def keeper_of(home: Path, server: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process that opens doors; it is ended by its own id, however it fares."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("OMS_", "TEMPORAL_"))},
        "OMS_HOME": str(home),
        "OMS_API_ADDRESS": "127.0.0.1:0",
        "TEMPORAL_ADDRESS": server,
    }
    with (home / "api.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.workers.dying"),
            cwd=CHECKOUT,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def door(keeper: asyncio.subprocess.Process, point: int) -> AsyncIterator[Door]:
    """A door that dies at a point, or here."""
    assert keeper.stdin is not None
    keeper.stdin.write(f"{point}\n".encode())
    async with asyncio.timeout(60):
        address, pid = await heard(keeper, "listens")
    opened = Door(keeper, address, int(pid))
    try:
        yield opened
    finally:
        if not await opened.ended(0):
            os.kill(opened.pid, signal.SIGKILL)
            assert await opened.ended(60)


async def posted(address: str, document: dict[str, Any]) -> bool:
    """Whether the sender got an answer."""
    try:
        async with httpx.AsyncClient(headers={"X-API-Key": EVERYTHING}, timeout=30) as caller:
            answer = await caller.post(f"{address}/v1/orders", json=document)
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    assert answer.status_code in (200, 201, 202), answer.text
    return True


async def placed(database: Database) -> Counter[str]:
    return Counter(await database.read(lambda session: list(session.scalars(select(Intake.order)))))


async def open_entries(database: Database) -> int:
    return len(await database.read(lambda session: list(session.scalars(select(InboxEntry.entry).where(InboxEntry.status != "done")))))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["single", "many"])
async def test_a_door_that_is_killed_at_every_point_loses_and_doubles_nothing(
    kind: str, temporal_server: WorkflowEnvironment, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    database = Database(url)
    now = datetime.now(UTC)
    await database.transaction(seed, CATALOGUE)
    await database.transaction(callers.add_key, "all", SECRET, "shop", list(Scope), "ada", now, None)
    client = temporal_server.client
    server = client.service_client.config.target_host
    run = f"{tmp_path.name}-{os.getpid()}"
    wanted: set[str] = set()
    unanswered: list[dict[str, Any]] = []
    deaths, at = 0, points(range(1, 11) if kind == "single" else range(1, 21, 3))
    with temporal_server.with_time_skipping_disabled():
        async with keeper_of(tmp_path, server) as keeper:
            for point in at:
                if kind == "many":
                    documents = [order(f"{run}.{point}-{part}") for part in range(PARTS)]
                    delivery = Delivery(
                        channel="api/shop", delivery=f"d-{point}", form="manual", body=json.dumps(documents).encode(), received_at=now
                    )
                    await database.transaction(inbox.keep, delivery)
                    wanted |= {f"web/{each['external_id']}" for each in documents}
                async with door(keeper, point) as opened:
                    if kind == "single":
                        document = order(f"{run}.{point}")
                        wanted.add(f"web/{document['external_id']}")
                        if not await posted(opened.address, document):
                            unanswered.append(document)
                    until = time.monotonic() + 30
                    while not await opened.ended(0.2) and time.monotonic() < until and await open_entries(database):
                        pass  # without an open entry it has less to do than the point is far
                    await opened.ended(2)
                    deaths += opened.killed is True
            async with door(keeper, 0) as opened:
                for document in unanswered:  # a sender without an answer sends again
                    assert await posted(opened.address, document)
                async with asyncio.timeout(60):
                    while await open_entries(database):
                        await asyncio.sleep(0.1)
        assert deaths >= len(at) * 6 // 7, "the process has to die at most of the points"
        assert await placed(database) == Counter(dict.fromkeys(wanted, 1))
        for name in sorted(wanted):
            runs = [each async for each in client.list_workflows(f"WorkflowId = 'order/{name}'")] if name == min(wanted) else [0]
            assert len(runs) == 1
            await client.get_workflow_handle(f"order/{name}").describe()  # its life has begun
        assert await database.read(lambda session: list(session.scalars(select(Refusal.reason)))) == []
    await database.close()
