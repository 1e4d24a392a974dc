"""Deliveries of shops for tests, signed as the shops sign them, and the file that knows the shops."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

import httpx

from starters.http.examples import AMAZON_ORDER, SHOPIFY_ORDER, WOOCOMMERCE_ORDER
from starters.webhooks.shops import sign

SHOPS = """
[nord]
kind = "shopify"
webhook_secrets = ["new-secret", "old-secret"]
address = "https://nord-shop.myshopify.com"
access_token = "shpat_1"

[mill]
kind = "woocommerce"
webhook_secrets = ["mill-secret"]

[amazon-de]
kind = "amazon"
channel = "amazon"
"""

_numbers = itertools.count(1)


def shopify_order(number: int, **changes: Any) -> dict[str, Any]:
    return copy.deepcopy(SHOPIFY_ORDER) | {"id": number, "name": f"#{number}"} | changes


def woo_order(number: int, **changes: Any) -> dict[str, Any]:
    return copy.deepcopy(WOOCOMMERCE_ORDER) | {"id": number, "number": str(number)} | changes


def amazon_order(number: str, **changes: Any) -> dict[str, Any]:
    order: dict[str, Any] = copy.deepcopy(AMAZON_ORDER["order"])
    return order | {"orderId": number} | changes


async def shopify(
    door: httpx.AsyncClient,
    document: object,
    topic: str = "orders/create",
    *,
    secret: str = "new-secret",  # noqa: S107  # of a shop of these tests
    prefix: str = "X-Shopify-",
    **headers: str,
) -> httpx.Response:
    """Deliver a document, or bytes, as Shopify does; `headers` by their names after the prefix, with underscores."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    said = {"Topic": topic, "Webhook-Id": f"w-{next(_numbers)}", "Hmac-Sha256": sign(body, secret)}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {f"{prefix}{name}": value for name, value in said.items() if value}
    return await door.post("/channels/shopify/nord", content=body, headers=sent | {"Content-Type": "application/json"})


async def woocommerce(
    door: httpx.AsyncClient, document: object, topic: str = "order.created", *, delivery: str = "", signature: str | None = None
) -> httpx.Response:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    headers = {
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Delivery-ID": delivery or f"d-{next(_numbers)}",
        "X-WC-Webhook-Signature": sign(body, "mill-secret") if signature is None else signature,
    }
    sent = {name: value for name, value in headers.items() if value}
    return await door.post("/channels/woocommerce/mill", content=body, headers=sent | {"Content-Type": "application/json"})
