"""What stands on the papers of an order."""

from __future__ import annotations

from decimal import Decimal

from domain.messages import LineQuantity, Parcel, ReturnKind
from domain.money import Money
from domain.money_steps import InvoiceLine, TaxShare
from domain.order import Address, Moment
from domain.values import Value


class Seller(Value):
    """Who sends the papers; `bank` is what a customer needs to pay, line by line."""

    name: str
    address: Address
    tax_id: str = ""
    email: str = ""
    phone: str = ""
    bank: tuple[str, ...] = ()


class PackedLine(Value):
    """A line of the order in this shipment; what was ordered and does not come now follows later or was cancelled."""

    line: int
    item: str
    description: str = ""
    ordered: int
    packed: int


class PackingSlip(Value):
    seller: Seller
    order: str
    po_number: str = ""
    shipment: int
    location: str
    packed_at: Moment
    ship_to: Address
    lines: tuple[PackedLine, ...]
    parcels: tuple[Parcel, ...]
    carrier: str = ""
    service: str = ""
    tracking: str = ""


class ParcelLabel(Value):
    """Our own label of one parcel, 4 by 6 inches; without `tracking` or `sscc` their bar codes are left out."""

    sender: Address
    ship_to: Address
    order: str
    po_number: str = ""
    shipment: int
    parcel: int
    parcels: int
    weight_g: int
    sscc: str = ""
    carrier: str = ""
    service: str = ""
    tracking: str = ""


class ManifestedShipment(Value):
    """`sscc` are the numbers of its parcels."""

    order: str
    shipment: int
    service: str
    tracking: str
    sscc: tuple[str, ...]
    parcels: int
    weight_g: int
    town: str


class CarrierManifest(Value):
    """What one carrier fetches at one location; `reference` is the carrier's own number of it."""

    seller: Seller
    number: str
    location: str
    address: Address
    carrier: str
    closed_at: Moment
    reference: str = ""
    shipments: tuple[ManifestedShipment, ...]


class BilledLine(InvoiceLine):
    """The share of a line in an invoice or credit note, with what the customer calls it and its price in major units."""

    description: str = ""
    unit_price: Decimal


class Bill(Value):
    """What an invoice and a credit note share: total = sum(net of lines) + freight + rounding + taxes, unless the prices contain these."""

    seller: Seller
    number: str
    order: str
    po_number: str = ""
    customer: str
    bill_to: Address
    issued_at: Moment
    lines: tuple[BilledLine, ...]
    freight: Money
    freight_tax: Money
    freight_taxes: tuple[TaxShare, ...] = ()
    taxes_included: bool
    rounding: Money | None = None
    total: Money


class Invoice(Bill):
    """`paid` was paid before or with the invoice; `terms` is a sentence for the customer."""

    ship_to: Address | None = None
    shipment: int
    due_at: Moment
    terms: str = ""
    paid: Money


class CreditNote(Bill):
    """A credit note on `invoice`; `applied` of it lowers what is owed, the rest is paid out or stays on account."""

    invoice: str
    reason: str
    applied: Money


class ReturnedLine(Value):
    line: int
    item: str
    description: str = ""
    quantity: int


class ReturnForm(Value):
    """An authorized return; `sender` is the customer, `to` where the goods go."""

    seller: Seller
    number: str
    order: str
    kind: ReturnKind
    reason: str = ""
    authorized_at: Moment
    expires_at: Moment
    sender: Address
    to: Address
    lines: tuple[ReturnedLine, ...]
    carrier: str
    service: str
    tracking: str


class ReminderLetter(Value):
    """`open_before` is what was owed before this reminder, `fee` what it adds, `balance` their sum."""

    seller: Seller
    invoice: str
    order: str
    po_number: str = ""
    customer: str
    bill_to: Address
    level: int
    text: str
    issued_at: Moment
    invoiced_at: Moment
    was_due_at: Moment
    invoice_total: Money
    open_before: Money
    fee: Money
    balance: Money
    due_at: Moment
    holds_customer: bool = False


__all__ = [
    "Bill",
    "BilledLine",
    "CarrierManifest",
    "CreditNote",
    "Invoice",
    "LineQuantity",
    "ManifestedShipment",
    "PackedLine",
    "PackingSlip",
    "Parcel",
    "ParcelLabel",
    "ReminderLetter",
    "ReturnForm",
    "ReturnedLine",
    "Seller",
]
