"""Quotas: what a channel keeps for itself at a place, no other channel gets, however many orders come at once."""

import asyncio

import pytest

from database import quotas, soft_reservations, stock
from database.quotas import set_quota
from domain.errors import NotFound, Refused
from domain.order import PlaceOrder
from domain.quotas import QuotaView, SetQuota
from domain.steps import Allocation, ReleaseStock
from tests.database.builders import NOW, House, cart, line, order, step


def share(channel: str = "x12", kept_back: int = 0, quota: int = 0, location: str = "BERLIN", item: str = "KETTLE") -> SetQuota:
    return SetQuota(item=item, location=location, channel=channel, kept_back=kept_back, quota=quota)


async def kettles(house: House, external_id: str, quantity: int, channel: str = "shopify") -> tuple[PlaceOrder, Allocation]:
    placed = order(external_id, line(1, "KETTLE", quantity), channel=channel)
    await house.accept(placed)
    return placed, await house.allocate(placed)


def units(allocation: Allocation) -> dict[str, int]:
    return {shipment.location: sum(pick.quantity for pick in shipment.picks) for shipment in allocation.shipments}


async def left(house: House) -> list[tuple[str, int, int]]:
    return [(row.channel, row.used, row.left) for row in await house(quotas.quotas, NOW)]


async def test_one_channel_cannot_eat_the_quota_of_another(house: House) -> None:
    await house(set_quota, share("x12", quota=7))
    _, shop = await kettles(house, "1001", 14)
    assert units(shop) == {"BERLIN": 3, "LYON": 4}
    assert shop.short[0].available == 7
    _, trade = await kettles(house, "1002", 9, "x12")
    assert units(trade) == {"BERLIN": 7}
    assert await left(house) == [("x12", 7, 0)]


async def test_a_quota_is_used_up_by_what_its_channel_took_shipped_or_not(house: House) -> None:
    placed = await house.shipped_order("1000", line(1, "KETTLE", 2))
    await house(set_quota, share("shopify", quota=4))
    assert await left(house) == [("shopify", 0, 4)]
    shipped = await house.shipped_order("1001", line(1, "KETTLE", 3))
    assert (placed.channel, shipped.channel) == ("shopify", "shopify")
    assert await left(house) == [("shopify", 3, 1)]
    _, trade = await kettles(house, "1002", 9, "x12")
    assert units(trade) == {"BERLIN": 4, "LYON": 4}


async def test_what_is_given_back_counts_again(house: House) -> None:
    await house(set_quota, share("shopify", quota=6))
    placed, _ = await kettles(house, "1001", 5)
    assert await left(house) == [("shopify", 5, 1)]
    undo = ReleaseStock(**step("release/1", placed.key), undoes=f"{placed.key}/allocate/1")
    await house.undo(undo, undo.undoes, stock.release_stock)
    assert await left(house) == [("shopify", 0, 6)]


async def test_safety_stock_is_left_by_the_channel_it_is_for_and_by_every_other_one_without_its_own(house: House) -> None:
    await house(set_quota, share("*", kept_back=8))
    await house(set_quota, share("x12", kept_back=1))
    _, shop = await kettles(house, "1001", 14)
    assert units(shop) == {"BERLIN": 2, "LYON": 4}
    _, trade = await kettles(house, "1002", 14, "x12")
    assert units(trade) == {"BERLIN": 7}


async def test_a_cart_of_one_channel_does_not_get_the_quota_of_another_and_uses_its_own(house: House) -> None:
    await house(set_quota, share("x12", quota=9))
    assert (await house(soft_reservations.reserve_softly, cart("cart/1"))).short[0].available == 5
    await house(soft_reservations.reserve_softly, cart("cart/2", channel="x12"))
    [row] = await house(quotas.quotas, NOW)
    assert row == QuotaView(item="KETTLE", location="BERLIN", channel="x12", kept_back=0, quota=9, used=0, held=6, left=3)
    _, shop = await kettles(house, "1001", 14)
    assert units(shop) == {"BERLIN": 1, "LYON": 4}


async def test_twenty_orders_of_two_channels_at_once_leave_the_quota_whole(house: House) -> None:
    await house(set_quota, share("x12", quota=6))
    placed = [order(str(number), line(1, "KETTLE", 1), channel=channel) for number in range(10) for channel in ("shopify", "x12")]
    await house.accept_all(placed)
    found = await asyncio.gather(*(house.allocate(each, avoid=("LYON",)) for each in placed))
    got = dict.fromkeys(("shopify", "x12"), 0)
    for each, allocation in zip(placed, found, strict=True):
        got[each.channel] += len(allocation.shipments)
    assert got["shopify"] + got["x12"] == 10
    assert got["x12"] >= 6
    assert got["shopify"] <= 4


async def test_setting_a_quota_anew_begins_it_anew_and_nothing_drops_it(house: House) -> None:
    await house(set_quota, share("shopify", quota=6))
    await kettles(house, "1001", 5)
    await house(set_quota, share("shopify", quota=6))
    assert await left(house) == [("shopify", 0, 6)]
    for _ in range(2):
        await house(set_quota, share("shopify"))
        assert await left(house) == []


async def test_a_share_that_cannot_be_says_why(house: House) -> None:
    with pytest.raises(Refused, match="A quota belongs to one channel"):
        await house(set_quota, share("*", quota=1))
    with pytest.raises(NotFound, match="There is no item 'TEAPOT'"):
        await house(set_quota, share(item="TEAPOT", quota=1))
    with pytest.raises(NotFound, match="There is no location 'MARS'"):
        await house(set_quota, share(location="MARS", quota=1))
    assert await left(house) == []
