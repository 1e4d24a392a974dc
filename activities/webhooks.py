"""Webhooks: what a subscription has to be told by now is sent, and what became of each event is written down."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import groupby

from temporalio import activity

from database import subscriptions, webhook_deliveries
from database.engine import Database
from database.webhook_deliveries import Address, Batch, Due
from domain.errors import NotFound
from domain.steps import Recorded
from domain.webhooks import EventsSent, SendEvents, TellDisabled
from integrations.ports import Letter, Mail, Subscribers, Webhook

AT_ONCE = 8
"""Events that one subscriber gets side by side."""

BEGINS_FOR = 30.0
"""Seconds in which a batch begins new events; the rest is for the next one."""

PATIENCE_WITH_SILENCE = 10
"""So many failures without a success, and the rest of the batch is put off: a receiver that is down is not hammered."""

PUT_OFF = timedelta(minutes=1)


class WebhookActivities:
    def __init__(self, database: Database, subscribers: Subscribers, mail: Mail) -> None:
        self.database, self.subscribers, self.mail = database, subscribers, mail

    @activity.defn
    async def send_events(self, request: SendEvents) -> EventsSent:
        """Send what is due. An event whose answer was lost is sent again under the same webhook-id, and never lost."""
        batch = await self.database.read(webhook_deliveries.due, request.subscription, datetime.now(UTC))
        round_ = _Round(self, batch) if batch is not None else None
        if round_ is not None:
            await round_.run()
        return EventsSent(
            sent=round_.sent if round_ else 0,
            failed=round_.failed if round_ else 0,
            disabled=round_.disabled if round_ else "",
            next_at=await self.database.read(webhook_deliveries.next_at, request.subscription),
        )

    @activity.defn
    async def tell_disabled(self, request: TellDisabled) -> Recorded:
        """Write to whoever the subscription names, once."""
        try:
            to = await self.database.read(subscriptions.view, request.subscription)
        except NotFound:  # removed meanwhile
            return Recorded()
        activity.logger.warning("a subscription was disabled", extra={"subscription": to.subscription, "why": request.reason})
        if to.contact:
            body = (
                f"We stopped sending events to {to.url}: {request.reason}.\n\n"
                f"Nothing is lost: {to.waiting} events wait, {to.dead} ran out of attempts. When the address takes events again, resume it"
                f" (oms subscription resume {to.subscription}) and replay what ran out (oms subscription replay {to.subscription})."
            )
            letter = Letter(to=to.name or to.contact, subject=f"Webhooks to {to.url} are disabled", body=body, address=to.contact)
            await self.mail.send(f"webhooks/{to.subscription}/disabled/{request.at:%Y%m%dT%H%M%S}", letter)
        return Recorded()


class _Round:
    """One batch: events of different orders side by side, those of one order one after the other."""

    def __init__(self, by: WebhookActivities, batch: Batch) -> None:
        self._by, self._to, self._due = by, batch.address, batch.due
        self.sent, self.failed, self.disabled = 0, 0, ""
        self._silent = False

    async def run(self) -> None:
        until = asyncio.get_running_loop().time() + BEGINS_FOR
        gate = asyncio.Semaphore(AT_ONCE)

        async def of_one_order(events: list[Due]) -> None:
            async with gate:
                for event in events:
                    if self.disabled or self._silent or asyncio.get_running_loop().time() > until or activity.is_cancelled():
                        return
                    await self._send(self._to, event)

        by_order = sorted(enumerate(self._due), key=lambda each: (each[1].order, each[0]))
        orders = [[event for _, event in events] for _, events in groupby(by_order, key=lambda each: each[1].order)]
        places = {event.delivery: place for place, event in enumerate(self._due)}
        orders.sort(key=lambda events: places[events[0].delivery])
        await asyncio.gather(*(of_one_order(events) for events in orders))
        if self._silent and not self.disabled:
            await self._by.database.transaction(webhook_deliveries.put_off, self._to.subscription, datetime.now(UTC), PUT_OFF)

    async def _send(self, to: Address, event: Due) -> None:
        webhook = Webhook(**to.model_dump(), message=event.delivery, body=event.body)
        attempt = await self._by.subscribers.post(webhook)
        activity.heartbeat()
        reason = await self._by.database.transaction(webhook_deliveries.record, to.subscription, event.delivery, attempt, datetime.now(UTC))
        self.disabled = self.disabled or reason
        if attempt.outcome == "taken":
            self.sent += 1
        else:
            self.failed += 1
        self._silent = self._silent or (not self.sent and self.failed >= PATIENCE_WITH_SILENCE)
