"""The demonstration's replenishment: a sales history comes in, every item is planned, one proposal is ordered and its chart drawn."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from domain.demand import Bucket
from domain.errors import Unavailable
from domain.values import Value

if TYPE_CHECKING:
    from temporalio.client import Client

    from config.settings import Settings
    from database.engine import Database

HISTORY = "sales_history.csv"
"""Synthetic sales in the samples: seventy-eight weeks up to a fixed one."""


class Replenished(Value):
    """What became of the run: `planned` items, `proposed` orders, and the one that was ordered."""

    planned: int
    proposed: int
    item: str
    quantity: int
    purchase_order: str
    chart: Path


async def replenish_samples(client: Client, database: Database, settings: Settings, samples: Path) -> Replenished:
    """Plan what the orders left, order the proposal that is worth most, and draw it. Raises Unavailable when nothing has to be ordered."""
    from database import past_demand, replenishment, replenishment_reading
    from domain.proposals import ApproveProposal, PlanReplenishment, ProposalStatus
    from starters.charting import draw
    from starters.replenishing import read_history, replenish

    now = datetime.now(UTC)
    rows, _ = read_history((samples / HISTORY).read_bytes(), HISTORY, date.max)
    late = Bucket.WEEK.start_of(now.date()) - timedelta(weeks=1) - Bucket.WEEK.start_of(max(row.day for _, row in rows))
    moved = [(number, row.model_copy(update={"day": row.day + late})) for number, row in rows]
    await database.transaction(past_demand.import_history, moved, HISTORY, now)
    planned = await replenish(client, PlanReplenishment(day=settings.day), "demo")
    proposals = await database.read(replenishment_reading.proposals, ProposalStatus.OPEN)
    if not proposals:
        raise Unavailable(f"{planned.planned} items were planned, and nothing has to be ordered; the samples leave scarce items.")
    chosen = max(proposals, key=lambda view: (view.value, -view.number))
    order = ApproveProposal(number=chosen.number, actor="demo:buyer", at=now, day=settings.day)
    decided = await database.transaction(replenishment.approve, order)
    chart = settings.home / f"replenishment-{chosen.item}.png"
    chart.write_bytes(await draw(database, chosen.item, chosen.location, "png"))
    return Replenished(
        planned=planned.planned,
        proposed=planned.proposed,
        item=chosen.item,
        quantity=decided.quantity,
        purchase_order=decided.purchase_order,
        chart=chart,
    )
