"""Web shops and marketplaces at the door: signed or not taken, kept once, answered at once, and handed over by the sweep."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from temporalio.client import Client

from config.payloads import DATA_CONVERTER
from database import callers, inbox
from database.engine import Database
from database.inbox import EntryView
from database.tables import InboxEntry, Intake, Refusal
from domain.callers import Scope
from domain.errors import Unavailable
from domain.intake import Delivery, NeedKind
from starters.http.house import House
from starters.webhooks.shops import sign
from tests.http.conftest import READER, SECRET, door_of, house_at
from tests.http.shop_doors import SHOPS, amazon_order, shopify, shopify_order, woo_order, woocommerce
from tests.starters.orders import listening


@pytest.fixture
async def house(database: Database, client: Client, tmp_path: Path) -> House:
    (tmp_path / "shops.toml").write_text(SHOPS)
    for channel in ("shopify", "woocommerce", "amazon"):
        await database.transaction(inbox.learn, channel, NeedKind.CUSTOMER, f"{channel}:*", "C-1001", "ada", datetime.now(UTC))
    return house_at(database, client, tmp_path, shops=tmp_path / "shops.toml")


@pytest.fixture
async def shop(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A shop's servers: they have no key of ours."""
    async with door_of(house, key="") as caller:
        yield caller


async def look(house: House, answer: httpx.Response) -> EntryView:
    await house.road.sweep()
    return await house.database.read(inbox.entry_view, answer.json()["entry"])


async def became(house: House, answer: httpx.Response) -> list[tuple[str, str, str]]:
    return [(part.kind, part.status, part.reason) for part in (await look(house, answer)).parts]


async def entries(house: House) -> int:
    return await house.database.read(lambda session: session.scalar(select(func.count()).select_from(InboxEntry)) or 0)


async def said(client: Client, order: str) -> list[str]:
    found: list[str] = await client.get_workflow_handle(f"order/{order}").query("in_words")
    return found


async def known(house: House, order: str) -> bool:
    return await house.database.read(lambda session: session.get(Intake, order) is not None)


# --- who it is from ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "secret", "prefix"),
    [(1, "new-secret", "X-Shopify-"), (2, "old-secret", "X-Shopify-"), (3, "new-secret", "Shopify-"), (4, "new-secret", "x-SHOPIFY-")],
)
async def test_a_delivery_is_taken_with_the_old_and_the_new_secret_and_spelling(
    shop: httpx.AsyncClient, house: House, number: int, secret: str, prefix: str
) -> None:
    answer = await shopify(shop, shopify_order(number), secret=secret, prefix=prefix)
    assert (answer.status_code, answer.json()["status"]) == (200, "kept")
    assert [(kind, status) for kind, status, _ in await became(house, answer)] == [("order", "done")]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"Hmac_Sha256": ""}, "The delivery was not taken: it is not signed."),
        ({"Hmac_Sha256": "bm9ib2R5"}, "The delivery was not taken: none of the shop's secrets signed it."),
        ({"Hmac_Sha256": sign(b"{}", "new-secret")}, "none of the shop's secrets signed it"),
        ({"Hmac_Sha256": "x" * 10_000}, "none of the shop's secrets signed it"),
        ({"secret": "somebody-else's"}, "none of the shop's secrets signed it"),
        ({"Shop_Domain": "sued-shop.myshopify.com"}, "it is signed for another shop of the same app"),
    ],
)
async def test_what_nobody_signed_is_not_kept(shop: httpx.AsyncClient, house: House, changes: dict[str, str], sentence: str) -> None:
    before = await entries(house)
    answer = await shopify(shop, shopify_order(666), **changes)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
    assert sentence in answer.json()["detail"]
    assert await entries(house) == before
    assert not await known(house, "shopify/666")


