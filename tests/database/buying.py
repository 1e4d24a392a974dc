"""Kettles that are bought from Hario, and what was sold of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from database.tables import ItemPlanningRow
from domain.proposals import HistoryRow
from domain.replenishment import ItemPlanning
from tests.database.builders import NOW

TODAY = NOW.date()  # a Monday
KETTLES = ("KETTLE", "BERLIN")


def planning(**changes: Any) -> ItemPlanning:
    fields: dict[str, Any] = {
        "item": "KETTLE",
        "location": "BERLIN",
        "supplier": "HARIO",
        "lead_days": 14,
        "lead_deviation": 3,
        "minimum": 12,
        "multiple": 6,
        "order_cost": 2_500,
        "unit_cost": 3_000,
        "holding_rate": 0.25,
        "service": 0.95,
    }
    return ItemPlanning(**fields | changes)


def plan_for(session: Session, *plannings: ItemPlanning) -> None:
    for each in plannings:
        session.merge(ItemPlanningRow(**each.model_dump(mode="json")))


def sold(item: str = "KETTLE", weekly: int = 20, weeks: int = 30, location: str = "") -> list[tuple[int, HistoryRow]]:
    """`weekly` units each Tuesday of the last weeks before today."""
    return [
        (week + 1, HistoryRow(item=item, location=location, day=TODAY - timedelta(days=7 * week - 1), quantity=weekly + week % 2))
        for week in range(weeks, 0, -1)
    ]
