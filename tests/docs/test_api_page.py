"""docs/api.md: every line of it that calls us is run, and is answered as the page says."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from database import callers
from database.engine import Database
from database.seed import seed
from domain.callers import Scope
from starters.http.examples import ORDER, QUOTE_ASKED
from tests.fresh import migrated
from tests.http.conftest import CATALOGUE, SECRET, door_of, house_at
from tests.starters.orders import listening

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
DOOR = "http://door"


@pytest.fixture
async def client(temporal_server: WorkflowEnvironment) -> AsyncIterator[Client]:
    with temporal_server.with_time_skipping_disabled():
        yield temporal_server.client


async def test_every_call_is_answered_as_the_page_says(client: Client, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    database = Database(url)
    await database.transaction(seed, CATALOGUE)
    await database.transaction(callers.add_key, "all", SECRET, "shop", list(Scope), "ada", datetime.now(UTC), None)
    page = PAGE.read_text()
    order, quote = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert (json.loads(order), json.loads(quote)) == (ORDER, QUOTE_ASKED)
    calls = re.findall(r"^curl (.*?)  # (\d{3})$", page, re.MULTILINE)
    assert len(calls) == 13
    files = {
        "@order.json": order.replace('"7001"', '"page-1"'),
        "@quote.json": quote,
    }  # other tests of this session have an order of that name
    async with listening(client), door_of(house_at(database, client, tmp_path), "") as caller:
        for line, status in calls:
            answer = await _called(caller, line.replace("/web/7001", "/web/page-1"), files)
            assert (line, str(answer.status_code)) == (line, status), answer.text
    await database.close()


async def _called(caller: httpx.AsyncClient, line: str, files: dict[str, str]) -> httpx.Response:
    words = shlex.split(line.replace("$KEY", callers.written("all", SECRET)).replace("$DOOR", DOOR))
    headers, body, url = {}, None, ""
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            said = words.pop(0)
            body = files.get(said, said)
        else:
            url = word
    return await caller.request("POST" if body is not None else "GET", url, headers=headers, content=body)


def test_every_scope_is_told() -> None:
    page = PAGE.read_text()
    assert [scope for scope in Scope if f"| `{scope.value}` |" not in page] == []
