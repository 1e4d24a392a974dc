"""A run goes on where its last attempt stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from temporalio.testing import ActivityEnvironment

from activities import replenishment as planning
from activities.replenishment import ReplenishmentActivities
from database import past_demand, replenishment_reading
from database.engine import Database
from database.tables import Item, ItemPlanningRow, Location, Supplier
from domain.demand import Bucket
from domain.forecasting import BuiltIn, Method
from domain.proposals import HistoryRow, PlanItems
from domain.replenishment import ItemPlanning
from tests.fresh import migrated

TODAY = date(2026, 11, 23)
ITEMS = [f"ITEM-{number}" for number in range(1, 8)]


def furnish(session: Session) -> None:
    session.add_all([Supplier(supplier="S-1", lead_time_days=7), Location(location="BERLIN"), *(Item(item=item) for item in ITEMS)])
    session.flush()
    for item in ITEMS:
        planned = ItemPlanning(
            item=item, location="BERLIN", supplier="S-1", lead_days=7, unit_cost=500, order_cost=900, holding_rate=0.2, service=0.9
        )
        session.add(ItemPlanningRow(**planned.model_dump(mode="json")))
    session.flush()
    rows = [
        (week, HistoryRow(item=item, location="", day=TODAY - timedelta(weeks=week), quantity=4 + week % 2))
        for item in ITEMS
        for week in range(1, 25)
    ]
    past_demand.import_history(session, rows, "sales.csv", datetime.now(UTC))


class DiesOnce(BuiltIn):
    """As a worker that is killed in the middle of the run."""

    def __init__(self) -> None:
        self.items = 0

    def forecasts(self, method: Method, history: Sequence[float], origins: Sequence[int], horizon: int) -> list[tuple[float, ...]] | None:
        self.items += method is Method.NAIVE
        if self.items == 5:
            self.items += 1
            raise MemoryError("killed")
        return super().forecasts(method, history, origins, horizon)


async def test_a_killed_run_plans_each_item_once_and_proposes_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "CHUNK", 2)
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    database, forecaster, signs = Database(url), DiesOnce(), list[str]()
    await database.transaction(furnish)
    work = ReplenishmentActivities(database, lambda: forecaster)
    request = PlanItems(run="night", as_of=TODAY, bucket=Bucket.WEEK, at=datetime(2026, 11, 23, 4, tzinfo=UTC))
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *told: signs.append(told[0])
    with pytest.raises(MemoryError):
        await environment.run(work.plan_items, request)
    result = await environment.run(work.plan_items, request)
    assert signs == [
        "0 of 7 items planned", "2 of 7 items planned", "4 of 7 items planned",
        "0 of 3 items planned", "2 of 3 items planned",
    ]  # fmt: skip
    assert (result.planned, result.proposed) == (7, 7)
    assert [view.item for view in await database.read(replenishment_reading.proposals)] == ITEMS
    assert await environment.run(work.plan_items, request) == result
    await database.close()
