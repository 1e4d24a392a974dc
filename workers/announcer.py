"""The announcer: puts what happened to orders on its way to subscribers, as long as a worker lives."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from temporalio.client import Client

from database.engine import Database
from starters.announcing import Announcer
from workers.rounds import rounds

LOOKS_EVERY = 1.0
"""Seconds: how long a subscriber waits for an event at most when nothing else is in its way."""


def announcer(client: Client, database: Database, every: float = LOOKS_EVERY) -> AbstractAsyncContextManager[None]:
    """Have subscribers told as long as the block lasts. Several may tell side by side: an event is put on its way once."""
    return rounds("announcer", Announcer(client, database).announce, every)
