"""Goods on their way slip or are given up: written down once, and the orders that were promised them are told by a durable workflow."""

from __future__ import annotations

import asyncio

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from domain.errors import Conflict, Refused, Unavailable
from domain.purchasing import CancelSupply, MoveSupply, SupplyChange
from starters.receiving import PATIENCE, TASK_QUEUE, sentence_of


async def slip(client: Client, moved: MoveSupply) -> SupplyChange:
    """Move the day on which goods are expected; the same slip again answers as the first did, `repeated`.

    Raises Conflict for a known slip with another day, Refused when the business says no, Unavailable without a server or a worker.
    """
    about = f"purchase order {moved.purchase_order}" if moved.purchase_order else f"transfer {moved.transfer}"
    return await _carry_out(client, "SupplySlip", moved, f"slip/{moved.slip}", f"{about} is expected on {moved.expected_at:%Y-%m-%d}")


async def cancel(client: Client, cancelled: CancelSupply) -> SupplyChange:
    """Give up what has not come of a purchase order, or a transfer that has not left."""
    about = f"purchase/{cancelled.purchase_order}" if cancelled.purchase_order else f"transfer/{cancelled.transfer}"
    return await _carry_out(client, "SupplyCancellation", cancelled, f"cancel/{about}", f"{about} is cancelled")


async def _carry_out(client: Client, workflow: str, request: MoveSupply | CancelSupply, id_: str, summary: str) -> SupplyChange:
    said = request.expected_at.isoformat() if isinstance(request, MoveSupply) else ""
    repeated = False
    try:
        try:
            handle: WorkflowHandle[object, SupplyChange] = await client.start_workflow(
                workflow,
                request,
                id=id_,
                task_queue=TASK_QUEUE,
                result_type=SupplyChange,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                memo={"said": said},
                static_summary=summary,
            )
        except WorkflowAlreadyStartedError:
            repeated = True
            handle = client.get_workflow_handle(id_, result_type=SupplyChange)
            before = await (await handle.describe()).memo_value("said", default=said)
            if before != said:
                raise Conflict(f"The message {id_}", before) from None
        change = await asyncio.wait_for(handle.result(), PATIENCE.total_seconds())
    except TimeoutError:
        raise Unavailable(f"{summary}: recorded, and carried out as soon as a worker runs (`oms worker`).") from None
    except WorkflowFailureError as failed:
        raise Refused(sentence_of(failed)) from failed
    except RPCError as error:
        raise Unavailable(f"{summary}: not recorded, {error.message}; send it again, it counts once.") from error
    return change.model_copy(update={"repeated": True}) if repeated else change
