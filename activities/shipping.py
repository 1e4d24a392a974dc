"""Shipping: labels are bought and voided, goods leave, the carrier's word is kept."""

from __future__ import annotations

from sqlalchemy.orm import Session
from temporalio import activity

from activities.bell import Bell
from activities.steps import once, once_outside, undo
from database import dispatch, intake, promises, shipments
from database.engine import Database
from domain.errors import Refused
from domain.order import Address
from domain.steps import LabelVoided, RecordDelivery, Recorded, RecordLoss, RecordTracking, ShipParcels, Shipped, VoidLabel
from domain.tracking_numbers import read_tracking_number
from integrations.ports import Carriers, LabelFile, Quote


class ShippingActivities:
    def __init__(self, database: Database, carriers: Carriers, bell: Bell | None = None) -> None:
        self.database, self.carriers, self.bell = database, carriers, bell or Bell(database)

    @activity.defn
    async def ship_parcels(self, request: ShipParcels) -> Shipped:
        """Buy the label of the service that fits best, then book the goods out of stock."""

        files: tuple[LabelFile, ...] = ()

        async def call() -> Shipped:
            nonlocal files
            to = await self.database.read(intake.ship_to, request.order)
            if to is None:
                return Shipped(refused="The order has no address to ship to.")
            quotes = await self.carriers.quotes(request.location, to, request.parcels, request.currency)
            quote = choose(request, quotes)
            if quote is None:
                return Shipped(refused=f"No carrier offers {request.service or 'any service'} from {request.location} to {to.country}.")
            shipped, files = await self._buy(request, quote, to)
            return shipped

        def book(session: Session, step: ShipParcels, shipped: Shipped) -> Shipped:
            dispatch.keep_labels(session, step.key, step.order, step.shipment, [(file.format, file.content) for file in files])
            return shipments.ship_booking(session, step, shipped)

        return await once_outside(self.database, request, Shipped, call, book, lambda: self.carriers.void(request.key))

    async def _buy(self, request: ShipParcels, quote: Quote, to: Address) -> tuple[Shipped, tuple[LabelFile, ...]]:
        label = await self.carriers.buy_label(request.key, request.order, request.shipment, quote, to, request.parcels)
        try:
            read_tracking_number(label.tracking, label.carrier)
        except Refused as odd:  # the parcel bears it all the same, and it is the carrier's to know its numbers
            activity.logger.warning("a carrier's tracking number looks wrong", extra={"order": request.order, "why": str(odd)})
        expected_at = request.at + quote.transit_days * request.day
        shipped = Shipped(
            carrier=label.carrier,
            service=label.service,
            tracking=label.tracking,
            cost=label.price,
            expected_at=expected_at,
            overdue_at=expected_at + request.delivery_grace * request.day,
        )
        return shipped, label.files

    @activity.defn
    async def void_label(self, request: VoidLabel) -> LabelVoided:
        """Undo a shipping attempt: its label is void, its goods are in stock; a label that the carrier will not void keeps no goods."""
        refused = ""
        try:
            await self.carriers.void(request.undoes)
        except Refused as refusal:
            refused = str(refusal)
        await undo(self.database, request, request.undoes, shipments.unship)
        return LabelVoided(refused=refused)

    @activity.defn
    async def record_tracking(self, request: RecordTracking) -> Recorded:
        """Keep the carrier's latest word."""
        return await once(self.database, request, Recorded, shipments.record_tracking)

    @activity.defn
    async def record_delivery(self, request: RecordDelivery) -> Recorded:
        """Keep the proof of delivery."""
        return await once(self.database, request, Recorded, promises.record_delivery)

    @activity.defn
    async def record_loss(self, request: RecordLoss) -> Recorded:
        """A shipment will not be delivered; what came back is in stock again."""
        recorded = await once(self.database, request, Recorded, promises.record_loss)
        if request.came_back:
            await self.bell.ring_if_waited_for()
        return recorded


def choose(request: ShipParcels, quotes: tuple[Quote, ...]) -> Quote | None:
    """The cheapest quote that arrives in time, else the fastest; of the asked service only, where it is offered."""
    wanted = [quote for quote in quotes if not request.service or quote.service.lower() == request.service.lower()] or list(quotes)
    if not wanted:
        return None
    by = request.promise_by
    in_time = [quote for quote in wanted if by is None or request.at + quote.transit_days * request.day <= by]
    if in_time:
        return min(in_time, key=lambda quote: (quote.price.minor, quote.transit_days, quote.carrier, quote.service))
    return min(wanted, key=lambda quote: (quote.transit_days, quote.price.minor, quote.carrier, quote.service))
