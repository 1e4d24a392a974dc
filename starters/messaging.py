"""Talking to an order: telling it what has happened, and asking it for what it may refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NoReturn, TypeVar

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import NotFound, OrderError, Refused, Unavailable
from domain.messages import Fact, Receipt, Request

TELL_PATIENCE = timedelta(seconds=20)
"""How long a fact is offered to a server that does not answer: a restart of a server on one machine takes a few seconds."""

ASK_PATIENCE = timedelta(seconds=30)
"""How long an answer is awaited: a worker that was killed without a word holds up the next one for up to 10 s."""

_PASSING = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.FAILED_PRECONDITION,  # the run was just being continued as new
        RPCStatusCode.CANCELLED,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.UNKNOWN,
    }
)
"""Answers of the server that say nothing about the order: the same message, with the same id, is offered again."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0  # seconds between two offers

Answer = TypeVar("Answer")


async def tell(client: Client, order: str, fact: Fact, *, patience: timedelta = TELL_PATIENCE) -> None:
    """Tell `order` (`{channel}/{external id}`) a fact; it is kept even when no worker runs, and a repeat with the same id changes nothing.

    Raises NotFound for an unknown order, Refused for one that is closed, Unavailable when the server does not answer within `patience`.
    """
    handle = client.get_workflow_handle(workflow_id(order))
    await _offered(client, order, lambda: handle.signal(fact.called(), fact), patience)


async def ask(client: Client, order: str, request: Request, *, patience: timedelta = ASK_PATIENCE) -> Receipt:
    """Ask `order` for something; the receipt means *recorded*. A repeat with the same message id gets the same receipt.

    Raises Refused with the order's own sentence, NotFound for an unknown order, and Unavailable when nobody answers within `patience`: the
    request may be recorded all the same, and asking again with the same id is safe.
    """
    handle = client.get_workflow_handle(workflow_id(order))
    return await _offered(
        client,
        order,
        lambda: handle.execute_update(request.called(), request, id=request.message_id, result_type=Receipt),
        patience,
    )


def workflow_id(order: str) -> str:
    """The id of an order's workflow."""
    return f"order/{order}"


async def _offered(client: Client, order: str, offer: Callable[[], Awaitable[Answer]], patience: timedelta) -> Answer:
    pause = _FIRST_PAUSE
    try:
        async with asyncio.timeout(patience.total_seconds()):
            while True:
                try:
                    return await offer()
                except WorkflowUpdateFailedError as failed:
                    raise await _refusal(client, order, failed) from failed
                except WorkflowUpdateRPCTimeoutOrCancelledError:
                    _stop_when_cancelled()
                except RPCError as error:
                    if error.status is RPCStatusCode.NOT_FOUND:
                        await _refuse_unless_running(client, order)
                    elif error.status is RPCStatusCode.INVALID_ARGUMENT:
                        raise Refused(f"Temporal refuses the message to order {order}: {error.message}") from error
                    elif error.status not in _PASSING:
                        raise Unavailable(f"Temporal does not take the message to order {order}: {error.message}") from error
                except RuntimeError as error:
                    if not never_connected(error):
                        raise
                    raise Unavailable(
                        f"Temporal does not answer; order {order} was not asked: ask again, the same message counts once."
                    ) from error
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
    except TimeoutError:
        raise Unavailable(
            f"Order {order} did not answer within {patience.total_seconds():.0f} s: see that a worker runs (`oms worker`) and ask again; "
            "the same message counts once."
        ) from None


def never_connected(trouble: Exception) -> bool:
    """A client that was made while no server ran says it in an error that has no type of its own."""
    return isinstance(trouble, RuntimeError) and "client connect" in str(trouble)


def _stop_when_cancelled() -> None:
    """The SDK gives our own cancellation and the server's silence one name."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _refusal(client: Client, order: str, failed: WorkflowUpdateFailedError) -> OrderError:
    """The order's own sentence; an order that ended with the request in its hands is one that is closed."""
    cause = failed.cause
    if isinstance(cause, ApplicationError) and cause.type == "AcceptedUpdateCompletedWorkflow":
        return _too_late(order)
    return Refused(getattr(cause, "message", "") or str(cause))


async def _refuse_unless_running(client: Client, order: str) -> None:
    """Unknown and closed orders refuse for good; one that is just moving to its next run is asked again."""
    try:
        description = await client.get_workflow_handle(workflow_id(order)).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotFound("order", order) from None
        return
    if description.status not in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.CONTINUED_AS_NEW):
        _refuse_closed(order)


def _refuse_closed(order: str) -> NoReturn:
    raise _too_late(order)


def _too_late(order: str) -> Refused:
    return Refused(f"Order {order} is closed, the message came too late.")