async def test_nobody_learns_a_secret_from_an_answer_or_the_log(shop: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [await shopify(shop, shopify_order(667), secret="wrong"), await shopify(shop, shopify_order(668))]  # nobody's
    written = capsys.readouterr()
    for text in (*(answer.text for answer in answers), written.out, written.err):
        assert "-secret" not in text
        assert "Speicherstr" not in text


async def test_a_shop_that_nobody_knows_and_one_of_another_kind_are_not_found(shop: httpx.AsyncClient) -> None:
    for path in ("/channels/shopify/nobody", "/channels/shopify/mill", "/channels/woocommerce/nord"):
        answer = await shop.post(path, content=b"{}", headers={"X-Shopify-Hmac-Sha256": sign(b"{}", "mill-secret")})
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found"), path


async def test_only_what_nobody_signed_counts_against_a_caller(database: Database, client: Client, tmp_path: Path) -> None:
    (tmp_path / "shops.toml").write_text(SHOPS)
    house = house_at(database, client, tmp_path, shops=tmp_path / "shops.toml", api_rate=0.01, api_burst=3)
    async with door_of(house, key="") as shop:
        sold = [await shopify(shop, shopify_order(800 + number)) for number in range(10)]
        guessed = [await shopify(shop, shopify_order(900), secret=f"guess-{number}") for number in range(5)]
    assert {answer.status_code for answer in sold} == {200}
    assert [answer.status_code for answer in guessed] == [401, 401, 401, 429, 429]


# --- once ----------------------------------------------------------------------------------------------------------------------------


async def test_a_replayed_delivery_places_nothing_twice(shop: httpx.AsyncClient, house: House, client: Client) -> None:
    answers = [await shopify(shop, shopify_order(1001), Webhook_Id="replayed") for _ in range(3)]
    assert [answer.json()["status"] for answer in answers] == ["kept", "same", "same"]
    assert len({answer.json()["entry"] for answer in answers}) == 1
    assert await became(house, answers[0]) == [("order", "done", "")]
    assert (await client.get_workflow_handle("order/shopify/1001").describe()).id == "order/shopify/1001"


async def test_twenty_replays_at_once_are_one(shop: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(shopify(shop, shopify_order(1002), Webhook_Id="at-once") for _ in range(20)))
    assert sorted(answer.json()["status"] for answer in answers) == ["kept"] + ["same"] * 19


async def test_one_event_under_two_subscriptions_is_one(shop: httpx.AsyncClient, house: House) -> None:
    first = await shopify(shop, shopify_order(1003), Webhook_Id="s-1", Event_Id="e-1003")
    second = await shopify(shop, shopify_order(1003), Webhook_Id="s-2", Event_Id="e-1003")
    other_topic = await shopify(shop, shopify_order(1003), "orders/updated", Webhook_Id="s-3", Event_Id="e-1003")
    assert (first.json()["status"], second.json()) == ("kept", {"status": "same", "entry": first.json()["entry"]})
    assert other_topic.json()["status"] == "kept"
    assert await became(house, first) == [("order", "done", "")]
    assert await became(house, other_topic) == [("order_stated", "ignored", "it changes nothing of the order")]


async def test_two_subscriptions_that_say_one_event_in_other_words_are_both_kept(shop: httpx.AsyncClient, house: House) -> None:
    short = await shopify(shop, {"id": 1004}, Event_Id="e-1004")
    whole = await shopify(shop, shopify_order(1004), Event_Id="e-1004")
    assert (short.json()["status"], whole.json()["status"]) == ("kept", "kept")
    assert (await look(house, short)).status == "refused"
    assert await became(house, whole) == [("order", "done", "")]


async def test_one_delivery_with_another_body_is_a_conflict_that_is_written_down(shop: httpx.AsyncClient, house: House) -> None:
    await shopify(shop, shopify_order(1005), Webhook_Id="twice")
    answer = await shopify(shop, shopify_order(1006), Webhook_Id="twice")
    assert (answer.status_code, answer.json()["status"]) == (200, "other")
    await house.road.sweep()
    assert (await known(house, "shopify/1005"), await known(house, "shopify/1006")) == (True, False)
    refused = await house.database.read(lambda session: [(row.place, row.reason) for row in session.scalars(select(Refusal))])
    assert ("delivery twice", "the same delivery is known with another body; the first one stands") in refused


async def test_an_order_that_was_created_with_other_content_is_a_conflict(shop: httpx.AsyncClient, house: House) -> None:
    await shopify(shop, shopify_order(1007))
    other = await shopify(shop, shopify_order(1007, po_number="PO-2"))
    [(_, status, reason)] = await became(house, other)
    assert status == "refused"
    assert "is known with other content" in reason


# --- whatever the backlog ------------------------------------------------------------------------------------------------------------


async def test_while_temporal_is_away_a_delivery_is_kept_at_once_and_handed_over_later(house: House) -> None:
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=DATA_CONVERTER)
    away = house_at(house.database, nowhere, house.settings.home, shops=house.settings.shops)
    async with door_of(away, key="") as shop:
        began = asyncio.get_running_loop().time()
        answer = await shopify(shop, shopify_order(2001))
        took = asyncio.get_running_loop().time() - began
    assert (answer.status_code, answer.json()["status"]) == (200, "kept")
    assert took < 5
    assert away.wake.is_set()
    assert not await known(house, "shopify/2001")
    assert await became(house, answer) == [("order", "done", "")]


