"""Acceptance on the real server: findings, corrections, declined cards."""

from __future__ import annotations

from datetime import timedelta

from domain.exceptions import ExceptionKind
from domain.lifecycle import Stage, Wait
from domain.messages import Decide
from domain.money import Money
from domain.order import Address, PaymentTerms
from domain.steps import Outcome, Severity
from tests.workflows.answers import answers
from tests.workflows.shop import Living, Shop, euro, line, order

HAMBURG = Address(name="Ada Byron", street="Elbchaussee 1", city="Hamburg", postcode="22765", country="DE")


async def nothing_happened(living: Living) -> None:
    """No stock was kept, nobody outside was asked for anything, nothing was billed."""
    view = await living.view()
    assert (view.shipments, view.invoices, view.payments) == ((), (), ())
    assert living.effects() == living.undone() == []


@answers(ExceptionKind.VALIDATION_FINDINGS, "correct", "accept")
async def test_all_findings_come_at_once_and_a_person_corrects_what_is_wrong(shop: Shop) -> None:
    placed = order(line(1, "LAMB"), line(2, price="99.00"), terms=PaymentTerms.NET_60, ship_to=None)
    living = await shop.place(placed)
    asked = await living.exception(ExceptionKind.VALIDATION_FINDINGS)
    assert asked.detail == (
        "line 1: nobody knows the item 'LAMB'; line 2: the price is 99.00; price list LIST says 10.00 EUR; "
        "ship_to: there is no address to ship to; terms: C-1 has not got the payment terms net60"
    )
    assert (await living.state()).shipments == []

    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "correct", items={1: "LAMP"}, prices={2: "10.00"}, ship_to=HAMBURG)
    state = await living.when(lambda s: len(s.exceptions) == 2)
    assert state.exceptions[1].detail == "terms: C-1 has not got the payment terms net60"
    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "accept")

    await living.ship()
    view = await living.view()
    assert [(row.item, row.unit_price, row.shipped) for row in view.lines] == [("LAMP", "10.00", 2), ("PLENTY", "10.00", 2)]
    assert [invoice.total for invoice in view.invoices] == [euro(4000)]
    assert [(finding.place, finding.severity) for finding in view.findings] == [("terms", Severity.NOTE)]


@answers(ExceptionKind.VALIDATION_FINDINGS, "correct")
async def test_an_unknown_customer_is_corrected(shop: Shop) -> None:
    living = await shop.place(order(customer="C-404"))
    assert (await living.exception(ExceptionKind.VALIDATION_FINDINGS)).detail == "customer: nobody knows the customer 'C-404'"
    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "correct", customer="C-1")
    await living.until(Wait.PICK)
    assert (await living.view()).customer == "C-1"
    assert (await living.state()).customer == "C-1"


async def test_an_alias_of_a_customer_needs_no_correction(shop: Shop) -> None:
    living = await shop.place(order(customer="web:1"))
    await living.until(Wait.PICK)
    assert (await living.state()).customer == "C-1"


@answers(ExceptionKind.VALIDATION_FINDINGS, "reject")
async def test_a_rejected_order_says_why_and_nothing_was_done_for_it(shop: Shop) -> None:
    living = await shop.place(order(line(1, "NOTHING-LIKE-IT"), terms=PaymentTerms.PREPAID))
    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "reject")
    ended = await living.ended()
    assert (ended.outcome, ended.reason) == (Outcome.REJECTED, "line 1: nobody knows the item 'NOTHING-LIKE-IT'")
    assert (await living.view()).stage is Stage.REJECTED
    await nothing_happened(living)


async def test_a_correction_that_cannot_be_used_is_refused_and_the_question_stays(shop: Shop) -> None:
    living = await shop.place(order(line(1, price="99.00")))
    asked = await living.exception(ExceptionKind.VALIDATION_FINDINGS)

    def decide(choice: str, **details: object) -> Decide:
        return Decide.model_validate(living.stamp("desk") | {"exception": asked.number, "choice": choice} | details)

    assert (
        await living.refused(decide("shrug")) == "'shrug' is not offered for validation_findings; choose one of: correct, accept, reject."
    )
    assert await living.refused(decide("correct", prices={1: "cheap"})) == "The price of line 1: 'cheap' is not an amount."
    assert await living.refused(decide("correct", prices={1: "-1"})) == "The price of line 1 cannot be -1."
    assert await living.refused(decide("correct", prices={7: "10.00"})) == "The order has no line 7."
    assert await living.refused(decide("correct", items={1: ""})) == "An item's name has 1 to 100 characters; the one for line 1 has 0."
    state = await living.state()
    assert (state.stage, state.exceptions[0].decision, state.attempts) == (Stage.CAPTURED, None, 0)
    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "reject")
    await living.ended()


