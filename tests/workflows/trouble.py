"""Trouble on order: a step of one order that cannot be carried out, or that is carried out and loses its answer."""

from __future__ import annotations

from collections import Counter
from typing import Any

from temporalio import activity
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflowservice.v1 import ResetStickyTaskQueueRequest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.errors import Refused, Unavailable
from domain.steps import Step


class Trouble(Interceptor):
    """`carried_out` counts how often an activity came to its end, by order and name, whether or not its answer arrived."""

    def __init__(self) -> None:
        self.haunted: set[str] = set()
        self.first_run: dict[str, str] = {}
        self.requests: dict[tuple[str, str], Step] = {}
        self.downs: set[tuple[str, str]] = set()
        self.refusals: dict[tuple[str, str], str] = {}
        self.losses: Counter[tuple[str, str]] = Counter()
        self.attempts: Counter[tuple[str, str]] = Counter()
        self.carried_out: Counter[tuple[str, str]] = Counter()

    def down(self, order: str, *names: str) -> None:
        """These activities of the order do nothing and fail, until `up`."""
        self.downs |= {(order, name) for name in names}

    def haunt(self, order: str) -> None:
        """Every step of the order is carried out and loses its answer, until another run asks again."""
        self.haunted.add(order)

    def refuse(self, order: str, name: str, reason: str) -> None:
        """This activity of the order does nothing and is refused, until `up`."""
        self.refusals[order, name] = reason

    def up(self, order: str) -> None:
        """Everything of the order is carried out again, and every answer arrives."""
        self.haunted.discard(order)
        self.downs = {(key, name) for key, name in self.downs if key != order}
        self.refusals = {about: reason for about, reason in self.refusals.items() if about[0] != order}
        for key, name in list(self.losses):
            if key == order:
                del self.losses[key, name]

    def lose(self, order: str, name: str, times: int = 1_000) -> None:
        """The next `times` answers of this activity are lost after it was carried out; it is repeated meanwhile."""
        self.losses[order, name] = times

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002  # the SDK's own name
        return _Troubled(next, self)


class _Troubled(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, trouble: Trouble) -> None:
        super().__init__(following)
        self.trouble = trouble

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002  # the SDK's own name
        request = input.args[0]
        about = (request.order if isinstance(request, Step) else "", activity.info().activity_type)
        self.trouble.attempts[about] += 1
        self.trouble.requests[about] = request
        if about in self.trouble.downs:
            raise Unavailable(f"{about[1]} is down.")
        if about in self.trouble.refusals:
            raise Refused(self.trouble.refusals[about])
        answer = await super().execute_activity(input)
        self.trouble.carried_out[about] += 1
        if about[0] in self.trouble.haunted:
            run = activity.info().workflow_run_id or ""
            if self.trouble.first_run.setdefault(request.key, run) == run:
                raise Unavailable(f"{request.key} was carried out, but its answer went to nobody.")
        if self.trouble.losses[about] > 0:
            self.trouble.losses[about] -= 1
            raise Unavailable(f"{about[1]} was carried out, but its answer was lost.")
        return answer


async def notice_loss(client: Client, workflow_id: str) -> int:
    """Tell the server what it would find out by itself: the attempts that ran are lost (after 45 s), and so is the worker (after 10 s).

    How many attempts were lost.
    """
    description = (await client.get_workflow_handle(workflow_id).describe()).raw_description
    execution = description.workflow_execution_info.execution
    await client.workflow_service.reset_sticky_task_queue(ResetStickyTaskQueueRequest(namespace=client.namespace, execution=execution))
    ran = [each for each in description.pending_activities if each.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED]
    for lost in ran:
        handle = client.get_async_activity_handle(workflow_id=workflow_id, run_id=execution.run_id, activity_id=lost.activity_id)
        await handle.fail(ApplicationError("The attempt was lost with its worker."))
    return len(ran)
