"""What stands on the papers of an order."""

from __future__ import annotations

from decimal import Decimal

from domain.messages import LineQuantity, Parcel, ReturnKind
from domain.money import Money
from domain.money_steps import InvoiceLine, TaxShare
from domain.order import Address, Moment
from domain.seller import Seller
from domain.values import Value


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
    section: str = ""  # on an invoice of many shipments: the one that it is of
    corrects: str = ""  # on a credit note: the line of the invoice that it takes from


class Netted(Value):
    """Money that had come before the invoice."""

    name: str
    received_at: Moment
    amount: Money


class DuePart(Value):
    due_at: Moment
    amount: Money


class TaxedAt(Value):
    """All that is taxed at one rate (of a hundred): its amount without tax, and the tax; `why` there is none, where there is none."""

    rate: Decimal
    basis: Money
    tax: Money
    why: str = ""


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
    taxes: tuple[TaxedAt, ...] = ()  # by rate; empty where that is not known
    language: str = ""  # ISO 639-1: the customer's; English where we do not write it


class Invoice(Bill):
    """`paid` was paid before or with the invoice, `netted` are deposits and prepayments; `terms` are sentences for the customer.

    An invoice of a period names no order: the sections of its lines do.
    """

    ship_to: Address | None = None
    shipment: int
    period: tuple[Moment, Moment] | None = None
    due_at: Moment
    terms: str = ""
    netted: tuple[Netted, ...] = ()
    instalments: tuple[DuePart, ...] = ()
    paid: Money


class ProForma(Bill):
    """What an order would be invoiced with: no invoice, and marked so; its number is of no series."""

    ship_to: Address | None = None
    terms: str = ""


class QuotePaper(Bill):
    """What is offered until `valid_until`: no order and no invoice. `order` is empty: there is none yet."""

    revision: int
    valid_until: Moment
    ship_to: Address | None = None
    requested_at: Moment | None = None
    set_aside: bool = False  # the goods are kept for the customer until then
    terms: str = ""


class DepositRequest(Value):
    """What is asked for before anything is invoiced: no invoice, so without tax."""

    seller: Seller
    number: str
    order: str
    po_number: str = ""
    customer: str
    bill_to: Address
    issued_at: Moment
    due_at: Moment
    order_total: Money
    amount: Money
    before_supply: bool
    terms: str = ""
    language: str = ""


class CreditNote(Bill):
    """A credit note on `invoice`; `applied` of it lowers what is owed, the rest is paid out or stays on account."""

    invoice: str
    invoiced_at: Moment | None = None
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
    "DepositRequest",
    "DuePart",
    "Invoice",
    "LineQuantity",
    "ManifestedShipment",
    "Netted",
    "PackedLine",
    "PackingSlip",
    "Parcel",
    "ParcelLabel",
    "ProForma",
    "ReminderLetter",
    "ReturnForm",
    "ReturnedLine",
    "Seller",
    "TaxedAt",
]
