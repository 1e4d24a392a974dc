"""The desk: every trouble finds a person, an unanswered one escalates, and an answer is carried out once."""

from __future__ import annotations

from datetime import timedelta

from domain.exceptions import RULES, ExceptionKind
from domain.lifecycle import Wait
from domain.messages import Decide, ExceptionRaised, HoldOrder, PickConfirmed, ReleaseOrder
from domain.order import PaymentTerms
from domain.policies import Policies
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.lives import delivered
from tests.workflows.shop import Living, Shop, line, order


async def raised(living: Living, detail: str) -> None:
    await living.tell(ExceptionRaised(**living.stamp("driver"), detail=detail))


@answers(ExceptionKind.RAISED, "acknowledge")
async def test_a_trouble_that_somebody_raised_keeps_the_order_open_until_it_is_acknowledged(shop: Shop) -> None:
    living = await delivered(shop, terms=PaymentTerms.PREPAID, policies=Policies(return_window=4))
    await raised(living, "The customer's gate was locked.")
    asked = await living.exception(ExceptionKind.RAISED)
    assert (asked.subject, asked.detail, asked.owner) == ("raised by driver", "The customer's gate was locked.", "order_desk")
    await living.pass_time(4.1)
    await living.when(lambda s: s.exceptions[0].escalations == 2)
    assert await living.refused(Decide(**living.stamp(), exception=1, choice="shrug")) == (
        "'shrug' is not offered for raised; choose one of: acknowledge."
    )
    assert await living.refused(Decide(**living.stamp(), exception=2, choice="acknowledge")) == "The order has no exception 2."
    await living.decide(ExceptionKind.RAISED, "acknowledge")
    assert (await living.ended()).outcome is Outcome.CLOSED
    view = (await living.view()).exceptions[0]
    assert (view.owner, view.escalations, view.decision is not None and view.decision.choice) == ("operations_manager", 2, "acknowledge")


async def test_an_unanswered_exception_escalates_and_the_database_says_so(shop: Shop) -> None:
    living = await shop.place(order(line(1, "NO-SUCH-ITEM", 1)))
    asked = await living.exception(ExceptionKind.VALIDATION_FINDINGS)
    assert await living.until(Wait.DECISION, "validation_findings") == asked.due_at == asked.opened_at + timedelta(days=2)
    await living.pass_time(2.1)
    state = await living.when(lambda s: s.exceptions[0].escalations == 1)
    view = (await living.view()).exceptions[0]
    assert (view.owner, view.due_at) == ("operations_manager", state.exceptions[0].due_at)
    assert state.exceptions[0].due_at > asked.due_at
    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "reject")
    assert (await living.ended()).outcome is Outcome.REJECTED


@answers(ExceptionKind.UNREADABLE_MESSAGE, "acknowledge")
async def test_a_flood_of_unreadable_messages_is_one_row(shop: Shop) -> None:
    living = await shop.place(order())
    for number in range(50):
        await living.handle.signal("pick_confirmed", f"rubbish {number}")
    state = await living.when(lambda s: s.unreadable == 49)
    assert [(e.kind, e.subject) for e in state.exceptions] == [(ExceptionKind.UNREADABLE_MESSAGE, "signal pick_confirmed")]
    await living.decide(ExceptionKind.UNREADABLE_MESSAGE, "acknowledge")
    await living.ship()
    assert (await living.state()).stage == "shipped"


async def test_a_flood_under_many_names_is_ten_rows(shop: Shop) -> None:
    living = await shop.place(order())
    for number in range(30):
        await living.handle.signal(f"nonsense_{number}", "?")
    state = await living.when(lambda s: s.unreadable == 20)
    assert len(state.exceptions) == 10
    assert all(RULES[e.kind].owner == "integrator" for e in state.exceptions)


async def test_a_fact_that_fits_nothing_finds_a_person_before_the_order_closes(shop: Shop) -> None:
    living = await delivered(shop, terms=PaymentTerms.PREPAID)
    await living.tell(PickConfirmed(**living.stamp("floor"), shipment=7, lines=()))
    await living.pass_time(30.1)
    asked = await living.exception(ExceptionKind.UNEXPECTED_FACT)
    assert asked.detail.startswith("pick_confirmed of floor (")
    assert '"shipment":7' in asked.detail
    await living.decide(ExceptionKind.UNEXPECTED_FACT, "acknowledge")
    assert (await living.ended()).outcome is Outcome.CLOSED


async def test_a_fact_that_comes_twice_as_two_messages_is_unexpected_the_second_time(shop: Shop) -> None:
    living = await shop.place(order())
    await living.pick()
    await living.until(Wait.PACK)
    lines = (await living.state()).shipments[0].quantities
    assert lines == {1: 2}
    await living.tell(PickConfirmed(**living.stamp("floor"), shipment=1, lines=()))
    await living.exception(ExceptionKind.UNEXPECTED_FACT)
    await living.pack()
    await living.until(Wait.DELIVERY)


@answers(ExceptionKind.STEP_REFUSED, "retry")
async def test_a_step_that_is_refused_is_tried_again_when_its_cause_is_mended(shop: Shop) -> None:
    living = await shop.place(order())
    await living.until(Wait.PICK)
    shop.trouble.refuse(living.key, "record_pick", "The bin is locked.")
    await living.pick()
    asked = await living.exception(ExceptionKind.STEP_REFUSED)
    assert (asked.subject, asked.detail, asked.owner) == ("shipment/1/pick", "The bin is locked.", "engineer_on_call")
    await living.decide(ExceptionKind.STEP_REFUSED, "retry")
    await living.when(lambda s: len(s.exceptions) == 2)
    shop.trouble.up(living.key)
    await living.decide(ExceptionKind.STEP_REFUSED, "retry")
    await living.pack()
    await living.until(Wait.DELIVERY)
    assert shop.trouble.carried_out[living.key, "record_pick"] == 1


async def test_a_hold_that_nobody_reviews_asks_and_a_kept_one_asks_again(shop: Shop) -> None:
    item = shop.rare()
    living = await shop.place(order(line(1, item, 1)))
    await living.until(Wait.STOCK)
    await living.ask(HoldOrder(**living.stamp("credit"), reason="waiting for a guarantee", review_in=3))
    first = await living.until(Wait.RELEASE)
    await living.pass_time(3.1)
    await living.decide(ExceptionKind.HOLD_OVERDUE, "keep")
    await living.when(lambda s: s.exceptions[0].carried_out and not s.notes)
    second = await living.until(Wait.RELEASE)
    assert first is not None
    assert second is not None
    assert (second - first).days == 7
    assert [w.until for w in (await living.view()).waits if w.wait is Wait.RELEASE] == [second]
    await shop.receive(item, 1)
    await living.ask(ReleaseOrder(**living.stamp("credit")))
    await living.ship()
    assert (await living.view()).held == ""


async def test_a_cancelled_order_does_not_wait_for_its_release(shop: Shop) -> None:
    living = await shop.place(order())
    await living.until(Wait.PICK)
    await living.ask(HoldOrder(**living.stamp("credit"), reason="a doubt"))
    assert (await living.cancel()).outcome is Outcome.CANCELLED
    assert (await living.view()).held == ""
