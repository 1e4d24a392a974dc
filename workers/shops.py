"""The shops that are told what became of their orders: who stands behind the port of each, and how fast it may be called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from temporalio.client import Client

from config.shops import Shop, ShopKind
from database.engine import Database
from domain.feedback import Feed
from integrations.ports import Shopfront
from starters.feedback import Feeder
from workers.rounds import rounds

PER_SECOND = {ShopKind.SHOPIFY: 2.0, ShopKind.WOOCOMMERCE: 3.0}
"""Tellings a second, over all workers. Shopify restores 100 points a second on its smallest plan, and a telling costs some 40 of them;
WooCommerce runs on the shop's own machine, and counts nothing itself."""

LOOKS_EVERY = 2.0
"""Seconds between a shipment and the telling of it."""


async def _nothing() -> None:
    """There is nothing to close."""


@dataclass
class ShopDoor:
    """What a shop is told through, and how many tellings a second it takes."""

    front: Shopfront
    per_second: float
    close: Callable[[], Awaitable[None]] = _nothing


def doors_of(shops: Sequence[Shop]) -> dict[str, ShopDoor]:
    """The shops that are fed back to, by name. Their packages are loaded only where there is one."""
    return {shop.name: _door(shop) for shop in shops if shop.feeds_back}


def feeds_of(shops: Sequence[Shop]) -> list[Feed]:
    """The same shops, as far as that decides what they are told."""
    return [
        Feed(
            shop=shop.name,
            channel=shop.channel,
            words=tuple(sorted({shop.channel, str(shop.kind), f"{shop.kind}/{shop.name}", f"{shop.channel}/{shop.name}"})),
            locations=shop.locations,
            one_stock=shop.kind is ShopKind.WOOCOMMERCE,
            one_status=shop.kind is ShopKind.WOOCOMMERCE,
        )
        for shop in shops
        if shop.feeds_back
    ]


def feeder(client: Client, database: Database, feeds: Sequence[Feed], every: float = LOOKS_EVERY) -> AbstractAsyncContextManager[None]:
    """Have what is to be told found, as long as the block lasts. Several may look side by side."""
    return rounds("feeder", Feeder(client, database, feeds).look, every)


def _door(shop: Shop) -> ShopDoor:
    from integrations.web import Web

    if shop.kind is ShopKind.SHOPIFY:
        from integrations.shopify.shop import Shopify
        from integrations.shopify.wire import ShopifyWire

        assert shop.access_token is not None  # a shop that feeds back has what its kind is entered with
        web = Web(shop.name, shop.address, {"X-Shopify-Access-Token": shop.access_token.get_secret_value()})
        return ShopDoor(Shopify(ShopifyWire(web, shop.api_version)), PER_SECOND[shop.kind], web.close)
    from integrations.woocommerce.shop import WooCommerce

    assert shop.consumer_key is not None  # the same
    assert shop.consumer_secret is not None  # the same
    web = Web(shop.name, shop.address, auth=(shop.consumer_key.get_secret_value(), shop.consumer_secret.get_secret_value()))
    return ShopDoor(WooCommerce(web, shop.api_version), PER_SECOND[shop.kind], web.close)
