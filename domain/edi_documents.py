"""What partners say by EDI beside orders, and what we say to them: one shape for X12 and EDIFACT."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from domain.messages import CarrierStatus
from domain.money import Money
from domain.order import Address, Moment
from domain.sscc import SsccOrNothing
from domain.values import Value

# --- what comes in -------------------------------------------------------------------------------------------------------------------


class ChangedLine(Value):
    """One line of a change request; `quantity` is what the line shall have in the end, 0 takes it out, None leaves it."""

    line: int
    item: str = ""
    quantity: int | None = None
    added: bool = False
    unit_price: Decimal | None = None
    requested_at: Moment | None = None


class ChangeRequest(Value):
    """A customer asks for an order to be changed (X12 860, EDIFACT ORDCHG); `number` is the change's own."""

    order: str
    number: str
    cancel: bool = False
    lines: tuple[ChangedLine, ...] = ()
    requested_at: Moment | None = None
    asked_at: Moment
    other: tuple[str, ...] = ()  # what else it changes, in words: a person reads it

    @property
    def summary(self) -> str:
        return f"change {self.number} of order {self.order}"


class RemittanceLine(Value):
    """What is paid of one invoice; `total` less `discount` plus `adjustment` is `paid`."""

    invoice: str
    paid: Money
    total: Money | None = None
    discount: Money
    adjustment: Money
    reason: str = ""  # the sender's code of the adjustment


class Remittance(Value):
    """A customer says which invoices a payment is for (X12 820). `reference` is the payment's, under which the bank shows it."""

    reference: str
    payer: str
    amount: Money
    paid_on: date | None
    lines: tuple[RemittanceLine, ...]

    @property
    def unexplained(self) -> Money:
        """What was paid beyond (or short of) what the lines explain."""
        return self.amount - Money.total((line.paid for line in self.lines), self.amount.currency)

    @property
    def summary(self) -> str:
        return f"remittance {self.reference} of {self.amount} for {len(self.lines)} invoices"


class SetReceipt(Value):
    """What a partner says of one document of ours: `code` is A, E (accepted with errors) or R; `errors` say where and why."""

    kind: str
    control: str
    code: str
    errors: tuple[str, ...] = ()


class Receipt(Value):
    """A partner acknowledges documents of ours (X12 997, EDIFACT CONTRL); `control` is the group's or the interchange's number."""

    kind: str
    control: str
    code: str
    sets: tuple[SetReceipt, ...] = ()
    received: int | None = None

    @property
    def accepted(self) -> bool:
        return self.code in ("A", "E") and all(one.code in ("A", "E") for one in self.sets)

    @property
    def summary(self) -> str:
        return f"acknowledgement {self.code} of {self.kind} {self.control}"


class TrackingEvent(Value):
    """A carrier saw a shipment (X12 214); `reference` is our number of the shipment, `tracking` the carrier's."""

    carrier: str
    tracking: str
    reference: str
    status: CarrierStatus
    code: str
    at: Moment
    place: str = ""
    expected_at: Moment | None = None

    @property
    def summary(self) -> str:
        return f"{self.status} for {self.tracking or self.reference} of {self.carrier}"


class ShippedLine(Value):
    line: int
    item: str
    ordered: int | None
    shipped: int
    sscc: SsccOrNothing = ""


class WarehouseShipped(Value):
    """A warehouse of another company shipped what it was asked to (X12 945)."""

    reference: str  # our number of the shipment: that of the 940
    warehouse: str
    carrier: str
    tracking: str
    shipped_at: Moment
    lines: tuple[ShippedLine, ...]

    @property
    def summary(self) -> str:
        return f"shipment {self.reference} left {self.warehouse or 'the warehouse'}"


class StockLine(Value):
    item: str
    quantity: int
    location: str = ""
    kind: str = ""  # X12 element 673: 33 available, 17 on hand, 29 in transit ...
    on: date | None = None


class StockReport(Value):
    """What a partner has (X12 846), or what we tell a partner that we have."""

    reference: str
    at: Moment
    lines: tuple[StockLine, ...]

    @property
    def summary(self) -> str:
        return f"stock report {self.reference} of {len(self.lines)} items"


EdiDocument = ChangeRequest | Remittance | Receipt | WarehouseShipped | StockReport


class DocumentIn(Value):
    """A part that is no order and no message to one: cash application, tracking, a warehouse or a person takes it."""

    place: str = ""
    partner: str = ""  # whose map it was read with
    sender: str = ""  # the id in the envelope
    document: EdiDocument


# --- what goes out -------------------------------------------------------------------------------------------------------------------


class Party(Value):
    """Who a document is about, by number and, where it is known, by address."""

    id: str = ""
    name: str = ""
    address: Address | None = None


