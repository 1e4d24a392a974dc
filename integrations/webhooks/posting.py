"""Sending to addresses that strangers named: each is resolved, judged and then called by the very address that was judged."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore

from domain.errors import InputRefused, Refused
from domain.webhooks import Attempt, is_loopback, is_public, read_endpoint
from integrations.ports import Webhook
from integrations.webhooks.signing import Keyring, signature

SECONDS = 15.0
"""From the name's resolution to the end of the answer; the specification proposes fifteen to thirty."""

MOST_BYTES = 64_000
"""Of an answer, which nobody reads; more of it is not waited for."""

Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]


async def resolved(host: str, port: int) -> tuple[str, ...]:
    """All addresses of a name, as this machine's resolver has them. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class HttpSubscribers:
    """The port `Subscribers`. `keyring` is asked at every sending; `loopback` lets this machine itself be named, for tests and demos."""

    def __init__(
        self,
        keyring: Callable[[], Keyring],
        *,
        loopback: bool = False,
        resolve: Resolve = resolved,
        seconds: float = SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._keyring, self._loopback, self._resolve, self._seconds, self._tls = keyring, loopback, resolve, seconds, tls
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def judge(self, url: str) -> None:
        """Whether events may go to an address, as it resolves now. Raises InputRefused."""
        endpoint = read_endpoint(url, self._loopback)
        try:
            async with asyncio.timeout(5):
                await allowed(endpoint.host, endpoint.port, self._resolve, self._loopback)
        except (OSError, TimeoutError, UnicodeError):
            raise InputRefused("url", f"nobody knows the host {endpoint.host!r:.80}") from None

    async def post(self, webhook: Webhook) -> Attempt:
        """Send one event. Raises Unavailable when it cannot be signed; whatever the receiver does is an answer."""
        keyring = self._keyring()
        secrets = [keyring.known_secret(webhook.subscription, webhook.generation, webhook.digest)]
        if webhook.old_digest:
            secrets.append(keyring.known_secret(webhook.subscription, webhook.generation - 1, webhook.old_digest))
        at = datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "holdfast-webhooks/1",
            "Accept": "*/*",
            "webhook-id": webhook.message,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature(secrets, webhook.message, at, webhook.body),
        }
        try:
            read_endpoint(webhook.url, self._loopback)
            async with asyncio.timeout(self._seconds):
                return await self._sent(webhook, headers)
        except TimeoutError:
            return Attempt(outcome="failed", answer=f"no answer within {self._seconds:.0f} s")
        except Refused as refused:
            return Attempt(outcome="failed", answer=str(refused))
        except httpcore.TimeoutException:
            return Attempt(outcome="failed", answer="the connection took too long")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError, UnicodeError) as broken:
            return Attempt(outcome="failed", answer=f"it cannot be reached ({type(broken).__name__})")

    async def _sent(self, webhook: Webhook, headers: dict[str, str]) -> Attempt:
        if self._pool is None:
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=self._tls,
                max_connections=40,
                max_keepalive_connections=20,
                keepalive_expiry=5,
                network_backend=Guarded(self._resolve, self._loopback),
            )
        times = {"timeout": {"connect": 10.0, "read": self._seconds, "write": self._seconds, "pool": self._seconds}}
        async with self._pool.stream(
            "POST", webhook.url, headers=list(headers.items()), content=webhook.body.encode(), extensions=times
        ) as response:
            said = _judged(response.status, dict(response.headers))
            read = 0
            async for part in response.aiter_stream():
                read += len(part)
                if read > MOST_BYTES:  # leaving closes the connection
                    break
            return said

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only, and to the one that was judged: a name that resolves differently a moment later changes nothing.

    The name itself still stands in the request and is what the certificate is checked for.
    """

    def __init__(self, resolve: Resolve, loopback: bool) -> None:
        self._resolve, self._loopback = resolve, loopback
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        last: Exception = OSError("no address")
        for address in await allowed(host, port, self._resolve, self._loopback):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as silent:
                last = silent
        raise last

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise Refused("Events are sent over the internet only.")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


async def allowed(host: str, port: int, resolve: Resolve, loopback: bool) -> tuple[str, ...]:
    """The addresses of a host, when all of them may be called. Raises InputRefused, and OSError for a name that nobody knows."""
    found = await resolve(host, port)
    for address in found:
        if not is_public(address) and not (loopback and is_loopback(address)):
            raise InputRefused("url", f"{host:.80} is at {address}, which is no public address")
    if not found:
        raise OSError(f"{host} has no address")
    return found


def _judged(status: int, headers: dict[bytes, bytes]) -> Attempt:
    if 200 <= status < 300:
        return Attempt(outcome="taken", answer=f"HTTP {status}")
    if status == 410:
        return Attempt(outcome="gone", answer="HTTP 410 Gone")
    if 300 <= status < 400:
        return Attempt(outcome="failed", answer=f"HTTP {status}, a redirect, which is not followed")
    lowered = {name.lower(): value for name, value in headers.items()}
    return Attempt(outcome="failed", answer=f"HTTP {status}", asked=_wait(lowered.get(b"retry-after", b"").decode("ascii", "replace")))


def _wait(said: str) -> timedelta | None:
    """Retry-After (RFC 9110, 10.2.3): seconds, or a date."""
    said = said.strip()
    if said.isdecimal() and len(said) < 10:
        return timedelta(seconds=int(said))
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError):
        return None
    left = (until if until.tzinfo else until.replace(tzinfo=UTC)) - datetime.now(UTC)
    return max(left, timedelta()) or None
