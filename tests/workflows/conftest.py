from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from database.engine import Database
from database.migrate import migrate
from integrations.simulated import SimulatedCarriers, SimulatedMail, SimulatedPayments, SimulatedWarehouse, World
from tests.workflows.shop import Shop, seeded
from workers.wiring import Partners, workers


@pytest.fixture(scope="session")
async def shop(temporal_server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """One installation for all tests of a session: orders do not disturb each other. What they leave must pass the audit."""
    folder: Path = tmp_path_factory.mktemp("shop")
    url = f"sqlite:///{folder / 'holdfast.db'}"
    migrate(url)
    database = Database(url)
    await seeded(database)
    with World(folder / "world.db") as world:
        behind = Partners(SimulatedWarehouse(world), SimulatedCarriers(world), SimulatedPayments(world), SimulatedMail(world))
        async with AsyncExitStack() as stack:
            for worker in workers(temporal_server.client, database, behind):
                await stack.enter_async_context(worker)
            installed = Shop(temporal_server, database, world)
            yield installed
            assert await installed.audit() == []
    await database.close()
