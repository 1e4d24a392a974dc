"""Prices and taxes in the database: derived once at acceptance, kept with the line, and added up on every document."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from database import pricing, reading, receivables
from database.audit_prices import PRICE_RULES
from database.seed import seed
from database.tables import Customer, Price
from domain.errors import InputRefused, NotFound
from domain.invoicing import credit_lines, credit_total, draft_invoice
from domain.money_steps import DocumentIssued, IssueCredit
from domain.order import Charge, OrderLine, PlaceOrder
from domain.policies import Policies
from domain.state import OrderState, opened, order_start
from domain.steps import Accepted, Finding, Pick, PlannedShipment, Severity
from tests.database.builders import DAY, NOW, House, eur, invoice_request, line, order, step
from tests.database.test_audit import names
from tests.domain.builders import of

AGREED: dict[str, Any] = {
    "items": [{"id": "KETTLE", "description": "Kettle, 1 l", "group": "KITCHEN", "value": 3_000}, {"id": "GRINDER"}, {"id": "FILTER"}],
    "customer_groups": [{"id": "ROASTERS", "name": "Roasters", "price_list": "ROAST"}],
    "price_lists": [
        {"id": "TRADE", "currency": "EUR", "prices": {"KETTLE": "50.00", "GRINDER": "200.00"}},
        {"id": "ROAST", "currency": "EUR", "prices": {"FILTER": "0.90", "KETTLE": "55.00"}},
    ],
    "customers": [
        {
            "id": "C-1",
            "name": "Kaffeekontor Nord",
            "currency": "EUR",
            "price_list": "TRADE",
            "terms": ["prepaid", "net30"],
            "credit_limit": 10_000_000,
            "group": "ROASTERS",
        }
    ],
    "tax_rates": [
        {"country": "DE", "title": "VAT", "rate": "0.19"},
        {"country": "DE", "title": "City levy", "rate": "0.01", "city": "Hamburg", "sequence": 2},
        {"country": "FR", "title": "TVA", "rate": "0.2"},
        {"country": "CH", "title": "MWST", "rate": "0.081"},
    ],
    "tax_settings": [{"country": "CH", "rounding": {"level": "document", "mode": "half_even"}, "cash_step": 5, "cash_currency": "EUR"}],
    "price_conditions": [
        {"kind": "contract", "id": "K-1", "customer": "C-1", "item": "GRINDER", "price": "180.00", "currency": "EUR"},
        {"kind": "break", "id": "TWELVE", "price_list": "TRADE", "item": "KETTLE", "min_quantity": 12, "percent": "0.1"},
        {"kind": "margin", "id": "KITCHEN", "item_group": "KITCHEN", "least": "0.35"},
    ],
}


@pytest.fixture
async def house(house: House) -> House:
    await house(seed, AGREED)
    return house


def unpriced(number: int = 1, item: str = "KETTLE", quantity: int = 2, **changes: Any) -> OrderLine:
    return OrderLine(number=number, item=item, quantity=quantity, discount=eur(0), **changes)


def charged(accepted: Accepted, placed: PlaceOrder) -> PlaceOrder:
    assert accepted.priced is not None
    return accepted.priced.on(placed)


async def test_what_an_order_leaves_to_us_is_priced_and_taxed_at_acceptance(house: House) -> None:
    placed = order("1", unpriced(1, "KETTLE", 2), unpriced(2, "GRINDER", 1), unpriced(3, "FILTER", 100), freight=eur(1_000))
    accepted = await house.accept(placed)
    assert accepted.findings == ()
    now = charged(accepted, placed)
    assert [(row.unit_price, row.tax) for row in now.lines] == [
        (Decimal("50.00"), 1900 + 100),
        (Decimal("180.00"), 3420 + 180),
        (Decimal("0.90"), 1710 + 90),
    ]
    assert [(tax.title, tax.amount.minor) for tax in now.freight_taxes] == [("VAT", 190), ("City levy", 10)]
    assert now.total == eur(37_000 + 7_400 + 1_000 + 200)
    view = await house.database.read(reading.order_view, placed.key)
    assert (view.total, [row.unit_price for row in view.lines]) == (now.total, ["50.00", "180.00", "0.90"])


async def test_a_later_list_changes_nothing_that_was_placed(house: House) -> None:
    placed = order("1", unpriced())
    first = await house.accept(placed)

    def dearer(session: Session) -> None:
        session.execute(update(Price).values(unit_price="99.00"))

    await house(dearer)
    assert await house.accept(placed) == first
    (found,) = await house.database.read(pricing.derivations, placed.key, 1)
    assert (found.ours, found.steps[0].rule) == (Decimal("50.00"), "price list TRADE")


async def test_every_line_says_why_it_costs_what_it_costs(house: House) -> None:
    placed = order("1", line(1, "KETTLE", 12, "45.00"), line(2, "GRINDER", 1, "180.00"))
    assert (await house.accept(placed)).priced is None
    kettle, grinder = await house.database.read(pricing.derivations, placed.key)
    assert [step.rule for step in kettle.steps] == ["price list TRADE", "quantity break TWELVE", "as the channel told the customer"]
    assert [lost.rule for lost in grinder.steps[0].lost] == ["price list TRADE"]
    assert kettle.margin is not None
    assert (kettle.margin.net, kettle.margin.cost, kettle.margin.rule) == (54_000, 36_000, "KITCHEN")
    with pytest.raises(NotFound, match="no derived price of 'shopify/1 line 7'"):
        await house.database.read(pricing.derivations, placed.key, 7)


async def test_what_has_no_price_cannot_be_waved_through(house: House) -> None:
    placed = order("1", unpriced(1, "FILTER"), customer="C-2", terms="prepaid")
    for attempt, waived in ((1, False), (2, True)):
        findings = (await house.accept(placed, attempt, waived)).findings
        assert (
            Finding(place="line 1", reason="nobody has agreed a price of FILTER in EUR", severity=Severity.MENDABLE, waivable=False)
            in findings
        )
    assert (await house.database.read(reading.order_view, placed.key)).accepted is False


async def test_a_margin_below_what_is_asked_is_a_question_before_anything_is_released(house: House) -> None:
    low = order("1", unpriced().model_copy(update={"discount": eur(1_500)}))
    (found,) = (await house.accept(low)).findings
    assert (found.place, found.severity) == ("line 1", Severity.MENDABLE)
    assert found.reason == "the margin is 29.4 %, at least 35.0 % is asked (KITCHEN): 85.00 EUR for what costs 60.00 EUR"
    assert (await house.accept(low, attempt=2, waived=True)).findings[0].severity is Severity.NOTE


async def test_stated_taxes_that_differ_from_ours_are_a_note(house: House) -> None:
    vat = {"title": "VAT", "rate": "0.19", "amount": {"minor": 1_900, "currency": "EUR"}}
    placed = order("1", OrderLine.model_validate(line().model_dump() | {"taxes": (vat,)}))
    (found,) = (await house.accept(placed)).findings
    assert (found.place, found.severity) == ("taxes", Severity.NOTE)
    assert found.reason == "the order states 1.00 EUR less tax than the tax table comes to"


async def test_an_exempt_customer_is_charged_no_tax_where_that_holds(house: House) -> None:
    def exempt(session: Session) -> None:
        customer = session.get_one(Customer, "C-1")
        customer.tax_exempt, customer.tax_exempt_in = "Reverse charge", "FR AT"

    await house(exempt)
    home, abroad = order("1", unpriced()), order("2", unpriced())
    assert abroad.ship_to is not None
    abroad = abroad.model_copy(update={"ship_to": abroad.ship_to.model_copy(update={"country": "FR", "city": "Lyon"})})
    assert charged(await house.accept(home), home).total == eur(12_000)
    free = charged(await house.accept(abroad), abroad)
    assert (free.total, [(tax.title, tax.amount) for tax in free.lines[0].taxes]) == (eur(10_000), [("Reverse charge", eur(0))])


def billed(found: OrderState, units: dict[int, int]) -> Any:
    """The draft of a shipment of these units."""
    picks = tuple(Pick(line=number, item=found.line(number).item, bin="B-01", quantity=count) for number, count in units.items())
    shipment = found.plan(PlannedShipment(number=len(found.shipments) + 1, location="BERLIN", picks=picks), "a/1", NOW + DAY)
    shipment.draft = draft_invoice(found, shipment)
    return shipment.draft


async def a_billed_order(house: House) -> str:
    """An order of Zurich priced by us, with a surcharge; shipped, invoiced with its taxes and in part credited."""
    placed = order("1", unpriced(quantity=3, surcharges=(Charge(title="Pallet", amount=eur(333)),)), freight=eur(999))
    assert placed.ship_to is not None
    placed = placed.model_copy(update={"ship_to": placed.ship_to.model_copy(update={"country": "CH", "city": "Zürich"})})
    now = charged(await house.accept(placed), placed)
    assert now.rounds_to == 5
    await house.allocate(placed)
    await house.pick(placed, l1=3)
    await house.pack(placed)
    await house.ship(placed)
    found = opened(order_start(now, Policies()), NOW)
    draft = billed(found, {1: 3})
    await house.once(invoice_request(placed, draft=draft), DocumentIssued, receivables.issue_invoice)
    invoice = of(draft).model_copy(update={"rounding": draft.rounding, "freight_taxes": draft.freight_taxes})
    lines = credit_lines(invoice, {1: 1})
    total, rounding = credit_total(invoice, lines, eur(0), eur(0), now)
    request = IssueCredit(
        **step("credit/1", placed.key),
        credit=1,
        invoice=1,
        lines=lines,
        freight=eur(0),
        freight_tax=eur(0),
        rounding=rounding,
        total=total,
        reason="scratched",
    )
    await house.once(request, DocumentIssued, receivables.issue_credit)
    return placed.key


async def test_documents_keep_what_their_tax_is_made_of_and_meet_the_smallest_coin(house: House) -> None:
    """150.00 + 3.33 and 9.99 of freight are 163.32; 8.1 % of it is 13.23, which makes 176.55. A third of the goods is credited."""
    key = await a_billed_order(house)
    taxes = await house.database.read(pricing.invoice_taxes, key, 1, "EUR")
    shares = [(number, tax.title, tax.amount.minor) for number, found in taxes.items() for tax in found]
    assert shares == [(0, "MWST", 81), (1, "MWST", 1242)]
    credited = await house.database.read(pricing.credit_taxes, key, 1, "EUR")
    assert [(tax.title, tax.amount.minor) for tax in credited[1]] == [("MWST", 414)]
    view = await house.database.read(reading.order_view, key)
    assert (view.invoices[0].total, view.invoices[0].credited) == (eur(17_655), eur(5_525))  # 51.11 + 4.14 is 55.25


BROKEN = {
    "the_taxes_of_an_invoice_add_up": "UPDATE invoice_taxes SET amount = amount + 1 WHERE line = 0",
    "the_taxes_of_a_credit_add_up": "UPDATE credit_taxes SET amount = amount - 1",
    "no_tax_is_credited_that_was_not_invoiced": "UPDATE credit_taxes SET amount = 9999",
    "no_line_asks_for_less_than_nothing": "UPDATE invoice_lines SET discount = gross + 1",
}


@pytest.mark.parametrize("rule", sorted(BROKEN))
async def test_a_broken_truth_is_named(house: House, rule: str) -> None:
    await a_billed_order(house)
    assert await house(names(rule, BROKEN[rule]))


def test_every_rule_is_broken_once() -> None:
    assert {rule.__name__.removeprefix("_") for rule in PRICE_RULES} == set(BROKEN)


@pytest.mark.parametrize(
    ("section", "entry"),
    [
        ("price_conditions", {"kind": "contract", "id": "K-2", "customer": "C-1", "item": "KETTLE", "currency": "EUR"}),
        ("price_conditions", {"kind": "gift", "id": "G-1"}),
        ("tax_rates", {"country": "Germany", "title": "VAT", "rate": "0.19"}),
        ("tax_settings", {"country": "DE", "freight": "by weight"}),
    ],
)
async def test_a_catalogue_that_makes_no_sense_says_where(house: House, section: str, entry: dict[str, Any]) -> None:
    with pytest.raises(InputRefused, match=f"catalogue, {section}, entry 1"):
        await house(seed, {section: [entry]})
