"""Returns: numbered, labelled, received, inspected, settled."""

from __future__ import annotations

from sqlalchemy.orm import Session
from temporalio import activity

from activities.bell import Bell
from activities.steps import once, once_outside
from database import intake, returns
from database.engine import Database
from domain.errors import Refused
from domain.steps import AuthorizeReturn, Recorded, RecordInspection, RecordReturnReceipt, ReturnAuthorized, SettleReturn
from integrations.ports import Carriers


class ReturnActivities:
    def __init__(self, database: Database, carriers: Carriers, bell: Bell | None = None) -> None:
        self.database, self.carriers, self.bell = database, carriers, bell or Bell(database)

    @activity.defn
    async def authorize_return(self, request: AuthorizeReturn) -> ReturnAuthorized:
        """Buy a return label, then give the return its number."""

        async def call() -> ReturnAuthorized:
            sender = await self.database.read(intake.ship_to, request.order)
            if sender is None:
                raise Refused(f"{request.order} has no address to collect the return from.")
            label = await self.carriers.buy_return_label(request.key, request.order, request.rma, sender, request.location)
            return ReturnAuthorized(rma_number="", tracking=label.tracking)

        def book(session: Session, step: AuthorizeReturn, label: ReturnAuthorized) -> ReturnAuthorized:
            return returns.authorize_return(session, step, label.tracking)

        return await once_outside(self.database, request, ReturnAuthorized, call, book, lambda: self.carriers.void(request.key))

    @activity.defn
    async def record_return_receipt(self, request: RecordReturnReceipt) -> Recorded:
        """Book what came back."""
        return await once(self.database, request, Recorded, returns.record_return_receipt)

    @activity.defn
    async def record_inspection(self, request: RecordInspection) -> Recorded:
        """Book every unit by its disposition."""
        recorded = await once(self.database, request, Recorded, returns.record_inspection)
        await self.bell.ring_if_waited_for()
        return recorded

    @activity.defn
    async def settle_return(self, request: SettleReturn) -> Recorded:
        """Write the return's end."""
        return await once(self.database, request, Recorded, returns.settle_return)
