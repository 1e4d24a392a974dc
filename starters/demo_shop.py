"""The demonstration's web shop: its orders come in as signed webhooks over HTTP, and it is told what became of them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from domain.errors import Unavailable
from domain.values import Value
from starters.webhooks.shops import sign

if TYPE_CHECKING:
    import httpx

    from config.settings import Settings
    from domain.order import PlaceOrder

NAME = "demo"
OPENS_WITHIN = 30.0
"""Seconds that the HTTP door has to open: a busy machine starts its process in a few."""


LOCATIONS = {"BERLIN": "1", "LYON": "2", "ROTTERDAM": "3"}
"""Our locations = the shop's."""


def write_shop(home: Path, port: int | None = None) -> Path:
    """The file of shops with the demonstration's own, and secrets that nobody else knows; its API is at `port`, where it has one."""
    file = home / "shops.toml"
    file.touch(mode=0o600)
    entries = f'[{NAME}]\nkind = "shopify"\nwebhook_secrets = ["{secrets.token_urlsafe(32)}"]\n'
    if port is not None:
        locations = ", ".join(f'{ours} = "{theirs}"' for ours, theirs in LOCATIONS.items())
        entries += f'address = "http://127.0.0.1:{port}"\naccess_token = "shpat_{secrets.token_hex(16)}"\nlocations = {{ {locations} }}\n'
    file.write_text(entries)
    return file


class Told(Value):
    """What the shop was told, by its own books: fulfilments that stand, orders and units that were given up, stock levels that were set."""

    fulfilments: int
    cancellations: int
    levels: int


class ShopBooks:
    """The shop's own books behind its API (`integrations.simulated.shops`): what we tell it lands there while the block lasts.

    It sells `items`, and begins without stock.
    """

    def __init__(self, settings: Settings, items: Iterable[str]) -> None:
        from config.shops import shops_of
        from integrations.simulated.shops import ShopifyShop, ShopServer

        shop = next(shop for shop in shops_of(settings) if shop.name == NAME)
        assert shop.access_token is not None  # `write_shop` gave it one
        self._shop = ShopifyShop(shop.access_token.get_secret_value(), tuple(LOCATIONS.values()))
        for item in items:
            for location in LOCATIONS.values():
                self._shop.stock(item, location, 0)
        self._server = ShopServer(self._shop, port=urlsplit(shop.address).port or 0)

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(None, None, None)

    def sell(self, order: PlaceOrder) -> None:
        """An order that its customer placed there."""
        self._shop.sell(order.external_id, *((line.item, max(line.quantity, 0)) for line in order.lines))

    @property
    def told(self) -> Told:
        changes = self._shop.changes
        return Told(
            fulfilments=sum(len(self._shop.shipped(order)) for order in list(self._shop.orders)),
            cancellations=sum(change.startswith(("orderCancel", "refundCreate")) for change in changes),
            levels=sum(change.count("@") for change in changes if change.startswith("inventorySetQuantities")),
        )


class DemoShop:
    """The shop's own servers. Its first delivery waits until the HTTP door answers."""

    def __init__(self, settings: Settings) -> None:
        from config.shops import shops_of

        self._address = f"http://{settings.api_address}"
        self._secret = next(shop.secrets[0] for shop in shops_of(settings) if shop.name == NAME)
        self._client: httpx.AsyncClient | None = None
        self._opened = False

    async def __aenter__(self) -> Self:
        import httpx

        self._client = httpx.AsyncClient(base_url=self._address, timeout=20)
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _wait(self) -> None:
        """Until the door opens; raises Unavailable when it does not in time."""
        try:
            async with asyncio.timeout(OPENS_WITHIN):
                while not await self._open():  # noqa: ASYNC110  # another process opens it, and tells nobody
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise Unavailable(f"The HTTP door at {self._address} did not open within {OPENS_WITHIN:.0f} s.") from None
        self._opened = True

    async def _open(self) -> bool:
        import httpx

        assert self._client is not None  # made on entering
        try:
            return (await self._client.get("/health")).is_success
        except httpx.TransportError:
            return False

    async def deliver(self, document: bytes, topic: str = "orders/create") -> None:
        """Tell of an order as the shop does, once. Raises Unavailable when the door does not take it."""
        assert self._client is not None  # made on entering
        if not self._opened:
            await self._wait()
        told = json.loads(document)
        body = json.dumps(told.get("order", told)).encode()
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Webhook-Id": f"{NAME}-{hashlib.sha256(topic.encode() + body).hexdigest()[:16]}",
            "X-Shopify-Hmac-Sha256": sign(body, self._secret),
            "Content-Type": "application/json",
        }
        answer = await self._client.post(f"/channels/shopify/{NAME}", content=body, headers=headers)
        if not answer.is_success:
            raise Unavailable(f"The HTTP door did not take an order of the shop: {answer.text:.300}")
