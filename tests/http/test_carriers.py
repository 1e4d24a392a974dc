"""Carriers tell what they saw: signed, once, under a tracking number that may not have left yet."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook
from temporalio.client import Client

from config.payloads import DATA_CONVERTER
from config.settings import ConfigError, Settings
from database import inbox, shipments
from database.engine import Database
from database.journal import once
from domain.errors import InputRefused, Refused
from domain.intake import Delivery, RefusedIn, SeenIn
from domain.messages import CarrierEvent, CarrierStatus, DeliveryConfirmed, LineQuantity, Parcel, ReturnScanned
from domain.order import PlaceOrder
from domain.steps import ParcelsRecorded, RecordPacking, Shipped
from starters.channels import tracking
from starters.forms import FORMS
from starters.http.examples import ORDER, TRACKING
from starters.http.house import House
from starters.intake import Road
from starters.webhooks import standard
from tests.database.builders import House as Steps
from tests.database.builders import book, ship_request, step
from tests.database.builders import shipped as booked
from tests.endurance import examples
from tests.http.conftest import door_of, house_at
from tests.starters.orders import NOON, listening

NEW, OLD, OTHER = (f"whsec_{base64.b64encode(letter * 32).decode()}" for letter in (b"n", b"o", b"x"))

EARLY, SEVERAL, OTHERS = "PW77148271903", "PW77196543806", "PW77144815709"


def event(number: str = EARLY, **changes: Any) -> dict[str, Any]:
    return {"id": "E-1", "tracking_number": number, "status": "in_transit", "occurred_at": "2026-11-25T09:30:00Z", **changes}


def body_of(*events: dict[str, Any]) -> bytes:
    return json.dumps({"events": events}).encode()


def signed(body: bytes, delivery: str, secret: str = NEW, at: datetime | None = None) -> dict[str, str]:
    """Headers as the reference library of Standard Webhooks makes them."""
    when = at or datetime.now(UTC)
    return {
        "webhook-id": delivery,
        "webhook-timestamp": str(int(when.timestamp())),
        "webhook-signature": Webhook(secret).sign(delivery, when, body.decode()),
    }


@pytest.fixture
def here(database: Database, client: Client, tmp_path: Path) -> House:
    return house_at(database, client, tmp_path, carrier_webhook_secrets=f"parcelway={OLD} {NEW}, norvik-post={OTHER}")


async def post(house: House, body: bytes, headers: dict[str, str], carrier: str = "parcelway") -> httpx.Response:
    async with door_of(house, key="") as carrier_itself:
        return await carrier_itself.post(f"/webhooks/carriers/{carrier}", content=body, headers=headers)


async def shipped(house: House, external_id: str, number: str) -> None:
    """An order that lives, of which shipment 1 has left under a number of Parcelway."""
    async with door_of(house) as shop:
        assert (await shop.post("/v1/orders", json=one_grinder(external_id))).status_code == 201
    placed, steps = PlaceOrder.model_validate(one_grinder(external_id)), Steps(house.database)
    await steps.accept(placed, waived=True)
    await steps.allocate(placed)
    await steps.pick(placed, l1=1)
    parcel = Parcel(number=1, weight_g=2_100, contents=(LineQuantity(line=1, quantity=1),))
    packing = RecordPacking(**step("pack", placed.key), shipment=1, parcels=(parcel,), unpacked=())
    await steps.once(packing, ParcelsRecorded, shipments.record_packing)
    label = booked(number).model_copy(update={"carrier": "Parcelway"})
    await house.database.transaction(once, ship_request(placed), "ship", Shipped, lambda session, asked: book(session, asked, label))


def one_grinder(external_id: str) -> dict[str, Any]:
    [line] = ORDER["lines"]
    return {**ORDER, "external_id": external_id, "lines": [{**line, "quantity": 1}]}


async def parts(house: House, entry: int) -> list[tuple[str, str, str]]:
    view = await house.database.read(inbox.entry_view, entry)
    return [(part.order, part.status, part.reason) for part in view.parts]


async def heard(client: Client, external_id: str) -> list[str]:
    told: list[str] = await client.get_workflow_handle(f"order/web/{external_id}").query("told", result_type=list[str])
    return told


async def test_an_event_that_comes_before_its_shipment_waits_and_is_told_once(here: House, client: Client) -> None:
    body = body_of(event(EARLY))
    early, again = [await post(here, body, signed(body, "d-early")) for _ in range(2)]
    assert (early.status_code, again.status_code) == (202, 202)
    assert (early.json()["repeated"], again.json()) == (False, {"entry": early.json()["entry"], "repeated": True})
    entry = early.json()["entry"]
    await here.road.sweep()
    assert await parts(here, entry) == [("", "parked", f"Nothing of ours bears the tracking number {EARLY} yet.")]
    async with listening(client):
        await shipped(here, "carried", EARLY)
        await here.road.sweep()
        await here.road.sweep()
        assert await parts(here, entry) == [("web/carried", "done", "")]
        assert await heard(client, "carried") == ["parcelway/E-1"]


async def test_events_of_one_delivery_stand_by_themselves_and_a_repeat_in_another_is_the_same(here: House, client: Client) -> None:
    async with listening(client):
        await shipped(here, "several", SEVERAL)
        body = body_of(
            event(SEVERAL, id="E-2"),
            event(SEVERAL, id="E-3", status="delivered", signed_by="A. Byron", occurred_at="2026-11-27T10:12:00Z"),
            event("PW 7714-8271904", id="E-4", status="vanished"),
            event(SEVERAL, id="E-5", occurred_at="2026-11-27T10:12:00"),
            event(SEVERAL, id="E-6", weather="snow"),
        )
        entry = (await post(here, body, signed(body, "d-several"))).json()["entry"]
        other = body_of(event(SEVERAL, id="E-2"))
        repeat = (await post(here, other, signed(other, "d-several-again"))).json()["entry"]
        await here.road.sweep()
        assert await heard(client, "several") == ["parcelway/E-2", "parcelway/E-3"]
    found = await parts(here, entry)
    assert [status for _, status, _ in found] == ["done", "done", "refused", "refused", "refused"]
    assert found[3][2] == "a time needs its zone"
    assert found[4][2] == "an event has no such field"
    assert await parts(here, repeat) == [("web/several", "done", "")]


async def test_a_carrier_speaks_of_its_own_parcels_only(here: House, client: Client) -> None:
    async with listening(client):
        await shipped(here, "others", OTHERS)
        body = body_of(event(OTHERS))
        entry = (await post(here, body, signed(body, "d-others", OTHER), "norvik-post")).json()["entry"]
        await here.road.sweep()
        [(_, status, reason)] = await parts(here, entry)
        assert (status, await heard(client, "others")) == ("refused", [])
    assert OTHERS in reason


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"webhook-signature": ""}, "State webhook-id, webhook-timestamp"),
        ({"webhook-id": ""}, "State webhook-id, webhook-timestamp"),
        ({"webhook-timestamp": "yesterday"}, "State webhook-id, webhook-timestamp"),
        ({"webhook-id": "d-other"}, "The signature does not match"),
        ({"webhook-signature": "v1,AAAA"}, "The signature does not match"),
        (signed(body_of(event()), "d-forged", OTHER), "The signature does not match"),
        (signed(body_of(event()), "d-forged", NEW, datetime.now(UTC) - timedelta(minutes=6)), "seconds old; at most 300 are accepted"),
        (signed(body_of(event()), "d-forged", NEW, datetime.now(UTC) + timedelta(hours=9)), "ahead of our clock"),
    ],
)
async def test_what_the_carrier_did_not_sign_just_now_is_not_kept(here: House, change: dict[str, str], sentence: str) -> None:
    answer = await post(here, body_of(event()), {**signed(body_of(event()), "d-forged"), **change})
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/bad-signature")
    assert sentence in answer.json()["detail"]
    kept = await here.database.read(inbox.entries, "", "carrier/parcelway", 1_000)
    assert [entry.delivery for entry in kept if entry.delivery in ("d-forged", "d-other")] == []


async def test_while_a_secret_is_rotated_the_old_and_the_new_one_count(here: House) -> None:
    body = body_of(event("PW77100000001", id="E-rotated"))
    for secret in (OLD, NEW):
        assert (await post(here, body, signed(body, f"d-{secret[-6:-2]}", secret))).status_code == 202


async def test_what_cannot_be_read_is_said_at_once_and_kept(here: House) -> None:
    for number, (body, place) in enumerate([(b"{", "line 1, column 2"), (b'{"events": []}', "events"), (b'{"seen": 1}', "events")]):
        answer = await post(here, body, signed(body, f"d-unreadable-{number}"))
        assert (answer.status_code, answer.json()["errors"][0]["place"]) == (422, place)
    await here.road.sweep()
    refused = await here.database.read(inbox.entries, "refused", "carrier/parcelway", 1_000)
    assert {entry.delivery for entry in refused} >= {f"d-unreadable-{number}" for number in range(3)}


async def test_a_carrier_without_a_secret_is_nobody(here: House) -> None:
    answer = await post(here, body_of(event()), signed(body_of(event()), "d-nobody"), "snailmail")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_without_a_server_events_are_kept(here: House) -> None:
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=DATA_CONVERTER)
    dark = replace(here, client=nowhere, road=Road(here.database, nowhere, here.settings, FORMS))
    body = body_of(event("PW77100000002", id="E-dark"))
    answer = await post(dark, body, signed(body, "d-dark"))
    assert answer.status_code == 202
    await here.road.sweep()
    assert [status for _, status, _ in await parts(here, answer.json()["entry"])] == ["parked"]


def test_a_return_is_on_its_way_when_its_label_is_scanned_and_its_dock_says_the_rest() -> None:
    def seen(status: str) -> SeenIn:
        return SeenIn(tracking="RR1", message_id="p/1", occurred_at=NOON, actor="parcelway", status=CarrierStatus(status))

    assert isinstance(seen("in_transit").of_return(1), ReturnScanned)
    assert seen("lost").of_return(1) is None
    assert isinstance(seen("delivered").of_shipment(1), CarrierEvent)
    assert isinstance(seen("delivered").model_copy(update={"signed_by": "A. Byron"}).of_shipment(1), DeliveryConfirmed)


@pytest.mark.parametrize("said", ["ups", "UPS=whsec_x", "ups=", "ups=secret", f"ups={NEW} short", f"={NEW}"])
def test_secrets_that_sign_nothing_are_refused_without_repeating_them(said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="OMS_CARRIER_WEBHOOK_SECRETS should read carrier=whsec_") as refused:
        Settings.load(home=tmp_path, carrier_webhook_secrets=said)
    assert NEW not in str(refused.value)


def test_the_example_is_read() -> None:
    document = Delivery(channel="carrier/parcelway", delivery="d", form="tracking", body=json.dumps(TRACKING).encode(), received_at=NOON)
    assert [part.status for part in tracking.read(document, {}) if isinstance(part, SeenIn)] == ["delayed", "delivered"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*event(), "events"]) | st.text(), inner, max_size=6),
    max_leaves=12,
)


@settings(deadline=None, max_examples=examples(300))
@given(
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.lists(JSON).map(lambda v: json.dumps({"events": v}).encode())
)
def test_whatever_comes_is_read_or_refused_with_its_place(body: bytes) -> None:
    try:
        found = tracking.read(Delivery(channel="carrier/ups", delivery="d", form="tracking", body=body, received_at=NOON), {})
    except InputRefused as refused:
        found = [RefusedIn(place=refused.place, reason=refused.reason)]
    assert all(isinstance(part, SeenIn) or (isinstance(part, RefusedIn) and part.place and part.reason) for part in found)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from([standard.ID, standard.TIMESTAMP, standard.SIGNATURE]), st.text(max_size=40)), st.binary(max_size=40)
)
def test_no_header_of_a_stranger_breaks_the_check(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(Refused):
        standard.verified(body, headers, [NEW], NOON)
