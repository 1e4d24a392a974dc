"""E-invoices as CII (UN/CEFACT Cross Industry Invoice, D16B) by drafthorse, checked against the XSD of EN 16931 that it brings along.

EN 16931 has two syntaxes: the other one, UBL 2.1, is what factur-x makes of the first.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.einvoicing import EXEMPTIONS, EInvoice, ELine, TaxGroup
from domain.money import Money, exponent
from domain.order import Address

GUIDELINE = "urn:cen.eu:en16931:2017"
SCHEMA = "FACTUR-X_EN16931"
CREDIT_TRANSFER = "30"
"""UNTDID 4461: payment by credit transfer."""


def write_cii(invoice: EInvoice) -> bytes:
    """The XML; raises lxml's XMLSyntaxError when it would not be valid, which is a defect of ours."""
    from drafthorse.models.document import Document

    document: Any = Document()
    document.context.guideline_parameter.id = GUIDELINE
    document.header.id = invoice.number
    document.header.type_code = str(invoice.type_code)
    document.header.issue_date_time = invoice.issued_at.date()
    if invoice.note:
        document.header.notes.add(_note(invoice.note))
    _agreement(document.trade.agreement, invoice)
    for line in invoice.lines:
        document.trade.items.add(_line(line, invoice.currency))
    _delivery(document.trade.delivery, invoice)
    _settlement(document.trade.settlement, invoice)
    written: bytes = document.serialize(schema=SCHEMA)
    return written


def write_ubl(cii: bytes) -> bytes:
    """The same invoice or credit note in UBL 2.1, checked against the XSD of OASIS; from our own CII, so that both say the same."""
    from facturx import generate_xml, parse_ubl_cii_xml

    known = parse_ubl_cii_xml(cii, flavor="factur-x", level="en16931", check_xsd=False)  # it was checked as it was written
    written: bytes = generate_xml(known, flavor="ubl-2.1", level="en16931", check_schematron=False)  # that would ask a server
    return written


def _agreement(agreement: Any, invoice: EInvoice) -> None:
    from drafthorse.models.party import TaxRegistration

    seller, buyer = invoice.seller, invoice.buyer
    agreement.seller.name = seller.name
    if seller.registration:
        agreement.seller.legal_organization.id = seller.registration
    if seller.contact or seller.email or seller.phone:
        agreement.seller.contact.person_name = seller.contact or seller.name
        if seller.phone:
            agreement.seller.contact.telephone.number = seller.phone
        if seller.email:
            agreement.seller.contact.email.address = seller.email
    _address(agreement.seller.address, seller.address)
    if seller.endpoint:
        agreement.seller.electronic_address.uri_ID = (seller.endpoint_scheme or "EM", seller.endpoint)
    if seller.tax_id:
        registration: Any = TaxRegistration()
        registration.id = ("VA", seller.tax_id)
        agreement.seller.tax_registrations.add(registration)
    if buyer.customer:
        agreement.buyer.id = buyer.customer
    agreement.buyer.name = buyer.name
    _address(agreement.buyer.address, buyer.address)
    if buyer.endpoint:
        agreement.buyer.electronic_address.uri_ID = (buyer.endpoint_scheme or "EM", buyer.endpoint)
    if buyer.vat_id:
        registered: Any = TaxRegistration()
        registered.id = ("VA", buyer.vat_id)
        agreement.buyer.tax_registrations.add(registered)
    if invoice.po_number:
        agreement.buyer_reference = invoice.po_number
        agreement.buyer_order.issuer_assigned_id = invoice.po_number
    if invoice.order:
        agreement.seller_order.issuer_assigned_id = invoice.order


def _line(line: ELine, currency: str) -> Any:
    from drafthorse.models.accounting import TradeAllowanceCharge
    from drafthorse.models.tradelines import LineItem

    item: Any = LineItem()
    item.document.line_id = str(line.number)
    if line.note:
        item.document.notes.add(_note(line.note))
    item.product.seller_assigned_id = line.item
    item.product.name = line.name or line.item
    item.agreement.net.amount = _plain(line.price)
    if line.per != 1:
        item.agreement.net.basis_quantity = (Decimal(line.per), line.unit)
    item.delivery.billed_quantity = (Decimal(line.quantity), line.unit)
    item.settlement.trade_tax.type_code = "VAT"
    item.settlement.trade_tax.category_code = line.category.value
    item.settlement.trade_tax.rate_applicable_percent = _plain(line.rate)
    if line.allowance:
        allowance: Any = TradeAllowanceCharge()
        allowance.indicator = False
        allowance.actual_amount = _decimal(line.allowance)
        allowance.reason = "Discount"
        item.settlement.allowance_charge.add(allowance)
    item.settlement.monetary_summation.total_amount = _decimal(line.net)
    return item


