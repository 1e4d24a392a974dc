"""How a chapter of an order's life acts, waits and asks: the only place that knows Temporal's timers and activities.

A chapter is a task inside the order's one workflow. Between two of its awaits the state is true, so the run may be continued as new
whenever no activity is in flight; a chapter that starts again reads from the state how far it had come.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypedDict, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from domain.exceptions import Decision, ExceptionKind
    from domain.lifecycle import Wait
    from domain.messages import Cause, Fact
    from domain.money_steps import changes_balances
    from domain.state import OrderState
    from domain.steps import Step

from workflows.policies import DATABASE, Patience

RequestType = TypeVar("RequestType", bound=Step)
ResultType = TypeVar("ResultType")
FactType = TypeVar("FactType", bound=Fact)


class Stopped(Exception):
    """The chapter has to end here: its order is being cancelled. Never leaves the workflow's run."""


class StepRefused(Exception):
    """The business said no to a step, with its reason: asking again does not help."""


class StepBase(TypedDict):
    order: str
    key: str
    at: datetime
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class Waiting:
    """What a chapter waits for at this moment, for whoever looks at the order."""

    wait: Wait
    subject: str
    due: datetime | None


@dataclass
class Life:
    """What the chapters of one order share: its state, what they wait for and do, and how many activities are in flight."""

    state: OrderState
    show: Callable[[], None]
    waiting: dict[str, Waiting] = field(default_factory=dict)
    doing: dict[str, str] = field(default_factory=dict)
    in_flight: int = 0
    money: asyncio.Lock = field(default_factory=asyncio.Lock)  # one change of the balances at a time
    lines: asyncio.Lock = field(default_factory=asyncio.Lock)  # one change of the lines at a time: their numbers follow one another
    refunds: asyncio.Lock = field(default_factory=asyncio.Lock)
    cards: asyncio.Lock = field(default_factory=asyncio.Lock)  # one authorization at a time: each looks at what the others hold
    credit: asyncio.Lock = field(default_factory=asyncio.Lock)


def never() -> bool:
    return False


