"""How the door hears: a caller that dribbles the head of a request, or sends none at all, is not waited for."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN = 10.0
"""Seconds for the head of a request to arrive, from the first byte on and after the connection is made."""


class Impatient(H11Protocol):
    """uvicorn's protocol, which bounds idle connections but not how long a head takes; bodies are bounded by `starters.http.limits`."""

    within = HEAD_WITHIN
    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """A request that is being answered is in order; a head that has begun, or that nobody begins, has its time."""
        if self._answering():
            self._forget()
        elif self._due is None:
            self._due = self.loop.call_later(self.within, self._too_slow)

    def _answering(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _too_slow(self) -> None:
        self._due = None
        if not self._answering() and not self.transport.is_closing():
            self.transport.close()

    def _forget(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
