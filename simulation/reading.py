"""Orders as the readable database tells them: which of them moved, and how they now stand."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database import reading
from database.engine import Database
from database.tables import AuditEntry, Order
from simulation.book import Changes


class DatabaseReading:
    """The `Reading` that the outside world uses: no worker needs to be alive.

    Every step of an order leaves a row in the audit trail, so that the rows since the last look name the orders that moved.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def changes(self, since: int, also: Sequence[str] = ()) -> Changes:
        return await self._database.read(_changes, since, tuple(also))


def _changes(session: Session, since: int, also: tuple[str, ...]) -> Changes:
    last = session.scalar(select(func.max(AuditEntry.id))) or 0
    if since:
        moved = select(AuditEntry.order).where(AuditEntry.id > since, AuditEntry.id <= last).distinct()
    else:
        moved = select(Order.order).where(Order.outcome == "")
    # an order that was refused at the door is unknown: there is nothing to act upon
    return Changes(last=last, views=tuple(reading.order_views(session, {*session.scalars(moved), *also})))
