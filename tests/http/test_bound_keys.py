"""A key that is bound to a customer or a channel sees and does nothing that is another's, and is not told that it exists."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from database import callers, reading
from database.engine import Database
from database.seed import seed
from database.tables import ApiKey
from domain.callers import Scope
from domain.errors import NotFound
from domain.order import PlaceOrder
from starters.http.callers import CLAIM
from starters.http.examples import ORDER
from tests.database.builders import House as Steps
from tests.http.conftest import SECRET, door_of, house_at
from tests.http.test_orders_api import problem_of
from tests.http.test_who_may import provider, signing_key, token
from tests.starters.orders import listening

__all__ = ["provider", "signing_key"]
OURS, THEIRS = "web/mine", "fair/theirs"


@pytest.fixture(scope="module")
async def furnished(database: Database) -> None:
    """An order of C-1001 in the channel web, one of C-2 in the channel fair, and keys that are bound to each."""
    await database.transaction(seed, {"customers": [{"id": "C-2", "currency": "EUR", "terms": ["net30"]}]})
    now, scopes = datetime.now(UTC), [scope for scope in Scope if scope is not Scope.SUBSCRIPTIONS]
    for key, bound in (("portal", {"customer": "C-1001"}), ("fairs", {"channel": "fair"})):
        await database.transaction(callers.add_key, key, SECRET, key, scopes, "ada", now, None, **bound)
    for channel, number, customer in (("web", "mine", "C-1001"), ("fair", "theirs", "C-2")):
        placed = PlaceOrder.model_validate({**ORDER, "channel": channel, "external_id": number, "customer": customer})
        await Steps(database).accept(placed, waived=True)


@pytest.fixture
async def portal(furnished: None, database: Database, client: Client, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with door_of(house_at(database, client, tmp_path), callers.written("portal", SECRET)) as caller:
        yield caller


@pytest.fixture
async def fairs(furnished: None, database: Database, client: Client, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with door_of(house_at(database, client, tmp_path), callers.written("fairs", SECRET)) as caller:
        yield caller


async def listed(door: httpx.AsyncClient, **wanted: Any) -> set[str]:
    return {each["order"] for each in (await door.get("/v1/orders", params={"limit": 200, **wanted})).json()["orders"]}


async def test_each_lists_and_reads_their_own_alone(portal: httpx.AsyncClient, fairs: httpx.AsyncClient) -> None:
    assert (OURS in await listed(portal), THEIRS in await listed(portal)) == (True, False)
    assert await listed(portal, customer="C-2") == set()
    assert await listed(fairs) == {THEIRS}
    for door, mine, other in ((portal, OURS, THEIRS), (fairs, THEIRS, OURS)):
        for path in ("", "/timeline"):
            assert (await door.get(f"/v1/orders/{mine}{path}")).status_code == 200
            assert problem_of(await door.get(f"/v1/orders/{other}{path}")) == problem_of(await door.get(f"/v1/orders/{other}{path}"))
            assert problem_of(await door.get(f"/v1/orders/{other}{path}"))[2] == f"There is no order '{other}'."


async def test_each_places_their_own_alone(portal: httpx.AsyncClient, fairs: httpx.AsyncClient, database: Database) -> None:
    another = await portal.post("/v1/orders", json={**ORDER, "customer": "C-2", "external_id": "stolen"})
    assert problem_of(another) == (403, "/problems/not-allowed", "The key is bound to the customer C-1001, and the order is of 'C-2'.")
    elsewhere = await fairs.post("/v1/orders", json={**ORDER, "external_id": "stolen"})
    assert problem_of(elsewhere)[2] == "The key is bound to the channel fair, and the order is of 'web'."
    assert problem_of(await fairs.post("/channels/generic/web", json={**ORDER, "external_id": "stolen"}))[0] == 403
    with pytest.raises(NotFound):
        await database.read(reading.order_view, "web/stolen")
    assert (await portal.post("/v1/orders", json={**ORDER, "external_id": "own"})).status_code == 201
    body = {name: value for name, value in ORDER.items() if name != "channel"} | {"external_id": "own"}
    placed = await fairs.post("/channels/generic/fair", json=body)
    assert (placed.status_code, placed.json()["order"]) == (201, "fair/own")
    entry = placed.json()["entry"]
    assert (await fairs.get(f"/v1/inbox/{entry}")).status_code == 200
    assert problem_of(await portal.get(f"/v1/inbox/{entry}"))[:2] == (404, "/problems/not-found")


async def test_a_customers_key_says_what_customers_say(portal: httpx.AsyncClient, client: Client) -> None:
    async with listening(client):
        await portal.post("/v1/orders", json={**ORDER, "external_id": "said"})
        paid = {"payment": "P-1", "amount": {"minor": 50_390, "currency": "EUR"}}
        refused = await portal.post("/v1/orders/web/said/messages/payment_received", json=paid)
        assert problem_of(refused)[:2] == (403, "/problems/not-allowed")
        assert (await portal.post("/v1/orders/web/said/messages/cancel_order", json={"reason": "end"})).status_code == 200
    for path in (
        f"/v1/orders/{THEIRS}/messages/cancel_order",
        "/v1/orders/web/nobody/messages/cancel_order",
        f"/v1/orders/{THEIRS}/returns",
    ):
        answer = await portal.post(path, json={"lines": [{"line": 1, "quantity": 1}]} if path.endswith("returns") else {})
        assert problem_of(answer)[:2] == (404, "/problems/not-found")


async def test_what_does_not_heed_a_binding_is_closed_to_whoever_is_bound(portal: httpx.AsyncClient) -> None:
    answer = await portal.post("/warehouses/BERLIN/facts", json={})
    assert problem_of(answer) == (403, "/problems/not-allowed", "It is bound to the customer C-1001, and this is not.")


def test_a_token_may_be_bound_by_its_claims(provider: Any, signing_key: Any) -> None:
    caller = provider.caller_of(token(signing_key, **{f"{CLAIM}customer": "C-1001"}))
    assert (caller.customer, caller.channel, caller.bound_to) == ("C-1001", "", {"customer": "C-1001"})


async def test_a_key_is_bound_to_what_there_is(database: Database) -> None:
    now = datetime.now(UTC)
    for bound in ({"customer": "C-404"}, {"location": "NOWHERE"}):
        with pytest.raises(NotFound):
            await database.transaction(callers.add_key, "odd", SECRET, "odd", [Scope.ORDERS_READ], "ada", now, None, **bound)
    assert await database.read(lambda session: session.get(ApiKey, "odd")) is None
