"""Statements in any order, any multiplicity and any overlap: the same books, nothing beyond a balance, every entry's parts add up."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import AccountEntry, BankEntryRow, BankMatch, Invoice, OutboxFact
from domain.bank import BankEntry
from tests.database.bank import MONDAY, entry, read_statement, statement
from tests.database.builders import House
from tests.database.test_cash_application import hear, invoiced
from tests.database.watched import Watched
from tests.endurance import examples

INVOICES = 4
texts = st.sampled_from(["INV-1", "inv 2", "INV-3, 4", "INV 1 & 2", "order 3", "nothing", "INV-9"])
payment = st.tuples(st.integers(1, 4), texts, st.booleans(), st.integers(0, 1))
files = st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=5, unique=True), min_size=1, max_size=5)


def entries_of(payments: list[tuple[int, str, bool, int]]) -> list[BankEntry]:
    """Payments with a reference of the bank, or with what the payer said alone; each on its own."""
    return [
        entry(
            units * 5_000 - 137 * day,
            text,
            end_to_end=f"E{number}",
            bank_reference=f"R{number}" if named else "",
            booked_on=MONDAY + timedelta(days=day),
        )
        for number, (units, text, named, day) in enumerate(payments)
    ]


def books(session: Session) -> tuple[Counter[tuple[str, int]], int, int]:
    """What is told, kept and queued, whatever the entries are called."""
    told = Counter((row.order, len(row.body)) for row in session.scalars(select(OutboxFact)))
    kept = -sum(session.scalars(select(AccountEntry.amount)))
    return told, kept, len(list(session.scalars(select(BankEntryRow.entry))))


async def live(database: Watched, told: list[BankEntry], order: list[list[int]]) -> tuple[Counter[tuple[str, int]], int, int]:
    await database.transaction(database.refurnish)
    house = House(database)
    for number in range(1, INVOICES + 1):
        await invoiced(house, str(number), units=number)
    for name, chosen in enumerate(order):
        await read_statement(house, statement(*(told[n] for n in chosen if n < len(told)), name=f"{name}"))

    def within(session: Session) -> None:
        for invoice in session.scalars(select(Invoice)):
            matched = session.scalars(
                select(BankMatch.amount + BankMatch.written_off).where(
                    BankMatch.order == invoice.order, BankMatch.invoice == invoice.invoice
                )
            )
            assert sum(matched) <= invoice.total

    await database.read(within)
    before = await database.read(books)
    await hear(house)
    assert await database.read(database.audit) == []
    return before


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(payment, min_size=1, max_size=6), files)
def test_the_same_files_in_any_multiplicity_give_the_same_books(
    workshop: Watched, payments: list[tuple[int, str, bool, int]], order: list[list[int]]
) -> None:
    told = entries_of(payments)
    once = asyncio.run(live(workshop, told, order))
    again = [*order, *reversed(order), *order]
    assert asyncio.run(live(workshop, told, again)) == once


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(payment, min_size=1, max_size=6), files)
def test_whatever_the_order_of_the_files_every_payment_is_one_entry(
    workshop: Watched, payments: list[tuple[int, str, bool, int]], order: list[list[int]]
) -> None:
    told = entries_of(payments)
    _, _, forwards = asyncio.run(live(workshop, told, order))
    _, _, backwards = asyncio.run(live(workshop, told, list(reversed(order))))
    assert forwards == backwards == len({n for chosen in order for n in chosen if n < len(told)})
