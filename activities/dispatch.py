"""Dispatch: manifests are closed with the carriers, and carriers that send no word are asked for it."""

from __future__ import annotations

from temporalio import activity

from database import dispatch
from database.engine import Database
from domain.dispatch import (
    CloseManifest,
    ManifestsClosed,
    News,
    NewsTold,
    PullTracking,
    TrackingPulled,
    UnderWay,
    UnderWayAfter,
    UnderWayFound,
)
from domain.errors import OrderError, Unavailable
from domain.messages import CarrierEvent
from domain.steps import Recorded
from integrations.ports import Carriers, Manifested


class DispatchActivities:
    def __init__(self, database: Database, carriers: Carriers) -> None:
        self.database, self.carriers = database, carriers

    @activity.defn
    async def close_manifest(self, request: CloseManifest) -> ManifestsClosed:
        """Close the day's manifests, then tell every carrier that was not told yet; a repetition closes nothing twice."""
        await self.database.transaction(dispatch.close_manifests, request)
        for manifest in await self.database.read(dispatch.unanswered, request.location):
            lines = await self.database.read(dispatch.manifest_lines, manifest.manifest)
            reference = await self.carriers.manifest(
                manifest.document,
                manifest.location,
                manifest.carrier,
                tuple(
                    Manifested(
                        order=line.order, shipment=line.shipment, tracking=line.tracking, parcels=line.parcels, weight_g=line.weight_g
                    )
                    for line in lines
                ),
            )
            await self.database.transaction(dispatch.answered, manifest.document, reference)
        return await self.database.read(dispatch.closed_by, request)

    @activity.defn
    async def find_under_way(self, request: UnderWayAfter) -> UnderWayFound:
        """The next shipments that have left and not arrived."""
        return await self.database.read(dispatch.under_way, request)

    @activity.defn
    async def pull_tracking(self, request: PullTracking) -> TrackingPulled:
        """Ask the carriers about each shipment. A carrier that does not answer is not asked again in this round, and holds up no other."""
        news: list[News] = []
        silent: list[str] = []
        away: set[str] = set()
        for shipment in request.shipments:
            try:
                if shipment.carrier not in away:
                    news += await self._asked(shipment)
                    continue
            except OrderError as trouble:
                activity.logger.warning("carrier did not say where a shipment is", extra={"why": str(trouble)})
                if isinstance(trouble, Unavailable):
                    away.add(shipment.carrier)
            silent.append(f"{shipment.order} shipment {shipment.shipment}")
        return TrackingPulled(news=tuple(await self.database.transaction(dispatch.keep_events, news)), silent=tuple(silent))

    async def _asked(self, shipment: UnderWay) -> list[News]:
        return [
            News(
                order=shipment.order,
                fact=CarrierEvent(
                    message_id=event.event,
                    occurred_at=event.occurred_at,
                    actor=shipment.carrier,
                    shipment=shipment.shipment,
                    status=event.status,
                    detail=event.detail[:1_000],
                    expected_at=event.expected_at,
                ),
            )
            for event in await self.carriers.track(shipment.carrier, shipment.tracking)
        ]

    @activity.defn
    async def news_told(self, request: NewsTold) -> Recorded:
        """The orders know it."""
        await self.database.transaction(dispatch.events_told, request.events, request.at)
        return Recorded()