def _delivery(delivery: Any, invoice: EInvoice) -> None:
    if invoice.ship_to is not None:
        delivery.ship_to.name = invoice.ship_to.name
        _address(delivery.ship_to.address, invoice.ship_to)
    if invoice.delivered_at is not None:
        delivery.event.occurrence = invoice.delivered_at.date()


def _settlement(settlement: Any, invoice: EInvoice) -> None:
    from drafthorse.models.accounting import CategoryTradeTax, TradeAllowanceCharge
    from drafthorse.models.payment import PaymentMeans, PaymentTerms

    settlement.payment_reference = invoice.number
    settlement.currency_code = invoice.currency
    if invoice.seller.iban:
        means: Any = PaymentMeans()
        means.type_code = CREDIT_TRANSFER
        means.payee_account.iban = invoice.seller.iban.replace(" ", "")
        if invoice.seller.bic:
            means.payee_institution.bic = invoice.seller.bic
        settlement.payment_means.add(means)
    for group in invoice.groups:
        settlement.trade_tax.add(_tax(group))
    if invoice.period is not None:
        settlement.period.start, settlement.period.end = invoice.period[0].date(), invoice.period[1].date()
    for charge in invoice.charges:
        added: Any = TradeAllowanceCharge()
        added.indicator = True
        added.actual_amount = _decimal(charge.amount)
        added.reason_code = charge.reason_code
        added.reason = charge.reason
        taxed: Any = CategoryTradeTax()
        taxed.type_code, taxed.category_code, taxed.rate_applicable_percent = "VAT", charge.category.value, _plain(charge.rate)
        added.trade_tax.add(taxed)
        settlement.allowance_charge.add(added)
    if invoice.terms or invoice.due_at is not None:
        terms: Any = PaymentTerms()
        if invoice.terms:
            terms.description = invoice.terms
        if invoice.due_at is not None:
            terms.due = invoice.due_at.date()
        settlement.terms.add(terms)
    sums = settlement.monetary_summation
    sums.line_total = _decimal(invoice.line_total)
    sums.charge_total = _decimal(invoice.charge_total)
    sums.allowance_total = _decimal(invoice.zero)
    sums.tax_basis_total = _decimal(invoice.without_tax)
    sums.tax_total = (_decimal(invoice.tax_total), invoice.currency)
    sums.grand_total = _decimal(invoice.total)
    if invoice.rounding:
        sums.rounding_amount = _decimal(invoice.rounding)
    sums.prepaid_total = _decimal(invoice.prepaid)
    sums.due_amount = _decimal(invoice.due)
    if invoice.preceding is not None:
        settlement.invoice_referenced_document.issuer_assigned_id = invoice.preceding[0]
        settlement.invoice_referenced_document.issue_date_time = invoice.preceding[1].date()


def _tax(group: TaxGroup) -> Any:
    from drafthorse.models.accounting import ApplicableTradeTax

    tax: Any = ApplicableTradeTax()
    tax.calculated_amount = _decimal(group.tax)
    tax.basis_amount = _decimal(group.basis)
    tax.type_code = "VAT"
    tax.category_code = group.category.value
    tax.rate_applicable_percent = _plain(group.rate)
    code, why = EXEMPTIONS.get(group.category, ("", ""))
    if why:
        tax.exemption_reason = why
    if code:
        tax.exemption_reason_code = code
    return tax


def _address(into: Any, address: Address) -> None:
    into.postcode = address.postcode or None
    into.line_one = address.street
    into.city_name = address.city
    into.country_id = address.country
    if address.region:
        into.country_subdivision = address.region


def _note(text: str) -> Any:
    from drafthorse.models.note import IncludedNote

    note: Any = IncludedNote()
    note.content = text
    return note


def _plain(number: Decimal) -> Decimal:
    """The same number in digits: XML knows no 2E+1, which is what 20 is called after `normalize`."""
    return Decimal(f"{number:f}")


def _decimal(money: Money) -> Decimal:
    """As many decimals as the currency has: the standard allows two at most for sums."""
    return money.major.quantize(Decimal(1).scaleb(-exponent(money.currency)))
