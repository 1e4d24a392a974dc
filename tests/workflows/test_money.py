"""Money that comes in: booked once, applied to what is owed, taken back when the bank takes it back."""

from __future__ import annotations

from datetime import timedelta

from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import CancelOrder, DisputeInvoice, PaymentReceived, PaymentReversed, PromiseToPay, WriteOffInvoice
from domain.money import Money
from domain.order import PaymentTerms
from domain.steps import Outcome
from tests.workflows.answers import answers
from tests.workflows.lives import delivered, money, payments, refunds
from tests.workflows.shop import Living, Shop, euro, line, order


async def settled(living: Living, payments: int = 1) -> None:
    await living.when(lambda s: len(s.payments) >= payments and not s.inbox and not s.notes)


def received(living: Living, payment: str, cents: int, **changes: object) -> PaymentReceived:
    return PaymentReceived(**living.stamp("bank") | {"payment": payment, "amount": euro(cents)} | changes)


def taken_back(living: Living, payment: str, reason: str = "chargeback") -> PaymentReversed:
    return PaymentReversed(**living.stamp("bank"), payment=payment, reason=reason)


async def test_two_partial_payments_settle_an_invoice(shop: Shop) -> None:
    living = await delivered(shop)
    await living.pay(1500)
    await settled(living)
    assert await money(living) == {"total": 4000, "fees": 0, "credited": 0, "paid": 1500, "written_off": 0, "balance": 2500}
    assert (Wait.PAYMENT, "invoice 1") in await living.waits()
    await living.pay(2500)
    await settled(living, 2)
    assert (await money(living))["balance"] == 0
    assert (await living.close()).outcome is Outcome.CLOSED


async def test_a_payment_before_the_invoice_is_applied_when_the_invoice_is_issued(shop: Shop) -> None:
    living = await shop.place(order(line(1, "PLENTY", 4)))
    await living.until(Wait.PICK)
    await living.pay(4000, "early-1")
    await settled(living)
    await living.ship()
    state = await living.when(lambda s: s.invoices and s.invoices[0].settled)
    assert state.payments[0].parts == {1: euro(4000)}
    assert (await money(living))["paid"] == 4000


async def test_a_payment_that_comes_before_the_order_was_looked_at_waits_for_it(shop: Shop) -> None:
    living = await shop.place(order(line(1, "NO-SUCH-ITEM", 4)))
    await living.pay(4000, "very-early")
    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "correct", items={1: "PLENTY"})
    await settled(living)
    await living.ship()
    await living.when(lambda s: s.invoices and s.invoices[0].settled)
    assert (await living.state()).exceptions[1:] == []


async def test_a_payment_to_a_named_invoice_pays_that_one_first(shop: Shop) -> None:
    item = shop.rare()
    await shop.receive(item, 2)
    living = await shop.place(order(line(1, item, 4)))
    await living.ship(1)
    await shop.receive(item, 2)
    await living.ship(2)
    await living.pay(2500, invoice=2)
    await settled(living)
    assert (await money(living, 2))["paid"] == 2000
    assert (await money(living, 1))["paid"] == 500


async def test_the_same_payment_under_two_message_ids_is_one_payment(shop: Shop) -> None:
    living = await delivered(shop)
    for _ in range(2):
        await living.tell(received(living, "wire-77", 1000))
    await settled(living)
    assert (await money(living))["paid"] == 1000
    assert await payments(living) == {"wire-77": (1000, False)}
    assert (await living.state()).exceptions == []


@answers(ExceptionKind.UNEXPECTED_FACT, "acknowledge")
async def test_the_same_payment_with_another_amount_finds_a_person_and_is_not_booked(shop: Shop) -> None:
    living = await delivered(shop)
    await living.tell(received(living, "wire-78", 1000))
    await living.tell(received(living, "wire-78", 1100))
    asked = await living.exception(ExceptionKind.UNEXPECTED_FACT)
    assert asked.detail == "Not booked: payment wire-78 is booked with 10.00 EUR, and now came with 11.00 EUR."
    await living.decide(ExceptionKind.UNEXPECTED_FACT, "acknowledge")
    assert (await money(living))["paid"] == 1000


