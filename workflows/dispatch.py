"""Dispatch: the end of a day with the carriers, and the round that asks them where the shipments are."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.dispatch import DispatchActivities
    from domain.dispatch import CloseManifest, ManifestsClosed, NewsTold, PullTracking, UnderWay, UnderWayAfter
    from domain.errors import OrderError
    from domain.messages import CarrierEvent

from temporalio.exceptions import ApplicationError

from workflows.execution import execute
from workflows.policies import CARRIER

MOST_ROUNDS = 100
"""Of ten shipments each; then the walk goes on in a new run, with a short history."""


@workflow.defn(name="ManifestClosing", failure_exception_types=[OrderError])
class ManifestClosing:
    """One end of day at a location: durable until every carrier knows what it fetches."""

    @workflow.run
    async def run(self, request: CloseManifest) -> ManifestsClosed:
        return await execute(DispatchActivities.close_manifest, request, f"Close the manifests of {request.location}", CARRIER)


@workflow.defn(name="TrackShipments", failure_exception_types=[OrderError])
class TrackShipments:
    """Ask for every shipment under way and tell its order what it does not know; the schedule `track-shipments` starts it."""

    @workflow.run
    async def run(self, after: UnderWayAfter) -> None:
        for _ in range(MOST_ROUNDS):
            found = await execute(DispatchActivities.find_under_way, after, "Find shipments under way")
            if not found.shipments:
                return
            await self._ask(found.shipments)
            last = found.shipments[-1]
            after = UnderWayAfter(order=last.order, shipment=last.shipment, most=after.most)
        workflow.continue_as_new(after)

    async def _ask(self, shipments: tuple[UnderWay, ...]) -> None:
        request = PullTracking(shipments=shipments)
        pulled = await execute(DispatchActivities.pull_tracking, request, f"Ask the carriers about {len(shipments)} shipments", CARRIER)
        for news in pulled.news:
            try:
                await workflow.get_external_workflow_handle(f"order/{news.order}").signal(CarrierEvent.called(), news.fact)
            except ApplicationError:
                workflow.logger.info("order ended before its carrier's word came", extra={"order": news.order})
        if pulled.news:
            told = NewsTold(events=tuple(news.fact.message_id for news in pulled.news), at=workflow.now())
            await execute(DispatchActivities.news_told, told, f"Note {len(pulled.news)} carrier events as told")
