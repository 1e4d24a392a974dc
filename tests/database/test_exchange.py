"""Currencies: invoices and payments keep their own rates, and what a payment gains or loses is booked to the minor unit."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from database import exchange, payments, receivables
from database.locks import order_of
from database.rates import rolled_up
from database.seed import seed
from database.tables import ExchangeEntry, ExchangeRefund, ForeignPayment
from domain.errors import Refused
from domain.exchange import Rate, RatesSet, at_rate, take
from domain.money import Money
from domain.money_steps import (
    ApplyPayment,
    DocumentIssued,
    InvoiceDraft,
    InvoiceLine,
    IssueCredit,
    IssueInvoice,
    Part,
    Refunded,
    RefundPayment,
    ReversePayment,
    SendReminder,
    WriteOff,
)
from domain.order import OrderLine, PlaceOrder
from domain.steps import Recorded
from tests.database.builders import DAY, NOW, House, goodwill, order, step

TODAY = NOW.date()


def usd(minor: int, currency: str = "USD") -> Money:
    return Money(minor=minor, currency=currency)


async def rate(house: House, price: str, day: date = TODAY, currency: str = "USD") -> RatesSet:
    return await house(exchange.set_rates, [Rate(currency=currency, day=day, rate=Decimal(price), source="ECB")], NOW)


async def invoiced(house: House, external_id: str = "1001", minor: int = 10_000, currency: str = "USD", at: datetime = NOW) -> PlaceOrder:
    """An order whose one kettle is shipped and invoiced for `minor` minor units."""
    zero = usd(0, currency)
    price = usd(minor, currency).major
    placed = order(
        external_id,
        OrderLine(number=1, item="KETTLE", quantity=1, unit_price=price, discount=zero),
        currency=currency,
        discount=zero,
        freight=zero,
    )
    await house.accept(placed, waived=True)
    await house.allocate(placed)
    await house.pick(placed, l1=1)
    await house.pack(placed)
    await house.ship(placed)
    share = InvoiceLine(line=1, item="KETTLE", quantity=1, gross=usd(minor, currency), discount=zero, tax=zero)
    draft = InvoiceDraft(lines=(share,), freight=zero, freight_tax=zero, taxes_included=False, total=usd(minor, currency))
    about: dict[str, Any] = {"invoice": 1, "shipment": 1, "draft": draft, "terms": placed.terms, "due_at": NOW + 30 * DAY}
    request = IssueInvoice(**step("invoice/1", placed.key) | {"at": at} | about)
    await house.once(request, DocumentIssued, receivables.issue_invoice)
    return placed


async def pay(
    house: House, placed: PlaceOrder, name: str, minor: int, applied: int, later: timedelta = timedelta(0), again: int = 0
) -> None:
    parts = (Part(invoice=1, amount=usd(applied, placed.currency)),) if applied else ()
    key = f"payment/{name}" + (f"/applied/{again}" if again else "")
    about = {"payment": name, "amount": usd(minor, placed.currency), "parts": parts}
    await house.once(ApplyPayment(**step(key, placed.key) | {"at": NOW + later} | about), Recorded, payments.apply_payment)


async def found(house: House, placed: PlaceOrder) -> list[tuple[int, int, int]]:
    """(carried, paid, difference) in minor units of the ledger's currency of every payment and reversal."""
    rows = await house(exchange.differences, placed.key)
    return [(row.carried.minor, row.paid.minor, row.difference.minor) for row in rows]


async def test_a_payment_at_a_better_rate_is_a_gain_and_at_a_worse_one_a_loss(house: House) -> None:
    await rate(house, "0.92")
    placed = await invoiced(house)
    assert await house(exchange.carried, placed.key, 1) == 9_200
    await rate(house, "0.95", TODAY + DAY)
    await pay(house, placed, "BANK-1", 4_000, 4_000, DAY)
    await rate(house, "0.90", TODAY + 2 * DAY)
    await pay(house, placed, "BANK-2", 6_000, 6_000, 2 * DAY)
    assert await found(house, placed) == [(3_680, 3_800, 120), (5_520, 5_400, -120)]
    assert await house(exchange.carried, placed.key, 1) == 0


async def test_an_order_in_the_ledgers_own_currency_books_nothing(house: House) -> None:
    placed = await house.shipped_order()
    await house.invoice(placed)

    def count(session: Session) -> int:
        return session.query(ExchangeEntry).count() + session.query(ForeignPayment).count()

    assert await house(count) == 0


