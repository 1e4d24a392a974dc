"""Workers come and go in the middle of an order's life: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from config.settings import Settings
from domain.errors import Unavailable
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import Decide, DeliveryConfirmed, HoldOrder, LineQuantity, Packed, Parcel, PaymentReceived, PickConfirmed, ReleaseOrder
from domain.order import PaymentTerms
from domain.steps import Outcome
from starters.messaging import ask
from tests.conftest import virtual_time
from tests.workflows.shop import Living, Shop, euro, installed, line, order
from tests.workflows.trouble import notice_loss
from workers.embedded import environment_of
from workers.processes import Process

TWO = (LineQuantity(line=1, quantity=2),)


@pytest.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """An installation with a server of its own: its workers are stopped and killed, and nobody else's orders wait for them."""
    async with await virtual_time() as env, installed(env, tmp_path_factory.mktemp("restarts")) as shop:
        yield shop


@asynccontextmanager
async def no_worker(shop: Shop) -> AsyncIterator[None]:
    await shop.shut()
    try:
        yield
    finally:
        await shop.open()


async def events(living: Living) -> list[str]:
    """What the server has written down of the order, worker or not."""
    return [str(event.WhichOneof("attributes")).removesuffix("_event_attributes") async for event in living.latest.fetch_history_events()]


async def test_an_order_outlives_its_workers_at_each_of_its_waits(shop: Shop) -> None:
    """Every fact of this life is told while no worker runs, and taken by the workers that come next."""
    item = shop.rare()
    living = await shop.place(order(line(1, item, 2, price="12.00")))
    await living.exception(ExceptionKind.VALIDATION_FINDINGS)
    async with no_worker(shop):
        asking = asyncio.create_task(living.ask(Decide(**living.stamp(), exception=1, choice="correct", prices={1: "10.00"})))
        await asyncio.sleep(0.2)
        assert not asking.done()
    assert (await asking).name == "decide"

    await living.until(Wait.STOCK)
    async with no_worker(shop):
        receiving = asyncio.create_task(shop.receive(item, 2))
        await asyncio.sleep(0.2)
        assert (receiving.done(), await shop.stock(item)) == (False, (0, 0))
    await receiving

    facts: list[tuple[Wait, Callable[[], Awaitable[None]]]] = [
        (Wait.PICK, lambda: living.tell(PickConfirmed(**living.stamp("floor"), shipment=1, lines=TWO))),
        (
            Wait.PACK,
            lambda: living.tell(Packed(**living.stamp("floor"), shipment=1, parcels=(Parcel(number=1, weight_g=900, contents=TWO),))),
        ),
        (Wait.DELIVERY, lambda: living.tell(DeliveryConfirmed(**living.stamp("driver"), shipment=1, signed_by="A. Byron"))),
        (Wait.PAYMENT, lambda: living.tell(PaymentReceived(**living.stamp("bank"), payment=f"bank-{item}", amount=euro(2000), invoice=1))),
    ]
    for wait, tell in facts:
        await living.until(wait)
        await living.rest()  # the payment is waited for since the shipment: what delivery led to has to be done, too
        async with no_worker(shop):
            before, view = await events(living), await living.view()
            await tell()
            since = (await events(living))[len(before) :]
            assert [event for event in since if event != "workflow_task_scheduled"] == ["workflow_execution_signaled"], wait
            assert await living.view() == view, "nobody has acted on the fact yet"
    assert (await living.close()).outcome is Outcome.CLOSED
    assert sorted(living.effects()) == ["label", "pick task"]
    view = await living.view()
    assert [(i.total, i.paid, i.balance) for i in view.invoices] == [(euro(2000), euro(2000), euro(0))]
    assert [(row.shipped, row.delivered) for row in view.lines] == [(2, 2)]
    assert await shop.stock(item) == (0, 0)


async def test_a_deadline_that_passes_while_no_worker_runs_is_met_by_the_next_one(shop: Shop) -> None:
    living = await shop.place(order())
    await living.until(Wait.PICK)
    await shop.shut()
    passing = asyncio.create_task(living.pass_time(1.1))
    try:
        await asyncio.sleep(0.5)
        assert (await living.view()).exceptions == ()
    finally:
        await shop.open()
    await passing
    asked = await living.exception(ExceptionKind.PICK_OVERDUE)
    assert asked.subject == "shipment 1"
    await living.decide(ExceptionKind.PICK_OVERDUE, "wait_on")
    await living.ship()


