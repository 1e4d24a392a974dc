"""Announcing: what happened to orders is put on its way to subscribers, and the workflow that sends it is rung."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from database import webhook_feed
from database.engine import Database
from database.webhook_feed import Fence
from domain.errors import Unavailable
from workflows.policies import ORDERS_QUEUE

LOOKS_AFTER = timedelta(seconds=15)
"""How often it is looked whether somebody was not rung, and how long an event may be late before that counts."""

FENCE_WITHIN = 0.5
"""Seconds in which the transactions that are at work usually end; a fence that is not passed by then is kept for the next round."""


class Announcer:
    """One reader of the audit trail. Several may read side by side: an event is put on its way once."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client, self._database = client, database
        self._fence: Fence | None = None
        self._looked_at = datetime.min.replace(tzinfo=UTC)

    async def announce(self) -> int:
        """Read on as far as the trail is complete; how many events there were. Raises Unavailable when nobody can be rung."""
        events = 0
        while await self._settled():
            assert self._fence is not None  # a fence that is passed
            found = await self._database.transaction(webhook_feed.read_on, self._fence, datetime.now(UTC))
            events += found.events
            if not found.more:
                self._fence = None
            await ring(self._client, found.subscriptions)
        await self._look_after()
        return events

    async def _settled(self) -> bool:
        """Whether there is a fence, and everything up to it is there to be read."""
        if self._fence is None:
            # One statement on each engine while nobody subscribes; a number of PostgreSQL's is taken only when something is new.
            self._fence = await self._database.read(webhook_feed.set_fence)
        if self._fence is None:
            return False
        until = asyncio.get_running_loop().time() + FENCE_WITHIN
        while not await self._database.read(webhook_feed.passed, self._fence):
            if asyncio.get_running_loop().time() > until:
                return False
            await asyncio.sleep(0.02)
        return True

    async def _look_after(self) -> None:
        now = datetime.now(UTC)
        if now - self._looked_at < LOOKS_AFTER:
            return
        self._looked_at = now
        late = await self._database.read(webhook_feed.overdue, now - LOOKS_AFTER)
        await ring(self._client, late)
        if await self._database.read(webhook_feed.has_old, now):
            await self._database.transaction(webhook_feed.forget_old, now)


async def ring(client: Client, subscriptions: Iterable[str]) -> None:
    """Have what waits sent now. Raises Unavailable when the server does not answer: the events stay, and are rung for later."""
    for subscription in subscriptions:
        try:
            await client.start_workflow(
                "TellSubscriber",
                subscription,
                id=f"webhooks/{subscription}",
                task_queue=ORDERS_QUEUE,
                start_signal="events_waiting",
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=f"Tell {subscription} what happens to orders",
            )
        except (RPCError, RuntimeError) as error:  # a client that was made while no server ran says it by an error without a type
            raise Unavailable(f"Temporal does not answer: {error}") from error
