"""Webhooks out: one workflow for each subscription that has something to be told; it ends when nothing waits."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.webhooks import WebhookActivities
    from domain.errors import OrderError
    from domain.webhooks import SendEvents, TellDisabled

from workflows.execution import execute
from workflows.policies import MAIL, WEBHOOKS

SILENCE = timedelta(seconds=45)
"""A batch gives a sign of life after every event, and one event has fifteen seconds."""


@workflow.defn(name="TellSubscriber", failure_exception_types=[OrderError])
class TellSubscriber:
    """Rung (signal with start) when there is something to send. The rows say what and when: a ring that is lost costs time, no event."""

    def __init__(self) -> None:
        self.rung = False

    @workflow.signal
    def events_waiting(self) -> None:
        self.rung = True

    @workflow.run
    async def run(self, subscription: str) -> None:
        while True:
            self.rung = False
            request = SendEvents(subscription=subscription)
            round_ = await execute(
                WebhookActivities.send_events, request, f"Send what {subscription} has to be told", WEBHOOKS, sign_of_life=SILENCE
            )
            if round_.disabled:
                told = TellDisabled(subscription=subscription, reason=round_.disabled, at=workflow.now())
                await execute(WebhookActivities.tell_disabled, told, f"Tell that {subscription} is disabled", MAIL)
            if round_.next_at is None and not self.rung:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(subscription)
            if round_.next_at is not None and not self.rung:
                await self.until_rung(round_.next_at - workflow.now())

    async def until_rung(self, patience: timedelta) -> None:
        if patience <= timedelta():
            return
        with contextlib.suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: self.rung, timeout=patience, timeout_summary="Until an event is tried again, or another one is there"
            )
