"""What is said to an order reaches it once, and what it cannot take comes back as one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from domain.errors import NotFound, Refused, Unavailable
from domain.messages import CancelOrder, DeliveryConfirmed, HoldOrder
from domain.policies import Policies
from domain.state import order_start
from starters.messaging import ask, tell, workflow_id
from tests.starters.orders import NOON, ListeningOrder, grinder_order, listening

SIGNED = DeliveryConfirmed(message_id="carrier/1", occurred_at=NOON, actor="carrier", shipment=1, signed_by="A. Dupont")


@pytest.fixture
async def client(temporal_server: WorkflowEnvironment) -> AsyncIterator[Client]:
    """A client whose orders live in real time."""
    with temporal_server.with_time_skipping_disabled():
        yield temporal_server.client


def cancellation(message_id: str = "cli/cancel/1", reason: str = "") -> CancelOrder:
    return CancelOrder(message_id=message_id, occurred_at=NOON, actor="C-1001", reason=reason)


async def begun(client: Client, external_id: str) -> WorkflowHandle[ListeningOrder, object]:
    start = order_start(grinder_order(external_id), Policies())
    return await client.start_workflow("Order", start, id=workflow_id(start.placed.key), task_queue="orders")


async def test_a_fact_is_taken_before_any_worker_runs_and_counts_once(client: Client) -> None:
    handle = await begun(client, "told-early")

    for _ in range(3):
        await tell(client, "manual/told-early", SIGNED)

    async with listening(client):
        assert await handle.query("told") == ["carrier/1"]


async def test_a_repeated_request_gets_the_same_receipt(client: Client) -> None:
    await begun(client, "asked-twice")

    async with listening(client):
        first, *others = await asyncio.gather(*(ask(client, "manual/asked-twice", cancellation()) for _ in range(5)))

    assert first.name == "cancel_order"
    assert others == [first] * 4


async def test_a_refusal_is_the_orders_own_sentence(client: Client) -> None:
    await begun(client, "refusing")
    hold = HoldOrder(message_id="cli/hold/1", occurred_at=NOON, actor="order desk", reason="credit check")

    async with listening(client):
        with pytest.raises(Refused) as refused:
            await ask(client, "manual/refusing", hold)

    assert str(refused.value) == "Order manual/refusing is shipped and cannot be held."


async def test_an_unknown_order_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound, match=r"There is no order 'manual/nobody'\."):
        await tell(client, "manual/nobody", SIGNED)
    with pytest.raises(NotFound, match=r"There is no order 'manual/nobody'\."):
        await ask(client, "manual/nobody", cancellation())


async def test_a_closed_order_says_that_the_message_came_too_late(client: Client) -> None:
    handle = await begun(client, "closed")
    async with listening(client):
        await ask(client, "manual/closed", cancellation(reason="end"))
        await handle.result()

        sentence = r"Order manual/closed is closed, the message came too late\."
        with pytest.raises(Refused, match=sentence):
            await tell(client, "manual/closed", SIGNED)
        with pytest.raises(Refused, match=sentence):
            await ask(client, "manual/closed", cancellation("cli/cancel/2"))


async def test_without_a_worker_a_request_gives_up_and_says_what_to_do(client: Client) -> None:
    await begun(client, "nobody-works")

    with pytest.raises(Unavailable, match=r"did not answer within 1 s: see that a worker runs"):
        await ask(client, "manual/nobody-works", cancellation(), patience=timedelta(seconds=1))


async def test_a_request_that_gave_up_may_be_asked_again_and_counts_once(client: Client) -> None:
    await begun(client, "asked-again")
    with pytest.raises(Unavailable):
        await ask(client, "manual/asked-again", cancellation(), patience=timedelta(seconds=1))

    async with listening(client):
        receipt = await ask(client, "manual/asked-again", cancellation())
        again = await ask(client, "manual/asked-again", cancellation())

    assert receipt.message_id == "cli/cancel/1"
    assert again == receipt
