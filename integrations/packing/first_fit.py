"""The port `Packer` without any solver."""

from __future__ import annotations

import asyncio

from domain.first_fit import first_fit
from domain.packing import Proposal, ToPack


class FirstFitPacker:
    async def propose(self, task: ToPack) -> Proposal:
        return await asyncio.to_thread(first_fit, task, "no solver was asked")
