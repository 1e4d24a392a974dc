"""Parts of an invoice that fall due one after the other: what pays the invoice fills the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.invoicing import total_of
from domain.money import Money
from domain.parts import Invoice
from domain.terms import EarlyDiscount, Instalment


def open_parts(instalments: Sequence[Instalment], settled: int) -> list[int]:
    """Minor units of each part that `settled` minor units, filling the oldest first, do not reach."""
    left = max(settled, 0)
    found = []
    for part in instalments:
        filled = min(left, part.amount.minor)
        left -= filled
        found.append(part.amount.minor - filled)
    return found


def refill(invoice: Invoice) -> None:
    """After its balance changed: `due_at` is the due date of the oldest open part; with a part that is paid its reminders are over."""
    if not invoice.instalments:
        return
    open_now = open_parts(invoice.instalments, settled_of(invoice))
    due_at = next((part.due_at for part, left in zip(invoice.instalments, open_now, strict=True) if left), invoice.instalments[-1].due_at)
    if due_at > invoice.due_at:
        invoice.reminded_due_at = None
    invoice.due_at = due_at


def overdue(invoice: Invoice, at: datetime) -> Money:
    """What of an invoice should have been paid by now: its balance less the parts that are not due yet."""
    if not invoice.instalments:
        return invoice.balance if invoice.due_at < at else Money.zero(invoice.total.currency)
    open_now = open_parts(invoice.instalments, settled_of(invoice))
    parts = list(zip(invoice.instalments, open_now, strict=True))
    if not any(left for part, left in parts if part.due_at < at):
        return Money.zero(invoice.total.currency)
    not_yet = sum(left for part, left in parts if part.due_at >= at)
    return Money(minor=invoice.balance.minor - not_yet, currency=invoice.total.currency)


def settled_of(invoice: Invoice) -> int:
    """Minor units of the invoice's total that were paid, credited, written off or discounted; fees are paid last."""
    return (invoice.credited + invoice.paid + invoice.written_off + invoice.discounted).minor


def tax_in(discount: EarlyDiscount, amount: Money, invoice: Invoice) -> Money:
    """The tax in a discount of `amount`: its share of the invoice's taxes, rounded half up; nothing where tax is not corrected.

    In the European Union a discount for early payment lowers the taxable amount when it is taken (Directive 2006/112/EC, article 90).
    """
    if not discount.corrects_tax or invoice.total.minor <= 0:
        return Money.zero(amount.currency)
    taxes = sum(line.tax.minor for line in invoice.lines) + invoice.freight_tax.minor
    return Money(minor=(2 * amount.minor * taxes + invoice.total.minor) // (2 * invoice.total.minor), currency=amount.currency)


def discount_back(invoice: Invoice, credit: Money, taxes_included: bool) -> Money:
    """What a credit of `credit` takes back of the discounts: what is credited was paid for less. The last credit takes what is left."""
    zero = Money.zero(credit.currency)
    if not invoice.discounted or credit.minor <= 0:
        return zero
    freight = invoice.freight if invoice.freight_credited else zero
    freight_tax = invoice.freight_tax if invoice.freight_credited else zero
    left = invoice.total - total_of(invoice.credits, freight, freight_tax, taxes_included)
    if credit.minor >= left.minor:
        return invoice.discounted
    return Money(minor=(2 * invoice.discounted.minor * credit.minor + left.minor) // (2 * left.minor), currency=credit.currency)


def give_back(invoice: Invoice, amount: Money) -> None:
    """Take `amount` of the discounts back, of the first payments first."""
    left = amount
    for payment, taken in list(invoice.discounts.items()):
        part = min(left, taken)
        invoice.discounts[payment] = taken - part
        left -= part
    invoice.discounts = {payment: taken for payment, taken in invoice.discounts.items() if taken}
