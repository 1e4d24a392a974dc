"""A cancel always comes through: it is answered at once, and all that was done for the order is undone, also what was on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.testing import ActivityEnvironment

from database import journal, promises
from database.tables import AuditEntry, AuthorizationRow, JournalEntry
from domain.errors import Refused, StepUndone, Unavailable
from domain.exceptions import ExceptionKind
from domain.lifecycle import Stage, Wait
from domain.messages import AmendOrder, CancelOrder, CarrierStatus, HoldOrder, LineQuantity
from domain.order import PaymentTerms, ShippingPolicy
from domain.policies import Policies
from domain.steps import Outcome
from integrations.simulated import SimulatedCarriers, SimulatedMail, SimulatedPayments, SimulatedWarehouse
from tests.workflows.lives import refunds
from tests.workflows.shop import PATIENCE, Living, Shop, euro, line, order
from workers.wiring import Partners, activities_by_queue

STEPS = (
    "accept_order",
    "authorize_payment",
    "allocate_stock",
    "release_picks",
    "record_pick",
    "record_packing",
    "capture_payment",
    "ship_parcels",
)
"""What is done for a prepaid order before its goods have left."""

EFFECTS = {
    "authorize_payment": "authorization",
    "release_picks": "pick task",
    "capture_payment": "capture",
    "ship_parcels": "label",
}

AT_ONCE = 5.0
"""Seconds within which a request is answered on a busy machine; the outages of these tests last until the answer is there."""


UNHEARD = {"record_pick": "pick_confirmed", "record_packing": "packed"}
"""What the floor has said when these steps are cut short."""


def effects_before(step: str) -> list[str]:
    """What stands outside when everything before this step was done."""
    return [EFFECTS[earlier] for earlier in STEPS[: STEPS.index(step)] if earlier in EFFECTS]


def effects_with(step: str) -> list[str]:
    return effects_before(step) + ([EFFECTS[step]] if step in EFFECTS else [])


async def begun(shop: Shop, step: str, trouble: Callable[[str], object], units: int = 3, price: str = "10.00", **changes: Any) -> Living:
    """A prepaid order of an item of which there are three; it walks up to this step and meets `trouble(order key)` there."""
    item = shop.rare()
    await shop.receive(item, 3)
    placed = order(line(1, item, units, price), terms=PaymentTerms.PREPAID, **changes)
    trouble(placed.key)
    living = await shop.place(placed)
    if STEPS.index(step) >= STEPS.index("record_pick"):
        await living.pick()
    if STEPS.index(step) >= STEPS.index("record_packing"):
        await living.pack()
    return living


async def stopped_at(shop: Shop, step: str) -> Living:
    """The step does not come about: nobody has begun it."""
    living = await begun(shop, step, lambda key: shop.trouble.down(key, step))
    await living.trying(step)
    await living.when(lambda _: shop.trouble.attempts[living.key, step] > 0)
    return living


@contextmanager
def outage(shop: Shop, partner: str) -> Iterator[None]:
    """The warehouse, the carrier, the payments or the database do not answer."""
    if partner != "database":
        shop.world.outage(partner, on=True)
        try:
            yield
        finally:
            shop.world.outage(partner, on=False)
        return

    async def unreachable(*_: object, **__: object) -> NoReturn:
        raise Unavailable("The database cannot be reached: no route to host")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shop.database, "transaction", unreachable)
        patch.setattr(shop.database, "read", unreachable)
        yield


@contextmanager
def before_booking(shop: Shop, order_key: str, step: str, meets: Callable[[], Awaitable[object]]) -> Iterator[list[BaseException]]:
    """Every attempt to book this step of the order meets `meets` first, after what it did outside; collects what then was raised."""
    raised: list[BaseException] = []
    transaction = shop.database.transaction

    async def met(function: Any, *args: Any, **named: Any) -> Any:
        if function not in (journal.once, promises.accept_order) or (args[0].order, args[1]) != (order_key, step):
            return await transaction(function, *args, **named)
        await meets()
        try:
            return await transaction(function, *args, **named)
        except Refused as error:
            raised.append(error)
            raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shop.database, "transaction", met)
        yield raised


async def wound_up(living: Living, undone: list[str], unheard: str = "", reason: str = "changed my mind") -> None:
    """The order ended as cancelled: no unit, no cent and no effect of it is left.

    `unheard` is what the floor said and nobody took any more: a person is shown it before the order ends, for the goods are in a tote.
    """
    if unheard:
        asked = await living.exception(ExceptionKind.UNEXPECTED_FACT)
        assert asked.subject == unheard
        await living.decide(ExceptionKind.UNEXPECTED_FACT, "acknowledge")
    ended = await living.ended()
    assert (ended.outcome, ended.reason) == (Outcome.CANCELLED, reason)
    await nothing_left(living, undone)


async def nothing_left(living: Living, undone: list[str]) -> None:
    view = await living.view()
    assert [row.cancelled for row in view.lines] == [row.ordered for row in view.lines]
    assert {(shipment.status, shipment.tracking) for shipment in view.shipments} <= {("cancelled", "")}
    assert (view.invoices, view.credits) == ((), ())
    assert all(payment.reversed and payment.amount == euro(3000) for payment in view.payments)
    assert [exception.detail for exception in view.exceptions if exception.decision is None] == []
    assert all(voided for _, voided in await authorizations(living))
    assert await living.shop.stock(view.lines[0].item) == (3, 0)
    assert (living.effects(), sorted(living.undone())) == ([], sorted(undone))
    assert all(effect.happened <= 1 for effect in living.shop.world.effects(living.key))


async def authorizations(living: Living) -> list[tuple[int, bool]]:
    """(cents, given up) of every authorization that we know of."""

    def read(session: Session) -> list[tuple[int, bool]]:
        rows = session.scalars(select(AuthorizationRow).where(AuthorizationRow.order == living.key).order_by(AuthorizationRow.key))
        return [(row.amount, row.voided) for row in rows]

    return await living.shop.database.read(read)


async def noted(living: Living) -> list[str]:
    """The notes of the audit trail."""

    def read(session: Session) -> list[str]:
        rows = select(AuditEntry.summary).where(AuditEntry.order == living.key, AuditEntry.step == "note")
        return list(session.scalars(rows))

    return await living.shop.database.read(read)


# --- outages -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("partner", "step", "undo"),
    [
        ("warehouse", "release_picks", "cancel_picks"),
        ("payments", "authorize_payment", "void_authorization"),
        ("payments", "capture_payment", "refund_capture"),
        ("carrier", "ship_parcels", "void_label"),
        ("database", "accept_order", "cancel_rest"),
        ("database", "authorize_payment", "cancel_rest"),
        ("database", "allocate_stock", "release_stock"),
        ("database", "record_pick", "cancel_picks"),
        ("database", "capture_payment", "refund_capture"),
        ("database", "ship_parcels", "void_label"),
    ],
)
async def test_a_cancel_during_an_outage_is_answered_at_once_and_carried_out_when_it_ends(
    shop: Shop, partner: str, step: str, undo: str
) -> None:
    living = await stopped_at(shop, step)
    with outage(shop, partner):
        shop.trouble.up(living.key)
        async with asyncio.timeout(AT_ONCE):
            receipt = await living.ask(CancelOrder(**living.stamp("customer"), reason="changed my mind"))
        assert receipt.name == "cancel_order"
        await living.trying(undo)
        state = await living.state()
        assert (state.stage, state.undone, state.outcome) == (Stage.CANCELLING, False, None)
    await wound_up(living, effects_before(step), UNHEARD.get(step, ""))


async def test_a_cancel_during_an_outage_of_everything_is_carried_out_when_all_are_back(shop: Shop) -> None:
    living = await stopped_at(shop, "ship_parcels")
    with outage(shop, "warehouse"), outage(shop, "payments"), outage(shop, "carrier"), outage(shop, "database"):
        shop.trouble.up(living.key)
        async with asyncio.timeout(AT_ONCE):
            await living.ask(CancelOrder(**living.stamp("customer"), reason="changed my mind"))
        await living.trying("void_label")
        assert living.effects() == ["authorization", "pick task", "capture"]
    await wound_up(living, ["authorization", "pick task", "capture"])


# --- answers that were lost ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_that_was_carried_out_and_lost_its_answer_is_undone_by_the_cancel(shop: Shop, step: str) -> None:
    living = await begun(shop, step, lambda key: shop.trouble.lose(key, step))
    await living.when(lambda _: shop.trouble.carried_out[living.key, step] > 0)
    assert living.effects() == effects_with(step)
    await living.ask(CancelOrder(**living.stamp("customer"), reason="changed my mind"))
    await wound_up(living, effects_with(step), UNHEARD.get(step, ""))
    view = await living.view()
    assert [payment.amount for payment in view.payments] == ([euro(3000)] if STEPS.index(step) >= STEPS.index("capture_payment") else [])


@pytest.mark.parametrize("step", EFFECTS)
async def test_what_a_partner_did_and_nobody_booked_is_taken_back_by_the_cancel(shop: Shop, step: str) -> None:
    living = await stopped_at(shop, step)

    async def no_answer() -> NoReturn:
        raise Unavailable("The database cannot be reached: no route to host")

    with before_booking(shop, living.key, step, no_answer):
        shop.trouble.up(living.key)
        await living.when(lambda _: living.effects() == effects_with(step))
        await living.ask(CancelOrder(**living.stamp("customer"), reason="changed my mind"))
        await wound_up(living, effects_with(step))
    view = await living.view()
    assert len(view.payments) == (step == "ship_parcels"), "the capture that nobody booked is no payment"
    assert len(await authorizations(living)) == (step != "authorize_payment")


async def test_an_allocation_that_lost_its_answer_is_freed_at_both_locations(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3, "BERLIN")
    await shop.receive(item, 2, "LYON")
    placed = order(line(1, item, 6))
    shop.trouble.lose(placed.key, "accept_order")
    living = await shop.place(placed)
    await living.when(lambda _: shop.trouble.carried_out[living.key, "accept_order"] > 0)
    assert (await shop.stock(item, "BERLIN"), await shop.stock(item, "LYON")) == ((3, 3), (2, 2))
    await living.ask(CancelOrder(**living.stamp("customer")))
    assert (await living.ended()).outcome is Outcome.CANCELLED
    assert (await shop.stock(item, "BERLIN"), await shop.stock(item, "LYON")) == ((3, 0), (2, 0))
    view = await living.view()
    assert [(row.ordered, row.cancelled) for row in view.lines] == [(6, 6)]
    assert [shipment.status for shipment in view.shipments] == ["cancelled", "cancelled"]
    assert (living.effects(), living.undone()) == ([], [])


async def test_a_short_pick_that_lost_its_answer_leaves_only_what_was_found_in_stock(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    placed = order(line(1, item, 3))
    shop.trouble.lose(placed.key, "record_pick")
    living = await shop.place(placed)
    await living.pick(line1=2)
    await living.when(lambda _: shop.trouble.carried_out[living.key, "record_pick"] > 0)
    await living.ask(CancelOrder(**living.stamp("customer")))
    await living.decide(ExceptionKind.UNEXPECTED_FACT, "acknowledge")
    assert (await living.ended()).outcome is Outcome.CANCELLED
    assert await shop.stock(item) == (2, 0), "the unit that was not in its bin stays missing"
    assert [(row.ordered, row.cancelled) for row in (await living.view()).lines] == [(3, 3)]


# --- late attempts -------------------------------------------------------------------------------------------------------------------


async def attempt_again(living: Living, step: str) -> Any:
    """Carry out a step with the very request that its order made, as a worker does that was away since before the cancel."""
    shop = living.shop
    behind = Partners(
        SimulatedWarehouse(shop.world), SimulatedCarriers(shop.world), SimulatedPayments(shop.world), SimulatedMail(shop.world)
    )
    known = {function.__name__: function for queue in activities_by_queue(shop.database, behind).values() for function in queue}
    request = shop.trouble.requests.get((living.key, step))
    assert request is not None, f"{living.key} never asked for {step}"
    return await ActivityEnvironment().run(known[step], request)


async def everything(living: Living) -> list[object]:
    """All that a late attempt could change: the order as people read it, its journal, its stock, and every effect outside."""

    def read(session: Session) -> list[tuple[str, bool]]:
        own = JournalEntry.key.startswith(f"{living.key}/", autoescape=True)
        return [(row.key, row.undone) for row in session.scalars(select(JournalEntry).where(own).order_by(JournalEntry.key))]

    view = await living.view()
    effects = [(e.key, e.happened, e.undone) for e in living.shop.world.effects(living.key)]
    stock = await living.shop.stock(view.lines[0].item)
    return [view, await living.shop.database.read(read), await authorizations(living), stock, effects]


@pytest.mark.parametrize("step", STEPS)
async def test_an_attempt_that_begins_after_the_undo_does_nothing(shop: Shop, step: str) -> None:
    living = await stopped_at(shop, step)
    await living.ask(CancelOrder(**living.stamp("customer"), reason="changed my mind"))
    await wound_up(living, effects_before(step), UNHEARD.get(step, ""))
    before = await everything(living)
    # The floor's bookings have no undo of their own: the shipment that they are about is gone.
    with pytest.raises(Refused if step in ("record_pick", "record_packing") else StepUndone) as refused:
        await attempt_again(living, step)
    if step in ("record_pick", "record_packing"):
        assert str(refused.value).startswith(f"Shipment 1 of {living.key} is cancelled; this step needs it ")
    assert await everything(living) == before


async def test_every_step_that_was_done_and_undone_stays_undone_however_often_it_comes(shop: Shop) -> None:
    living = await begun(shop, "ship_parcels", lambda key: shop.trouble.lose(key, "ship_parcels"))
    await living.when(lambda _: shop.trouble.carried_out[living.key, "ship_parcels"] > 0)
    await living.cancel()
    before = await everything(living)
    for step in STEPS:
        if step in ("accept_order", "record_pick", "record_packing"):  # what was done is answered as before, and done no more
            assert await attempt_again(living, step) is not None
        else:
            with pytest.raises(StepUndone):
                await attempt_again(living, step)
    assert await everything(living) == before
    await nothing_left(living, effects_with("ship_parcels"))


async def given_up(living: Living, step: str) -> None:
    """Temporal takes the running attempt for lost, as it does after `start_to_close`; the worker knows nothing of it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            pending = (await living.latest.describe()).raw_description.pending_activities
            found = next(activity for activity in pending if activity.activity_type.name == step)
            if found.state == PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED:
                break
            await asyncio.sleep(0.02)
    running = living.shop.client.get_async_activity_handle(workflow_id=living.latest.id, run_id=None, activity_id=found.activity_id)
    await running.fail(TimeoutError("start_to_close has passed"))


