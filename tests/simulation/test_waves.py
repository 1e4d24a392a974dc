"""The crew of our own floor: it gathers, scans and packs once, says what its script says, and forgets what was cancelled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from database import counting, picking, scanning
from database.engine import Database
from database.seed import seed
from domain.exceptions import ExceptionKind
from domain.floor import Scan
from domain.messages import Packed
from integrations.simulated import World
from simulation.waves import Crew
from tests.database.builders import CATALOGUE, DAY, NOW, House, line, order
from tests.database.floor_builders import Floor
from tests.fresh import migrated
from tests.simulation import builders

ORDER = "shopify/1"


class Berlin:
    """A floor with one order to pick, its crew, and the world's outbox."""

    def __init__(self, world: World, floor: Floor) -> None:
        self.world, self.floor, self.database = world, floor, floor.house.database
        self.crew = Crew(self.database, frozenset({"BERLIN"}))

    async def work(self, now: datetime = NOW + DAY, **views: Any) -> list[Any]:
        """One round of the crew: what stands in the outbox and was not said."""
        await self.crew.work(self.world, views.get("views", {}), DAY, now)
        return [entry.said for entry in self.world.outbox.due(NOW + 9 * DAY)]

    async def say(self) -> None:
        """Every scan is taken, every other word was heard."""
        for entry in self.world.outbox.due(NOW + 9 * DAY):
            if isinstance(entry.said, Scan):
                await self.database.transaction(scanning.scan, entry.said)
            self.world.outbox.close(entry.id, "sent")


@pytest.fixture
async def berlin(world: World, tmp_path: Path) -> AsyncIterator[Berlin]:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    database = Database(url)
    house = House(database)
    await house(seed, CATALOGUE)
    floor = await Floor(house).furnish()
    await floor.release(order("1", line(1, "DRONE", 2, price="900.00"), line(2, "COFFEE", 5)))
    yield Berlin(world, floor)
    await database.close()


async def test_a_released_shipment_is_scanned_and_packed_once(berlin: Berlin) -> None:
    berlin.world.script(ORDER, {})
    assert await berlin.work(NOW) == [], "a single shipment waits for others for a while"
    await berlin.work()
    scans = await berlin.work()
    assert sorted((scan.item, scan.bin, scan.lot, scan.quantity, len(scan.serials), scan.short) for scan in scans) == [
        ("COFFEE", "B-02", "L-LATER", 1, 0, False),
        ("COFFEE", "B-03", "L-SOON", 4, 0, False),
        ("DRONE", "B-04", "", 2, 2, False),
    ]
    await berlin.say()
    assert await berlin.work() == await berlin.work()
    [packed] = await berlin.work()
    assert isinstance(packed, Packed)
    assert sum(part.quantity for parcel in packed.parcels for part in parcel.contents) == 7


async def test_a_short_pick_is_scanned_short_by_one_unit_of_the_first_line(berlin: Berlin) -> None:
    berlin.world.script(ORDER, {"pick": "short"})
    scans = await berlin.work()
    assert sorted((scan.item, scan.quantity, len(scan.serials)) for scan in scans if scan.short) == [("DRONE", 1, 1)]
    await berlin.say()
    [fact] = await berlin.floor.facts()
    assert [(part.line, part.quantity) for part in fact.lines] == [(1, 1), (2, 5)]
    await berlin.floor.book_picks()
    await berlin.work(NOW + 2 * DAY)
    [counted] = await berlin.database.read(counting.views, ("CT-000001",))
    assert (counted.item, counted.status, counted.expected, counted.counted, counted.counted_by) == (
        "DRONE",
        "posted",
        1,
        1,
        "counter BERLIN",
    )


async def test_what_was_cancelled_is_neither_scanned_nor_packed(berlin: Berlin) -> None:
    berlin.world.script(ORDER, {})
    assert len(await berlin.work()) == 3
    await berlin.floor.house(picking.cancel, f"{ORDER}/shipment/1/release", NOW)
    assert await berlin.work() == []


async def test_a_forgotten_pick_is_walked_when_somebody_waits_on(berlin: Berlin) -> None:
    berlin.world.script(ORDER, {"decisions": {"pick_overdue": "wait_on"}})
    assert await berlin.work() == []
    decided = builders.trouble(ExceptionKind.PICK_OVERDUE, choice="wait_on", at=NOW + 2 * DAY)
    assert len(await berlin.work(NOW + 3 * DAY, views={ORDER: builders.order(exceptions=(decided,))})) == 3
