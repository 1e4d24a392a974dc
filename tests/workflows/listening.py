"""A runner that says what a workflow answers when it has come to rest, so that a test looks at it then, and not every few milliseconds."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING

from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from workers.runner import Instance, Runner, rests

if TYPE_CHECKING:
    from temporalio.api.common.v1 import Payload
    from temporalio.bridge.proto.workflow_activation import WorkflowActivation
    from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion

UNHEARD = 0.2
"""Seconds after which a test looks again at a workflow that said nothing: it has a step under way, or its worker is another process."""

START = "start"
"""Stands for the message that starts a workflow."""


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
        self._here: dict[str, _Heard] = {}
        self._told: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._doubted: set[str] = set()

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        self._here[det.info.workflow_id] = heard = _Heard(super().create_instance(det), self, det.info.workflow_id)
        return heard

    @contextmanager
    def asking(self, workflow_id: str, query: str) -> Iterator[Question]:
        """Ask a workflow from now on, at each of its rests."""
        question = Question(query)
        self.questions[workflow_id].append(question)
        try:
            yield question
        finally:
            self.questions[workflow_id].remove(question)

    # --- what a workflow answers now, and when that is not known -----------------------------------------------------------------------

    async def look(self, workflow_id: str, question: Question) -> Payload | None:
        """What a workflow answers that rests and has heard all that it was told; what one says next that has something to do.

        None: only the server knows.
        """
        if workflow_id in self._doubted:
            return None
        if not self._told[workflow_id].total():
            here = self._here.get(workflow_id)
            if here is None or here.replayed:
                return None
            if answer := await asyncio.to_thread(here.ask, question.query):
                return answer
        return await question.answer()

    def tell(self, workflow_id: str, message: str) -> None:
        """A message with this id is on its way to it; `START`: it was started."""
        self._told[workflow_id][message] += 1

    def doubt(self, *workflow_ids: str) -> None:
        """Something happens to these workflows (to all of them) that nobody tells: the next look is through the server."""
        self._doubted.update(workflow_ids or self._here)

    def forget(self) -> None:
        """The workers end: somebody else may have them next."""
        self._here.clear()
        self._told.clear()
        self._doubted.clear()

    def leave(self, workflow_id: str, instance: _Heard) -> None:
        """It has ended, or its worker needs the room."""
        if self._here.get(workflow_id) is instance:
            del self._here[workflow_id]

    def hear(self, workflow_id: str, act: WorkflowActivation) -> None:
        """What a workflow is given in its worker; from the thread that runs it."""
        told = self._told[workflow_id]
        for job in act.jobs:
            if job.HasField("query_workflow"):
                self._doubted.discard(workflow_id)
            elif act.is_replaying:
                continue
            elif job.HasField("initialize_workflow"):
                told.pop(START, None)
            elif job.HasField("signal_workflow"):
                said = b"".join(payload.data for payload in job.signal_workflow.input)
                told.subtract([message for message, times in list(told.items()) if times and f'"{message}"'.encode() in said])


class _Heard(Instance):
    def __init__(self, instance: WorkflowInstance, listening: Listening, workflow_id: str) -> None:
        super().__init__(instance)
        self._listening, self._workflow_id = listening, workflow_id
        self._questions = listening.questions[workflow_id]
        self._rested: WorkflowActivation | None = None
        self.replayed = False  # since it last did something
        self._one_at_a_time = Lock()

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        with self._one_at_a_time:
            completion = super().activate(act)
            asked = {job.query_workflow.query_type for job in act.jobs if job.HasField("query_workflow")}
            leaving = any(job.HasField("remove_from_cache") for job in act.jobs)
            if not asked:
                self.replayed = act.is_replaying or leaving
                self._rested = act if not self.replayed and rests(completion) else None
            for question in tuple(self._questions):
                if asked:
                    if question.query in asked:
                        question.hear(None)
                elif self._rested is not None:
                    question.hear(self._answer(self._rested, question.query))
            self._listening.hear(self._workflow_id, act)
            if leaving:
                self._listening.leave(self._workflow_id, self)
        return completion

    def ask(self, query: str) -> Payload | None:
        """What the workflow answers, if it rests."""
        with self._one_at_a_time:
            return None if self._rested is None else self._answer(self._rested, query)

    def _answer(self, act: WorkflowActivation, query: str) -> Payload | None:
        """What the workflow answers to a query at this moment; None if it fails."""
        asking = type(act)()
        asking.CopyFrom(act)
        asking.ClearField("jobs")
        asking.jobs.add().query_workflow.query_type = query
        (command,) = super().activate(asking).successful.commands
        return command.respond_to_query.succeeded.response if command.respond_to_query.HasField("succeeded") else None
