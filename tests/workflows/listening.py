"""A runner that says when a workflow has come to rest, so that a test looks at it then, and not every few milliseconds."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from workers.runner import Instance, Runner

if TYPE_CHECKING:
    from temporalio.bridge.proto.workflow_activation import WorkflowActivation
    from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion

UNHEARD = 0.2
"""Seconds after which a test looks again at a workflow that said nothing: it has a step under way, or its worker is another process."""


class Listening(Runner):
    """Runs workflows as `inner` does; used on the event loop that made it."""

    def __init__(self, inner: WorkflowRunner) -> None:
        super().__init__(inner)
        self._loop = asyncio.get_running_loop()
        self._rests: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Heard(super().create_instance(det), self)

    def expect(self, workflow_id: str) -> None:
        """Forget what was heard of the workflow; to be called before a look at it."""
        self._rests[workflow_id].clear()

    async def rested(self, workflow_id: str) -> None:
        """Return when the workflow has come to rest since `expect`, or after a while in which it did not."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rests[workflow_id].wait(), UNHEARD)

    def hear(self, workflow_id: str) -> None:
        """The workflow has nothing left to do but wait; called from the thread that ran it."""
        self._loop.call_soon_threadsafe(self._rests[workflow_id].set)


class _Heard(Instance):
    def __init__(self, instance: WorkflowInstance, listening: Listening) -> None:
        super().__init__(instance)
        self._listening = listening

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        completion = super().activate(act)
        asked = all(job.HasField("query_workflow") for job in act.jobs)
        if not asked and not any(command.HasField("schedule_activity") for command in completion.successful.commands):
            self._listening.hear(self.get_info().workflow_id)
        return completion
