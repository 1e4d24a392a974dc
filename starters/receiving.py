"""Goods came in: stock goes up once per receipt, and the orders that win it in the backorder queue wake."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError

from domain.errors import Conflict, Refused, Unavailable
from domain.purchasing import purchase_supply, transfer_supply
from domain.steps import ReceiveStock, StockReceived

TASK_QUEUE = "orders"
PATIENCE = timedelta(seconds=30)
"""How long the booking is awaited; it happens all the same once a worker runs."""


async def receive(client: Client, goods: ReceiveStock) -> StockReceived:
    """Book a receipt and wake who wins; the same receipt again answers as the first did, `repeated`.

    Raises Conflict for a known receipt with other goods, Refused when the business says no (an unknown item), Unavailable without a server.
    """
    known: dict[str, object] = {"item": goods.item, "location": goods.location, "quantity": goods.quantity, "bin": goods.bin}
    if goods.purchase_order:
        known["against"] = purchase_supply(goods.purchase_order, goods.purchase_line)
    elif goods.transfer:
        known["against"] = transfer_supply(goods.transfer)
    repeated = False
    try:
        try:
            handle: WorkflowHandle[Any, StockReceived] = await client.start_workflow(
                "StockReceipt",
                goods,
                id=f"receipt/{goods.receipt}",
                task_queue=TASK_QUEUE,
                result_type=StockReceived,
                # A receipt that was refused may come again once its item is known; one that was booked may not.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                memo={"goods": known},
                static_summary=f"{goods.quantity} x {goods.item} received at {goods.location}",
            )
        except WorkflowAlreadyStartedError:
            repeated = True
            handle = client.get_workflow_handle(f"receipt/{goods.receipt}", result_type=StockReceived)
            before = await (await handle.describe()).memo_value("goods", default=known)
            if before != known:
                difference = ", ".join(
                    f"{name} {before.get(name)} and not {value}" for name, value in known.items() if before.get(name) != value
                )
                raise Conflict(f"Receipt {goods.receipt}", difference) from None
        received = await asyncio.wait_for(handle.result(), PATIENCE.total_seconds())
    except TimeoutError:
        raise Unavailable(f"Receipt {goods.receipt} is recorded and will be booked as soon as a worker runs (`oms worker`).") from None
    except WorkflowFailureError as failed:
        raise Refused(sentence_of(failed)) from failed
    except RPCError as error:
        raise Unavailable(f"Receipt {goods.receipt} could not be booked: {error.message}; send it again, it counts once.") from error
    return received.model_copy(update={"repeated": True}) if repeated else received


def sentence_of(failed: BaseException) -> str:
    """What the activity said, under the layers that Temporal puts around it."""
    while not isinstance(failed, ApplicationError) and failed.__cause__ is not None:
        failed = failed.__cause__
    return failed.message if isinstance(failed, ApplicationError) else str(failed)
