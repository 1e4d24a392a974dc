"""Whatever is shipped apart, added, credited or given up: every document adds up, and all documents of an order add up to the order."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.invoicing import credit_lines, credit_total, draft_invoice, line_shares, total_of, with_more
from domain.money import Money, exponent
from domain.money_steps import InvoiceDraft, InvoiceLine, TaxShare
from domain.order import Charge, OrderLine, PlaceOrder
from domain.parts import Invoice
from domain.pricing.derivation import ItemFacts, ListPrice, Terms
from domain.pricing.pricing import price_order
from domain.pricing.taxes import FREIGHT, FreightTax, TaxRate, TaxSetting
from domain.rounding import RoundingLevel, RoundingMode, TaxRounding
from domain.state import OrderState
from domain.steps import LineChange
from domain.tax_totals import tax_totals
from tests.domain.builders import BERLIN, invoice, order, planned, state
from tests.endurance import examples

RATES = {
    "standard": (
        TaxRate(country="DE", title="State", rate=Decimal("0.0725")),
        TaxRate(country="DE", title="City", city="Berlin", rate=Decimal("0.01875"), sequence=2),
        TaxRate(country="DE", title="Levy", rate=Decimal("0.005"), sequence=3, compound=True),
    ),
    "reduced": (TaxRate(code="reduced", country="DE", title="State", rate=Decimal("0.02")),),
    FREIGHT: (TaxRate(code=FREIGHT, country="DE", title="Freight tax", rate=Decimal("0.1")),),
}


@st.composite
def priced_orders(draw: st.DrawFn) -> PlaceOrder:
    """An order that leaves its prices and taxes to us, as it is charged."""
    currency = draw(st.sampled_from(["JPY", "EUR", "KWD"]))
    digits = exponent(currency)

    def money(most: int) -> Money:
        return Money(minor=draw(st.integers(0, most)), currency=currency)

    lines, items, prices = [], {}, {}
    for number in range(1, draw(st.integers(1, 4)) + 1):
        item = f"ITEM-{number}"
        price = draw(st.sampled_from([Decimal(0), draw(st.decimals("0.01", 900, places=digits + 1))]))
        items[item] = ItemFacts(item=item, tax_code=draw(st.sampled_from(["standard", "reduced", "none"])))
        prices["LIST", item] = ListPrice(price_list="LIST", item=item, currency=currency, price=price)
        charges = (Charge(title="Pallet", amount=money(500)),) if price and draw(st.booleans()) else ()
        units = draw(st.integers(1, 9))
        lines.append(OrderLine(number=number, item=item, quantity=units, discount=money(3_000), surcharges=charges))
    setting = TaxSetting(
        rounding=TaxRounding(level=draw(st.sampled_from(RoundingLevel)), mode=draw(st.sampled_from(RoundingMode))),
        freight=draw(st.sampled_from(FreightTax)),
        cash_step=draw(st.sampled_from([0, 5])),
        cash_currency=currency,
    )
    changes: dict[str, Any] = {
        "currency": currency,
        "ship_to": BERLIN,
        "discount": money(4_000),
        "freight": money(2_000),
        "surcharges": (Charge(title="Small order", amount=money(900)),),
        "discount_on_freight": draw(st.booleans()),
        "taxes_included": draw(st.booleans()),
    }
    terms = Terms(own_list="LIST", items=items, prices=prices, rates=RATES, setting=setting)
    pricing = price_order(order(*lines, **changes), terms)
    assert pricing.ours
    return pricing.placed


@given(priced_orders(), st.data())
@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_document_adds_up_and_all_of_them_to_the_order(placed: PlaceOrder, data: st.DataObject) -> None:
    found = state(placed)
    bills: list[Invoice] = []
    rest_cancelled = data.draw(st.booleans(), "the rest is cancelled")
    for round_ in range(3):
        if round_ == 1 and data.draw(st.booleans(), "more"):
            number = data.draw(st.sampled_from([row.number for row in placed.lines]), "of line")
            units = data.draw(st.integers(1, 5), "units")
            found.placed = with_more(found.placed, number, units)
            found.apply([LineChange(line=number, add=units)])
        everything = round_ == 2 and not rest_cancelled
        least = {need.line: need.quantity if everything else 0 for need in found.needs}
        units_of = {need.line: data.draw(st.integers(least[need.line], need.quantity), f"of line {need.line}") for need in found.needs}
        if any(units_of.values()):
            bills.append(shipped(found, units_of))
            if round_ == 0 and data.draw(st.booleans(), "given up"):
                bills.remove(give_up(found, bills[-1]))
    if not found.needs:
        assert sum(bill.total.minor for bill in bills) == found.placed.total.minor
    for number, share in line_shares(found.placed).items():
        mine = [row for bill in bills for row in bill.lines if row.line == number]
        billed = [sum(getattr(row, name).minor for row in mine) for name in ("gross", "discount", "surcharge", "tax")]
        taxes = [sum(row.taxes[i].amount.minor for row in mine) for i in range(len(share.taxes))]
        whole = [share.gross, share.discount, share.surcharge, share.tax]
        parts = [tax.amount.minor for tax in share.taxes]
        if found.line(number).open:
            assert all(part <= most for part, most in zip([*billed, *taxes], [*whole, *parts], strict=True))
        else:
            assert (billed, taxes) == (whole, parts)
        assert share.discount <= share.gross
        if not share.gross:
            assert (share.discount, share.surcharge, share.tax) == (0, 0, 0)
    for bill in bills:
        credited(bill, found.placed, data)


def shipped(found: OrderState, units: dict[int, int]) -> Invoice:
    """The invoice of a shipment of these units, which adds up."""
    planned(found, **{f"line{number}": quantity for number, quantity in units.items() if quantity})
    shipment = found.shipments[-1]
    draft = shipment.draft = draft_invoice(found, shipment)
    included = found.placed.taxes_included
    assert draft.total == total_of(draft.lines, draft.freight, draft.freight_tax, included, draft.rounding)
    assert draft.total.minor >= 0
    if found.placed.rounds_to:
        assert draft.total.minor % found.placed.rounds_to == 0
    adds_up(draft.lines, draft.freight, draft.freight_tax, draft.freight_taxes, included)
    return of_draft(draft, shipment.number)


def of_draft(draft: InvoiceDraft, number: int) -> Invoice:
    about: dict[str, Any] = {name: getattr(draft, name) for name in ("freight", "freight_tax", "freight_taxes", "rounding", "total")}
    zero = Money.zero(draft.total.currency)
    nothing = dict.fromkeys(("fees", "credited", "paid", "written_off", "owed"), zero)
    return invoice(0, number=number, lines=list(draft.lines), **nothing | about)


def give_up(found: OrderState, bill: Invoice) -> Invoice:
    """The last shipment never leaves: its units are open again."""
    shipment = found.shipments[-1]
    shipment.abandoned = True
    for number, quantity in shipment.quantities.items():
        found.line(number).move("allocated", "open", quantity)
    return bill


def credited(bill: Invoice, placed: PlaceOrder, data: st.DataObject) -> None:
    """Credit an invoice bit by bit, the last time all that is left: exactly what it asked for is given back."""
    zero = Money.zero(placed.currency)
    given = 0
    for last in (False, False, True):
        units = {row.line: row.quantity if last else data.draw(st.integers(0, row.quantity)) for row in bill.lines}
        lines = credit_lines(bill, units)
        with_freight = last and not bill.freight_credited
        freight, freight_tax = (bill.freight, bill.freight_tax) if with_freight else (zero, zero)
        total, rounding = credit_total(bill, lines, freight, freight_tax, placed)
        assert total == total_of(lines, freight, freight_tax, placed.taxes_included, rounding)
        assert total.minor >= 0
        adds_up(lines, freight, freight_tax, bill.freight_taxes if with_freight else (), placed.taxes_included)
        bill.credits = [*bill.credits, *lines]
        bill.freight_credited = with_freight
        bill.rounding_credited = (bill.rounding_credited or zero) + (rounding or zero)
        given += total.minor
    assert given == bill.total.minor


def adds_up(lines: Any, freight: Money, freight_tax: Money, freight_taxes: tuple[TaxShare, ...], included: bool) -> None:
    row: InvoiceLine
    for row in lines:
        assert sum(tax.amount.minor for tax in row.taxes) == row.tax.minor
        assert row.net.minor >= 0
        assert row.tax.minor >= 0
        assert min((tax.amount.minor for tax in row.taxes), default=0) >= 0
    assert sum(tax.amount.minor for tax in freight_taxes) == freight_tax.minor
    totals = tax_totals(lines, freight, freight_taxes, included)
    assert sum(each.amount.minor for each in totals) == sum(row.tax.minor for row in lines) + freight_tax.minor


@given(priced_orders())
@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_taxes_are_within_half_a_minor_unit_of_what_they_are_of(placed: PlaceOrder) -> None:
    """By unit or line, each tax of a line errs by half a minor unit of what was rounded; by document, the sum of a tax does."""
    shares = line_shares(placed)
    exact: dict[str, Fraction] = {}
    for line in placed.lines:
        share = shares[line.number]
        net = share.gross - share.discount + share.surcharge
        factors = {tax.title: Fraction(tax.rate) for tax in line.taxes}
        if "Levy" in factors:
            factors["Levy"] *= 1 + factors["State"] + factors["City"]
        contained = 1 + sum(factors.values()) if placed.taxes_included else 1
        for tax in line.taxes:
            amount = net * factors[tax.title] / contained
            exact[tax.title] = exact.get(tax.title, Fraction(0)) + amount - tax.amount.minor
            if placed.tax_rounding.level is not RoundingLevel.DOCUMENT:
                units = line.quantity if placed.tax_rounding.level is RoundingLevel.UNIT else 1
                assert abs(amount - tax.amount.minor) <= Fraction(units, 2)
    if placed.tax_rounding.level is RoundingLevel.DOCUMENT and not placed.freight:
        assert all(abs(error) <= Fraction(1, 2) for error in exact.values())