async def test_a_word_that_comes_between_an_order_and_its_start_is_understood(house: House) -> None:
    await house.database.transaction(inbox.learn, "shopify", NeedKind.ITEM, "Mühle", "GRD-200", "ada", datetime.now(UTC))
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=DATA_CONVERTER)
    away = house_at(house.database, nowhere, house.settings.home, shops=house.settings.shops)
    lines = [{"id": 1, "sku": "Mühle", "quantity": 2, "price": "249.00"}]
    async with door_of(away, key="") as shop:
        await shopify(shop, shopify_order(2002, line_items=lines))
        with pytest.raises(Unavailable):
            await away.road.sweep()
        assert await known(house, "shopify/2002")
        told = await shopify(shop, shopify_order(2002, line_items=lines, updated_at="2026-11-23T14:00:00+01:00"), "orders/updated")
    await house.road.hand_over(told.json()["entry"])
    assert await became(house, told) == [("order_stated", "ignored", "it changes nothing of the order")]


# --- what an order's shop tells of it ------------------------------------------------------------------------------------------------


async def placed(house: House, shop: httpx.AsyncClient, number: int) -> None:
    assert await became(house, await shopify(shop, shopify_order(number))) == [("order", "done", "")]


def updated(number: int, minute: int, **changes: Any) -> dict[str, Any]:
    return shopify_order(number, updated_at=f"2026-11-23T14:{minute:02}:00+01:00", **changes)


def with_units(number: int, minute: int, units: int) -> dict[str, Any]:
    document = updated(number, minute)
    document["line_items"][0]["current_quantity"] = units
    return document


async def test_a_cancelled_order_is_asked_to_stop_once_whichever_topic_says_so(
    shop: httpx.AsyncClient, house: House, client: Client
) -> None:
    async with listening(client):
        await placed(house, shop, 3001)
        document = updated(3001, 5, cancelled_at="2026-11-23T14:05:00+01:00", cancel_reason="customer")
        for topic in ("orders/cancelled", "orders/updated"):
            assert await became(house, await shopify(shop, document, topic)) == [("cancel_order", "done", "")]
        assert await said(client, "shopify/3001") == ["cancel: cancelled in the shop: customer"]


async def test_fewer_units_amend_the_order_and_an_older_word_that_comes_late_does_not(
    shop: httpx.AsyncClient, house: House, client: Client
) -> None:
    async with listening(client):
        await placed(house, shop, 3002)
        assert await became(house, await shopify(shop, with_units(3002, 20, 1), "orders/updated")) == [("amend_order", "done", "")]
        late = await became(house, await shopify(shop, with_units(3002, 10, 2), "orders/updated"))
        again = await became(house, await shopify(shop, with_units(3002, 30, 1), "orders/updated"))
        assert await said(client, "shopify/3002") == ["amend: line 1 to 1"]
    assert late == [("order_stated", "ignored", "it is of 2026-11-23 13:10:00, and a later one came before")]
    assert again == [("order_stated", "ignored", "it changes nothing of the order")]


async def test_units_that_were_shipped_and_sent_back_are_no_change_of_the_order(shop: httpx.AsyncClient, house: House) -> None:
    await placed(house, shop, 3003)
    document = with_units(3003, 5, 1)
    document["fulfillments"] = [{"status": "success", "line_items": [{"id": 1, "quantity": 2}]}]
    document["refunds"] = [{"refund_line_items": [{"line_item_id": 1, "quantity": 1, "restock_type": "return"}]}]
    answer = await shopify(shop, document, "orders/updated")
    assert await became(house, answer) == [("order_stated", "ignored", "it changes nothing of the order")]


