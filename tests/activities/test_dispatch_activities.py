"""Asking carriers: one that is away is asked once a round, one that refuses a number holds up nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from temporalio.testing import ActivityEnvironment

from activities.dispatch import DispatchActivities
from database.engine import Database
from domain.dispatch import PullTracking, TrackingPulled, UnderWay
from domain.errors import Refused, Unavailable
from integrations.ports import Carriers, TrackingEvent
from tests.fresh import migrated


class Switchboard:
    """UPS is away, DHL knows no such number, Parcelway has seen nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def track(self, carrier: str, tracking: str) -> tuple[TrackingEvent, ...]:
        self.asked.append(tracking)
        if carrier == "UPS":
            raise Unavailable("UPS does not answer.")
        if carrier == "DHL Express":
            raise Refused("DHL Express knows no such number.")
        return ()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    migrated(f"sqlite:///{tmp_path / 'holdfast.db'}")
    opened = Database(f"sqlite:///{tmp_path / 'holdfast.db'}")
    yield opened
    await opened.close()


async def test_a_carrier_that_is_away_is_asked_once_a_round(database: Database) -> None:
    board = Switchboard()
    request = PullTracking(
        shipments=tuple(
            UnderWay(order="shopify/1", shipment=number, carrier=carrier, tracking=f"T{number}")
            for number, carrier in enumerate(("UPS", "UPS", "DHL Express", "DHL Express", "Parcelway"), 1)
        )
    )
    activities = DispatchActivities(database, cast(Carriers, board))
    pulled: Any = await ActivityEnvironment().run(activities.pull_tracking, request)
    assert board.asked == ["T1", "T3", "T4", "T5"]
    assert pulled == TrackingPulled(silent=tuple(f"shopify/1 shipment {number}" for number in (1, 2, 3, 4)))
