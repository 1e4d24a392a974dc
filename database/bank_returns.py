"""Payments that the bank takes back: the original is found and reversed, or a person is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import outbox
from database.bank_booking import BANK, cannot_take_back, midnight, standing_parts, take_back
from database.tables import BankEntryRow, BankMatch, Order, Payment
from domain.bank import BankEntry, entry_name, squashed
from domain.cash_application import Rule
from domain.messages import PaymentReversed
from domain.money import Money
from domain.payment_words import words_of

RETURNED_WITHIN = timedelta(days=425)
"""An unauthorized debit may be returned for 13 months (SEPA Core Direct Debit rulebook), and banks take a few weeks more."""

MOST_CHARGES = Decimal("20.00")
"""Major units that a returned debit may cost beyond its amount."""

_REASONS = {
    "AC01": "wrong account number",
    "AC04": "account closed",
    "AC06": "account blocked",
    "AM04": "no funds",
    "FOCR": "recalled by its bank",
    "MD01": "no mandate",
    "MD06": "returned by the payer",
    "MS02": "refused by the payer",
    "MS03": "no reason given",
    "901": "wrong account number",
    "902": "account closed",
    "903": "account blocked",
    "904": "no funds",
    "905": "no mandate",
    "906": "refused by the payer",
    "914": "no reason given",
}
"""ISO 20022 external return reasons, and the German bank codes of MT940 (?34), as words."""


def take_back_original(session: Session, row: BankEntryRow, entry: BankEntry, at: datetime) -> None:
    """Reverse the payment that this entry takes back; the queue where it is not found for certain or cannot be reversed."""
    why = reason_in_words(entry)
    found = _originals(session, entry, row)
    if len(found) != 1:
        if not found and _payment_of_another_name(session, row, entry, why, at):
            return
        many = f"it may take back {' or '.join(entry_name(each.entry) for each in found)}" if found else "what it takes back is not known"
        row.status, row.because = "queued", f"a payment was taken back ({why}), and {many}"
        return
    original = found[0]
    parts = standing_parts(session, original.entry)
    hindrance = cannot_take_back(session, parts, row.currency)
    row.takes_back = original.entry
    if hindrance:
        row.status, row.because = "queued", f"it takes back {entry_name(original.entry)} ({why}), and {hindrance}"
        return
    take_back(session, parts, row.currency, f"returned: {why}", BANK, entry.booked_on, at)
    cost = entry.amount.minor - original.amount
    charged = f"; {Money(minor=cost, currency=row.currency)} of it are the bank's charges" if cost > 0 else ""
    original.status = "reversed"
    row.status, row.decided_by, row.decided_at = "matched", BANK, at
    row.because = f"takes back {entry_name(original.entry)}: {why}{charged}"


def reason_in_words(entry: BankEntry) -> str:
    """Why it came back: the code with its meaning where it has one that we know."""
    code = entry.return_reason
    if not code or code == "returned":
        return "reversed by the bank" if entry.reversal else "returned"
    meaning = _REASONS.get(code)
    return f"{code}, {meaning}" if meaning else code


def _originals(session: Session, entry: BankEntry, row: BankEntryRow) -> list[BankEntryRow]:
    """Entries that this one may take back, narrowed by what both say: one is certain."""
    since = entry.booked_on - RETURNED_WITHIN
    chosen = select(BankEntryRow).where(
        BankEntryRow.account == row.account,
        BankEntryRow.credit,
        BankEntryRow.currency == row.currency,
        BankEntryRow.status.in_(("matched", "on_account")),
        BankEntryRow.booked_on.between(since, entry.booked_on),
        BankEntryRow.amount.between(row.amount - Money.of(MOST_CHARGES, row.currency).minor, row.amount),
    )
    near = list(session.scalars(chosen.order_by(BankEntryRow.entry)))
    exact = [each for each in near if each.amount == row.amount]
    documents = {*words_of(entry).by_reference, *words_of(entry).by_end_to_end, *words_of(entry).in_text}
    for pool in (exact, near):
        for said in (
            [each for each in pool if entry.bank_reference and each.bank_reference == entry.bank_reference],
            [each for each in pool if entry.end_to_end and squashed(each.end_to_end) == squashed(entry.end_to_end)],
            [each for each in pool if documents and documents & _documents(session, each)],
        ):
            if said:
                return said
    if entry.end_to_end and any(each.end_to_end for each in exact):
        exact = [each for each in exact if not each.end_to_end]
    return [each for each in exact if entry.iban and each.iban == entry.iban]


def _documents(session: Session, row: BankEntryRow) -> set[str]:
    return set(session.scalars(select(BankMatch.document).where(BankMatch.entry == row.entry)))


def _payment_of_another_name(session: Session, row: BankEntryRow, entry: BankEntry, why: str, at: datetime) -> bool:
    """A payment that no statement of ours told of (a collection by a gateway) is known by the name that both give it."""
    names = [name for name in (entry.end_to_end, entry.bank_reference) if name]
    chosen = select(Payment).join(Order, Order.order == Payment.order).where(Payment.payment.in_(names), Order.currency == row.currency)
    found = list(session.scalars(chosen.where(Payment.amount == row.amount, ~Payment.reversed, Order.outcome == "")))
    if len(found) != 1:
        return False
    fact = PaymentReversed(
        message_id=f"cash/{entry_name(row.entry)}/reversed",
        occurred_at=midnight(entry.booked_on),
        actor=BANK,
        payment=found[0].payment,
        reason=f"returned: {why}",
    )
    outbox.put(session, found[0].order, fact, at)
    row.status, row.decided_by, row.decided_at = "matched", BANK, at
    row.because = f"takes back payment {found[0].payment} of order {found[0].order}: {why} ({Rule.RETURN.value})"
    return True