@pytest.mark.parametrize("step", ["authorize_payment", "allocate_stock", "release_picks", "capture_payment", "ship_parcels"])
async def test_an_attempt_that_hangs_until_the_order_is_wound_up_does_nothing_any_more(shop: Shop, step: str) -> None:
    """The worker's attempt stands between what it did outside and its booking while Temporal gives it up and the undo runs."""
    living = await stopped_at(shop, step)
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        arrived.set()
        await go_on.wait()

    with before_booking(shop, living.key, step, hang) as raised:
        shop.trouble.up(living.key)
        async with asyncio.timeout(AT_ONCE):
            await arrived.wait()
        await living.ask(CancelOrder(**living.stamp("customer"), reason="changed my mind"))
        await given_up(living, step)
        await wound_up(living, effects_with(step))
        before = await everything(living)
        go_on.set()
        await living.when(lambda _: bool(raised))
    assert [type(error) for error in raised] == [StepUndone]
    assert await everything(living) == before


async def test_a_check_that_hangs_until_its_order_is_wound_up_neither_accepts_it_nor_reserves_its_stock(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    placed = order(line(1, item, 3))
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        arrived.set()
        await go_on.wait()

    with before_booking(shop, placed.key, "accept_order", hang) as raised:
        living = await shop.place(placed)
        async with asyncio.timeout(AT_ONCE):
            await arrived.wait()
        await living.ask(CancelOrder(**living.stamp("customer"), reason="changed my mind"))
        await given_up(living, "accept_order")
        assert (await living.ended()).outcome is Outcome.CANCELLED
        go_on.set()
        await living.when(lambda _: bool(raised))
    assert [type(error) for error in raised] == [StepUndone]
    assert await shop.stock(item) == (3, 0)
    assert (living.effects(), living.undone(), [each.detail for each in (await living.state()).exceptions]) == ([], [], [])


# --- changes that were on their way --------------------------------------------------------------------------------------------------


async def amended(shop: Shop, trouble: Callable[[str], object]) -> Living:
    """Three units that wait for stock are to become five."""
    living = await shop.place(order(line(1, shop.rare(), 3)))
    await living.until(Wait.STOCK)
    trouble(living.key)
    await living.ask(AmendOrder(**living.stamp("customer"), quantities=(LineQuantity(line=1, quantity=5),)))
    await living.trying("change_lines")
    return living


async def test_an_amendment_that_lost_its_answer_leaves_nothing_open_after_the_cancel(shop: Shop) -> None:
    living = await amended(shop, lambda key: shop.trouble.lose(key, "change_lines"))
    await living.when(lambda _: shop.trouble.carried_out[living.key, "change_lines"] > 0)
    assert (await living.cancel()).outcome is Outcome.CANCELLED
    assert [(row.ordered, row.open, row.cancelled) for row in (await living.view()).lines] == [(5, 0, 5)]


async def test_an_amendment_that_comes_after_the_cancel_adds_nothing(shop: Shop) -> None:
    living = await amended(shop, lambda key: shop.trouble.down(key, "change_lines"))
    assert (await living.cancel()).outcome is Outcome.CANCELLED
    before = await everything(living)
    with pytest.raises(StepUndone):
        await attempt_again(living, "change_lines")
    assert await everything(living) == before
    assert [(row.ordered, row.open, row.cancelled) for row in (await living.view()).lines] == [(3, 0, 3)]


async def test_a_replacement_is_sent_also_when_the_amendment_before_the_cancel_lost_its_answer(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 1)
    living = await shop.place(order(line(1, item, 3)))
    await living.ship(1)
    await living.until(Wait.STOCK)
    shop.trouble.lose(living.key, "change_lines")
    await living.ask(AmendOrder(**living.stamp("customer"), quantities=(LineQuantity(line=1, quantity=5),)))
    await living.when(lambda _: shop.trouble.carried_out[living.key, "change_lines"] > 0)
    await living.ask(CancelOrder(**living.stamp("customer")))
    await living.when(lambda s: s.undone)
    shop.trouble.up(living.key)
    await living.carrier(CarrierStatus.LOST)
    await shop.receive(item, 1)
    await living.decide(ExceptionKind.PARCEL_LOST, "reship")
    await living.ship(2)
    lines = [(row.number, row.ordered, row.shipped, row.cancelled) for row in (await living.view()).lines]
    assert lines == [(1, 5, 1, 4), (101, 1, 1, 0)]


# --- a cancel from Temporal ----------------------------------------------------------------------------------------------------------


async def captured(shop: Shop) -> Living:
    living = await begun(shop, "accept_order", lambda _: None, price="99.00")
    await living.exception(ExceptionKind.VALIDATION_FINDINGS)
    return living


async def backordered(shop: Shop) -> Living:
    """One of its four units has no stock; the others wait for it."""
    living = await begun(shop, "accept_order", lambda _: None, units=4, policy=ShippingPolicy.COMPLETE)
    await living.until(Wait.STOCK)
    return living


async def picking(shop: Shop) -> Living:
    living = await begun(shop, "release_picks", lambda _: None)
    await living.until(Wait.PICK)
    return living


async def packed(shop: Shop) -> Living:
    """On hold, so that it does not leave."""
    living = await begun(shop, "record_pick", lambda _: None)
    await living.until(Wait.PACK)
    await living.ask(HoldOrder(**living.stamp("desk"), reason="address in doubt"))
    await living.pack()
    await living.when(lambda s: s.shipments[0].packed)
    return living


@pytest.mark.parametrize(
    ("reached", "undone"),
    [
        (captured, []),
        (backordered, ["authorization"]),
        (picking, ["authorization", "pick task"]),
        (packed, ["authorization", "pick task"]),
    ],
)
async def test_a_cancel_from_temporal_takes_the_road_of_the_request(
    shop: Shop, reached: Callable[[Shop], Awaitable[Living]], undone: list[str]
) -> None:
    living = await reached(shop)
    await living.latest.cancel()
    await wound_up(living, undone, reason="cancelled in Temporal")


async def test_a_cancel_from_temporal_during_an_outage_is_carried_out_when_it_ends(shop: Shop) -> None:
    living = await stopped_at(shop, "ship_parcels")
    with outage(shop, "carrier"):
        shop.trouble.up(living.key)
        await living.latest.cancel()
        await living.trying("void_label")
        assert (await living.state()).stage is Stage.CANCELLING
    await wound_up(living, effects_before("ship_parcels"), reason="cancelled in Temporal")


async def test_a_cancel_from_temporal_that_no_worker_has_seen_yet_is_the_first_thing_the_order_hears(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    await shop.shut()
    try:
        living = await shop.place(order(line(1, item, 3), terms=PaymentTerms.PREPAID))
        await living.latest.cancel()
    finally:
        await shop.open()
    await wound_up(living, [], reason="cancelled in Temporal")


async def test_a_cancel_from_temporal_after_everything_shipped_is_a_note_and_nothing_else(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=3)))
    await living.ship()
    before = await living.view()
    await living.latest.cancel()
    await living.when(lambda s: s.noted == 1 and not s.notes)
    assert await noted(living) == ["a cancellation in Temporal came too late: the order is shipped"]
    state = await living.state()
    assert (state.stage, state.cancel_reason) == (Stage.SHIPPED, None)
    after = await living.view()
    assert (after.lines, after.shipments, after.invoices) == (before.lines, before.shipments, before.invoices)
    assert (living.effects(), living.undone()) == (["pick task", "label"], [])
    await living.deliver()
    await living.pay(3000)
    ended = await living.close()
    assert (ended.outcome, ended.reason) == (Outcome.CLOSED, "")


