"""Terms of payment: parts add up, dates follow one another, and a discount is earned in time or not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.instalments import discount_back, give_back, open_parts, overdue, refill, tax_in
from domain.money import Money
from domain.money_steps import InvoiceLine
from domain.order import PaymentTerms, PlaceOrder
from domain.parts import Invoice
from domain.terms import (
    BUILT_IN,
    Deposit,
    EarlyDiscount,
    Falls,
    InstalmentLine,
    Invoicing,
    Share,
    Terms,
    days_to_collection,
    early_discount,
    instalments,
    period_begin,
    period_end,
)

DAY = timedelta(days=1)
ISSUED = datetime(2026, 1, 31, 14, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def due(issued: date, **line: object) -> date:
    return InstalmentLine.model_validate(line).due(issued)


def an_invoice(total: int = 10_000, tax: int = 1_597, terms: Terms | None = None) -> Invoice:
    line = InvoiceLine(line=1, item="KETTLE", quantity=4, gross=eur(total - tax), discount=eur(0), tax=eur(tax))
    parts = instalments(terms or BUILT_IN["net30"], eur(total), ISSUED, DAY)
    return Invoice(
        number=1,
        document="INV-000001",
        shipment=1,
        lines=[line],
        freight=eur(0),
        freight_tax=eur(0),
        total=eur(total),
        issued_at=ISSUED,
        due_at=parts[0].due_at,
        fees=eur(0),
        credited=eur(0),
        paid=eur(0),
        written_off=eur(0),
        owed=eur(0),
        instalments=list(parts) if len(parts) > 1 else [],
    )


def lines() -> st.SearchStrategy[InstalmentLine]:
    when = st.one_of(
        st.builds(lambda days: {"days": days}, st.integers(0, 400)),
        st.builds(
            lambda days, plus: {"falls": Falls.END_OF_MONTH, "days": days, "plus_days": plus}, st.integers(0, 120), st.integers(0, 60)
        ),
        st.builds(lambda days, day: {"falls": Falls.DAY_OF_MONTH, "days": days, "day": day}, st.integers(0, 120), st.integers(1, 31)),
    )
    much = st.one_of(
        st.decimals("0.0001", "40", places=4).map(lambda percent: {"share": Share.PERCENT, "percent": percent}),
        st.integers(1, 500_00).map(lambda amount: {"share": Share.FIXED, "amount": amount}),
    )
    return st.builds(lambda when, much: InstalmentLine.model_validate(when | much), when, much)


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    parts, left = [], Decimal(100)
    for line in draw(st.lists(lines(), max_size=6)):
        if line.percent is None or line.percent <= left:
            parts.append(line)
            left -= line.percent or 0
    rest = draw(st.integers(0, 90).map(lambda days: InstalmentLine(days=days)))
    parts.insert(draw(st.integers(0, len(parts))), rest)
    return Terms(code="mine", currency="EUR", instalments=tuple(parts))


@given(terms(), st.integers(0, 10**12), st.dates(date(2023, 1, 1), date(2032, 12, 31)))
def test_the_parts_add_up_and_fall_due_one_after_the_other(agreed: Terms, total: int, day: date) -> None:
    issued = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    parts = instalments(agreed, eur(total), issued, DAY)
    assert sum(part.amount.minor for part in parts) == total
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert all(part.amount.minor > 0 for part in parts) or (len(parts) == 1 and total == 0)
    assert all(early.due_at <= late.due_at for early, late in pairwise(parts))
    assert all(part.due_at >= issued for part in parts)


@given(terms(), st.integers(1, 10**9), st.lists(st.integers(0, 10**9), max_size=8))
def test_what_pays_an_invoice_fills_its_oldest_parts_first(agreed: Terms, total: int, payments: list[int]) -> None:
    invoice = an_invoice(total, 0, agreed)
    for payment in payments:
        invoice.paid += eur(min(payment, invoice.balance.minor))
        refill(invoice)
        if not invoice.instalments:
            continue
        left = open_parts(invoice.instalments, invoice.paid.minor)
        assert sum(left) == invoice.balance.minor == invoice.total.minor - invoice.paid.minor
        begun = [part.amount.minor - open_now for part, open_now in zip(invoice.instalments, left, strict=True)]
        assert all(later == 0 for open_now, later in zip(left, begun[1:], strict=False) if open_now)
        first_open = next((part for part, open_now in zip(invoice.instalments, left, strict=True) if open_now), invoice.instalments[-1])
        assert invoice.due_at == first_open.due_at
        at = invoice.due_at + timedelta(seconds=1)
        assert overdue(invoice, at) + sum_open_after(invoice, left, at) == invoice.balance


def sum_open_after(invoice: Invoice, left: list[int], at: datetime) -> Money:
    return eur(sum(open_now for part, open_now in zip(invoice.instalments, left, strict=True) if part.due_at >= at))


def test_thirds_of_a_hundred_lose_no_cent() -> None:
    thirds = [InstalmentLine(share=Share.PERCENT, percent=Decimal("33.3333"), days=30 * n) for n in (1, 2)]
    agreed = Terms(code="3x", instalments=(*thirds, InstalmentLine(days=90)))
    assert [part.amount.minor for part in instalments(agreed, eur(100_00), ISSUED, DAY)] == [33_33, 33_33, 33_34]


def test_a_fixed_part_takes_no_more_than_there_is_and_a_part_of_nothing_is_left_out() -> None:
    down = InstalmentLine(share=Share.FIXED, amount=50_00)
    agreed = Terms(code="down", currency="EUR", instalments=(down, InstalmentLine(days=30)))
    assert [part.amount.minor for part in instalments(agreed, eur(120_00), ISSUED, DAY)] == [50_00, 70_00]
    assert [part.amount.minor for part in instalments(agreed, eur(30_00), ISSUED, DAY)] == [30_00]


@pytest.mark.parametrize(
    ("issued", "line", "expected"),
    [
        (date(2026, 1, 31), {"days": 30}, date(2026, 3, 2)),
        (date(2026, 2, 5), {"falls": "end_of_month"}, date(2026, 2, 28)),
        (date(2028, 2, 5), {"falls": "end_of_month"}, date(2028, 2, 29)),
        (date(2026, 1, 31), {"falls": "end_of_month", "plus_days": 10}, date(2026, 2, 10)),
        (date(2026, 1, 15), {"falls": "end_of_month", "days": 45}, date(2026, 3, 31)),
        (date(2026, 12, 31), {"falls": "end_of_month", "days": 1}, date(2027, 1, 31)),
        (date(2026, 1, 15), {"falls": "day_of_month", "day": 15}, date(2026, 1, 15)),
        (date(2026, 1, 16), {"falls": "day_of_month", "day": 15}, date(2026, 2, 15)),
        (date(2027, 1, 31), {"falls": "day_of_month", "days": 1, "day": 31}, date(2027, 2, 28)),
        (date(2028, 1, 31), {"falls": "day_of_month", "days": 1, "day": 30}, date(2028, 2, 29)),
        (date(2026, 12, 20), {"falls": "day_of_month", "day": 10}, date(2027, 1, 10)),
    ],
)
def test_dates_follow_the_calendar(issued: date, line: dict[str, object], expected: date) -> None:
    assert due(issued, **line) == expected


def test_the_four_first_terms_mean_what_they_always_meant() -> None:
    for code in PaymentTerms:
        [part] = instalments(BUILT_IN[code], eur(100), ISSUED, DAY)
        assert part.due_at == ISSUED + code.days * DAY
        assert BUILT_IN[code].plain


def test_a_demo_whose_days_are_short_counts_them_all_the_same() -> None:
    [part] = instalments(BUILT_IN["net30"], eur(100), ISSUED, timedelta(seconds=1))
    assert part.due_at == ISSUED + timedelta(seconds=30)


@pytest.mark.parametrize(
    "wrong",
    [
        {"instalments": [{"share": "percent", "percent": 50, "days": 30}]},
        {"instalments": [{"share": "percent", "percent": 60}, {"share": "percent", "percent": 60}]},
        {"instalments": [{"days": 10}, {"days": 20}]},
        {"instalments": [{"share": "fixed", "amount": 100}, {"days": 20}]},
        {"instalments": [{"share": "percent"}]},
        {"instalments": [{"falls": "day_of_month"}]},
        {"deposit": {}},
        {"deposit": {"amount": 100}},
        {"deposit": {"amount": 100, "percent": 5}},
        {"discounts": [{"percent": "0.00001", "days": 3}]},
    ],
)
def test_terms_that_do_not_make_the_whole_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Terms.model_validate({"code": "wrong"} | wrong)


TWO_TEN = Terms(code="2-10", instalments=(InstalmentLine(days=30),), discounts=(EarlyDiscount(percent=Decimal(2), days=10),), tolerance=5)


@pytest.mark.parametrize(
    ("paid", "days", "taken"),
    [
        (98_00, 10, 2_00),
        (98_00, 11, None),
        (97_95, 3, 2_05),
        (97_94, 3, None),
        (98_05, 3, 1_95),
        (98_06, 3, None),
        (100_00, 3, None),
        (50_00, 3, None),
    ],
)
def test_a_discount_is_earned_in_time_and_to_the_amount(paid: int, days: int, taken: int | None) -> None:
    earned = early_discount(TWO_TEN, eur(100_00), eur(paid), ISSUED, ISSUED + days * DAY, DAY)
    assert (earned[1].minor if earned else None) == taken


def test_of_two_discounts_the_better_one_that_is_still_open_is_earned() -> None:
    offers = (EarlyDiscount(percent=Decimal(3), days=7), EarlyDiscount(percent=Decimal(2), days=14))
    agreed = TWO_TEN.model_copy(update={"discounts": offers, "tolerance": 0, "grace_days": 1})
    assert early_discount(agreed, eur(100_00), eur(97_00), ISSUED, ISSUED + 8 * DAY, DAY) == (offers[0], eur(3_00))
    assert early_discount(agreed, eur(100_00), eur(97_00), ISSUED, ISSUED + 9 * DAY, DAY) is None
    assert early_discount(agreed, eur(100_00), eur(98_00), ISSUED, ISSUED + 15 * DAY, DAY) == (offers[1], eur(2_00))


def test_the_tax_in_a_discount_is_its_share_or_nothing() -> None:
    invoice = an_invoice(119_00, 19_00)
    assert tax_in(TWO_TEN.discounts[0], eur(2_38), invoice) == eur(38)
    assert tax_in(TWO_TEN.discounts[0].model_copy(update={"corrects_tax": False}), eur(2_38), invoice) == eur(0)


def test_a_credit_takes_its_share_of_a_discount_back_and_the_last_one_the_rest() -> None:
    invoice = an_invoice(100_00, 0)
    invoice.discounts = {"B-1": eur(2_01)}
    invoice.paid = eur(97_99)
    assert discount_back(invoice, eur(25_00), taxes_included=False) == eur(50)
    assert discount_back(invoice, eur(100_00), taxes_included=False) == eur(2_01)
    give_back(invoice, eur(50))
    assert invoice.discounts == {"B-1": eur(1_51)}
    assert invoice.balance == eur(50)


def test_a_deposit_is_at_most_what_the_order_comes_to() -> None:
    assert Deposit(percent=Decimal(30)).of(eur(99_99)) == eur(30_00)
    assert Deposit(amount=500_00).of(eur(99_99)) == eur(99_99)


def test_a_week_ends_on_monday_and_a_month_on_the_first() -> None:
    thursday = date(2026, 11, 26)
    assert period_end(Invoicing.WEEKLY, thursday) == date(2026, 11, 30)
    assert period_begin(Invoicing.WEEKLY, thursday) == date(2026, 11, 23)
    assert period_end(Invoicing.MONTHLY, date(2028, 2, 29)) == date(2028, 3, 1)
    assert period_begin(Invoicing.MONTHLY, thursday) == date(2026, 11, 1)
    assert days_to_collection(Invoicing.MONTHLY, datetime(2026, 12, 31, 23, tzinfo=UTC)) == 1


def test_an_order_names_its_terms_by_code_whether_they_are_ours_or_the_first() -> None:
    order = {"channel": "test", "external_id": "1", "customer": "C-1", "currency": "EUR", "placed_at": ISSUED, "discount": eur(0)}
    order |= {"freight": eur(0), "lines": [{"number": 1, "item": "KETTLE", "quantity": 1, "unit_price": 5, "discount": eur(0)}]}
    assert PlaceOrder.model_validate(order | {"terms": "net30"}).terms is PaymentTerms.NET_30
    mine = PlaceOrder.model_validate(order | {"terms": "30-deposit"})
    assert mine.terms == "30-deposit"
    assert PlaceOrder.model_validate_json(mine.model_dump_json()) == mine
