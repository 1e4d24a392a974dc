from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.shop import Shop, installed


@pytest.fixture(scope="session")
async def shop(temporal_server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """One installation for all tests of a session: orders do not disturb each other. What they leave must pass the audit."""
    async with installed(temporal_server, tmp_path_factory.mktemp("shop")) as shop:
        yield shop
