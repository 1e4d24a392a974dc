"""Stock: reserved for orders, freed again, received."""

from __future__ import annotations

from temporalio import activity

from activities.bell import Bell
from activities.steps import once, undo
from database import promises, shipments, stock, supply
from database.backorder_queue import waited_for
from database.engine import Database
from domain.messages import StockArrived
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
    def __init__(self, database: Database, bell: Bell | None = None) -> None:
        self.database, self.bell = database, bell or Bell(database)

    @activity.defn
    async def allocate_stock(self, request: AllocateStock) -> Allocation:
        """Reserve stock for all needs under lock, report every shortage, and promise every line a day."""
        allocation = await once(self.database, request, Allocation, promises.allocate)
        if any(cause.name == StockArrived.called() for cause in request.causes):  # what was set aside may be more than it needs now
            await self.bell.ring_after_a_winner()
        elif allocation.short:
            await self.bell.ring_if_looked_at_later(request.at)
        return allocation

    @activity.defn
    async def release_stock(self, request: ReleaseStock) -> Recorded:
        """Undo an allocation as far as nothing of it shipped."""
        recorded = await undo(self.database, request, request.undoes, stock.release_stock)
        await self.bell.ring_if_waited_for()
        return recorded

    @activity.defn
    async def abandon_shipment(self, request: AbandonShipment) -> Recorded:
        """Give up an unshipped shipment; its units are open again."""
        recorded = await once(self.database, request, Recorded, stock.abandon_shipment)
        await self.bell.ring_if_waited_for()
        return recorded

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
        """Book a goods receipt once; answers with the orders that won of it, the first of the queue first."""
        received = await self.database.transaction(supply.receive, request)
        waited = await self.database.read(waited_for, (request.item,))
        if received.waiting or waited:  # somebody watches whether the winners come, and whose turn is next
            await self.bell.ring()
        return received
