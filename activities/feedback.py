"""Feeding back: shops are told what became of their orders and what they may sell, each through its own port."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from temporalio import activity

from database import feedback
from database.engine import Database
from database.feedback import Due
from domain.errors import Busy, Refused, Unavailable
from domain.feedback import (
    FeedbackFound,
    FeedbackKind,
    FeedbackTold,
    FindFeedback,
    ShopCancellation,
    ShopShipment,
    StockLevel,
    StockPlace,
    TellFeedback,
)
from integrations.ports import Shopfront

LONGEST = 35.0
"""Seconds for all calls of one telling: it has given up before its activity counts as lost, so that no two of them run at once."""


class FeedbackActivities:
    def __init__(self, database: Database, shops: Mapping[str, Shopfront]) -> None:
        self.database, self.shops = database, shops

    @activity.defn
    async def find_feedback(self, request: FindFeedback) -> FeedbackFound:
        """What a shop is to be told now."""
        return await self.database.read(feedback.find, request)

    @activity.defn
    async def tell_feedback(self, request: TellFeedback) -> FeedbackTold:
        """Tell a shop one thing. What it refuses waits for a person, what it does not answer is told later; neither is an error."""
        shop = self.shops[request.shop]
        pieces = await self.database.read(feedback.due, request.telling.entries)
        if not pieces:
            return FeedbackTold()
        try:
            async with asyncio.timeout(LONGEST):
                if request.telling.kind is FeedbackKind.STOCK:
                    return await self._set_stock(shop, pieces)
                reference = await _tell(shop, pieces[0])
        except Refused as refused:
            return await self._refused(pieces, str(refused))
        except TimeoutError:
            return await self._postponed(pieces, f"{request.shop} did not come to an end within {LONGEST:.0f} s.")
        except Unavailable as silent:
            return await self._postponed(pieces, str(silent), silent.wait if isinstance(silent, Busy) else None)
        except (LookupError, TypeError, ValueError) as strange:  # an answer of a shape that nobody documents holds up its own piece only
            activity.logger.exception("a shop's answer could not be read", extra={"shop": request.shop})
            return await self._postponed(pieces, f"{request.shop} answers with what cannot be read ({type(strange).__name__}: {strange}).")
        await self.database.transaction(feedback.was_told, pieces[0], datetime.now(UTC), reference)
        return FeedbackTold(told=1)

    async def _set_stock(self, shop: Shopfront, pieces: Sequence[Due]) -> FeedbackTold:
        levels = {piece.entry: StockLevel.model_validate_json(piece.wanted) for piece in pieces}
        key = ",".join(f"{piece.entry}/{piece.revision}" for piece in pieces)
        answer = await shop.set_stock(key, list(levels.values()))
        reasons = dict(answer.refused)
        told, refused = 0, 0
        for piece in pieces:
            place = StockPlace(sku=levels[piece.entry].sku, location=levels[piece.entry].location)
            if place in reasons:
                await self.database.transaction(feedback.was_refused, piece, reasons[place])
                refused += 1
            elif place in answer.unlisted:
                await self.database.transaction(feedback.is_unlisted, piece, datetime.now(UTC))
            else:
                await self.database.transaction(feedback.was_told, piece, datetime.now(UTC))
                told += 1
        return FeedbackTold(told=told, refused=refused)

    async def _postponed(self, pieces: Sequence[Due], reason: str, wait: timedelta | None = None) -> FeedbackTold:
        await self.database.transaction(feedback.postpone, pieces, reason, datetime.now(UTC), wait)
        return FeedbackTold(trouble=reason[:500], wait=wait)

    async def _refused(self, pieces: Sequence[Due], reason: str) -> FeedbackTold:
        for piece in pieces:
            await self.database.transaction(feedback.was_refused, piece, reason)
        return FeedbackTold(refused=len(pieces))


async def _tell(shop: Shopfront, piece: Due) -> str:
    """The shop's own reference of what it made of it."""
    if piece.kind is FeedbackKind.CANCELLATION:
        return await shop.cancel(ShopCancellation.model_validate_json(piece.wanted))
    shipment = ShopShipment.model_validate_json(piece.wanted)
    return await shop.fulfil(shipment) if shipment.lines else await shop.withdraw(shipment.order, shipment.tracking)
