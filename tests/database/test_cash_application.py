"""Cash application on both engines: what a payment's words say is what is booked, once, to the cent; the rest is queued."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from database import bank_booking, bank_reading, outbox, payments
from database.accounts import on_account
from database.tables import BankMatch, BankPayer, Customer, OutboxFact
from domain.creditor_reference import creditor_reference
from domain.messages import PaymentReceived, PaymentReversed
from domain.money import Money
from domain.money_steps import ApplyPayment, Part
from domain.order import PlaceOrder
from domain.steps import Recorded
from tests.database.bank import MONDAY, OURS, THEIRS, entry, parts, read, read_statement, statement
from tests.database.builders import NOW, House, eur, line, order, step


async def invoiced(house: House, external_id: str = "1001", units: int = 2, **changes: Any) -> tuple[PlaceOrder, str]:
    """Kettles at 50.00, shipped and invoiced."""
    placed = await house.shipped_order(external_id, line(1, "KETTLE", units))
    return placed, await house.invoice(placed, **changes)


async def facts(house: House) -> list[PaymentReceived | PaymentReversed]:
    return [each.fact for each in await house.database.read(outbox.untold)]  # type: ignore[misc]  # nothing else is told here


async def hear(house: House) -> None:
    """Every order takes what it is told, as its workflow does."""
    for each in await house.database.read(outbox.untold):
        fact = each.fact
        if isinstance(fact, PaymentReceived):
            named = (Part(invoice=fact.invoice, amount=fact.amount),) if fact.invoice else ()
            request = ApplyPayment(**step(f"payment/{fact.payment}", each.order), payment=fact.payment, amount=fact.amount, parts=named)
            await house.once(request, Recorded, payments.apply_payment)
        await house.database.transaction(bank_booking.told, each.message_id, NOW)


async def test_a_creditor_reference_pays_its_invoice_to_the_cent(house: House) -> None:
    placed, document = await invoiced(house)
    (view,) = await read(house, entry(10_000, reference=creditor_reference(document), iban=THEIRS))
    assert (view.status, parts(view)) == ("matched", [(document, 10_000, "")])
    assert (view.parts[0].rule, view.parts[0].score) == ("creditor_reference", 100)
    (fact,) = await facts(house)
    assert fact == PaymentReceived(
        message_id="cash/B-000001/1",
        occurred_at=fact.occurred_at,
        actor="bank",
        payment="B-000001/1",
        amount=eur(10_000),
        invoice=1,
    )
    assert fact.occurred_at.date() == MONDAY
    assert (await house.database.read(outbox.untold))[0].order == placed.key


@pytest.mark.parametrize("text", ["INV-000001", "inv 1", "Invoice no. 00001, thank you", "RECHNUNG NR. 1", "inv000001"])
async def test_an_invoice_number_is_read_however_it_is_written(house: House, text: str) -> None:
    await invoiced(house)
    (view,) = await read(house, entry(10_000, text))
    assert (view.status, view.parts[0].rule, parts(view)) == ("matched", "invoice_number", [("INV-000001", 10_000, "")])


async def test_a_reference_with_wrong_check_digits_names_nobody(house: House) -> None:
    await invoiced(house, units=1)
    (view,) = await read(house, entry(10_000, "RF99 INV0 0000 1"))
    assert (view.status, view.because) == ("queued", "it names no invoice and no order of ours, and nobody knows the payer")
    assert await facts(house) == []


async def test_the_order_s_number_pays_its_open_invoice_when_the_amount_is_its_own(house: House) -> None:
    await invoiced(house)
    right, wrong = await read(house, entry(10_000, "order 1001"), entry(9_000, "order #1001"))
    assert (right.status, right.parts[0].rule) == ("matched", "order_number")
    assert (wrong.status, wrong.parts) == ("queued", ())


async def test_one_payment_pays_three_orders(house: House) -> None:
    names = [(await invoiced(house, external_id, units))[1] for external_id, units in (("1", 1), ("2", 2), ("3", 3))]
    (view,) = await read(house, entry(30_000, f"{names[0]}, 2 and 3"))
    assert parts(view) == [(names[0], 5_000, ""), (names[1], 10_000, ""), (names[2], 15_000, "")]
    assert [(fact.payment, fact.amount.minor) for fact in await facts(house) if isinstance(fact, PaymentReceived)] == [
        ("B-000001/1", 5_000),
        ("B-000001/2", 10_000),
        ("B-000001/3", 15_000),
    ]


async def test_bank_charges_within_the_limit_are_given_up_and_more_stays_open(house: House) -> None:
    await invoiced(house, "1")
    await invoiced(house, "2")
    few, much = await read(house, entry(9_850, "INV-1"), entry(6_000, "INV-2"))
    assert parts(few) == [("INV-000001", 9_850, "bank_charges")]
    assert few.parts[0].written_off == eur(150)
    assert few.because == "The invoice number: INV-000001, 1.50 EUR short (bank charges), written off"
    assert parts(much) == [("INV-000002", 6_000, "part_payment")]
    assert much.parts[0].written_off == eur(0)
    assert much.because == "The invoice number: INV-000002, 40.00 EUR short (part payment), left open"
    first, second = await facts(house)
    assert isinstance(first, PaymentReceived)
    assert isinstance(second, PaymentReceived)
    assert first.allowance is not None
    assert (first.allowance.amount, first.allowance.reason) == (eur(150), "bank charges")
    assert second.allowance is None


async def test_what_is_too_much_is_kept_on_the_customer_s_account(house: House) -> None:
    await invoiced(house)
    (view,) = await read(house, entry(11_000, "INV-000001"))
    assert parts(view) == [("INV-000001", 10_000, ""), ("account C-1", 1_000, "overpaid")]
    assert await house.database.read(on_account, "C-1", "EUR") == 1_000


async def test_an_invoice_that_is_paid_already_is_not_paid_again(house: House) -> None:
    await invoiced(house)
    await read(house, entry(10_000, "INV-000001"), name="1")
    await hear(house)
    (view,) = await read(house, entry(10_000, "INV-000001", booked_on=MONDAY + timedelta(days=1)), name="2")
    assert (view.status, parts(view)) == ("on_account", [("account C-1", 10_000, "on_account")])
    assert view.because == "INV-000001 is paid already: on the account of C-1"


async def test_what_is_on_its_way_to_an_order_is_not_open_any_more(house: House) -> None:
    await invoiced(house)
    first, second = await read(house, entry(10_000, "INV-1"), entry(10_000, "INV-1"))
    assert first.status == "matched"
    assert (second.status, parts(second)) == ("on_account", [("account C-1", 10_000, "on_account")])


async def test_another_currency_is_for_a_person(house: House) -> None:
    await invoiced(house)
    dollars = entry(10_000, "INV-1", amount=Money(minor=10_000, currency="USD"))
    told = statement(dollars, currency="USD", opening=0)
    told = told.model_copy(update={"opening": Money.zero("USD"), "closing": Money(minor=10_000, currency="USD")})
    (view,) = await read_statement(house, told)
    assert (view.status, view.because) == ("queued", "it is in USD, and INV-000001 is in EUR")


async def test_an_account_that_paid_before_is_known_again(house: House) -> None:
    await invoiced(house, "1")
    await invoiced(house, "2", units=3)
    await read(house, entry(10_000, "INV-1", iban=THEIRS, payer="N. N."), name="1")
    (view,) = await read(house, entry(15_000, "thank you", iban=THEIRS, payer="N. N."), name="2")
    assert (view.parts[0].rule, parts(view)) == ("payer_and_amount", [("INV-000002", 15_000, "")])
    assert view.because == "C-1 by an account that has paid for them before, the only open invoice of this amount: INV-000002 to the cent"


async def test_what_was_only_guessed_teaches_nothing(house: House) -> None:
    await invoiced(house)
    (view,) = await read(house, entry(10_000, "", payer="KAFFEEKONTOR NORD GMBH", iban=THEIRS))
    assert (view.status, view.parts[0].rule) == ("matched", "payer_and_amount")
    assert await house.database.read(lambda session: session.scalar(select(BankPayer.iban))) is None


async def test_two_invoices_of_the_same_amount_are_never_guessed_between(house: House) -> None:
    await invoiced(house, "1")
    await invoiced(house, "2")
    (view,) = await read(house, entry(10_000, "for coffee", payer="Kaffeekontor Nord"))
    assert (view.status, view.parts) == ("queued", ())
    assert view.because == "the payer is C-1 by name, and more than one choice of their open invoices makes up the amount"
    assert [(each.document, each.why) for each in view.candidates] == [
        ("INV-000001", "the payer's, of this amount; of this amount"),
        ("INV-000002", "the payer's, of this amount; of this amount"),
    ]


async def test_an_order_without_an_invoice_is_paid_in_advance(house: House) -> None:
    placed = order("77-A", line(1, "KETTLE", 2))
    await house.accept(placed)
    (view,) = await read(house, entry(10_000, "advance for 77-A"))
    assert (view.status, parts(view)) == ("matched", [(placed.key, 10_000, "")])
    (fact,) = await facts(house)
    assert isinstance(fact, PaymentReceived)
    assert fact.invoice is None


async def test_our_own_payments_are_none_of_our_receivables(house: House) -> None:
    paid, nothing = await read(house, entry(5_000, credit=False), entry(0))
    assert (paid.status, paid.because) == ("ignored", "money that we paid")
    assert (nothing.status, nothing.because) == ("ignored", "no money moved")


async def test_nothing_is_booked_from_a_statement_that_does_not_add_up(house: House) -> None:
    await invoiced(house)
    told = statement(entry(10_000, "INV-1")).model_copy(update={"closing": eur(12_345)})
    (view,) = await read_statement(house, told)
    assert view.status == "queued"
    assert view.because == (
        "its statement is not to be trusted alone: it opens with 0.00 EUR, its entries lead to 100.00 EUR, and it closes with 123.45 EUR. "
        "The rules would say: The invoice number: INV-000001 to the cent"
    )
    assert await facts(house) == []


async def test_a_statement_read_twice_books_nothing_twice(house: House) -> None:
    await invoiced(house)
    told = statement(entry(10_000, "INV-1"), entry(10_000, "INV-1"), entry(700, "what is this"))
    before = [view.entry for view in await read_statement(house, told)]
    again = await read_statement(house, told)
    assert ([view.entry for view in again], [view.known for view in again]) == (before, [True] * 3)
    assert len(await facts(house)) == 1


async def test_overlapping_files_and_other_forms_of_a_day_tell_of_one_payment(house: House) -> None:
    await invoiced(house)
    camt = entry(10_000, "INV-1", end_to_end="E2E-7", bank_reference="BANK-9")
    mt940 = entry(10_000, "INV 1", end_to_end="E2E 7")
    (first,) = await read(house, camt, name="camt")
    (again,) = await read(house, mt940, name="mt940", form="MT940")
    (overlap, other) = await read(house, camt, entry(10_000, "INV-1", end_to_end="E2E-8"), name="overlap")
    assert (again.entry, again.known, overlap.entry, overlap.known) == (first.entry, True, first.entry, True)
    assert (other.known, other.status) == (False, "on_account")
    assert len(await facts(house)) == 1


async def test_an_entry_that_may_be_known_is_shown_to_a_person(house: House) -> None:
    await invoiced(house)
    await read(house, entry(10_000, "INV-1", bank_reference="A"), name="1")
    (view,) = await read(house, entry(10_000, "INV-1", bank_reference="B"), name="2")
    assert (view.status, view.known) == ("queued", False)
    assert view.because.startswith("it may be B-000001, told again with another reference")


async def test_money_for_an_order_that_is_over_goes_to_the_customer_s_account(house: House) -> None:
    await invoiced(house)
    await read(house, entry(10_000, "INV-1"))
    for _ in range(2):
        await house.database.transaction(bank_booking.told, "cash/B-000001/1", NOW, "Order test/1001 is closed, the message came too late.")
    assert await house.database.read(on_account, "C-1", "EUR") == 10_000

    def look(session: Session) -> tuple[str, str]:
        part = session.scalars(select(BankMatch)).one()
        return part.state, part.note

    assert await house.database.read(look) == ("came_back", "Order test/1001 is closed, the message came too late.")


async def test_ours_is_the_account_that_every_view_names(house: House) -> None:
    (view,) = await read(house, entry(5_000, "nothing"))
    assert view.account == OURS
    assert await house.database.read(lambda session: session.scalar(select(OutboxFact.message_id))) is None


async def test_readers_of_one_file_at_the_same_time_book_it_once(house: House) -> None:
    await invoiced(house)
    told = statement(entry(10_000, "INV-1"), entry(10_000, "INV-1"), entry(700, "?"))
    readings = await asyncio.gather(*(read_statement(house, told) for _ in range(4)))
    assert {tuple(view.entry for view in views) for views in readings} == {(1, 2, 3)}
    assert len(await facts(house)) == 1
    assert await house.database.read(on_account, "C-1", "EUR") == 10_000


async def test_a_statement_that_does_not_follow_on_a_known_one_is_said_to(house: House) -> None:
    async def gap(opening: int, name: str) -> str:
        told = statement(entry(100, name), opening=opening, name=name)
        number = await house.database.transaction(bank_reading.open_statement, told, "test.xml", "tester", NOW)
        return await house.database.read(bank_reading.gap_before, number)

    assert await gap(5_000, "1") == ""
    assert await gap(5_100, "2") == ""
    assert await gap(9_000, "4") == "no statement of this account that is known closes with 90.00 EUR: one may be missing"


async def test_a_payer_s_name_is_known_without_its_legal_form_and_with_its_umlauts_spelled_out(house: House) -> None:
    await invoiced(house)

    def renamed(session: Session) -> None:
        session.get_one(Customer, "C-1").name = "Kaffeer\u00f6sterei Nord GmbH & Co. KG"

    await house.database.transaction(renamed)
    (view,) = await read(house, entry(10_000, "coffee", payer="KAFFEEROESTEREI NORD"))
    assert (view.status, parts(view)) == ("matched", [("INV-000001", 10_000, "")])
