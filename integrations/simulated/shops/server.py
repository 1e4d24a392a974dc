"""A shop's double on a port of this machine, and how its next answers go wrong."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import urlsplit

LONGEST_BODY = 1_000_000


class Fault(StrEnum):
    """How a call goes wrong; `after` says that its effect happened all the same."""

    SILENT_BEFORE = "silent_before"  # the connection ends before anything was done
    SILENT_AFTER = "silent_after"  # the connection ends after it was done
    ERROR_BEFORE = "error_before"  # HTTP 503 before anything was done
    ERROR_AFTER = "error_after"  # HTTP 502 with a page of the web server, after it was done
    BUSY = "busy"  # HTTP 429 with Retry-After
    SLOW = "slow"  # the answer takes as long as the double's `slowness`
    STRANGE = "strange"  # JSON of a shape that nobody documents, and nothing was done
    ENDLESS = "endless"  # an answer of more bytes than anybody should read


class Silence(Exception):
    """No answer: the connection is closed."""


@dataclass
class Reply:
    """An answer; `body` is written as JSON unless it is a page of the web server."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class Shop(Protocol):
    """A double: it answers one call, of which it writes down in `calls` what was asked."""

    lock: threading.RLock
    calls: list[str]

    def answer(self, method: str, path: str, query: str, body: bytes, headers: dict[str, str]) -> tuple[str, Reply]:
        """What was asked, in one word for the list of calls, and the answer."""


class ShopServer:
    """`with ShopServer(shop) as server:` serves a double at `server.address`, for as long as the block lasts."""

    def __init__(self, shop: Shop, port: int = 0) -> None:
        self.shop = shop
        self.faults: deque[tuple[str, Fault]] = deque()
        self.slowness = 0.5  # seconds
        self.retry_after = 1  # seconds, of a 429
        self.down = False  # every call is answered with HTTP 503
        ours = self

        class Handler(_Handler):
            server_of = ours

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def fail(self, fault: Fault, asked: str = "", times: int = 1) -> None:
        """The next `times` calls in which the text `asked` stands go so wrong."""
        self.faults.extend([(asked, fault)] * times)

    def __enter__(self) -> ShopServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, method: str, path: str, query: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Raises Silence where the connection breaks."""
        with self.shop.lock:
            fault = self._fault(f"{method} {path} {body.decode(errors='replace')}")
            if self.down or fault is Fault.ERROR_BEFORE:
                return Reply(503, "<html>Service unavailable</html>")
            if fault is Fault.SILENT_BEFORE:
                raise Silence
            if fault is Fault.BUSY:
                return Reply(
                    429, {"errors": "Exceeded the calls per second that this client may make."}, {"Retry-After": str(self.retry_after)}
                )
            if fault is Fault.STRANGE:
                return Reply(200, {"data": {}})
            if fault is Fault.ENDLESS:
                return Reply(200, "x" * 20_000_000)
            asked, reply = self.shop.answer(method, path, query, body, headers)
            self.shop.calls.append(asked)
        if fault is Fault.SILENT_AFTER:
            raise Silence
        if fault is Fault.ERROR_AFTER:
            return Reply(502, "<html>Bad gateway</html>")
        if fault is Fault.SLOW:
            time.sleep(self.slowness)
        return reply

    def _fault(self, call: str) -> Fault | None:
        for position, (asked, fault) in enumerate(self.faults):
            if asked in call:
                del self.faults[position]
                return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server_of: ShopServer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LONGEST_BODY))
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            reply = self.server_of.serve(self.command, url.path, url.query, body, headers)
        except Silence:
            self.close_connection = True
            return
        page = isinstance(reply.body, str)
        content = reply.body.encode() if page else json.dumps(reply.body).encode()
        kind = "text/html" if page else "application/json"
        with contextlib.suppress(ConnectionError):  # whoever asked did not wait
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Type": kind, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name that the standard library gives it
        """The double keeps its own list of calls."""
