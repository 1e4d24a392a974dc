"""Collective invoices with a worker's help: a run now, or every day by a schedule; the orders hear of it from the outbox."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WorkflowFailureError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from database.engine import Database
from domain.collecting import Collected, InvoicePeriod
from domain.errors import Refused, Unavailable
from starters.outbox import tell_untold
from starters.receiving import TASK_QUEUE, sentence_of

PATIENCE = timedelta(seconds=60)
"""How long an answer is awaited; what was begun goes on all the same."""

SCHEDULE = "invoice-run"
HOUR = 2
"""Of the night, UTC: when the schedule looks whose period is over."""


async def run_invoices(client: Client, database: Database, request: InvoicePeriod) -> Collected:
    """Invoice a period and tell the orders. Two who ask at the same time get one answer; asking again issues nothing twice.

    Raises Refused for an unknown customer, Unavailable when the server or the worker does not answer in time.
    """
    period = f"{request.until:%Y-%m-%dT%H%M}" if request.until else f"{request.at:%Y-%m-%d}"
    try:
        handle = await client.start_workflow(
            "InvoiceRun",
            request,
            id=f"invoice-run/{request.customer or 'all'}/{period}",
            task_queue=TASK_QUEUE,
            result_type=Collected,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"Collective invoices of {request.customer or 'every customer'}",
        )
        found: Collected = await asyncio.wait_for(handle.result(), PATIENCE.total_seconds())
    except TimeoutError:
        raise Unavailable("The invoices are being made; see that a worker runs (`oms worker`) and ask again.") from None
    except WorkflowFailureError as failed:
        raise Refused(sentence_of(failed)) from failed
    except RPCError as error:
        raise Unavailable(f"The invoices could not be made: {error.message}") from error
    await tell_untold(client, database)
    return found


async def run_daily(client: Client) -> None:
    """Look every night whose week or month is over; a schedule that is there stays one."""
    spec = ScheduleSpec(calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(HOUR)])])
    schedule = Schedule(
        action=ScheduleActionStartWorkflow("InvoiceRun", id=SCHEDULE, task_queue=TASK_QUEUE),
        spec=spec,
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(days=7)),
    )
    try:
        await client.create_schedule(SCHEDULE, schedule)
    except ScheduleAlreadyRunningError:

        def at_night(known: ScheduleUpdateInput) -> ScheduleUpdate:
            known.description.schedule.spec = spec
            return ScheduleUpdate(schedule=known.description.schedule)

        await client.get_schedule_handle(SCHEDULE).update(at_night)
    except RPCError as error:
        raise Unavailable(f"The schedule could not be made: {error.message}") from error


async def end_daily(client: Client) -> bool:
    """Whether there was a schedule."""
    try:
        await client.get_schedule_handle(SCHEDULE).delete()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise Unavailable(f"The schedule could not be ended: {error.message}") from error
    return True
