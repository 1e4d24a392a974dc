"""The sweeper: hands over what came in and was left lying, by a process that died or for want of an answer, a mapping or an order."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

from starters.intake import Road
from workers.rounds import rounds

LOOKS_EVERY = 2.0
"""Seconds: whoever keeps a document hands it over at once, so this is how long one waits whose process died on the way."""


def sweeper(road: Road, every: float = LOOKS_EVERY, wake: asyncio.Event | None = None) -> AbstractAsyncContextManager[None]:
    """Have the inbox swept as long as the block lasts, and at once when `wake` is set. Several may sweep side by side."""
    return rounds("sweeper", road.sweep, every, wake)
