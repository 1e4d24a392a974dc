"""Customers' accounts add up, take an entry once, and never go below nothing."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from database.accounts import enter_account, on_account
from database.staff import roles_of
from database.tables import StaffRole
from domain.errors import NotFound, Refused
from domain.money import Money
from tests.database.builders import NOW, House


def euro(cents: int) -> Money:
    return Money(minor=cents, currency="EUR")


async def test_an_entry_counts_once_and_currencies_are_kept_apart(house: House) -> None:
    for _ in range(2):
        await house.database.transaction(enter_account, "bank/1", "C-1", "received", euro(-5_000), NOW)
    await house.database.transaction(enter_account, "bank/2", "C-1", "received", Money(minor=-700, currency="USD"), NOW)
    await house.database.transaction(enter_account, "order/1", "C-1", "applied", euro(2_000), NOW, order="test/1")
    assert await house.database.read(on_account, "C-1", "EUR") == 3_000
    assert await house.database.read(on_account, "C-1", "USD") == 700
    assert await house.database.read(on_account, "C-9", "EUR") == 0


async def test_nobody_takes_more_than_there_is(house: House) -> None:
    await house.database.transaction(enter_account, "bank/1", "C-1", "received", euro(-5_000), NOW)
    with pytest.raises(Refused, match="C-1 has 5000 minor units of EUR on account, not 5001"):
        await house.database.transaction(enter_account, "order/1", "C-1", "applied", euro(5_001), NOW)
    assert await house.database.read(on_account, "C-1", "EUR") == 5_000


async def test_an_account_needs_its_customer(house: House) -> None:
    with pytest.raises(NotFound, match="NOBODY"):
        await house.database.transaction(enter_account, "bank/1", "NOBODY", "received", euro(-1), NOW)


async def test_roles_are_those_that_were_given(house: House) -> None:
    def give(session: Session) -> None:
        session.add_all(StaffRole(actor="cli:ada", role=role) for role in ("returns_clerk", "credit_controller"))

    await house.database.transaction(give)
    assert await house.database.read(roles_of, "cli:ada") == ("credit_controller", "returns_clerk")
    assert await house.database.read(roles_of, "cli:eve") == ()