async def test_another_address_is_for_a_person_and_stops_the_order(shop: httpx.AsyncClient, house: House, client: Client) -> None:
    address = {"name": "Kaffeekontor Nord", "address1": "Elbchaussee 9", "city": "Hamburg", "zip": "22763", "country_code": "DE"}
    async with listening(client):  # this workflow refuses every hold
        await placed(house, shop, 3004)
        answer = await shopify(shop, updated(3004, 5, shipping_address=address), "orders/updated")
        [(kind, status, reason)] = await became(house, answer)
    assert (kind, status) == ("order_stated", "refused")
    assert reason == (
        "a person decides: it goes to Kaffeekontor Nord, Elbchaussee 9, 22763 Hamburg, DE; it could not be stopped: "
        "Order shopify/3004 is shipped and cannot be held."
    )


async def test_a_new_line_or_price_is_for_a_person_with_all_that_changed(shop: httpx.AsyncClient, house: House, client: Client) -> None:
    async with listening(client):
        await placed(house, shop, 3005)
        document = with_units(3005, 5, 1)
        document["line_items"].append({"id": 2, "sku": "KET-100", "quantity": 3, "price": "15.00"})
        [(_, status, reason)] = await became(house, await shopify(shop, document, "orders/updated"))
        assert await said(client, "shopify/3005") == []
    assert status == "refused"
    assert reason == "a person decides: line 1 is to have 1 unit; line 2 is new: 3 x KET-100 at 15.00"


async def test_a_word_about_an_order_that_has_not_come_waits_for_it(shop: httpx.AsyncClient, house: House, client: Client) -> None:
    async with listening(client):
        early = await shopify(shop, with_units(3006, 5, 1), "orders/updated")
        assert await became(house, early) == [("order_stated", "parked", "There is no order shopify/3006 yet.")]
        await shopify(shop, shopify_order(3006))
        await house.road.sweep()
        assert await became(house, early) == [("amend_order", "done", "")]
        assert await said(client, "shopify/3006") == ["amend: line 1 to 1"]


def refund(order: int, *, restock: str = "return", amount: str = "", note: str = "") -> dict[str, Any]:
    line = {"quantity": 1, "restock_type": restock, "line_item_id": 1, "line_item": {"id": 1, "sku": "GRD-200"}}
    moved = [{"kind": "refund", "status": "success", "amount": amount, "currency": "EUR"}] if amount else []
    lines = [line] if restock else []
    made = {"id": 9, "order_id": order, "created_at": "2026-11-30T09:00:00Z", "note": note}
    return made | {"refund_line_items": lines, "transactions": moved}


async def test_goods_that_the_shop_takes_back_are_announced_once(shop: httpx.AsyncClient, house: House, client: Client) -> None:
    async with listening(client):
        await placed(house, shop, 3007)
        for _ in range(2):
            answer = await shopify(shop, refund(3007, note="too loud"), "refunds/create")
            assert await became(house, answer) == [("return_requested", "done", "")]
        assert await said(client, "shopify/3007") == ["back: 1 of line 1"]


@pytest.mark.parametrize(
    ("document", "status", "reason"),
    [
        (
            refund(3008, amount="249.00", note="a scratch"),
            "done",
            ("the shop gave back 249.00 EUR by itself, for 1 x GRD-200 (put back into stock), saying: a scratch; nothing is booked here"),
        ),
        (
            {**refund(3008, restock="", amount="20.00"), "id": 10},
            "done",
            "the shop gave back 20.00 EUR by itself, for no goods; nothing is booked here",
        ),
        (
            refund(3008, restock="cancel", amount="249.00"),
            "ignored",
            "no goods come back: orders/updated says what is left of the order",
        ),
        (refund(3008, restock=""), "ignored", "it gives back neither goods nor money"),
    ],
)
async def test_money_that_the_shop_moved_is_a_question_at_the_order_with_all_it_says(
    shop: httpx.AsyncClient, house: House, client: Client, document: dict[str, Any], status: str, reason: str
) -> None:
    async with listening(client):
        await shopify(shop, shopify_order(3008))
        for _ in range(2):
            answer = await shopify(shop, document, "refunds/create")
            kind = "exception_raised" if status == "done" else "nothing"
            assert await became(house, answer) == [(kind, status, reason)]
        raised = [each for each in await said(client, "shopify/3008") if each == f"trouble: {reason}"]
        assert len(raised) == (status == "done")


