"""The backorder queue: what was freed is handed out along it, and stock changes hands between orders on purpose."""

from __future__ import annotations

from temporalio import activity

from activities.bell import Bell
from database import backorders, reallocations
from database.engine import Database
from domain.distribution import Distributed, DistributeStock, Reallocated, ReallocateStock


class BackorderActivities:
    def __init__(self, database: Database, bell: Bell | None = None) -> None:
        self.database, self.bell = database, bell or Bell(database)

    @activity.defn
    async def distribute_stock(self, request: DistributeStock) -> Distributed:
        """Hand out what was freed and what lapsed; answers with the winners who do not know it yet.

        Three transactions, each whole by itself: they lock different items, and every lock is taken in the order of the keys.
        """
        if request.gone:
            await self.database.transaction(backorders.take_back_from_ended, request.gone, request.at)
        late = await self.database.transaction(backorders.take_back_lapsed, request.at)
        return await self.database.transaction(backorders.distribute, request, late)

    @activity.defn
    async def reallocate_stock(self, request: ReallocateStock) -> Reallocated:
        """Plan a re-allocation under lock and move what can move at once; answers with the shipments to be given up."""
        done = await self.database.transaction(reallocations.reallocate, request)
        await self.bell.ring_if_waited_for()
        return done
