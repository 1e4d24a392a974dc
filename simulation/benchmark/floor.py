"""The floor: a bare workflow that is started, hears as many messages as an order, and does nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from simulation.benchmark.bell import ring

QUEUE = "floor"
MESSAGES = 4


@workflow.defn(name="Floor")
class Floor:
    def __init__(self) -> None:
        self.heard = 0

    @workflow.run
    async def run(self, start: RawValue) -> None:
        for number in range(MESSAGES + 1):
            await self.hears(number)

    async def hears(self, number: int) -> None:
        await workflow.wait_condition(lambda: self.heard >= number)
        with workflow.unsafe.sandbox_unrestricted():  # a workflow has no business with a socket, but somebody has to say when it waits
            ring(workflow.info().workflow_id, number)

    @workflow.signal(dynamic=True)
    def hear(self, name: str, args: Sequence[RawValue]) -> None:
        self.heard += 1
