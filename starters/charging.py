"""Finance charges with a worker's help: a run now, or one every month on a schedule."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

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
    WorkflowFailureError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from domain.charging import ChargeUntil
from domain.errors import Refused, Unavailable
from starters.receiving import TASK_QUEUE, sentence_of

PATIENCE = timedelta(seconds=60)
"""How long an answer is awaited; what was begun goes on all the same."""

SCHEDULE = "finance-charges"


async def charge(client: Client, until: date, customer: str = "") -> int:
    """Charge everybody who bears finance charges until the end of that day; the number of documents written."""
    try:
        handle = await client.start_workflow(
            "FinanceCharges",
            ChargeUntil(until=until, customer=customer),
            id=f"finance-charges/{until}/{customer or 'all'}",
            task_queue=TASK_QUEUE,
            result_type=int,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"Finance charges until {until}",
        )
        return int(await asyncio.wait_for(handle.result(), PATIENCE.total_seconds()))
    except TimeoutError:
        raise Unavailable(f"Finance charges until {until} are being written; see that a worker runs (`oms worker`).") from None
    except WorkflowFailureError as failed:
        raise Refused(sentence_of(failed)) from failed
    except RPCError as error:
        raise Unavailable(f"Finance charges could not be written: {error.message}") from error


async def charge_monthly(client: Client, day: int) -> None:
    """Charge on this day of every month, at five in the morning (UTC), until the day before; a schedule that is there stays."""
    spec = ScheduleSpec(calendars=[ScheduleCalendarSpec(day_of_month=[ScheduleRange(day)], hour=[ScheduleRange(5)])])
    schedule = Schedule(
        action=ScheduleActionStartWorkflow("FinanceCharges", ChargeUntil(), id=SCHEDULE, task_queue=TASK_QUEUE),
        spec=spec,
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE),
    )
    try:
        await client.create_schedule(SCHEDULE, schedule)
    except ScheduleAlreadyRunningError:
        raise Refused("Finance charges are on a schedule already: --stop ends it first.") from None
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
