"""What subscribers hear of whole lives, as the real chapters of orders write them: shipments, invoices and returns as well."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from database import subscriptions, webhook_feed
from database.subscriptions import NewSubscription
from database.tables import WebhookDelivery, WebhookEvent
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import CarrierStatus, ReturnKind
from domain.webhooks import SUBSCRIBED
from tests.replay.lives import come_back
from tests.workflows.shop import Shop, line, order

SUB = "sub_00000000000000a1"


async def heard(shop: Shop, key: str) -> list[dict[str, Any]]:
    """What the subscription is told of an order, in the order in which it happened, after the trail was read to its end."""
    fence = await shop.database.read(webhook_feed.set_fence)
    while fence is not None:
        while not await shop.database.read(webhook_feed.passed, fence):
            await asyncio.sleep(0.02)
        more = (await shop.database.transaction(webhook_feed.read_on, fence, datetime.now(UTC))).more
        fence = fence if more else None
    mine = select(WebhookEvent.body).join(WebhookDelivery, WebhookDelivery.event == WebhookEvent.event)
    mine = mine.where(WebhookDelivery.subscription == SUB, WebhookEvent.order == key).order_by(WebhookEvent.sequence, WebhookEvent.type)
    return [json.loads(body) for body in await shop.database.read(lambda session: list(session.scalars(mine)))]


async def test_a_life_is_told_from_its_acceptance_to_the_return_and_the_loss_of_a_parcel(shop: Shop) -> None:
    new = NewSubscription(subscription=SUB, url="https://shop.example/", events=SUBSCRIBED, owner="cli:ada", digest="d" * 64)
    await shop.database.transaction(subscriptions.add, new, datetime.now(UTC))
    living = await shop.place(order(line(1, "PLENTY", 2)))
    await living.ship()
    await living.deliver()
    await living.until(Wait.RETURN_WINDOW)
    assert [each["data"]["balance"]["minor"] for each in await heard(shop, living.key) if each["type"] == "invoice.issued"] == [2_000]
    await living.pay(2_000)
    await living.when(lambda s: s.invoices[0].settled)
    await come_back(living, ReturnKind.REFUND)
    await living.close()
    events = await heard(shop, living.key)
    assert [each["type"] for each in events] == [
        "order.accepted",
        "order.allocated",
        "shipment.shipped",
        "invoice.issued",
        "shipment.delivered",
        "invoice.paid",
        "return.authorized",
        "return.received",
        "return.inspected",
        "invoice.credited",
        "return.settled",
        "order.closed",
    ]
    said = {each["type"]: each["data"] for each in events}
    [shipment] = (await living.state()).shipments
    left = {"shipment": 1, "carrier": shipment.carrier, "tracking": shipment.tracking}
    for name in ("shipment.shipped", "shipment.delivered"):
        assert {field: said[name][field] for field in left} == left
    assert (said["invoice.issued"]["total"], said["invoice.paid"]["balance"]) == (
        {"minor": 2_000, "currency": "EUR"},
        {"minor": 0, "currency": "EUR"},
    )
    assert said["invoice.paid"]["invoice"] == said["invoice.issued"]["invoice"] == said["invoice.credited"]["invoice"]
    assert said["return.received"]["lines"] == [{"line": 1, "item": "PLENTY", "quantity": 1}]
    assert said["return.settled"]["return_number"] == said["return.authorized"]["return_number"]
    assert said["order.closed"]["outcome"] == "closed"
    lost = await shop.place(order(line(1, "PLENTY", 2)))
    await lost.ship()
    await lost.carrier(CarrierStatus.LOST)
    await lost.decide(ExceptionKind.PARCEL_LOST, "reship")
    await lost.ship(2)
    await lost.deliver(2)
    await lost.pay(2_000)
    await lost.close()
    of_parcels = [(each["type"], each["data"]["shipment"]) for each in await heard(shop, lost.key) if each["type"].startswith("shipment.")]
    assert of_parcels == [("shipment.shipped", 1), ("shipment.lost", 1), ("shipment.shipped", 2), ("shipment.delivered", 2)]
    assert await shop.audit() == []
    await shop.database.transaction(subscriptions.remove, SUB)
