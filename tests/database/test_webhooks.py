"""The feed of events and their deliveries, on both engines: nothing is skipped, nothing is put on its way twice."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from database import subscriptions, webhook_deliveries, webhook_feed
from database.journal import once
from database.subscriptions import NewSubscription
from database.tables import AuditEntry, WebhookDelivery, WebhookEvent
from database.webhook_feed import Round
from domain.errors import NotFound, Refused
from domain.steps import Recorded, Step
from domain.webhooks import SUBSCRIBED, Attempt, EventType
from tests.database.builders import NOW, House, line, order, said, step

SUB = "sub_0000000000000001"
FAILED, TAKEN = Attempt(outcome="failed", answer="HTTP 500"), Attempt(outcome="taken", answer="HTTP 200")


async def subscribed(house: House, name: str = SUB, events: tuple[EventType, ...] = SUBSCRIBED, **bound_to: str) -> None:
    url = "https://shop.example/hooks"
    new = NewSubscription(subscription=name, url=url, events=events, owner="cli:ada", digest="d" * 64, bound_to=bound_to)
    await house(subscriptions.add, new, NOW)


async def announced(house: House) -> Round:
    """One round of the announcer."""
    fence = await house.database.read(webhook_feed.set_fence)
    if fence is None:
        return Round()
    while not await house.database.read(webhook_feed.passed, fence):
        await asyncio.sleep(0.02)
    return await house(webhook_feed.read_on, fence, NOW)


async def sent_to(house: House, name: str = SUB) -> list[dict[str, Any]]:
    batch = await house.database.read(webhook_deliveries.due, name, NOW)
    return [json.loads(each.body) for each in batch.due] if batch else []


async def test_an_order_is_told_as_it_goes_and_only_what_is_needed_of_it(house: House) -> None:
    await subscribed(house)
    await house.accept(order("1001", line(1, quantity=2)))
    assert await announced(house) == Round(subscriptions=(SUB,), events=1)
    assert await announced(house) == Round()
    [told] = await sent_to(house)
    data = told["data"]
    assert (told["type"], told["timestamp"]) == ("order.accepted", "2026-11-23T09:00:00Z")
    assert data == {
        "id": data["id"],
        "version": 1,
        "sequence": data["sequence"],
        "order": "shopify/1001",
        "channel": "shopify",
        "external_id": "1001",
        "lines": [{"line": 1, "item": "KETTLE", "quantity": 2}],
    }


async def test_a_step_with_several_causes_is_one_event(house: House) -> None:
    await subscribed(house)
    await house.accept(order("1001"))
    await announced(house)
    twice = Step(**step("close/1"), causes=(said("m-1"), said("m-2")))

    def close(session: Session, request: Step) -> Recorded:
        from database.tables import Order

        session.get_one(Order, request.order).outcome = "cancelled"
        return Recorded()

    await house.database.transaction(once, twice, "close_order", Recorded, close)
    assert (await announced(house)).events == 1
    assert [each["type"] for each in await sent_to(house)] == ["order.accepted", "order.cancelled"]

    def open_again(session: Session) -> None:
        from database.tables import Order

        session.get_one(Order, "shopify/1001").outcome = ""

    await house(open_again)


async def test_nothing_from_before_the_first_subscription_is_told(house: House) -> None:
    await house.accept(order("1001"))
    assert await announced(house) == Round()
    await subscribed(house)
    await house.accept(order("1002"))
    assert (await announced(house)).events == 1
    assert [each["data"]["order"] for each in await sent_to(house)] == ["shopify/1002"]


async def test_only_what_was_asked_for_is_told_to_whom_it_concerns(house: House) -> None:
    await subscribed(house, "sub_0000000000000001", (EventType.ORDER_CLOSED,))
    await subscribed(house, "sub_0000000000000002", customer="C-1")
    await subscribed(house, "sub_0000000000000003", customer="C-2")
    await subscribed(house, "sub_0000000000000004", location="BERLIN")
    await house.accept(order("1001"))
    assert (await announced(house)).subscriptions == ("sub_0000000000000002",)


async def test_an_event_that_was_never_put_on_its_way_is_found_by_the_audit(house: House) -> None:
    await house.accept(order("1000"))
    await subscribed(house)
    await house.accept(order("1001"))
    assert await house.audit() == []  # nobody has read so far
    await announced(house)
    await subscribed(house, "sub_0000000000000002")
    assert await house.audit() == []

    def lose(session: Session) -> None:
        session.execute(delete(WebhookDelivery))

    await house(lose)
    [missing] = await house.audit()
    assert (missing.rule, missing.subject) == ("every_event_that_was_wanted_has_its_delivery", SUB)
    assert "order.accepted of shopify/1001" in missing.detail
    await house(subscriptions.remove, SUB)


async def test_announcers_side_by_side_put_each_event_on_its_way_once(house: House) -> None:
    await subscribed(house)
    for number in range(8):
        await house.accept(order(f"20{number:02}"))
    rounds = await asyncio.gather(*(announced(house) for _ in range(5)))
    assert sum(each.events for each in rounds) == 8
    counted = select(func.count()).select_from(WebhookDelivery)
    assert await house.database.read(lambda session: session.scalar(counted)) == 8


async def test_a_number_that_commits_late_is_not_skipped(house: House) -> None:
    """On PostgreSQL a transaction may hold a smaller number of the trail than one that has committed."""
    if house.database.sqlite:
        pytest.skip("SQLite has one writer: numbers are committed in their order.")
    await subscribed(house)
    await house.accept(order("1001"))
    await announced(house)
    from database.engine import Database

    inside, leave = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    slow = Database(house.database.url)

    def late(session: Session, request: Step) -> Recorded:
        return Recorded()

    def hold(session: Session) -> None:
        once(session, Step(**step("change/1")), "change_lines", Recorded, late)
        loop.call_soon_threadsafe(inside.set)
        from sqlalchemy.util import await_only

        await_only(leave.wait())

    holding = asyncio.create_task(slow.transaction(hold))
    await inside.wait()
    await house.accept(order("1002"))  # a greater number, committed first
    fence = await house.database.read(webhook_feed.set_fence)
    assert fence is not None
    await asyncio.sleep(0.2)
    assert not await house.database.read(webhook_feed.passed, fence)
    leave.set()
    await holding
    await slow.close()
    assert (await announced(house)).events == 2
    types = [(each["type"], each["data"]["order"]) for each in await sent_to(house)]
    assert types == [("order.accepted", "shopify/1001"), ("order.changed", "shopify/1001"), ("order.accepted", "shopify/1002")]


async def test_an_event_that_fails_comes_again_and_at_last_is_a_dead_letter_that_can_be_replayed(house: House) -> None:
    await subscribed(house)
    await house.accept(order("1001"))
    await announced(house)
    batch = await house.database.read(webhook_deliveries.due, SUB, NOW)
    assert batch is not None
    name, at = batch.due[0].delivery, NOW
    for attempt in range(1, 10):
        assert await house(webhook_deliveries.record, SUB, name, FAILED, at) == ""
        following = await house.database.read(webhook_deliveries.next_at, SUB)
        assert following is not None
        assert following > at, attempt
        assert await house.database.read(webhook_deliveries.due, SUB, at) is None
        at = following
    reason = await house(webhook_deliveries.record, SUB, name, FAILED, at)
    assert reason == "no event was taken since 2026-11-23 09:00 UTC, the last answer was: HTTP 500"
    view = await house.database.read(subscriptions.view, SUB)
    assert (view.status, view.waiting, view.dead) == ("disabled", 0, 1)
    [dead] = await house.database.read(webhook_deliveries.deliveries, None, "dead")
    assert (dead.delivery, dead.attempts, dead.answer) == (name, 10, "HTTP 500")

    await house(subscriptions.resume, SUB, at)
    assert await house(webhook_deliveries.replay, SUB, [], at) == 1
    again = await house.database.read(webhook_deliveries.due, SUB, at)
    assert again is not None
    assert again.due == batch.due  # the same webhook-id, the same bytes
    await house(webhook_deliveries.record, SUB, name, TAKEN, at)
    assert await house.database.read(webhook_deliveries.next_at, SUB) is None
    with pytest.raises(NotFound):
        await house(webhook_deliveries.replay, SUB, ["msg_nobody"], at)


async def test_a_poisoned_event_dies_alone_while_others_are_taken(house: House) -> None:
    await subscribed(house)
    await house.accept(order("1001"))
    await house.accept(order("1002"))
    await announced(house)
    batch = await house.database.read(webhook_deliveries.due, SUB, NOW)
    assert batch is not None
    poisoned, fine = (each.delivery for each in batch.due)
    at = NOW
    for _ in range(9):
        await house(webhook_deliveries.record, SUB, poisoned, FAILED, at)
        at += timedelta(hours=9)
    await house(webhook_deliveries.record, SUB, fine, TAKEN, at)
    assert await house(webhook_deliveries.record, SUB, poisoned, FAILED, at) == ""
    view = await house.database.read(subscriptions.view, SUB)
    assert (view.status, view.dead) == ("active", 1)


async def test_gone_disables_at_once_and_what_happens_later_waits(house: House) -> None:
    await subscribed(house)
    await house.accept(order("1001"))
    await announced(house)
    batch = await house.database.read(webhook_deliveries.due, SUB, NOW)
    assert batch is not None
    gone = Attempt(outcome="gone", answer="HTTP 410 Gone")
    said = await house(webhook_deliveries.record, SUB, batch.due[0].delivery, gone, NOW)
    assert said == "HTTP 410 Gone: its receiver wants no more events"
    await house.accept(order("1002"))
    assert await announced(house) == Round(events=1)
    view = await house.database.read(subscriptions.view, SUB)
    assert (view.status, view.waiting) == ("disabled", 2)
    assert await house.database.read(webhook_deliveries.due, SUB, NOW) is None
    await house(subscriptions.resume, SUB, NOW)
    assert len(await sent_to(house)) == 2


async def test_a_removed_subscription_leaves_nothing_and_a_late_answer_finds_nobody(house: House) -> None:
    await subscribed(house)
    await house.accept(order("1001"))
    await announced(house)
    batch = await house.database.read(webhook_deliveries.due, SUB, NOW)
    assert batch is not None
    await house(subscriptions.remove, SUB)
    assert await house(webhook_deliveries.record, SUB, batch.due[0].delivery, TAKEN, NOW) == ""
    with pytest.raises(NotFound):
        await house.database.read(subscriptions.view, SUB)


async def test_two_who_rotate_at_once_are_told_apart(house: House) -> None:
    await subscribed(house)
    await house(subscriptions.rotate, SUB, 2, "e" * 64, NOW)
    with pytest.raises(Refused, match="rotated by somebody else"):
        await house(subscriptions.rotate, SUB, 2, "f" * 64, NOW)


async def test_what_was_sent_long_ago_is_forgotten_and_nothing_else(house: House) -> None:
    await subscribed(house)
    await house.accept(order("1001"))
    await house.accept(order("1002"))
    await announced(house)
    batch = await house.database.read(webhook_deliveries.due, SUB, NOW)
    assert batch is not None
    await house(webhook_deliveries.record, SUB, batch.due[0].delivery, TAKEN, NOW)
    later = NOW + timedelta(days=31)
    assert await house.database.read(webhook_feed.has_old, later)
    await house(webhook_feed.forget_old, later)
    left = await house.database.read(lambda session: list(session.scalars(select(WebhookEvent.order))))
    assert left == ["shopify/1002"]
    assert await house.database.read(lambda session: session.scalar(select(func.count()).select_from(AuditEntry))) == 2
    await house(subscriptions.remove, SUB)  # a month has not passed for the audit
