"""Held goods: seen, never sold, and freed or scrapped by a person, once."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from database import held, reading
from domain.errors import NotFound, Refused
from tests.database.builders import NOW, House


def keep(session: Session, item: str = "KETTLE", units: int = 3, key: str = "rma/1", why: str = "quarantine") -> None:
    held.hold(session, item, "BERLIN", units, why, "returned", key, NOW, order="shopify/1001", reason="RMA-000001")


async def berlin(house: House, item: str = "KETTLE") -> int:
    return sum(row.on_hand for row in await house.database.read(reading.stock, item) if row.location == "BERLIN")


async def test_held_units_are_no_stock_until_they_are_freed_and_then_once(house: House) -> None:
    before = await berlin(house)
    await house.database.transaction(keep)
    assert await berlin(house) == before
    (row,) = await house.database.read(held.held)
    assert (row.item, row.on_hand, row.why, row.order, row.reason) == ("KETTLE", 3, "quarantine", "shopify/1001", "RMA-000001")
    for _ in range(2):
        await house.database.transaction(held.free, "KETTLE", "BERLIN", "quarantine", 2, "free/1", NOW, "clerk")
    assert await berlin(house) == before + 2
    assert [row.on_hand for row in await house.database.read(held.held, "KETTLE")] == [1]
    assert await house.audit() == []


async def test_more_than_is_held_is_refused_and_leaves_everything_as_it_was(house: House) -> None:
    await house.database.transaction(keep)
    before = await berlin(house)
    with pytest.raises(Refused, match="3 of KETTLE are in quarantine at BERLIN, not 4"):
        await house.database.transaction(held.free, "KETTLE", "BERLIN", "quarantine", 4, "free/1", NOW, "clerk")
    with pytest.raises(NotFound, match="refurbish stock at BERLIN of item"):
        await house.database.transaction(held.scrap, "KETTLE", "BERLIN", "refurbish", 1, "scrap/1", NOW, "clerk")
    with pytest.raises(Refused, match="At least one unit"):
        await house.database.transaction(held.scrap, "KETTLE", "BERLIN", "quarantine", 0, "scrap/1", NOW, "clerk")
    assert await berlin(house) == before
    assert [row.on_hand for row in await house.database.read(held.held)] == [3]


async def test_what_is_no_item_of_ours_can_only_be_scrapped(house: House) -> None:
    await house.database.transaction(keep, "STRANGER", 1)
    with pytest.raises(Refused, match="STRANGER is no item of ours; it can be scrapped, not sold"):
        await house.database.transaction(held.free, "STRANGER", "BERLIN", "quarantine", 1, "free/1", NOW, "clerk")
    await house.database.transaction(held.scrap, "STRANGER", "BERLIN", "quarantine", 1, "scrap/1", NOW, "clerk")
    assert await house.database.read(held.held) == []
    assert await house.audit() == []
