"""Supply on its way: it comes on another day, or not at all."""

from __future__ import annotations

from temporalio import activity

from database import supply
from database.engine import Database
from domain.purchasing import CancelSupply, MoveSupply, SupplyChange


class SupplyActivities:
    def __init__(self, database: Database) -> None:
        self.database = database

    @activity.defn
    async def move_supply(self, request: MoveSupply) -> SupplyChange:
        """Move the day on which goods are expected, once; answers with the orders whose promises may hang on it."""
        return await self.database.transaction(supply.move_supply, request)

    @activity.defn
    async def cancel_supply(self, request: CancelSupply) -> SupplyChange:
        """Give up what has not come; answers with the orders whose promises may hang on it."""
        return await self.database.transaction(supply.cancel_supply, request)