# --- what has left goes on -----------------------------------------------------------------------------------------------------------


async def two_shipments(shop: Shop, terms: PaymentTerms) -> Living:
    """Five units at 10.00 with 4.95 of freight: three leave Berlin, two are still in Lyon."""
    item = shop.rare()
    await shop.receive(item, 3, "BERLIN")
    await shop.receive(item, 2, "LYON")
    living = await shop.place(order(line(1, item, 5), terms=terms, freight=euro(495)))
    await living.ship(1)
    return living


async def closed_with_the_first_shipment(living: Living) -> None:
    """34.95 for three units, delivered and paid; nothing of the other two."""
    await living.deliver(1)
    ended = await living.close()
    assert (ended.outcome, ended.reason) == (Outcome.CLOSED, "")
    view = await living.view()
    assert [(row.ordered, row.shipped, row.delivered, row.cancelled) for row in view.lines] == [(5, 3, 3, 2)]
    assert [(shipment.location, shipment.status) for shipment in view.shipments] == [("BERLIN", "delivered"), ("LYON", "cancelled")]
    assert [(i.shipment, i.total, i.paid, i.balance) for i in view.invoices] == [(1, euro(3495), euro(3495), euro(0))]
    assert (view.credits, await refunds(living)) == ((), [])
    item = view.lines[0].item
    assert (await living.shop.stock(item, "BERLIN"), await living.shop.stock(item, "LYON")) == ((0, 0), (2, 0))


