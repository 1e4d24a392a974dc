"""An order is placed once: its document is kept, its workflow is started, and a repeat is the same order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.testing import WorkflowEnvironment

from config.settings import Settings
from database import intake
from database.engine import Database
from database.tables import Intake, Refusal
from domain.errors import Conflict, InputRefused
from domain.money import Money
from domain.order import Address, OrderLine, PlaceOrder
from starters.placing import Placed, details, place
from tests.fresh import migrated
from tests.starters.orders import EUR, NOON, grinder_order


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    opened = Database(url)
    yield opened
    await opened.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(home=tmp_path, day_seconds=2.0)


@pytest.fixture
async def client(temporal_server: WorkflowEnvironment) -> AsyncIterator[Client]:
    with temporal_server.with_time_skipping_disabled():
        yield temporal_server.client


async def runs(client: Client, order: str) -> list[str]:
    """The runs that the server knows of an order; its list lags behind a little."""
    found: list[str] = []
    for _ in range(50):
        found = [run.run_id async for run in client.list_workflows(f"WorkflowId = 'order/{order}'")]
        if found:
            break
        await asyncio.sleep(0.1)
    return found


async def test_an_order_placed_ten_times_in_parallel_is_one_order(client: Client, database: Database, settings: Settings) -> None:
    order = grinder_order("ten-times")

    placed = await asyncio.gather(*(place(client, database, settings, order) for _ in range(10)))

    assert sorted(each.how for each in placed) == ["same"] * 9 + ["started"]
    assert len(await runs(client, "manual/ten-times")) == 1
    assert await database.read(lambda session: list(session.scalars(select(Intake.order)))) == ["manual/ten-times"]


async def test_the_same_order_with_other_content_is_a_recorded_conflict(client: Client, database: Database, settings: Settings) -> None:
    await place(client, database, settings, grinder_order("changed", quantity=2))

    with pytest.raises(Conflict, match=r"Order manual/changed is known with other content"):
        await place(client, database, settings, grinder_order("changed", quantity=3))

    kept = await database.read(intake.document, "manual/changed")
    refusals = await database.read(lambda session: [(r.source, r.place) for r in session.scalars(select(Refusal))])
    assert kept.lines[0].quantity == 2
    assert refusals == [("manual", "order manual/changed")]


async def test_an_order_that_was_kept_and_not_started_starts_when_it_is_placed_again(
    client: Client, database: Database, settings: Settings
) -> None:
    order = grinder_order("crashed-between")
    await database.transaction(intake.capture, order, NOON)

    placed = await place(client, database, settings, order)

    assert placed == Placed(order="manual/crashed-between", how="same")
    assert len(await runs(client, "manual/crashed-between")) == 1


async def test_what_travels_names_no_person_and_carries_the_length_of_a_day(client: Client, database: Database, settings: Settings) -> None:
    home = Address(name="Amélie Dupont", street="12 rue de la Paix", city="Lyon", country="FR", email="amelie@example.org")
    order = grinder_order("with-people", ship_to=home, bill_to=home, requested_at=NOON)

    await place(client, database, settings, order)

    description = await client.get_workflow_handle("order/manual/with-people").describe()
    history = await client.get_workflow_handle("order/manual/with-people").fetch_history()
    started = history.events[0].workflow_execution_started_event_attributes
    assert b"Dupont" not in started.SerializeToString()
    assert b"amelie" not in started.SerializeToString()
    assert b'"day":"PT2S"' in started.input.payloads[0].data
    shown = description.typed_search_attributes
    assert shown[SearchAttributeKey.for_keyword("OrderStatus")] == "captured"
    assert shown[SearchAttributeKey.for_keyword("SalesChannel")] == "manual"
    assert shown[SearchAttributeKey.for_keyword("CustomerId")] == "C-1001"
    assert shown[SearchAttributeKey.for_int("BalanceDue")] == 0
    assert shown[SearchAttributeKey.for_datetime("PromiseDate")] == NOON


def test_the_details_show_lines_terms_and_total() -> None:
    page = details(grinder_order(po_number="PO-17|*4"))

    assert page.replace("\u00a0", " ") == (
        "**Terms** net30, ships **as its customer has it**, freight 0.00 EUR, PO PO-17  4\n"
        "\n"
        "| Line | Item | Quantity | Unit price | Net |\n"
        "|---:|---|---:|---:|---:|\n"
        "| 1 | GRD-200 | 2 | 249.00 | 498.00 EUR |\n"
        "\n"
        "**Total 498.00 EUR**"
    )


async def test_an_order_too_large_to_travel_is_refused_and_not_kept(client: Client, database: Database, settings: Settings) -> None:
    def line(number: int) -> OrderLine:
        return OrderLine(number=number, item="I" * 100, quantity=1, unit_price=Decimal(1), discount=Money.zero(EUR), description="é" * 400)

    order: PlaceOrder = grinder_order("enormous", lines=tuple(line(number) for number in range(1, 2_001)))

    with pytest.raises(InputRefused, match=r"order manual/enormous: it has [\d,]+ bytes, and at most 1,800,000 can travel"):
        await place(client, database, settings, order)

    assert await database.read(lambda session: list(session.scalars(select(Intake.order)))) == []
