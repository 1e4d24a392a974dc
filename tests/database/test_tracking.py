"""A tracking number finds its shipment or return, and what waited under it is handed over once somebody bears it."""

from __future__ import annotations

import pytest

from database import inbox, tracking
from database.inbox import PartResult
from database.tracking import Borne, same_carrier
from domain.intake import Delivery
from tests.database.builders import NOW, House, order

NUMBER = "TRACK-1001-1-1"


async def parked(house: House, number: str) -> int:
    document = Delivery(channel="carrier/parcelway", delivery=f"e-{number}", form="tracking", body=b"{}", received_at=NOW)
    entry = (await house(inbox.keep, document)).entry
    waiting = PartResult(part=1, place="events[0]", kind="carrier_event", tracking=number, status="parked")
    await house(inbox.record_part, entry, waiting, NOW)
    assert await house(inbox.settle, entry) == "waiting"
    return entry


async def shipped(house: House) -> None:
    placed = order()
    await house.accept(placed)
    await house.allocate(placed)
    await house.pick(placed, l1=2)
    await house.pack(placed)
    await house.ship(placed)


async def test_what_came_before_its_shipment_waits_under_the_number(house: House) -> None:
    entry, nobodys = await parked(house, NUMBER), await parked(house, "PW77100000000")
    assert await house.database.read(inbox.to_hand_over, NOW) == []
    assert await house.database.read(tracking.bearer, NUMBER) is None
    await shipped(house)
    found = await house.database.read(tracking.bearer, NUMBER)
    assert found == Borne(order="shopify/1001", shipment=1, carrier=found.carrier if found else "")
    assert await house.database.read(inbox.to_hand_over, NOW) == [entry]
    view = await house.database.read(inbox.entry_view, nobodys)
    assert [(part.tracking, part.status) for part in view.parts] == [("PW77100000000", "parked")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("norvik-post", "Norvik Post", True),
        ("ups", "UPS", True),
        ("dhl", "DHL Express", True),
        ("dhl", "UPS", False),
        ("parcelway", "Norvik Post", False),
        ("parcelway", "", True),
    ],
)
def test_a_carrier_is_known_by_any_of_its_spellings(one: str, other: str, same: bool) -> None:
    assert same_carrier(one, other) is same
