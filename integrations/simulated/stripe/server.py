"""The double on a port of this machine."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from integrations.simulated.stripe.account import StripeAccount
from integrations.simulated.stripe.api import StripeApi
from integrations.simulated.stripe.faults import Silence


class StripeServer:
    """`with StripeServer(account) as stripe:` serves it at `stripe.address`, for as long as the block lasts."""

    def __init__(self, account: StripeAccount) -> None:
        self.account, self.api = account, StripeApi(account)
        api = self.api

        class Handler(_Handler):
            serving = api

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StripeServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    serving: StripeApi

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            reply = self.serving.answer(self.command, url.path, url.query, body, headers)
        except Silence:
            self.close_connection = True
            return
        content = b"<html>Bad gateway</html>" if "X-Garbage" in reply.headers else json.dumps(reply.body, indent=2).encode()
        with contextlib.suppress(ConnectionError):  # whoever asked did not wait
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Type": "application/json", "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name that the standard library gives it
        """The double keeps its own list of calls."""
