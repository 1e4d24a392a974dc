"""The bell: whoever frees stock that somebody waits for calls the distribution."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from database.backorders import to_hand_out
from database.engine import Database


async def _nobody() -> None:
    """Nobody listens: a house without a distribution, as in a test of one activity."""


class Bell:
    """Rung after the transaction that freed stock: an activity that is repeated rings again, and ringing twice does no harm."""

    def __init__(self, database: Database, ring: Callable[[], Awaitable[None]] = _nobody) -> None:
        self.database, self.ring = database, ring

    async def ring_if_waited_for(self) -> None:
        """Ring when something lies aside for the queue; a step that freed nothing, or nothing that is wanted, costs one look."""
        if await self.database.read(to_hand_out):
            await self.ring()
