"""Bank entries and statements to test with, every field defaulted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from database import bank_reading
from domain.bank import BankEntry, Statement
from domain.bank_views import EntryView
from domain.money import Money
from tests.database.builders import NOW, House, eur

OURS = "DE02120300000000202051"
THEIRS = "DE75512108001245126199"
MONDAY = date(2026, 11, 23)


def entry(minor: int = 10_000, text: str = "", **changes: Any) -> BankEntry:
    """100.00 EUR that came in on Monday from the Kaffeekontor Nord's bank account, each under a reference of the bank's own."""
    fields: dict[str, Any] = {
        "amount": eur(minor),
        "credit": True,
        "booked_on": MONDAY,
        "value_on": MONDAY,
        "text": text,
        "payer": "Unbekannt & Soehne",
        "bank_reference": "",
    }
    return BankEntry(**fields | changes)


def statement(*entries: BankEntry, opening: int = 0, name: str = "2026-231", **changes: Any) -> Statement:
    """A statement that adds up."""
    fields: dict[str, Any] = {
        "account": OURS,
        "statement": name,
        "sequence": "231",
        "form": "camt.053.001.08",
        "currency": "EUR",
        "opening": eur(opening),
        "closing": Money(minor=opening + sum(each.signed for each in entries), currency="EUR"),
        "entries": tuple(entries),
    }
    return Statement(**fields | changes)


async def read(house: House, *entries: BankEntry, **changes: Any) -> list[EntryView]:
    """Take a statement with these entries."""
    return await read_statement(house, statement(*entries, **changes))


async def read_statement(house: House, told: Statement) -> list[EntryView]:
    number = await house.database.transaction(bank_reading.open_statement, told, "test.xml", "tester", NOW)
    return [await take(house, number, position, each) for position, each in enumerate(told.entries, 1)]


async def take(house: House, number: int, position: int, told: BankEntry) -> EntryView:
    return await house.database.transaction(bank_reading.take_entry, number, position, told, NOW)


def parts(view: EntryView) -> list[tuple[str, int, str]]:
    """(document or customer on account, minor units, reason) of the parts that stand."""
    return [
        (part.document or f"account {part.customer}", part.amount.minor, part.reason) for part in view.parts if part.state != "reversed"
    ]


def documents(views: Sequence[EntryView]) -> list[list[str]]:
    return [[part.document for part in view.parts] for view in views]
