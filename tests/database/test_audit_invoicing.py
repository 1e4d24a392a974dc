"""The audit names what does not hold about terms and invoices: every rule is shown a house in which it is broken."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from database import collective, payments, receivables
from database.audit_invoicing import INVOICING_RULES
from database.seed import seed
from domain.collecting import InvoicePeriod
from domain.errors import Refused
from domain.money_steps import (
    ApplyPayment,
    CollectShipment,
    DiscountTaken,
    DocumentIssued,
    Part,
    Prepayment,
    RequestDeposit,
)
from domain.order import PlaceOrder
from domain.steps import Recorded
from domain.terms import Instalment, Invoicing
from tests.database.builders import DAY, NOW, House, eur, line, one_kettle_back, step
from tests.database.test_audit import names

BROKEN = {
    "instalments_add_up_to_their_invoice": (
        "UPDATE instalments SET amount = amount + 1",
        "UPDATE instalments SET open = open - 1 WHERE number = 2",
        "UPDATE instalments SET due_at = '2020-01-01 00:00:00' WHERE number = 2",
        "DELETE FROM instalments",
    ),
    "a_discount_is_earned_once": (
        "UPDATE early_discounts SET amount = amount + 1",
        "UPDATE early_discounts SET tax = amount + 1",
        "UPDATE payments SET reversed = true WHERE payment = 'EARLY'",
    ),
    "a_credit_line_takes_at_most_its_invoice_line": (
        "UPDATE credit_lines SET gross = 10001",
        "UPDATE credit_lines SET tax = 1",
    ),
    "a_prepayment_is_used_once": ("UPDATE invoice_prepayments SET amount = 99999",),
    "a_collective_invoice_is_the_sum_of_its_shipments": (
        "UPDATE collective_invoices SET total = total + 1",
        "UPDATE collectibles SET total = total + 1",
        "UPDATE collectibles SET document = NULL",
        "UPDATE collectibles SET apart = true",
    ),
    "a_deposit_is_of_an_accepted_order": ("UPDATE orders SET accepted_at = NULL WHERE \"order\" = 'shopify/12'",),
    "no_document_number_is_missing": (
        "UPDATE deposits SET sequence = 7",
        "UPDATE collective_invoices SET sequence = 99",
    ),
}


async def a_house_with_terms(house: House) -> None:
    """An invoice in two parts, one paid early and partly credited, one that nets a deposit, and one of a week."""
    await house(seed, {"customers": [{"id": "C-1", "currency": "EUR", "price_list": "TRADE", "terms": ["net30"]}]})
    parts = tuple(Instalment(number=n, due_at=NOW + 10 * n * DAY, amount=eur(5_000)) for n in (1, 2))
    placed = await house.shipped_order("11", line(1, "KETTLE", 2))
    await house.invoice(placed, instalments=parts)
    await pay(house, placed, "HALF", 6_000, parts=(Part(invoice=1, amount=eur(6_000)),))
    early = await house.shipped_order("12", line(1, "KETTLE", 2))
    request = RequestDeposit(**step("deposit", early.key), amount=eur(3_000), before_supply=True, due_at=NOW)
    await house.once(request, DocumentIssued, receivables.request_deposit)
    await pay(house, early, "DEPOSIT", 3_000)
    await house.invoice(early, prepaid=(Prepayment(payment="DEPOSIT", amount=eur(3_000)),))
    discount = DiscountTaken(invoice=1, amount=eur(140), tax=eur(0))
    await pay(house, early, "EARLY", 6_860, parts=(Part(invoice=1, amount=eur(6_860)),), discounts=(discount,))
    credit = one_kettle_back(early.key, discount_back=eur(70))
    await house.once(credit, DocumentIssued, receivables.issue_credit)
    weekly = await house.shipped_order("13", line(1, "KETTLE", 2))
    await house.once(waiting(weekly), Recorded, collective.collect_shipment)
    period = InvoicePeriod(customer="C-1", until=NOW + DAY, at=NOW + DAY, actor="clerk")
    [issued] = (await house(collective.issue_collective, period)).invoices
    await house.invoice(weekly, document=issued.document, issued_at=issued.issued_at)


async def pay(house: House, placed: PlaceOrder, name: str, cents: int, **changes: Any) -> None:
    fields: dict[str, Any] = {"payment": name, "amount": eur(cents), "parts": ()}
    await house.once(ApplyPayment(**step(f"payment/{name}", placed.key) | fields | changes), Recorded, payments.apply_payment)


def waiting(placed: PlaceOrder) -> CollectShipment:
    return CollectShipment(
        **step("invoice/1/collect", placed.key),
        shipment=1,
        customer="C-1",
        terms=placed.terms,
        invoicing=Invoicing.WEEKLY,
        taxes_included=False,
        total=placed.total,
        shipped_at=NOW,
        due_at=NOW + timedelta(days=10),
    )


async def test_the_audit_finds_each_of_them_and_nothing_in_a_clean_house(house: House) -> None:
    await a_house_with_terms(house)
    assert [str(violation) for violation in await house.audit()] == []
    for rule, statements in BROKEN.items():
        for statement in statements:
            assert await house(names(rule, statement)), statement


def test_every_rule_about_invoicing_is_broken_once() -> None:
    assert {rule.__name__.removeprefix("_") for rule in INVOICING_RULES} <= set(BROKEN)


async def test_a_discount_and_a_credit_leave_what_was_really_paid(house: House) -> None:
    await a_house_with_terms(house)
    assert await house.database.read(receivables.account, "shopify/12") == -4_930  # 50.00 less 2 % of the part that the deposit left


@pytest.mark.parametrize("wrong", [{"discounts": (DiscountTaken(invoice=1, amount=eur(9_999_999), tax=eur(0)),)}])
async def test_a_discount_above_the_balance_is_refused(house: House, wrong: dict[str, Any]) -> None:
    placed = await house.shipped_order("14", line(1, "KETTLE", 1))
    await house.invoice(placed)
    with pytest.raises(Refused, match="cannot be discounted"):
        await pay(house, placed, "B-1", 1, **wrong)
    assert await house.database.read(receivables.account, placed.key) == 5_000
