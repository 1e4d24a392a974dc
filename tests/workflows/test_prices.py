"""Prices on the real server: an order may leave them to us, and what nobody agreed a person has to say."""

from __future__ import annotations

from decimal import Decimal

from database import pricing
from domain.exceptions import ExceptionKind
from domain.lifecycle import Wait
from domain.messages import AmendOrder, Decide, LineQuantity
from domain.order import Address, OrderLine, PaymentTerms
from domain.policies import Policies
from tests.workflows.answers import answers
from tests.workflows.shop import Shop, euro, order

VIENNA = Address(name="Ada Byron", street="Ring 1", city="Wien", postcode="1010", country="AT")


def unpriced(item: str = "PLENTY", quantity: int = 2) -> OrderLine:
    return OrderLine(number=1, item=item, quantity=quantity, discount=euro(0))


async def test_an_order_that_names_no_price_is_authorized_captured_and_billed_at_ours(shop: Shop) -> None:
    living = await shop.place(order(unpriced(quantity=3), terms=PaymentTerms.PREPAID, ship_to=VIENNA, freight=euro(100)))
    await living.until(Wait.PICK)
    placed = (await living.state()).placed
    assert (placed.lines[0].unit_price, placed.lines[0].to_price, placed.total) == (Decimal("10.00"), False, euro(3720))
    await living.ship()
    view = await living.view()
    assert [(invoice.total, invoice.balance) for invoice in view.invoices] == [(euro(3720), euro(0))]
    taxes = await shop.database.read(pricing.invoice_taxes, living.key, 1, "EUR")
    assert {line: [(tax.title, tax.amount) for tax in found] for line, found in taxes.items()} == {
        0: [("USt", euro(20))],
        1: [("USt", euro(600))],
    }
    assert await shop.audit() == []


async def test_units_on_top_of_what_we_priced_cost_our_price_and_tax(shop: Shop) -> None:
    item = shop.rare()
    living = await shop.place(order(unpriced(item, 2), ship_to=VIENNA))
    await living.until(Wait.STOCK)
    await living.ask(AmendOrder(**living.stamp("customer"), quantities=(LineQuantity(line=1, quantity=5),)))
    state = await living.when(lambda s: s.changes == 1)
    assert (state.placed.total, (await living.view()).total) == (euro(6000), euro(6000))
    await living.cancel()


@answers(ExceptionKind.VALIDATION_FINDINGS, "accept", "correct")
async def test_a_price_that_nobody_agreed_is_set_by_somebody_who_may(shop: Shop) -> None:
    living = await shop.place(order(unpriced("SPECIAL"), ship_to=VIENNA), Policies(price_roles=("pricing",)))
    nobody = "line 1: nobody has agreed a price of SPECIAL in EUR"
    assert (await living.exception(ExceptionKind.VALIDATION_FINDINGS)).detail == nobody
    await living.decide(ExceptionKind.VALIDATION_FINDINGS, "accept")
    state = await living.when(lambda s: len(s.exceptions) == 2)
    assert (state.exceptions[1].detail, state.accepted) == (nobody, False)

    wish = living.stamp("ben") | {"exception": 2, "choice": "correct", "prices": {1: "12.50"}, "note": "as in our quote"}
    assert await living.refused(Decide(**wish, roles=("order_desk",))) == "A price is set by the role pricing; ben is order_desk."
    await living.ask(Decide(**wish, roles=("order_desk", "pricing")))
    await living.until(Wait.STOCK)
    state = await living.state()
    (placed,) = state.placed.lines
    assert placed.override is not None
    assert (placed.unit_price, placed.override.was, placed.override.by, placed.override.why) == (
        Decimal("12.50"),
        None,
        "ben",
        "as in our quote",
    )
    assert state.placed.total == euro(3000)
    (found,) = await shop.database.read(pricing.derivations, living.key)
    assert [step.rule for step in found.steps] == ["no price", "set by ben"]
    await living.cancel()
