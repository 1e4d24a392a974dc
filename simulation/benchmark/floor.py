"""The floor: a bare workflow that is started, hears as many messages as an order, and does nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import RawValue

QUEUE = "floor"
MESSAGES = 4


@workflow.defn(name="Floor")
class Floor:
    def __init__(self) -> None:
        self.heard = 0

    @workflow.run
    async def run(self, start: RawValue) -> None:
        await workflow.wait_condition(lambda: self.heard == MESSAGES)

    @workflow.signal(dynamic=True)
    def hear(self, name: str, args: Sequence[RawValue]) -> None:
        self.heard += 1
