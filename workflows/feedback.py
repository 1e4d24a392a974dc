"""Feeding back to one shop: what is due is told piece by piece, and a shop that does not answer is left alone for a while."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.feedback import FeedbackActivities
    from domain.errors import OrderError
    from domain.feedback import FeedbackFound, FeedbackTold, FindFeedback, TellFeedback, Telling

from workflows.execution import execute
from workflows.policies import shop_patience

SILENT_TWICE = 2
"""So many tellings in a row without an answer are no matter of one order: the shop is down."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)
"""Between two tellings of a shop that is down, doubled each time."""


@workflow.defn(name="ShopFeedback", failure_exception_types=[OrderError])
class ShopFeedback:
    """One for each shop while there is something to tell it: started by whoever finds that, ended when nothing is left.

    The rows say what is to be told and when it may be tried again: a run that is lost loses nothing. One piece at a time, so that the
    news of one order keep their order, and on the shop's own queue, whose rate the server caps.
    """

    def __init__(self) -> None:
        self.woken = False

    @workflow.signal
    def look_again(self) -> None:
        """A person wants it told now."""
        self.woken = True

    @workflow.run
    async def run(self, shop: str, silent: int = 0) -> None:
        while True:
            self.woken = False
            request = FindFeedback(shop=shop, at=workflow.now())
            found: FeedbackFound = await execute(FeedbackActivities.find_feedback, request, f"Find what {shop} is to be told")
            if not found.tellings and found.next_at is None:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(args=[shop, silent])
            if not found.tellings and found.next_at is not None:
                await self.rest(found.next_at - workflow.now(), f"Until {shop} may be told again what it did not answer")
            for telling in found.tellings:
                told = await self.tell(shop, telling)
                silent = silent + 1 if told.trouble and told.wait is None else 0 if not told.trouble else silent
                if told.wait is not None:
                    await self.rest(told.wait, f"{shop} asked for a pause")
                elif silent >= SILENT_TWICE:
                    pause = min(FIRST_PAUSE * 2 ** min(silent - SILENT_TWICE, 20), LONGEST_PAUSE)
                    await self.rest(pause, f"{shop} is down: {told.trouble}"[:200])
                if told.trouble:
                    break  # what follows of its order has to wait; the rows know

    async def tell(self, shop: str, telling: Telling) -> FeedbackTold:
        request = TellFeedback(shop=shop, telling=telling)
        what = f"Tell {shop}: {telling.kind} {telling.subject}"[:200]
        told: FeedbackTold = await execute(FeedbackActivities.tell_feedback, request, what, shop_patience(shop))
        return told

    async def rest(self, patience: timedelta, why: str) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await workflow.wait_condition(lambda: self.woken, timeout=max(patience, timedelta(milliseconds=1)), timeout_summary=why)
