"""How much a caller may ask: so many bytes, within so many seconds, so often. What is beyond it is refused before anybody reads it."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from starters.http.problems import Problem, problem, response

LARGEST_BODY = 5_000_000
"""Bytes; the largest real orders are a few hundred kilobytes."""

BODY_WITHIN = 10.0
"""Seconds that a body may take: a sender that dribbles holds a connection for no longer."""

NUL = b"%00"

MOST_CALLERS = 10_000
"""Buckets that are kept; the one that was used longest ago is forgotten first, and a forgotten caller begins with a full one."""


@dataclass
class Bucket:
    """A token bucket: `left` calls may come at once; they come back by the rate."""

    left: float
    seen: float


class RateLimit:
    """So many calls a second on average for each caller, and `burst` of them at once."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second, self.burst, self._clock = per_second, burst, clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def wait(self, caller: str, *, take: bool = True) -> float:
        """Seconds until this caller may call again; 0 takes the call, unless it is only asked."""
        now = self._clock()
        bucket = self._buckets.pop(caller, None) or Bucket(self.burst, now)
        bucket.left = min(self.burst, bucket.left + (now - bucket.seen) * self.per_second)
        bucket.seen = now
        wait = 0.0 if bucket.left >= 1 else (1 - bucket.left) / self.per_second
        if take and not wait:
            bucket.left -= 1
        self._buckets[caller] = bucket
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        return wait

    def give_back(self, caller: str) -> None:
        """A call was not this caller's after all."""
        if caller in self._buckets:
            self._buckets[caller].left = min(self.burst, self._buckets[caller].left + 1)


KNOWN = "holdfast.known"
"""Set in the scope of a call by whoever looks whose credential it has: whether it is anybody's."""


class Limits:
    """The outermost layer of the application: reads the body for the endpoints, within bounds, and counts the calls.

    A credential has its own count once somebody knew whose it is; until then, and where there is none, its address is counted, so that
    nobody calls more often by inventing credentials. Under the paths of `signed` only what nobody signed is counted, always by its
    address: a shop that sells a lot is not to lose an order.
    """

    def __init__(self, app: ASGIApp, rate: RateLimit, largest: int = LARGEST_BODY, within: float = 0, signed: tuple[str, ...] = ()) -> None:
        self.app, self.rate, self.largest, self.within, self.signed = app, rate, largest, within or BODY_WITHIN, signed
        self._known: OrderedDict[str, None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused, headers, body = await self._take(scope, receive)
        if refused is not None:
            await response(refused, headers)(scope, receive, send)
            return
        if self._is_signed(scope):
            await self.app(scope, _replayed(body, receive), self._counting(scope, send))
            return
        await self.app(scope, _replayed(body, receive), send)
        if KNOWN in scope:
            self._remember(scope)

    def _is_signed(self, scope: Scope) -> bool:
        return bool(self.signed) and str(scope["path"]).startswith(self.signed)

    def _counting(self, scope: Scope, send: Send) -> Send:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (400, 401):
                self.rate.wait(_address(scope))
            await send(message)

        return counted

    def _counted_as(self, scope: Scope) -> str:
        """Whom a call is counted for: the credential that somebody knew, else the address it comes from."""
        credential = "" if self._is_signed(scope) else _credential(scope)
        return credential if credential in self._known else _address(scope)

    def _remember(self, scope: Scope) -> None:
        """Who turns out to be somebody is counted by the credential from this call on, and the address has its call back."""
        credential, known = _credential(scope), bool(scope[KNOWN])
        new = credential not in self._known
        self._known.pop(credential, None)
        if not (credential and known):
            return
        self._known[credential] = None
        if new:
            self.rate.give_back(_address(scope))
            self.rate.wait(credential)
        if len(self._known) > MOST_CALLERS:
            self._known.popitem(last=False)

    async def _take(self, scope: Scope, receive: Receive) -> tuple[Problem | None, dict[str, str], bytes]:
        wait = self.rate.wait(self._counted_as(scope), take=not self._is_signed(scope))
        if wait:
            again = {"Retry-After": str(max(1, round(wait + 0.5)))}
            return problem(429, "too-many-requests", "Too many requests", f"Come again in {wait:.1f} s."), again, b""
        if NUL in scope.get("raw_path", b"") or NUL in scope.get("query_string", b""):
            return problem(400, "unreadable", "The address cannot be read", "It has a NUL character, which is in no name."), {}, b""
        too_large = problem(413, "too-large", "The body is too large", f"At most {self.largest:,} bytes are taken.")
        stated = dict(scope["headers"]).get(b"content-length", b"")
        if stated.isdigit() and (len(stated) > 15 or int(stated) > self.largest):
            return too_large, {"Connection": "close"}, b""
        body = bytearray()
        try:
            async with asyncio.timeout(self.within):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return problem(400, "disconnected", "The sender left", "The body was not sent to its end."), {}, b""
                    body += message.get("body", b"")
                    if len(body) > self.largest:
                        return too_large, {"Connection": "close"}, b""
                    if not message.get("more_body", False):
                        return None, {}, bytes(body)
        except TimeoutError:
            slow = problem(408, "too-slow", "The body came too slowly", f"A body has {self.within:.0f} s to arrive.")
            return slow, {"Connection": "close"}, b""


def _credential(scope: Scope) -> str:
    headers = dict(scope["headers"])
    credential: bytes = headers.get(b"x-api-key") or headers.get(b"authorization") or b""
    return hashlib.sha256(credential).hexdigest() if credential else ""


def _address(scope: Scope) -> str:
    """Where a call comes from; of IPv6 the network of one subscriber, who has all of its addresses."""
    said = str((scope.get("client") or ("",))[0])
    try:
        found = ipaddress.ip_address(said)
    except ValueError:
        return said
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else said


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body that was read, once, and afterwards whatever the server says."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replay