async def test_a_request_without_a_worker_is_answered_late_or_not_at_all_and_counts_once(shop: Shop) -> None:
    living = await shop.place(order())
    await living.until(Wait.PICK)
    hold = HoldOrder(**living.stamp("desk"), reason="address in doubt")
    async with no_worker(shop):
        with pytest.raises(Unavailable, match=r"did not answer within 0 s: see that a worker runs"):
            await ask(shop.client, living.key, hold, patience=timedelta(seconds=0.3))
    first = await living.ask(hold)
    assert await living.ask(hold) == first
    assert [hold.reason for hold in (await living.state()).holds] == ["address in doubt"]
    async with no_worker(shop):
        releasing = asyncio.create_task(living.ask(ReleaseOrder(**living.stamp("desk"))))
        await asyncio.sleep(0.2)
    assert (await releasing).name == "release_order"
    await living.ship()


@pytest.mark.parametrize("step", ["accept_order", "release_picks", "record_pick", "ship_parcels"])
async def test_a_step_that_is_in_back_off_is_done_once_by_the_next_workers(shop: Shop, step: str) -> None:
    placed = order()
    shop.trouble.down(placed.key, step)
    living = await shop.place(placed)
    if step in ("record_pick", "ship_parcels"):
        await living.pick()
    if step == "ship_parcels":
        await living.pack()
    await living.trying(step)
    async with no_worker(shop):
        shop.trouble.up(placed.key)
    if step not in ("record_pick", "ship_parcels"):
        await living.pick()
    if step != "ship_parcels":
        await living.pack()
    await living.until(Wait.DELIVERY)
    assert shop.trouble.carried_out[placed.key, step] == 1
    assert sorted(living.effects()) == ["label", "pick task"]
    assert [(row.allocated, row.shipped) for row in (await living.view()).lines] == [(0, 2)]


async def test_a_fact_that_meets_a_step_in_back_off_survives_the_restart_with_it(shop: Shop) -> None:
    placed = order()
    shop.trouble.down(placed.key, "issue_invoice")
    living = await shop.place(placed)
    await living.pick()
    await living.pack()
    await living.trying("issue_invoice")
    async with no_worker(shop):
        await living.tell(DeliveryConfirmed(**living.stamp("driver"), shipment=1, signed_by="A. Byron"))
        await living.pay(2000)
        shop.trouble.up(placed.key)
    assert (await living.close()).outcome is Outcome.CLOSED
    assert [(i.total, i.balance) for i in (await living.view()).invoices] == [(euro(2000), euro(0))]


@pytest.mark.parametrize(("port", "effect"), [("payments", "capture"), ("carrier", "label")])
async def test_a_worker_killed_after_the_deed_and_before_its_answer_has_it_done_once(shop: Shop, port: str, effect: str) -> None:
    """A worker process dies by SIGKILL between what the partner did and the worker's report of it."""
    living = await shop.place(order(line(1, quantity=2), terms=PaymentTerms.PREPAID))
    await living.pick()
    await living.until(Wait.PACK)
    await shop.shut()
    home = shop.world.path.parent
    settings = Settings.load(
        home=home,
        temporal_address=shop.client.service_client.config.target_host,
        temporal_namespace=shop.client.namespace,
    )
    doomed = Process("worker", "workers.__main__", environment_of(settings), home / f"doomed-{port}.log")
    shop.world.slow(port, 1)  # seconds between the deed and its answer
    try:
        await doomed.start()
        await living.tell(Packed(**living.stamp("floor"), shipment=1, parcels=(Parcel(number=1, weight_g=900, contents=TWO),)))
        await living.when(lambda _: effect in living.effects())
        assert not doomed.ended, doomed.last_words()
        await doomed.kill()
    finally:
        await doomed.stop()
        shop.world.slow(port, 0)
        await shop.open()
    assert await notice_loss(shop.client, living.latest.id) == 1
    await living.until(Wait.DELIVERY)
    assert sorted(living.effects()) == ["authorization", "capture", "label", "pick task"]
    view = await living.view()
    assert [(i.total, i.paid, i.balance) for i in view.invoices] == [(euro(2000), euro(2000), euro(0))]
    assert [(p.amount, p.reversed) for p in view.payments] == [(euro(2000), False)]
    arrived = shop.world.rows("SELECT arrived FROM calls WHERE order_key = ? AND operation = ?", living.key, effect)
    assert [row["arrived"] for row in arrived] == [2], "the next worker asked again, under the same key"