class LineAnswer(Value):
    """What becomes of a line: of `ordered` units `accepted` at `price` for `promised_at`; `backordered` come by `backorder_at`."""

    line: int
    item: str
    buyer_item: str = ""
    description: str = ""
    ordered: int = Field(ge=0)
    accepted: int = Field(ge=0)
    backordered: int = Field(default=0, ge=0)
    ordered_price: Decimal
    price: Decimal
    requested_at: Moment | None = None
    promised_at: Moment | None = None
    backorder_at: Moment | None = None

    @property
    def rejected(self) -> int:
        return max(self.ordered - self.accepted - self.backordered, 0)


class OrderAnswer(Value):
    """An order is acknowledged (855, ORDRSP)."""

    order: str
    number: str  # our own number of the answer
    po_number: str
    po_date: date
    at: Moment
    currency: str
    buyer: Party
    seller: Party = Party()
    ship_to: Party = Party()
    lines: tuple[LineAnswer, ...] = Field(min_length=1)


class ChangeAnswer(Value):
    """A change that a customer asked for is accepted or rejected as a whole (865; ORDRSP to an ORDCHG), `why` in words."""

    order: str
    number: str  # our own number of the answer
    change: str  # the customer's number of the change
    po_number: str
    po_date: date
    at: Moment
    accepted: bool
    why: str = ""
    currency: str
    buyer: Party
    seller: Party = Party()
    lines: tuple[ChangedLine, ...] = ()


class PackedLine(Value):
    line: int
    item: str
    buyer_item: str = ""
    description: str = ""
    ordered: int
    quantity: int = Field(ge=1)


class Carton(Value):
    sscc: SsccOrNothing
    weight_g: int = Field(ge=0)
    tracking: str = ""
    lines: tuple[PackedLine, ...] = Field(min_length=1)


class ShipNotice(Value):
    """Goods are on their way, carton by carton (856, DESADV)."""

    number: str
    order: str
    po_number: str
    po_date: date
    shipped_at: Moment
    expected_at: Moment | None = None
    carrier: str = ""  # SCAC or name
    service: str = ""
    tracking: str = ""
    buyer: Party = Party()
    ship_from: Party
    ship_to: Party
    cartons: tuple[Carton, ...] = Field(min_length=1)


class ChargeKind(StrEnum):
    FREIGHT = "freight"  # what the customer pays for shipping
    DISCOUNT = "discount"  # what is taken off the whole invoice
    FEE = "fee"  # anything else that is added
    KEPT = "kept"  # what stays with us of a credit: a restocking fee


class Charge(Value):
    """What is added (freight, fee) or taken off (discount, kept), in `words` where its kind does not say it; the amount is zero or more."""

    kind: ChargeKind
    amount: Money
    words: str = ""


class TaxTotal(Value):
    title: str
    rate: Decimal  # a fraction
    base: Money
    amount: Money


class InvoicedLine(Value):
    line: int
    item: str
    buyer_item: str = ""
    description: str = ""
    quantity: int
    price: Decimal
    discount: Money
    net: Money  # quantity x price - discount
    po_number: str = ""  # of a collective invoice: the purchase order that the line is of
    shipment: str = ""  # of a collective invoice


class InvoiceDocument(Value):
    """An invoice (810, INVOIC): total = lines + charges - discounts + taxes.

    With `corrects`, the number of an invoice, it is a credit note for it: its amounts are positive, its type says what they are.
    """

    number: str
    order: str
    po_number: str
    po_date: date
    issued_on: date
    due_on: date
    net_days: int = Field(ge=0)
    currency: str
    buyer: Party
    seller: Party
    ship_to: Party = Party()
    seller_tax_id: str = ""
    buyer_tax_id: str = ""
    shipment: str = ""
    corrects: str = ""
    corrected_on: date | None = None
    reason: str = ""  # of a credit note
    lines: tuple[InvoicedLine, ...] = Field(min_length=1)
    charges: tuple[Charge, ...] = ()
    taxes: tuple[TaxTotal, ...] = ()
    total: Money

    @property
    def goods(self) -> Money:
        return Money.total((line.net for line in self.lines), self.currency)

    @property
    def tax(self) -> Money:
        return Money.total((tax.amount for tax in self.taxes), self.currency)


class AskedLine(Value):
    line: int
    item: str
    quantity: int = Field(ge=1)
    description: str = ""
    lot: str = ""


class WarehouseOrder(Value):
    """A warehouse of another company is asked to ship, or to forget that it was (940)."""

    reference: str  # our number of the shipment; the 945 names it
    order: str
    po_number: str = ""
    asked_at: Moment
    cancelled: bool = False
    ship_by: Moment | None = None
    warehouse: Party
    ship_to: Party
    carrier: str = ""
    service: str = ""
    lines: tuple[AskedLine, ...] = Field(min_length=1)