async def test_money_that_the_shop_moved_waits_for_its_order(shop: httpx.AsyncClient, house: House) -> None:
    answer = await shopify(shop, refund(3009, restock="", amount="20.00"), "refunds/create")
    assert await became(house, answer) == [("exception_raised", "parked", "There is no order shopify/3009 yet.")]


async def test_topics_that_nobody_reads_are_kept_for_a_person(shop: httpx.AsyncClient, house: House) -> None:
    answer = await shopify(shop, {"shop_id": 1}, "customers/redact")
    [(_, status, reason)] = await became(house, answer)
    assert (answer.status_code, status) == (200, "refused")
    assert reason.startswith("nobody reads the topic 'customers/redact' here")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "line 1, column 1: this is not JSON"),
        (b'{"id": 1, "id": 2}', "the name 'id': it stands twice in one object, and nobody can say which one counts"),
        (b'{"id":' * 100_000, "the document: it is nested deeper than 60 levels"),
        ('{"id": 1, "name": "Café"}'.encode("latin-1"), "byte 22: 0xe9 is not UTF-8; send the document in UTF-8"),
        (b'{"id": NaN}', "the document: NaN is not a number that JSON knows"),
        (b'{"id": 1e999999}', "id: text was expected here, not a number"),
        (json.dumps(shopify_order(3009, line_items=[])).encode(), "line_items: there is none, and an order needs at least one"),
    ],
)
async def test_what_is_signed_and_cannot_be_read_is_kept_with_its_place(
    shop: httpx.AsyncClient, house: House, body: bytes, reason: str
) -> None:
    answer = await shopify(shop, body)
    found = await look(house, answer)
    assert (answer.status_code, found.status) == (200, "refused")
    assert found.reason.startswith(reason)


async def test_twenty_megabytes_are_not_read(shop: httpx.AsyncClient, house: House) -> None:
    before = await entries(house)
    answer = await shopify(shop, b" " * 20_000_000)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    assert await entries(house) == before


# --- WooCommerce ---------------------------------------------------------------------------------------------------------------------


async def test_the_ping_of_a_new_webhook_is_answered_and_not_kept(shop: httpx.AsyncClient, house: House) -> None:
    before = await entries(house)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await shop.post("/channels/woocommerce/mill", content=b"webhook_id=12", headers=form)
    assert (answer.status_code, answer.json()) == (200, {"status": "ping", "entry": None})
    other = await shop.post("/channels/woocommerce/mill", content=b"webhook_id=12&x=1", headers=form)
    assert other.status_code == 401
    assert await entries(house) == before


@pytest.mark.parametrize("signature", ["", "bm9ib2R5", sign(b"", "mill-secret")])
async def test_a_woocommerce_delivery_that_nobody_signed_is_not_kept(shop: httpx.AsyncClient, house: House, signature: str) -> None:
    before = await entries(house)
    assert (await woocommerce(shop, woo_order(666), signature=signature)).status_code == 401
    assert await entries(house) == before


async def test_an_order_is_placed_when_its_shop_lets_it_go_and_stopped_when_it_does_not(
    shop: httpx.AsyncClient, house: House, client: Client
) -> None:
    async with listening(client):
        pending = await woocommerce(shop, woo_order(4001, status="pending", date_paid_gmt=None))
        assert await became(house, pending) == [("hold_order", "ignored", "the shop says pending: it is placed when it says processing")]
        assert await became(house, await woocommerce(shop, woo_order(4001), "order.updated")) == [("order", "done", "")]
        again = woo_order(4001, date_modified_gmt="2026-11-23T12:00:09")
        assert (await became(house, await woocommerce(shop, again, "order.updated")))[0][1] == "ignored"
        gone = woo_order(4001, status="cancelled", date_modified_gmt="2026-11-23T13:00:00")
        assert await became(house, await woocommerce(shop, gone, "order.updated")) == [("cancel_order", "done", "")]
        assert await said(client, "woocommerce/4001") == ["cancel: cancelled in the shop: cancelled"]


