"""One call over HTTP to a system of somebody else: bounded in time and size, and honest about what its failure means."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx

from domain.errors import Busy, Refused, Unavailable
from domain.values import Value

SECONDS = 10.0
"""For one call; a telling makes two to five of them."""

MOST_BYTES = 4_000_000
"""Of an answer; the largest that is asked for are pages of a hundred lines."""

USUAL_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=10)
"""After a 429 that names no time, or an absurd one."""


class Answer(Value):
    """What came back: `body` is read as JSON."""

    status: int
    body: Any


class Web:
    """Calls to one shop. `name` is how it is called in sentences; the credentials are in `headers` or `auth` and stand in no error."""

    def __init__(
        self,
        name: str,
        address: str,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        seconds: float = SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.name = name
        self._address, self._headers, self._auth = address.rstrip("/"), headers or {}, auth
        self._seconds, self._most = seconds, most_bytes
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def call(self, method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> Answer:
        """Raises Busy, Unavailable (whatever was asked may have happened) or Refused."""
        if self._client is None:
            self._client = httpx.AsyncClient(
                headers={"Accept": "application/json", "User-Agent": "holdfast", **self._headers},
                auth=self._auth,
                timeout=httpx.Timeout(self._seconds),
                limits=httpx.Limits(max_connections=4),
            )
        try:
            async with self._client.stream(method, f"{self._address}{path}", json=body, params=query) as response:
                content = b""
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > self._most:
                        raise Unavailable(f"{self.name} answers with more than {self._most // 1_000} kB, which nobody asked for.")
        except httpx.TimeoutException:
            raise Unavailable(f"{self.name} did not answer within {self._seconds:.0f} s.") from None
        except httpx.HTTPError as broken:
            raise Unavailable(f"{self.name} cannot be reached ({type(broken).__name__}).") from None
        return self._judged(response, content)

    def _judged(self, response: httpx.Response, content: bytes) -> Answer:
        status = response.status_code
        if status == 429:
            raise Busy(f"{self.name} takes no more calls for the moment (HTTP 429).", _wait(response.headers.get("Retry-After")))
        if status in (401, 403):
            raise Unavailable(f"{self.name} does not accept our credentials (HTTP {status}); see OMS_SHOPS.")
        if not 200 <= status < 300 and (status >= 500 or status in (402, 404, 408, 423, 425, 430) or status < 400):
            said = _json(content)
            if status == 404 and isinstance(said, dict) and "code" in said:  # the shop itself, not whoever stands at its address
                raise Refused(_sentence(self.name, status, said))
            raise Unavailable(f"{self.name} answers with HTTP {status}.")
        body = _json(content)
        if status >= 400:
            raise Refused(_sentence(self.name, status, body))
        if body is None:
            raise Unavailable(f"{self.name} answers with what is no JSON.")
        return Answer(status=status, body=body)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _sentence(name: str, status: int, body: Any) -> str:
    said = body.get("message") or body.get("errors") if isinstance(body, dict) else None
    return f"{name} refuses (HTTP {status}): {' '.join(str(said or 'no reason given').split())[:300]}"


def _wait(said: str | None) -> timedelta:
    """Retry-After in seconds; a date is taken as the usual wait, since clocks differ."""
    try:
        seconds = float(said or "")
    except ValueError:
        return USUAL_WAIT
    return min(max(timedelta(seconds=seconds), timedelta(milliseconds=100)), LONGEST_WAIT) if 0 <= seconds < 1e6 else LONGEST_WAIT
