"""The audit's rules about webhooks out: what a subscription asked for and what happened since is on its way to it, or was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.subscriptions import FEED
from database.tables import AuditEntry, Subscription, WebhookDelivery, WebhookEvent, WebhookFeed
from database.webhook_events import events_of
from database.webhook_feed import KEPT_FOR, delivery_of, wants
from domain.webhooks import EventType

Found = Iterator[tuple[str, str]]

BY_WHAT_WAS_THEN = frozenset(
    {
        EventType.ORDER_CLOSED,
        EventType.ORDER_CANCELLED,
        EventType.ORDER_REJECTED,
        EventType.INVOICE_PAID,
        EventType.INVOICE_REOPENED,
        EventType.SHIPMENT_WITHDRAWN,
    }
)
"""Events that a step is or is not by what the books said at that moment: they are judged by whether they were told to everybody alike."""


def _every_event_that_was_wanted_has_its_delivery(session: Session) -> Found:
    """Of the trail as far as it was read; what was sent longer ago than deliveries are kept is not asked about."""
    subscribers = list(session.scalars(select(Subscription).order_by(Subscription.subscription)))
    read_to = session.scalar(select(WebhookFeed.read_to).where(WebhookFeed.feed == FEED))
    if not subscribers or read_to is None:
        return
    first, oldest = min(each.since for each in subscribers), datetime.now(UTC) - KEPT_FOR
    known = set(session.scalars(select(WebhookDelivery.delivery)))
    told = set(session.scalars(select(WebhookEvent.event).where(WebhookEvent.sequence > first)))
    one_for_each_step = select(func.min(AuditEntry.id)).group_by(AuditEntry.key)  # a step has a row for each message that caused it
    chosen = select(AuditEntry).where(AuditEntry.id > first, AuditEntry.id <= read_to, AuditEntry.at >= oldest)
    for row in session.scalars(chosen.where(AuditEntry.id.in_(one_for_each_step)).order_by(AuditEntry.id)):
        for event in events_of(session, row):
            if event.type in BY_WHAT_WAS_THEN and event.event not in told:
                continue
            for each in subscribers:
                if each.since < row.id and wants(each, event) and delivery_of(event.event, each.subscription) not in known:
                    yield each.subscription, f"{event.type} of {event.order} (row {row.id} of the trail) was never put on its way"


WEBHOOK_RULES: tuple[Callable[[Session], Found], ...] = (_every_event_that_was_wanted_has_its_delivery,)
