"""A warehouse says what it has picked, packed and counted: once, and a word that cannot be is answered with what was expected."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from temporalio.client import Client

from database import callers, inbox
from database.engine import Database
from database.seed import seed
from database.tables import CountTask, Refusal, Stock
from domain.callers import Scope
from domain.errors import InputRefused
from domain.intake import CountedIn, Delivery, MessageIn
from domain.order import PlaceOrder
from starters.channels import warehouse
from starters.http.examples import FACTS_OF_A_WAREHOUSE, ORDER
from starters.http.house import House
from tests.database.builders import House as Steps
from tests.endurance import examples
from tests.http.conftest import READER, SECRET, door_of, house_at
from tests.http.test_orders_api import problem_of
from tests.starters.orders import NOON, listening

PATH = "/warehouses/BERLIN/facts"


@pytest.fixture
def here(database: Database, client: Client, tmp_path: Path) -> House:
    return house_at(database, client, tmp_path)


def picked(order: str, fact: str, quantity: int = 2, **changes: Any) -> dict[str, Any]:
    lines = [{"line": 1, "quantity": quantity}]
    return {
        "id": fact,
        "fact": "picked",
        "order": f"web/{order}",
        "shipment": 1,
        "lines": lines,
        "occurred_at": NOON.isoformat(),
        **changes,
    }


def packed(order: str, fact: str, quantity: int = 2) -> dict[str, Any]:
    parcel = {"number": 1, "weight_g": 4_600, "contents": [{"line": 1, "quantity": quantity}]}
    return {"id": fact, "fact": "packed", "order": f"web/{order}", "shipment": 1, "parcels": [parcel], "occurred_at": NOON.isoformat()}


def counted(fact: str, quantity: int, **changes: Any) -> dict[str, Any]:
    when = datetime.now(UTC).isoformat()
    return {"id": fact, "fact": "counted", "item": "SPOON", "bin": "S-01", "quantity": quantity, "occurred_at": when, **changes}


async def allocated(house: House, external_id: str) -> None:
    """An order that lives, whose two grinders are to be picked in BERLIN as shipment 1."""
    body = {**ORDER, "external_id": external_id}
    async with door_of(house) as shop:
        assert (await shop.post("/v1/orders", json=body)).status_code == 201
    placed, steps = PlaceOrder.model_validate(body), Steps(house.database)
    await steps.accept(placed, waived=True)
    await steps.allocate(placed)


@pytest.fixture
async def spoons(database: Database) -> None:
    """A bin of ten spoons worth 3.00 each; furnished once for all tests of this module."""
    if await database.read(lambda session: session.get(Stock, ("SPOON", "BERLIN", "S-01"))) is None:
        stock = [{"item": "SPOON", "location": "BERLIN", "bin": "S-01", "quantity": 10}]
        await database.transaction(seed, {"items": [{"id": "SPOON", "value": 300}], "stock": stock})


async def on_hand(database: Database) -> int:
    return await database.read(lambda session: session.get_one(Stock, ("SPOON", "BERLIN", "S-01")).on_hand)


async def heard(client: Client, external_id: str) -> list[str]:
    told: list[str] = await client.get_workflow_handle(f"order/web/{external_id}").query("told", result_type=list[str])
    return told


async def test_a_pick_and_a_packing_are_told_once(door: httpx.AsyncClient, here: House, client: Client) -> None:
    async with listening(client):
        await allocated(here, "floor")
        answers = [await door.post(PATH, json=picked("floor", "W-1")) for _ in range(2)]
        answers += [await door.post(PATH, json=packed("floor", "W-2"))]
        assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(200, "done")] * 3
        assert answers[0].json()["entry"] == answers[1].json()["entry"]
        assert await heard(client, "floor") == ["warehouse/BERLIN/W-1", "warehouse/BERLIN/W-2"]
        other = await door.post(PATH, json=picked("floor", "W-1", 1))
        assert problem_of(other)[:2] == (409, "/problems/conflict")
        assert await heard(client, "floor") == ["warehouse/BERLIN/W-1", "warehouse/BERLIN/W-2"]


@pytest.mark.parametrize(
    ("fact", "place", "sentence"),
    [
        (picked("asked", "X-1", 3), "lines[0].quantity", "3 units of line 1 are picked; shipment 1 has line 1: 2 x GRD-200"),
        (
            picked("asked", "X-2", lines=[{"line": 4, "quantity": 1}]),
            "lines[0].line",
            "line 4 is not in shipment 1; it has line 1: 2 x GRD-200",
        ),
        (
            picked("asked", "X-3", shipment=2),
            "shipment",
            "order web/asked has no shipment 2 at BERLIN; it has shipment 1 (planned) there",
        ),
        (packed("asked", "X-4", 5), "parcels[0].contents[0].quantity", "5 units of line 1 are packed; shipment 1 has line 1: 2 x GRD-200"),
    ],
)
async def test_what_was_not_asked_for_is_refused_with_what_was(
    door: httpx.AsyncClient, here: House, client: Client, fact: dict[str, Any], place: str, sentence: str
) -> None:
    async with listening(client):
        if (await door.get("/v1/orders/web/asked")).status_code == 404:
            await allocated(here, "asked")
        answer = await door.post(PATH, json=fact)
        assert problem_of(answer) == (422, "/problems/input-refused", sentence)
        assert answer.json()["errors"] == [{"place": place, "reason": sentence}]
        assert await heard(client, "asked") == []
    kept = await here.database.read(lambda session: list(session.scalars(select(Refusal.reason))))
    assert sentence in kept


async def test_a_fact_for_an_order_that_has_not_come_waits_for_it(door: httpx.AsyncClient, here: House, client: Client) -> None:
    early = await door.post(PATH, json=picked("late", "W-9"))
    assert (early.status_code, early.json()["status"]) == (202, "parked")
    async with listening(client):
        await allocated(here, "late")
        await here.road.sweep()
        assert await heard(client, "late") == ["warehouse/BERLIN/W-9"]


async def test_our_own_floor_scans_what_it_picks(here: House, client: Client, database: Database, tmp_path: Path) -> None:
    own = house_at(database, client, tmp_path, own_floor="BERLIN")
    async with listening(client), door_of(own) as door:
        await allocated(own, "own-floor")
        answer = await door.post(PATH, json=picked("own-floor", "W-20"))
        assert problem_of(answer)[2] == "BERLIN is a floor of our own: what is picked there is scanned (`oms scan`)."
        assert await heard(client, "own-floor") == []


async def test_a_count_is_booked_once_and_a_large_difference_waits(door: httpx.AsyncClient, database: Database, spoons: None) -> None:
    before = await on_hand(database)
    first = [await door.post(PATH, json=fact) for fact in [counted("C-1", before - 1)] * 2]
    assert [(answer.status_code, answer.json()["status"]) for answer in first] == [(200, "done")] * 2
    assert first[0].json()["detail"].endswith(f"{before - 1} counted, {before} expected, -1 booked")
    assert await on_hand(database) == before - 1
    large = await door.post(PATH, json=counted("C-2", before + 90))
    assert large.json()["detail"].endswith("somebody else has to approve it")
    again = await door.post(PATH, json=counted("C-3", 1))
    assert problem_of(again)[0] == 422
    assert "was counted already" in again.json()["detail"]
    assert await on_hand(database) == before - 1
    tasks = await database.read(lambda session: list(session.scalars(select(CountTask).where(CountTask.item == "SPOON"))))
    assert [(task.status, task.counted_by) for task in tasks] == [
        ("posted", "warehouse/BERLIN"),
        ("counted", "warehouse/BERLIN"),
    ]


@pytest.mark.parametrize(
    ("changes", "place", "sentence"),
    [
        ({"bin": "S-99"}, "bin", "SPOON does not lie in S-99 of BERLIN: it lies in S-01"),
        ({"item": "FORK"}, "bin", "FORK does not lie in S-01 of BERLIN: BERLIN has no bin of it"),
        ({"lot": "L-1"}, "lot", "S-01 has no lot 'L-1' of SPOON: it is not kept by lot"),
        ({"item": "", "bin": "", "task": "CT-9"}, "task", "there is no count CT-9 at BERLIN; open there: "),
    ],
)
async def test_a_count_of_what_is_not_there_is_refused(
    door: httpx.AsyncClient, spoons: None, changes: dict[str, str], place: str, sentence: str
) -> None:
    answer = await door.post(PATH, json=counted(f"C-wrong-{place}-{len(sentence)}", 3, **changes))
    assert answer.json()["errors"][0]["place"] == place
    assert problem_of(answer)[2].startswith(sentence)


async def test_a_count_that_is_older_than_the_bins_last_movement_is_not_believed(
    door: httpx.AsyncClient, database: Database, spoons: None
) -> None:
    before = await on_hand(database)
    stock = {"stock": [{"item": "LADLE", "location": "BERLIN", "bin": "S-02", "quantity": 5}], "items": [{"id": "LADLE"}]}
    await database.transaction(seed, stock)
    long_ago = (datetime.now(UTC) - timedelta(days=4_000)).isoformat()
    answer = await door.post(PATH, json=counted("C-old", 4, item="LADLE", bin="S-02", occurred_at=long_ago))
    assert "has moved at" in problem_of(answer)[2]
    assert await on_hand(database) == before


async def test_a_key_speaks_for_its_own_warehouse(here: House, database: Database) -> None:
    now = datetime.now(UTC)
    scopes = [Scope.WAREHOUSE_WRITE]
    await database.transaction(callers.add_key, "berlin", SECRET, "wms", scopes, "ada", now, None, location="BERLIN")
    await database.transaction(callers.add_key, "cust", SECRET, "portal", scopes, "ada", now, None, customer="C-1001")
    async with door_of(here, callers.written("berlin", SECRET)) as wms, door_of(here, READER) as reader:
        assert (await wms.post(PATH, json=picked("nobody", "W-30"))).status_code == 202
        foreign = await wms.post("/warehouses/LYON/facts", json=picked("nobody", "W-30"))
        assert problem_of(foreign) == (403, "/problems/not-allowed", "The key speaks for BERLIN alone.")
        assert (await reader.post(PATH, json=picked("nobody", "W-31"))).json()["detail"] == "It needs the scope warehouse:write."
    async with door_of(here, callers.written("cust", SECRET)) as portal:
        assert problem_of(await portal.post(PATH, json=picked("nobody", "W-32")))[0] == 403
    async with door_of(here) as anybody:
        assert problem_of(await anybody.post("/warehouses/NOWHERE/facts", json=picked("nobody", "W-33")))[:2] == (
            404,
            "/problems/not-found",
        )


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"{", "line 1, column 2"),
        (b"[]", "the document"),
        (b'{"fact": "stolen"}', "fact"),
        (b'{"id": "1"}', "fact"),
        (json.dumps({**picked("x", "1"), "lines": []}).encode(), "lines"),
        (json.dumps({**picked("x", "1"), "order": "x"}).encode(), "order"),
        (json.dumps({**picked("x", "1"), "by": "Ann"}).encode(), "by"),
        (json.dumps({**picked("x", "1"), "occurred_at": "2026-11-24T10:05:00"}).encode(), "occurred_at"),
        (json.dumps(counted("1", 3, task="CT-1")).encode(), "task"),
        (json.dumps({**counted("1", 3), "quantity": 1.5}).encode(), "quantity"),
    ],
)
async def test_what_is_no_fact_is_refused_and_not_kept(door: httpx.AsyncClient, database: Database, body: bytes, place: str) -> None:
    answer = await door.post(PATH, content=body)
    assert problem_of(answer)[:2] == (422, "/problems/input-refused")
    assert answer.json()["errors"][0]["place"] == place
    kept = await database.read(inbox.entries, "", "warehouse/BERLIN", 1_000)
    assert [entry for entry in kept if entry.delivery == "1"] == []


def test_the_examples_are_read() -> None:
    kinds = {}
    for name, example in FACTS_OF_A_WAREHOUSE.items():
        body = json.dumps(example["value"]).encode()
        [part] = warehouse.read(Delivery(channel="warehouse/BERLIN", delivery="d", form="warehouse", body=body, received_at=NOON), {})
        kinds[name] = part.message.called() if isinstance(part, MessageIn) else type(part)
    assert kinds == {"picked": "pick_confirmed", "packed": "packed", "counted": CountedIn}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
FIELDS = [*picked("x", "1"), *packed("x", "1"), *counted("1", 1), "task", "lot"]


@settings(deadline=None, max_examples=examples(300))
@given(st.sampled_from([picked("x", "1"), packed("x", "1"), counted("1", 1)]), st.dictionaries(st.sampled_from(FIELDS), JSON, min_size=1))
def test_whatever_comes_is_read_or_refused_with_its_place(fact: dict[str, Any], changes: dict[str, Any]) -> None:
    try:
        warehouse.fact_of(json.dumps(fact | changes).encode())
    except InputRefused as refused:
        assert (bool(refused.place), bool(refused.reason)) == (True, True)  # noqa: PT017  # a fact that is fine is fine too
