"""The order's own record: accepted, changed, noted, closed."""

from __future__ import annotations

from temporalio import activity

from activities.bell import Bell
from activities.steps import once
from database import orders, promises
from database.backorders import waits_for_stock
from database.engine import Database
from domain.steps import Accepted, AcceptOrder, CancelRest, ChangeLines, CloseOrder, Outcome, Recorded, RecordException, RecordNotes


class OrderActivities:
    def __init__(self, database: Database, bell: Bell | None = None) -> None:
        self.database, self.bell = database, bell or Bell(database)

    @activity.defn
    async def accept_order(self, request: AcceptOrder) -> Accepted:
        """Store the order and report all findings at once; what can be supplied at once has its stock reserved with it."""
        accepted = await self.database.transaction(promises.accept_order, request, activity.info().activity_type)
        if accepted.allocation is not None and accepted.allocation.short:
            await self.bell.ring_if_looked_at_later(request.at)
        return accepted

    @activity.defn
    async def change_lines(self, request: ChangeLines) -> Recorded:
        """Change ordered quantities, cancel open units, add lines."""
        recorded = await once(self.database, request, Recorded, promises.change_lines)
        if any(change.cancel for change in request.changes):
            await self.bell.ring_if_waited_for()
        return recorded

    @activity.defn
    async def cancel_rest(self, request: CancelRest) -> Recorded:
        """Cancel every unit that is still open."""
        recorded = await once(self.database, request, Recorded, promises.cancel_rest)
        await self.bell.ring_if_waited_for()
        return recorded

    @activity.defn
    async def record_exception(self, request: RecordException) -> Recorded:
        """Write an exception as it now stands."""
        return await once(self.database, request, Recorded, orders.record_exception)

    @activity.defn
    async def record_notes(self, request: RecordNotes) -> Recorded:
        """Write what no other step carries to the audit trail."""
        recorded = await once(self.database, request, Recorded, orders.record_notes)
        if request.held == "" and await self.database.read(waits_for_stock, request.order):  # it may have been passed over on hold
            await self.bell.ring()
        return recorded

    @activity.defn
    async def close_order(self, request: CloseOrder) -> Recorded:
        """Write the order's end."""
        recorded = await once(self.database, request, Recorded, orders.close_order)
        if request.outcome is not Outcome.CLOSED:
            await self.bell.ring_if_waited_for()
        return recorded