async def test_money_in_another_currency_and_negative_money_are_not_booked(shop: Shop) -> None:
    living = await delivered(shop)
    await living.tell(received(living, "wire-79", 0, amount=Money(minor=4000, currency="USD")))
    await living.tell(received(living, "wire-80", -4000))
    state = await living.when(lambda s: len(s.exceptions) == 2)
    assert [e.detail for e in state.exceptions] == [
        "Not booked: payment wire-79 is in USD, the order is in EUR.",
        "Not booked: payment wire-80 of -40.00 EUR is not money that came in.",
    ]
    assert await payments(living) == {}


@answers(ExceptionKind.OVERPAID, "refund")
async def test_what_was_paid_too_much_is_refunded_once(shop: Shop) -> None:
    living = await delivered(shop)
    await living.pay(4700)
    asked = await living.exception(ExceptionKind.OVERPAID)
    assert asked.detail.startswith("7.00 EUR of payment ")
    await living.decide(ExceptionKind.OVERPAID, "refund")
    await living.when(lambda s: s.payments[0].unapplied.minor == 0)
    assert await refunds(living) == [700]
    assert (await money(living))["paid"] == 4000
    assert (await living.close()).outcome is Outcome.CLOSED


@answers(ExceptionKind.OVERPAID, "keep")
async def test_what_was_paid_too_much_may_stay_on_account(shop: Shop) -> None:
    living = await delivered(shop)
    await living.pay(4700)
    await living.decide(ExceptionKind.OVERPAID, "keep")
    await living.when(lambda s: s.payments[0].kept)
    assert (await living.close()).outcome is Outcome.CLOSED
    assert await refunds(living) == []


async def test_a_second_payment_answers_the_question_of_an_overpayment_that_was_taken_back(shop: Shop) -> None:
    living = await delivered(shop)
    await living.pay(4700, "wire-90")
    await living.exception(ExceptionKind.OVERPAID)
    await living.tell(taken_back(living, "wire-90"))
    state = await living.when(lambda s: s.payments[0].reversed and all(e.answered for e in s.exceptions))
    assert [e.decision.choice for e in state.exceptions if e.decision] == ["withdrawn"]
    assert (await money(living))["balance"] == 4000


@answers(ExceptionKind.REFUND_FAILED, "retry")
async def test_a_declined_refund_is_tried_again(shop: Shop) -> None:
    living = await delivered(shop)
    await living.pay(4700, "wire-91")
    shop.world.script(living.key, {"card": "refund_fails_once"})
    await living.decide(ExceptionKind.OVERPAID, "refund")
    await living.decide(ExceptionKind.REFUND_FAILED, "retry")
    await living.when(lambda s: s.payments[0].unapplied.minor == 0)
    assert await refunds(living) == [700]


@answers(ExceptionKind.REFUND_FAILED, "paid_by_hand")
async def test_a_declined_refund_that_was_paid_by_hand_is_booked(shop: Shop) -> None:
    living = await delivered(shop)
    await living.pay(4700, "wire-92")
    shop.world.script(living.key, {"card": "refund_fails_once"})
    await living.decide(ExceptionKind.OVERPAID, "refund")
    await living.decide(ExceptionKind.REFUND_FAILED, "paid_by_hand")
    await living.when(lambda s: s.payments[0].unapplied.minor == 0)
    assert await refunds(living) == [700]
    assert "refund" not in living.effects()


async def test_a_reversal_makes_the_invoice_owed_again(shop: Shop) -> None:
    living = await delivered(shop)
    await living.pay(4000, "wire-93")
    await living.when(lambda s: s.invoices[0].settled)
    await living.tell(taken_back(living, "wire-93"))
    await living.until(Wait.PAYMENT, "invoice 1")
    assert (await money(living))["balance"] == 4000
    await living.tell(taken_back(living, "wire-93"))
    await settled(living)
    assert (await money(living))["balance"] == 4000
    assert await payments(living) == {"wire-93": (4000, True)}


