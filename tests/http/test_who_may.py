"""Who may call: keys by scope, until they end; bearer tokens of a provider that is asked for its keys; and how much anybody may send."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.types import Message
from temporalio.client import Client

from database import callers
from database.engine import Database
from domain.callers import Scope
from domain.errors import NotFound, Refused
from starters.http.app import create_app
from starters.http.callers import Tokens
from starters.http.limits import Limits, RateLimit
from tests.http.conftest import EVERYTHING, READER, SECRET, door_of, house_at

ISSUER = "https://login.example.com/"


@pytest.fixture
async def stranger(database: Database, client: Client, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with door_of(house_at(database, client, tmp_path), key="") as caller:
        yield caller


@pytest.mark.parametrize(
    "key", ["", "hf_all", "hf_all_", f"hf_all_{SECRET}x", "hf_nobody_" + SECRET, "x" * 10_000, "hf_all_schlüssel", "a.b.c"]
)
async def test_nobody_enters_without_a_key(stranger: httpx.AsyncClient, key: str) -> None:
    headers = httpx.Headers([(b"X-API-Key", key.encode())] if key else [])
    answer = await stranger.get("/v1/orders", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_key_opens_what_its_scopes_say(stranger: httpx.AsyncClient) -> None:
    for headers in ({"X-API-Key": READER}, {"Authorization": f"Bearer {READER}"}):
        assert (await stranger.get("/v1/orders", headers=headers)).status_code == 200
        answer = await stranger.post("/v1/orders", headers=headers, json={})
        assert (answer.status_code, answer.json()["detail"]) == (403, "It needs the scope orders:write.")


async def test_a_key_ends_when_it_says_so_or_is_revoked(stranger: httpx.AsyncClient, database: Database) -> None:
    now = datetime.now(UTC)
    for key_id, expires in (("over", now - timedelta(seconds=1)), ("taken", None)):
        await database.transaction(callers.add_key, key_id, SECRET, key_id, [Scope.ORDERS_READ], "ada", now, expires)
    headers = {"X-API-Key": callers.written("taken", SECRET)}
    assert (await stranger.get("/v1/orders", headers=headers)).status_code == 200
    await database.transaction(callers.revoke_key, "taken", now)
    assert (await stranger.get("/v1/orders", headers=headers)).status_code == 401
    assert (await stranger.get("/v1/orders", headers={"X-API-Key": callers.written("over", SECRET)})).status_code == 401
    kept = await database.read(lambda session: str(callers.keys(session)))
    assert SECRET not in kept
    with pytest.raises(NotFound):
        await database.transaction(callers.revoke_key, "nobody", now)
    with pytest.raises(Refused, match="at least one scope"):
        await database.transaction(callers.add_key, "none", SECRET, "none", [], "ada", now, None)


# --- bearer tokens -------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def provider(signing_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> Tokens:
    """A provider whose published keys are those of the test; nobody is asked over a network."""
    published = {"keys": [{**RSAAlgorithm.to_jwk(signing_key.public_key(), as_dict=True), "kid": "k1", "use": "sig", "alg": "RS256"}]}
    monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", lambda self: published)
    return Tokens(ISSUER, "holdfast", f"{ISSUER}keys")


def token(key: Any, *, kid: str = "k1", algorithm: str = "RS256", **changes: Any) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "holdfast", "sub": "portal", "iat": now, "exp": now + 300, "scope": "orders:read openid"}
    return jwt.encode({**claims, **changes}, key, algorithm=algorithm, headers={"kid": kid})


def test_a_token_of_the_provider_is_somebody_with_the_scopes_that_we_know(provider: Tokens, signing_key: rsa.RSAPrivateKey) -> None:
    caller = provider.caller_of(token(signing_key))
    assert caller is not None
    assert (caller.name, caller.scopes) == ("token:portal", frozenset({Scope.ORDERS_READ}))


def test_any_other_token_is_nobodys(provider: Tokens, signing_key: rsa.RSAPrivateKey) -> None:
    now = int(time.time())
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    wrong = [
        token(signing_key, exp=now - 300),
        token(signing_key, aud="somebody-else"),
        token(signing_key, iss="https://evil.example.com/"),
        token(signing_key, kid="k2"),
        token(other),
        token("a-shared-secret-of-enough-length-for-hs256", algorithm="HS256"),
        jwt.encode({"sub": "portal"}, "", algorithm="none", headers={"kid": "k1"}),
        "not.a.token",
        "..",
    ]
    assert [provider.caller_of(each) for each in wrong] == [None] * len(wrong)


# --- limits --------------------------------------------------------------------------------------------------------------------------


async def test_too_many_calls_are_told_when_to_come_again(database: Database, client: Client, tmp_path: Path) -> None:
    house = house_at(database, client, tmp_path, api_rate=0.5, api_burst=3)
    async with door_of(house) as shop, door_of(house, READER):
        answers = [await shop.get("/v1/orders") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[-1].headers["retry-after"] in ("2", "3")
        assert answers[-1].json()["type"] == "/problems/too-many-requests"


def test_a_bucket_fills_again_and_callers_do_not_share_it() -> None:
    now = 0.0
    rate = RateLimit(2.0, 3, clock=lambda: now)
    assert [rate.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert rate.wait("b") == 0
    now = 1.0
    assert [rate.wait("a") for _ in range(3)] == [0, 0, 0.5]


async def test_who_invents_credentials_is_counted_by_address_and_takes_no_call_from_whoever_is_known(
    database: Database, client: Client, tmp_path: Path
) -> None:
    house = house_at(database, client, tmp_path, api_rate=0.01, api_burst=3)
    transport = httpx.ASGITransport(app=create_app(house), client=("198.51.100.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as caller:
        known = {"X-API-Key": EVERYTHING}
        assert (await caller.get("/v1/orders", headers=known)).status_code == 200
        false = [{"X-API-Key": f"hf_all_{n:043}"} if n % 2 else {"Authorization": f"Bearer {n}.b.c"} for n in range(6)]
        assert [(await caller.get("/v1/orders", headers=each)).status_code for each in false] == [401, 401, 401, 429, 429, 429]
        assert (await caller.get("/health", headers=false[0])).status_code == 429
        assert [(await caller.get("/v1/orders", headers=known)).status_code for _ in range(3)] == [200, 200, 429]


async def test_a_body_beyond_the_limit_is_not_read(door: httpx.AsyncClient) -> None:
    stated = await door.post("/v1/orders", content=b"x" * 5_000_001)
    assert (stated.status_code, stated.json()["type"]) == (413, "/problems/too-large")

    async def unstated() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 100_000

    streamed = await door.post("/v1/orders", content=unstated())
    assert streamed.status_code == 413


async def test_a_slow_sender_is_sent_away() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nothing of it may reach an endpoint")

    async def dribble() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent: list[Any] = []

    async def send(message: Message) -> None:
        sent.append(message)

    limits = Limits(app, RateLimit(100, 100), within=0.1)
    await limits({"type": "http", "headers": [], "method": "POST", "path": "/", "client": ("127.0.0.1", 1)}, dribble, send)
    assert sent[0]["status"] == 408


async def test_what_breaks_inside_is_said_without_a_word_of_it(door: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from database import reading

    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret of the house")

    monkeypatch.setattr(reading, "order_view", broken)
    answer = await door.get("/v1/orders/web/1")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/defect")
    assert "secret" not in answer.text
    assert EVERYTHING not in answer.text
