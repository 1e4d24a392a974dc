"""Replenishment: every planned item is looked at, and what has to be ordered is proposed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from temporalio import activity

from database import demand, replenishment
from database.demand import Evidence
from database.engine import Database
from domain.demand import Bucket
from domain.forecasting import Forecaster, forecast
from domain.proposals import PlanItems, ReplenishmentPlanned
from domain.replenishment import Plan, horizon, plan

CHUNK = 100
"""Items planned between two signs of life, and stored in one transaction: a few seconds of work, and no lock that others wait for."""
LOOKS_BACK = {Bucket.WEEK: timedelta(weeks=104), Bucket.DAY: timedelta(days=180)}
"""How much of the past is learned from: what lies further back says little of tomorrow."""


class ReplenishmentActivities:
    """`forecaster` is asked for when a run begins, because the best one takes seconds to load."""

    def __init__(self, database: Database, forecaster: Callable[[], Forecaster]) -> None:
        self.database = database
        self._forecaster = forecaster

    @activity.defn
    async def plan_items(self, request: PlanItems) -> ReplenishmentPlanned:
        """Plan every item that this run has not planned yet, a chunk at a time; a repetition goes on where the last attempt stopped."""
        left = await self.database.transaction(replenishment.begin_run, request)
        forecaster = await asyncio.to_thread(self._forecaster)
        first = request.as_of - LOOKS_BACK[request.bucket]
        for begin in range(0, len(left), CHUNK):
            activity.heartbeat(f"{begin} of {len(left)} items planned")
            keys = left[begin : begin + CHUNK]
            found = await self.database.read(demand.evidence, keys, first, request.as_of, request.day)
            plans = await asyncio.to_thread(plan_all, found, request.bucket, first, request.as_of, forecaster)
            await self.database.transaction(replenishment.store_plans, request, plans)
        return await self.database.transaction(replenishment.end_run, request)


def plan_all(found: Sequence[Evidence], bucket: Bucket, first: date, today: date, forecaster: Forecaster) -> list[Plan]:
    """The plan of each item, from what is known of it."""
    plans = []
    for each in found:
        history = demand.history_of(each, bucket, first, today)
        told = forecast(history.fitted, horizon(each.planning, bucket), forecaster)
        plans.append(plan(each.planning, history, told, each.stock, today, each.lead))
    return plans
