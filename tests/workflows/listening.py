"""A runner that says what a workflow answers when it has come to rest, so that a test looks at it then, and not every few milliseconds."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from workers.runner import Instance, Runner, rests

if TYPE_CHECKING:
    from temporalio.api.common.v1 import Payload
    from temporalio.bridge.proto.workflow_activation import WorkflowActivation
    from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion

UNHEARD = 0.2
"""Seconds after which a test looks again at a workflow that said nothing: it has a step under way, or its worker is another process."""


class Question:
    """A query that a workflow is asked in its worker whenever it has come to rest: through the server it would cost much more."""

    def __init__(self, query: str) -> None:
        self.query = query
        self._answer: Payload | None = None
        self._answered = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def answer(self) -> Payload | None:
        """Its next answer that nobody has had; None when there is none for a while."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), UNHEARD)
        self._answered.clear()
        answer, self._answer = self._answer, None
        return answer

    def hear(self, answer: Payload | None) -> None:
        """What it answers now, or that it was asked through the server and earlier answers are old; from the thread that runs it."""
        self._answer = answer
        if answer is not None:
            self._loop.call_soon_threadsafe(self._answered.set)


class Listening(Runner):
    """Runs workflows as `inner` does."""

    def __init__(self, inner: WorkflowRunner) -> None:
        super().__init__(inner)
        self.questions: defaultdict[str, list[Question]] = defaultdict(list)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Heard(super().create_instance(det), self.questions[det.info.workflow_id])

    @contextmanager
    def asking(self, workflow_id: str, query: str) -> Iterator[Question]:
        """Ask a workflow from now on, at each of its rests."""
        question = Question(query)
        self.questions[workflow_id].append(question)
        try:
            yield question
        finally:
            self.questions[workflow_id].remove(question)


class _Heard(Instance):
    def __init__(self, instance: WorkflowInstance, questions: list[Question]) -> None:
        super().__init__(instance)
        self._questions = questions

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        completion = super().activate(act)
        asked = {job.query_workflow.query_type for job in act.jobs if job.HasField("query_workflow")}
        leaving = any(job.HasField("remove_from_cache") for job in act.jobs)
        for question in tuple(self._questions):
            if asked:
                if question.query in asked:
                    question.hear(None)
            elif not leaving and not act.is_replaying and rests(completion):
                question.hear(self._answer(act, question.query))
        return completion

    def _answer(self, act: WorkflowActivation, query: str) -> Payload | None:
        """What the workflow answers to a query at this moment; None if it fails."""
        asking = type(act)()
        asking.CopyFrom(act)
        asking.ClearField("jobs")
        asking.jobs.add().query_workflow.query_type = query
        (command,) = super().activate(asking).successful.commands
        return command.respond_to_query.succeeded.response if command.respond_to_query.HasField("succeeded") else None