async def test_a_cancel_gives_back_the_captured_money_of_what_has_not_left_and_keeps_the_rest(shop: Shop) -> None:
    living = await two_shipments(shop, PaymentTerms.PREPAID)
    await living.pick(2)
    await living.until(Wait.PACK, "shipment 2")
    shop.trouble.lose(living.key, "ship_parcels")
    await living.pack(2)
    await living.when(lambda _: living.effects().count("label") == 2)
    await living.ask(CancelOrder(**living.stamp("customer"), reason="the rest is not needed"))
    await living.when(lambda s: s.undone)
    assert (living.effects(), sorted(living.undone())) == (
        ["pick task", "capture", "label"],
        ["authorization", "capture", "label", "pick task"],
    )
    await closed_with_the_first_shipment(living)
    assert [(p.amount, p.refunded, p.reversed) for p in (await living.view()).payments] == [
        (euro(3495), euro(0), False),
        (euro(2000), euro(0), True),
    ]
    assert await authorizations(living) == [(5495, True)]


async def test_a_cancel_of_the_rest_leaves_the_invoice_of_what_has_left_to_be_paid(shop: Shop) -> None:
    living = await two_shipments(shop, PaymentTerms.NET_30)
    await living.pick(2)
    await living.until(Wait.PACK, "shipment 2")
    await living.ask(CancelOrder(**living.stamp("customer")))
    await living.when(lambda s: s.undone)
    assert (await living.state()).stage is Stage.SHIPPED
    assert (living.effects(), living.undone()) == (["pick task", "label"], ["pick task"])
    await living.pay(3495)
    await closed_with_the_first_shipment(living)


