"""Invoices that nobody pays: reminders on their days, a credit hold, and in the end a person who decides."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import DisputeInvoice, PaymentReversed, PromiseToPay
from domain.order import PaymentTerms
from domain.policies import LADDER, Policies
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.lives import delivered, letters, money, on_credit_hold, reminders
from tests.workflows.shop import DEBTORS, Living, Shop, line, order


async def document(living: Living) -> str:
    return (await living.state()).invoices[0].document


OWN = Policies(ladder=LADDER)
"""Orders that carry their reminders with them, as all did before customers had reminder terms."""

LAST = LADDER[-1].model_copy(update={"level": 1})
"""The last rung alone: 25.00 EUR and the credit hold on day 33, a person on day 39."""


async def unpaid_to_the_end(shop: Shop, debtor: str) -> Living:
    living = await delivered(shop, policies=Policies(ladder=(LAST,)), customer=debtor)
    await living.pass_time(39.1)
    await living.exception(ExceptionKind.INVOICE_UNPAID)
    return living


@answers(ExceptionKind.INVOICE_UNPAID, "write_off")
async def test_an_invoice_is_unpaid_for_120_days(shop: Shop) -> None:
    living = await delivered(shop, policies=OWN, customer=DEBTORS[0])
    number = await document(living)
    await living.pass_time(35.9)
    assert await reminders(living) == []
    await living.pass_time(24)
    assert await reminders(living) == [(1, 0, 36), (2, 1500, 50)]
    assert not await on_credit_hold(shop, DEBTORS[0])
    await living.pass_time(60.1)
    asked = await living.exception(ExceptionKind.INVOICE_UNPAID)
    await living.when(lambda s: s.exceptions[0].escalations == 7)
    assert await reminders(living) == [(1, 0, 36), (2, 1500, 50), (3, 2500, 60)]
    assert letters(living, number) == [f"Reminder {level} of {number}" for level in (1, 2, 3)]
    assert await money(living) == {"total": 4000, "fees": 4000, "credited": 0, "paid": 0, "written_off": 0, "balance": 8000}
    assert await on_credit_hold(shop, DEBTORS[0])
    state = await living.state()
    assert (asked.opened_at - state.invoices[0].issued_at).days == 66
    assert (state.exceptions[0].owner, (state.exceptions[0].due_at - asked.opened_at).days) == ("finance_manager", 8 * 7)
    view = await living.view()
    assert (view.exceptions[0].escalations, view.exceptions[0].owner) == (7, "finance_manager")
    await living.decide(ExceptionKind.INVOICE_UNPAID, "write_off")
    assert (await living.ended()).outcome is Outcome.CLOSED
    assert [(i.written_off.minor, i.balance.minor) for i in (await living.view()).invoices] == [(8000, 0)]
    assert not await on_credit_hold(shop, DEBTORS[0])


async def test_a_payment_stops_the_reminders_at_once_and_lifts_the_credit_hold(shop: Shop) -> None:
    living = await unpaid_to_the_end(shop, DEBTORS[1])
    assert await on_credit_hold(shop, DEBTORS[1])
    await living.pay(6500)
    ended = await living.ended()
    assert ended.outcome is Outcome.CLOSED
    assert [e.decision.choice for e in (await living.view()).exceptions if e.decision] == ["withdrawn"]
    assert not await on_credit_hold(shop, DEBTORS[1])
    assert await reminders(living) == [(1, 2500, 33)]


@answers(ExceptionKind.INVOICE_UNPAID, "wait_on", "collections")
async def test_an_unpaid_invoice_waits_on_then_goes_to_collections_and_is_looked_at_again(shop: Shop) -> None:
    living = await unpaid_to_the_end(shop, DEBTORS[2])
    await living.decide(ExceptionKind.INVOICE_UNPAID, "wait_on")
    due = await living.until(Wait.PAYMENT, "invoice 1")
    state = await living.when(lambda s: s.exceptions[0].answered and s.exceptions[0].carried_out)
    decided = state.exceptions[0].decision
    assert decided is not None
    assert due == decided.at + timedelta(days=5 + 1)
    await living.pass_time(6.1)
    await living.decide(ExceptionKind.INVOICE_UNPAID, "collections")
    review = await living.until(Wait.COLLECTIONS, "invoice 1")
    state = await living.when(lambda s: s.exceptions[1].answered and s.exceptions[1].carried_out)
    decided = state.exceptions[1].decision
    assert decided is not None
    assert review == decided.at + timedelta(days=90)
    assert [(w.wait, w.until) for w in (await living.view()).waits] == [(Wait.COLLECTIONS, review)]
    await living.pass_time(90.1)
    await living.decide(ExceptionKind.INVOICE_UNPAID, "collections")
    state = await living.when(lambda s: s.invoices[0].handed_over == 2)
    assert state.invoices[0].collections_review_at == (await living.until(Wait.COLLECTIONS, "invoice 1"))
    await living.pay(6500)
    assert (await living.ended()).outcome is Outcome.CLOSED


async def test_after_a_downtime_only_the_step_that_is_due_is_taken(shop: Shop) -> None:
    quick = Policies(day=timedelta(seconds=0.1), ladder=LADDER, pick_within=900, pack_within=900, delivery_grace=900, return_window=90)
    living = await shop.place(order(line(1, "PLENTY", 4), terms=PaymentTerms.NET_14, customer=DEBTORS[3]), quick)
    await living.ship()
    await living.deliver()
    state = await living.when(lambda s: s.shipments[0].settled)
    number = state.invoices[0].document
    await shop.shut()
    try:
        await asyncio.sleep((state.invoices[0].issued_at + quick.days(45) - datetime.now(UTC)).total_seconds())
    finally:
        await shop.open()  # on day 45: the reminders of the days 20, 34 and 44 are missed
    state = await living.when(lambda s: s.invoices[0].reminders == 1)
    invoice = state.invoices[0]
    assert letters(living, number) == [f"Reminder 1 of {number}"]
    assert invoice.reminded_due_at is not None
    assert invoice.reminded_due_at >= invoice.issued_at + quick.days(45 + 10)
    assert await living.until(Wait.PAYMENT, "invoice 1") == invoice.reminded_due_at + quick.days(3 + 1)
    await living.pay(4000)
    assert (await living.ended()).outcome is Outcome.CLOSED


async def test_after_a_reversal_the_reminders_go_on_where_they_stood(shop: Shop) -> None:
    living = await delivered(shop, policies=OWN)
    await living.pass_time(36.1)
    await living.when(lambda s: s.invoices[0].reminders == 1)
    before = await living.until(Wait.PAYMENT, "invoice 1")
    await living.ask(DisputeInvoice(**living.stamp(), invoice=1))  # keeps the order open once it is paid
    await living.ask(DisputeInvoice(**living.stamp(), invoice=1, resolved=True))
    await living.pay(3999, "wire-1")
    await living.pay(1, "wire-2", invoice=1)
    await living.tell(PaymentReversed(**living.stamp("bank"), payment="wire-1", reason="no funds"))
    await living.when(lambda s: s.payments and s.payments[0].reversed)
    assert await living.until(Wait.PAYMENT, "invoice 1") == before
    await living.pass_time(14.1)
    await living.when(lambda s: s.invoices[0].reminders == 2)
    assert await reminders(living) == [(1, 0, 36), (2, 1500, 50)]


async def test_a_disputed_invoice_is_not_reminded_until_the_dispute_is_resolved(shop: Shop) -> None:
    living = await delivered(shop, policies=OWN)
    await living.ask(DisputeInvoice(**living.stamp("customer"), invoice=1, reason="two units were broken"))
    review = await living.until(Wait.DISPUTE, "invoice 1")
    await living.when(lambda s: not s.notes)
    assert (Wait.DISPUTE, review) in [(w.wait, w.until) for w in (await living.view()).waits]
    await living.pass_time(14.1)
    asked = await living.exception(ExceptionKind.INVOICE_UNPAID)
    assert asked.detail == f"{await document(living)} is disputed: 40.00 EUR open."
    await living.decide(ExceptionKind.INVOICE_UNPAID, "wait_on")
    again = await living.until(Wait.DISPUTE, "invoice 1")
    assert review is not None
    assert again is not None
    assert again > review
    await living.ask(DisputeInvoice(**living.stamp("customer"), invoice=1, resolved=True))
    due = await living.until(Wait.PAYMENT, "invoice 1")
    state = await living.when(lambda s: not s.notes)
    assert due == state.invoices[0].due_at + timedelta(days=6)
    assert await reminders(living) == []
    refused = await living.refused(DisputeInvoice(**living.stamp(), invoice=1, resolved=True))
    assert refused == f"Invoice 1 ({await document(living)}) is not disputed."


async def test_a_broken_promise_lets_the_reminders_go_on(shop: Shop) -> None:
    living = await delivered(shop, policies=OWN, customer=DEBTORS[4])
    stamp = living.stamp("customer")
    await living.ask(PromiseToPay(**stamp, invoice=1, pay_by=stamp["occurred_at"] + timedelta(days=40)))
    await living.pass_time(39.9)
    assert await reminders(living) == []
    await living.pass_time(0.2)
    state = await living.when(lambda s: s.invoices[0].reminders == 1 and not s.notes)
    assert state.invoices[0].promised_by is None
    assert await reminders(living) == [(1, 0, 40)]
    waits = [(w.wait, w.subject) for w in (await living.view()).waits]
    assert (Wait.PROMISE, "invoice 1") not in waits
    assert await on_credit_hold(shop, DEBTORS[4]), "a broken promise holds the customer's further orders"
    await living.pay(4000)
    await living.ended()
    assert not await on_credit_hold(shop, DEBTORS[4])


async def test_a_payment_during_an_outage_of_the_mail_spares_the_customer_the_reminder(shop: Shop) -> None:
    living = await delivered(shop, policies=OWN)
    shop.trouble.down(living.key, "send_reminder")
    passing = asyncio.create_task(living.pass_time(36.1))  # it arrives when the letter could be sent
    await living.when(lambda _: shop.trouble.attempts[living.key, "send_reminder"] > 0)
    await living.pay(4000)
    await living.when(lambda s: s.invoices[0].settled)
    shop.trouble.up(living.key)
    await passing
    assert (await living.ended()).outcome is Outcome.CLOSED
    assert await reminders(living) == []
    assert letters(living, (await living.view()).invoices[0].document) == []
    assert (await living.view()).invoices[0].fees.minor == 0


async def test_money_that_has_come_but_is_not_booked_yet_stops_a_reminder(shop: Shop) -> None:
    living = await delivered(shop, policies=OWN)
    shop.trouble.down(living.key, "apply_payment")
    await living.pay(4000)
    passing = asyncio.create_task(living.pass_time(36.1))  # it arrives when the payment could be booked
    await living.when(lambda _: shop.trouble.attempts[living.key, "apply_payment"] > 3)
    assert await reminders(living) == []
    shop.trouble.up(living.key)
    await passing
    assert (await living.ended()).outcome is Outcome.CLOSED
    assert await reminders(living) == []
