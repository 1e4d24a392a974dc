"""The door is killed at every point of its work, again and again: no order that was accepted is lost, and none is placed twice."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
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
from workers.processes import Process

PARTS = 3


def order(external_id: str) -> dict[str, Any]:
    return {**ORDER, "channel": "web", "external_id": external_id}


@asynccontextmanager
async def door(home: Path, server: str, point: int) -> AsyncIterator[tuple[Process, str]]:
    """A process of the door that dies at a point, or here, and its address."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("OMS_", "TEMPORAL_"))},
        "OMS_HOME": str(home),
        "OMS_API_ADDRESS": "127.0.0.1:0",
        "TEMPORAL_ADDRESS": server,
    }
    process = Process("door", "tests.workers.dying", environment, home / f"door-{point}.log", str(point))
    await process.start()
    try:
        async with asyncio.timeout(60):
            while not (listens := re.search(r"^listens (\S+)$", process.log.read_text(), re.MULTILINE)):
                assert not process.ended, process.last_words()
                await asyncio.sleep(0.02)
        yield process, listens[1]
    finally:
        await process.kill()


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
        for point in at:
            if kind == "many":
                documents = [order(f"{run}.{point}-{part}") for part in range(PARTS)]
                delivery = Delivery(
                    channel="api/shop", delivery=f"d-{point}", form="manual", body=json.dumps(documents).encode(), received_at=now
                )
                await database.transaction(inbox.keep, delivery)
                wanted |= {f"web/{each['external_id']}" for each in documents}
            async with door(tmp_path, server, point) as (process, address):
                if kind == "single":
                    document = order(f"{run}.{point}")
                    wanted.add(f"web/{document['external_id']}")
                    if not await posted(address, document):
                        unanswered.append(document)
                until = time.monotonic() + 30
                while not process.ended and time.monotonic() < until and await open_entries(database):
                    await asyncio.sleep(0.1)  # without an open entry it has less to do than the point is far
                with suppress(TimeoutError):
                    deaths += await asyncio.wait_for(process.wait(), 2) == -signal.SIGKILL
        async with door(tmp_path, server, 0) as (process, address):
            for document in unanswered:  # a sender without an answer sends again
                assert await posted(address, document)
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
