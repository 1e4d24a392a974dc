"""Invoices: however an order is split, its parts add up to it to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.invoicing import credit_lines, draft_invoice, line_shares, total_of, with_more
from domain.money_steps import InvoiceDraft
from domain.order import PlaceOrder
from domain.state import OrderState
from domain.steps import LineChange
from tests.domain.builders import euro, line, of, order, planned, state


def bill(found: OrderState) -> InvoiceDraft:
    """The invoice of the last shipment."""
    shipment = found.shipments[-1]
    shipment.draft = draft_invoice(found, shipment)
    return shipment.draft


def test_a_worked_order_in_two_parts() -> None:
    """3 x 9.99 less 1.00 and 2 x 5.00; 10 % off the order (3.90) falls on the lines as 2.90 and 1.00; freight goes with the first."""
    placed = order(line(1, 3, "9.99", discount=100, tax=400), line(2, 2, "5.00", tax=171), discount=euro(390), freight=euro(495))
    assert {number: share.discount for number, share in line_shares(placed).items()} == {1: 100 + 290, 2: 100}
    found = state(placed)
    planned(found, line1=1, line2=2)
    first = bill(found)
    assert [(row.line, row.gross.minor, row.discount.minor, row.tax.minor) for row in first.lines] == [
        (1, 999, 130, 133),
        (2, 1000, 100, 171),
    ]
    assert (first.freight, first.total) == (euro(495), euro(869 + 133 + 900 + 171 + 495))
    planned(found, line1=2)
    second = bill(found)
    assert [(row.gross.minor, row.discount.minor, row.tax.minor) for row in second.lines] == [(1998, 260, 267)]
    assert (second.freight, first.total + second.total) == (euro(0), placed.total)


def test_a_shipment_that_was_given_up_leaves_its_money_and_freight_to_the_next() -> None:
    placed = order(line(1, 2, "9.99"), freight=euro(300))
    found = state(placed)
    planned(found, line1=2)
    assert bill(found).total == placed.total
    found.shipments[0].abandoned = True
    found.line(1).move("allocated", "open", 2)
    planned(found, line1=2)
    assert bill(found).total == placed.total == euro(2298)


def test_a_replacement_is_not_billed_and_carries_no_freight() -> None:
    found = state(order(line(1, 1, "9.99"), freight=euro(300)))
    planned(found, line1=1)
    bill(found)
    found.apply([LineChange(line=101, add=1, item="ITEM-1", origin="replacement")])
    planned(found, line101=1)
    again = bill(found)
    assert (again.lines, again.freight, again.total) == ((), euro(0), euro(0))


def test_a_substitute_takes_the_money_of_the_line_it_stands_for() -> None:
    placed = order(line(1, 3, "3.33", discount=10))
    found = state(placed)
    planned(found, line1=1)
    first = bill(found)
    found.apply([LineChange(line=1, cancel=2), LineChange(line=101, add=2, item="OTHER", unit_price=Decimal("3.33"), bills_to=1)])
    planned(found, line101=2)
    assert first.total + bill(found).total == placed.total == euro(989)


def test_units_ordered_on_top_cost_their_price_and_their_tax() -> None:
    placed = order(line(1, 2, "9.99", discount=100, tax=361, rate="0.19"))
    more = with_more(placed, 1, 3)
    assert (more.lines[0].quantity, more.lines[0].discount, more.lines[0].tax) == (5, euro(100), 361 + 569)
    assert more.total.minor == 4995 - 100 + 930
    included = with_more(order(line(1, 2, "11.90", tax=380, rate="0.19"), taxes_included=True), 1, 1)
    assert (included.lines[0].tax, included.total) == (380 + 190, euro(3570))
    without_rate = with_more(order(line(1, 3, "10.00", tax=100)), 1, 2)
    assert without_rate.lines[0].tax == 100 + 67


def test_a_credit_gives_back_what_was_billed_and_never_twice() -> None:
    found = state(order(line(1, 3, "3.33", discount=10, tax=100)))
    planned(found, line1=3)
    billed = of(bill(found))
    one = credit_lines(billed, {1: 1})
    billed.credits = list(one)
    rest = credit_lines(billed, {1: 5})
    assert [(row.quantity, row.gross.minor, row.discount.minor, row.tax.minor) for row in (*one, *rest)] == [
        (1, 333, 3, 33),
        (2, 666, 7, 67),
    ]
    billed.credits = [*one, *rest]
    assert credit_lines(billed, {1: 1}) == ()
    assert credit_lines(billed, {2: 1}) == ()


def test_units_on_top_of_one_line_leave_the_others_their_part_of_the_discount() -> None:
    """9.00 off 2 x 10.00 and 1 x 10.00 is 6.00 and 3.00, also after line 2 has grown and line 1 is invoiced."""
    found = state(order(line(1, 2, "10.00"), line(2, 1, "10.00"), discount=euro(900)))
    planned(found, line1=2)
    assert bill(found).total == euro(1400)
    found.placed = with_more(found.placed, 2, 3)
    found.apply([LineChange(line=2, add=3)])
    planned(found, line2=4)
    assert (bill(found).total, found.placed.total) == (euro(3700), euro(5100))


@st.composite
def orders(draw: st.DrawFn) -> PlaceOrder:
    lines = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        quantity, price = draw(st.integers(1, 12)), draw(st.decimals(0, 999, places=3))
        gross = int(quantity * price * 100)
        lines.append(line(number, quantity, str(price), discount=draw(st.integers(0, gross)), tax=draw(st.integers(0, 5_000))))
    net = sum(row.gross("EUR").minor - row.discount.minor for row in lines)
    changes: dict[str, Any] = {
        "discount": euro(draw(st.integers(0, max(net, 0)))),
        "freight": euro(draw(st.integers(0, 2_000))),
        "taxes_included": draw(st.booleans()),
    }
    return order(*lines, **changes)


@given(orders(), st.data())
def test_the_invoices_of_any_split_add_up_to_the_order_to_the_cent(placed: PlaceOrder, data: st.DataObject) -> None:
    found = state(placed)
    drafts = []
    for last in (False, False, True):
        least = {need.line: need.quantity if last else 0 for need in found.needs}
        units = {need.line: data.draw(st.integers(least[need.line], need.quantity), f"of line {need.line}") for need in found.needs}
        if any(units.values()):
            planned(found, **{f"line{number}": quantity for number, quantity in units.items() if quantity})
            drafts.append(bill(found))
    assert sum(draft.total.minor for draft in drafts) == placed.total.minor
    assert all(draft.total == total_of(draft.lines, draft.freight, draft.freight_tax, placed.taxes_included) for draft in drafts)
    billed = [row for draft in drafts for row in draft.lines]
    for row in placed.lines:
        assert sum(share.quantity for share in billed if share.line == row.number) == row.quantity
        assert sum(share.tax.minor for share in billed if share.line == row.number) == row.tax


@given(orders(), st.data())
def test_the_credits_of_any_split_add_up_to_the_invoice(placed: PlaceOrder, data: st.DataObject) -> None:
    found = state(placed)
    planned(found, **{f"line{row.number}": row.quantity for row in placed.lines})
    billed = of(bill(found))
    for _ in range(3):
        units = {row.number: data.draw(st.integers(0, row.quantity), f"of line {row.number}") for row in placed.lines}
        billed.credits = [*billed.credits, *credit_lines(billed, units)]
    billed.credits = [*billed.credits, *credit_lines(billed, {row.number: row.quantity for row in placed.lines})]
    for row in billed.lines:
        mine = [credit for credit in billed.credits if credit.line == row.line]
        assert sum(c.quantity for c in mine) == row.quantity
        assert (sum(c.net.minor for c in mine), sum(c.tax.minor for c in mine)) == (row.net.minor, row.tax.minor)
