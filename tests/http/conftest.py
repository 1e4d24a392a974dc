"""A door for tests: the application on a seeded database and the session's Temporal server, and keys that open it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from config.payloads import DATA_CONVERTER
from config.settings import Settings
from config.shops import shops_of
from database import callers
from database.engine import Database
from database.seed import seed
from domain.callers import Scope
from starters.forms import FORMS
from starters.http.app import create_app
from starters.http.house import House
from starters.intake import Road
from tests.fresh import migrated

CATALOGUE = {
    "suppliers": [{"id": "MAKER", "lead_time_days": 5}],
    "items": [{"id": "GRD-200", "supplier": "MAKER"}],
    "locations": [{"id": "BERLIN", "country": "DE"}],
    "stock": [{"item": "GRD-200", "location": "BERLIN", "bin": "B-01", "quantity": 10}],
    "customers": [{"id": "C-1001", "currency": "EUR", "terms": ["net30"]}],
}

SECRET = "s" * 43
READER, EVERYTHING = callers.written("reader", SECRET), callers.written("all", SECRET)


@pytest.fixture(scope="module")
async def database(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path_factory.mktemp('door') / 'holdfast.db'}"
    migrated(url)
    opened = Database(url)
    await opened.transaction(seed, CATALOGUE)
    now = datetime.now(UTC)
    await opened.transaction(callers.add_key, "reader", SECRET, "reader", [Scope.ORDERS_READ], "ada", now, None)
    await opened.transaction(callers.add_key, "all", SECRET, "shop", list(Scope), "ada", now, None)
    yield opened
    await opened.close()


@pytest.fixture
async def client(temporal_server: WorkflowEnvironment) -> AsyncIterator[Client]:
    with temporal_server.with_time_skipping_disabled():
        yield temporal_server.client


def house_at(database: Database, client: Client, home: Path, **settings: object) -> House:
    found = Settings.load(home=home, **settings)
    return House(found, database, client, Road(database, client, found, FORMS), shops=shops_of(found))


def door_of(house: House, key: str = EVERYTHING) -> httpx.AsyncClient:
    """A caller with a key; what breaks inside is answered, not raised."""
    transport = httpx.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://door", headers={"X-API-Key": key} if key else {})


@pytest.fixture
async def door(database: Database, client: Client, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with door_of(house_at(database, client, tmp_path)) as caller:
        yield caller


@pytest.fixture
async def door_without_server(database: Database, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The same door while no Temporal server runs."""
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=DATA_CONVERTER)
    async with door_of(house_at(database, nowhere, tmp_path)) as caller:
        yield caller
