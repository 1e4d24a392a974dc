"""The wire to the carriers: every call of karrio passes here, gets a time limit, and says honestly what its failure means.

karrio itself sets no time limit and hands an error page on as an answer. It opens its connections through urllib's global opener, and this
process, which does nothing but talk to carriers, installs this one in its place.
"""

from __future__ import annotations

import http.client
import socket
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError, URLError

from domain.errors import Unavailable

SECONDS = 30.0
"""Carriers answer within some twenty seconds; the activity is given 45 for all of its calls."""

Send = Callable[..., Any]


class Unknown(Unavailable):
    """The other side may have done what we asked: it is looked up before it is repeated."""


class Wire:
    """What `urllib.request.urlopen` uses instead of its own opener."""

    def __init__(self, send: Send | None = None) -> None:
        self._send = send or urllib.request.build_opener().open

    def open(self, request: urllib.request.Request, data: Any = None, timeout: float | None = None) -> Any:
        host = request.host
        try:
            return self._send(request, data, timeout or SECONDS)
        except HTTPError as answer:
            if answer.code in (401, 403):
                raise Unavailable(f"{host} does not accept our credentials (HTTP {answer.code}); see the OMS_* settings.") from answer
            if answer.code == 429:
                raise Unavailable(f"{host} takes no more calls for the moment (HTTP 429).") from answer
            if answer.code >= 500:
                raise Unknown(f"{host} answers with HTTP {answer.code}.") from answer
            raise  # a refusal with its reasons: karrio reads them
        except (OSError, http.client.HTTPException) as trouble:
            reason = trouble.reason if isinstance(trouble, URLError) else trouble
            if isinstance(reason, (ConnectionRefusedError, socket.gaierror)):  # nobody heard us
                raise Unavailable(f"{host} cannot be reached: {reason}.") from trouble
            raise Unknown(f"{host} did not answer: {str(reason) or type(reason).__name__}.") from trouble


def install(wire: Wire) -> None:
    """From now on every call of this process passes through it."""
    urllib.request.install_opener(wire)  # type: ignore[arg-type]  # urlopen asks for nothing but `open`
