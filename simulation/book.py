"""The book: what everybody outside knows of the orders, read from the database and read again only where something moved."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from domain.values import Value
from domain.views import OrderView

STALE_AFTER = 2.0
"""Seconds after which an open order is read again although nothing seems to have moved: two transactions may commit out of their order."""
STALE_AT_ONCE = 5
"""How many orders are read again for their age alone in one look."""


class Changes(Value):
    """The orders that moved up to `last`, a number that only grows."""

    last: int
    views: tuple[OrderView, ...]


class Reading(Protocol):
    """Orders as the database tells them; raises Unavailable when it cannot."""

    async def changes(self, since: int, also: Sequence[str] = ()) -> Changes:
        """The orders that moved since `since` (0: all that are open), and the orders `also`."""


class Book:
    """`views` has every order that is not at its end, as of the last look."""

    def __init__(self, source: Reading) -> None:
        self.views: dict[str, OrderView] = {}
        self._source, self._last = source, 0
        self._read_at: dict[str, float] = {}

    async def read(self) -> None:
        now = time.monotonic()
        stale = [order for order, read_at in self._read_at.items() if now - read_at > STALE_AFTER][:STALE_AT_ONCE]
        changes = await self._source.changes(self._last, stale)
        self._last = changes.last
        for view in changes.views:
            self._read_at.pop(view.order, None)
            self.views.pop(view.order, None)
            if not view.outcome:
                self.views[view.order] = view
                self._read_at[view.order] = now  # the oldest come first again
