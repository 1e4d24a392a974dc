"""The demonstration's web shop: its orders come in as a real shop's do, as signed webhooks over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Self

from domain.errors import Unavailable
from starters.webhooks.shops import sign

if TYPE_CHECKING:
    import httpx

    from config.settings import Settings

NAME = "demo"
OPENS_WITHIN = 30.0
"""Seconds that the HTTP door has to open: a busy machine starts its process in a few."""


def write_shop(home: Path) -> Path:
    """The file of shops with the demonstration's own, and a secret that nobody else knows."""
    file = home / "shops.toml"
    file.touch(mode=0o600)
    file.write_text(f'[{NAME}]\nkind = "shopify"\nwebhook_secrets = ["{secrets.token_urlsafe(32)}"]\n')
    return file


class DemoShop:
    """The shop's own servers. Entering waits until the HTTP door answers; raises Unavailable when it does not open in time."""

    def __init__(self, settings: Settings) -> None:
        from config.shops import shops_of

        self._address = f"http://{settings.api_address}"
        self._secret = next(shop.secrets[0] for shop in shops_of(settings) if shop.name == NAME)
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        import httpx

        self._client = httpx.AsyncClient(base_url=self._address, timeout=20)
        try:
            async with asyncio.timeout(OPENS_WITHIN):
                while not await self._open():  # noqa: ASYNC110  # another process opens it, and tells nobody
                    await asyncio.sleep(0.1)
        except TimeoutError:
            await self._client.aclose()
            raise Unavailable(f"The HTTP door at {self._address} did not open within {OPENS_WITHIN:.0f} s.") from None
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._client is not None:
            await self._client.aclose()

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