async def test_shares_of_an_invoice_add_up_to_what_it_was_carried_at(house: House) -> None:
    await rate(house, "0.9235")
    placed = await invoiced(house)
    for n, minor in enumerate((3_333, 3_333, 3_334), 1):
        await pay(house, placed, f"BANK-{n}", minor, minor)
    rows = await found(house, placed)
    assert sum(carried for carried, _, _ in rows) == 9_235
    assert [difference for _, _, difference in rows] == [0, 0, 0]


async def test_yen_have_no_minor_units_and_dinars_have_a_thousand(house: House) -> None:
    await rate(house, "0.00613", currency="JPY")
    await rate(house, "3.0125", currency="KWD")
    yen = await invoiced(house, "1", 12_345, "JPY")
    dinars = await invoiced(house, "2", 12_345, "KWD")
    assert await house(exchange.carried, yen.key, 1) == 7_567  # 12,345 JPY are 75.67 EUR
    assert await house(exchange.carried, dinars.key, 1) == 3_719  # 12.345 KWD are 37.19 EUR
    await rate(house, "0.00600", TODAY + DAY, "JPY")
    await pay(house, yen, "BANK-1", 12_345, 12_345, DAY)
    assert await found(house, yen) == [(7_567, 7_407, -160)]


async def test_a_payment_that_is_taken_back_gives_back_its_gain(house: House) -> None:
    await rate(house, "0.92")
    placed = await invoiced(house)
    await rate(house, "0.95", TODAY + DAY)
    await pay(house, placed, "BANK-1", 3_333, 3_333, DAY)
    back = ReversePayment(**step("reversed", placed.key), payment="BANK-1", reason="chargeback")
    for _ in range(2):
        await house.once(back, Recorded, payments.reverse_payment)
    assert await found(house, placed) == [(3_066, 3_166, 100), (-3_066, -3_166, -100)]
    assert await house(exchange.carried, placed.key, 1) == 9_200


async def test_money_on_account_keeps_the_rate_of_the_day_on_which_it_came(house: House) -> None:
    await rate(house, "0.90", TODAY - DAY)
    await rate(house, "0.92")
    placed = await invoiced(house)
    await pay(house, placed, "BANK-1", 12_000, 4_000, -DAY)
    await pay(house, placed, "BANK-1", 12_000, 6_000, again=1)
    assert await found(house, placed) == [(3_680, 3_600, -80), (5_520, 5_400, -120)]


async def test_credit_notes_fees_and_write_offs_stand_at_the_invoices_rate(house: House) -> None:
    await rate(house, "0.92")
    placed = await invoiced(house)
    await rate(house, "0.50", TODAY + DAY)
    late = {"at": NOW + DAY}
    fee: dict[str, Any] = {"level": 1, "text": "", "fee": usd(1_500), "balance": usd(0), "due_at": NOW, "holds_customer": False}
    await house.once(SendReminder(**step("remind", placed.key) | late, invoice=1, **fee), Recorded, receivables.send_reminder)
    assert await house(exchange.carried, placed.key, 1) == 10_580
    given = goodwill(usd(2_000)) | {"reason": "scratched"}
    note = IssueCredit(**step("credit", placed.key) | late, credit=1, invoice=1, total=usd(2_000), **given)
    await house.once(note, DocumentIssued, receivables.issue_credit)
    assert await house(exchange.carried, placed.key, 1) == 8_740
    gone = WriteOff(**step("write_off", placed.key) | late, invoice=1, amount=usd(9_500), reason="bankrupt")
    await house.once(gone, Recorded, receivables.write_off)
    assert await house(exchange.carried, placed.key, 1) == 0
    assert await found(house, placed) == []


async def give_back(house: House, placed: PlaceOrder, number: int, minor: int, later: timedelta, invoice: int = 0, **about: Any) -> None:
    back = RefundPayment(
        **step(f"refund/{number}", placed.key) | {"at": NOW + later},
        refund=number,
        payment="BANK-1",
        invoice=invoice,
        amount=usd(minor, placed.currency),
        reason="returned",
        **about,
    )
    await house.once(back, Refunded, lambda session, asked: payments.book_refund(session, asked, Refunded()))


