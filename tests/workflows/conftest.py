from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import virtual_time
from tests.workflows.shop import Shop, installed


@pytest.fixture(scope="session")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """One installation for all tests of a session, on a server of its own: its workers poll the real queues.

    Orders do not disturb each other. What they leave must pass the audit.
    """
    async with await virtual_time() as env, installed(env, tmp_path_factory.mktemp("shop")) as shop:
        yield shop
