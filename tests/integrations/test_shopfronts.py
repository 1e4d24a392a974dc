"""Telling shops: each client against a double that refuses what its shop documents to refuse, and whose answers get lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from domain.errors import Busy, Refused, Unavailable
from domain.feedback import ShopCancellation, ShopLine, ShopShipment, StockLevel, StockPlace
from integrations.ports import Shopfront
from integrations.shopify.shop import Shopify
from integrations.shopify.wire import ShopifyWire
from integrations.simulated.shops import Fault, ShopifyShop, ShopServer, WooShop
from integrations.web import Web
from integrations.woocommerce.shop import WooCommerce


@dataclass
class Told:
    """A shop that is told, its double and the client in front of it."""

    front: Shopfront
    server: ShopServer
    shop: ShopifyShop | WooShop
    web: Web

    @property
    def changes(self) -> list[str]:
        return self.shop.changes

    def shipped(self, order: str) -> list[tuple[str, list[tuple[str, int]]]]:
        assert isinstance(self.shop, ShopifyShop)
        return self.shop.shipped(order)


def line(sku: str, quantity: int, number: int = 1, ordinal: int = 1) -> ShopLine:
    return ShopLine(line=number, words=(sku,), ordinal=ordinal, quantity=quantity)


def left(*lines: ShopLine, tracking: str = "TRACK-1", shipment: int = 1, order: str = "5001", completes: bool = False) -> ShopShipment:
    return ShopShipment(order=order, shipment=shipment, tracking=tracking, carrier="dhl", lines=lines, location="1", completes=completes)


def given_up(*lines: ShopLine, whole: bool = False, completes: bool = False) -> ShopCancellation:
    return ShopCancellation(order="5001", lines=lines, whole=whole, completes=completes, reason="sold out")


@contextmanager
def shopify(shop: ShopifyShop | None = None, seconds: float = 5, version: str = "2026-01") -> Iterator[Told]:
    shop = shop or ShopifyShop()
    with ShopServer(shop) as server:
        web = Web("nord", server.address, {"X-Shopify-Access-Token": "shpat_double"}, seconds=seconds)
        yield Told(Shopify(ShopifyWire(web, version)), server, shop, web)


@contextmanager
def woo(shop: WooShop | None = None, seconds: float = 5) -> Iterator[Told]:
    shop = shop or WooShop()
    with ShopServer(shop) as server:
        web = Web("nord", server.address, auth=("ck_double", "cs_double"), seconds=seconds)
        yield Told(WooCommerce(web), server, shop, web)


@pytest.fixture(params=["shopify", "woocommerce"])
async def told(request: pytest.FixtureRequest) -> AsyncIterator[Told]:
    """A shop with an order of two kettles and a grinder, which sells both items."""
    with shopify() if request.param == "shopify" else woo() as found:
        found.shop.sell("5001", ("KETTLE", 2), ("GRINDER", 1))
        for sku, units in (("KETTLE", 10), ("GRINDER", 5)):
            found.shop.stock(sku, "1", units) if isinstance(found.shop, ShopifyShop) else found.shop.stock(sku, units)
        yield found
        await found.web.close()


@pytest.fixture
async def nord() -> AsyncIterator[Told]:
    """A Shopify shop with the same order."""
    with shopify() as found:
        found.shop.sell("5001", ("KETTLE", 2), ("GRINDER", 1))
        yield found
        await found.web.close()


@pytest.fixture
async def sued() -> AsyncIterator[Told]:
    """A WooCommerce shop with the same order."""
    with woo() as found:
        found.shop.sell("5001", ("KETTLE", 2), ("GRINDER", 1))
        yield found
        await found.web.close()


# --- both shops ----------------------------------------------------------------------------------------------------------------------


async def test_a_shipment_that_is_told_twice_is_one(told: Told) -> None:
    shipment = left(line("KETTLE", 2), line("GRINDER", 1, 2), completes=True)
    first = await told.front.fulfil(shipment)
    changes = list(told.changes)
    assert await told.front.fulfil(shipment) == first
    assert told.changes == changes


@pytest.mark.parametrize("fault", [Fault.SILENT_AFTER, Fault.ERROR_AFTER])
async def test_a_shipment_whose_answer_was_lost_is_looked_up_and_not_repeated(told: Told, fault: Fault) -> None:
    told.server.fail(fault, "FulfillmentCreate" if isinstance(told.shop, ShopifyShop) else "POST")
    with pytest.raises(Unavailable):
        await told.front.fulfil(left(line("KETTLE", 2)))
    assert len(told.changes) == 1
    await told.front.fulfil(left(line("KETTLE", 2)))
    assert len(told.changes) == 1


@pytest.mark.parametrize("fault", [Fault.SILENT_BEFORE, Fault.ERROR_BEFORE])
async def test_a_shop_that_does_not_answer_is_asked_again_later(told: Told, fault: Fault) -> None:
    told.server.fail(fault)
    with pytest.raises(Unavailable, match="nord"):
        await told.front.fulfil(left(line("KETTLE", 2)))
    assert told.changes == []
    await told.front.fulfil(left(line("KETTLE", 2)))
    assert len(told.changes) == 1


async def test_a_shop_that_takes_no_more_calls_says_for_how_long(told: Told) -> None:
    told.server.retry_after = 7
    told.server.fail(Fault.BUSY)
    with pytest.raises(Busy, match="takes no more calls") as busy:
        await told.front.fulfil(left(line("KETTLE", 2)))
    assert busy.value.wait == timedelta(seconds=7)
    assert told.changes == []


async def test_a_line_that_is_not_on_the_order_is_refused(told: Told) -> None:
    with pytest.raises(Refused, match="nord has no line on order 5001 that sells FILTER"):
        await told.front.fulfil(left(line("FILTER", 1)))
    with pytest.raises(Refused, match="no line on order 5001 that sells KETTLE"):
        await told.front.fulfil(left(line("KETTLE", 1, ordinal=2)))
    assert told.changes == []


async def test_an_order_that_the_shop_does_not_know_is_refused(told: Told) -> None:
    with pytest.raises(Refused, match="nord"):
        await told.front.fulfil(left(line("KETTLE", 2), order="4711"))
    assert told.changes == []


async def test_what_has_left_is_refused_for_an_order_that_the_shop_cancelled(told: Told) -> None:
    assert await told.front.cancel(given_up(line("KETTLE", 2), line("GRINDER", 1, 2), whole=True))
    with pytest.raises(Refused, match="cancelled"):
        await told.front.fulfil(left(line("KETTLE", 2)))
    assert len(told.changes) == 1


async def test_an_order_is_cancelled_once_whoever_cancelled_it_first(told: Told) -> None:
    whole = given_up(line("KETTLE", 2), line("GRINDER", 1, 2), whole=True)
    assert await told.front.cancel(whole)
    assert await told.front.cancel(whole) == ""
    assert len(told.changes) == 1


async def test_only_stock_that_differs_is_set(told: Told) -> None:
    at = "1" if isinstance(told.shop, ShopifyShop) else ""
    levels = [StockLevel(sku=sku, location=at, quantity=units) for sku, units in (("KETTLE", 8), ("GRINDER", 5), ("FILTER", 3))]
    answer = await told.front.set_stock("a", levels)
    assert (answer.unlisted, answer.refused) == ((StockPlace(sku="FILTER", location=at),), ())
    assert told.changes == ["inventorySetQuantities KETTLE@1=8" if at else "stock KETTLE=8"]
    assert await told.front.stock([StockPlace(sku=level.sku, location=at) for level in levels]) == (8, 5, None)
    await told.front.set_stock("a", levels)
    assert len(told.changes) == 1


async def test_stock_that_goes_down_and_up_and_down_again_is_set_each_time(told: Told) -> None:
    at = "1" if isinstance(told.shop, ShopifyShop) else ""
    for key, units in (("a", 8), ("b", 10), ("c", 8)):
        await told.front.set_stock(key, [StockLevel(sku="KETTLE", location=at, quantity=units)])
        assert await told.front.stock([StockPlace(sku="KETTLE", location=at)]) == (units,)
    assert len(told.changes) == 3


async def test_a_withdrawn_shipment_is_open_again(told: Told) -> None:
    await told.front.fulfil(left(line("KETTLE", 2)))
    for _ in range(2):
        await told.front.withdraw("5001", "TRACK-1")
    assert len(told.changes) == 2
    await told.front.fulfil(left(line("KETTLE", 2), tracking="TRACK-2"))
    assert len(told.changes) == 3


async def test_an_answer_without_end_is_not_read(told: Told) -> None:
    told.server.fail(Fault.ENDLESS)
    with pytest.raises(Unavailable, match="more than 4000 kB"):
        await told.front.fulfil(left(line("KETTLE", 2)))


@pytest.mark.parametrize("kind", ["shopify", "woocommerce"])
async def test_a_slow_shop_is_not_waited_for_and_its_effect_is_found(kind: str) -> None:
    with shopify(seconds=0.2) if kind == "shopify" else woo(seconds=0.2) as slow:
        slow.shop.sell("5001", ("KETTLE", 2))
        slow.server.fail(Fault.SLOW, "FulfillmentCreate" if kind == "shopify" else "POST")
        with pytest.raises(Unavailable, match="did not answer within"):
            await slow.front.fulfil(left(line("KETTLE", 2)))
        await slow.front.fulfil(left(line("KETTLE", 2)))
        assert len(slow.changes) == 1
        await slow.web.close()


@pytest.mark.parametrize("kind", ["shopify", "woocommerce"])
async def test_wrong_credentials_pause_and_stand_in_no_error(kind: str) -> None:
    shop = ShopifyShop(token="shpat_other") if kind == "shopify" else WooShop(secret="cs_other")
    with shopify(shop) if isinstance(shop, ShopifyShop) else woo(shop) as told:
        with pytest.raises(Unavailable, match="does not accept our credentials") as refused:
            await told.front.fulfil(left(line("KETTLE", 2)))
        assert "double" not in str(refused.value)
        await told.web.close()


# --- Shopify -------------------------------------------------------------------------------------------------------------------------


async def test_two_shipments_of_an_order_are_two_fulfilments_with_their_lines(nord: Told) -> None:
    await nord.front.fulfil(left(line("KETTLE", 1)))
    await nord.front.fulfil(left(line("KETTLE", 1), line("GRINDER", 1, 2), tracking="TRACK-2", shipment=2))
    assert nord.shipped("5001") == [("TRACK-1", [("KETTLE", 1)]), ("TRACK-2", [("KETTLE", 1), ("GRINDER", 1)])]
    assert nord.shop.calls == ["Order", "FulfillmentCreate", "Order", "FulfillmentCreate"]


async def test_more_than_remains_is_refused_and_nothing_of_it_is_taken(nord: Told) -> None:
    await nord.front.fulfil(left(line("KETTLE", 1)))
    with pytest.raises(Refused, match="nord does not take 1 of the units of shipment 2 of 5001: no more is open there"):
        await nord.front.fulfil(left(line("KETTLE", 2), tracking="TRACK-2", shipment=2))
    assert nord.shipped("5001") == [("TRACK-1", [("KETTLE", 1)])]


async def test_the_second_line_that_sells_an_item_is_told_from_the_first() -> None:
    with shopify() as nord:
        order = nord.shop.sell("5001", ("KETTLE", 2), ("KETTLE", 3))
        assert isinstance(nord.shop, ShopifyShop)
        await nord.front.fulfil(left(line("KETTLE", 3, 2, ordinal=2)))
        assert [each.fulfilled for each in order.lines] == [0, 3]  # type: ignore[union-attr]  # of a Shopify order
        await nord.web.close()


async def test_goods_that_the_shop_meant_to_send_from_two_places_are_two_fulfilments_also_after_a_lost_answer() -> None:
    shop = ShopifyShop()
    shop.sell("5001", ("KETTLE", 2), ("GRINDER", 1), split={1: "2"})
    with shopify(shop) as nord:
        shipment = left(line("KETTLE", 2), line("GRINDER", 1, 2))
        nord.server.fail(Fault.SILENT_AFTER, "FulfillmentCreate")
        with pytest.raises(Unavailable):
            await nord.front.fulfil(shipment)
        assert shop.shipped("5001") == [("TRACK-1", [("KETTLE", 2)])]
        await nord.front.fulfil(shipment)
        assert shop.shipped("5001") == [("TRACK-1", [("KETTLE", 2)]), ("TRACK-1", [("GRINDER", 1)])]
        await nord.front.fulfil(shipment)
        assert len(shop.changes) == 2
        await nord.web.close()


async def test_an_order_of_many_lines_is_read_to_its_end() -> None:
    shop = ShopifyShop()
    shop.sell("5001", *((f"ITEM-{n}", 1) for n in range(130)))
    with shopify(shop) as nord:
        await nord.front.fulfil(left(line("ITEM-7", 1), line("ITEM-129", 1, 130)))
        assert shop.shipped("5001") == [("TRACK-1", [("ITEM-7", 1), ("ITEM-129", 1)])]
        assert shop.calls == ["Order", "MoreLines", "MoreToSend", "MoreToSend", "FulfillmentCreate"]
        await nord.web.close()


async def test_an_order_that_is_cancelled_after_a_part_was_shipped_loses_the_rest(nord: Told) -> None:
    await nord.front.fulfil(left(line("KETTLE", 1)))
    rest = given_up(line("KETTLE", 1), line("GRINDER", 1, 2), completes=True)
    for _ in range(2):
        await nord.front.cancel(rest)
    assert nord.changes == ["fulfillmentCreate TRACK-1", "refundCreate 1 KETTLE, 1 GRINDER"]
    assert nord.shipped("5001") == [("TRACK-1", [("KETTLE", 1)])]


async def test_units_that_are_given_up_in_two_steps_are_taken_off_once_each(nord: Told) -> None:
    await nord.front.cancel(given_up(line("KETTLE", 1)))
    nord.server.fail(Fault.SILENT_AFTER, "RefundCreate")
    with pytest.raises(Unavailable):
        await nord.front.cancel(given_up(line("KETTLE", 2)))
    assert await nord.front.cancel(given_up(line("KETTLE", 2))) == ""
    assert nord.changes == ["refundCreate 1 KETTLE", "refundCreate 1 KETTLE"]


async def test_a_shop_whose_points_are_used_up_says_when_it_has_enough_again() -> None:
    shop = ShopifyShop(points=400, restored=100)
    shop.sell("5001", ("KETTLE", 2))
    with shopify(shop) as nord:
        with pytest.raises(Busy, match="its cost limit") as busy:
            await nord.front.fulfil(left(line("KETTLE", 2)))
        assert timedelta(seconds=1) < busy.value.wait < timedelta(seconds=10)
        await nord.web.close()


async def test_what_is_asked_costs_less_than_one_query_may() -> None:
    shop = ShopifyShop(points=20_000)
    places = [StockPlace(sku=f"ITEM-{n}", location=str(at)) for n in range(45) for at in range(8)]
    with shopify(shop) as nord:
        assert await nord.front.stock(places) == (None,) * 360
        assert shop.calls == ["Levels"] * 3
        await nord.web.close()


async def test_stock_at_a_place_that_the_shop_refuses_does_not_hold_up_the_rest(nord: Told) -> None:
    assert isinstance(nord.shop, ShopifyShop)
    for sku, at in (("KETTLE", "1"), ("GRINDER", "9"), ("FILTER", "2")):
        nord.shop.stock(sku, at, 1)
    levels = [StockLevel(sku=sku, location=at, quantity=4) for sku, at in (("KETTLE", "1"), ("GRINDER", "9"), ("FILTER", "2"))]
    answer = await nord.front.set_stock("a", levels)
    assert answer.refused == ((StockPlace(sku="GRINDER", location="9"), "The specified location could not be found."),)
    assert nord.changes == ["inventorySetQuantities KETTLE@1=4, FILTER@2=4"] or nord.changes == [
        "inventorySetQuantities FILTER@2=4, KETTLE@1=4"
    ]


async def test_versions_that_want_an_idempotency_key_get_one() -> None:
    shop = ShopifyShop()
    shop.sell("5001", ("KETTLE", 2))
    shop.stock("KETTLE", "1", 3)
    with shopify(shop, version="2026-04") as nord:
        await nord.front.cancel(given_up(line("KETTLE", 1)))
        await nord.front.set_stock("a", [StockLevel(sku="KETTLE", location="1", quantity=7)])
        assert shop.changes == ["refundCreate 1 KETTLE", "inventorySetQuantities KETTLE@1=7"]
        await nord.web.close()


# --- WooCommerce ---------------------------------------------------------------------------------------------------------------------


async def test_an_order_is_completed_with_its_last_shipment(sued: Told) -> None:
    assert isinstance(sued.shop, WooShop)
    await sued.front.fulfil(left(line("KETTLE", 2)))
    assert sued.shop.orders[5001].status == "processing"
    await sued.front.fulfil(left(line("GRINDER", 1, 2), tracking="TRACK-2", shipment=2, completes=True))
    assert sued.changes == [
        "note 5001: Shipment 1 has left with dhl, tracking number TRACK-1: 2 × KETTLE.",
        "note 5001: Shipment 2 has left with dhl, tracking number TRACK-2: 1 × GRINDER.",
        "order 5001 completed",
    ]
    assert [note["customer_note"] for note in sued.shop.orders[5001].notes] == [True, True]


async def test_what_will_not_come_is_a_note_for_the_shop_and_completes_what_was_shipped(sued: Told) -> None:
    await sued.front.fulfil(left(line("KETTLE", 1)))
    rest = given_up(line("KETTLE", 1), line("GRINDER", 1, 2), completes=True)
    for _ in range(2):
        await sued.front.cancel(rest)
    assert sued.changes[1:] == ["note 5001: Will not be delivered: 1 × KETTLE, 1 × GRINDER.", "order 5001 completed"]


async def test_variations_are_stocked_under_their_product(sued: Told) -> None:
    assert isinstance(sued.shop, WooShop)
    sued.shop.stock("SHIRT-M", 1, parent=44)
    sued.shop.stock("SHIRT-L", None, parent=44)
    sued.shop.stock("MUG", 2)
    levels = [StockLevel(sku=sku, quantity=5) for sku in ("SHIRT-M", "SHIRT-L", "MUG")]
    answer = await sued.front.set_stock("a", levels)
    assert (answer.unlisted, answer.refused) == ((), ())
    assert sorted(call for call in sued.shop.calls if call.startswith("POST")) == [
        "POST products/44/variations/batch",
        "POST products/batch",
    ]
    assert [sued.shop.units(sku) for sku in ("SHIRT-M", "SHIRT-L", "MUG")] == [5, 5, 5]
