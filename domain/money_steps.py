"""What an order asks the world to do about money: one request and one result for every activity."""

from __future__ import annotations

from decimal import Decimal

from domain.money import Money
from domain.order import Charge, Moment, TermsCode
from domain.steps import Step
from domain.terms import Instalment, Invoicing, Terms
from domain.values import Value


class AuthorizePayment(Step):
    amount: Money
    reference: str  # the gateway's token of the customer's means of payment


class Authorization(Value):
    """`declined` is the gateway's reason when there is no authorization.

    `expires_at` is until when it may be captured, nothing where the gateway names no end; `single`: its first capture ends it.
    """

    authorization: str = ""
    declined: str = ""
    expires_at: Moment | None = None
    single: bool = False


class VoidAuthorization(Step):
    """Give up an authorization; `undoes` is the key of the attempt, whatever became of it, `authorization` the gateway's id if known."""

    undoes: str
    authorization: str = ""


class CapturePayment(Step):
    """Take `amount` of an authorization; `payment` is our own name of the capture."""

    payment: str
    authorization: str
    amount: Money
    shipment: int


class Capture(Value):
    """`lapsed`: declined because the authorization pays nothing any more."""

    declined: str = ""
    lapsed: bool = False


class RefundCapture(Step):
    """Give back a capture that an undone shipment made; `undoes` is the key of the capture, `authorization` what it was taken from."""

    payment: str
    undoes: str
    authorization: str = ""


class TaxShare(Value):
    """One of the taxes in a line's `tax`; `rate` is a fraction (0.19), 0 where the channel stated none or the customer is exempt."""

    title: str
    rate: Decimal = Decimal(0)
    amount: Money
    base: Money | None = None  # what it was taken of, without it; none: the whole of its line


class InvoiceLine(Value):
    """The share of one line in one invoice or credit note; `net` is after discount and surcharge, `tax` on top unless prices have it."""

    line: int
    item: str
    quantity: int
    gross: Money
    discount: Money
    tax: Money
    taxes: tuple[TaxShare, ...] = ()  # what `tax` is made of; empty where that is not known
    surcharges: tuple[Charge, ...] = ()

    @property
    def surcharge(self) -> Money:
        return Money.total((charge.amount for charge in self.surcharges), self.gross.currency)

    @property
    def net(self) -> Money:
        return self.gross - self.discount + self.surcharge


class InvoiceDraft(Value):
    """An invoice without its number. total = sum(net of lines) + freight + (taxes, unless the prices contain them) + rounding.

    `freight` is after its part of the order's discount; `rounding` brings the total to the smallest coin, where a country wants that.
    """

    lines: tuple[InvoiceLine, ...]
    freight: Money
    freight_tax: Money
    freight_taxes: tuple[TaxShare, ...] = ()  # what `freight_tax` is made of; empty where that is not known
    taxes_included: bool
    rounding: Money | None = None
    total: Money


class Part(Value):
    """How much of a payment goes to an invoice (numbered within its order)."""

    invoice: int
    amount: Money


class Prepayment(Value):
    """Money on account that an invoice takes when it is issued, and says so."""

    payment: str
    amount: Money


class ReleasedPart(Value):
    """How much of a payment's part in an invoice is taken out of it."""

    payment: str
    amount: Money


class IssueInvoice(Step):
    invoice: int
    shipment: int
    draft: InvoiceDraft
    terms: TermsCode
    due_at: Moment
    payment: str = ""  # the capture or advance payment that pays it at once
    paid: Money | None = None  # how much of it
    instalments: tuple[Instalment, ...] = ()  # where there are several: they add up to the total
    issued_at: Moment | None = None  # where it is a part of an invoice that was issued before
    agreed: Terms | None = None  # where there is more to the terms than one due date
    prepaid: tuple[Prepayment, ...] = ()
    document: str = ""  # of the collective invoice that it is a part of; none: it is an invoice of its own
    apart: bool = False  # of a shipment that a collective invoice was to have: no later one takes it
    by_terms: bool = False  # its reminders follow the customer's terms


class CollectShipment(Step):
    """Have a shipment put on its customer's next collective invoice; `due_at` is when somebody is asked why it is on none."""

    shipment: int
    customer: str
    terms: TermsCode
    invoicing: Invoicing
    taxes_included: bool
    total: Money
    shipped_at: Moment
    due_at: Moment


class RequestDeposit(Step):
    """Number the request for a deposit: no invoice, so without tax."""

    amount: Money
    before_supply: bool
    due_at: Moment


class SendDepositRequest(Step):
    document: str
    amount: Money
    due_at: Moment


class DocumentIssued(Value):
    number: str  # without gaps, for example "INV-000042"


class DiscountTaken(Value):
    """What a payment in time takes off an invoice beyond its part; `tax` of it corrects the tax that was charged."""

    invoice: int
    amount: Money
    tax: Money


class ApplyPayment(Step):
    """Book a payment once and apply `parts` of it; what they leave is the customer's, on account, until a later step with the same
    `payment` and another key applies it to an invoice that came after it."""

    payment: str
    amount: Money
    parts: tuple[Part, ...]
    discounts: tuple[DiscountTaken, ...] = ()


class ReversePayment(Step):
    payment: str
    reason: str


class SendReminder(Step):
    invoice: int
    level: int
    text: str
    fee: Money
    balance: Money
    due_at: Moment
    holds_customer: bool


class Reminded(Value):
    """`sent` is false when the invoice was settled before the letter could go: then there is no fee either."""

    sent: bool = True


class HandToCollections(Step):
    invoice: int
    balance: Money
    review_at: Moment | None = None


class WriteOff(Step):
    invoice: int
    amount: Money
    reason: str


class CreditFee(Value):
    """What we keep of a credited line: part of its price, so with the same part of the line's tax."""

    line: int
    what: str  # restocking fee, return label
    net: Money
    tax: Money


class IssueCredit(Step):
    """A credit note against an invoice; `applied` of it lowers what is owed, the rest is owed to the customer.

    total = lines + freight - fees, with their taxes unless the prices contain them. `discount_back` of an early-payment discount is owed
    again first: what is credited now was paid for less. `released` parts of payments pay the invoice no more: they are the customer's
    again, on account, and as much of the credit lowers what is owed instead. A line of no units is an appeasement.
    """

    credit: int
    invoice: int
    lines: tuple[InvoiceLine, ...]
    freight: Money
    freight_tax: Money
    freight_taxes: tuple[TaxShare, ...] = ()
    rounding: Money | None = None
    total: Money
    applied: Money | None = None  # None: as much as the balance takes
    discount_back: Money | None = None
    reason: str
    fees: tuple[CreditFee, ...] = ()
    rma: int = 0
    released: tuple[ReleasedPart, ...] = ()


class RefundPayment(Step):
    """Give money back on a payment; never more than is left of it. `invoice` is the one it had paid; 0 for money on account.

    `to_account`: it stays with us as store credit, on the customer's account.
    """

    refund: int
    payment: str
    captured: bool = False  # from a card: it goes back there; otherwise by bank transfer
    by_hand: bool = False  # a person has already paid it: only book it
    to_account: bool = False
    invoice: int = 0
    amount: Money
    reason: str


class Refunded(Value):
    declined: str = ""


def changes_balances(step: str) -> bool:
    """Does a step, by its path within its order, change what invoices ask for or what payments have left?"""
    kind, _, about = step.partition("/")
    if kind == "invoice":
        return about.isdigit() or "/write_off/" in about or "/reminder_cancelled/" in about
    return kind in ("payment", "credit")
