"""Terms of payment in words, as an invoice says them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.money import Money
from domain.terms import Falls, InstalmentLine, Share, Terms, discount_of, discount_until


def discounts_in_words(terms: Terms, open_now: Money, issued_at: datetime) -> tuple[str, ...]:
    """One sentence for each discount that paying early earns."""
    sentences = []
    for offer in sorted(terms.discounts, key=lambda offer: offer.days):
        less = open_now - discount_of(offer, open_now)
        until = discount_until(offer, issued_at, timedelta(days=1))
        sentences.append(f"Paid by {said(until)}, {percent(offer.percent)} discount: {less} settles this invoice.")
    return tuple(sentences)


def terms_in_words(terms: Terms) -> str:
    """All of the terms in one line, for a list of them."""
    parts = [_part(line) for line in terms.instalments] if len(terms.instalments) > 1 else [_when(terms.instalments[0])]
    parts += [f"{percent(offer.percent)} discount within {offer.days} days" for offer in terms.discounts]
    if terms.deposit is not None:
        asked = percent(terms.deposit.percent) if terms.deposit.percent is not None else _fixed(terms, terms.deposit.amount or 0)
        parts.append(f"{asked} deposit {'before' if terms.deposit.before_supply else 'beside'} supply")
    return ", ".join(parts)


def percent(value: Decimal) -> str:
    """Of a hundred, without needless zeros: "2.5 %"."""
    return f"{value.normalize():f} %"


def said(moment: datetime | date) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _part(line: InstalmentLine) -> str:
    if line.percent is not None:
        return f"{percent(line.percent)} {_when(line)}"
    return f"{'a fixed part' if line.share is Share.FIXED else 'the rest'} {_when(line)}"


def _when(line: InstalmentLine) -> str:
    after = f"{line.days} days" if line.days else "at once"
    if line.falls is Falls.END_OF_MONTH:
        base = f"{line.days} days, then " if line.days else ""
        return f"{base}end of month" + (f" and {line.plus_days} days" if line.plus_days else "")
    if line.falls is Falls.DAY_OF_MONTH:
        return f"{after}, then day {line.day} of the month" if line.days else f"on day {line.day} of the month"
    return after


def _fixed(terms: Terms, amount: int) -> str:
    return str(Money(minor=amount, currency=terms.currency))
