"""Stripe's events at the door: kept as they came, set against the books once, and waiting for their order where it has not come."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from temporalio.client import Client

from config.payloads import DATA_CONVERTER
from database import gateway_events, inbox
from database.engine import Database
from database.tables import OutboxFact
from integrations.simulated.stripe import StripeAccount
from integrations.simulated.stripe.outside import checkout, sent
from starters.forms import FORMS
from starters.http.examples import ORDER
from starters.http.house import House
from starters.intake import Road
from tests.http.conftest import door_of, house_at

NEW, OLD = "whsec_new", "whsec_old"
PATH = "/webhooks/stripe"
ACCOUNT = StripeAccount()
"""One account for the whole module: it names every event and payment anew."""


@pytest.fixture
async def here(database: Database, tmp_path: Path) -> House:
    """A door whose Temporal server is away: nothing of this needs one."""
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=DATA_CONVERTER)
    house = house_at(database, nowhere, tmp_path, stripe_webhook_secret=f"{OLD},{NEW}")
    return replace(house, road=Road(database, nowhere, house.settings, FORMS))


def page_paid(order: str, minor: int = 2_000, secret: str = NEW, at: datetime | None = None) -> tuple[bytes, str]:
    """The event of a customer who paid on Stripe's page, signed now."""
    checkout(ACCOUNT, order, minor)
    return sent(ACCOUNT.events[-1], secret, int((at or datetime.now(UTC)).timestamp()))


async def post(house: House, body: bytes, signature: str) -> httpx.Response:
    async with door_of(house, key="") as stripe:
        return await stripe.post(PATH, content=body, headers={"Stripe-Signature": signature, "Content-Type": "application/json"})


async def placed(house: House, external_id: str) -> None:
    async with door_of(house) as shop:
        assert (await shop.post("/v1/orders", json={**ORDER, "external_id": external_id})).status_code == 202


async def to_tell(database: Database, order: str) -> list[str]:
    return await database.read(lambda session: list(session.scalars(select(OutboxFact.name).where(OutboxFact.order == order))))


def renamed(body: bytes, name: str) -> dict[str, Any]:
    return {**json.loads(body), "id": name}


async def test_a_payment_is_written_down_once_with_what_its_order_has_to_hear(here: House, database: Database) -> None:
    await placed(here, "paid")
    body, signature = page_paid("web/paid")
    answers = await asyncio.gather(*(post(here, body, signature) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["repeated"] for answer in answers].count(False) == 1
    assert await to_tell(database, "web/paid") == ["payment_received"]


async def test_a_payment_that_comes_before_its_order_waits_for_it(here: House, database: Database) -> None:
    body, signature = page_paid("web/not-yet", 3_000)
    entry = (await post(here, body, signature)).json()["entry"]
    [part] = (await database.read(inbox.entry_view, entry)).parts
    assert (part.status, part.reason, await to_tell(database, "web/not-yet")) == ("parked", "There is no order web/not-yet yet.", [])
    await placed(here, "not-yet")
    assert entry in await database.read(inbox.to_hand_over, datetime.now(UTC))
    await here.road.hand_over(entry)  # its own document only: the orders of other tests wait for Temporal, which is away
    [part] = (await database.read(inbox.entry_view, entry)).parts
    assert (part.status, part.order, await to_tell(database, "web/not-yet")) == ("done", "web/not-yet", ["payment_received"])


async def test_another_attempt_of_stripe_at_the_same_event_is_the_same(here: House, database: Database) -> None:
    await placed(here, "again")
    body, signature = page_paid("web/again")
    first = await post(here, body, signature)
    other = json.dumps({**json.loads(body), "pending_webhooks": 3}).encode()
    now = int(datetime.now(UTC).timestamp())
    again = await post(here, *sent(json.loads(other), NEW, now))
    assert (again.status_code, again.json()) == (200, {"entry": first.json()["entry"], "repeated": True})
    assert await to_tell(database, "web/again") == ["payment_received"]


async def test_what_belongs_to_nobody_is_listed(here: House, database: Database) -> None:
    body, _ = page_paid("", 700)
    event = renamed(body, "evt_nobodys")
    answer = await post(here, *sent(event, NEW, int(datetime.now(UTC).timestamp())))
    assert answer.status_code == 200
    [found] = [each for each in await database.read(gateway_events.recent) if each.event == "evt_nobodys"]
    assert found.outcome.startswith("belongs to no order of ours")


@pytest.mark.parametrize("secret", [OLD, NEW])
async def test_while_the_secret_is_rotated_both_count(here: House, secret: str) -> None:
    assert (await post(here, *page_paid("web/rotated", secret=secret))).status_code == 200


async def test_what_stripe_has_not_signed_just_now_is_not_kept(here: House, database: Database) -> None:
    body, signature = page_paid("web/forged")
    late, late_signature = page_paid("web/forged", at=datetime.now(UTC) - timedelta(minutes=6))
    before = await database.read(inbox.entries, "", "stripe", 1_000)
    for content, said in [
        (body, ""),
        (body, "t=1,v1=00"),
        (body + b" ", signature),
        (late, late_signature),
        (body, page_paid("web/forged", secret="whsec_x")[1]),
    ]:
        answer = await post(here, content, said)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-signature")
    assert await database.read(inbox.entries, "", "stripe", 1_000) == before


@pytest.mark.parametrize("event", [[], {"id": "evt_odd"}, {"id": 7, "type": "charge.refunded", "data": {"object": []}}])
async def test_what_stripe_signed_and_nobody_can_read_is_kept_for_a_person(here: House, database: Database, event: Any) -> None:
    answer = await post(here, *sent(event, NEW, int(datetime.now(UTC).timestamp())))
    assert answer.status_code == 200
    assert (await database.read(inbox.entry_view, answer.json()["entry"])).status == "refused"
