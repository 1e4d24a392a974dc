"""The e-invoice as UBL says what the CII says, of which it is made."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from lxml import etree

from domain.einvoicing import Buyer, ECharge, EInvoice, ELine, TaxCategory
from domain.money import Money
from domain.order import Address
from domain.seller import Seller
from integrations.einvoice import write_cii, write_ubl

pytest.importorskip("facturx", reason="factur-x is not installed here; constraints.txt has it")

NOW = datetime(2026, 11, 26, tzinfo=UTC)
BERLIN = Address(name="Holdfast Trading GmbH", street="Am Güterbahnhof 1", city="Grossbeeren", postcode="14979", country="DE")
LYON = Address(name="Bar Sans Souci SARL", street="14 Rue Mercière", city="Lyon", postcode="69002", country="FR")


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def line(number: int, item: str, quantity: int, price: str, rate: str, allowance: int = 0) -> ELine:
    net = int(quantity * Decimal(price) * 100) - allowance
    return ELine(
        number=number,
        item=item,
        name=f"{item}, as ordered",
        quantity=quantity,
        unit="H87",
        price=Decimal(price),
        allowance=eur(allowance),
        net=eur(net),
        tax=eur(net * int(rate) // 100),
        category=TaxCategory.STANDARD,
        rate=Decimal(rate),
    )


def invoice(**changes: object) -> EInvoice:
    lines = (line(1, "PIT-600", 6, "15.90", "20", 540), line(2, "BOOK", 2, "10.00", "10"))
    said = {
        "number": "INV-000001",
        "issued_at": NOW,
        "due_at": NOW,
        "currency": "EUR",
        "seller": Seller(
            name=BERLIN.name, address=BERLIN, tax_id="DE811907980", email="accounts@holdfast.example", iban="DE02120300000000202051"
        ),
        "buyer": Buyer(name=LYON.name, address=LYON, customer="C-1013", vat_id="FR83404833048", endpoint="1234", endpoint_scheme="0088"),
        "ship_to": LYON,
        "delivered_at": NOW,
        "order": "x12/SS-77",
        "po_number": "SS-77",
        "lines": lines,
        "charges": (ECharge(reason="Freight", amount=eur(500), tax=eur(100), category=TaxCategory.STANDARD, rate=Decimal(20)),),
        "prepaid": eur(1_000),
    }
    return EInvoice.model_validate(said | changes)


def read(written: bytes, *names: str) -> list[str]:
    return [found.text or "" for found in etree.fromstring(written).iterfind(".//" + "/".join(f"{{*}}{name}" for name in names))]


def test_every_sum_and_line_of_the_invoice_is_in_its_ubl() -> None:
    whole = invoice()
    ubl = write_ubl(write_cii(whole))
    assert etree.QName(etree.fromstring(ubl)).localname == "Invoice"
    assert read(ubl, "InvoiceLine", "ID") == ["1", "2"]
    assert read(ubl, "InvoiceLine", "LineExtensionAmount") == ["90.00", "20.00"]
    assert sorted(read(ubl, "TaxSubtotal", "TaxCategory", "Percent")) == ["10", "20"]
    sums = {"LineExtensionAmount": "110.00", "ChargeTotalAmount": "5.00", "TaxExclusiveAmount": "115.00", "TaxInclusiveAmount": "136.00"}
    sums |= {"PrepaidAmount": "10.00", "PayableAmount": "126.00"}
    assert {name: read(ubl, "LegalMonetaryTotal", name) for name in sums} == {name: [amount] for name, amount in sums.items()}
    assert read(ubl, "AccountingCustomerParty", "Party", "PartyTaxScheme", "CompanyID") == ["FR83404833048"]
    assert read(ubl, "OrderReference", "ID") == ["SS-77"]
    assert read(ubl, "PayeeFinancialAccount", "ID") == ["DE02120300000000202051"]


def test_a_credit_note_is_one_in_ubl_and_names_its_invoice() -> None:
    ubl = write_ubl(write_cii(invoice(type_code=381, number="CN-000001", prepaid=eur(0), preceding=("INV-000001", NOW))))
    assert etree.QName(etree.fromstring(ubl)).localname == "CreditNote"
    assert read(ubl, "BillingReference", "InvoiceDocumentReference", "ID") == ["INV-000001"]
    assert read(ubl, "CreditNoteLine", "LineExtensionAmount") == ["90.00", "20.00"]
