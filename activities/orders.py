"""The order's own record: accepted, changed, noted, closed."""

from __future__ import annotations

from temporalio import activity

from activities.steps import once
from database import orders, promises
from database.engine import Database
from domain.steps import Accepted, AcceptOrder, CancelRest, ChangeLines, CloseOrder, Recorded, RecordException, RecordNotes


class OrderActivities:
    def __init__(self, database: Database) -> None:
        self.database = database

    @activity.defn
    async def accept_order(self, request: AcceptOrder) -> Accepted:
        """Store the order and report all findings at once."""
        return await once(self.database, request, Accepted, orders.accept_order)

    @activity.defn
    async def change_lines(self, request: ChangeLines) -> Recorded:
        """Change ordered quantities, cancel open units, add lines."""
        return await once(self.database, request, Recorded, promises.change_lines)

    @activity.defn
    async def cancel_rest(self, request: CancelRest) -> Recorded:
        """Cancel every unit that is still open."""
        return await once(self.database, request, Recorded, promises.cancel_rest)

    @activity.defn
    async def record_exception(self, request: RecordException) -> Recorded:
        """Write an exception as it now stands."""
        return await once(self.database, request, Recorded, orders.record_exception)

    @activity.defn
    async def record_notes(self, request: RecordNotes) -> Recorded:
        """Write what no other step carries to the audit trail."""
        return await once(self.database, request, Recorded, orders.record_notes)

    @activity.defn
    async def close_order(self, request: CloseOrder) -> Recorded:
        """Write the order's end."""
        return await once(self.database, request, Recorded, orders.close_order)