async def test_a_refund_at_another_rate_than_its_invoice_is_a_loss_or_a_gain(house: House) -> None:
    await rate(house, "0.92")
    placed = await invoiced(house)
    await pay(house, placed, "BANK-1", 10_000, 10_000)
    given = goodwill(usd(4_000)) | {"reason": "returned"}
    note = IssueCredit(**step("credit", placed.key), credit=1, invoice=1, total=usd(4_000), **given)
    await house.once(note, DocumentIssued, receivables.issue_credit)
    await rate(house, "0.97", TODAY + DAY)
    await give_back(house, placed, 1, 3_333, DAY, invoice=1)
    await rate(house, "0.90", TODAY + 2 * DAY)
    await give_back(house, placed, 2, 667, 2 * DAY, invoice=1)
    assert await found(house, placed) == [(9_200, 9_200, 0), (-3_066, -3_233, -167), (-614, -600, 14)]  # 40.00 USD were carried at 36.80
    assert await house.audit() == []


async def test_a_refund_of_money_on_account_is_carried_at_the_payments_rate(house: House) -> None:
    await rate(house, "0.92")
    placed = await invoiced(house)
    await rate(house, "0.95", TODAY + DAY)
    await pay(house, placed, "BANK-1", 13_333, 10_000, DAY)
    await give_back(house, placed, 1, 1_111, DAY, to_account=True)
    await give_back(house, placed, 2, 2_222, 2 * DAY)
    rows = await found(house, placed)
    assert rows == [(9_200, 9_500, 300), (-1_055, -1_055, 0), (-2_111, -2_111, 0)]
    assert 9_500 - sum(carried for carried, *_ in rows[1:]) == 12_666  # 133.33 USD at 0.95, to the cent
    assert await house.audit() == []


async def test_the_audit_finds_a_refund_that_is_booked_at_no_rate(house: House) -> None:
    await rate(house, "0.92")
    placed = await invoiced(house)
    await pay(house, placed, "BANK-1", 12_000, 10_000)
    await give_back(house, placed, 1, 2_000, 0 * DAY)

    def change(by: int) -> Any:
        def work(session: Session) -> None:
            row = session.query(ExchangeRefund).one()
            row.paid, row.difference = row.paid + by, row.difference - by

        return work

    await house(change(7))
    assert {violation.rule for violation in await house.audit()} == {"a_foreign_refund_is_what_went_out"}
    await house(change(-7))


async def test_a_refund_without_a_rate_waits_for_it(house: House) -> None:
    await rate(house, "0.92")
    placed = await invoiced(house)
    await pay(house, placed, "BANK-1", 12_000, 10_000)
    await give_back(house, placed, 1, 2_000, 30 * DAY)
    [missing] = await house(exchange.missing_rates)
    assert (missing.day, missing.amount) == (TODAY + 30 * DAY, usd(2_000))
    assert await rate(house, "1.00", TODAY + 30 * DAY) == RatesSet(rates=1, booked=1)
    assert (await found(house, placed))[1] == (-1_840, -2_000, -160)


async def test_without_a_rate_the_order_goes_on_and_the_books_follow_when_it_comes(house: House) -> None:
    placed = await invoiced(house)
    await pay(house, placed, "BANK-1", 10_000, 10_000, DAY)
    missing = await house(exchange.missing_rates)
    assert [(each.currency, each.day, each.entries, each.amount, each.orders) for each in missing] == [
        ("USD", TODAY, 1, usd(10_000), (placed.key,)),
        ("USD", TODAY + DAY, 1, usd(10_000), (placed.key,)),
    ]
    assert await rate(house, "0.95", TODAY + DAY) == RatesSet(rates=1, booked=0)
    assert await rate(house, "0.92") == RatesSet(rates=1, booked=2)
    assert await found(house, placed) == [(9_200, 9_500, 300)]
    assert await house(exchange.missing_rates) == []
    assert await rate(house, "0.10") == RatesSet(rates=1, booked=0)  # what is booked stays
    assert await house(exchange.carried, placed.key, 1) == 0


async def test_a_rate_of_last_friday_serves_the_weekend_and_an_old_one_nobody(house: House) -> None:
    await rate(house, "0.90", TODAY - 8 * DAY)
    first = await invoiced(house, "1")
    assert await house(exchange.carried, first.key, 1) == 0
    await rate(house, "0.92", TODAY - 7 * DAY)
    assert await house(exchange.carried, first.key, 1) == 9_200


