"""The bill of one order: its history events, billable actions, history bytes and database statements, exact to the last one.

Every message is sent when the order waits for it and does nothing else, so that the same code always gives the same numbers.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from config.settings import Settings
from database.engine import Database
from domain.values import Value
from simulation.benchmark.bell import Ringing, listener
from simulation.benchmark.order import FACTS, POLICIES, placed, said
from starters.messaging import tell, workflow_id
from starters.placing import place
from workers.wiring import partners, workers

PATIENCE = 60.0  # seconds for the whole life

BILLED = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
    EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
)
"""One billable action each: start, activity, timer, signal, update, search-attribute upsert, child workflow, signal to another workflow."""


class Bill(Value):
    """`events` by type, in the order of their names without `EVENT_TYPE_`; `statements` are those of worker and intake together."""

    events: dict[str, int]
    actions: int
    bytes: int
    statements: int

    @property
    def total_events(self) -> int:
        return sum(self.events.values())

    def __str__(self) -> str:
        by_type = "\n".join(f"  {count:3} {name}" for name, count in self.events.items())
        return f"{self.total_events} events, {self.actions} actions, {self.bytes:,} bytes, {self.statements} statements:\n{by_type}"


def events_by_type(events: Sequence[HistoryEvent]) -> dict[str, int]:
    counted = Counter(EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower() for event in events)
    return dict(sorted(counted.items()))


def actions(events: Sequence[HistoryEvent]) -> int:
    """Billable actions of a history; every attempt of an activity after its first is one more."""
    counted = sum(event.event_type in BILLED for event in events)
    retries = sum(
        event.activity_task_started_event_attributes.attempt - 1
        for event in events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
    )
    return counted + retries


async def bill_of_one_order(client: Client, settings: Settings, run: str) -> Bill:
    """Let one order live its whole life with workers of our own, alone, and count what it took.

    The database of `settings` has the benchmark's catalogue. Raises TimeoutError when the order does not close within `PATIENCE` seconds.
    """
    database, intake = Database(settings.database_url), Database(settings.database_url)
    behind, world = partners(settings)
    async with AsyncExitStack() as stack:
        stack.callback(world.close)
        stack.push_async_callback(database.close)
        stack.push_async_callback(intake.close)
        bell = stack.enter_context(listener(settings))  # a query would cut its workflow task in two
        runner = Ringing(settings)
        stack.callback(runner.close)
        for worker in workers(client, database, behind, runner=runner):
            await stack.enter_async_context(worker)
        order = placed(run, 0)
        async with asyncio.timeout(PATIENCE):
            await place(client, intake, settings, order, POLICIES)
            handle = client.get_workflow_handle(workflow_id(order.key))
            for waits, fact in enumerate(FACTS):
                await bell.heard(workflow_id(order.key), waits)
                await tell(client, order.key, said(order, fact))
            await handle.result()
        history = await handle.fetch_history()
        size = (await handle.describe()).raw_description.workflow_execution_info.history_size_bytes
        return Bill(
            events=events_by_type(history.events),
            actions=actions(history.events),
            bytes=size,
            statements=database.statements + intake.statements,
        )