@pytest.mark.parametrize("leave_at_events", [20_000, 40])
async def test_a_replacement_that_is_decided_while_the_rest_is_undone_is_sent(shop: Shop, leave_at_events: int) -> None:
    """One of three units has left and is lost; the gateway does not answer, so the undo is not at its end when that is decided.

    An order that is continued as new every 40 events begins its undo anew in between.
    """
    item = shop.rare()
    await shop.receive(item, 1)
    placed = order(line(1, item, 3), terms=PaymentTerms.PREPAID)
    living = await shop.place(placed, Policies(leave_at_events=leave_at_events))
    await living.ship(1)
    await living.until(Wait.STOCK)
    with outage(shop, "payments"):
        await living.ask(CancelOrder(**living.stamp("customer")))
        await living.trying("void_authorization")
        undoing = (await living.latest.describe()).run_id
        await living.carrier(CarrierStatus.LOST)
        await living.decide(ExceptionKind.PARCEL_LOST, "reship")
        await living.when(lambda s: s.has_line(101))
        assert (await living.state()).stage is Stage.CANCELLING
    await living.when(lambda s: s.undone)
    assert ((await living.latest.describe()).run_id != undoing) is (leave_at_events == 40)
    await shop.receive(item, 1)
    await living.ship(2)
    view = await living.view()
    assert [(row.number, row.ordered, row.shipped, row.cancelled) for row in view.lines] == [(1, 3, 1, 2), (101, 1, 1, 0)]
    assert [(i.total, i.balance) for i in view.invoices] == [(euro(1000), euro(0))]
    await living.deliver(2)
    assert (await living.close()).outcome is Outcome.CLOSED


