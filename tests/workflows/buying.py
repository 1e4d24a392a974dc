"""An item that is planned, with a past that is worth a forecast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from database import past_demand
from database.tables import ItemPlanningRow, Supplier
from domain.proposals import HistoryRow
from domain.replenishment import ItemPlanning


def plan_an_item(session: Session, item: str) -> None:
    session.merge(Supplier(supplier="S-1", name="Supplier", lead_time_days=7))
    session.flush()
    planning = ItemPlanning(
        item=item, location="BERLIN", supplier="S-1", lead_days=7, unit_cost=500, order_cost=1000, holding_rate=0.2, service=0.9
    )
    session.merge(ItemPlanningRow(**planning.model_dump(mode="json")))
    today = datetime.now(UTC).date()
    rows = [(week, HistoryRow(item=item, location="", day=today - timedelta(weeks=week), quantity=5 + week % 3)) for week in range(1, 40)]
    past_demand.import_history(session, rows, "sales.csv", datetime.now(UTC))
