"""Sending to addresses of strangers, over real sockets: signed, pinned to the address that was judged, bounded."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from domain.errors import InputRefused, Unavailable
from domain.webhooks import Attempt
from integrations.ports import Webhook
from integrations.webhooks import HttpSubscribers, Keyring
from integrations.webhooks.signing import digest_of

KEYS = Keyring((b"k" * 32,))
BODY = '{"type":"order.accepted"}'


def webhook(url: str, generation: int = 1, old: bool = False) -> Webhook:
    return Webhook(
        subscription="sub_1",
        url=url,
        generation=generation,
        digest=digest_of(KEYS.secret("sub_1", generation)),
        old_digest=digest_of(KEYS.secret("sub_1", generation - 1)) if old else "",
        message="msg_1",
        body=BODY,
    )


class Receiver:
    """Answers each call with what it is told to, and keeps what came."""

    def __init__(self, answer: bytes, wait: float = 0.0) -> None:
        self.answer, self.wait = answer, wait
        self.calls: list[tuple[dict[str, str], str]] = []
        self.url = ""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(each.lower().split(": ", 1) for each in head.split("\r\n")[1:] if ": " in each)
        signed = {
            name: value
            for name, _, value in (each.partition(": ") for each in head.split("\r\n")[1:])
            if name.lower().startswith("webhook-")
        }
        body = (await reader.readexactly(int(headers["content-length"]))).decode()
        self.calls.append(({**headers, **{name.lower(): value for name, value in signed.items()}}, body))
        await asyncio.sleep(self.wait)
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening(answer: str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", wait: float = 0.0) -> AsyncIterator[Receiver]:
    receiver = Receiver(answer.encode(), wait)
    server = await asyncio.start_server(receiver, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"
    try:
        yield receiver
    finally:
        server.close()


@pytest.fixture
async def subscribers() -> AsyncIterator[HttpSubscribers]:
    made = HttpSubscribers(lambda: KEYS, loopback=True, seconds=2)
    yield made
    await made.close()


async def test_what_is_sent_verifies_with_the_reference_library(subscribers: HttpSubscribers) -> None:
    async with listening() as receiver:
        assert await subscribers.post(webhook(receiver.url)) == Attempt(outcome="taken", answer="HTTP 200")
    [(headers, body)] = receiver.calls
    assert Verifier(KEYS.secret("sub_1", 1)).verify(body, headers) == {"type": "order.accepted"}
    assert headers["webhook-id"] == "msg_1"
    with pytest.raises(WebhookVerificationError):
        Verifier(KEYS.secret("sub_2", 1)).verify(body, headers)


async def test_during_a_rotation_both_secrets_verify_and_later_only_the_new_one(subscribers: HttpSubscribers) -> None:
    async with listening() as receiver:
        await subscribers.post(webhook(receiver.url, 2, old=True))
        await subscribers.post(webhook(receiver.url, 2))
    (both, body), (one, _) = receiver.calls
    for generation in (1, 2):
        Verifier(KEYS.secret("sub_1", generation)).verify(body, both)
    with pytest.raises(WebhookVerificationError):
        Verifier(KEYS.secret("sub_1", 1)).verify(body, one)


async def test_a_key_that_is_not_the_house_s_signs_nothing() -> None:
    stranger = HttpSubscribers(lambda: Keyring((b"x" * 32,)), loopback=True)
    async with listening() as receiver:
        with pytest.raises(Unavailable, match="another key"):
            await stranger.post(webhook(receiver.url))
    assert receiver.calls == []
    changed = HttpSubscribers(lambda: Keyring((b"x" * 32, b"k" * 32)), loopback=True)
    async with listening() as receiver:
        assert (await changed.post(webhook(receiver.url))).outcome == "taken"
    await changed.close()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", Attempt(outcome="failed", answer="HTTP 500")),
        ("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", Attempt(outcome="gone", answer="HTTP 410 Gone")),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            Attempt(outcome="failed", answer="HTTP 302, a redirect, which is not followed"),
        ),
        (
            "HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n",
            Attempt(outcome="failed", answer="HTTP 429", asked=timedelta(minutes=2)),
        ),
        ("garbage\r\n\r\n", Attempt(outcome="failed", answer="it cannot be reached (RemoteProtocolError)")),
    ],
)
async def test_each_answer_means_what_it_says(subscribers: HttpSubscribers, answer: str, told: Attempt) -> None:
    async with listening(answer) as receiver:
        assert await subscribers.post(webhook(receiver.url)) == told
    assert len(receiver.calls) == 1


async def test_a_date_of_retry_after_counts_too(subscribers: HttpSubscribers) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    async with listening(f"HTTP/1.1 503 Later\r\nRetry-After: {later}\r\nContent-Length: 0\r\n\r\n") as receiver:
        told = await subscribers.post(webhook(receiver.url))
    assert told.asked is not None
    assert timedelta(minutes=59) < told.asked <= timedelta(hours=1)


async def test_a_slow_receiver_has_its_time_and_no_more(subscribers: HttpSubscribers) -> None:
    async with listening(wait=20) as receiver:
        began = time.monotonic()
        assert await subscribers.post(webhook(receiver.url)) == Attempt(outcome="failed", answer="no answer within 2 s")
    assert time.monotonic() - began < 10


async def test_an_endless_answer_is_not_read_to_its_end(subscribers: HttpSubscribers) -> None:
    async with listening("HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n" + "x" * 500_000) as receiver:
        assert (await subscribers.post(webhook(receiver.url))).outcome == "taken"


def named(*answers: tuple[str, ...]) -> tuple[Callable[[str, int], Awaitable[tuple[str, ...]]], list[str]]:
    """A resolver that answers differently each time, the last answer for ever, and what it was asked."""
    asked: list[str] = []
    left = list(answers)

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve, asked


@pytest.mark.parametrize("address", ["10.0.0.8", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:192.168.0.1", "100.64.1.1"])
async def test_a_name_in_a_private_network_is_refused_when_somebody_subscribes(address: str) -> None:
    resolve, _ = named(("93.184.215.14", address))
    with pytest.raises(InputRefused, match="no public address"):
        await HttpSubscribers(lambda: KEYS, resolve=resolve).judge("https://rebind.example/hooks")


async def test_a_name_that_moves_into_our_network_later_is_not_called() -> None:
    """DNS rebinding: public when it was judged, this machine when it is called."""
    async with listening() as receiver:
        port = int(receiver.url.rpartition(":")[2].partition("/")[0])
        resolve, asked = named(("93.184.215.14",), ("127.0.0.1",))
        subscribers = HttpSubscribers(lambda: KEYS, resolve=resolve, seconds=2)
        await subscribers.judge(f"https://rebind.example:{port}/hooks")
        told = await subscribers.post(webhook(f"https://rebind.example:{port}/hooks"))
        await subscribers.close()
    assert (told.outcome, told.answer) == ("failed", "url: rebind.example is at 127.0.0.1, which is no public address")
    assert (receiver.calls, asked) == ([], ["rebind.example", "rebind.example"])


async def test_the_address_that_was_judged_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """One resolution for each connection: there is no second one that could answer otherwise."""
    async with listening() as receiver:
        port = int(receiver.url.rpartition(":")[2].partition("/")[0])
        resolve, asked = named(("127.0.0.1",))

        def nobody(*_: object, **__: object) -> None:
            raise AssertionError("the machine's resolver was asked as well")

        subscribers = HttpSubscribers(lambda: KEYS, loopback=True, resolve=resolve, seconds=2)
        genuine = socket.getaddrinfo
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda host, *rest, **more: genuine(host, *rest, **more) if host == "127.0.0.1" else nobody()
        )
        told = await subscribers.post(webhook(f"http://localhost:{port}/hooks"))
        await subscribers.close()
    assert told.outcome == "taken"
    [(headers, _)] = receiver.calls
    assert (headers["host"], asked) == (f"localhost:{port}", ["localhost"])


async def test_a_host_that_nobody_knows_is_refused_when_somebody_subscribes() -> None:
    async def unknown(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror("unknown")

    with pytest.raises(InputRefused, match="nobody knows the host"):
        await HttpSubscribers(lambda: KEYS, resolve=unknown).judge("https://nowhere.example/")
