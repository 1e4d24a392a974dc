"""The application: every endpoint, behind limits, answering every failure as a problem."""

from __future__ import annotations

import asyncio
import json
import time
from importlib.metadata import version
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import TypeAdapter
from sqlalchemy import select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.values import Value
from starters.channels.tracking import TrackingEvents
from starters.channels.warehouse import WarehouseFact
from starters.http import carriers, looking, messages, orders, payment_services, problems, quotes, shops, subscriptions, warehouses
from starters.http.callers import tokens_of
from starters.http.handbook import handbook
from starters.http.house import Here, House
from starters.http.limits import Limits, RateLimit
from starters.schemas import order_schema

DESCRIPTION = """Orders in, their whole lives out. Every failure is a problem (RFC 9457) with one sentence that says what to do.
Sending anything again is safe: orders by their channel and id, everything else by its `Idempotency-Key`, or its body."""

TAGS = [
    {"name": "orders", "description": "Place and read orders."},
    {"name": "quotes", "description": "What an order would cost, for so long; accepted, it is an order."},
    {"name": "messages", "description": "Tell an order what has happened, ask it for what it may refuse."},
    {"name": "channels", "description": "Orders of sales channels, in the channel's own form or in ours."},
    {"name": "stock", "description": "What can be promised, from where, when."},
    {"name": "warehouses", "description": "What warehouses with a system of their own say of their work."},
    {"name": "webhooks", "description": "What carriers and payment services tell by themselves."},
    {"name": "shops", "description": "What web shops and marketplaces deliver by themselves."},
    {"name": "subscriptions", "description": "What happens to orders, told by signed webhooks."},
    {"name": "inbox", "description": "Where a document is that was sent."},
    {"name": "service", "description": "Whether the service lives."},
]

READ_BY_US: dict[str, Any] = {
    "TrackingEvents": TrackingEvents,
    "WarehouseFact": WarehouseFact,
    "QuoteAsked": quotes.QuoteAsked,
    "Problem": problems.Problem,
}
"""Bodies that our own strict readers read, so that every refusal has a place; the description gets their schemas added."""

log = structlog.get_logger()


def _health(status: str, database: bool) -> dict[str, Any]:
    return {"application/json": {"example": {"status": status, "database": database, "temporal": True}}}


class Health(Value):
    """`database` and `temporal` answer; without Temporal documents are still taken, and handed over when it is back."""

    status: str
    database: bool
    temporal: bool


HEALTH: dict[int | str, dict[str, Any]] = {
    200: {"model": Health, "description": "Documents are taken.", "content": _health("up", True)},
    503: {"model": Health, "description": "Nothing is taken now.", "content": _health("down", False)},
}


def create_app(house: House) -> FastAPI:
    """The application of one installation."""
    app = FastAPI(
        title="Holdfast",
        version=version("holdfast"),
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,  # it would load its scripts from another host: ours needs none
        redoc_url=None,
        generate_unique_id_function=lambda route: str(route.name),
    )
    house.tokens = house.tokens or tokens_of(house.settings)
    app.state.house = house
    problems.install(app)
    app.include_router(orders.router)
    app.include_router(quotes.router)
    app.include_router(messages.router)
    app.include_router(looking.router)
    app.include_router(carriers.router)
    app.include_router(payment_services.router)
    app.include_router(warehouses.router)
    app.include_router(shops.router)
    app.include_router(subscriptions.router)

    @app.get("/health", tags=["service"], summary="Whether the service lives", responses=HEALTH)
    async def health(here: Here) -> Any:
        """200 while documents can be taken, which needs the database alone."""
        database, temporal = await asyncio.gather(_database_answers(here), _temporal_answers(here))
        found = Health(status="up" if database else "down", database=database, temporal=temporal)
        return JSONResponse(found.model_dump(), 200 if database else 503)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(handbook(app.openapi()), headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})

    app.add_middleware(Limits, rate=RateLimit(house.settings.api_rate, house.settings.api_burst), signed=(*shops.SIGNED, "/webhooks/"))
    app.add_middleware(AccessLog)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]  # FastAPI's own way of adding to the description
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """OpenAPI, with the schemas of what is read by our own strict readers and not by FastAPI."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, tags=TAGS, routes=app.routes, openapi_version="3.1.0"
        )
        schemas = schema["components"]["schemas"]
        for name, read_by_us in READ_BY_US.items():
            described = TypeAdapter(read_by_us).json_schema(ref_template="#/components/schemas/{model}", mode="validation")
            parts = described.pop("$defs", {})
            schemas |= {each: part for each, part in parts.items() if each not in schemas}
            schemas[name] = described
        published = _published_order()
        schemas |= published.pop("$defs")
        schemas["PlaceOrder"] = published
        schemas["OrderOfChannel"] = published | {"required": [name for name in published["required"] if name != "channel"]}
        quoted = schemas["QuoteAsked"]
        of_order = {"$ref": "#/components/schemas/OrderOfChannel"}
        schemas["QuoteOrder"] = quoted | {"properties": {"order": of_order, **quoted["properties"]}, "required": ["order"]}
        app.openapi_schema = schema
    return app.openapi_schema


def _published_order() -> dict[str, Any]:
    """The published schema, its parts called as the description's are."""
    schema: dict[str, Any] = json.loads(json.dumps(order_schema()).replace("#/$defs/", "#/components/schemas/"))
    del schema["$schema"], schema["$id"]
    return schema


async def _database_answers(house: House) -> bool:
    try:
        async with asyncio.timeout(2):
            await house.database.read(lambda session: session.scalar(select(1)))
    except Exception:  # noqa: BLE001  # whatever it is, it does not answer
        return False
    return True


async def _temporal_answers(house: House) -> bool:
    try:
        async with asyncio.timeout(2):
            return bool(await house.client.service_client.check_health())
    except Exception:  # noqa: BLE001  # whatever it is, it does not answer
        return False


class AccessLog:
    """One line for every call: method, declared path, status, milliseconds. No query, no body, no id, no credential."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.monotonic(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            path = str(getattr(scope.get("route"), "path", "(none)"))
            log.info("called", method=scope["method"], path=path, status=status, ms=round(1000 * (time.monotonic() - began), 1))
