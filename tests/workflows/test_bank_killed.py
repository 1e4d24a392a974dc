"""The reader of a bank statement is killed as a process, while it books and before it tells: nothing is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database import outbox
from database.tables import BankEntryRow
from integrations.simulated.statements import camt053
from tests.workflows.shop import Shop, euro
from tests.workflows.test_bank import TODAY, entry, invoiced, statement
from workers.processes import Process

STRANGERS = 60
"""Payments of nobody, so that booking takes long enough to be killed in the middle of it."""


@asynccontextmanager
async def silence() -> AsyncIterator[str]:
    """A server that takes every call and never answers: whoever tells through it has booked, and has told nobody."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def reader(shop: Shop, file: Path, temporal: str) -> Process:
    """`oms bank FILE`, as a process of its own."""
    environment = {**os.environ, "OMS_HOME": str(file.parent), "OMS_DATABASE_URL": shop.url, "TEMPORAL_ADDRESS": temporal}
    process = Process("reader", "starters.cli.main", environment, file.with_suffix(".log"), "bank", str(file), "--json")
    await process.start()
    return process


async def killed_when(shop: Shop, process: Process, true: Callable[[Session], bool]) -> None:
    async with asyncio.timeout(60):
        while not await shop.database.read(true):
            assert not process.ended, f"it ended before it could be killed: {process.last_words()}"
            await asyncio.sleep(0.005)
    await process.kill()
    assert await process.wait() == -signal.SIGKILL


def entries(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(BankEntryRow).where(BankEntryRow.text.startswith("killed "))) or 0


async def test_a_reader_that_is_killed_while_it_books_and_before_it_tells_applies_everything_once(shop: Shop, tmp_path: Path) -> None:
    living, document = await invoiced(shop)
    strangers = [entry(100 + number, f"killed {number}", bank_reference=f"K{number}") for number in range(STRANGERS)]
    payment = entry(2_000, f"killed {document}", bank_reference="K-PAID")
    told = statement("killed", *strangers, payment)
    file = tmp_path / "killed.xml"
    file.write_bytes(camt053(told, on=TODAY))

    async with silence() as nobody:
        booking = await reader(shop, file, nobody)
        await killed_when(shop, booking, lambda session: entries(session) >= 3)
        telling = await reader(shop, file, nobody)
        await killed_when(shop, telling, lambda session: bool(outbox.untold(session)))
    assert await shop.database.read(entries) == STRANGERS + 1
    assert (await living.state()).payments == []

    for _ in range(2):  # it begins again, and is asked once more for the same file
        again = await reader(shop, file, shop.client.service_client.config.target_host)
        async with asyncio.timeout(60):
            assert await again.wait() == 0
    state = await living.when(lambda s: s.payments)
    assert [each.amount for each in state.payments] == [euro(2_000)]
    assert state.invoices[0].settled
    assert await shop.database.read(entries) == STRANGERS + 1
    assert await shop.database.read(outbox.untold) == []
    await living.deliver()
    await living.close()
