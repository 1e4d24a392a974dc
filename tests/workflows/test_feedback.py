"""Shops are told what became of their orders, on the real server: once, in order, whatever breaks in between, and no order waits."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from config.settings import Settings
from database import feedback
from database.engine import Database
from database.seed import seed
from domain.feedback import Feed, FeedbackKind, FeedbackView
from domain.messages import CancelOrder
from domain.order import PlaceOrder
from integrations.shopify.shop import Shopify
from integrations.shopify.wire import ShopifyWire
from integrations.simulated.shops import Fault, ShopifyShop, ShopServer, WooShop
from integrations.web import Web
from integrations.woocommerce.shop import WooCommerce
from simulation.postgresql import temporary_database
from starters.feedback import Feeder, tell_shop
from tests.conftest import virtual_time
from tests.database import builders
from tests.fresh import migrated
from tests.workflows.shop import PATIENCE, Shop, installed, line, order
from tests.workflows.trouble import notice_loss
from workers.embedded import environment_of
from workers.processes import Process
from workers.shops import ShopDoor

NORD = Feed(shop="nord", channel="nord", locations={"BERLIN": "1", "LYON": "2"})
SUED = Feed(shop="sued", channel="sued", one_stock=True, one_status=True)
SOLD = "RARE-199"
"""An item that both shops sell; they have none of the others in their catalogues."""

numbers = itertools.count(5001)


@dataclass
class WebShops:
    """An installation with a Shopify shop and a WooCommerce shop, each a double on a port of this machine."""

    shop: Shop
    nord: ShopifyShop
    nord_server: ShopServer
    sued: WooShop
    sued_server: ShopServer
    feeder: Feeder

    def order(self, channel: str, *lines: tuple[str, int]) -> PlaceOrder:
        """An order that the shop has sold."""
        number = str(next(numbers))
        (self.nord if channel == "nord" else self.sued).sell(number, *lines)
        return order(*(line(n, sku, units) for n, (sku, units) in enumerate(lines, 1)), channel=channel, external_id=number)

    async def pieces(self, key: str, kind: FeedbackKind = FeedbackKind.SHIPMENT) -> list[FeedbackView]:
        found = await self.shop.database.read(feedback.listed, order=key, kind=kind.value)
        return sorted(found, key=lambda each: each.entry)

    async def feed(self, true: Callable[[], object]) -> None:
        """Look and tell until it is so."""
        with self.shop.env.with_time_skipping_disabled():
            async with asyncio.timeout(PATIENCE):
                while not true():
                    await self.feeder.look()
                    await asyncio.sleep(0.1)

    async def told(self, key: str, count: int = 1, kind: FeedbackKind = FeedbackKind.SHIPMENT) -> None:
        """Look and tell until the shop knows so many things of an order."""
        with self.shop.env.with_time_skipping_disabled():
            async with asyncio.timeout(PATIENCE):
                while [each.status for each in await self.pieces(key, kind)] != ["told"] * count:
                    await self.feeder.look()
                    await asyncio.sleep(0.1)

    async def quiet(self, name: str) -> None:
        """Look and tell until there is nothing more to tell the shop and its workflow has ended."""
        with self.shop.env.with_time_skipping_disabled():
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.feeder.look()
                    await self.shop.client.get_workflow_handle(f"feedback/{name}").result()
                    if not await self.shop.database.read(feedback.is_due, name, datetime.now(UTC)):
                        return


@contextmanager
def two_shops() -> Iterator[tuple[ShopServer, ShopServer]]:
    with ExitStack() as stack:
        nord, sued = ShopifyShop(points=20_000, restored=10_000), WooShop()
        nord.stock(SOLD, "1", 0)
        sued.stock(SOLD, 0)
        yield stack.enter_context(ShopServer(nord)), stack.enter_context(ShopServer(sued))


BOTH_ENGINES = pytest.mark.parametrize("web", ["sqlite", "postgresql"], indirect=True)
"""For one life; what feedback asks the database is tried on both engines in tests/database/test_feedback.py."""


@pytest.fixture(scope="module")
async def web(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WebShops]:
    with ExitStack() as stack:
        url = ""
        if getattr(request, "param", "sqlite") == "postgresql":
            url = stack.enter_context(temporary_database(request.getfixturevalue("postgresql"), f"feedback_{uuid.uuid4().hex}"))
        nord, sued = stack.enter_context(two_shops())
        webs = [
            Web("nord", nord.address, {"X-Shopify-Access-Token": "shpat_double"}, seconds=5),
            Web("sued", sued.address, auth=("ck_double", "cs_double"), seconds=5),
        ]
        doors = {
            "nord": ShopDoor(Shopify(ShopifyWire(webs[0], "2026-01")), per_second=50),
            "sued": ShopDoor(WooCommerce(webs[1]), per_second=50),
        }
        async with await virtual_time() as env, installed(env, tmp_path_factory.mktemp("web"), url, doors) as shop:
            assert isinstance(nord.shop, ShopifyShop)
            assert isinstance(sued.shop, WooShop)
            yield WebShops(shop, nord.shop, nord, sued.shop, sued, Feeder(shop.client, shop.database, [NORD, SUED]))
        for each in webs:
            await each.close()


@BOTH_ENGINES
async def test_each_shipment_of_an_order_is_a_fulfilment_with_its_lines(web: WebShops) -> None:
    rare = web.shop.rare()
    placed = web.order("nord", ("PLENTY", 2), (rare, 1))
    web.nord.calls.clear()
    living = await web.shop.place(placed)
    await living.ship()
    await web.told(placed.key)
    await web.shop.receive(rare, 1)
    await living.ship(2)
    await web.told(placed.key, 2)
    first, second = [each.tracking for each in (await living.state()).shipments]
    assert web.nord.shipped(placed.external_id) == [(first, [("PLENTY", 2)]), (second, [(rare, 1)])]
    assert [change for change in web.nord.changes if first in change or second in change] == [
        f"fulfillmentCreate {first}",
        f"fulfillmentCreate {second}",
    ]
    assert [each.reference != "" for each in await web.pieces(placed.key)] == [True, True]
    calls = [call for call in web.nord.calls if call not in ("Levels", "InventorySetQuantities")]
    assert calls == ["Order", "FulfillmentCreate", "Order", "FulfillmentCreate"]
    for shipment in (1, 2):
        await living.deliver(shipment)


async def test_a_shop_of_one_status_is_completed_with_the_last_shipment(web: WebShops) -> None:
    placed = web.order("sued", ("PLENTY", 2))
    living = await web.shop.place(placed)
    await living.ship()
    await web.told(placed.key)
    [shipment] = (await living.state()).shipments
    assert [change for change in web.sued.changes if placed.external_id in change] == [
        f"note {placed.external_id}: Shipment 1 has left with {shipment.carrier}, tracking number {shipment.tracking}: 2 × PLENTY.",
        f"order {placed.external_id} completed",
    ]
    await living.deliver()


async def test_an_order_that_is_cancelled_before_it_left_is_cancelled_at_its_shop(web: WebShops) -> None:
    for channel, changed in (("nord", "orderCancel {} OTHER"), ("sued", "order {} cancelled")):
        placed = web.order(channel, ("PLENTY", 1))
        living = await web.shop.place(placed)
        await living.cancel()
        await web.told(placed.key, kind=FeedbackKind.CANCELLATION)
        changes = (web.nord if channel == "nord" else web.sued).changes
        assert [change for change in changes if placed.external_id in change] == [changed.format(placed.external_id)]


async def test_an_order_that_is_cancelled_after_a_part_left_keeps_that_part(web: WebShops) -> None:
    rare = web.shop.rare()
    placed = web.order("nord", ("PLENTY", 2), (rare, 3))
    living = await web.shop.place(placed)
    await living.ship()
    await living.ask(CancelOrder(**living.stamp("customer"), reason="too late"))
    await web.told(placed.key, kind=FeedbackKind.CANCELLATION)
    [shipment] = [each for each in (await living.state()).shipments if each.tracking]
    assert web.nord.shipped(placed.external_id) == [(shipment.tracking, [("PLENTY", 2)])]
    assert [change for change in web.nord.changes if rare in change] == [f"refundCreate 3 {rare}"]
    await living.deliver()


async def test_a_shop_that_is_down_pauses_what_it_is_told_and_no_order(web: WebShops) -> None:
    placed = web.order("nord", ("PLENTY", 1))
    living = await web.shop.place(placed)
    await web.quiet("nord")
    web.nord_server.down = True
    try:
        await living.ship()
        with web.shop.env.with_time_skipping_disabled():
            async with asyncio.timeout(PATIENCE):
                while not (found := await web.pieces(placed.key)) or not found[0].attempts:
                    await web.feeder.look()
                    await asyncio.sleep(0.1)
        assert (found[0].status, found[0].reason) == ("due", "nord answers with HTTP 503.")
        await living.deliver()  # the order has gone on
        assert web.nord.shipped(placed.external_id) == []
    finally:
        web.nord_server.down = False
    with web.shop.env.with_time_skipping_disabled():
        await tell_shop(web.shop.client, "nord", now=True)
    await web.told(placed.key)
    assert len(web.nord.shipped(placed.external_id)) == 1


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.SILENT_AFTER, Fault.ERROR_AFTER, Fault.ERROR_BEFORE, Fault.STRANGE])
async def test_whatever_becomes_of_an_answer_a_shipment_is_told_once(web: WebShops, fault: Fault) -> None:
    placed = [web.order("nord", ("PLENTY", 1)), web.order("sued", ("PLENTY", 1))]
    for name in ("nord", "sued"):
        await web.quiet(name)
    web.nord_server.fail(fault, "FulfillmentCreate")
    web.sued_server.fail(fault, f"POST /wp-json/wc/v3/orders/{placed[1].external_id}/notes")
    for each in placed:
        living = await web.shop.place(each)
        await living.ship()
        await web.told(each.key)
        await living.deliver()
    [(tracking, _)] = web.nord.shipped(placed[0].external_id)
    assert web.nord.changes.count(f"fulfillmentCreate {tracking}") == 1
    assert len(web.sued.orders[int(placed[1].external_id)].notes) == 1
    assert not web.nord_server.faults
    assert not web.sued_server.faults


async def test_what_a_shop_refuses_waits_for_a_person_and_holds_up_nobody(web: WebShops) -> None:
    unknown = order(line(1, "PLENTY", 1), channel="nord", external_id=str(next(numbers)))
    known = web.order("nord", ("PLENTY", 1))
    for each in (unknown, known):
        living = await web.shop.place(each)
        await living.ship()
        await living.deliver()
    await web.told(known.key)
    with web.shop.env.with_time_skipping_disabled():
        async with asyncio.timeout(PATIENCE):
            while (found := await web.pieces(unknown.key))[0].status != "refused":
                await web.feeder.look()
                await asyncio.sleep(0.1)
    assert found[0].reason == f"nord has no order {unknown.external_id}."
    web.nord.sell(unknown.external_id, ("PLENTY", 1))
    await web.shop.database.transaction(feedback.retry, found[0].entry, found[0].changed_at)
    await web.told(unknown.key)
    assert len(web.nord.shipped(unknown.external_id)) == 1


async def test_stock_is_told_as_it_stands_and_only_where_it_differs(web: WebShops) -> None:
    item = SOLD
    for units in (4, 3):
        await web.shop.receive(item, units)
    await web.feed(lambda: web.nord.available[item, "1"] == 7 and web.sued.units(item) == 7)
    for name in ("nord", "sued"):
        await web.quiet(name)
    placed = web.order("nord", (item, 2))
    living = await web.shop.place(placed)
    await living.ship()
    await web.feed(lambda: web.nord.available[item, "1"] == 5 and web.sued.units(item) == 5)
    await web.told(placed.key)
    assert [change for change in web.sued.changes if item in change][-1] == f"stock {item}=5"
    await living.deliver()


async def test_the_rate_of_a_shop_is_kept_by_its_queue_alone(web: WebShops) -> None:
    for name in ("nord", "sued"):
        handle = web.shop.client.get_workflow_handle(f"feedback/{name}")
        await web.quiet(name)
        assert (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED
        history = await handle.fetch_history()
        asked = [
            event.activity_task_scheduled_event_attributes
            for event in history.events
            if event.activity_task_scheduled_event_attributes.activity_id
        ]
        queues = {each.activity_type.name: each.task_queue.name for each in asked}
        assert queues.get("tell_feedback", f"shop/{name}") == f"shop/{name}"
        assert queues["find_feedback"] == "orders"


async def test_a_worker_that_is_killed_between_the_shop_and_our_books_tells_nothing_twice(tmp_path: Path) -> None:
    double = ShopifyShop()
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    database = Database(url)
    house = builders.House(database)
    await database.transaction(seed, builders.CATALOGUE)
    orders = [str(number) for number in range(1, 9)]
    for number in orders:
        double.sell(number, ("KETTLE", 1))
        await house.shipped_order(number, builders.line(1, "KETTLE", 1))
    with ShopServer(double) as server:
        (tmp_path / "shops.toml").write_text(
            f'[nord]\nkind = "shopify"\nwebhook_secrets = ["s"]\naddress = "{server.address}"\naccess_token = "shpat_double"\n'
        )
        server.slowness = 60
        server.fail(Fault.SLOW, "FulfillmentCreate")
        async with await virtual_time() as env:
            settings = Settings(
                home=tmp_path, database_url=url, world_url=f"sqlite:///{tmp_path / 'world.db'}",
                temporal_address=env.client.service_client.config.target_host,
            )  # fmt: skip
            environment = environment_of(settings) | {"OMS_SHOPS": str(tmp_path / "shops.toml")}
            first = Process("worker", "workers.__main__", environment, tmp_path / "first.log")
            await first.start()
            try:
                with env.with_time_skipping_disabled():
                    async with asyncio.timeout(90):
                        while not double.changes:  # the shop has it, and we do not know it
                            await asyncio.sleep(0.1)
                assert not first.ended, first.last_words()
            finally:
                await first.kill()
            assert {each.status for each in await database.read(feedback.listed, kind="shipment")} == {"due"}
            assert await notice_loss(env.client, "feedback/nord") > 0
            second = Process("worker", "workers.__main__", environment, tmp_path / "second.log")
            await second.start()
            try:
                with env.with_time_skipping_disabled():
                    async with asyncio.timeout(150):
                        while [each.status for each in await database.read(feedback.listed, kind="shipment")] != ["told"] * 8:
                            await asyncio.sleep(0.2)
                    starts = await tellings_begun(env.client)
            finally:
                await second.stop()
    await database.close()
    assert [double.shipped(number) for number in orders] == [[(f"TRACK-{number}-1-1", [("KETTLE", 1)])] for number in orders]
    assert sorted(double.changes) == [f"fulfillmentCreate TRACK-{number}-1-1" for number in orders]
    assert starts[-1] - starts[0] > timedelta(seconds=2)  # two a second


async def tellings_begun(client: Client) -> list[datetime]:
    """When a worker began each telling of the last run for `nord`, but the first two: a queue that was still may make up for it."""
    history = await client.get_workflow_handle("feedback/nord").fetch_history()
    asked = {
        event.event_id for event in history.events if event.activity_task_scheduled_event_attributes.activity_type.name == "tell_feedback"
    }
    began = [event for event in history.events if event.activity_task_started_event_attributes.scheduled_event_id in asked]
    return [event.event_time.ToDatetime(UTC) for event in began][2:]
