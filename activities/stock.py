"""Stock: reserved for orders, freed again, received."""

from __future__ import annotations

from temporalio import activity

from activities.steps import once, undo
from database import promises, purchasing, shipments, stock
from database.engine import Database
from domain.steps import (
    AbandonShipment,
    AcceptPromises,
    AllocateStock,
    Allocation,
    MovePromises,
    PromisesMoved,
    ReceiveStock,
    RecordDue,
    Recorded,
    ReleaseStock,
    StockReceived,
)


class StockActivities:
    def __init__(self, database: Database) -> None:
        self.database = database

    @activity.defn
    async def allocate_stock(self, request: AllocateStock) -> Allocation:
        """Reserve stock for all needs under lock, report every shortage, and promise every line a day."""
        return await once(self.database, request, Allocation, promises.allocate)

    @activity.defn
    async def release_stock(self, request: ReleaseStock) -> Recorded:
        """Undo an allocation as far as nothing of it shipped."""
        return await undo(self.database, request, request.undoes, stock.release_stock)

    @activity.defn
    async def abandon_shipment(self, request: AbandonShipment) -> Recorded:
        """Give up an unshipped shipment; its units are open again."""
        return await once(self.database, request, Recorded, stock.abandon_shipment)

    @activity.defn
    async def move_promises(self, request: MovePromises) -> PromisesMoved:
        """The day of expected goods has changed: promise anew what waits for them."""
        return await once(self.database, request, PromisesMoved, promises.move_promises)

    @activity.defn
    async def accept_promises(self, request: AcceptPromises) -> PromisesMoved:
        """The customer takes the new days."""
        return await once(self.database, request, PromisesMoved, promises.accept_promises)

    @activity.defn
    async def record_due(self, request: RecordDue) -> Recorded:
        """Move a deadline."""
        return await once(self.database, request, Recorded, shipments.record_due)

    @activity.defn
    async def receive_stock(self, request: ReceiveStock) -> StockReceived:
        """Book a goods receipt once; answers with the orders that wait for it, the oldest first."""
        return await self.database.transaction(purchasing.receive, request)