class Chapter:
    """One strand of an order's life; `stop` says when it may not begin anything new."""

    def __init__(self, life: Life, name: str, stop: Callable[[], bool] = never) -> None:
        self.life = life
        self.name = name
        self.stop = stop

    @property
    def state(self) -> OrderState:
        return self.life.state

    @property
    def now(self) -> datetime:
        return workflow.now()

    def base(self, step: str, *causes: Fact | Cause | None) -> StepBase:
        """The part that all requests share: the key is the order's key and the step's own path."""
        key = f"{self.state.order}/{step}"
        before = self.state.unanswered.get(key)
        return StepBase(
            order=self.state.order,
            key=key,
            at=datetime.fromisoformat(json.loads(before)["at"]) if before else workflow.now(),
            causes=tuple(Cause.of(cause) if isinstance(cause, Fact) else cause for cause in causes if cause is not None),
        )

    def again(self, request: RequestType) -> RequestType:
        """This request, or the one with its key that an earlier run made and got no answer to.

        It may have been carried out, so it is repeated word for word; whoever changes the state by what was asked for reads it from here.
        """
        before = self.state.unanswered.get(request.key)
        return type(request).model_validate_json(before) if before else request

    def settle(self, key: str) -> None:
        """The step was answered: nobody has to ask again."""
        self.state.unanswered.pop(key, None)
        self.state.tried_by.pop(key, None)

    @contextlib.asynccontextmanager
    async def turn(self, lock: asyncio.Lock, step: Callable[[], str]) -> AsyncIterator[None]:
        """Hold `lock` for a step whose number several chapters share, such as the next change of lines.

        A number that another chapter tried in an earlier run, without an answer, is that chapter's: it comes first.
        """

        async with self._held(lock, lambda: self._ours_to_do(step())):
            yield

    @contextlib.asynccontextmanager
    async def balances(self, step: Callable[[], str] | None = None) -> AsyncIterator[None]:
        """Hold the balances of the order's invoices and payments for one change of them; `step` names one whose number chapters share.

        A change that an earlier run tried without an answer may stand in the books and not in the state, where others would reckon with
        money that is spent: whoever tried it ends it first.
        """
        tried_by = self.state.tried_by

        def tried() -> set[str]:
            of_order = f"{self.state.order}/"
            return {name for key, name in tried_by.items() if changes_balances(key.removeprefix(of_order))}

        patient = bool(tried() - {self.name}) and workflow.patched("balances-in-turn")

        def ours() -> bool:
            before = tried() if patient else set()
            return (step is None or self._ours_to_do(step())) and (not before or self.name in before)

        async with self._held(self.life.money, ours):
            yield

    def _ours_to_do(self, step: str) -> bool:
        """No other chapter tried this step in an earlier run without an answer."""
        return self.state.tried_by.get(f"{self.state.order}/{step}", self.name) == self.name

    @contextlib.asynccontextmanager
    async def _held(self, lock: asyncio.Lock, ours: Callable[[], bool]) -> AsyncIterator[None]:
        """Hold `lock` as soon as it is `ours`, which may have changed while others held it."""
        while True:
            await self.pause(ours)
            async with lock:
                if ours():
                    yield
                    return

    # --- act ---------------------------------------------------------------------------------------------------------------------

    async def act(
        self,
        activity: Callable[[Any, RequestType], Awaitable[ResultType]],
        request: RequestType,
        summary: str,
        patience: Patience = DATABASE,
    ) -> ResultType:
        """Have one step done, however long the world needs for it.

        Raises Stopped when the chapter has to end before the answer came. A refusal that the order cannot foresee becomes an exception for
        a person, who mends its cause and has the step tried again: a step never fails an order.
        """
        while True:
            try:
                return await self.attempt(activity, request, summary, patience)
            except StepRefused as refused:
                workflow.logger.warning("step refused", extra={"step": request.key, "reason": str(refused)})
                async with self.question(ExceptionKind.STEP_REFUSED, request.key.removeprefix(f"{request.order}/"), str(refused)):
                    pass

    async def attempt(
        self,
        activity: Callable[[Any, RequestType], Awaitable[ResultType]],
        request: RequestType,
        summary: str,
        patience: Patience = DATABASE,
    ) -> ResultType:
        """One step without a second thought: raises StepRefused, or Stopped when the chapter has to end."""
        if self.stop():
            raise Stopped
        if self.state.leaving:
            await workflow.wait_condition(never)  # the next run begins this chapter again
        request = self.again(request.model_copy(update={"summary": summary}))
        self.life.in_flight += 1
        self.life.doing[self.name] = summary
        try:
            answer = await self._patiently(activity, request, summary, patience)
        except FailureError as error:
            if self.stop() and _was_undone(error):
                raise Stopped from None
            self.settle(request.key)
            raise StepRefused(_refusal(error).message) from error
        finally:
            self.life.in_flight -= 1
            self.life.doing.pop(self.name, None)
        self.settle(request.key)
        return answer

    async def _patiently(
        self, activity: Callable[[Any, RequestType], Awaitable[ResultType]], request: RequestType, summary: str, patience: Patience
    ) -> ResultType:
        """Repeated without end; interrupted when the chapter or the run has to end before its answer comes."""
        # The generic request type is erased here: the SDK's overloads know concrete activities only.
        handle: workflow.ActivityHandle[Any] = workflow.start_activity_method(
            activity,
            request,
            task_queue=patience.queue,
            start_to_close_timeout=patience.start_to_close,
            retry_policy=patience.retry,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=summary,
        )
        # An outage holds up neither a cancel nor a run that has to be continued as new.
        await workflow.wait_condition(lambda: handle.done() or self.stop() or self.state.leaving)
        interrupted = not handle.done()
        if interrupted:
            handle.cancel()
        try:
            result: ResultType = await handle
        except FailureError as error:
            # What is cancelled while an attempt runs ends with that attempt's own error, which nobody repeats any more.
            if is_cancelled_exception(error) or (interrupted and not _final(error)):
                if self.state.leaving and not self.stop():
                    self.state.unanswered[request.key] = request.model_dump_json()
                    self.state.tried_by[request.key] = self.name
                    await self._part()
                raise Stopped from None
            raise
        return result

    async def _part(self) -> None:
        """The run is about to be continued as new: this chapter begins again in the next one."""
        self.life.in_flight -= 1
        try:
            await workflow.wait_condition(never)
        finally:
            self.life.in_flight += 1

    # --- wait --------------------------------------------------------------------------------------------------------------------

    async def until(
        self, fact: Callable[[], bool], wait: Wait, subject: str, due: datetime | None, asks: ExceptionKind | None = None
    ) -> bool:
        """True when the fact came, False when the deadline passed without it; a fact beats its deadline. Raises Stopped.

        `asks` is what a person is asked about the same subject after the deadline: an answer that an earlier run had begun to carry out is
        not waited for again.
        """
        asked = self.state.standing(asks, subject) if asks else None
        begun = asked is not None and asked.decision is not None

        def ready() -> bool:
            return fact() or self.stop() or begun or (due is not None and workflow.now() >= due)

        if not ready():
            self.life.waiting[self.name] = Waiting(wait, subject, due)
            try:
                while not ready():
                    self.life.show()
                    left = max(due - workflow.now(), timedelta(milliseconds=1)) if due else None
                    with contextlib.suppress(asyncio.TimeoutError):
                        await workflow.wait_condition(ready, timeout=left, timeout_summary=f"{subject}: {wait.summary}")
            finally:
                self.life.waiting.pop(self.name, None)
        if fact():
            if asked is not None:
                self.state.withdraw(asked, workflow.now())
                asked.carried_out = True
            return True
        if self.stop():
            raise Stopped
        return False

    async def pause(self, ready: Callable[[], bool]) -> None:
        """Wait for what another chapter brings about; the deadline is that chapter's. Raises Stopped."""
        if not ready():
            self.life.show()
            await workflow.wait_condition(lambda: ready() or self.stop())
        if self.stop():
            raise Stopped

    async def clear(self) -> None:
        """Go on only while nobody holds the order; the hold's review date is watched by its own chapter."""
        await self.pause(lambda: not self.state.holds)

    # --- ask ---------------------------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def question(
        self, kind: ExceptionKind, subject: str, detail: str, moot: Callable[[], bool] = never, offered: tuple[str, ...] = ()
    ) -> AsyncIterator[Decision]:
        """Ask a person and carry out the answer inside the block; WITHDRAWN when the question answered itself (`moot`).

        The exception's own chapter records, escalates and closes it. A question that was asked before the run was continued is not asked
        again, and its answer counts as carried out only when the block was left without an error.
        """
        exception = self.state.standing(kind, subject) or self.state.ask(kind, subject, detail, workflow.now(), offered)
        try:
            await self.pause(lambda: exception.decision is not None or moot())
            if exception.decision is None:
                self.state.withdraw(exception, workflow.now())
            assert exception.decision is not None  # decided by a person or withdrawn above
            yield exception.decision
        except Stopped:
            self.state.withdraw(exception, workflow.now())
            exception.carried_out = True
            raise
        exception.carried_out = True

    # --- facts -------------------------------------------------------------------------------------------------------------------

    def find(self, kind: type[FactType], where: Callable[[FactType], bool]) -> FactType | None:
        """The first recorded fact of a kind that nobody has taken yet; it stays until `taken`."""
        return next((fact for fact in self.state.inbox if isinstance(fact, kind) and where(fact)), None)

    def taken(self, fact: Fact) -> None:
        self.state.inbox = [other for other in self.state.inbox if other.message_id != fact.message_id]


def _refusal(error: BaseException) -> ApplicationError:
    """What the step itself raised, at the bottom of what the activity failed with."""
    cause: BaseException = error
    while not isinstance(cause, ApplicationError) and cause.__cause__ is not None:
        cause = cause.__cause__
    return cause if isinstance(cause, ApplicationError) else ApplicationError(str(cause))


def _was_undone(error: FailureError) -> bool:
    return _refusal(error).type == "StepUndone"


def _final(error: FailureError) -> bool:
    """The business refused: asking again does not help."""
    return _refusal(error).non_retryable
