"""The telephone: says to the orders what stands in the outbox, each entry until somebody has taken or refused it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from temporalio.client import Client

from database import scanning
from database.engine import Database
from domain.errors import NotFound, Refused, Unavailable
from domain.floor import Scan, Scanned
from domain.messages import Fact, Receipt, Request
from domain.purchasing import MoveSupply, SupplyChange
from domain.steps import ReceiveStock, StockReceived
from integrations.simulated import World
from integrations.simulated.outbox import REFUSED, SENT, Entry
from starters import messaging, receiving, supplying
from starters.outbox import tell_untold

UNKNOWN_FOR = timedelta(minutes=3)
"""How long an order may be unknown: a script is there before its order is placed, and a busy machine takes a while to place them all."""

log = structlog.get_logger()


class Telephone(Protocol):
    """How the outside world reaches Holdfast; raises NotFound, Refused and Unavailable."""

    async def tell(self, order: str, fact: Fact) -> None: ...

    async def ask(self, order: str, request: Request) -> Receipt: ...

    async def receive(self, goods: ReceiveStock) -> StockReceived: ...

    async def scan(self, said: Scan) -> Scanned: ...

    async def slip(self, moved: MoveSupply) -> SupplyChange: ...


class TemporalTelephone:
    """The real one: through the same starters that everybody uses."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client, self._database = client, database

    async def tell(self, order: str, fact: Fact) -> None:
        await messaging.tell(self._client, order, fact)

    async def ask(self, order: str, request: Request) -> Receipt:
        return await messaging.ask(self._client, order, request)

    async def receive(self, goods: ReceiveStock) -> StockReceived:
        return await receiving.receive(self._client, goods)

    async def scan(self, said: Scan) -> Scanned:
        answer = await self._database.transaction(scanning.scan, said)
        if answer.confirmed:
            await tell_untold(self._client, self._database)
        return answer

    async def slip(self, moved: MoveSupply) -> SupplyChange:
        return await supplying.slip(self._client, moved)


class Caller:
    """Says due entries: one after the other to one order, to several orders at once, and never lets one order hold up another."""

    def __init__(self, world: World, telephone: Telephone) -> None:
        self._world, self._telephone = world, telephone
        self._calls: dict[str, asyncio.Task[None]] = {}

    async def say_what_is_due(self, now: datetime) -> None:
        """Start to say everything that is due; returns before it is said."""
        self._calls = {order: call for order, call in self._calls.items() if not call.done()}
        by_order: dict[str, list[Entry]] = {}
        for entry in await self._world.off_loop(self._world.outbox.due, now):
            by_order.setdefault(entry.order, []).append(entry)
        for order, entries in by_order.items():
            if order not in self._calls:
                self._calls[order] = asyncio.create_task(self._say_all(entries, now))

    async def finish(self) -> None:
        """Wait until every call that was started has ended."""
        await asyncio.gather(*self._calls.values())

    async def hang_up(self) -> None:
        """End every call; what was not taken is said again later."""
        for call in self._calls.values():
            call.cancel()
        await asyncio.gather(*self._calls.values(), return_exceptions=True)

    async def _say_all(self, entries: list[Entry], now: datetime) -> None:
        for entry in entries:
            outcome = await self._say(entry, now)
            if not outcome:
                return  # what follows is said after this, so that an order hears things in their order
            await self._world.off_loop(self._world.outbox.close, entry.id, outcome)

    async def _say(self, entry: Entry, now: datetime) -> str:
        try:
            if isinstance(entry.said, Scan):
                await self._telephone.scan(entry.said)
            elif isinstance(entry.said, ReceiveStock):
                await self._telephone.receive(entry.said)
            elif isinstance(entry.said, MoveSupply):
                await self._telephone.slip(entry.said)
            elif isinstance(entry.said, Fact):
                await self._telephone.tell(entry.order, entry.said)
            elif isinstance(entry.said, Request):
                await self._telephone.ask(entry.order, entry.said)
        except NotFound as unknown:
            return "" if now - entry.send_at < UNKNOWN_FOR else f"{REFUSED}{unknown}"
        except Refused as refused:
            log.info("the order refused what the world said", entry=entry.id, refusal=str(refused))
            return f"{REFUSED}{refused}"
        except Unavailable as unavailable:
            log.info("nobody answers", entry=entry.id, reason=str(unavailable))
            return ""
        except Exception:  # one call that breaks must not end the world; it is made again
            log.exception("a call to an order broke", entry=entry.id)
            return ""
        return SENT
