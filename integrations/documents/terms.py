"""Terms of payment in words, as papers say them in the customer's language, and a list of them in ours."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.money import Money
from domain.terms import Falls, InstalmentLine, Share, Terms, discount_of, discount_until
from integrations.documents.language import Voice


def agreed_terms(terms: Terms | None, voice: Voice) -> str:
    """The sentence that names them; empty without any."""
    return voice.said("terms_of_payment", terms=in_words(terms, voice)) if terms else ""


def discounts(terms: Terms, open_now: Money, issued_at: datetime, voice: Voice) -> list[str]:
    """One sentence for each discount that paying early earns."""
    return [
        voice.said(
            "early_discount",
            date=voice.day(discount_until(offer, issued_at, timedelta(days=1))),
            percent=voice.percent(offer.percent),
            amount=voice.money(open_now - discount_of(offer, open_now)),
        )
        for offer in sorted(terms.discounts, key=lambda offer: offer.days)
    ]


def in_words(terms: Terms, voice: Voice) -> str:
    """All of the terms in one line."""
    parts = [_part(line, voice) for line in terms.instalments] if len(terms.instalments) > 1 else [_when(terms.instalments[0], voice)]
    parts += [voice.said("discount_within", percent=voice.percent(offer.percent), days=str(offer.days)) for offer in terms.discounts]
    deposit = terms.deposit
    if deposit is not None:
        fixed = Money(minor=deposit.amount or 0, currency=terms.currency)
        asked = voice.percent(deposit.percent) if deposit.percent is not None else voice.money(fixed)
        parts.append(voice.said("deposit_before" if deposit.before_supply else "deposit_beside", asked=asked))
    return ", ".join(parts)


def _part(line: InstalmentLine, voice: Voice) -> str:
    when = _when(line, voice)
    if line.percent is not None:
        return voice.said("share", percent=voice.percent(line.percent), when=when)
    return voice.said("fixed_part" if line.share is Share.FIXED else "the_rest", when=when)


def _when(line: InstalmentLine, voice: Voice) -> str:
    days = str(line.days)
    if line.falls is Falls.END_OF_MONTH:
        base = voice.said("then_end_of_month", days=days) if line.days else voice.said("end_of_month")
        return base + (voice.said("and_days", days=str(line.plus_days)) if line.plus_days else "")
    if line.falls is Falls.DAY_OF_MONTH:
        return voice.said("then_on_day" if line.days else "on_day", days=days, day=str(line.day))
    return voice.said("in_days", days=days) if line.days else voice.said("at_once")
