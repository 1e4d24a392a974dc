"""What one order costs is a property of the product: these counts change on purpose or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.settings import Settings
from config.temporal import connect
from database.engine import Database
from database.migrate import migrate
from database.seed import seed
from simulation.benchmark.bill import Bill, bill_of_one_order
from simulation.benchmark.order import catalogue
from workers.server import TemporalServer

pytestmark = pytest.mark.xdist_group("costs")

EVENTS = 87
ACTIONS = 22
STATEMENTS = 122
"""Four of them choose the location: the goods, the claims of others, the sites with their rates, and the decision that is kept.

Four judge the customer's credit, two where stock is reserved and two where parcels are booked: how they stand, and what they owe. One keeps
what the tax of the invoice is made of.
"""


@pytest.fixture(scope="module")
async def bill(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bill]:
    """An order of three lines on terms, alone on a server of its own, told each message when it waits for it."""
    home: Path = tmp_path_factory.mktemp("costs")
    async with TemporalServer(home, ui=False) as server:
        settings = Settings.load(
            home=home,
            database_url=f"sqlite:///{home / 'holdfast.db'}",
            world_url=f"sqlite:///{home / 'world.db'}",
            temporal_address=server.address,
            temporal_namespace=server.namespace,
        )
        migrate(settings.database_url)
        database = Database(settings.database_url)
        await database.transaction(seed, catalogue())
        await database.close()
        yield await bill_of_one_order(await connect(settings), settings, "costs")


async def test_an_order_from_capture_to_close_leaves_so_many_history_events(bill: Bill) -> None:
    assert bill.total_events == EVENTS, f"\n{bill}"


async def test_an_order_from_capture_to_close_costs_so_many_billable_actions(bill: Bill) -> None:
    assert bill.actions == ACTIONS, f"\n{bill}"


async def test_an_order_from_capture_to_close_takes_so_many_database_statements(bill: Bill) -> None:
    assert bill.statements == STATEMENTS, f"\n{bill}"
