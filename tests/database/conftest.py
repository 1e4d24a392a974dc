"""A seeded house for each test, on both engines; each engine is opened once and its database emptied for every test."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from database.migrate import migrate
from tests.database.builders import House
from tests.database.watched import Watched


@pytest.fixture(scope="session")
async def opened() -> AsyncIterator[dict[str, Watched]]:
    """The databases of this session by their engine; statements that one test compiled serve the next."""
    databases: dict[str, Watched] = {}
    yield databases
    for database in databases.values():
        await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(
    request: pytest.FixtureRequest, opened: dict[str, Watched], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """The house with its opening stock. Whatever a test did there, the audit finds nothing at its end."""
    engine: str = request.param
    if engine not in opened:
        server = request.getfixturevalue("postgresql") if engine == "postgresql" else ""
        opened[engine] = await _open(server, tmp_path_factory.mktemp("house"))
    database = opened[engine]
    await database.transaction(database.refurnish)
    house = House(database, database.audit)
    yield house
    assert await house.audit() == []


async def _open(server: str, folder: Path) -> Watched:
    url = f"sqlite:///{folder / 'holdfast.db'}"
    if server:
        name = f"house_{uuid.uuid4().hex}"
        connection = await asyncpg.connect(f"{server}/postgres")
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        url = f"{server}/{name}"
    migrate(url)
    return Watched(url)


@pytest.fixture
async def workshop(opened: dict[str, Watched], tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """A SQLite database for tests that furnish it many times themselves."""
    if "sqlite" not in opened:
        opened["sqlite"] = await _open("", tmp_path_factory.mktemp("house"))
    return opened["sqlite"]
