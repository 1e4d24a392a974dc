"""Dispatch: a shipment is fetched once, on one numbered manifest, and what the carrier saw is told once."""

from __future__ import annotations

import asyncio

import pytest

from database import dispatch, shipments
from database.seed import seed
from domain.dispatch import CloseManifest, News, UnderWayAfter
from domain.errors import NotFound
from domain.messages import CarrierEvent, CarrierStatus
from domain.steps import Recorded, RecordTracking, VoidLabel
from tests.database.builders import DAY, NOW, House, line, said, step


def closing(**changes: object) -> CloseManifest:
    return CloseManifest(location="BERLIN", at=NOW, actor="gate").model_copy(update=changes)


async def closed(house: House, request: CloseManifest) -> list[tuple[str, str, int, int]]:
    await house(dispatch.close_manifests, request)
    found = await house(dispatch.closed_by, request)
    return [(each.document, each.carrier, each.shipments, each.parcels) for each in found.closed]


async def test_a_shipment_is_on_one_manifest_however_often_the_day_ends(house: House) -> None:
    for external_id in ("1", "2"):
        await house.shipped_order(external_id, line(1, "KETTLE", 1))
    assert await closed(house, closing()) == [("MF-000001", "dhl", 2, 2)]
    assert await closed(house, closing(at=NOW + DAY)) == []
    await house.shipped_order("3", line(1, "KETTLE", 1))
    assert await closed(house, closing(at=NOW + DAY)) == [("MF-000002", "dhl", 1, 1)]
    last = (await house(dispatch.closed_by, closing(at=NOW + 2 * DAY))).last
    assert [each.document for each in last] == ["MF-000002"]


async def test_two_who_end_the_day_at_the_same_time_make_one_manifest(house: House) -> None:
    await house.shipped_order("1", line(1, "KETTLE", 1))
    both = await asyncio.gather(closed(house, closing()), closed(house, closing(at=NOW + DAY)))
    assert sorted(len(each) for each in both) == [0, 1]


async def test_only_the_carrier_that_was_named_is_closed(house: House) -> None:
    await house.shipped_order("1", line(1, "KETTLE", 1))
    assert await closed(house, closing(carrier="UPS")) == []
    assert await closed(house, closing(carrier="dhl")) == [("MF-000001", "dhl", 1, 1)]


async def test_a_carrier_is_told_until_it_answers(house: House) -> None:
    await house.shipped_order("1", line(1, "KETTLE", 1))
    await closed(house, closing())
    assert [row.document for row in await house(dispatch.unanswered, "BERLIN")] == ["MF-000001"]
    await house(dispatch.answered, "MF-000001", "NP-7")
    await house(dispatch.answered, "MF-000001", "NP-8")
    assert await house(dispatch.unanswered, "BERLIN") == []
    assert [each.reference for each in (await house(dispatch.closed_by, closing())).closed] == ["NP-7"]


async def test_the_manifest_of_nowhere_is_refused(house: House) -> None:
    with pytest.raises(NotFound, match="There is no location 'ATLANTIS'"):
        await closed(house, closing(location="ATLANTIS"))


async def test_the_carriers_own_labels_are_those_of_the_last_purchase(house: House) -> None:
    placed = await house.shipped_order("1", line(1, "KETTLE", 1))
    first, second = (f"{placed.key}/ship/1/{attempt}" for attempt in (1, 2))
    for _ in range(2):
        await house(dispatch.keep_labels, first, placed.key, 1, [("pdf", b"one"), ("pdf", b"two"), ("zpl", b"^XA^XZ")])
    assert await house(dispatch.labels, placed.key, 1, "pdf") == [b"one", b"two"]
    await house.undo(VoidLabel(**step("void/1", placed.key), shipment=1, undoes=first), first, shipments.unship)
    assert await house(dispatch.labels, placed.key, 1, "pdf") == []
    await house.ship(placed, attempt=2)
    await house(dispatch.keep_labels, second, placed.key, 1, [("pdf", b"new")])
    assert await house(dispatch.labels, placed.key, 1, "pdf") == [b"new"]


def seen(event: str, status: CarrierStatus = CarrierStatus.IN_TRANSIT) -> News:
    fact = CarrierEvent(message_id=event, occurred_at=NOW, actor="dhl", shipment=1, status=status)
    return News(order="shopify/1", fact=fact)


async def test_what_was_fetched_is_told_once_and_what_the_carrier_told_itself_never(house: House) -> None:
    placed = await house.shipped_order("1", line(1, "KETTLE", 1))
    push = RecordTracking(
        **step("track/1", placed.key) | {"causes": (said("e-1", "carrier_event", "dhl"),)},
        shipment=1,
        status=CarrierStatus.IN_TRANSIT,
        status_at=NOW,
    )
    await house.once(push, Recorded, shipments.record_tracking)
    news = [seen("e-1"), seen("e-2")]
    assert [each.fact.message_id for each in await house(dispatch.keep_events, news)] == ["e-2"]
    assert [each.fact.message_id for each in await house(dispatch.keep_events, news)] == ["e-2"]  # not told yet: a crash came between
    await house(dispatch.events_told, ["e-2"], NOW)
    assert await house(dispatch.keep_events, news) == []


async def test_shipments_under_way_are_walked_in_pieces(house: House) -> None:
    for external_id in ("1", "2", "3"):
        await house.shipped_order(external_id, line(1, "KETTLE", 1))
    first = (await house(dispatch.under_way, UnderWayAfter(most=2))).shipments
    assert [(each.order, each.carrier, each.tracking) for each in first] == [
        ("shopify/1", "dhl", "TRACK-1-1-1"),
        ("shopify/2", "dhl", "TRACK-2-1-1"),
    ]
    rest = await house(dispatch.under_way, UnderWayAfter(order="shopify/2", shipment=1))
    assert [each.order for each in rest.shipments] == ["shopify/3"]


async def test_a_dock_is_where_the_catalogue_says(house: House) -> None:
    street = {"name": "Holdfast, Berlin", "street": "Tor 4", "city": "Grossbeeren"}
    await house(seed, {"locations": [{"id": "BERLIN", "country": "DE", "postcode": "14979", "address": street, "phone": "+49 30 1"}]})
    address, phone = await house(dispatch.dock, "BERLIN") or (None, "")
    assert (address and address.postcode, phone, await house(dispatch.dock, "LYON")) == ("14979", "+49 30 1", None)
