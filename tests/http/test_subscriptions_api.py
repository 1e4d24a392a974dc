"""Subscriptions through the door: who may have them, what is refused, and that the secret is shown once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from temporalio.client import Client

from database import callers
from database.engine import Database
from domain.callers import Scope
from tests.http.conftest import EVERYTHING, READER, SECRET, door_of, house_at

URL = "/v1/subscriptions"


@pytest.fixture
async def door(database: Database, client: Client, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with door_of(house_at(database, client, tmp_path, webhook_loopback=True)) as caller:
        yield caller


async def subscribed(door: httpx.AsyncClient, **headers: str) -> dict[str, object]:
    asked = {"url": "http://127.0.0.1:9/hooks", "events": ["order.accepted", "shipment.*"]}
    answer = await door.post(URL, json=asked, headers=headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


async def test_the_secret_is_shown_once_and_rotated_by_request(door: httpx.AsyncClient) -> None:
    made = await subscribed(door)
    assert isinstance(made["subscription"], dict)
    name, secret = made["subscription"]["subscription"], str(made["secret"])
    assert secret.startswith("whsec_")
    listed = await door.get(URL)
    assert name in [each["subscription"] for each in listed.json()]
    assert secret not in listed.text
    rotated = (await door.post(f"{URL}/{name}/rotate")).json()
    assert rotated["secret"] not in ("", secret)
    assert rotated["subscription"]["old_until"] is not None
    assert (await door.post(f"{URL}/{name}/pause")).json()["status"] == "paused"
    assert (await door.post(f"{URL}/{name}/test")).status_code == 409
    assert (await door.delete(f"{URL}/{name}")).status_code == 204
    assert (await door.get(f"{URL}/{name}")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"url": "https://10.0.0.1/", "events": ["*"]}, "url"),
        ({"url": "https://[fd00::1]/", "events": ["*"]}, "url"),
        ({"url": "http://shop.example/", "events": ["*"]}, "url"),
        ({"url": "http://127.0.0.1:9/", "events": ["order.exploded"]}, "events"),
        ({"url": "http://127.0.0.1:9/", "events": ["*"], "contact": "nobody"}, "contact"),
    ],
)
async def test_what_cannot_be_told_is_refused_with_its_place(door: httpx.AsyncClient, asked: dict[str, object], place: str) -> None:
    before = len((await door.get(URL)).json())
    answer = await door.post(URL, json=asked)
    assert (answer.status_code, answer.json()["errors"][0]["place"]) == (422, place)
    assert len((await door.get(URL)).json()) == before


async def test_a_key_without_the_scope_subscribes_to_nothing(door: httpx.AsyncClient) -> None:
    answer = await door.post(URL, json={"url": "http://127.0.0.1:9/", "events": ["*"]}, headers={"X-API-Key": READER})
    assert answer.status_code == 403


async def test_a_bound_key_hears_of_and_sees_only_what_it_is_bound_to(door: httpx.AsyncClient, database: Database) -> None:
    await database.transaction(
        callers.add_key, "bound", SECRET, "portal", [Scope.SUBSCRIPTIONS], "ada", datetime.now(UTC), None, customer="C-1001"
    )
    bound = {"X-API-Key": callers.written("bound", SECRET)}
    others = await subscribed(door, **{"X-API-Key": EVERYTHING})
    assert isinstance(others["subscription"], dict)
    mine = await subscribed(door, **bound)
    assert isinstance(mine["subscription"], dict)
    assert mine["subscription"]["customer"] == "C-1001"
    assert [each["subscription"] for each in (await door.get(URL, headers=bound)).json()] == [mine["subscription"]["subscription"]]
    assert (await door.delete(f"{URL}/{others['subscription']['subscription']}", headers=bound)).status_code == 404
