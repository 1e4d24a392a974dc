"""Facts that come all at once: the chapters that book them side by side leave a history that replays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.worker import Replayer

from config.payloads import DATA_CONVERTER
from domain.messages import DeliveryConfirmed, ExceptionRaised, PaymentReceived, StockArrived
from domain.policies import Policies
from tests.conftest import virtual_time
from tests.replay.record import runs
from tests.workflows.shop import Living, Shop, euro, installed, line, order
from workflows.order import Order

ORDERS = 8


@pytest.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    async with await virtual_time() as env, installed(env, tmp_path_factory.mktemp("side-by-side")) as shop:
        yield shop


async def everything_at_once(living: Living) -> None:
    await asyncio.gather(
        living.tell(DeliveryConfirmed(**living.stamp("driver"), shipment=1, signed_by="B. Stander")),
        living.tell(PaymentReceived(**living.stamp("bank"), payment=f"bank-{living.key}", amount=euro(2000), invoice=1)),
        living.tell(StockArrived(**living.stamp("dock"), item="LAMP", location="BERLIN", quantity=1)),
        living.tell(ExceptionRaised(**living.stamp("desk"), detail="the box was wet")),
    )


async def test_orders_that_hear_four_facts_at_once_replay(shop: Shop) -> None:
    replayer = Replayer(workflows=[Order], data_converter=DATA_CONVERTER)
    for _ in range(ORDERS):
        living = await shop.place(order(line(1, quantity=2)), Policies(return_window=1))
        await living.ship()
        await everything_at_once(living)
        await living.when(lambda s: s.invoices[0].balance == euro(0) and not s.inbox and bool(s.exceptions))
        (history,) = await runs(shop.client, f"order/{living.key}")
        await replayer.replay_workflow(history)