async def test_a_reversal_before_its_payment_waits_for_it(shop: Shop) -> None:
    living = await delivered(shop)
    await living.tell(taken_back(living, "wire-94"))
    await living.tell(received(living, "wire-94", 4000))
    await living.when(lambda s: s.payments and s.payments[0].reversed)
    assert (await money(living)) == {"total": 4000, "fees": 0, "credited": 0, "paid": 0, "written_off": 0, "balance": 4000}


async def test_a_reversal_after_a_refund_asks_for_everything_that_is_still_owed(shop: Shop) -> None:
    living = await delivered(shop)
    await living.pay(4700, "wire-95")
    await living.decide(ExceptionKind.OVERPAID, "refund")
    await living.when(lambda s: s.payments[0].unapplied.minor == 0)
    await living.tell(taken_back(living, "wire-95"))
    await living.when(lambda s: s.payments[0].reversed)
    assert (await money(living))["balance"] == 4000
    assert await refunds(living) == [700]


async def test_an_invoice_is_written_off_on_request(shop: Shop) -> None:
    living = await delivered(shop)
    await living.pay(3900)
    await settled(living)
    await living.ask(WriteOffInvoice(**living.stamp("credit"), invoice=1, reason="small difference"))
    await living.when(lambda s: s.invoices[0].settled)
    assert await money(living) == {"total": 4000, "fees": 0, "credited": 0, "paid": 3900, "written_off": 100, "balance": 0}
    assert await living.refused(WriteOffInvoice(**living.stamp("credit"), invoice=1)) == (
        f"Invoice 1 ({(await living.view()).invoices[0].document}) has nothing left to pay."
    )
    assert (await living.close()).outcome is Outcome.CLOSED


async def test_a_payment_of_a_written_off_invoice_is_money_on_account(shop: Shop) -> None:
    living = await delivered(shop)
    await living.ask(WriteOffInvoice(**living.stamp("credit"), invoice=1, reason="hopeless"))
    await living.when(lambda s: s.invoices[0].settled)
    await living.pay(4000)
    await living.decide(ExceptionKind.OVERPAID, "refund")
    await living.when(lambda s: s.payments and s.payments[0].unapplied.minor == 0)
    assert await refunds(living) == [4000]


async def test_a_promise_that_is_kept_spares_the_customer_reminders(shop: Shop) -> None:
    living = await delivered(shop)
    stamp = living.stamp("customer")
    by = stamp["occurred_at"] + timedelta(days=50)
    await living.ask(PromiseToPay(**stamp, invoice=1, pay_by=by))
    assert await living.until(Wait.PROMISE) == by
    await living.pay(4000)
    state = await living.when(lambda s: s.invoices[0].settled and not s.notes)
    assert (state.invoices[0].promised_by, state.invoices[0].reminders) == (None, 0)


async def test_requests_about_an_invoice_that_does_not_exist_are_refused(shop: Shop) -> None:
    living = await delivered(shop)
    stamp = living.stamp()
    later = stamp["occurred_at"] + timedelta(days=3)
    for request in (
        DisputeInvoice(**living.stamp(), invoice=2),
        PromiseToPay(**living.stamp(), invoice=2, pay_by=later),
        WriteOffInvoice(**living.stamp(), invoice=2),
    ):
        assert await living.refused(request) == "The order has no invoice 2."
    yesterday = stamp["occurred_at"] - timedelta(days=1)
    assert await living.refused(PromiseToPay(**stamp, invoice=1, pay_by=yesterday)) == "A promise to pay needs a date in the future."


async def test_money_for_a_cancelled_order_is_given_back(shop: Shop) -> None:
    living = await shop.place(order(line(1, "PLENTY", 4)))
    await living.until(Wait.PICK)
    await living.pay(4000)
    await settled(living)
    await living.ask(CancelOrder(**living.stamp("customer")))
    await living.decide(ExceptionKind.OVERPAID, "refund")
    assert (await living.ended()).outcome is Outcome.CANCELLED
    assert await refunds(living) == [4000]


async def test_prepaid_money_pays_its_own_invoice_at_once(shop: Shop) -> None:
    living = await delivered(shop, terms=PaymentTerms.PREPAID)
    assert (await money(living))["balance"] == 0
    assert living.effects() == ["authorization", "pick task", "capture", "label"]
