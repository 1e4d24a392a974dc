"""The doors of web shops and marketplaces: what they deliver is checked, kept and answered at once; the inbox hands it over.

A shop that is refused a few times ends its webhook, so that only what nobody signed is refused: what cannot be read or mapped is kept, and
a person sees it in the inbox.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Path, Request
from pydantic import Field

from config.shops import Shop, ShopKind
from domain.errors import Conflict, NotFound
from domain.intake import Delivery
from domain.values import Value
from starters.http.answers import IdempotencyKey, refusals
from starters.http.callers import Poller
from starters.http.examples import AMAZON_ORDER, SHOPIFY_ORDER, WOOCOMMERCE_ORDER
from starters.http.house import Here, House
from starters.http.problems import Answered, problem
from starters.webhooks.shops import signed

router = APIRouter(prefix="/channels", tags=["shops"])

SIGNED = ("/channels/shopify/", "/channels/woocommerce/")
"""Where a signature says who calls: `Limits` counts only what is refused there."""

PING = re.compile(rb"webhook_id=\d{1,20}")

log = structlog.get_logger()

ShopName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$", description="A shop of OMS_SHOPS.", examples=["nord"])]


class Received(Value):
    """`kept`: it is in the inbox; `same`: it was there before; `other`: its id came with another body, and the first one stands; `ping`."""

    status: Literal["kept", "same", "other", "ping"]
    entry: int | None = Field(default=None, description="Its document in the inbox.", examples=[4711])


def _described(headers: Mapping[str, str], example: dict[str, Any]) -> dict[str, Any]:
    """Headers and body of a delivery, for the description: they are read as they came, not by FastAPI."""
    return {
        "parameters": [
            {"in": "header", "name": name, "required": False, "description": text, "schema": {"type": "string"}}
            for name, text in headers.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "example": example}}},
    }


SHOPIFY_HEADERS = {
    "X-Shopify-Hmac-Sha256": "Base64 of the HMAC-SHA256 of the body. Every header may come without its `X-`.",
    "X-Shopify-Topic": "orders/create, orders/updated, orders/cancelled, orders/delete, refunds/create.",
    "X-Shopify-Webhook-Id": "The delivery: a repeat has the same.",
    "X-Shopify-Event-Id": "The event: deliveries of several subscriptions have the same.",
    "X-Shopify-Shop-Domain": "The shop; compared with the address in OMS_SHOPS.",
}
WOOCOMMERCE_HEADERS = {
    "X-WC-Webhook-Signature": "Base64 of the HMAC-SHA256 of the body.",
    "X-WC-Webhook-Topic": "order.created, order.updated, order.deleted, order.restored.",
    "X-WC-Webhook-Delivery-ID": "The delivery; two of one second have the same, so that the body counts with it.",
}


@router.post(
    "/shopify/{shop}",
    summary="A webhook of a Shopify shop",
    response_model=Received,
    responses=refusals(404),
    openapi_extra=_described(SHOPIFY_HEADERS, SHOPIFY_ORDER),
)
async def shopify(request: Request, house: Here, shop: ShopName) -> Received:
    """200 as soon as the delivery is kept, whatever it says; 401 for what none of the shop's secrets signed, of which nothing is kept."""
    found, body = _shop(house, shop, ShopKind.SHOPIFY), await request.body()
    _check(found, body, _header(request, "Hmac-Sha256"))
    domain = _header(request, "Shop-Domain").lower()
    if domain and found.address.endswith(".myshopify.com") and not found.address.endswith(f"//{domain}"):
        raise _nobody(found, "it is signed for another shop of the same app")
    topic, event = _topic(_header(request, "Topic")), _header(request, "Event-Id")
    delivery = _id(_header(request, "Webhook-Id")) or _digest(body)
    return await _keep(house, found, body, topic, delivery, f"{topic} {_id(event)}" if event else "")


@router.post(
    "/woocommerce/{shop}",
    summary="A webhook of a WooCommerce shop",
    response_model=Received,
    responses=refusals(404),
    openapi_extra=_described(WOOCOMMERCE_HEADERS, WOOCOMMERCE_ORDER),
)
async def woocommerce(request: Request, house: Here, shop: ShopName) -> Received:
    """200 as soon as the delivery is kept, whatever it says, and for the ping that tries a new webhook; 401 for what nobody signed."""
    found, body = _shop(house, shop, ShopKind.WOOCOMMERCE), await request.body()
    signature = request.headers.get("x-wc-webhook-signature", "")
    if not signature and PING.fullmatch(body.strip()):
        return Received(status="ping")
    _check(found, body, signature)
    topic = _topic(request.headers.get("x-wc-webhook-topic", ""))
    digest = _digest(body)
    number = _id(request.headers.get("x-wc-webhook-delivery-id", ""))
    return await _keep(house, found, body, topic, f"{number}/{digest[7:23]}" if number else digest)


@router.post(
    "/amazon/{shop}",
    summary="Orders of Amazon",
    status_code=202,
    response_model=Received,
    responses=refusals(404),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "example": AMAZON_ORDER}}}
    },
)
async def amazon(request: Request, house: Here, caller: Poller, shop: ShopName, idempotency_key: IdempotencyKey = None) -> Received:
    """What a poller got of `searchOrders` or `getOrder` (Orders API, version 2026-01-01), as it came. The same page twice is one."""
    found, body = _shop(house, shop, ShopKind.AMAZON), await request.body()
    if caller.channel not in ("", found.channel):
        sentence = f"The key is bound to the channel {caller.channel}, and the shop is of {found.channel}."
        raise Answered(problem(403, "not-allowed", "The key does not allow it", sentence))
    return await _keep(house, found, body, "", idempotency_key or _digest(body))


async def _keep(house: House, shop: Shop, body: bytes, topic: str, delivery: str, event: str = "") -> Received:
    """Keep it, and have the inbox look; nobody waits for what becomes of it."""
    document = Delivery(
        channel=shop.channel, delivery=delivery, form=shop.kind.value, topic=topic, body=body, received_at=house.now(), event=event
    )
    try:
        kept = await house.road.keep(document)
    except Conflict as conflict:
        log.warning("a delivery came again with another body", shop=shop.name, reason=str(conflict))
        return Received(status="other")
    house.wake.set()
    return Received(status="kept" if kept.how == "new" else "same", entry=kept.entry)


def _shop(house: House, name: str, kind: ShopKind) -> Shop:
    found = next((shop for shop in house.shops if shop.name == name and shop.kind is kind), None)
    if found is None:
        raise NotFound("shop", name)
    return found


def _check(shop: Shop, body: bytes, signature: str) -> None:
    if not signed(body, signature, shop.secrets):
        raise _nobody(shop, "it is not signed" if not signature else "none of the shop's secrets signed it")


def _nobody(shop: Shop, why: str) -> Answered:
    log.warning("a delivery was not taken", shop=shop.name, kind=shop.kind.value, reason=why)
    return Answered(problem(401, "unauthenticated", "Nobody knows who calls", f"The delivery was not taken: {why}."))


def _header(request: Request, name: str) -> str:
    """A header of Shopify's, in the old or the new spelling."""
    return request.headers.get(f"x-shopify-{name}") or request.headers.get(f"shopify-{name}") or ""


def _topic(said: str) -> str:
    """What a delivery says it is about; a delivery always says something, so that it is never taken for a file of ours."""
    return said[:120] if said and said.isprintable() else "(no topic)"


def _id(said: str) -> str:
    """A sender's id, as it can be kept; one that is absurd counts by its digest."""
    return said if len(said) <= 120 and said.isprintable() else _digest(said.encode())


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
