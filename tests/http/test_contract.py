"""Whatever the description allows, and much that it forbids, is asked of the real application: it never breaks, and answers as described.

`make fuzz-api` asks for longer.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from temporalio.client import Client

from database.engine import Database
from starters.http.app import create_app
from starters.http.examples import ORDER
from starters.http.house import House
from starters.webhooks.shops import sign
from tests.endurance import examples
from tests.http.conftest import EVERYTHING, house_at
from tests.http.shop_doors import SHOPS
from tests.http.test_carriers import NEW as CARRIER_SECRET
from tests.http.test_carriers import signed
from tests.http.test_stripe_events import NEW as STRIPE_SECRET
from tests.starters.orders import listening

EXAMPLES = examples(12)
"""Of each operation and kind: what its description allows, and what it forbids."""

SHOP_OF = {"shopify": "nord", "woocommerce": "mill", "amazon": "amazon-de"}

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
def house(database: Database, client: Client, tmp_path: Path) -> House:
    secrets = {"carrier_webhook_secrets": f"ups={CARRIER_SECRET}", "stripe_webhook_secret": STRIPE_SECRET}
    (tmp_path / "shops.toml").write_text(SHOPS)
    return house_at(database, client, tmp_path, api_rate=10_000, api_burst=100_000, shops=tmp_path / "shops.toml", **secrets)


@pytest.fixture
async def door(house: House, client: Client) -> AsyncIterator[httpx.AsyncClient]:
    """The real application, an order that lives in it, and a worker that listens."""
    transport = httpx.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    async with listening(client), httpx.AsyncClient(transport=transport, base_url="http://door") as caller:
        placed = await caller.post("/v1/orders", json=ORDER, headers={"X-API-Key": EVERYTHING})
        assert placed.status_code in (200, 201), placed.text
        yield caller


async def test_the_whole_description_is_kept(house: House, door: httpx.AsyncClient) -> None:
    schema = schemathesis.openapi.from_dict(create_app(house).openapi())
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) >= 17
    loop, asked, broken = asyncio.get_running_loop(), [0], []

    def ask(case: Case[Any]) -> None:
        asked[0] += 1
        answer = asyncio.run_coroutine_threadsafe(send(door, case), loop).result(60)
        case.validate_response(answer, checks=CHECKS)

    def ask_all() -> None:
        for operation in operations:
            for mode in GenerationMode:
                try:
                    examined(operation.as_strategy(generation_mode=mode), ask)
                except Unsatisfiable:  # it asks for nothing, so that there is nothing to forbid
                    assert not operation.body
                except Exception as failure:  # noqa: BLE001  # every operation is asked, whatever another one did
                    broken.append(f"{operation.label} ({mode.value}): {type(failure).__name__}: {failure}"[:3_000])

    await asyncio.to_thread(ask_all)
    assert broken == [], "\n\n".join(broken)
    assert asked[0] >= EXAMPLES * len(operations)


def examined(strategy: Any, ask: Any) -> None:
    """Ask with a bounded number of examples, the same ones in every run."""

    @seed(20_261_123)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def examine(case: Case[Any]) -> None:
        ask(case)

    examine()


async def send(door: httpx.AsyncClient, case: Case[Any]) -> httpx.Response:
    """The case as a call with our key; every second one to a signed address is signed."""
    asked = requests.Request(**case.as_transport_kwargs(base_url="http://door")).prepare()
    body = asked.body if isinstance(asked.body, bytes) else str(asked.body or "").encode()
    headers = {name: value for name, value in asked.headers.items() if name.lower() not in ("authorization", "content-length", "host")}
    headers["X-API-Key"] = EVERYTHING
    if len(body) % 2 == 0:
        headers |= _signature(case.path, body)
    url = asked.url or ""
    if case.path.endswith("/{shop}"):  # nearly every name is nobody's: the others are asked for as well
        kind = case.path.split("/")[2]
        headers |= _shop_signature(kind, body)
        url = url if len(body) % 3 == 0 else f"http://door/channels/{kind}/{SHOP_OF[kind]}"
    raw = [(_latin(name), _latin(value)) for name, value in headers.items()]
    return await door.request(asked.method or "GET", url, content=body, headers=raw)


def _signature(path: str, body: bytes) -> dict[str, str]:
    now = datetime.now(UTC)
    if path.endswith("/stripe"):
        at = int(now.timestamp())
        return {"Stripe-Signature": f"t={at},v1={hmac.new(STRIPE_SECRET.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"}
    try:
        return signed(body, f"contract-{hash(body)}", CARRIER_SECRET, now) if "/carriers/" in path else {}
    except UnicodeDecodeError:  # the library of senders signs text alone
        return {}


def _shop_signature(kind: str, body: bytes) -> dict[str, str]:
    if kind == "shopify":
        return {"X-Shopify-Hmac-Sha256": sign(body, "new-secret")}
    return {"X-WC-Webhook-Signature": sign(body, "mill-secret")} if kind == "woocommerce" else {}


def _latin(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1", "replace")
