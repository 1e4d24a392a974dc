"""Our own API: orders go in once, are read in pages, are told and asked; every failure is a problem with a sentence."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session
from temporalio.client import Client

from database import inbox, orders
from database.engine import Database
from domain.intake import Delivery, MessageIn, RefusedIn
from domain.order import PlaceOrder
from domain.steps import AcceptOrder
from starters.channels import messages
from starters.http.examples import ORDER
from tests.starters.orders import NOON, listening


def order(external_id: str, **changes: Any) -> dict[str, Any]:
    return {**ORDER, "external_id": external_id, **changes}


def problem_of(answer: httpx.Response) -> tuple[int, str, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    return answer.status_code, body["type"], body["detail"]


async def test_an_order_is_placed_once_however_often_it_is_sent(door: httpx.AsyncClient) -> None:
    answers = [await door.post("/v1/orders", json=order("once")) for _ in range(2)]
    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(201, "placed"), (200, "same")]
    assert answers[0].headers["location"] == "/v1/orders/web/once"
    read = await door.get(answers[0].headers["location"])
    assert (read.status_code, read.json()["order"], read.json()["total"]["minor"]) == (200, "web/once", 50_390)


async def test_ten_at_once_are_one(door: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(door.post("/v1/orders", json=order("ten")) for _ in range(10)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert {answer.json()["order"] for answer in answers} == {"web/ten"}


async def test_a_known_order_with_other_content_is_a_conflict(door: httpx.AsyncClient) -> None:
    await door.post("/v1/orders", json=order("changed"))
    answer = await door.post("/v1/orders", json=order("changed", po_number="PO-2"))
    assert problem_of(answer) == (
        409,
        "/problems/conflict",
        "Order web/changed is known with other content (the first document stands); nothing was changed.",
    )


async def test_an_idempotency_key_is_one_request(door: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = await door.post("/v1/orders", json=order("keyed"), headers=key)
    again = await door.post("/v1/orders", json=order("keyed"), headers=key)
    other = await door.post("/v1/orders", json=order("keyed-other"), headers=key)
    assert (first.status_code, again.status_code, first.json()["entry"]) == (201, 200, again.json()["entry"])
    assert problem_of(other)[:2] == (422, "/problems/idempotency-key-reused")


async def test_an_unknown_item_is_kept_and_waits_for_its_mapping(door: httpx.AsyncClient) -> None:
    line = {**ORDER["lines"][0], "item": "Mühle"}
    answer = await door.post("/v1/orders", json=order("unmapped", lines=[line]))
    assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
    assert answer.json()["reason"] == "nobody has mapped item 'Mühle'"
    entry = await door.get(f"/v1/inbox/{answer.json()['entry']}")
    assert (entry.json()["status"], entry.json()["parts"][0]["status"]) == ("waiting", "mapping")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        (
            {
                "lines": [
                    {**ORDER["lines"][0], "unit_price": "1.00", "override": {"by": "cli:ada", "why": "a friend", "at": NOON.isoformat()}}
                ]
            },
            "lines[0].override",
        ),
        ({"channel": "quote"}, "channel"),
        ({"basket": "Q-000001"}, "basket"),
    ],
)
async def test_nobody_outside_sets_prices_or_takes_what_is_quoted_to_others(
    door: httpx.AsyncClient, changes: dict[str, Any], place: str
) -> None:
    document = order("cheap", **changes)
    of_channel = {name: value for name, value in document.items() if name != "channel"}
    for path, body in (("/v1/orders", document), (f"/channels/generic/{document['channel']}", of_channel)):
        answer = await door.post(path, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["place"]) == (422, place)
    assert (await door.get(f"/v1/orders/{document['channel']}/{document['external_id']}")).status_code == 404


async def test_without_a_server_an_order_is_kept(door_without_server: httpx.AsyncClient) -> None:
    answer = await door_without_server.post("/v1/orders", json=order("kept"))
    assert (answer.status_code, answer.json()["status"]) == (202, "kept")
    health = await door_without_server.get("/health")
    assert (health.status_code, health.json()) == (200, {"status": "up", "database": True, "temporal": False})


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "line 1, column 1: this is not JSON"),
        (b"{", "line 1, column 2"),
        (b"\xff\xfe", "byte 0: 0xff is not UTF-8"),
        (b"[]", "the document: it is a list; send one order in a request"),
        (b'{"channel": "web", "channel": "web"}', "the name 'channel': it stands twice"),
        (b"[" * 100_000, "the document: it is a list"),
        (b'{"a":' * 100_000, "it is nested deeper than 60 levels"),
        (json.dumps(order("x", quantity=1)).encode(), "quantity"),
        (json.dumps(order("x", currency="EURO")).encode(), "currency"),
        (json.dumps(order("../x")).encode(), "external_id"),
    ],
)
async def test_what_is_no_order_is_refused_with_its_place(door: httpx.AsyncClient, body: bytes, sentence: str) -> None:
    answer = await door.post("/v1/orders", content=body)
    status, kind, detail = problem_of(answer)
    assert (status, kind) == (422, "/problems/input-refused")
    assert sentence in detail
    assert answer.json()["errors"][0]["place"]


async def test_without_a_server_a_request_is_to_be_asked_again_and_a_fact_is_kept(door_without_server: httpx.AsyncClient) -> None:
    for path, body in (("messages/cancel_order", {}), ("returns", {"lines": [{"line": 1, "quantity": 1}]})):
        answer = await door_without_server.post(f"/v1/orders/web/dark/{path}", json=body)
        assert problem_of(answer)[:2] == (503, "/problems/unavailable")
        assert answer.headers["retry-after"] == "5"
    fact = {"shipment": 1, "signed_by": "A. Byron"}
    kept = await door_without_server.post("/v1/orders/web/dark/messages/delivery_confirmed", json=fact)
    assert (kept.status_code, kept.json()["status"]) == (202, "kept")


async def test_nobody_outside_passes_for_one_of_us(door_without_server: httpx.AsyncClient, database: Database) -> None:
    fact = {"shipment": 1, "signed_by": "A. Byron", "actor": "cli:ada"}
    kept = await door_without_server.post("/v1/orders/web/masked/messages/delivery_confirmed", json=fact)
    body = await database.read(inbox.body, kept.json()["entry"])
    [part] = messages.read(Delivery(channel="api/key:shop", delivery="1", form="messages", body=body, received_at=NOON), {})
    assert isinstance(part, MessageIn)
    assert part.message.actor == "key:shop: cli:ada"


async def test_orders_are_listed_in_pages_that_do_not_move(door: httpx.AsyncClient, database: Database) -> None:
    began = datetime(2031, 1, 1, tzinfo=UTC)

    def write(session: Session, number: int) -> None:
        placed = PlaceOrder.model_validate(order(f"page-{number}", customer="C-1001", placed_at=began + timedelta(minutes=number // 2)))
        base = {"order": placed.key, "key": f"{placed.key}/accept/1", "at": began, "causes": ()}
        request = AcceptOrder.model_validate(base | {"placed": placed, "price_tolerance": "0", "waived": False})
        orders.accept_order(session, request)

    for number in range(5):
        await database.transaction(write, number)
    seen: list[str] = []
    after = None
    while len(seen) < 5:
        page = (await door.get("/v1/orders", params={"limit": 2, "since": began.isoformat(), **({"after": after} if after else {})})).json()
        seen += [each["order"] for each in page["orders"]]
        after = page["next"]
        if len(seen) == 2:
            await database.transaction(write, 9)
    assert seen[:5] == ["web/page-4", "web/page-2", "web/page-3", "web/page-0", "web/page-1"]
    wanted: dict[str, Any] = {"since": "2031-01-01T00:01:30", "channel": "web", "limit": 200}
    late = (await door.get("/v1/orders", params=wanted)).json()["orders"]
    assert [each["order"] for each in late] == ["web/page-9", "web/page-4"]
    assert (await door.get("/v1/orders", params={**wanted, "channel": "shopify"})).json() == {"orders": [], "next": None}
    answer = await door.get("/v1/orders", params={"after": "yesterday"})
    assert problem_of(answer)[2] == "after: 'yesterday' is not the `next` of a page"


async def test_what_is_not_there_is_not_found(door: httpx.AsyncClient) -> None:
    for path in ("/v1/orders/web/nobody", "/v1/orders/web/nobody/timeline", "/v1/inbox/999999", "/v1/availability/NOTHING", "/nowhere"):
        assert problem_of(await door.get(path))[:2] == (404, "/problems/not-found"), path
    assert problem_of(await door.delete("/v1/orders"))[:2] == (405, "/problems/method-not-allowed")


async def test_availability_says_when_and_why(door: httpx.AsyncClient) -> None:
    answer = await door.get("/v1/availability/GRD-200", params={"quantity": 4, "to": "DE-20457"})
    assert answer.status_code == 200
    [berlin] = answer.json()["locations"]
    assert (berlin["location"], berlin["free"], bool(berlin["arrives_at"])) == ("BERLIN", 10, True)
    assert problem_of(await door.get("/v1/availability/GRD-200", params={"by": "2026-12-01T00:00:00Z"}))[0] == 422


@pytest.mark.parametrize("to", ["ø", "D", "1", "DEU-20457", "%"])
async def test_a_place_that_names_no_country_of_ours_is_refused_or_a_postcode(door: httpx.AsyncClient, to: str) -> None:
    answer = await door.get("/v1/availability/GRD-200", params={"to": to})
    assert (answer.status_code, answer.json().get("country", "DE")) == (200, "DE")  # all our locations are in Germany


@pytest.mark.parametrize("path", ["/v1/orders?customer=%00", "/v1/orders/web/%00", "/v1/availability/%00"])
async def test_an_address_with_a_nul_is_refused(door: httpx.AsyncClient, path: str) -> None:
    assert problem_of(await door.get(path))[:2] == (400, "/problems/unreadable")


async def test_a_fact_is_told_once_and_one_for_an_unknown_order_is_parked(door: httpx.AsyncClient, client: Client) -> None:
    fact = {"shipment": 1, "signed_by": "A. Byron"}
    async with listening(client):
        early = await door.post("/v1/orders/web/told/messages/delivery_confirmed", json=fact, headers={"Idempotency-Key": "early"})
        assert (early.status_code, early.json()["status"]) == (202, "parked")
        await door.post("/v1/orders", json=order("told"))
        for _ in range(2):
            now = await door.post("/v1/orders/web/told/messages/delivery_confirmed", json=fact)
            assert (now.status_code, now.json()["status"]) == (200, "done")
        heard = await client.get_workflow_handle("order/web/told").query("told", result_type=list[str])
    assert len(heard) == 1


async def test_a_request_is_answered_with_its_receipt_or_the_orders_own_sentence(door: httpx.AsyncClient, client: Client) -> None:
    async with listening(client):
        await door.post("/v1/orders", json=order("asked"))
        receipts = [await door.post("/v1/orders/web/asked/messages/cancel_order", json={"reason": "mistake"}) for _ in range(2)]
        refused = await door.post("/v1/orders/web/asked/messages/hold_order", json={"reason": "a call"})
        unknown = await door.post("/v1/orders/web/nobody/messages/cancel_order", json={})
    assert [receipt.status_code for receipt in receipts] == [200, 200]
    assert receipts[0].json() == receipts[1].json()
    assert problem_of(refused) == (409, "/problems/refused", "Order web/asked is shipped and cannot be held.")
    assert problem_of(unknown)[:2] == (404, "/problems/not-found")


async def test_nobody_claims_a_role_by_saying_so(door: httpx.AsyncClient, client: Client) -> None:
    async with listening(client):
        await door.post("/v1/orders", json=order("roles"))
        await door.post("/v1/orders/web/roles/messages/cancel_order", json={"reason": "x", "roles": ["finance_manager"]})
        history = await client.get_workflow_handle("order/web/roles").fetch_history()
    assert "finance_manager" not in str(history.to_json())


async def test_several_messages_come_in_one_document(client: Client) -> None:
    def read(*said: object) -> list[object]:
        document = Delivery(channel="tms", delivery="d-1", form="messages", body=json.dumps(said).encode(), received_at=NOON)
        return [
            part.reason if isinstance(part, RefusedIn) else part.message.message_id if isinstance(part, MessageIn) else part
            for part in messages.read(document, {})
        ]

    fact = {"order": "web/1", "name": "delivery_confirmed", "message": {"shipment": 1, "signed_by": "A"}}
    own = {**fact, "message": {**fact["message"], "message_id": "tms-4711"}}  # type: ignore[dict-item]
    assert read(fact, own, {**fact, "order": "1"}, 7) == [
        "tms/d-1/0",
        "tms-4711",
        "'1' does not name an order as channel/external id",
        "an object was expected here, not a number",
    ]


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("abracadabra", b"{}", "is no message"),
        ("delivery_confirmed", b"[]", "an object was expected here"),
        ("delivery_confirmed", b'{"shipment": 0, "signed_by": "x"}', "shipment"),
        ("cancel_order", b'{"because": 1}', "because"),
        ("cancel_order", b'{"reason": "\\u0000"}', "message.reason: the character U+0000 has no business in a text"),
    ],
)
async def test_what_is_no_message_is_refused_with_its_place(door: httpx.AsyncClient, name: str, body: bytes, sentence: str) -> None:
    status, _, detail = problem_of(await door.post(f"/v1/orders/web/any/messages/{name}", content=body))
    assert status == 422
    assert sentence in detail


async def test_the_description_has_every_endpoint_and_the_order(door: httpx.AsyncClient) -> None:
    described = (await door.get("/openapi.json")).json()
    assert set(described["paths"]) >= {"/v1/orders", "/v1/orders/{channel}/{external_id}", "/v1/availability/{item}", "/health"}
    assert "OrderLine" in described["components"]["schemas"]
    example = described["paths"]["/v1/orders"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert (await door.post("/v1/orders", json={**example, "external_id": "example"})).status_code == 201
