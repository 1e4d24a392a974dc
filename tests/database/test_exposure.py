"""Exposure: every unit of money is counted once, wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from database import accounts, orders, payments, receivables
from database.exposure import the_family
from database.tables import Customer
from domain.credit import BilledLine, to_come
from domain.exchange import take
from domain.money_steps import DocumentIssued, InvoiceDraft, InvoiceLine, IssueCredit, Refunded, RefundPayment
from domain.order import PaymentTerms
from domain.order_money import money_of_lines
from domain.steps import ChangeLines, LineChange, Need, Recorded
from tests.database.builders import NOW, House, eur, line, order, step
from tests.database.credit_builders import parts, pay


async def test_an_order_is_counted_once_from_its_acceptance_to_its_payment(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 4), freight=eur(590))
    assert await parts(house) == (0, 0, 0, 0)
    await house.accept(placed)
    assert await parts(house) == (0, 0, 20_590, 0)
    await house.allocate(placed)
    await house.pick(placed, l1=4)
    await house.pack(placed)
    assert await parts(house) == (0, 0, 20_590, 0)
    await house.ship(placed)
    assert await parts(house) == (0, 20_590, 0, 0)
    await house.invoice(placed)
    assert await parts(house) == (20_590, 0, 0, 0)
    await pay(house, placed, 15_000, (1, 15_000))
    assert await parts(house) == (5_590, 0, 0, 0)
    await pay(house, placed, 6_000, (1, 5_590), name="BANK-2")
    assert await parts(house) == (0, 0, 0, 410)


async def test_a_partial_shipment_stands_in_two_parts(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 4, "50.01"))
    await house.accept(placed)
    await house.allocate(placed, Need(line=1, item="KETTLE", quantity=1))
    await house.pick(placed, l1=1)
    await house.pack(placed)
    await house.ship(placed)
    assert await parts(house) == (0, 5_001, 15_003, 0)
    share = InvoiceLine(line=1, item="KETTLE", quantity=1, gross=eur(5_001), discount=eur(0), tax=eur(0))
    await house.invoice(placed, draft=draft(share))
    assert await parts(house) == (5_001, 0, 15_003, 0)


async def test_what_is_cancelled_is_not_to_come(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 4), line(2, "GRINDER", 1, "200.00"))
    await house.accept(placed)
    cancels = ChangeLines(**step("change/1"), changes=(LineChange(line=2, cancel=1), LineChange(line=1, cancel=1)), reason="asked")
    await house.once(cancels, Recorded, orders.change_lines)
    assert await parts(house) == (0, 0, 15_000, 0)


async def test_a_substitute_takes_the_money_of_its_line_and_more_units_bring_more(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 4))
    await house.accept(placed)
    swap = (LineChange(line=1, cancel=2), LineChange(line=101, add=2, item="GRINDER", bills_to=1, origin="substitute"))
    await house.once(ChangeLines(**step("change/1"), changes=swap, reason="substitute"), Recorded, orders.change_lines)
    assert await parts(house) == (0, 0, 20_000, 0)
    more = order("1001", line(1, "KETTLE", 7))
    grown = ChangeLines(
        **step("change/2"), changes=(LineChange(line=1, add=3),), total=more.total, money=money_of_lines(more), reason="asked"
    )
    await house.once(grown, Recorded, orders.change_lines)
    assert await parts(house) == (0, 0, 35_000, 0)


async def test_a_free_replacement_owes_nothing(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 2))
    await house.accept(placed)
    free = (LineChange(line=101, add=2, item="KETTLE", origin="replacement"),)
    await house.once(ChangeLines(**step("change/1"), changes=free, reason="lost"), Recorded, orders.change_lines)
    assert await parts(house) == (0, 0, 10_000, 0)


async def test_returned_goods_lower_the_balance_and_what_is_too_much_is_on_account(house: House) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 4))
    await house.invoice(placed)
    await pay(house, placed, 15_000, (1, 15_000))
    back = InvoiceLine(line=1, item="KETTLE", quantity=2, gross=eur(10_000), discount=eur(0), tax=eur(0))
    about: dict[str, Any] = {"freight": eur(0), "freight_tax": eur(0), "total": eur(10_000), "reason": "returned"}
    note = IssueCredit(**step("credit/1"), credit=1, invoice=1, lines=(back,), **about)
    await house.once(note, DocumentIssued, receivables.issue_credit)
    assert await parts(house) == (0, 0, 0, 5_000)
    refund = RefundPayment(**step("refund/1"), refund=1, payment="BANK-1", invoice=1, amount=eur(5_000), reason="returned")
    await house.once(refund, Refunded, lambda session, asked: payments.book_refund(session, asked, Refunded()))
    assert await parts(house) == (0, 0, 0, 0)


async def test_money_on_account_counts_and_prepaid_orders_use_no_credit(house: House) -> None:
    await house(accounts.enter_account, "bank/1", "C-1", "received", eur(-30_000), NOW)
    await house.accept(order("1001", terms=PaymentTerms.PREPAID))
    await house.accept(order("1002"))
    assert await parts(house) == (0, 0, 10_000, 30_000)


async def test_a_family_is_counted_together_and_each_account_alone(house: House) -> None:
    def adopt(session: Session) -> None:
        session.get_one(Customer, "C-2").blocked = False
        session.get_one(Customer, "C-2").parent = "C-1"
        session.get_one(Customer, "C-2").terms = "net30"

    await house(adopt)
    await house.accept(order("1001"))
    await house.accept(order("1002", line(1, "KETTLE", 1), customer="C-2"))
    assert await parts(house) == (0, 0, 10_000, 0)
    assert await parts(house, "C-2") == (0, 0, 5_000, 0)
    assert await parts(house, whose=the_family("C-1")) == (0, 0, 15_000, 0)


async def test_currencies_are_counted_apart(house: House) -> None:
    await house.accept(order("1001"))
    dollars = line(1).model_copy(update={"discount": eur(0).model_copy(update={"currency": "USD"})})
    zero = dollars.discount
    await house.accept(order("1002", dollars, currency="USD", discount=zero, freight=zero), waived=True)
    assert await parts(house) == (0, 0, 10_000, 0)
    assert await parts(house, currency="USD") == (0, 0, 10_000, 0)


def draft(*lines: InvoiceLine) -> InvoiceDraft:
    total = eur(sum(each.net.minor + each.tax.minor for each in lines))
    return InvoiceDraft(lines=lines, freight=eur(0), freight_tax=eur(0), taxes_included=False, total=total)


# --- the arithmetic ------------------------------------------------------------------------------------------------------------------

amounts = st.integers(0, 10**9)


@given(
    money=st.lists(st.tuples(amounts, st.integers(1, 500)), min_size=1, max_size=5),
    freight=st.integers(0, 10**6),
    data=st.data(),
)
def test_any_split_of_an_orders_life_gives_the_same_sum(money: list[tuple[int, int]], freight: int, data: st.DataObject) -> None:
    """However many units are shipped, and however many of these are invoiced: nothing is lost or counted twice."""
    total = sum(amount for amount, _ in money) + freight
    lines, invoiced = [], 0
    for amount, units in money:
        shipped = data.draw(st.integers(0, units))
        on_invoices = data.draw(st.integers(0, shipped))
        left, rest, drawn = amount, units, 0
        for step_units in _in_parts(data, on_invoices):
            share = take(left, step_units, rest)
            left, rest, drawn = left - share, rest - step_units, drawn + share
        invoiced += drawn
        lines.append(
            BilledLine(amount=amount, priced=units, to_ship=units - shipped, shipped=shipped, invoiced=on_invoices, invoiced_amount=drawn)
        )
    if any(each.invoiced for each in lines):
        invoiced += freight
    unshipped, uninvoiced = to_come(total, invoiced, lines)
    assert unshipped + uninvoiced + invoiced == total
    assert min(unshipped, uninvoiced) >= 0


def _in_parts(data: st.DataObject, units: int) -> list[int]:
    parts_ = []
    while units:
        part = data.draw(st.integers(1, units))
        parts_.append(part)
        units -= part
    return parts_


@given(amount=amounts, units=st.integers(1, 500), cancelled=st.integers(0, 500))
def test_cancelled_units_take_their_share_with_them(amount: int, units: int, cancelled: int) -> None:
    cancelled = min(cancelled, units)
    each = BilledLine(amount=amount, priced=units, to_ship=units - cancelled, shipped=0)
    assert abs(each.unshipped - amount * (units - cancelled) / units) <= 0.5


@pytest.mark.parametrize(("whole", "part", "of", "share"), [(100, 1, 3, 33), (100, 3, 3, 100), (5, 1, 2, 3), (-5, 1, 2, -3), (7, 0, 5, 0)])
def test_a_share_is_rounded_half_up_and_the_last_part_takes_all(whole: int, part: int, of: int, share: int) -> None:
    assert take(whole, part, of) == share
