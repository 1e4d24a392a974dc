"""The bell: whoever frees stock that somebody waits for calls the distribution."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from database.backorders import free_items_waited_for, next_look, to_hand_out
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

    async def ring_if_looked_at_later(self, at: datetime) -> None:
        """An order is short: a cart or a quote gives its units up, or a full location has room, when the time has come."""
        if await self.database.read(next_look, at) is not None:
            await self.ring()

    async def ring_after_a_winner(self) -> None:
        """A winner came: what it left, in units or in lots that others could not be sure of before, may be somebody's now."""
        wanted = await self.database.read(free_items_waited_for)
        aside = await self.database.read(to_hand_out)
        if wanted or aside:
            await self.ring()
