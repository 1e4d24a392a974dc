"""The electronic invoice of EN 16931: what stands in it, how its sums are made, and the rules that they have to keep.

Names in brackets are those of the standard's semantic model (BT-131) and of its rules (BR-CO-10).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import StrEnum

from domain.money import Money, exponent, round_half_up
from domain.order import Address, Moment
from domain.seller import Seller
from domain.values import Value

EU = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
        "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip
"""Members of the European Union (ISO 3166-1 alpha-2)."""


class TaxCategory(StrEnum):
    STANDARD = "S"  # taxed at some rate
    ZERO = "Z"  # taxed at zero
    EXEMPT = "E"  # exempt
    REVERSE = "AE"  # the buyer owes the tax
    INTRA_COMMUNITY = "K"  # goods to a taxable person in another member state
    EXPORT = "G"  # goods that leave the Union


EXEMPTIONS: dict[TaxCategory, tuple[str, str]] = {
    TaxCategory.EXEMPT: ("", "Exempt from tax"),
    TaxCategory.REVERSE: ("VATEX-EU-AE", "Reverse charge: the buyer accounts for the tax"),
    TaxCategory.INTRA_COMMUNITY: ("VATEX-EU-IC", "Intra-Community supply"),
    TaxCategory.EXPORT: ("VATEX-EU-G", "Export outside the European Union"),
}
"""Code (VATEX) and text of why there is no tax."""


class Buyer(Value):
    name: str
    address: Address
    customer: str = ""
    vat_id: str = ""
    endpoint: str = ""
    endpoint_scheme: str = ""


class ELine(Value):
    """A line: `net` (BT-131) is quantity times price less `allowance`; the price (BT-146) is for `per` units."""

    number: int
    item: str
    name: str
    quantity: int
    unit: str  # UN/ECE Recommendation 20
    price: Decimal
    per: int = 1
    allowance: Money
    net: Money
    tax: Money
    category: TaxCategory
    rate: Decimal  # of a hundred
    note: str = ""


class ECharge(Value):
    """Something on top of the goods (BG-21): freight."""

    reason: str
    reason_code: str = "FC"  # UNTDID 7161: freight
    amount: Money
    tax: Money
    category: TaxCategory
    rate: Decimal


class TaxGroup(Value):
    """The tax of one category and rate (BG-23)."""

    category: TaxCategory
    rate: Decimal
    basis: Money
    tax: Money


class EInvoice(Value):
    """An invoice (380) or a credit note (381); `preceding` is the invoice that a credit note corrects, and its date."""

    type_code: int = 380
    number: str
    issued_at: Moment
    due_at: Moment | None = None
    currency: str
    seller: Seller
    buyer: Buyer
    ship_to: Address | None = None
    delivered_at: Moment | None = None
    period: tuple[Moment, Moment] | None = None
    order: str = ""
    po_number: str = ""
    note: str = ""
    terms: str = ""
    lines: tuple[ELine, ...]
    charges: tuple[ECharge, ...] = ()
    prepaid: Money
    rounding: Money | None = None
    preceding: tuple[str, Moment] | None = None

    @property
    def zero(self) -> Money:
        return Money.zero(self.currency)

    @property
    def line_total(self) -> Money:
        """BT-106."""
        return Money.total((line.net for line in self.lines), self.currency)

    @property
    def charge_total(self) -> Money:
        """BT-108."""
        return Money.total((charge.amount for charge in self.charges), self.currency)

    @property
    def without_tax(self) -> Money:
        """BT-109."""
        return self.line_total + self.charge_total

    @property
    def groups(self) -> tuple[TaxGroup, ...]:
        found: dict[tuple[TaxCategory, Decimal], TaxGroup] = {}
        parts: list[tuple[ELine | ECharge, Money]] = [(line, line.net) for line in self.lines]
        parts += [(charge, charge.amount) for charge in self.charges]
        for part, amount in parts:
            key = (part.category, part.rate)
            before = found.get(key) or TaxGroup(category=part.category, rate=part.rate, basis=self.zero, tax=self.zero)
            found[key] = before.model_copy(update={"basis": before.basis + amount, "tax": before.tax + part.tax})
        return tuple(found[key] for key in sorted(found))

    @property
    def tax_total(self) -> Money:
        """BT-110."""
        return Money.total((group.tax for group in self.groups), self.currency)

    @property
    def total(self) -> Money:
        """BT-112."""
        return self.without_tax + self.tax_total

    @property
    def due(self) -> Money:
        """BT-115."""
        return self.total - self.prepaid + self.rounded_by

    @property
    def rounded_by(self) -> Money:
        """BT-114: what rounds the whole to the smallest coin."""
        return self.rounding or self.zero


def category_of(rate: Decimal, title: str, seller: str, buyer: str, vat_id: str) -> TaxCategory:
    """The tax category of a line that is taxed at `rate`; where nothing is charged, why not: by the tax's title, else by where it goes."""
    if rate:
        return TaxCategory.STANDARD
    words = title.casefold()
    if "reverse" in words:
        return TaxCategory.REVERSE
    if "exempt" in words:
        return TaxCategory.EXEMPT
    if seller in EU and buyer not in EU:
        return TaxCategory.EXPORT
    if seller in EU and buyer in EU and buyer != seller and vat_id:
        return TaxCategory.INTRA_COMMUNITY
    return TaxCategory.ZERO


def rate_of(tax: Money, basis: Money, known: Iterable[Decimal] = ()) -> Decimal:
    """The rate (of a hundred) at which `basis` is taxed with `tax`: a known one that gives it, else the plainest number that does."""
    if not tax.minor or not basis.minor:
        return Decimal(0)
    exactly = Decimal(100 * tax.minor) / basis.minor
    for rate in (*known, *(exactly.quantize(step) for step in (Decimal(1), Decimal("0.1"), Decimal("0.01")))):
        if abs(round_half_up(basis.minor * rate / 100) - tax.minor) <= 1:
            return rate
    return exactly.quantize(Decimal("0.0001"))


def broken_rules(invoice: EInvoice, stated_total: Money, stated_due: Money) -> Iterator[str]:
    """Which of the standard's rules of arithmetic the invoice breaks, with the numbers; nothing for one that may be sent."""
    for line in invoice.lines:
        adds_up_to = round_half_up((line.quantity * line.price / line.per).scaleb(exponent(invoice.currency))) - line.allowance.minor
        if adds_up_to != line.net.minor:
            yield f"BT-131 of line {line.number}: {line.net}, its quantity, price and allowance come to {adds_up_to} minor units"
    if sum(group.basis.minor for group in invoice.groups) != invoice.without_tax.minor:
        yield f"BR-CO-13: {invoice.without_tax} without tax, its taxed parts add up to something else"
    for group in invoice.groups:
        exactly = round_half_up(group.basis.minor * group.rate / 100)
        parts: list[ELine | ECharge] = [*invoice.lines, *invoice.charges]
        lines = sum((part.category, part.rate) == (group.category, group.rate) for part in parts)
        if abs(exactly - group.tax.minor) > lines:  # tax is rounded line by line, as it is booked
            yield f"BR-CO-17: {group.basis} at {group.rate} % is {exactly} minor units of tax, not {group.tax}"
    if invoice.total != stated_total:
        yield f"BR-CO-15: {invoice.total} with tax, the invoice was booked with {stated_total}"
    if invoice.due != stated_due:
        yield f"BR-CO-16: {invoice.due} is due, the invoice says {stated_due}"
    if invoice.due.minor > 0 and invoice.type_code == 380 and invoice.due_at is None and not invoice.terms:
        yield "BR-CO-25: something is due, and neither a date nor terms are said"
