"""Payments that the bank takes back, on both engines: the original is found and reversed, or a person is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from database import bank_booking, bank_entries, outbox, payments
from database.accounts import enter_account, on_account
from database.tables import BankEntryRow, Order
from domain.messages import PaymentReversed
from domain.money_steps import ApplyPayment, Part
from domain.steps import Recorded
from tests.database.bank import MONDAY, THEIRS, entry, read
from tests.database.builders import NOW, House, eur, step
from tests.database.test_cash_application import facts, hear, invoiced


async def test_a_returned_debit_takes_its_payment_back(house: House) -> None:
    placed, _ = await invoiced(house)
    await read(house, entry(10_000, "INV-1", end_to_end="E2E-7"), name="1")
    await hear(house)
    returned = entry(10_300, "", credit=False, return_reason="AM04", end_to_end="E2E-7", booked_on=MONDAY + timedelta(days=2))
    (view,) = await read(house, returned, name="2", opening=20_000)
    assert (view.status, view.takes_back) == ("matched", 1)
    assert view.because == "takes back B-000001: AM04, no funds; 3.00 EUR of it are the bank's charges"
    (fact,) = await facts(house)
    assert isinstance(fact, PaymentReversed)
    assert (fact.payment, fact.reason, fact.message_id) == ("B-000001/1", "returned: AM04, no funds", "cash/B-000001/1/reversed")
    assert (await house.database.read(outbox.untold))[0].order == placed.key

    def status(session: Session) -> str:
        return session.get_one(BankEntryRow, 1).status

    assert await house.database.read(status) == "reversed"


async def test_a_return_that_its_order_would_not_hear_any_more_is_for_a_person(house: House) -> None:
    await invoiced(house)
    await read(house, entry(10_000, "INV-1", end_to_end="E2E-7"), name="1")
    await hear(house)
    back = entry(10_000, credit=False, return_reason="AC04", end_to_end="E2E-7")
    (view,) = await read(house, back, name="2", opening=10_000)
    assert view.status == "matched"
    await house.database.transaction(bank_booking.told, "cash/B-000001/1/reversed", NOW, "Order shopify/1001 is closed.")
    queued = await house.database.read(bank_entries.entry_view, view.entry)
    assert (queued.status, queued.because) == (
        "queued",
        "the money of order shopify/1001 went back, and the order does not take it: Order shopify/1001 is closed. Ask the customer for it.",
    )


async def test_a_payment_that_came_back_before_its_order_heard_of_it_is_nobody_s_trouble(house: House) -> None:
    await invoiced(house)
    await read(house, entry(10_000, "INV-1", end_to_end="E2E-7"), name="1")
    (view,) = await read(house, entry(10_000, credit=False, return_reason="AC04", end_to_end="E2E-7"), name="2", opening=10_000)
    for message in ("cash/B-000001/1", "cash/B-000001/1/reversed"):
        await house.database.transaction(bank_booking.told, message, NOW, "Order shopify/1001 is closed.")
    assert (await house.database.read(bank_entries.entry_view, view.entry)).status == "matched"
    assert await house.database.read(on_account, "C-1", "EUR") == 0


async def test_a_return_for_an_order_that_is_over_is_for_a_person(house: House) -> None:
    placed, _ = await invoiced(house)
    await read(house, entry(10_000, "INV-1", end_to_end="E2E-7"), name="1")
    await hear(house)

    def closed(outcome: str) -> Callable[[Session], None]:
        def change(session: Session) -> None:
            session.get_one(Order, placed.key).outcome = outcome

        return change

    await house.database.transaction(closed("closed"))
    (view,) = await read(house, entry(10_000, credit=False, return_reason="AC04", end_to_end="E2E-7"), name="2", opening=10_000)
    await house.database.transaction(closed(""))  # for the audit at the end: nothing of it has arrived
    assert (view.status, view.because) == (
        "queued",
        "it takes back B-000001 (AC04, account closed), and order shopify/1001 is over, and what was paid there stands",
    )


async def test_a_return_that_nobody_knows_and_one_that_may_be_two_are_queued(house: House) -> None:
    await invoiced(house, "1")
    await invoiced(house, "2")
    await read(house, entry(10_000, "INV-1", iban=THEIRS), entry(10_000, "INV-2", iban=THEIRS), name="1")
    back = entry(10_000, "", credit=False, reversal=True, iban=THEIRS, booked_on=MONDAY + timedelta(days=1))
    strange = entry(4_711, "", credit=False, reversal=True, booked_on=MONDAY + timedelta(days=1))
    two, none = await read(house, back, strange, name="2", opening=50_000)
    assert (two.status, two.because) == (
        "queued",
        "a payment was taken back (reversed by the bank), and it may take back B-000001 or B-000002",
    )
    assert (none.status, none.because) == ("queued", "a payment was taken back (reversed by the bank), and what it takes back is not known")


async def test_a_return_of_money_that_was_used_since_is_for_a_person(house: House) -> None:
    await invoiced(house)
    await read(house, entry(12_000, "INV-1", end_to_end="X"), name="1")
    await house.database.transaction(enter_account, "spent", "C-1", "paid_back", eur(1_500), NOW)
    back = entry(12_000, credit=False, return_reason="MD06", end_to_end="X")
    (view,) = await read(house, back, name="2", opening=50_000)
    assert view.status == "queued"
    assert view.because == (
        "it takes back B-000001 (MD06, returned by the payer), and 20.00 EUR of it went to the account of C-1, which has 5.00 EUR left"
    )


async def test_a_collection_that_a_gateway_told_of_is_known_by_its_name(house: House) -> None:
    placed, _ = await invoiced(house)
    booked = ApplyPayment(**step("pay/DD-1", placed.key), payment="DD-1", amount=eur(10_000), parts=(Part(invoice=1, amount=eur(10_000)),))
    await house.once(booked, Recorded, payments.apply_payment)
    (view,) = await read(house, entry(10_000, credit=False, return_reason="AC04", end_to_end="DD-1"), opening=50_000)
    assert view.status == "matched"
    (fact,) = await facts(house)
    assert isinstance(fact, PaymentReversed)
    assert (fact.payment, fact.reason) == ("DD-1", "returned: AC04, account closed")


async def test_a_payment_of_ours_that_comes_back_is_for_a_person(house: House) -> None:
    (view,) = await read(house, entry(5_000, return_reason="AC01"))
    assert (view.status, view.because) == ("queued", "a payment of ours came back (AC01): say whose money it is")