async def test_totals_that_do_not_add_up_are_a_note_and_the_order_goes_on(shop: Shop) -> None:
    living = await shop.place(order(line(1, "PLENTY", 3), stated_total=euro(2999)))
    await living.until(Wait.PICK)
    state = await living.state()
    assert state.exceptions == []
    found = [(f.place, f.reason, f.severity) for f in (await living.view()).findings]
    assert found == [("total", "the document says 29.99 EUR, its lines add up to 30.00 EUR", Severity.NOTE)]


async def test_a_quantity_that_nobody_can_mend_rejects_the_order_without_asking(shop: Shop) -> None:
    living = await shop.place(order(line(1, "NOBODY", 0), line(2, quantity=-3)))
    ended = await living.ended()
    why = "line 1: the quantity is 0; line 2: the quantity is -3; total: the lines add up to -30.00 EUR"
    assert (ended.outcome, ended.reason) == (Outcome.REJECTED, why)
    assert (await living.state()).exceptions == []
    await nothing_happened(living)


async def test_an_order_in_a_currency_that_does_not_exist_is_rejected(shop: Shop) -> None:
    nothing = Money.zero("ZZZ")
    goods = line(1).model_copy(update={"discount": nothing})
    living = await shop.place(order(goods, terms=PaymentTerms.PREPAID, currency="ZZZ", discount=nothing, freight=nothing))
    ended = await living.ended()
    assert (ended.outcome, ended.reason) == (Outcome.REJECTED, "currency: there is no currency 'ZZZ'")
    await nothing_happened(living)


async def test_an_unanswered_exception_escalates_until_it_is_answered(shop: Shop) -> None:
    living = await shop.place(order(line(1, price="99.00")))
    asked = await living.exception(ExceptionKind.VALIDATION_FINDINGS)
    assert (asked.owner, asked.due_at - asked.opened_at) == ("order_desk", timedelta(days=2))
    await living.until(Wait.DECISION)
    await living.pass_time(2)
    state = await living.when(lambda s: s.exceptions[0].escalations == 1)
    assert state.exceptions[0].owner == "operations_manager"
    await living.until(Wait.DECISION)
    row = (await living.view()).exceptions[0]
    assert (row.escalations, row.owner, row.due_at) == (1, "operations_manager", state.exceptions[0].due_at)
    assert row.due_at >= asked.due_at + timedelta(days=2)

    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "reject")
    await living.ended()
    answered = (await living.view()).exceptions[0].decision
    assert answered is not None
    assert (answered.choice, answered.by) == ("reject", "tester")


@answers(ExceptionKind.PAYMENT_DECLINED, "retry")
async def test_a_declined_payment_is_tried_again(shop: Shop) -> None:
    living = await shop.place(order(terms=PaymentTerms.PREPAID), script={"card": "declined_once"})
    asked = await living.exception(ExceptionKind.PAYMENT_DECLINED)
    assert asked.detail == "The payment was declined: Insufficient funds."
    state = await living.state()
    assert (state.stage, state.accepted, state.shipments) == (Stage.SUPPLYING, True, [])
    await living.decide(ExceptionKind.PAYMENT_DECLINED, "retry")
    await living.until(Wait.PICK)
    assert living.effects() == ["authorization", "pick task"]
    assert (await living.state()).authorization_attempts == 2


@answers(ExceptionKind.PAYMENT_DECLINED, "bill")
async def test_a_declined_payment_may_be_billed_instead(shop: Shop) -> None:
    living = await shop.place(order(terms=PaymentTerms.PREPAID), script={"card": "declined"})
    await living.decide(ExceptionKind.PAYMENT_DECLINED, "bill")
    await living.ship()
    invoice = (await living.view()).invoices[0]
    assert (invoice.total, invoice.balance, invoice.due_at - invoice.issued_at) == (euro(2000), euro(2000), timedelta(days=14))
    assert living.effects() == ["pick task", "label"]


@answers(ExceptionKind.PAYMENT_DECLINED, "cancel")
async def test_a_declined_payment_may_end_the_order(shop: Shop) -> None:
    living = await shop.place(order(terms=PaymentTerms.PREPAID), script={"card": "declined"})
    await living.decide(ExceptionKind.PAYMENT_DECLINED, "cancel")
    ended = await living.ended()
    assert (ended.outcome, ended.reason) == (Outcome.CANCELLED, "payment declined: Insufficient funds.")
    assert [(row.ordered, row.cancelled, row.open) for row in (await living.view()).lines] == [(2, 2, 0)]
    await nothing_happened(living)


async def test_a_prepaid_order_that_costs_nothing_needs_no_payment(shop: Shop) -> None:
    living = await shop.place(order(line(1, quantity=2, discount=2000), terms=PaymentTerms.PREPAID))
    await living.ship()
    assert living.effects() == ["pick task", "label"]
    assert [(invoice.total, invoice.balance) for invoice in (await living.view()).invoices] == [(euro(0), euro(0))]
