"""Requests on the real server: which stage takes which, repeats, holds, and what a cancel takes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.exceptions import ExceptionKind
from domain.lifecycle import TAKEN, Stage, Wait
from domain.messages import (
    AmendOrder,
    Appease,
    CancelOrder,
    CancelReminder,
    CarrierStatus,
    Decide,
    DisputeInvoice,
    HoldDunning,
    HoldOrder,
    LineQuantity,
    PickConfirmed,
    PromiseToPay,
    ReleaseCredit,
    ReleaseOrder,
    Request,
    RequestReturn,
    WriteOffInvoice,
)
from domain.order import PaymentTerms
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.shop import Living, Shop, euro, line, order

ONE = (LineQuantity(line=1, quantity=1),)

REQUESTS: dict[type[Request], Callable[[dict[str, Any]], Request]] = {
    CancelOrder: lambda stamp: CancelOrder(**stamp),
    AmendOrder: lambda stamp: AmendOrder(**stamp, quantities=ONE),
    HoldOrder: lambda stamp: HoldOrder(**stamp, reason="in doubt"),
    ReleaseOrder: lambda stamp: ReleaseOrder(**stamp),
    ReleaseCredit: lambda stamp: ReleaseCredit(
        **stamp, roles=("credit_controller",), reason="guaranteed", expires_at=datetime.now(UTC) + timedelta(days=3)
    ),
    Decide: lambda stamp: Decide(**stamp, exception=99, choice="accept"),
    RequestReturn: lambda stamp: RequestReturn(**stamp, lines=ONE),
    Appease: lambda stamp: Appease(**stamp, line=1, amount="5.00", reason="a scratch"),
    DisputeInvoice: lambda stamp: DisputeInvoice(**stamp, invoice=9),
    HoldDunning: lambda stamp: HoldDunning(**stamp, invoice=9, until=datetime.now(UTC) + timedelta(days=3)),
    CancelReminder: lambda stamp: CancelReminder(**stamp, invoice=9, document="REM-000001", reason="sent in error"),
    PromiseToPay: lambda stamp: PromiseToPay(**stamp, invoice=9, pay_by=datetime.now(UTC) + timedelta(days=3)),
    WriteOffInvoice: lambda stamp: WriteOffInvoice(**stamp, invoice=9),
}


async def captured(shop: Shop) -> Living:
    living = await shop.place(order(line(1, price="99.00")))
    await living.exception(ExceptionKind.VALIDATION_FINDINGS)
    return living


async def supplying(shop: Shop) -> Living:
    living = await shop.place(order(line(1, shop.rare(), 2)))
    await living.until(Wait.STOCK)
    return living


async def fulfilling(shop: Shop) -> Living:
    living = await shop.place(order())
    await living.until(Wait.PICK)
    return living


async def shipped(shop: Shop) -> Living:
    living = await shop.place(order())
    await living.ship()
    return living


async def delivered(shop: Shop) -> Living:
    living = await shipped(shop)
    await living.deliver()
    await living.until(Wait.RETURN_WINDOW)
    return living


async def cancelling(shop: Shop) -> Living:
    """The warehouse does not answer, so its pick task cannot be taken back yet."""
    living = await fulfilling(shop)
    shop.world.outage("warehouse", on=True)
    await living.ask(CancelOrder(**living.stamp("customer")))
    return living


async def closed(shop: Shop) -> Living:
    living = await shop.place(order(terms=PaymentTerms.PREPAID))
    await living.ship()
    await living.deliver()
    await living.close()
    return living


async def cancelled(shop: Shop) -> Living:
    living = await supplying(shop)
    await living.cancel()
    return living


async def rejected(shop: Shop) -> Living:
    living = await shop.place(order(line(1, quantity=0)))
    await living.ended()
    return living


AT: dict[Stage, Callable[[Shop], Any]] = {
    Stage.CAPTURED: captured,
    Stage.SUPPLYING: supplying,
    Stage.FULFILLING: fulfilling,
    Stage.SHIPPED: shipped,
    Stage.DELIVERED: delivered,
    Stage.CANCELLING: cancelling,
    Stage.CLOSED: closed,
    Stage.CANCELLED: cancelled,
    Stage.REJECTED: rejected,
}


def test_the_tables_of_this_test_are_complete() -> None:
    assert (set(REQUESTS), set(AT)) == (set(TAKEN), set(Stage))


@pytest.mark.parametrize("stage", list(Stage))
async def test_a_request_at_a_stage_that_does_not_take_it_is_refused_in_a_sentence(shop: Shop, stage: Stage) -> None:
    living = await AT[stage](shop)
    try:
        before = await living.state()
        assert before.stage is stage
        for kind, taken_at in TAKEN.items():
            if stage not in taken_at:
                expected = f"An order that is {stage} takes no {kind.called()}; it is taken while {', '.join(taken_at)}."
                if stage.final:
                    expected = f"Order {living.key} is closed, the message came too late."
                assert await living.refused(REQUESTS[kind](living.stamp("customer"))) == expected
        after = await living.state()
        assert (after.receipts, after.holds, after.amendments) == (before.receipts, before.holds, before.amendments)
        assert (after.returns, after.cancel_reason) == (before.returns, before.cancel_reason)
    finally:
        shop.world.outage("warehouse", on=False)
    if stage is Stage.CANCELLING:
        assert (await living.ended()).outcome is Outcome.CANCELLED


async def test_a_request_that_the_stage_takes_may_still_be_refused_by_the_order_itself(shop: Shop) -> None:
    living = await shipped(shop)
    said = {kind: await living.refused(make(living.stamp())) for kind, make in REQUESTS.items() if Stage.SHIPPED in TAKEN[kind]}
    assert said == {
        ReleaseOrder: "The order is not on hold.",
        Decide: "The order has no exception 99.",
        RequestReturn: "Line 1 has 0 units that can come back, not 1.",
        Appease: "tester has no role that may give money away; returns_clerk, order_desk or operations_manager may.",
        DisputeInvoice: "The order has no invoice 9.",
        HoldDunning: "The order has no invoice 9.",
        CancelReminder: "Only a credit controller cancels a reminder.",
        PromiseToPay: "The order has no invoice 9.",
        WriteOffInvoice: "The order has no invoice 9.",
    }
    past = PromiseToPay(**living.stamp(), invoice=1, pay_by=datetime.now(UTC) - timedelta(days=1))
    assert await living.refused(past) == "A promise to pay needs a date in the future."


async def test_an_answered_exception_is_not_answered_again(shop: Shop) -> None:
    living = await captured(shop)
    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "accept")
    await living.until(Wait.PICK)
    again = Decide(**living.stamp(), exception=1, choice="reject")
    assert await living.refused(again) == "Exception 1 was already answered: accept."
    assert (await living.state()).rejected is None


async def test_a_repeated_request_gets_the_same_receipt_and_happens_once(shop: Shop) -> None:
    living = await fulfilling(shop)
    hold = HoldOrder(**living.stamp("desk"), reason="address in doubt")
    first = await living.ask(hold)
    assert await living.ask(hold) == first
    assert len((await living.state()).holds) == 1
    release = ReleaseOrder(**living.stamp("desk"))
    assert await living.ask(release) == await living.ask(release), "a repeat is taken although nothing is on hold any more"
    assert await living.ask(hold) == first
    assert (await living.state()).holds == []


# --- hold and release ----------------------------------------------------------------------------------------------------------------


async def test_a_hold_before_acceptance_keeps_stock_free_until_the_release(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 2)
    living = await shop.place(order(line(1, item, 2, price="99.00")))
    await living.exception(ExceptionKind.VALIDATION_FINDINGS)
    await living.ask(HoldOrder(**living.stamp("desk"), reason="call the customer"))
    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "accept")
    await living.when(lambda s: s.accepted and s.exceptions[0].answered)
    assert ((await living.state()).shipments, await shop.stock(item)) == ([], (2, 0))
    await living.ask(ReleaseOrder(**living.stamp("desk")))
    await living.until(Wait.PICK)
    assert await shop.stock(item) == (2, 2)


async def test_a_held_backorder_takes_its_stock_only_after_the_release(shop: Shop) -> None:
    item = shop.rare()
    living = await shop.place(order(line(1, item, 2)))
    await living.until(Wait.STOCK)
    await living.ask(HoldOrder(**living.stamp("desk"), reason="call the customer"))
    await living.when(lambda s: not s.notes)
    await shop.receive(item, 2)
    state = await living.state()
    assert (state.allocation_rounds, state.inbox, await shop.stock(item)) == (1, [], (2, 0))
    await living.ask(ReleaseOrder(**living.stamp("desk")))
    await living.until(Wait.PICK)
    assert await shop.stock(item) == (2, 2)


@answers(ExceptionKind.HOLD_OVERDUE, "keep", "release")
async def test_a_hold_that_nobody_lifts_is_asked_about_kept_and_released(shop: Shop) -> None:
    item = shop.rare()
    living = await shop.place(order(line(1, item, 2)))
    await living.until(Wait.STOCK)
    await living.ask(HoldOrder(**living.stamp("desk"), reason="call the customer", review_in=1))
    first = await living.until(Wait.RELEASE)
    await living.pass_time(1)
    asked = await living.exception(ExceptionKind.HOLD_OVERDUE)
    assert asked.detail == f"On hold since {asked.opened_at - timedelta(days=1):%Y-%m-%d} by desk: call the customer"
    await living.decide(ExceptionKind.HOLD_OVERDUE, "keep")
    later = await living.until(Wait.RELEASE)
    assert first is not None
    assert later is not None
    assert later - first >= timedelta(days=7)
    await living.pass_time(7)
    await living.decide(ExceptionKind.HOLD_OVERDUE, "release")
    await living.when(lambda s: not s.holds)
    await shop.receive(item, 2)
    await living.until(Wait.PICK)


# --- cancel --------------------------------------------------------------------------------------------------------------------------


async def test_a_captured_order_is_cancelled_before_anything_was_done(shop: Shop) -> None:
    living = await captured(shop)
    ended = await living.cancel("ordered by mistake")
    assert (ended.outcome, ended.reason) == (Outcome.CANCELLED, "ordered by mistake")
    view = await living.view()
    assert [(row.ordered, row.cancelled) for row in view.lines] == [(2, 2)]
    assert [e.decision.choice for e in view.exceptions if e.decision] == ["withdrawn"]
    assert (view.shipments, view.invoices, living.effects()) == ((), (), [])


async def test_a_backordered_order_is_cancelled_and_its_stock_is_free(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    living = await shop.place(order(line(1, item, 5), terms=PaymentTerms.PREPAID))
    await living.until(Wait.STOCK)
    await living.until(Wait.PICK)
    assert await shop.stock(item) == (3, 3)
    assert (await living.cancel()).outcome is Outcome.CANCELLED
    assert await shop.stock(item) == (3, 0)
    assert [(row.ordered, row.cancelled) for row in (await living.view()).lines] == [(5, 5)]
    assert (living.effects(), sorted(living.undone())) == ([], ["authorization", "pick task"])
    await shop.receive(item, 2)
    assert await shop.stock(item) == (5, 0)


async def test_a_packed_and_captured_order_is_cancelled_and_everything_goes_back(shop: Shop) -> None:
    """The carrier does not answer, so the cancel meets the order with its money captured and its label being bought."""
    item = shop.rare()
    await shop.receive(item, 3)
    living = await shop.place(order(line(1, item, 3), terms=PaymentTerms.PREPAID))
    shop.world.outage("carrier", on=True)
    try:
        await living.pick()
        await living.pack()
        await living.trying("ship_parcels")
        await living.ask(CancelOrder(**living.stamp("customer"), reason="too late, but not yet gone"))
        await living.trying("void_label")
    finally:
        shop.world.outage("carrier", on=False)
    assert (await living.ended()).outcome is Outcome.CANCELLED
    view = await living.view()
    assert [(p.amount, p.reversed) for p in view.payments] == [(euro(3000), True)]
    assert ([s.status for s in view.shipments], view.invoices) == (["cancelled"], ())
    assert (living.effects(), sorted(living.undone())) == ([], ["authorization", "capture", "pick task"])
    assert await shop.stock(item) == (3, 0)


async def test_a_capture_whose_answer_was_lost_is_given_back_by_the_cancel(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=3), terms=PaymentTerms.PREPAID))
    await living.pick()
    await living.until(Wait.PACK)
    shop.world.lose_answers("payments", 1_000)
    try:
        await living.pack()
        await living.when(lambda _: "capture" in living.effects())
        await living.ask(CancelOrder(**living.stamp("customer")))
        await living.trying("refund_capture")
    finally:
        shop.world.lose_answers("payments", 0)
    assert (await living.ended()).outcome is Outcome.CANCELLED
    assert (living.effects(), sorted(living.undone())) == ([], ["authorization", "capture", "pick task"])
    view = await living.view()
    assert (view.payments, view.invoices, view.lines[0].cancelled) == ((), (), 3)


async def test_an_order_that_is_being_picked_is_cancelled_and_a_late_pick_finds_a_person(shop: Shop) -> None:
    living = await fulfilling(shop)
    late = PickConfirmed(**living.stamp("floor"), shipment=1, lines=(LineQuantity(line=1, quantity=2),))
    shop.world.outage("warehouse", on=True)
    try:
        await living.ask(CancelOrder(**living.stamp("customer")))
        await living.tell(late)
    finally:
        shop.world.outage("warehouse", on=False)
    asked = await living.exception(ExceptionKind.UNEXPECTED_FACT)
    assert asked.subject == "pick_confirmed"
    assert (await living.view()).lines[0].picked == 0
    await living.decide(ExceptionKind.UNEXPECTED_FACT, "acknowledge")
    assert (await living.ended()).outcome is Outcome.CANCELLED


async def test_a_partly_shipped_order_is_cancelled_as_far_as_it_has_not_left(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 3)
    living = await shop.place(order(line(1, item, 5), terms=PaymentTerms.PREPAID))
    await living.ship(1)
    await living.until(Wait.STOCK)
    await living.ask(CancelOrder(**living.stamp("customer"), reason="the rest takes too long"))
    await living.when(lambda s: s.undone)
    assert (await living.state()).stage is Stage.SHIPPED
    await living.deliver(1)
    assert (await living.close()).outcome is Outcome.CLOSED
    view = await living.view()
    assert [(row.ordered, row.shipped, row.delivered, row.cancelled) for row in view.lines] == [(5, 3, 3, 2)]
    assert [(i.total, i.balance) for i in view.invoices] == [(euro(3000), euro(0))]
    assert await shop.stock(item) == (0, 0)


async def test_what_is_lost_after_a_cancel_of_the_rest_is_still_sent_again(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 1)
    living = await shop.place(order(line(1, item, 2)))
    await living.ship(1)
    await living.until(Wait.STOCK)
    await living.ask(CancelOrder(**living.stamp("customer")))
    await living.when(lambda s: s.undone)
    await living.carrier(CarrierStatus.LOST)
    await shop.receive(item, 1)
    await living.decide(ExceptionKind.PARCEL_LOST, "reship")
    await living.ship(2)
    assert [(row.number, row.shipped, row.cancelled) for row in (await living.view()).lines] == [(1, 1, 1), (101, 1, 0)]


async def test_a_cancel_from_temporal_takes_the_road_of_the_request(shop: Shop) -> None:
    living = await fulfilling(shop)
    await living.latest.cancel()
    ended = await living.ended()
    assert (ended.outcome, ended.reason) == (Outcome.CANCELLED, "cancelled in Temporal")
    assert (living.effects(), living.undone()) == ([], ["pick task"])


# --- before the first workflow task --------------------------------------------------------------------------------------------------


async def test_messages_that_come_before_the_first_workflow_task_are_taken(shop: Shop) -> None:
    """Started together with its first fact: the signal is in the history before any worker has seen the order."""
    placed = order()
    early = PickConfirmed(
        message_id=f"{placed.key}/early",
        occurred_at=datetime.now(UTC),
        actor="floor",
        shipment=1,
        lines=(LineQuantity(line=1, quantity=2),),
    )
    living = await shop.place(placed, first=early)
    await living.until(Wait.PACK)
    assert (await living.view()).lines[0].picked == 2
    first = [event async for event in living.latest.fetch_history_events()]
    names = [event.WhichOneof("attributes") for event in first[:3]]
    assert names[1] == "workflow_execution_signaled_event_attributes"


async def test_a_request_that_meets_an_order_in_its_first_moment_is_answered(shop: Shop) -> None:
    placed = order()
    living = await shop.place(placed)
    receipt, _ = await asyncio.gather(living.ask(CancelOrder(**living.stamp("customer"), reason="at once")), asyncio.sleep(0))
    assert receipt.name == "cancel_order"
    ended = await living.ended()
    assert (ended.outcome, ended.reason) == (Outcome.CANCELLED, "at once")
    assert (await living.view()).invoices == ()
