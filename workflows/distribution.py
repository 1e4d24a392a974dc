"""Distribution: what was freed goes along the backorder queue, and exactly the orders that win are told."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.backorders import BackorderActivities
    from domain.distribution import DistributeStock, Reallocated, ReallocateStock, Won
    from domain.errors import OrderError
    from domain.messages import StockArrived, StockReallocated

from temporalio.exceptions import ApplicationError

from workflows.execution import execute

ACTOR = "holdfast"


@workflow.defn(name="Distribution", failure_exception_types=[OrderError])
class Distribution:
    """One for the whole house, rung (signal with start) by whoever frees stock that is waited for; ends when nothing is set aside.

    The rows say what is to be done: a ring that is lost costs time, not stock, and the next one makes up for it.
    """

    def __init__(self) -> None:
        self.rung = False

    @workflow.signal
    def stock_freed(self) -> None:
        self.rung = True

    @workflow.run
    async def run(self, told: tuple[int, ...] = (), gone: tuple[int, ...] = ()) -> None:
        while True:
            self.rung = False
            request = DistributeStock(at=workflow.now(), told=told, gone=gone)
            round_ = await execute(BackorderActivities.distribute_stock, request, "Hand out freed stock along the backorder queue")
            heard = {won.win: await tell(won) for won in round_.wins}
            told, gone = tuple(heard), tuple(win for win, reached in heard.items() if not reached)
            if told or self.rung:
                if workflow.info().is_continue_as_new_suggested():
                    workflow.continue_as_new(args=[told, gone])
                continue
            if round_.next_at is None:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new()
            await self.until_rung(round_.next_at - workflow.now())

    async def until_rung(self, patience: timedelta) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: self.rung,
                timeout=max(patience, timedelta(milliseconds=1)),
                timeout_summary="Until a win lapses, or an order that ships whole has its turn",
            )


@workflow.defn(name="Reallocation", failure_exception_types=[OrderError])
class Reallocation:
    """Stock changes hands on purpose: planned and stored once, then every order that loses is told, however long it takes to reach it."""

    @workflow.run
    async def run(self, request: ReallocateStock) -> Reallocated:
        what = f"Undo re-allocation {request.undoes}" if request.undoes else f"Re-allocate {request.item}: {request.strategy}"
        done = await execute(BackorderActivities.reallocate_stock, request, what)
        why = {share.order: share.why for share in done.plan.shares}
        for taken in done.takes:
            fact = StockReallocated(
                message_id=f"reallocation/{done.reallocation}/{taken.order}/{taken.shipment}",
                occurred_at=request.at,
                actor=request.actor,
                shipment=taken.shipment,
                reallocation=done.reallocation,
                reason=why.get(taken.order, ""),
            )
            with contextlib.suppress(ApplicationError):  # the order has ended: it has given up everything
                await workflow.get_external_workflow_handle(f"order/{taken.order}").signal(StockReallocated.called(), fact)
        return done


async def tell(won: Won) -> bool:
    """Tell an order that stock is set aside for it; False when it has ended."""
    item, units = next(iter(sorted(won.units.items())))
    fact = StockArrived(message_id=f"win/{won.win}", occurred_at=workflow.now(), actor=ACTOR, item=item, location="", quantity=units)
    try:
        await workflow.get_external_workflow_handle(f"order/{won.order}").signal(StockArrived.called(), fact)
    except ApplicationError:
        return False
    return True
