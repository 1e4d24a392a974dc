"""Dispatch with a worker's help: manifests are closed, carriers are asked, both durably."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WorkflowFailureError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from domain.dispatch import CloseManifest, ManifestsClosed, UnderWayAfter
from domain.errors import Refused, Unavailable
from starters.receiving import TASK_QUEUE, sentence_of

PATIENCE = timedelta(seconds=60)
"""How long an answer is awaited; what was begun goes on all the same."""

SCHEDULE = "track-shipments"


async def close_manifests(client: Client, location: str, carrier: str, at: datetime, actor: str) -> ManifestsClosed:
    """Close what left the location. Two who ask at the same time get one answer.

    Raises Refused for an unknown location, Unavailable when the server or a carrier does not answer in time.
    """
    request = CloseManifest(location=location, carrier=carrier, at=at, actor=actor)
    try:
        handle = await client.start_workflow(
            "ManifestClosing",
            request,
            id=f"manifest/{location}/{carrier or 'all'}",
            task_queue=TASK_QUEUE,
            result_type=ManifestsClosed,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"Manifests of {location}",
        )
        found: ManifestsClosed = await asyncio.wait_for(handle.result(), PATIENCE.total_seconds())
    except TimeoutError:
        raise Unavailable(f"The manifests of {location} are being closed; see that a worker runs (`oms worker`) and ask again.") from None
    except WorkflowFailureError as failed:
        raise Refused(sentence_of(failed)) from failed
    except RPCError as error:
        raise Unavailable(f"The manifests of {location} could not be closed: {error.message}") from error
    return found


async def ask_now(client: Client) -> None:
    """One round over all shipments under way; a round that is running is joined."""
    try:
        handle = await client.start_workflow(
            "TrackShipments",
            UnderWayAfter(),
            id=SCHEDULE,
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary="Ask the carriers where the shipments are",
        )
        await asyncio.wait_for(handle.result(), PATIENCE.total_seconds())
    except TimeoutError:
        raise Unavailable("The carriers are being asked; see that a worker runs (`oms worker`).") from None
    except RPCError as error:
        raise Unavailable(f"The carriers could not be asked: {error.message}") from error


async def keep_asking(client: Client, minutes: int) -> None:
    """Ask every so many minutes; a schedule that is there gets the new interval. A round that is still running is not joined by another."""
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(minutes=minutes))])
    schedule = Schedule(
        action=ScheduleActionStartWorkflow("TrackShipments", UnderWayAfter(), id=SCHEDULE, task_queue=TASK_QUEUE),
        spec=spec,
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
    try:
        await client.create_schedule(SCHEDULE, schedule)
    except ScheduleAlreadyRunningError:

        def with_interval(known: ScheduleUpdateInput) -> ScheduleUpdate:
            known.description.schedule.spec = spec
            return ScheduleUpdate(schedule=known.description.schedule)

        await client.get_schedule_handle(SCHEDULE).update(with_interval)
    except RPCError as error:
        raise Unavailable(f"The schedule could not be made: {error.message}") from error


async def end_schedule(client: Client) -> bool:
    """Whether there was one."""
    try:
        await client.get_schedule_handle(SCHEDULE).delete()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise Unavailable(f"The schedule could not be ended: {error.message}") from error
    return True