# --- asked twice ---------------------------------------------------------------------------------------------------------------------


async def test_a_cancel_asked_twice_gets_the_same_receipt_and_another_one_is_refused(shop: Shop) -> None:
    living = await two_shipments(shop, PaymentTerms.PREPAID)
    cancel = CancelOrder(**living.stamp("customer"), reason="the rest is not needed")
    with outage(shop, "warehouse"):
        first = await living.ask(cancel)
        assert await living.ask(cancel) == first
        said = await living.refused(CancelOrder(**living.stamp("desk"), reason="again"))
        assert said == "An order that is cancelling takes no cancel_order; it is taken while captured, supplying, fulfilling."
    await living.when(lambda s: s.undone)
    assert await living.ask(cancel) == first, "recorded once, whatever has become of it"
    said = await living.refused(CancelOrder(**living.stamp("desk"), reason="again"))
    assert said == "An order that is shipped takes no cancel_order; it is taken while captured, supplying, fulfilling."
    state = await living.state()
    assert (state.cancel_reason, first.message_id) == ("the rest is not needed", cancel.message_id)
    assert sorted(living.undone()) == ["authorization", "pick task"]
    await closed_with_the_first_shipment(living)


async def test_two_cancels_at_the_same_moment_are_one(shop: Shop) -> None:
    living = await stopped_at(shop, "allocate_stock")
    cancel = CancelOrder(**living.stamp("customer"), reason="changed my mind")
    receipts = await asyncio.gather(*(living.ask(cancel) for _ in range(5)))
    assert len({receipt.model_dump_json() for receipt in receipts}) == 1
    await wound_up(living, ["authorization"])


