"""Credit on the real server: an order stops at acceptance, at release and at shipment, and goes on by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from database import credit_terms, reading
from database.tables import Customer
from domain.credit import BlockCustomer, BlockKind
from domain.exceptions import ExceptionKind
from domain.lifecycle import Stage, Wait
from domain.messages import (
    AmendOrder,
    CancelOrder,
    CarrierStatus,
    CreditCleared,
    Decide,
    Disposition,
    HoldOrder,
    InspectedLine,
    LineQuantity,
    ReleaseCredit,
    ReleaseOrder,
    RequestReturn,
    ReturnInspected,
    ReturnReceived,
)
from domain.money import Money
from domain.order import PaymentTerms
from domain.steps import Outcome
from starters.outbox import tell_untold
from tests.workflows.answers import answers
from tests.workflows.lives import buyer, limit
from tests.workflows.shop import Living, Shop, euro, line, order

CONTROLLER = ("credit_controller",)


async def block(shop: Shop, customer: str, kind: BlockKind | None) -> None:
    request = BlockCustomer(customer=customer, kind=kind, reason="fraud", actor="anna", at=datetime.now(UTC))
    await shop.database.transaction(credit_terms.block_customer, request)
    await tell_untold(shop.client, shop.database)


async def at_acceptance(shop: Shop, customer: str) -> Living:
    """An order of 20.00 with 10.00 of credit."""
    await limit(shop, customer, 1000)
    living = await shop.place(order(customer=customer))
    await living.until(Wait.CREDIT, "acceptance")
    return living


async def at_release(shop: Shop, customer: str) -> Living:
    """Accepted; then the limit falls, and stock that it waited for comes."""
    item = shop.rare()
    living = await shop.place(order(line(1, item, 2), customer=customer))
    await living.until(Wait.STOCK)
    await limit(shop, customer, 1000)
    await shop.receive(item, 2)
    await living.until(Wait.CREDIT, "release")
    return living


async def at_shipment(shop: Shop, customer: str) -> Living:
    """Picked; then the limit falls, and the parcels are packed."""
    living = await shop.place(order(customer=customer))
    await living.pick()
    await limit(shop, customer, 1000)
    await living.pack()
    await living.until(Wait.CREDIT, "shipment")
    return living


STOPS = (at_acceptance, at_release, at_shipment)
Stopped = Callable[[Shop, str], Any]


async def goes_on(living: Living) -> None:
    """To the end of its road: shipped, and billed for 20.00."""
    state = await living.when(lambda s: s.credit_stop is None)
    if not any(shipment.packed for shipment in state.shipments):
        await living.ship()
    await living.until(Wait.DELIVERY)
    view = await living.view()
    assert [invoice.total for invoice in view.invoices] == [euro(2000)]
    assert living.effects() == ["pick task", "label"]
    assert Wait.CREDIT not in {wait.wait for wait in view.waits}


def nothing_beyond(living: Living, stop: Stopped) -> None:
    """What is after the stop did not happen."""
    assert living.effects() == (["pick task"] if stop is at_shipment else [])


@pytest.mark.parametrize("stop", STOPS)
async def test_an_order_that_is_stopped_goes_on_by_itself_when_the_limit_rises(shop: Shop, stop: Stopped) -> None:
    customer = await buyer(shop)
    living = await stop(shop, customer)
    nothing_beyond(living, stop)
    view = await living.view()
    waits = [wait for wait in view.waits if wait.wait is Wait.CREDIT]
    assert [(wait.subject, wait.until is not None) for wait in waits] == [("order", True)]
    assert view.accepted == (stop is not at_acceptance)
    await limit(shop, customer, 2000)
    await goes_on(living)
    assert (await living.view()).exceptions == ()


@answers(ExceptionKind.CREDIT_STOP, "release")
@pytest.mark.parametrize("stop", STOPS)
async def test_the_credit_controller_is_asked_at_the_review_and_lets_it_pass(shop: Shop, stop: Stopped) -> None:
    customer = await buyer(shop)
    living = await stop(shop, customer)
    await living.pass_time(1.1)
    asked = await living.exception(ExceptionKind.CREDIT_STOP)
    assert (asked.owner, asked.subject) == ("credit_controller", "order")
    assert "above the limit of 10.00 EUR" in asked.detail
    wrong = Decide(**living.stamp("bert"), roles=("order_desk",), exception=asked.number, choice="release")
    assert await living.refused(wrong) == "Credit is released by a credit_controller or a finance_manager; bert is neither."
    nothing_beyond(living, stop)
    await living.decide(ExceptionKind.CREDIT_STOP, "release", roles=CONTROLLER, note="paid by cheque")
    await goes_on(living)
    report = await shop.database.read(credit_terms.report, customer, datetime.now(UTC))
    (released,) = [event for event in report.events if event.kind == "released"]
    assert (released.reason, released.actor, released.order) == ("paid by cheque", "tester", living.key)


@answers(ExceptionKind.CREDIT_STOP, "keep_waiting")
async def test_it_may_wait_on_until_another_review(shop: Shop) -> None:
    customer = await buyer(shop)
    living = await at_shipment(shop, customer)
    before = await living.until(Wait.CREDIT)
    await living.pass_time(1.1)
    await living.decide(ExceptionKind.CREDIT_STOP, "keep_waiting")
    state = await living.when(lambda s: s.credit_checks == 1)
    assert state.credit_stop is not None
    assert before is not None
    assert state.credit_stop.review_at >= before + timedelta(days=1)
    nothing_beyond(living, at_shipment)
    await living.pass_time(1.1)
    await living.exception(ExceptionKind.CREDIT_STOP)
    await limit(shop, customer, 2000)
    await goes_on(living)
    assert [e.decision.choice for e in (await living.state()).exceptions if e.decision] == ["keep_waiting", "withdrawn"]


@answers(ExceptionKind.CREDIT_STOP, "cancel")
@pytest.mark.parametrize("stop", STOPS)
async def test_an_order_without_credit_may_end(shop: Shop, stop: Stopped) -> None:
    customer = await buyer(shop)
    living = await stop(shop, customer)
    await living.pass_time(1.1)
    await living.decide(ExceptionKind.CREDIT_STOP, "cancel")
    ended = await living.ended()
    assert ended.outcome is (Outcome.REJECTED if stop is at_acceptance else Outcome.CANCELLED)
    assert "above the limit of 10.00 EUR" in ended.reason
    assert living.effects() == []
    assert await shop.database.read(credit_terms.waiting_orders) == []


async def test_a_payment_lets_the_next_order_go_within_the_time_of_a_message(shop: Shop) -> None:
    customer = await buyer(shop)
    await limit(shop, customer, 3000)
    first = await shop.place(order(customer=customer))
    await first.ship()
    second = await shop.place(order(customer=customer))
    await second.until(Wait.CREDIT, "acceptance")
    await first.pay(1000)
    await first.when(lambda s: s.payments)
    await tell_untold(shop.client, shop.database)
    await goes_on(second)


async def test_one_payment_clears_the_ladder_and_the_stop_together(shop: Shop) -> None:
    customer = await buyer(shop)
    first = await shop.place(order(customer=customer))
    await first.ship()

    def hold(session: Session) -> None:
        session.get_one(Customer, customer).credit_hold = True

    await shop.database.transaction(hold)
    second = await shop.place(order(customer=customer))
    await second.until(Wait.CREDIT, "last reminder")
    await first.pay(2000)
    await first.when(lambda s: s.invoices[0].settled)
    await tell_untold(shop.client, shop.database)
    await goes_on(second)
    assert (await first.view()).invoices[0].reminders == 0


@pytest.mark.parametrize("stop", STOPS)
async def test_who_may_releases_an_order_at_any_time(shop: Shop, stop: Stopped) -> None:
    customer = await buyer(shop)
    living = await stop(shop, customer)
    until = datetime.now(UTC) + timedelta(days=5)
    request: dict[str, Any] = {"reason": "guaranteed", "expires_at": until, "cap": euro(2000)}
    assert "is neither" in await living.refused(ReleaseCredit(**living.stamp("bert"), roles=(), **request))
    wrong = ReleaseCredit(**living.stamp("anna"), roles=CONTROLLER, **request | {"cap": Money(minor=1, currency="USD")})
    assert await living.refused(wrong) == "The order is in EUR: it cannot be released up to 0.01 USD."
    past = ReleaseCredit(**living.stamp("anna"), roles=CONTROLLER, **request | {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)})
    assert await living.refused(past) == "A release of credit needs an end in the future."
    nothing_beyond(living, stop)
    await living.ask(ReleaseCredit(**living.stamp("anna"), roles=("finance_manager",), **request))
    await goes_on(living)


async def test_a_release_that_comes_first_is_known_at_the_stop(shop: Shop) -> None:
    customer = await buyer(shop)
    living = await shop.place(order(customer=customer))
    await living.pick()
    until = datetime.now(UTC) + timedelta(days=5)
    await living.ask(ReleaseCredit(**living.stamp("anna"), roles=CONTROLLER, reason="guaranteed", expires_at=until))
    await living.when(lambda s: s.credit_releases == 1)
    await limit(shop, customer, 1000)
    await living.pack()
    await living.until(Wait.DELIVERY)


async def test_a_release_that_has_expired_lets_nothing_pass(shop: Shop) -> None:
    customer = await buyer(shop)
    living = await shop.place(order(line(1, shop.rare(), 2), customer=customer))
    await living.until(Wait.STOCK)
    until = datetime.now(UTC) + timedelta(days=1)
    await living.ask(ReleaseCredit(**living.stamp("anna"), roles=CONTROLLER, reason="guaranteed", expires_at=until))
    await living.when(lambda s: s.credit_releases == 1)
    await limit(shop, customer, 1000)
    await living.pass_time(2)
    await shop.receive((await living.state()).line(1).item, 2)
    await living.until(Wait.CREDIT, "release")
    await living.cancel()


async def test_a_block_stops_what_is_paid_and_its_end_lets_it_go(shop: Shop) -> None:
    customer = await buyer(shop)
    living = await shop.place(order(customer=customer, terms=PaymentTerms.PREPAID))
    await living.pick()
    await block(shop, customer, BlockKind.SHIP)
    await living.pack()
    await living.until(Wait.CREDIT, "is blocked (ship): fraud")
    assert living.effects() == ["authorization", "pick task"]
    await block(shop, customer, None)
    await living.until(Wait.DELIVERY)
    assert living.effects() == ["authorization", "pick task", "capture", "label"]


@answers(ExceptionKind.INVOICE_BLOCKED, "keep_waiting", "invoice_now")
async def test_goods_leave_and_their_invoice_waits(shop: Shop) -> None:
    customer = await buyer(shop)
    await block(shop, customer, BlockKind.INVOICE)
    living = await shop.place(order(customer=customer))
    await living.ship()
    await living.until(Wait.CREDIT, "invoice of shipment 1")
    assert (await living.view()).invoices == ()
    await living.deliver()
    await living.when(lambda s: s.stage is Stage.DELIVERED)
    await living.pass_time(1.1)
    await living.decide(ExceptionKind.INVOICE_BLOCKED, "keep_waiting")
    await living.when(lambda s: s.credit_checks == 1)
    await living.pass_time(1.1)
    await living.decide(ExceptionKind.INVOICE_BLOCKED, "invoice_now", roles=CONTROLLER)
    await living.until(Wait.PAYMENT)
    assert [invoice.total for invoice in (await living.view()).invoices] == [euro(2000)]
    assert [row for row in await shop.database.read(credit_terms.waiting_orders) if row.order == living.key] == []


async def test_the_invoice_follows_when_the_block_ends(shop: Shop) -> None:
    customer = await buyer(shop)
    await block(shop, customer, BlockKind.INVOICE)
    living = await shop.place(order(customer=customer))
    await living.ship()
    await living.until(Wait.CREDIT, "invoice of shipment 1")
    await block(shop, customer, None)
    await living.until(Wait.PAYMENT)
    assert (await living.view()).exceptions == ()


async def test_what_is_lost_before_its_blocked_invoice_comes_is_credited_on_it(shop: Shop) -> None:
    customer = await buyer(shop)
    await block(shop, customer, BlockKind.INVOICE)
    living = await shop.place(order(customer=customer))
    await living.ship()
    await living.until(Wait.CREDIT, "invoice of shipment 1")
    await living.carrier(CarrierStatus.LOST)
    await living.decide(ExceptionKind.PARCEL_LOST, "refund")
    await living.when(lambda s: not s.inbox)
    await block(shop, customer, None)
    assert (await living.ended()).outcome is Outcome.CLOSED
    assert [(i.total, i.credited, i.balance) for i in (await living.view()).invoices] == [(euro(2000), euro(2000), euro(0))]


async def test_what_was_found_good_long_ago_is_judged_anew_before_it_leaves(shop: Shop) -> None:
    """A hold lets four days pass between the parcels and the carrier."""
    customer = await buyer(shop)
    living = await shop.place(order(customer=customer))
    await living.pick()
    await living.ask(HoldOrder(**living.stamp("desk"), reason="in doubt", review_in=30))
    await living.pack()
    await living.when(lambda s: s.shipments[0].packed)
    await living.until(Wait.RELEASE)
    await living.pass_time(4)
    await limit(shop, customer, 1000)
    await living.ask(ReleaseOrder(**living.stamp("desk")))
    await living.until(Wait.CREDIT, "shipment")
    assert living.effects() == ["pick task"]
    await limit(shop, customer, 2000)
    await living.until(Wait.DELIVERY)


async def test_units_that_were_ordered_on_top_are_judged_with_the_rest(shop: Shop) -> None:
    customer, item = await buyer(shop), shop.rare()
    living = await shop.place(order(line(1, item, 2), customer=customer))
    await living.until(Wait.STOCK)
    await limit(shop, customer, 2000)
    await living.ask(AmendOrder(**living.stamp("customer"), quantities=(LineQuantity(line=1, quantity=3),)))
    await living.when(lambda s: s.line(1).open == 3)
    await shop.receive(item, 3)
    await living.until(Wait.CREDIT, "owes 30.00 EUR with all its orders, above the limit of 20.00 EUR")
    await living.cancel()
    assert await shop.database.read(reading.order_view, living.key) is not None


async def test_a_stopped_order_can_be_cancelled(shop: Shop) -> None:
    customer = await buyer(shop)
    for stop in STOPS:
        living = await stop(shop, customer)
        assert (await living.cancel()).outcome is Outcome.CANCELLED
        await limit(shop, customer, None)
    assert await shop.database.read(credit_terms.waiting_orders) == []


async def test_the_word_that_comes_before_the_stop_is_answered_with_a_judgement(shop: Shop) -> None:
    customer = await buyer(shop)
    await limit(shop, customer, 1000)
    early = CreditCleared(message_id="early", occurred_at=datetime.now(UTC), actor="holdfast")
    living = await shop.place(order(customer=customer), first=early)
    await living.when(lambda s: s.credit_checks == 1)
    await living.until(Wait.CREDIT)
    assert (await living.state()).inbox == []
    await living.cancel()


async def test_a_word_that_nobody_waits_for_is_noted(shop: Shop) -> None:
    early = CreditCleared(message_id="for nobody", occurred_at=datetime.now(UTC), actor="holdfast")
    living = await shop.place(order(terms=PaymentTerms.PREPAID), first=early)
    await living.ship()
    await living.deliver()
    await living.close()
    trail = [row.summary for row in await shop.database.read(reading.audit_trail, living.key)]
    assert "credit_cleared came late and changes nothing" in trail


async def test_a_replacement_after_a_cancel_waits_for_the_block_to_end(shop: Shop) -> None:
    """Half was shipped when the order was cancelled; the carrier loses it, and what is shipped again is stopped and let go."""
    customer, item = await buyer(shop), shop.rare()
    await shop.receive(item, 3)
    living = await shop.place(order(line(1, item, 1), line(2, shop.rare(), 1), customer=customer))
    await living.ship()
    await living.ask(CancelOrder(**living.stamp("customer")))
    await living.when(lambda s: s.undone)
    await living.carrier(CarrierStatus.LOST)
    await block(shop, customer, BlockKind.SHIP)
    await living.decide(ExceptionKind.PARCEL_LOST, "reship")
    await living.until(Wait.CREDIT, "is blocked (ship)")
    await block(shop, customer, None)
    await living.ship(2)
    await living.deliver(2)
    await living.pay(1000)
    await living.close()


async def test_what_was_stopped_once_is_returned_and_credited_like_any_order(shop: Shop) -> None:
    customer = await buyer(shop)
    living = await at_release(shop, customer)
    await limit(shop, customer, 2000)
    await living.ship()
    await living.deliver()
    await living.pay(2000)
    await living.when(lambda s: s.invoices and s.invoices[0].settled)
    units = (LineQuantity(line=1, quantity=1),)
    await living.ask(RequestReturn(**living.stamp("customer"), lines=units))
    await living.until(Wait.RETURNED_GOODS)
    await living.tell(ReturnReceived(**living.stamp("dock"), rma=1, location="BERLIN", lines=units))
    await living.until(Wait.INSPECTION)
    inspected = (InspectedLine(line=1, quantity=1, disposition=Disposition.RESTOCK),)
    await living.tell(ReturnInspected(**living.stamp("clerk"), rma=1, lines=inspected))
    await living.when(lambda s: s.returns[0].outcome == "refunded")
    assert [note.total for note in (await living.view()).credits] == [euro(1000)]
