"""The messenger: tells orders what stands in the outbox, each fact until its order has heard it or said that it never will."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from temporalio.client import Client

from database.engine import Database
from starters.outbox import tell_untold
from workers.rounds import rounds

LOOKS_EVERY = 2.0
"""Seconds: whoever writes a fact tells it at once, so this is how long one waits whose teller died on the way."""


def messenger(client: Client, database: Database, every: float = LOOKS_EVERY) -> AbstractAsyncContextManager[None]:
    """Have a messenger on the way as long as the block lasts. Several may run side by side: an order takes a fact once."""
    return rounds("messenger", lambda: tell_untold(client, database), every)
