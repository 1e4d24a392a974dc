"""Returns: numbered, labelled, received, inspected, settled."""

from __future__ import annotations

from sqlalchemy.orm import Session
from temporalio import activity

from activities.bell import Bell
from activities.steps import once, once_outside
from database import debts, intake, returns
from database.engine import Database
from domain.errors import Refused
from domain.messages import LineQuantity, Parcel
from domain.steps import (
    AuthorizeReturn,
    ItemsPriced,
    MoveUntaken,
    OpenClaim,
    PriceItems,
    Recorded,
    RecordInspection,
    RecordReturnReceipt,
    ReturnAuthorized,
    SettleReturn,
    Untaken,
)
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
    async def price_items(self, request: PriceItems) -> ItemsPriced:
        """Ask what items of an exchange cost the customer."""
        return await once(self.database, request, ItemsPriced, returns.price_items)

    @activity.defn
    async def open_claim(self, request: OpenClaim) -> Recorded:
        """Put a claim on the list."""
        return await once(self.database, request, Recorded, debts.record_claim)

    @activity.defn
    async def move_untaken(self, request: MoveUntaken) -> Untaken:
        """Put goods that a return does not take into quarantine, or buy a label and send them back."""

        async def call() -> Untaken:
            if not request.send_back:
                return Untaken()
            to = await self.database.read(intake.ship_to, request.order)
            if to is None:
                return Untaken(refused="the order has no address to send them to")
            parcel = returned_parcel(request)
            quotes = await self.carriers.quotes(request.location, to, (parcel,), request.currency)
            if not quotes:
                return Untaken(refused=f"no carrier goes from {request.location} to {to.country}")
            number = OF_RETURNS + request.rma
            label = await self.carriers.buy_label(request.key, request.order, number, quotes[0], to, (parcel,))
            return Untaken(carrier=label.carrier, tracking=label.tracking, cost=label.price)

        return await once_outside(self.database, request, Untaken, call, returns.move_untaken, lambda: self.carriers.void(request.key))

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


OF_RETURNS = 9_000
"""What carriers are told as the number of a shipment that sends goods of a return back: above every shipment of an order."""

UNIT_G = 500
"""Grams of a unit that nobody weighed: enough for a label, which the carrier weighs anew."""


def returned_parcel(request: MoveUntaken) -> Parcel:
    """All of it in one parcel, as it came."""
    units = sum(entry.quantity for entry in request.lines) + sum(other.quantity for other in request.others)
    contents = request.lines or (LineQuantity(line=1, quantity=units),)
    return Parcel(number=1, weight_g=max(units, 1) * UNIT_G, contents=contents)