# --- what cannot be undone -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("undo", "effect", "subject"),
    [
        ("void_label", "label", "ship of shipment 1"),
        ("refund_capture", "capture", "capture of shipment 1"),
        ("cancel_picks", "pick task", "release of shipment 1"),
        ("void_authorization", "authorization", "authorization"),
    ],
)
async def test_the_undo_goes_on_although_one_of_its_steps_is_refused_and_a_person_is_told(
    shop: Shop, undo: str, effect: str, subject: str
) -> None:
    living = await stopped_at(shop, "ship_parcels")

    async def no_answer() -> NoReturn:
        raise Unavailable("The database cannot be reached: no route to host")

    with before_booking(shop, living.key, "ship_parcels", no_answer):
        shop.trouble.up(living.key)
        await living.when(lambda _: "label" in living.effects())
        shop.trouble.refuse(living.key, undo, "It is too late for that.")
        await living.ask(CancelOrder(**living.stamp("customer"), reason="changed my mind"))
        asked = await living.exception(ExceptionKind.RAISED)
        assert (asked.subject, asked.detail) == (f"undo of {subject}", f"The {subject} could not be undone: It is too late for that.")
        await living.when(lambda s: s.undone)
    others = sorted(set(effects_with("ship_parcels")) - {effect})
    assert (living.effects(), sorted(living.undone())) == ([effect], others)
    view = await living.view()
    assert [(row.cancelled, row.shipped) for row in view.lines] == [(3, 0)]
    assert (await shop.stock(view.lines[0].item), view.invoices) == ((3, 0), ())
    await living.decide(ExceptionKind.RAISED, "acknowledge")
    if undo == "refund_capture":  # the customer's money is still here: somebody gives it back
        asked = await living.exception(ExceptionKind.OVERPAID)
        assert asked.detail == f"30.00 EUR of payment {living.key}/shipment/1/capture/1 are owed to the customer."
        await living.decide(ExceptionKind.OVERPAID, "refund")
    ended = await living.ended()
    assert (ended.outcome, ended.reason) == (Outcome.CANCELLED, "changed my mind")
    assert await refunds(living) == ([3000] if undo == "refund_capture" else [])
    assert [exception.detail for exception in (await living.view()).exceptions if exception.decision is None] == []


