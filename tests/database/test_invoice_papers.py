"""Invoices as customers get them: on paper and as EN 16931, with deposits netted, parts, discounts, and several orders on one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy.orm import Session

from activities.einvoices import cii
from activities.papers import paper, papers
from database import collective, payments, receivables
from database.seed import seed
from database.tables import Customer, Order, ReceivableEntry
from domain.collecting import InvoicePeriod
from domain.einvoicing import TaxCategory, category_of, rate_of
from domain.errors import Refused
from domain.money import Money
from domain.money_steps import (
    ApplyPayment,
    CollectShipment,
    DocumentIssued,
    InvoiceDraft,
    InvoiceLine,
    IssueCredit,
    IssueInvoice,
    Prepayment,
    RequestDeposit,
)
from domain.order import OrderLine, PlaceOrder, TaxLine
from domain.steps import Recorded
from domain.terms import EarlyDiscount, InstalmentLine, Invoicing, Share, Terms, instalments
from tests.database.builders import DAY, NOW, House, eur, line, order, step
from tests.integrations.test_documents import read as text_of

THIRDS = Terms(
    code="net30",
    instalments=(
        InstalmentLine(share=Share.PERCENT, percent=Decimal(50), days=10),
        InstalmentLine(share=Share.PERCENT, percent=Decimal(25), days=40),
        InstalmentLine(days=70),
    ),
    discounts=(EarlyDiscount(percent=Decimal(2), days=10),),
)
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
SELLER = {
    "name": "Holdfast Trading GmbH",
    "address": {
        "name": "Holdfast Trading GmbH",
        "street": "Am Güterbahnhof 1",
        "city": "Grossbeeren",
        "postcode": "14979",
        "country": "DE",
    },
    "tax_id": "DE811907980",
    "email": "accounts@holdfast.example",
    "phone": "+49 30 5550 1200",
    "contact": "Accounts receivable",
    "bank": ["IBAN DE02 1203 0000 0000 2020 51", "BIC BYLADEM1001"],
    "iban": "DE02120300000000202051",
    "bic": "BYLADEM1001",
    "endpoint": "accounts@holdfast.example",
    "endpoint_scheme": "EM",
}


def taxed(number: int, item: str, quantity: int, price: str, rate: str = "0.19") -> OrderLine:
    plain = line(number, item, quantity, price)
    tax = Money.of(quantity * Decimal(price) * Decimal(rate), "EUR")
    described = {"KETTLE": "Kettle with a swan neck, 1 litre", "GRINDER": "Hand grinder, steel burrs"}[item]
    return plain.model_copy(update={"taxes": (TaxLine(title="MwSt", rate=Decimal(rate), amount=tax),), "description": described})


def draft(placed: PlaceOrder) -> InvoiceDraft:
    lines = tuple(
        InvoiceLine(line=row.number, item=row.item, quantity=row.quantity, gross=row.gross("EUR"), discount=row.discount, tax=eur(row.tax))
        for row in placed.lines
    )
    return InvoiceDraft(lines=lines, freight=placed.freight, freight_tax=eur(placed.freight_tax), taxes_included=False, total=placed.total)


async def shipped(house: House, number: str, *lines: OrderLine, freight: int = 0) -> PlaceOrder:
    """An order with German taxes, all of it shipped in one shipment."""
    await house(seed, {"house": [SELLER], "customers": [customer()]})
    freight_taxes = (TaxLine(title="MwSt", rate=Decimal("0.19"), amount=eur(freight * 19 // 100)),) if freight else ()
    placed = order(number, *lines, freight=eur(freight), freight_taxes=freight_taxes, po_number=f"PO-77{number}")
    await house.accept(placed, waived=True)
    await house.allocate(placed)
    await house.pick(placed, **{f"l{each.number}": each.quantity for each in placed.lines})
    await house.pack(placed)
    await house.ship(placed)
    return placed


def customer() -> dict[str, object]:
    terms = ["prepaid", "net30"]
    about = {"id": "C-1", "name": "Kaffeekontor Nord", "currency": "EUR", "price_list": "TRADE", "terms": terms, "credit_limit": 10_000_000}
    return about | {
        "vat_id": "DE136695976",
        "endpoint": "einkauf@kontor.example",
        "endpoint_scheme": "EM",
        "aliases": ["x12:4012345000016"],
    }


async def issue(house: House, placed: PlaceOrder, terms: Terms | None = None, **changes: Any) -> str:
    parts = instalments(terms, placed.total, NOW, DAY) if terms else ()
    fields: dict[str, Any] = {
        "invoice": 1,
        "shipment": 1,
        "draft": draft(placed),
        "terms": placed.terms,
        "due_at": parts[0].due_at if parts else NOW + 30 * DAY,
        "instalments": parts if len(parts) > 1 else (),
        "agreed": terms,
    }
    request = IssueInvoice(**step("invoice/1", placed.key) | fields | changes)
    return (await house.once(request, DocumentIssued, receivables.issue_invoice)).number


async def read(house: House, placed: PlaceOrder, name: str, tmp_path: Path) -> str:
    """What a person reads on a paper."""
    return text_of(await house.database.read(paper, placed.key, name), tmp_path)


class Cii:
    """The XML's own sums, checked as a customer's system does."""

    def __init__(self, xml: bytes) -> None:
        self.root = etree.fromstring(xml)

    def all(self, *path: str) -> list[str]:
        return [found.text or "" for found in self.root.iterfind(".//" + "/".join(RAM + name for name in path))]

    def sum(self, name: str) -> Decimal:
        [found] = self.all("SpecifiedTradeSettlementHeaderMonetarySummation", name)
        return Decimal(found)

    def broken(self) -> Iterator[str]:
        """BR-CO-10 to 16 of EN 16931, computed from nothing but the document."""
        lines = self.all("SpecifiedTradeSettlementLineMonetarySummation", "LineTotalAmount")
        if sum(map(Decimal, lines)) != self.sum("LineTotalAmount"):
            yield "BR-CO-10"
        charges = self.all("ApplicableHeaderTradeSettlement", "SpecifiedTradeAllowanceCharge", "ActualAmount")
        if self.sum("AllowanceTotalAmount") != 0:
            yield "BR-CO-11"
        if sum(map(Decimal, charges)) != self.sum("ChargeTotalAmount"):
            yield "BR-CO-12"
        if self.sum("LineTotalAmount") - self.sum("AllowanceTotalAmount") + self.sum("ChargeTotalAmount") != self.sum(
            "TaxBasisTotalAmount"
        ):
            yield "BR-CO-13"
        taxes = self.all("ApplicableHeaderTradeSettlement", "ApplicableTradeTax", "CalculatedAmount")
        if sum(map(Decimal, taxes)) != self.sum("TaxTotalAmount"):
            yield "BR-CO-14"
        if self.sum("TaxBasisTotalAmount") + self.sum("TaxTotalAmount") != self.sum("GrandTotalAmount"):
            yield "BR-CO-15"
        if self.sum("GrandTotalAmount") - self.sum("TotalPrepaidAmount") != self.sum("DuePayableAmount"):
            yield "BR-CO-16"


async def e_invoice(house: House, placed: PlaceOrder, name: str) -> Cii:
    found = Cii(await house.database.read(cii, placed.key, name))
    assert list(found.broken()) == []
    return found


async def test_an_invoice_says_its_parts_and_the_discount_on_paper_and_as_xml(house: House, tmp_path: Path) -> None:
    placed = await shipped(house, "1", taxed(1, "KETTLE", 3, "49.95"), taxed(2, "GRINDER", 1, "200.00", "0.07"), freight=1_290)
    document = await issue(house, placed, THIRDS)
    text = await read(house, placed, document, tmp_path)
    total = placed.total
    assert f"Please pay {total} in these parts and state {document}." in text
    assert "2 % discount:" in text
    assert "Tax 19 % of 162.75" in text
    found = await e_invoice(house, placed, document)
    assert found.sum("GrandTotalAmount") == total.major
    assert found.all("ApplicableHeaderTradeSettlement", "ApplicableTradeTax", "RateApplicablePercent") == ["7", "19"]
    assert found.all("BuyerTradeParty", "SpecifiedTaxRegistration", "ID") == ["DE136695976"]
    assert found.all("SpecifiedTradeAllowanceCharge", "Reason") == ["Freight"]
    [terms] = found.all("SpecifiedTradePaymentTerms", "Description")
    assert "is due on" in terms
    with pytest.raises(Refused, match="has no invoice or credit note"):
        await house.database.read(cii, placed.key, "packing-slip-1")


async def test_a_deposit_is_asked_for_and_netted_once(house: House, tmp_path: Path) -> None:
    placed = await shipped(house, "2", taxed(1, "KETTLE", 4, "50.00"))
    asked = RequestDeposit(**step("deposit", placed.key), amount=eur(7_140), before_supply=True, due_at=NOW + 7 * DAY)
    deposit = (await house.once(asked, DocumentIssued, receivables.request_deposit)).number
    assert "This request is no invoice." in await read(house, placed, deposit, tmp_path)
    paid = ApplyPayment(**step("payment/B-1", placed.key), payment="B-1", amount=eur(7_140), parts=())
    await house.once(paid, Recorded, payments.apply_payment)
    document = await issue(house, placed, prepaid=(Prepayment(payment="B-1", amount=eur(7_140)),))
    text = await read(house, placed, document, tmp_path)
    assert f"Deposit {deposit} of" in text
    assert "Please pay 166.60 EUR" in text
    found = await e_invoice(house, placed, document)
    assert (found.sum("TotalPrepaidAmount"), found.sum("DuePayableAmount")) == (Decimal("71.40"), Decimal("166.60"))


async def test_a_credit_note_names_the_lines_that_it_corrects(house: House, tmp_path: Path) -> None:
    placed = await shipped(house, "3", taxed(1, "KETTLE", 4, "50.00", rate="0.20"))
    document = await issue(house, placed)
    taken = InvoiceLine(line=1, item="KETTLE", quantity=1, gross=eur(5_000), discount=eur(0), tax=eur(1_000))
    request = IssueCredit(
        **step("credit/1", placed.key),
        credit=1,
        invoice=1,
        lines=(taken,),
        freight=eur(0),
        freight_tax=eur(0),
        total=eur(6_000),
        reason="RMA-000001: scratched",
    )
    credit = (await house.once(request, DocumentIssued, receivables.issue_credit)).number
    text = await read(house, placed, credit, tmp_path)
    assert "Corrects" in text
    assert f"On invoice {document} of" in text
    found = await e_invoice(house, placed, credit)
    assert found.root.findtext(".//{*}ExchangedDocument/{*}TypeCode") == "381"
    assert found.all("InvoiceReferencedDocument", "IssuerAssignedID") == [document]
    assert set(found.all("ApplicableTradeTax", "RateApplicablePercent")) == {"20"}
    assert found.sum("GrandTotalAmount") == Decimal("60.00")


async def test_shipments_of_two_orders_are_on_one_invoice(house: House, tmp_path: Path) -> None:
    first = await shipped(house, "4", taxed(1, "KETTLE", 2, "49.95"), freight=590)
    second = await shipped(house, "5", taxed(1, "GRINDER", 1, "200.00"))
    for placed in (first, second):
        await house.once(collected(placed), Recorded, collective.collect_shipment)
    period = InvoicePeriod(customer="C-1", until=NOW + DAY, at=NOW + DAY, actor="clerk")
    [issued] = (await house(collective.issue_collective, period)).invoices
    assert (await house(collective.issue_collective, period)).invoices == (issued,)
    await issue(house, first, document=issued.document, issued_at=issued.issued_at)
    with pytest.raises(Refused, match="1 orders have not booked their part"):
        await house.database.read(paper, first.key, issued.document)
    await issue(house, second, document=issued.document, issued_at=issued.issued_at)
    text = await read(house, first, issued.document, tmp_path)
    assert f"Order {first.key}, shipment 1" in text
    assert f"Order {second.key}, shipment 1" in text
    assert f"Please pay {issued.total}" in text
    assert issued.total == first.total + second.total
    found = await e_invoice(house, second, issued.document)
    assert found.sum("GrandTotalAmount") == issued.total.major
    assert found.all("AssociatedDocumentLineDocument", "LineID") == ["1", "2"]
    assert (await house.database.read(papers, first.key)).count(issued.document) == 1


def collected(placed: PlaceOrder) -> CollectShipment:
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


async def test_a_proforma_is_marked_and_changes_nothing(house: House, tmp_path: Path) -> None:
    await house(seed, {"house": [SELLER]})
    placed = order("6", taxed(1, "KETTLE", 2, "50.00"), freight=eur(590))
    await house.accept(placed)
    before = await house.database.read(entries)
    text = await read(house, placed, "proforma", tmp_path)
    assert "This is no invoice and asks for no payment." in text
    assert "INV-" not in text
    await house(speak, "C-1", "de")
    german = await read(house, placed, "proforma", tmp_path)
    assert "Dies ist keine Rechnung und keine Zahlungsaufforderung." in german
    assert f"Gesamtbetrag (EUR) {placed.total.major:.2f}".replace(".", ",") in german
    assert "Seite 1 von 1" in german
    assert await house.database.read(entries) == before
    done = await shipped(house, "7", taxed(1, "KETTLE", 2, "50.00"))
    assert "proforma" not in await house.database.read(papers, done.key)


def speak(session: Session, customer: str, language: str) -> None:
    session.get_one(Customer, customer).language = language


def entries(session: Session) -> tuple[int, int]:
    return session.query(ReceivableEntry).count(), session.query(Order).count()


@pytest.mark.parametrize(
    ("rate", "title", "buyer", "vat_id", "expected"),
    [
        ("19", "MwSt", "DE", "", TaxCategory.STANDARD),
        ("0", "", "DE", "", TaxCategory.ZERO),
        ("0", "Exempt by paragraph 4", "DE", "", TaxCategory.EXEMPT),
        ("0", "Reverse charge", "FR", "FR1", TaxCategory.REVERSE),
        ("0", "", "FR", "FR1", TaxCategory.INTRA_COMMUNITY),
        ("0", "", "FR", "", TaxCategory.ZERO),
        ("0", "", "CH", "", TaxCategory.EXPORT),
    ],
)
def test_why_there_is_no_tax_follows_from_what_is_known(rate: str, title: str, buyer: str, vat_id: str, expected: TaxCategory) -> None:
    assert category_of(Decimal(rate), title, "DE", buyer, vat_id) is expected


def test_a_rate_is_the_known_one_else_the_plainest_that_gives_the_tax() -> None:
    assert rate_of(eur(950), eur(5_000)) == 19
    assert rate_of(eur(275), eur(5_000)) == Decimal("5.5")
    assert rate_of(eur(20), eur(105), [Decimal(19)]) == 19
    assert rate_of(eur(0), eur(5_000)) == 0