async def test_an_order_that_was_never_paid_and_is_cancelled_asks_for_nothing(shop: httpx.AsyncClient, house: House) -> None:
    answer = await woocommerce(shop, woo_order(4002, status="cancelled"), "order.updated")
    assert await became(house, answer) == [("cancel_order", "ignored", "it is cancelled, and was never placed here")]


async def test_a_refund_of_the_shop_is_shown_to_a_person_once(shop: httpx.AsyncClient, house: House, client: Client) -> None:
    refunds = [{"id": 5, "reason": "late", "total": "-10.00"}]
    async with listening(client):
        await became(house, await woocommerce(shop, woo_order(4003)))
        first = woo_order(4003, refunds=refunds, date_modified_gmt="2026-11-24T12:00:00")
        again = woo_order(4003, refunds=refunds, date_modified_gmt="2026-11-25T12:00:00")
        shown = await became(house, await woocommerce(shop, first, "order.updated"))
        quiet = await became(house, await woocommerce(shop, again, "order.updated"))
        told = [each for each in await said(client, "woocommerce/4003") if each.startswith("trouble")]
    assert told == ["trouble: the shop gave back 10.00 by itself (refund 5: late); nothing is booked here"]
    reason = "a person decides: the shop gave back 10.00 by itself (refund 5: late); nothing is booked here"
    assert shown == [("order_stated", "done", reason)]
    assert quiet == [("order_stated", "ignored", "it changes nothing of the order")]


async def test_two_events_of_one_second_have_one_delivery_id_and_are_both_kept(shop: httpx.AsyncClient) -> None:
    answers = [await woocommerce(shop, woo_order(number), delivery="same-second") for number in (4004, 4005, 4004)]
    assert [answer.json()["status"] for answer in answers] == ["kept", "kept", "same"]


