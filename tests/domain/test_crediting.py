"""Credits: fees with their tax, what is left of a line, where the money goes first, and what an exchange sells."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.crediting import (
    fees_of,
    goodwill_line,
    holds_of,
    in_refund_order,
    label_fee,
    left_of,
    part_of,
    price_of,
    releases,
    restocking_fees,
    sold_in_exchange,
    value_of,
)
from domain.invoicing import credit_lines
from domain.money import Money
from domain.money_steps import InvoiceLine
from domain.order import TaxLine
from domain.parts import Invoice, Payment
from domain.return_rules import Means
from tests.domain.builders import NOON, line, order, state

ZERO = Money.zero("EUR")


def eur(cents: int) -> Money:
    return Money(minor=cents, currency="EUR")


def billed(number: int = 1, quantity: int = 4, gross: int = 4000, discount: int = 0, tax: int = 760) -> InvoiceLine:
    return InvoiceLine(line=number, item="KETTLE", quantity=quantity, gross=eur(gross), discount=eur(discount), tax=eur(tax))


def invoice(*lines: InvoiceLine, given: tuple[InvoiceLine, ...] = ()) -> Invoice:
    amounts: dict[str, Any] = dict.fromkeys(("freight", "freight_tax", "fees", "credited", "paid", "written_off", "owed"), ZERO)
    total = eur(sum(one.net.minor + one.tax.minor for one in lines))
    about: dict[str, Any] = {"number": 1, "document": "INV-1", "shipment": 1, "issued_at": NOON, "due_at": NOON, "total": total}
    return Invoice(lines=list(lines), credits=list(given), **about, **amounts)


def payment(name: str, cents: int, part: int = 0, captured: bool = False, given: int = 0, from_account: bool = False) -> Payment:
    return Payment(
        payment=name,
        amount=eur(cents),
        captured=captured,
        from_account=from_account,
        parts={1: eur(part)} if part else {},
        refunded=eur(given),
        refunded_on_account=ZERO,
        refunded_of={1: eur(given)} if given else {},
    )


def test_a_fee_keeps_the_same_part_of_the_tax_as_of_the_price() -> None:
    fees = restocking_fees([billed()], {1: 2}, {1: "15%"})
    assert [(fee.line, fee.what, fee.net, fee.tax) for fee in fees] == [(1, "restocking fee", eur(300), eur(57))]
    assert fees_of(fees, taxes_included=False) == 357
    assert fees_of(fees, taxes_included=True) == 300


def test_the_label_is_taken_off_what_the_restocking_fee_left() -> None:
    fees = restocking_fees([billed(gross=500, quantity=1, tax=0)], {1: 1}, {1: "100%"})
    assert label_fee([billed(gross=500, quantity=1, tax=0)], fees, "3.90 EUR") == ()
    (label,) = label_fee([billed(gross=500, quantity=1, tax=95)], (), "3.90 EUR")
    assert (label.net, label.tax) == (eur(390), eur(74))


def test_an_appeasement_leaves_the_rest_for_a_later_return() -> None:
    bill = invoice(billed())
    left = left_of(bill, 1)
    assert left is not None
    given_away = goodwill_line(left, eur(476), taxes_included=False)
    assert (given_away.quantity, given_away.gross, given_away.tax) == (0, eur(400), eur(76))
    rest = invoice(billed(), given=(given_away,))
    (back,) = credit_lines(rest, {1: 4})
    assert (back.quantity, back.gross, back.tax) == (4, eur(3600), eur(684))


@given(cents=st.integers(1, 4760), units=st.integers(1, 4), included=st.booleans())
def test_an_appeasement_and_a_return_never_give_more_than_was_billed(cents: int, units: int, included: bool) -> None:
    left = left_of(invoice(billed()), 1)
    assert left is not None
    cents = min(cents, value_of(left, included).minor)
    gift = goodwill_line(left, eur(cents), included)
    assert value_of(gift, included) == eur(cents)
    rest = credit_lines(invoice(billed(), given=(gift,)), {1: units})
    last = credit_lines(invoice(billed(), given=(gift, *rest)), {1: 4})
    whole = sum(value_of(one, included).minor for one in (gift, *rest, *last))
    assert whole == value_of(billed(), included).minor


def test_nothing_is_left_of_a_line_that_was_credited_in_full_or_never_billed() -> None:
    assert left_of(invoice(billed(), given=(billed(),)), 1) is None
    assert left_of(invoice(billed()), 2) is None


def test_store_credit_is_given_back_before_cards_and_the_newest_first() -> None:
    came = [
        payment("bank-1", 10),
        payment("card-1", 10, captured=True),
        payment("A-000003", 10, from_account=True),
        payment("card-2", 10, captured=True),
    ]
    order_ = (Means.STORE_CREDIT, Means.CARD, Means.TRANSFER)
    assert [each.payment for each in in_refund_order(came, order_)] == ["A-000003", "card-2", "card-1", "bank-1"]
    assert [each.payment for each in in_refund_order(came, (Means.TRANSFER,))] == ["bank-1", "card-2", "A-000003", "card-1"]


def test_a_payment_gives_back_of_an_invoice_only_what_it_still_holds_of_it() -> None:
    assert holds_of(payment("a", 5000, part=3000, given=500), 1, ZERO) == eur(2500)
    assert holds_of(payment("a", 5000, part=3000), 2, ZERO) == ZERO
    parts = releases([payment("b", 1000, part=1000, given=400), payment("a", 5000, part=3000)], 1, eur(2000))
    assert [(part.payment, part.amount) for part in parts] == [("b", eur(600)), ("a", eur(1400))]


def test_part_of_is_everything_when_nothing_else_is_left() -> None:
    assert part_of(eur(7), 10, 10) == eur(7)
    assert part_of(eur(7), 1, 2) == eur(4)


def test_an_exchange_sells_at_its_own_price_with_the_rate_of_what_comes_back() -> None:
    vat, eco = TaxLine(title="VAT", rate=Decimal("0.19"), amount=eur(380)), TaxLine(title="eco", amount=eur(10))
    taxed = line(1, 2).model_copy(update={"taxes": (vat, eco)})
    found = state(order(taxed))
    sold = sold_in_exchange(found, 101, 1, "OTHER", 1, Decimal("40.00"))
    assert [tax.amount.minor for tax in sold.taxes] == [760, 20]
    assert price_of(sold, taxes_included=False, currency="EUR") == eur(4780)
    reduced = TaxLine(title="VAT", rate=Decimal("0.07"), amount=eur(0))
    coffee = sold_in_exchange(found, 101, 1, "COFFEE", 3, Decimal("9.95"), rates=(reduced,))
    assert [(tax.title, tax.rate, tax.amount.minor) for tax in coffee.taxes] == [("VAT", Decimal("0.07"), 209)]
    even = sold_in_exchange(found, 101, 1, "OTHER", 1, Decimal("40.00"), eur(123))
    assert sum(tax.amount.minor for tax in even.taxes) == 123
