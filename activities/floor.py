"""The floor: pick tasks go to the warehouse, its confirmations are booked."""

from __future__ import annotations

from temporalio import activity

from activities.bell import Bell
from activities.steps import once, once_outside, undo
from database import shipments
from database.engine import Database
from domain.steps import CancelPicks, PicksReleased, Recorded, RecordPacking, RecordPick, ReleasePicks
from integrations.ports import Warehouse


class FloorActivities:
    def __init__(self, database: Database, warehouse: Warehouse, bell: Bell | None = None) -> None:
        self.database, self.warehouse, self.bell = database, warehouse, bell or Bell(database)

    @activity.defn
    async def release_picks(self, request: ReleasePicks) -> PicksReleased:
        """Hand a pick task to the warehouse, once."""

        async def call() -> PicksReleased:
            reference = await self.warehouse.release(
                request.key, request.order, request.shipment, request.location, request.picks, request.pick_due
            )
            return PicksReleased(reference=reference)

        return await once_outside(
            self.database, request, PicksReleased, call, shipments.record_pick_release, lambda: self.warehouse.cancel(request.key)
        )

    @activity.defn
    async def cancel_picks(self, request: CancelPicks) -> Recorded:
        """Have the warehouse forget a pick task."""
        await self.warehouse.cancel(request.undoes)
        return await undo(self.database, request, request.undoes, shipments.cancel_picks)

    @activity.defn
    async def record_pick(self, request: RecordPick) -> Recorded:
        """Book what was really picked."""
        return await once(self.database, request, Recorded, shipments.record_pick)

    @activity.defn
    async def record_packing(self, request: RecordPacking) -> Recorded:
        """Book the parcels."""
        recorded = await once(self.database, request, Recorded, shipments.record_packing)
        if request.unpacked:
            await self.bell.ring_if_waited_for()
        return recorded
