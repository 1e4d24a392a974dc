"""From the packing station to the driver's manifest, on the real server: numbers that last, and words that are told once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from database import packing_station
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import CarrierEvent, CarrierStatus
from domain.packing_station import Scan
from domain.sscc import is_sscc
from integrations.packing import FirstFitPacker
from integrations.simulated.outbox import Entry
from starters.dispatching import ask_now, close_manifests, end_schedule, keep_asking
from starters.labels import label_files, manifest_pdf
from starters.parcelling import proposed, tell_packed, tell_untold
from tests.workflows.shop import Living, Shop, line, order


async def scan(living: Living, scan: str, quantity: int, parcel: int = 1) -> None:
    taken = Scan(
        scan=f"{living.key}/{scan}",
        order=living.key,
        shipment=1,
        parcel=parcel,
        item="PLENTY",
        quantity=quantity,
        carton="L",
        at=datetime.now(UTC),
        actor="station 1",
    )
    await living.shop.database.transaction(packing_station.take_scan, taken)


async def test_what_was_scanned_ships_under_the_numbers_on_its_parcels(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=3)))
    await living.pick()
    await living.until(Wait.PACK)
    suggestion = await proposed(shop.database, FirstFitPacker(), living.key, 1, datetime.now(UTC))
    assert [(parcel.carton, parcel.contents) for parcel in suggestion.parcels] == [("L", {1: 3})]

    await scan(living, "a", 2)
    await scan(living, "b", 1, parcel=2)
    [label] = await shop.database.read(lambda session: label_files(session, living.key, 1, "zpl"))
    assert label.count(b"^XA") == 2  # labels before the order knows of the parcels

    closing = await shop.database.transaction(packing_station.close, living.key, 1, {2: 1_250}, False, datetime.now(UTC), "station 1")
    for _ in range(2):
        await tell_packed(shop.database, shop.client, closing)
    assert await tell_untold(shop.database, shop.client) == ([], [])
    await living.until(Wait.DELIVERY)
    parcels = (await living.state()).shipments[0].parcels
    assert [(p.number, p.weight_g, is_sscc(p.sscc), p.carton) for p in parcels] == [(1, 1_700, True, "L"), (2, 1_250, True, "L")]
    assert [p.sscc for p in parcels] == [p.sscc for p in closing.fact.parcels]
    await living.deliver()


async def test_a_parcel_that_the_floor_did_not_number_is_numbered_when_it_is_booked(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=1)))
    await living.ship()
    [parcel] = (await living.state()).shipments[0].parcels
    assert is_sscc(parcel.sscc)
    [view] = (await living.view()).shipments
    assert [each.sscc for each in view.parcels] == [parcel.sscc]
    await living.deliver()


async def test_a_shipment_that_was_closed_with_less_asks_a_person_and_is_packed_anew(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=3)))
    await living.pick()
    await living.until(Wait.PACK)
    await scan(living, "a", 2)
    closing = await shop.database.transaction(packing_station.close, living.key, 1, {}, True, datetime.now(UTC), "station 1")
    await tell_packed(shop.database, shop.client, closing)
    asked = await living.exception(ExceptionKind.PACK_MISMATCH)
    assert asked.detail == "shipment 1: line 1: 2 packed, 3 picked"
    await living.decide(ExceptionKind.PACK_MISMATCH, "repack")
    await shop.database.transaction(packing_station.start_over, living.key, 1, datetime.now(UTC))
    await scan(living, "b", 3)
    again = await shop.database.transaction(packing_station.close, living.key, 1, {}, False, datetime.now(UTC), "station 1")
    await tell_packed(shop.database, shop.client, again)
    await living.until(Wait.DELIVERY)
    await living.deliver()


async def test_the_day_is_closed_once_with_every_shipment_that_left(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=1)))
    await living.ship()
    with shop.env.with_time_skipping_disabled():
        both = await asyncio.gather(*(close_manifests(shop.client, "BERLIN", "", datetime.now(UTC), "gate") for _ in range(2)))
        again = await close_manifests(shop.client, "BERLIN", "", datetime.now(UTC), "gate")
    closed = {each.document: each for found in both for each in found.closed}
    carrier = (await living.state()).shipments[0].carrier
    [ours] = [each for each in closed.values() if each.carrier == carrier]
    assert ours.reference is not None
    assert ours.reference.startswith("".join(word[0] for word in carrier.split()))
    assert again.closed == ()
    assert (await shop.database.read(manifest_pdf, ours.document)).startswith(b"%PDF-")
    await living.deliver()


async def test_a_carrier_that_sends_no_word_is_asked_and_its_word_is_told_once(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=1)))
    await living.ship()
    tracking = (await living.state()).shipments[0].tracking
    [label] = shop.world.rows("SELECT key FROM labels WHERE tracking = ?", tracking)
    at = datetime.now(UTC) - timedelta(minutes=1)
    seen = CarrierEvent(message_id=f"hub/{tracking}", occurred_at=at, actor="carrier", shipment=1, status=CarrierStatus.IN_TRANSIT)
    silent = Entry(id=seen.message_id, order=living.key, subject=f"label {label['key']}", said=seen, send_at=at)
    shop.world.outbox.put([silent])
    with shop.env.with_time_skipping_disabled():
        for _ in range(2):
            await ask_now(shop.client)
    state = await living.when(lambda s: s.shipments[0].carrier_status is CarrierStatus.IN_TRANSIT)
    assert state.shipments[0].carrier_status_at == at
    history = await living.latest.fetch_history()
    signals = [event for event in history.events if event.HasField("workflow_execution_signaled_event_attributes")]
    assert [event.workflow_execution_signaled_event_attributes.signal_name for event in signals].count("carrier_event") == 1
    await living.deliver()


async def test_asking_can_be_left_to_a_schedule(shop: Shop) -> None:
    for minutes in (1_000, 1_200):
        await keep_asking(shop.client, minutes)
    described = await shop.client.get_schedule_handle("track-shipments").describe()
    assert [interval.every for interval in described.schedule.spec.intervals] == [timedelta(minutes=1_200)]
    assert await end_schedule(shop.client)
    assert not await end_schedule(shop.client)
    with pytest.raises(Exception, match=r"(?i)not found|no schedule"):
        await shop.client.get_schedule_handle("track-shipments").describe()
