"""The door as a process, over a real socket: who dribbles is cut off, what is too large is not read, and nothing of a person is logged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from config.settings import Settings
from database import callers
from database.engine import Database
from database.seed import seed
from domain.callers import Scope
from starters.http import limits
from starters.http.examples import ORDER
from tests.fresh import migrated
from tests.http.conftest import CATALOGUE, EVERYTHING, SECRET
from workers.api import run_api
from workers.listening import Impatient


@pytest.fixture
async def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The door's address; a body and a head have one second each, and no Temporal server runs."""
    monkeypatch.setattr(limits, "BODY_WITHIN", 1.0)
    monkeypatch.setattr(Impatient, "within", 1.0)
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    database = Database(url)
    await database.transaction(seed, CATALOGUE)
    await database.transaction(callers.add_key, "all", SECRET, "shop", list(Scope), "ada", datetime.now(UTC), None)
    await database.close()
    settings = Settings.load(home=tmp_path, temporal_address="127.0.0.1:1", api_address="127.0.0.1:0")
    stop, listens = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(run_api(settings, stop, listens.set_result))
    yield await asyncio.wait_for(listens, 60)
    stop.set()
    await asyncio.wait_for(serving, 60)


@contextlib.asynccontextmanager
async def connected(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


NAME = "Zacharias Quill"


def head(length: int) -> bytes:
    return f"POST /v1/orders HTTP/1.1\r\nHost: door\r\nX-API-Key: {EVERYTHING}\r\nContent-Length: {length}\r\n\r\n".encode()


async def dribbled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, byte: bytes) -> bytes:
    """All that comes back while a byte goes out every tenth of a second, until the other side hangs up."""

    async def dribble() -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(byte)
                await writer.drain()
                await asyncio.sleep(0.1)

    sending = asyncio.create_task(dribble())
    try:
        return await asyncio.wait_for(reader.read(), 30)
    finally:
        sending.cancel()


async def test_a_body_byte_by_byte_is_cut_off_after_its_time(address: str) -> None:
    began = time.monotonic()
    async with connected(address) as (reader, writer):
        writer.write(head(1_000))
        answer = await dribbled(reader, writer, b" ")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["type"] == "/problems/too-slow"
    assert 0.9 < time.monotonic() - began < 20


@pytest.mark.parametrize("begins", [b"", b"GET /health HTTP/1.1\r\n"])
async def test_a_head_that_never_ends_is_hung_up_on(address: str, begins: bytes) -> None:
    async with connected(address) as (reader, writer):
        writer.write(begins)
        assert await dribbled(reader, writer, b"x" if begins else b"") == b""


async def test_who_sends_nothing_is_hung_up_on_and_who_asks_is_answered_meanwhile(address: str) -> None:
    async with connected(address) as (reader, _), httpx.AsyncClient(base_url=address) as caller:
        silent = asyncio.create_task(reader.read())
        for _ in range(4):
            assert (await caller.get("/health")).status_code == 200
            await asyncio.sleep(0.4)
        assert await asyncio.wait_for(silent, 30) == b""


async def test_twenty_megabytes_are_refused_before_they_are_read(address: str) -> None:
    async with connected(address) as (reader, writer):
        writer.write(head(20_000_000) + b"x" * 1_000)
        answer = await asyncio.wait_for(reader.read(), 30)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


async def test_chunks_without_end_are_refused_at_the_limit(address: str) -> None:
    sent = 0
    async with connected(address) as (reader, writer):
        writer.write(head(0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"))
        with contextlib.suppress(ConnectionError):
            for _ in range(300):
                writer.write(b"186a0\r\n" + b"x" * 100_000 + b"\r\n")
                await writer.drain()
                sent += 100_000
        with contextlib.suppress(ConnectionError):
            assert (await asyncio.wait_for(reader.read(), 30)).startswith(b"HTTP/1.1 413 ")
    async with httpx.AsyncClient(base_url=address) as caller:
        assert (await caller.get("/health")).status_code == 200


async def test_nothing_of_a_person_and_no_secret_is_logged(
    address: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = {**ORDER["ship_to"], "name": "Zacharias Quill", "street": "Amselweg 77", "email": "z.quill@example.com"}
    order = {**ORDER, "external_id": "9-secret-9", "ship_to": person, "payment_reference": "tok_private"}
    async with httpx.AsyncClient(base_url=address, headers={"X-API-Key": EVERYTHING}) as caller:
        assert (await caller.post("/v1/orders", json=order, headers={"Idempotency-Key": "idem-77"})).status_code == 202
        await caller.post("/v1/orders", json={**order, "quantity": "Zacharias Quill"})
        await caller.get("/v1/orders", params={"customer": "z.quill@example.com"})
        await caller.get("/v1/orders/web/9-secret-9")
        await caller.post("/v1/orders/web/9-secret-9/messages/delivery_confirmed", json={"shipment": 1, "signed_by": "Zacharias Quill"})
        await caller.post("/v1/orders/web/9-secret-9/messages/cancel_order", json={"reason": "Zacharias Quill"})
        await caller.post("/webhooks/stripe", content=b"{}", headers={"Stripe-Signature": "t=1,v1=deadbeef"})
        await caller.get("/v1/orders", headers={"X-API-Key": "hf_all_wrong-secret"})
        monkeypatch.setattr("database.reading.order_view", _breaks)
        broken = await caller.get("/v1/orders/web/9-secret-9")
        assert broken.status_code == 500, broken.text
    said = "".join(capfd.readouterr())
    assert "path=/v1/orders/{channel}/{external_id}" in said
    for secret in ("Quill", "quill", "Amselweg", "tok_private", "idem-77", "9-secret-9", SECRET, "wrong-secret", "deadbeef"):
        assert secret not in said, secret


def _breaks(session: object, order: str) -> None:
    """A statement that the database refuses: its parameters are a person's."""
    from sqlalchemy import text

    session.execute(text("SELECT :name, :odd"), {"name": NAME, "odd": object()})  # type: ignore[attr-defined]  # a session
