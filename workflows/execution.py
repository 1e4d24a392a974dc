"""How the workflows beside the order's have a step done: with the patience that its kind of call has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow

from workflows.policies import DATABASE, Patience

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


async def execute(
    activity: Callable[[Any, Asked], Awaitable[Answer]],
    request: Asked,
    summary: str,
    patience: Patience = DATABASE,
    *,
    sign_of_life: timedelta | None = None,
) -> Answer:
    """The answer of a step, repeated without end; `sign_of_life` is how long one that sends them may be silent."""
    # The generic request type is erased here: the SDK's overloads know concrete activities only.
    erased: Any = activity
    answer: Answer = await workflow.execute_activity_method(
        erased,
        request,
        task_queue=patience.queue,
        start_to_close_timeout=patience.start_to_close,
        heartbeat_timeout=sign_of_life,
        retry_policy=patience.retry,
        summary=summary,
    )
    return answer
