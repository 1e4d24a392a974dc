"""Who picks where: each location has one warehouse system, and a cancellation finds the one that has the picks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.settings import ConfigError, Settings
from database.engine import Database
from database.tables import PickTask
from domain.errors import StepUndone
from domain.steps import Pick
from integrations.ports import Warehouse
from tests.database.builders import NOW
from tests.fresh import migrated
from workers.warehouses import OwnFloor, Warehouses, serving

PICKS = (Pick(line=1, item="KETTLE", bin="B-01", quantity=2), Pick(line=2, item="CUP", bin="B-02", quantity=1, lot="L-1"))


class Partner:
    """A warehouse that writes down what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def release(self, key: str, order: str, shipment: int, location: str, picks: tuple[Pick, ...], due: object) -> str:
        self.asked.append(f"release {key} at {location}")
        return "THEIRS-1"

    async def cancel(self, key: str) -> None:
        self.asked.append(f"cancel {key}")


async def release(warehouse: Warehouse, key: str, location: str) -> str:
    return await warehouse.release(key, "shopify/1", 1, location, PICKS, NOW)


def tasks(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(PickTask)) or 0


async def test_each_location_is_served_by_one_warehouse_and_cancelled_where_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    database, partner = Database(url), Partner()
    house = Warehouses(OwnFloor(database, timedelta(days=1)), frozenset({"BERLIN"}), partner)
    assert [await release(house, "ours", "BERLIN"), await release(house, "ours", "BERLIN")] == ["F-000001", "F-000001"]
    assert await release(house, "theirs", "LYON") == "THEIRS-1"
    assert (await database.read(tasks), partner.asked) == (2, ["release theirs at LYON"])
    await house.cancel("ours")
    await house.cancel("theirs")
    await house.cancel("late")
    assert partner.asked[1:] == ["cancel theirs", "cancel late"]
    with pytest.raises(StepUndone):
        await release(house, "late", "BERLIN")
    assert await database.read(tasks) == 2
    await database.close()


async def test_the_settings_say_which_floors_are_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    partner, database = Partner(), Database(f"sqlite:///{tmp_path / 'holdfast.db'}")
    assert await release(serving(Settings.load(), database, partner), "theirs", "BERLIN") == "THEIRS-1"
    monkeypatch.setenv("OMS_OWN_FLOOR", "BERLIN, MAINZ,")
    assert Settings.load().own_floor == {"BERLIN", "MAINZ"}
    migrated(f"sqlite:///{tmp_path / 'holdfast.db'}")
    assert await release(serving(Settings.load(), database, partner), "ours", "MAINZ") == "F-000001"
    monkeypatch.setenv("OMS_COUNT_TOLERANCE_UNITS", "-1")
    with pytest.raises(ConfigError, match="OMS_COUNT_TOLERANCE_UNITS should be greater than or equal to 0"):
        Settings.load()
    await database.close()