async def test_what_cannot_be_mapped_does_not_end_the_webhook(shop: httpx.AsyncClient, house: House) -> None:
    order = woo_order(4006)
    order["line_items"][0]["sku"] = "Mühle"
    answers = [await woocommerce(shop, order), await woocommerce(shop, b"{"), await woocommerce(shop, {}, "coupon.created")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (await became(house, answers[0]))[0][1:] == ("mapping", "nobody has mapped item 'Mühle'")


async def test_a_deleted_order_is_stopped_for_a_person_to_look_at(shop: httpx.AsyncClient, house: House, client: Client) -> None:
    unknown = await woocommerce(shop, {"id": 4999}, "order.deleted")
    assert (await became(house, unknown))[0][1:] == ("ignored", "the shop deleted an order that nobody knows here")
    async with listening(client):
        await became(house, await woocommerce(shop, woo_order(4007)))
        [(kind, status, _)] = await became(house, await woocommerce(shop, {"id": 4007}, "order.deleted"))
    assert (kind, status) == ("hold_order", "refused")  # this workflow refuses every hold


# --- Amazon --------------------------------------------------------------------------------------------------------------------------


async def test_amazons_orders_come_with_a_key_and_each_by_itself(house: House, client: Client) -> None:
    broken = amazon_order("302-1")
    del broken["salesChannel"]
    page = {
        "orders": [
            amazon_order("302-2"),
            broken,
            amazon_order("302-3", fulfillment={"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "AMAZON"}),
            amazon_order("302-4", fulfillment={"fulfillmentStatus": "PENDING", "fulfilledBy": "MERCHANT"}),
            amazon_order("302-5", fulfillment={"fulfillmentStatus": "CANCELLED", "fulfilledBy": "MERCHANT"}),
        ]
    }
    async with door_of(house) as poller, listening(client):
        answers = [await poller.post("/channels/amazon/amazon-de", json=page) for _ in range(2)]
        assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(202, "kept"), (202, "same")]
        assert await became(house, answers[0]) == [
            ("order", "done", ""),
            ("nothing", "refused", "no marketplace is named, and nobody could be billed"),
            ("nothing", "ignored", "Amazon ships it itself"),
            ("nothing", "ignored", "the buyer's payment is pending: it is placed when Amazon says UNSHIPPED"),
            ("cancel_order", "ignored", "it is cancelled, and was never placed here"),
        ]
        cancelled = amazon_order("302-2", fulfillment={"fulfillmentStatus": "CANCELLED", "fulfilledBy": "MERCHANT"})
        answer = await poller.post("/channels/amazon/amazon-de", json={"order": cancelled})
        assert await became(house, answer) == [("cancel_order", "done", "")]
        assert await said(client, "amazon/302-2") == ["cancel: cancelled in the shop: no reason is stated"]


async def test_amazons_door_needs_a_key_that_may_place_orders(house: House) -> None:
    for key, status in (("", 401), (READER, 403)):
        async with door_of(house, key=key) as poller:
            assert (await poller.post("/channels/amazon/amazon-de", json={"order": amazon_order("302-9")})).status_code == status


async def test_a_key_of_one_channel_brings_no_orders_of_another(house: House) -> None:
    for key_id, bound, status in (("amz", "amazon", 202), ("tms", "tms", 403)):
        scopes, now = [Scope.ORDERS_WRITE], datetime.now(UTC)
        await house.database.transaction(callers.add_key, key_id, SECRET, key_id, scopes, "ada", now, None, channel=bound)
        async with door_of(house, key=callers.written(key_id, SECRET)) as poller:
            answer = await poller.post("/channels/amazon/amazon-de", json={"order": amazon_order("302-10")})
        assert answer.status_code == status


async def test_the_examples_of_the_description_are_taken(shop: httpx.AsyncClient, house: House) -> None:
    described = (await shop.get("/openapi.json")).json()["paths"]
    for path, send in (("/channels/shopify/{shop}", shopify), ("/channels/woocommerce/{shop}", woocommerce)):
        example = described[path]["post"]["requestBody"]["content"]["application/json"]["example"]
        assert (await became(house, await send(shop, example)))[0][:2] == ("order", "done")


# --- after an outage -----------------------------------------------------------------------------------------------------------------


async def caught_up(house: House, kind: str, document: object) -> list[tuple[str, str, str]]:
    body = json.dumps(document).encode()
    delivery = Delivery(channel=kind, delivery=sign(body, ""), form=kind, topic="orders", body=body, received_at=datetime.now(UTC))
    kept = await house.road.keep(delivery)
    await house.road.sweep()
    return [(part.kind, part.status, part.reason) for part in (await house.database.read(inbox.entry_view, kept.entry)).parts]


async def test_what_was_missed_of_a_shop_is_caught_up_with(shop: httpx.AsyncClient, house: House, client: Client) -> None:
    async with listening(client):
        await placed(house, shop, 5001)
        page = {
            "orders": [
                with_units(5001, 5, 1),
                shopify_order(5002),
                with_units(5003, 5, 1),
                updated(5004, 5, cancelled_at="2026-11-23T14:05:00+01:00"),
                updated(5005, 5, fulfillment_status="fulfilled"),
                {"id": 5006},
            ]
        }
        assert await caught_up(house, "shopify", page) == [
            ("order_stated", "ignored", "it is of 2026-11-23 12:00:00, and a later one came before"),
            ("amend_order", "done", ""),
            ("order", "done", ""),
            ("order", "done", ""),
            ("amend_order", "done", ""),
            ("cancel_order", "ignored", "it is cancelled, and was never placed here"),
            ("order_stated", "ignored", "it is shipped, and was never placed here"),
            ("nothing", "refused", "the order names no customer, and nobody could be billed for it"),
        ]
        assert [await said(client, f"shopify/{number}") for number in (5001, 5002, 5003)] == [
            ["amend: line 1 to 1"],
            [],
            ["amend: line 1 to 1"],
        ]


async def test_woocommerces_list_is_read_order_by_order(house: House) -> None:
    page = [woo_order(6001), woo_order(6002, status="completed"), woo_order(6003, status="pending"), 7]
    assert [status for _, status, _ in await caught_up(house, "woocommerce", page)] == ["done", "ignored", "ignored", "refused"]


async def test_a_delivery_without_a_topic_is_kept_for_a_person(shop: httpx.AsyncClient, house: House) -> None:
    answer = await shopify(shop, shopify_order(7101), "")
    [(_, status, reason)] = await became(house, answer)
    assert (answer.status_code, status) == (200, "refused")
    assert reason.startswith("nobody reads the topic '(no topic)' here")
    assert not await known(house, "shopify/7101")
