"""An item's picture: its newest plan, drawn."""

from __future__ import annotations

from sqlalchemy.orm import Session

from database import replenishment_reading
from database.engine import Database
from database.tables import Item
from domain.errors import Refused
from domain.replenishment import Plan


async def draw(database: Database, item: str, location: str, form: str) -> bytes:
    """The chart as `svg` or `png`. Raises NotFound without a plan, Refused where several locations plan the item and none is named."""
    from integrations.charts import chart

    plans, description = await database.read(_planned, item, location)
    if len(plans) > 1:
        places = ", ".join(plan.planning.location for plan in plans)
        raise Refused(f"Item {item} is planned for {places}: name one with --location.")
    return chart(plans[0], description, form)


def _planned(session: Session, item: str, location: str) -> tuple[list[Plan], str]:
    return replenishment_reading.plans_of(session, item, location), session.get_one(Item, item).description
