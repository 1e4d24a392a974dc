"""Bank statements come in: read, taken entry by entry, and the orders that were paid are told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from database import bank_reading, outbox
from database.engine import Database
from domain.bank import Statement
from domain.bank_views import StatementView
from integrations.bank import read_statements
from starters import messaging
from starters.outbox import tell_untold


async def read(content: bytes, name: str = "") -> list[Statement]:
    """The statements of a file. Raises InputRefused with place and reason; nothing is taken then."""
    return await asyncio.to_thread(read_statements, content, name)


async def take(database: Database, statements: Sequence[Statement], name: str, by: str) -> list[StatementView]:
    """Take every entry that is not known yet, and decide what it is for. Reading a statement again books nothing again.

    Each entry is a transaction of its own: what was taken before a crash stays, and the next reading goes on from there.
    """
    views = []
    for statement in statements:
        number = await database.transaction(bank_reading.open_statement, statement, name, by, datetime.now(UTC))
        entries = [
            await database.transaction(bank_reading.take_entry, number, position, entry, datetime.now(UTC))
            for position, entry in enumerate(statement.entries, 1)
        ]
        gap = await database.read(bank_reading.gap_before, number)
        views.append(
            StatementView(
                account=statement.account,
                statement=statement.statement,
                sequence=statement.sequence,
                form=statement.form,
                opening=statement.opening,
                closing=statement.closing,
                trouble=statement.trouble,
                gap=gap,
                pending=statement.pending,
                entries=tuple(entries),
            )
        )
    return views


async def tell_orders(client: Client, database: Database, patience: timedelta = messaging.TELL_PATIENCE) -> dict[str, str]:
    """Tell the orders until nobody is left to hear; the answers are those of `tell_untold`. Raises Unavailable without a server."""
    told: dict[str, str] = {}
    while await database.read(outbox.untold, 1):
        told |= await tell_untold(client, database, patience)
    return told
