"""Stock changes hands between orders on purpose: the request is carried out once, durably, and answers with its plan."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio.client import Client, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from domain.distribution import Reallocated, ReallocateStock
from domain.errors import Refused, Unavailable
from starters.receiving import sentence_of

TASK_QUEUE = "orders"
PATIENCE = timedelta(seconds=30)
"""How long the plan is awaited; it is carried out all the same once a worker runs."""


async def reallocate(client: Client, request: ReallocateStock) -> Reallocated:
    """Carry out a re-allocation. The same request again answers as the first did.

    Raises Refused when the plan cannot be made or changes nothing, Unavailable when no server or no worker answers.
    """
    what = f"Undo re-allocation {request.undoes}" if request.undoes else f"Re-allocate {request.item}: {request.strategy}"
    try:
        handle = await client.start_workflow(
            "Reallocation",
            request,
            id=f"reallocation/{request.request}",
            task_queue=TASK_QUEUE,
            result_type=Reallocated,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"{what} {request.order}".strip(),
        )
        return await asyncio.wait_for(handle.result(), PATIENCE.total_seconds())
    except TimeoutError:
        raise Unavailable("The re-allocation is recorded and will be carried out as soon as a worker runs (`oms worker`).") from None
    except WorkflowFailureError as failed:
        raise Refused(sentence_of(failed)) from failed
    except RPCError as error:
        raise Unavailable(f"Nothing was re-allocated: {error.message}; ask again, the same request counts once.") from error
