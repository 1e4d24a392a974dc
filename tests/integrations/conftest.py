"""A world of partners of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.simulated import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "world.db") as opened:
        yield opened
