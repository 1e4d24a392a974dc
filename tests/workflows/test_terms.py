"""Terms that say more than one date: deposits, instalments, and discounts for paying early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import (
    CancelOrder,
    Disposition,
    InspectedLine,
    LineQuantity,
    PaymentReceived,
    PaymentReversed,
    RequestReturn,
    ReturnInspected,
    ReturnKind,
    ReturnReceived,
)
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.lives import delivered, money, refunds
from tests.workflows.shop import Shop, euro, line, order


async def test_a_payment_in_time_settles_the_invoice_for_less_and_its_reversal_takes_the_discount_back(shop: Shop) -> None:
    living = await delivered(shop, terms="2-10-net30")
    await living.pay(3920, "early")
    state = await living.when(lambda s: s.invoices[0].settled)
    assert state.invoices[0].discounts == {"early": euro(80)}
    assert await money(living) == {"total": 4000, "fees": 0, "credited": 0, "paid": 3920, "written_off": 0, "balance": 0}
    assert await shop.audit() == []
    await living.tell(PaymentReversed(**living.stamp("bank"), payment="early", reason="no funds"))
    await living.when(lambda s: s.payments[0].reversed)
    assert (await money(living))["balance"] == 4000
    assert await shop.audit() == []
    await living.pay(3920, "late", invoice=1)
    state = await living.when(lambda s: s.invoices[0].settled)
    assert state.invoices[0].discounts == {"late": euro(80)}
    assert (await living.close()).outcome is Outcome.CLOSED


async def test_a_payment_after_the_days_of_discount_leaves_the_rest_open(shop: Shop) -> None:
    living = await delivered(shop, terms="2-10-net30")
    paid_at = datetime.now(UTC) + timedelta(days=12)
    stamp = living.stamp("bank") | {"occurred_at": paid_at}
    await living.tell(PaymentReceived(**stamp, payment="late", amount=euro(3920)))
    await living.when(lambda s: s.payments)
    assert (await money(living))["balance"] == 80


async def test_what_is_sent_back_after_a_discount_is_refunded_for_what_was_paid(shop: Shop) -> None:
    living = await delivered(shop, terms="2-10-net30")
    await living.pay(3920, "early")
    await living.when(lambda s: s.invoices[0].settled)
    two = (LineQuantity(line=1, quantity=2),)
    await living.ask(RequestReturn(**living.stamp("customer"), lines=two, kind=ReturnKind.REFUND, reason="too loud"))
    await living.until(Wait.RETURNED_GOODS)
    await living.tell(ReturnReceived(**living.stamp("dock"), rma=1, location="BERLIN", lines=two))
    await living.until(Wait.INSPECTION)
    inspected = (InspectedLine(line=1, quantity=2, disposition=Disposition.RESTOCK),)
    await living.tell(ReturnInspected(**living.stamp("returns"), rma=1, lines=inspected))
    state = await living.when(lambda s: s.returns[0].outcome)
    assert await refunds(living) == [1960]
    assert state.invoices[0].discounts == {"early": euro(40)}
    assert await shop.audit() == []


async def test_payments_fill_the_parts_of_an_invoice_and_it_is_due_when_the_oldest_open_one_is(shop: Shop) -> None:
    living = await delivered(shop, terms="thirds")
    first = (await living.state()).invoices[0]
    assert [part.amount.minor for part in first.instalments] == [1333, 1333, 1334]
    assert first.due_at == first.instalments[0].due_at
    await living.pay(1333)
    state = await living.when(lambda s: s.payments)
    assert state.invoices[0].due_at == first.instalments[1].due_at
    view = (await living.view()).invoices[0]
    assert view.due_at == first.instalments[1].due_at
    assert [(part.amount.minor, part.open.minor) for part in view.instalments] == [(1333, 0), (1333, 1333), (1334, 1334)]
    assert await shop.audit() == []
    await living.pay(2667)
    await living.when(lambda s: s.invoices[0].settled)


async def test_nothing_is_supplied_before_the_deposit_and_the_invoice_nets_it(shop: Shop) -> None:
    living = await shop.place(order(line(1, "PLENTY", 4), terms="30-deposit"))
    await living.until(Wait.DEPOSIT)
    state = await living.state()
    assert state.deposit is not None
    assert state.deposit.amount == euro(1200)
    assert state.shipments == []
    assert (Wait.DEPOSIT, "order") in {(wait.wait, wait.subject) for wait in (await living.view()).waits}
    await living.when(lambda s: s.deposit and s.deposit.sent)
    assert [letter["subject"] for letter in shop.world.letters() if state.deposit.document in letter["subject"]] == [
        f"Deposit request {state.deposit.document}"
    ]
    await living.pay(1200, "deposit")
    await living.ship()
    invoice = (await living.state()).invoices[0]
    assert (invoice.paid, invoice.balance) == (euro(1200), euro(2800))
    assert await shop.audit() == []
    await living.deliver()
    await living.pay(2800)
    await living.when(lambda s: s.invoices[0].settled)
    assert (await living.close()).outcome is Outcome.CLOSED


async def test_a_deposit_goes_back_when_the_order_is_cancelled(shop: Shop) -> None:
    living = await shop.place(order(line(1, "PLENTY", 4), terms="30-deposit"))
    await living.until(Wait.DEPOSIT)
    await living.pay(1200, "deposit")
    await living.until(Wait.PICK)
    await living.ask(CancelOrder(**living.stamp("customer"), reason="changed my mind"))
    assert (await living.ended()).outcome is Outcome.CANCELLED
    assert await refunds(living) == [1200]
    assert (await living.state()).exceptions == []


async def test_a_deposit_that_supply_does_not_wait_for_is_netted_over_two_invoices(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 1)
    living = await shop.place(order(line(1, item, 2), terms="15-later"))
    await living.pay(1500, "deposit")
    await living.when(lambda s: s.payments)
    await living.ship(1)
    await shop.receive(item, 1)
    await living.ship(2)
    state = await living.when(lambda s: len(s.invoices) == 2)
    assert [invoice.paid.minor for invoice in state.invoices] == [1000, 500]
    assert await shop.audit() == []


@answers(ExceptionKind.DEPOSIT_OVERDUE, "wait_on", "go_on")
async def test_an_unpaid_deposit_finds_a_person_who_waits_on_or_goes_on(shop: Shop) -> None:
    living = await shop.place(order(line(1, "PLENTY", 4), terms="30-deposit"))
    await living.until(Wait.DEPOSIT)
    await living.pass_time(7.1)
    await living.decide(ExceptionKind.DEPOSIT_OVERDUE, "wait_on")
    await living.until(Wait.DEPOSIT)
    await living.pass_time(7.1)
    await living.decide(ExceptionKind.DEPOSIT_OVERDUE, "go_on")
    await living.ship()
    assert (await living.state()).invoices[0].balance == euro(4000)


@answers(ExceptionKind.DEPOSIT_OVERDUE, "cancel")
async def test_an_order_whose_deposit_never_comes_may_be_cancelled(shop: Shop) -> None:
    living = await shop.place(order(line(1, "PLENTY", 4), terms="30-deposit"))
    await living.until(Wait.DEPOSIT)
    await living.pass_time(7.1)
    await living.decide(ExceptionKind.DEPOSIT_OVERDUE, "cancel")
    assert (await living.ended()).outcome is Outcome.CANCELLED
