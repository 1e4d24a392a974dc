"""What each tax of a document comes to: the sums that stand on an invoice and that an electronic invoice is made of."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from domain.money import Money
from domain.money_steps import InvoiceLine, TaxShare
from domain.values import Value


class TaxTotal(Value):
    """`amount` of one tax on `base`, what it was taken of (without it, also where prices contain it); `rate` is a fraction."""

    title: str
    rate: Decimal
    base: Money
    amount: Money


def tax_totals(
    lines: Iterable[InvoiceLine], freight: Money, freight_taxes: tuple[TaxShare, ...], taxes_included: bool
) -> tuple[TaxTotal, ...]:
    """One total for each title and rate, in the order of the lines; the amounts add up to the document's tax where its parts are known."""
    found: dict[tuple[str, Decimal], TaxTotal] = {}
    for line in lines:
        contained = line.tax if taxes_included else Money.zero(freight.currency)
        for tax in line.taxes:
            _add(found, tax, line.net - contained)
    taxed = Money.total((tax.amount for tax in freight_taxes), freight.currency) if taxes_included else Money.zero(freight.currency)
    for tax in freight_taxes:
        _add(found, tax, tax.base or freight - taxed)
    return tuple(found.values())


def _add(found: dict[tuple[str, Decimal], TaxTotal], tax: TaxShare, base: Money) -> None:
    key = (tax.title, tax.rate)
    known = found.get(key)
    found[key] = TaxTotal(
        title=tax.title,
        rate=tax.rate,
        base=known.base + base if known else base,
        amount=known.amount + tax.amount if known else tax.amount,
    )
