"""An order whose history grew too long begins a new one, wherever it stands: nothing it waits for, was told or answered is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from config.payloads import DATA_CONVERTER
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import (
    AmendOrder,
    CarrierEvent,
    CarrierStatus,
    Disposition,
    DisputeInvoice,
    Fact,
    HoldDunning,
    HoldOrder,
    InspectedLine,
    LineQuantity,
    PaymentReceived,
    PromiseToPay,
    Receipt,
    ReleaseOrder,
    Request,
    RequestReturn,
    ReturnInspected,
    ReturnReceived,
    StockArrived,
)
from domain.order import PaymentTerms, PlaceOrder
from domain.policies import LADDER, Policies
from domain.state import OrderState
from domain.steps import Outcome
from tests.conftest import virtual_time
from tests.endurance import THOROUGH
from tests.replay.lives import invoice_week
from tests.workflows.lives import buyer, letters, limit, money, payments, refunds, reminders
from tests.workflows.shop import PATIENCE, Living, Shop, euro, installed, line, order
from workers.runner import plain, watched
from workflows.order import Order

SUGGESTED_AT = 40
"""Events after which the server of these tests suggests a new history; the whole life of an order takes about a hundred."""

FOUR = (LineQuantity(line=1, quantity=4),)

NO_RETURNS = Policies(return_window=0)
"""For lives that are not about returns: the order closes as soon as it is paid."""


@pytest.fixture(scope="module")
async def impatient_server() -> AsyncIterator[WorkflowEnvironment]:
    """The real server with virtual time, which soon finds a history too long."""
    async with await virtual_time(f"limit.historyCount.suggestContinueAsNew={SUGGESTED_AT}") as env:
        yield env


@pytest.fixture(scope="module")
async def shop(impatient_server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    async with installed(impatient_server, tmp_path_factory.mktemp("impatient")) as shop:
        yield shop


@dataclass
class Restless:
    """An order with a fact that it knows and that is told to it again and again, and with requests whose receipts it has given."""

    living: Living
    known: StockArrived
    receipts: list[tuple[Request, Receipt]]

    async def run_id(self) -> str:
        return str((await self.living.latest.describe()).run_id)

    async def quiet(self) -> OrderState:
        """The state, as soon as no step is under way and none is to come by itself."""
        async with asyncio.timeout(PATIENCE):
            while True:
                busy = (await self.living.latest.describe()).raw_description.pending_activities
                state = await self.living.state()
                if not busy and not state.notes and all(e.recorded and (e.answered or not e.decision) for e in state.exceptions):
                    return state
                await asyncio.sleep(0.02)

    async def attributes(self) -> dict[str, object]:
        return {pair.key.name: pair.value for pair in (await self.living.latest.describe()).typed_search_attributes}

    async def begin_anew(self, too_long: int = SUGGESTED_AT) -> None:
        """Repeat the known fact until the history has more events than it may have, and see the next run begin."""
        before = await self.living.latest.describe()
        repeats = max(too_long - before.history_length, 0) + 2
        await asyncio.gather(*(self.living.tell(self.known) for _ in range(repeats)))
        async with asyncio.timeout(PATIENCE):
            while await self.run_id() == before.run_id:
                await asyncio.sleep(0.02)


async def begin(shop: Shop, placed: PlaceOrder, policies: Policies | None = None, held_after: str = "") -> Restless:
    """Place an order that knows a fact from its first moment, and that was held (after this step, or at once) and released."""
    known = StockArrived(
        message_id=f"{placed.key}/known", occurred_at=datetime.now(UTC), actor="dock", item="PLENTY", location="BERLIN", quantity=1
    )
    living = await shop.place(placed, policies, first=known)
    if held_after:
        await carried_out(living, held_after)
    requests = (HoldOrder(**living.stamp("office"), reason="a call to the customer"), ReleaseOrder(**living.stamp("office")))
    return Restless(living, known, [(request, await living.ask(request)) for request in requests])


async def delivered(shop: Shop, placed: PlaceOrder, policies: Policies | None = None) -> Restless:
    restless = await begin(shop, placed, policies)
    await restless.living.ship()
    await restless.living.deliver()
    return restless


async def returning(shop: Shop) -> Restless:
    """A prepaid order of four units, the last ones of their item, all of which are announced to come back."""
    item = shop.rare()
    await shop.receive(item, 4)
    restless = await delivered(shop, order(line(1, item, 4), terms=PaymentTerms.PREPAID))
    living = restless.living
    await living.until(Wait.RETURN_WINDOW)
    await living.ask(RequestReturn(**living.stamp("customer"), lines=FOUR, reason="too large"))
    await living.until(Wait.RETURNED_GOODS, "return 1")
    return restless


# --- a road to every wait: what is before the `yield` leads there, what is after it leads on to the end ------------------------------

Road = Callable[[Shop], AsyncIterator[Restless]]


async def decision(shop: Shop) -> AsyncIterator[Restless]:
    restless = await begin(shop, order(line(1, quantity=4, price="99.00")), NO_RETURNS)
    await restless.living.exception(ExceptionKind.VALIDATION_FINDINGS)
    yield restless
    await restless.living.decide(ExceptionKind.VALIDATION_FINDINGS, "accept")
    await restless.living.ship()
    await ends_paid(restless.living, 39600)


async def release(shop: Shop) -> AsyncIterator[Restless]:
    item = shop.rare()
    restless = await begin(shop, order(line(1, item, 4)), NO_RETURNS)
    living = restless.living
    await living.until(Wait.STOCK)
    await living.ask(HoldOrder(**living.stamp("office"), reason="in doubt", review_in=3))
    yield restless
    await living.pass_time(3.1)
    await living.decide(ExceptionKind.HOLD_OVERDUE, "release")
    await shop.receive(item, 4)
    await living.ship()
    await ends_paid(living, 4000)


async def credit(shop: Shop) -> AsyncIterator[Restless]:
    customer = await buyer(shop)
    await limit(shop, customer, 1000)
    restless = await begin(shop, order(line(1, quantity=4), customer=customer), NO_RETURNS)
    yield restless
    await restless.living.pass_time(1.1)
    await restless.living.exception(ExceptionKind.CREDIT_STOP)
    await limit(shop, customer, 4000)
    await restless.living.ship()
    await ends_paid(restless.living, 4000)


async def stock(shop: Shop) -> AsyncIterator[Restless]:
    item = shop.rare()
    restless = await begin(shop, order(line(1, item, 4)), NO_RETURNS)
    await restless.living.until(Wait.STOCK)
    yield restless
    await shop.receive(item, 4)
    await restless.living.ship()
    assert await shop.stock(item) == (0, 0)
    await ends_paid(restless.living, 4000)


async def deposit(shop: Shop) -> AsyncIterator[Restless]:
    restless = await begin(shop, order(line(1, quantity=4), terms="30-deposit"), NO_RETURNS)
    await restless.living.until(Wait.DEPOSIT)
    yield restless
    await restless.living.pay(1200, "deposit")
    await restless.living.ship()
    assert (await restless.living.state()).invoices[0].balance == euro(2800)
    await ends_paid(restless.living, 2800, total=4000)


async def invoice(shop: Shop) -> AsyncIterator[Restless]:
    restless = await begin(shop, order(line(1, quantity=4), customer="W-1"), NO_RETURNS)
    await restless.living.ship()
    await restless.living.until(Wait.INVOICE)
    yield restless
    await invoice_week(shop)
    await restless.living.when(lambda s: s.invoices)
    await ends_paid(restless.living, 4000)


async def pick(shop: Shop) -> AsyncIterator[Restless]:
    restless = await begin(shop, order(line(1, quantity=4)), NO_RETURNS)
    await restless.living.until(Wait.PICK)
    yield restless
    await restless.living.ship()
    await ends_paid(restless.living, 4000)


async def pack(shop: Shop) -> AsyncIterator[Restless]:
    restless = await begin(shop, order(line(1, quantity=4)), NO_RETURNS)
    await restless.living.pick()
    await restless.living.until(Wait.PACK)
    yield restless
    await restless.living.pack()
    await ends_paid(restless.living, 4000)


async def delivery(shop: Shop) -> AsyncIterator[Restless]:
    restless = await begin(shop, order(line(1, quantity=4)), NO_RETURNS)
    await restless.living.ship()
    yield restless
    await ends_paid(restless.living, 4000)


async def payment(shop: Shop) -> AsyncIterator[Restless]:
    restless = await delivered(shop, order(line(1, quantity=4)))
    living = restless.living
    await living.until(Wait.RETURN_WINDOW)
    await living.pass_time(20)
    yield restless
    await living.pass_time(16.1)
    await living.when(lambda s: s.invoices[0].reminders == 1)
    assert await reminders(living) == [(1, 0, 36)]  # day 36 of the invoice: the wait did not begin anew with the history
    await living.pay(4000)
    await ends(living, (4000, 0, 4000, 0))


async def promise(shop: Shop) -> AsyncIterator[Restless]:
    restless = await delivered(shop, order(line(1, quantity=4)), NO_RETURNS)
    living = restless.living
    await living.until(Wait.PAYMENT)
    stamp = living.stamp("customer")
    await living.ask(PromiseToPay(**stamp, invoice=1, pay_by=stamp["occurred_at"] + timedelta(days=40)))
    yield restless
    await living.pass_time(40.1)
    await living.when(lambda s: s.invoices[0].reminders == 1)
    assert await reminders(living) == [(1, 0, 40)]
    await living.pay(4000)
    await ends(living, (4000, 0, 4000, 0))


async def dunning_hold(shop: Shop) -> AsyncIterator[Restless]:
    restless = await delivered(shop, order(line(1, quantity=4)), NO_RETURNS)
    living = restless.living
    await living.until(Wait.PAYMENT)
    stamp = living.stamp("controller")
    await living.ask(HoldDunning(**stamp, invoice=1, until=stamp["occurred_at"] + timedelta(days=40), reason="they moved"))
    yield restless
    await living.pass_time(40.1)
    await living.when(lambda s: s.invoices[0].reminders == 1)
    assert await reminders(living) == [(1, 0, 40)]
    await living.pay(4000)
    await ends(living, (4000, 0, 4000, 0))


async def dispute(shop: Shop) -> AsyncIterator[Restless]:
    restless = await delivered(shop, order(line(1, quantity=4)), NO_RETURNS)
    living = restless.living
    await living.until(Wait.PAYMENT)
    await living.ask(DisputeInvoice(**living.stamp("customer"), invoice=1, reason="two units were broken"))
    yield restless
    await living.pass_time(14.1)
    await living.exception(ExceptionKind.INVOICE_UNPAID)
    await living.ask(DisputeInvoice(**living.stamp("customer"), invoice=1, resolved=True))
    await living.pay(4000)
    await ends(living, (4000, 0, 4000, 0))


async def collections(shop: Shop) -> AsyncIterator[Restless]:
    restless = await delivered(shop, order(line(1, quantity=4)), Policies(return_window=0, ladder=()))
    living = restless.living
    await living.until(Wait.PAYMENT)
    await living.pass_time(31.1)
    await living.decide(ExceptionKind.INVOICE_UNPAID, "collections")
    await living.until(Wait.COLLECTIONS)
    yield restless
    await living.pass_time(90.1)
    await living.decide(ExceptionKind.INVOICE_UNPAID, "write_off")
    await ends(living, (4000, 0, 0, 4000))


async def returned_goods(shop: Shop) -> AsyncIterator[Restless]:
    restless = await returning(shop)
    living = restless.living
    yield restless
    await living.tell(ReturnReceived(**living.stamp("dock"), rma=1, location="BERLIN", lines=FOUR))
    await living.until(Wait.INSPECTION, "return 1")
    await inspected(living, restock=4)


async def inspection(shop: Shop) -> AsyncIterator[Restless]:
    restless = await returning(shop)
    living = restless.living
    await living.tell(ReturnReceived(**living.stamp("dock"), rma=1, location="BERLIN", lines=FOUR))
    await living.until(Wait.INSPECTION, "return 1")
    yield restless
    await inspected(living, restock=3)


async def return_window(shop: Shop) -> AsyncIterator[Restless]:
    restless = await delivered(shop, order(line(1, quantity=4), terms=PaymentTerms.PREPAID))
    living = restless.living
    await living.until(Wait.RETURN_WINDOW)
    await living.pass_time(20)
    yield restless
    await living.pass_time(9.5)
    await living.until(Wait.RETURN_WINDOW)  # day 29.5 of 30
    await living.pass_time(0.6)
    await ends(living, (4000, 0, 4000, 0))


ROADS: dict[Wait, tuple[str, Road]] = {
    Wait.DECISION: ("validation_findings of order", decision),
    Wait.RELEASE: ("hold: in doubt", release),
    Wait.DEPOSIT: ("order", deposit),
    Wait.CREDIT: ("acceptance", credit),
    Wait.STOCK: ("line 1 RARE", stock),
    Wait.PICK: ("shipment 1", pick),
    Wait.PACK: ("shipment 1", pack),
    Wait.DELIVERY: ("shipment 1", delivery),
    Wait.INVOICE: ("shipment 1", invoice),
    Wait.PAYMENT: ("invoice 1", payment),
    Wait.PROMISE: ("invoice 1", promise),
    Wait.DUNNING_HOLD: ("invoice 1", dunning_hold),
    Wait.DISPUTE: ("invoice 1", dispute),
    Wait.COLLECTIONS: ("invoice 1", collections),
    Wait.RETURNED_GOODS: ("return 1", returned_goods),
    Wait.INSPECTION: ("return 1", inspection),
    Wait.RETURN_WINDOW: ("order", return_window),
}
"""Wait -> what it is about, and the road."""


async def ends_paid(living: Living, cents: int, total: int = 0) -> None:
    await living.deliver()
    await living.until(Wait.PAYMENT, "invoice 1")
    await living.pay(cents)
    await ends(living, (total or cents, 0, total or cents, 0))


async def inspected(living: Living, restock: int) -> None:
    """Of four units `restock` go back to stock and the others are scrapped; the customer gets the money for all of them."""
    found = [InspectedLine(line=1, quantity=restock, disposition=Disposition.RESTOCK)]
    if restock < 4:
        found.append(InspectedLine(line=1, quantity=4 - restock, disposition=Disposition.SCRAP))
    await living.tell(ReturnInspected(**living.stamp("clerk"), rma=1, lines=tuple(found)))
    await living.when(lambda s: s.returns[0].outcome)
    assert await refunds(living) == [4000]
    assert await living.shop.stock(living.placed.lines[0].item) == (restock, 0)
    assert living.effects().count("refund") == 1
    await living.pass_time(31)
    await ends(living, (4000, 0, 4000, 0))  # what is credited beyond the balance is paid back


async def ends(living: Living, amounts: tuple[int, int, int, int], outcome: Outcome = Outcome.CLOSED) -> None:
    """Cents of its only invoice: total, credited, paid, written off."""
    assert (await living.ended()).outcome is outcome
    invoices = (await living.view()).invoices
    assert [(i.total.minor, i.credited.minor, i.paid.minor, i.written_off.minor) for i in invoices] == [amounts]


async def flawless(living: Living, runs: int) -> None:
    """Nothing happened twice, the audit finds nothing, and each of at least `runs` runs replays on the current code, in CI watched."""
    effects = living.shop.world.effects(living.key)
    assert [effect.key for effect in effects if effect.happened > 1] == []
    standing = [(effect.operation, effect.subject) for effect in effects if effect.happened and not effect.undone]
    assert sorted(standing) == sorted(set(standing))
    assert await living.shop.audit() == []
    found = await histories(living)
    assert len(found) >= runs
    replayer = Replayer(workflows=[Order], data_converter=DATA_CONVERTER, workflow_runner=watched() if THOROUGH else plain())
    await replayer.replay_workflows(one_after_another(found))


async def one_after_another(found: list[WorkflowHistory]) -> AsyncIterator[WorkflowHistory]:
    for history in found:
        yield history


async def histories(living: Living) -> list[WorkflowHistory]:
    """The histories of all runs of the order, the last one first."""
    found: list[WorkflowHistory] = []
    run_id = str((await living.latest.describe()).run_id)
    while run_id:
        found.append(await living.shop.client.get_workflow_handle(f"order/{living.key}", run_id=run_id).fetch_history())
        run_id = found[-1].events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return found


@pytest.mark.parametrize("wait", Wait)
async def test_an_order_that_begins_a_new_history_goes_on_with_the_same_wait(shop: Shop, wait: Wait) -> None:
    assert wait in ROADS, f"no road leads to the wait {wait}: add one"
    subject, road = ROADS[wait]
    journey = road(shop)
    restless = await anext(journey)
    living = restless.living
    due = await living.until(wait, subject)
    state, waits, attributes = await restless.quiet(), await living.waits(), await restless.attributes()
    run_id = await restless.run_id()

    await restless.begin_anew()

    assert await restless.run_id() != run_id
    assert due is not None
    assert await living.until(wait, subject) == due
    for request, receipt in restless.receipts:
        assert await living.ask(request) == receipt
    assert await living.waits() == waits
    assert await living.state() == state
    assert await restless.attributes() == attributes

    async for _ in journey:
        raise AssertionError(f"the road to {wait} stops twice")
    await flawless(living, runs=2)


# --- an outage does not keep an order from beginning a new history -------------------------------------------------------------------

TOO_LONG = 60
"""Events after which these orders no longer wait for an answer."""

SOON = Policies(return_window=0, leave_at_events=TOO_LONG)


@pytest.mark.parametrize("port", ["warehouse", "carrier", "payments"])
async def test_an_order_leaves_its_history_during_an_outage_and_does_everything_once_after_it(shop: Shop, port: str) -> None:
    step = {"warehouse": "release_picks", "carrier": "ship_parcels", "payments": "authorize_payment"}[port]
    if port != "carrier":
        shop.world.outage(port, True)
    try:
        restless = await begin(shop, order(line(1, quantity=4), terms=PaymentTerms.PREPAID), SOON)
        living = restless.living
        if port == "carrier":
            await living.pick()
            shop.world.outage(port, True)
            await living.pack()
        for _ in range(2):
            await living.trying(step)
            await restless.begin_anew(TOO_LONG)
        await living.trying(step)
        effects = living.effects()
    finally:
        shop.world.outage(port, False)
    assert effects == {"warehouse": ["authorization"], "carrier": ["authorization", "pick task", "capture"], "payments": []}[port]
    if port != "carrier":
        await living.ship()
    await living.deliver()
    await ends(living, (4000, 0, 4000, 0))
    await flawless(living, runs=3)


async def carried_out(living: Living, step: str) -> None:
    """Poll until the step was carried out once, whether or not its answer arrived."""
    async with asyncio.timeout(PATIENCE):
        while not living.shop.trouble.carried_out[living.key, step]:
            await asyncio.sleep(0.02)


async def test_steps_that_were_carried_out_before_their_order_left_are_not_done_again(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 4)
    placed = order(line(1, item, 4), terms=PaymentTerms.PREPAID)
    steps = ("authorize_payment", "allocate_stock", "release_picks", "capture_payment", "ship_parcels", "issue_invoice")
    for step in steps:
        shop.trouble.lose(placed.key, step)
    restless = await begin(shop, placed, SOON)
    living = restless.living
    for step in steps:
        if step == "capture_payment":
            await living.pick()
            await living.pack()
        await carried_out(living, step)
        await restless.begin_anew(TOO_LONG)
        shop.trouble.lose(placed.key, step, times=0)
    await living.deliver()
    await ends(living, (4000, 0, 4000, 0))
    assert [step for step in steps if shop.trouble.carried_out[placed.key, step] < 2] == []
    assert living.effects() == ["authorization", "pick task", "capture", "label"]
    assert await shop.stock(item) == (0, 0)
    assert [payment for payment, _ in (await payments(living)).values()] == [4000]
    await flawless(living, runs=len(steps) + 1)


async def test_a_reminder_that_was_sent_before_its_order_left_is_counted_before_money_is_booked(shop: Shop) -> None:
    rung = LADDER[-1].model_copy(update={"level": 1, "holds_customer": False, "due_in_days": 9_000})  # 25.00 EUR
    short_days = Policies(
        day=timedelta(seconds=0.05),
        pick_within=9_000,
        pack_within=9_000,
        delivery_grace=9_000,
        return_window=0,
        ladder=(rung,),
        leave_at_events=TOO_LONG,
    )
    placed = order(line(1, quantity=4), terms=PaymentTerms.NET_14)
    shop.trouble.lose(placed.key, "send_reminder")
    restless = await delivered(shop, placed, short_days)
    living = restless.living
    await living.when(lambda s: s.invoices)
    number = (await living.state()).invoices[0].document
    await carried_out(living, "send_reminder")
    await living.pay(4000)
    await living.when(lambda s: s.payments)
    await restless.begin_anew(TOO_LONG)
    shop.trouble.up(living.key)
    await living.when(lambda s: s.invoices[0].reminders == 1)
    assert [(level, fee) for level, fee, _ in await reminders(living)] == [(1, 2500)]
    assert letters(living, number) == [f"Reminder 1 of {number}"]
    assert (await money(living))["balance"] == 2500
    await living.pay(2500)
    await ends(living, (4000, 0, 6500, 0))
    await flawless(living, runs=2)


async def overdue(shop: Shop) -> Restless:
    """An order without reminders that nobody has paid in time."""
    restless = await delivered(shop, order(line(1, quantity=4)), SOON.model_copy(update={"ladder": ()}))
    await restless.living.until(Wait.PAYMENT)
    await restless.living.pass_time(31.1)
    await restless.living.exception(ExceptionKind.INVOICE_UNPAID)
    return restless


async def test_a_write_off_that_was_booked_before_its_order_left_comes_before_the_money_that_came_meanwhile(shop: Shop) -> None:
    restless = await overdue(shop)
    living = restless.living
    shop.trouble.lose(living.key, "write_off")
    await living.decide(ExceptionKind.INVOICE_UNPAID, "write_off")
    await carried_out(living, "write_off")
    await living.pay(4000)
    await restless.begin_anew(TOO_LONG)
    shop.trouble.up(living.key)
    asked = await living.exception(ExceptionKind.OVERPAID)
    assert asked.detail.startswith("40.00 EUR of payment ")
    await living.decide(ExceptionKind.OVERPAID, "refund")
    await ends(living, (4000, 0, 0, 4000))
    assert await refunds(living) == [4000]
    assert not [e for e in (await living.view()).exceptions if e.kind is ExceptionKind.STEP_REFUSED]
    await flawless(living, runs=2)


async def test_a_hand_over_to_collections_that_lost_its_answer_is_known_although_the_money_came(shop: Shop) -> None:
    restless = await overdue(shop)
    living = restless.living
    shop.trouble.lose(living.key, "hand_to_collections")
    await living.decide(ExceptionKind.INVOICE_UNPAID, "collections")
    await carried_out(living, "hand_to_collections")
    await living.pay(4000, "wire")
    await living.when(lambda s: s.payments)
    await restless.begin_anew(TOO_LONG)
    shop.trouble.up(living.key)
    state = await living.when(lambda s: s.invoices[0].handed_over == 1)
    assert [(e.kind, e.carried_out) for e in state.exceptions] == [(ExceptionKind.INVOICE_UNPAID, True)]
    await ends(living, (4000, 0, 4000, 0))
    await flawless(living, runs=2)


async def test_an_amendment_waits_for_the_allocation_that_its_order_tried_before_it_left(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 4)
    placed = order(line(1, item, 4))
    shop.trouble.lose(placed.key, "accept_order")
    restless = await begin(shop, placed, SOON, held_after="accept_order")  # a hold before it would let it reserve nothing
    living = restless.living
    await living.ask(AmendOrder(**living.stamp("customer"), quantities=(LineQuantity(line=1, quantity=3),)))
    await restless.begin_anew(TOO_LONG)
    shop.trouble.up(placed.key)
    raised = await living.exception(ExceptionKind.RAISED)
    assert raised.detail == "The amendment came too late: line 1 cannot go to 3; the units are with the warehouse."
    await living.decide(ExceptionKind.RAISED, "acknowledge")
    await living.ship()
    assert await shop.stock(item) == (0, 0)
    await ends_paid(living, 4000)
    await flawless(living, runs=2)


async def test_stock_that_came_after_an_unanswered_allocation_is_looked_for_in_the_next_history(shop: Shop) -> None:
    item = shop.rare()
    placed = order(line(1, item, 4))
    shop.trouble.lose(placed.key, "allocate_stock")
    restless = await begin(shop, placed, SOON)
    living = restless.living
    await carried_out(living, "allocate_stock")
    await shop.receive(item, 4)
    await living.when(lambda s: any(fact.message_id != restless.known.message_id for fact in s.inbox))
    await restless.begin_anew(TOO_LONG)
    shop.trouble.up(placed.key)
    await living.ship()
    assert await shop.stock(item) == (0, 0)
    await ends_paid(living, 4000)
    await flawless(living, runs=2)


async def test_units_that_were_taken_from_another_bin_before_their_order_left_are_not_taken_twice(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 4, into="B-90")
    placed = order(line(1, item, 4))
    restless = await begin(shop, placed, SOON)
    living = restless.living
    await living.until(Wait.PICK)
    await shop.receive(item, 3, into="B-91")
    await living.pick(1, line1=3)
    await living.exception(ExceptionKind.SHORT_PICK)
    before = shop.trouble.carried_out[placed.key, "allocate_stock"]
    shop.trouble.lose(placed.key, "allocate_stock")
    await living.decide(ExceptionKind.SHORT_PICK, "other_bin")
    while shop.trouble.carried_out[placed.key, "allocate_stock"] == before:
        await asyncio.sleep(0.02)
    await restless.begin_anew(TOO_LONG)
    shop.trouble.up(placed.key)
    await living.pack(1)
    await living.ship(2)
    await living.until(Wait.DELIVERY, "shipment 1")
    assert await shop.stock(item) == (2, 0)
    view = await living.view()
    assert [[(pick.bin, pick.quantity) for pick in each.picks] for each in view.shipments] == [[("B-90", 3)], [("B-91", 1)]]
    await flawless(living, runs=2)


async def test_300_facts_and_10_requests_reach_an_order_that_begins_anew_again_and_again(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=4)), Policies(return_window=0, leave_at_events=150))
    await living.ship()
    await living.carrier(CarrierStatus.IN_TRANSIT)
    await living.when(lambda s: s.shipments[0].carrier_status)
    before = datetime.now(UTC) - timedelta(hours=1)
    facts: list[Fact] = [
        CarrierEvent(message_id=f"{living.key}/old-{n}", occurred_at=before, actor="carrier", shipment=1, status=CarrierStatus.IN_TRANSIT)
        for n in range(280)
    ]
    facts += [
        PaymentReceived(message_id=f"{living.key}/paid-{n}", occurred_at=before, actor="bank", payment=f"bank-{n}", amount=euro(150))
        for n in range(20)
    ]
    facts.sort(key=lambda fact: fact.message_id[-1])
    pay_by = datetime.now(UTC) + timedelta(days=60)
    promises = [PromiseToPay(**living.stamp("customer"), invoice=1, pay_by=pay_by + timedelta(days=n)) for n in range(10)]
    receipts = []
    for n, promised in enumerate(promises):
        *_, receipt = await asyncio.gather(*(living.tell(fact) for fact in facts[n::10]), living.ask(promised))
        receipts.append(receipt)
    state = await living.when(lambda s: len(s.payments) == 20)
    assert {fact.message_id for fact in facts} <= state.receipts.keys()
    assert state.invoices[0].paid == euro(3000)
    assert [await living.ask(promised) for promised in promises] == receipts
    assert sorted((await payments(living)).values()) == [(150, False)] * 20
    await living.pay(1000)
    await living.deliver()
    await ends(living, (4000, 0, 4000, 0))
    await flawless(living, runs=4)
