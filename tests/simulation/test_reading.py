"""The book: it reads the orders that moved, on both engines, and forgets those that are over."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from database import orders
from database.engine import Database
from database.migrate import migrate
from database.seed import seed
from domain.steps import CloseOrder, Outcome, Recorded
from simulation import book
from simulation.book import Book
from simulation.reading import DatabaseReading
from tests.database.builders import CATALOGUE, House, order, step


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    migrate(database_url)
    database = Database(database_url)
    await database.transaction(seed, CATALOGUE)
    yield House(database)
    await database.close()


async def test_only_what_moved_since_the_last_look_is_read_again(house: House) -> None:
    source = DatabaseReading(house.database)
    assert (await source.changes(0)).views == ()
    first, second = order("1001"), order("1002")
    await house.accept(first)
    await house.accept(second)
    began = await source.changes(0)
    assert [view.order for view in began.views] == ["shopify/1001", "shopify/1002"]
    assert (await source.changes(began.last)).views == ()
    await house.allocate(second)
    (moved,) = (await source.changes(began.last)).views
    assert (moved.order, moved.lines[0].allocated) == ("shopify/1002", 2)
    assert [view.order for view in (await source.changes(began.last + 1, ["shopify/1001", "shopify/unknown"])).views] == ["shopify/1001"]


async def test_an_order_that_is_over_leaves_the_book(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "STALE_AFTER", 0.0)  # every look reads a few open orders again; closed ones stay away
    known = Book(DatabaseReading(house.database))
    await house.accept(order("1001"))
    await house.accept(order("1002"))
    await known.read()
    assert sorted(known.views) == ["shopify/1001", "shopify/1002"]
    over = CloseOrder(**step("close", "shopify/1001"), outcome=Outcome.REJECTED, reason="Nobody knows this customer.")
    await house.once(over, Recorded, orders.close_order)
    await known.read()
    await known.read()
    assert sorted(known.views) == ["shopify/1002"]
