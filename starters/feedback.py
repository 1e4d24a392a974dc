"""Finding what shops are to be told, and having it told: one workflow for each shop, while there is something."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from database import feedback, feedback_looks, feedback_news
from database.engine import Database
from domain.errors import Unavailable
from domain.feedback import Feed, StockDifference, StockLevel, StockPlace
from integrations.ports import Shopfront
from workflows.policies import ORDERS_QUEUE

WALKS_EVERY = 15.0
"""Seconds between two steps of the walk over the catalogue, which finds what no ledger tells."""

ITEMS_A_STEP = 500
"""So a hundred thousand items take fifty minutes; what a ledger tells is found at once."""


MOST_LOOKS = 20
"""In one round, so that a shop with much behind it does not keep the others waiting."""


ITEMS_A_CALL = 100


class Feeder:
    """Looks for what each shop is to be told, and starts its workflow when there is anything."""

    def __init__(self, client: Client, database: Database, feeds: Sequence[Feed], clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._database, self._feeds, self._clock = client, database, feeds, clock
        self._walked = {feed.shop: "" for feed in feeds}
        self._walks_at = dict.fromkeys(self._walked, 0.0)

    async def look(self) -> None:
        """One round over all shops. Raises Unavailable when the database or the server does not answer; the next round makes up for it."""
        for feed in self._feeds:
            await self._find(feed)
            if await self._database.read(feedback.is_due, feed.shop, datetime.now(UTC)):
                await tell_shop(self._client, feed.shop)

    async def _find(self, feed: Feed) -> None:
        walk = await self._step(feed)
        for _ in range(MOST_LOOKS):
            at = datetime.now(UTC)
            looked = await self._database.read(feedback_looks.look, feed, at, walk)
            if feedback_looks.says_nothing(looked):
                return
            if await self._database.transaction(feedback_looks.write_down, feed.shop, looked, at):
                walk = []
                if not looked.more:
                    return

    async def _step(self, feed: Feed) -> list[str]:
        """The next items of the walk, when it is time."""
        if self._clock() < self._walks_at[feed.shop]:
            return []
        self._walks_at[feed.shop] = self._clock() + WALKS_EVERY
        items = await self._database.read(feedback_news.next_items, self._walked[feed.shop], ITEMS_A_STEP)
        self._walked[feed.shop] = items[-1] if len(items) == ITEMS_A_STEP else ""
        return items


async def tell_shop(client: Client, shop: str, *, now: bool = False) -> None:
    """Have a shop told what is due: its workflow is begun, unless it is at it; with `now`, one that pauses looks again.

    Raises Unavailable when the server does not answer.
    """
    try:
        await client.start_workflow(
            "ShopFeedback",
            args=[shop],
            id=f"feedback/{shop}",
            task_queue=ORDERS_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="look_again" if now else None,
            static_summary=f"{shop} is told of its orders and of stock",
        )
    except RPCError as silent:
        raise Unavailable(f"Temporal does not begin to tell {shop}: {silent.message}") from silent


async def compare_stock(database: Database, feed: Feed, front: Shopfront) -> list[StockDifference]:
    """Where the shop may sell another number than it was told, or than we say now; what it does not sell is left out unless it was told.

    Raises Unavailable and Busy as the shop does.
    """
    found: list[StockDifference] = []
    after = ""
    while items := await database.read(feedback_news.next_items, after, ITEMS_A_STEP):
        after = items[-1]
        news = await database.read(feedback_news.news_of_stock, feed, items, datetime.now(UTC))
        told = await database.read(feedback.stock_told, feed.shop, [each.subject for each in news])
        for begin in range(0, len(news), ITEMS_A_CALL):
            part = [(each, StockLevel.model_validate_json(each.wanted)) for each in news[begin : begin + ITEMS_A_CALL]]
            places = [StockPlace(sku=level.sku, location=level.location) for _, level in part]
            for (each, level), theirs in zip(part, await front.stock(places), strict=True):
                if theirs != level.quantity and (theirs is not None or each.subject in told):
                    about = {"item": each.item, "sku": level.sku, "location": level.location}
                    found.append(StockDifference(**about, ours=level.quantity, theirs=theirs))
    return found