async def test_no_rate_is_zero_and_no_currency_is_made_up(house: House) -> None:
    for currency, price in (("USD", "0"), ("XQZ", "1.5")):
        with pytest.raises(Refused, match="There is no rate of"):
            await rate(house, price, currency=currency)


async def test_the_ledger_of_the_house_may_be_in_another_currency(house: House) -> None:
    await house(seed, {"ledger_currency": "GBP"})
    await rate(house, "0.85", currency="EUR")
    placed = await invoiced(house, currency="EUR")
    assert await house(exchange.carried, placed.key, 1) == 8_500
    assert await house(rolled_up, [Money(minor=1_000, currency="EUR"), Money(minor=1, currency="GBP")], NOW) == Money(
        minor=851, currency="GBP"
    )
    assert await house(rolled_up, [usd(1)], NOW) is None
    with pytest.raises(Refused, match="The ledger has orders in GBP: it cannot be kept in EUR from now on"):
        await house(seed, {"ledger_currency": "EUR"})


# --- the audit ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        ("ledger", "a_foreign_invoice_is_carried_as_far_as_it_is_open"),
        ("paid", "a_foreign_payment_is_spent_to_the_cent"),
        ("amount", "a_foreign_invoice_is_carried_as_far_as_it_is_open"),
    ],
)
async def test_the_audit_finds_a_booking_that_does_not_add_up(house: House, column: str, rule: str) -> None:
    await rate(house, "0.92")
    placed = await invoiced(house)
    await pay(house, placed, "BANK-1", 10_000, 10_000)

    def change(by: int) -> Any:
        def work(session: Session) -> None:
            row = session.query(ExchangeEntry).filter(ExchangeEntry.kind == "payment").one()
            setattr(row, column, getattr(row, column) + by)
            if column != "amount":
                row.difference = row.paid + row.ledger

        return work

    await house(change(7))
    assert rule in {violation.rule for violation in await house.audit()}
    await house(change(-7))


async def test_the_audit_finds_a_gain_that_was_left_out(house: House) -> None:
    await rate(house, "0.92")
    placed = await invoiced(house)
    await rate(house, "0.95", TODAY + DAY)
    await pay(house, placed, "BANK-1", 10_000, 10_000, DAY)

    def say(difference: int) -> Any:
        def work(session: Session) -> None:
            session.query(ExchangeEntry).filter(ExchangeEntry.kind == "payment").one().difference = difference

        return work

    await house(say(0))
    assert {each.rule for each in await house.audit()} == {"a_difference_is_what_was_paid_less_what_was_carried"}
    await house(say(300))


async def test_the_audit_finds_what_is_not_booked_although_its_rate_is_known(house: House) -> None:
    await rate(house, "0.92")
    placed = await invoiced(house)

    def forget(session: Session) -> None:
        session.query(ExchangeEntry).delete()

    await house(forget)
    assert {violation.rule for violation in await house.audit()} == {"nothing_is_unbooked_whose_rate_is_known"}
    await house(lambda session: exchange.book(session, order_of(session, placed.key)))


# --- the arithmetic ------------------------------------------------------------------------------------------------------------------


@given(
    total=st.integers(1, 10**9),
    worth=st.integers(0, 10**9),
    cuts=st.lists(st.integers(0, 10**9), max_size=8),
)
def test_however_an_invoice_is_paid_its_shares_are_all_of_it(total: int, worth: int, cuts: list[int]) -> None:
    edges = sorted({cut % (total + 1) for cut in cuts} | {total})
    left, rest, before, shares = worth, total, 0, []
    for edge in edges:
        share = take(left, edge - before, rest)
        left, rest, before = left - share, rest - (edge - before), edge
        shares.append(share)
    assert sum(shares) == worth
    assert min(shares) >= 0


@given(minor=st.integers(-(10**12), 10**12), price=st.decimals("0.0001", "5000", places=4), currency=st.sampled_from(["JPY", "USD", "KWD"]))
def test_an_amount_at_a_rate_is_right_to_half_a_minor_unit(minor: int, price: Decimal, currency: str) -> None:
    exact = usd(minor, currency).major * price * 100
    assert abs(at_rate(minor, currency, price, "EUR") - exact) <= Decimal("0.5")