async def test_goods_whose_label_the_carrier_will_not_void_are_in_stock_again_and_a_person_is_told(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    living = await begun(shop, "ship_parcels", lambda key: shop.trouble.lose(key, "ship_parcels"))
    await living.when(lambda _: shop.trouble.carried_out[living.key, "ship_parcels"] > 0)
    void = shop.partners.carriers.void

    async def too_late(key: str) -> None:
        if key.startswith(living.key):
            raise Refused("UPS: the time to void this shipment has expired.")
        await void(key)

    monkeypatch.setattr(shop.partners.carriers, "void", too_late)
    await living.ask(CancelOrder(**living.stamp("customer"), reason="changed my mind"))
    asked = await living.exception(ExceptionKind.RAISED)
    assert asked.subject == "label of shipment 1"
    assert asked.detail == (
        "The carrier would not void the label of shipment 1: UPS: the time to void this shipment has expired. "
        "Its goods are in our books again: stop the parcel, or have it come back if it has left."
    )
    await living.when(lambda s: s.undone)
    assert (living.effects(), sorted(living.undone())) == (["label"], ["authorization", "capture", "pick task"])
    view = await living.view()
    assert ([(row.cancelled, row.shipped) for row in view.lines], view.invoices) == ([(3, 0)], ())
    assert await shop.stock(view.lines[0].item) == (3, 0)
    await living.decide(ExceptionKind.RAISED, "acknowledge")
    assert (await living.ended()).outcome is Outcome.CANCELLED
