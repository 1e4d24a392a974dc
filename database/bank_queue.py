"""What people do with entries that the rules left to them: match, keep on account, ignore, and undo what was matched wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Session

from database.bank_book import advance_items, open_items
from database.bank_booking import at_the_till, cannot_take_back, carry_out, standing_parts, take_back
from database.bank_entries import entry_locked, entry_view
from database.locks import require
from database.tables import BankEntryRow, Customer, Invoice, Order
from domain.bank import entry_name
from domain.bank_views import EntryView
from domain.cash_application import CONFIDENCE, Allocation, OpenItem, Proposal, Rule
from domain.errors import NotFound
from domain.money import Money
from domain.short_payments import ReasonCode, may_write_off


def match(
    session: Session,
    number: int,
    shares: Mapping[str, int],
    by: str,
    at: datetime,
    *,
    reason: ReasonCode | None = None,
    rest_on_account: bool = False,
) -> EntryView:
    """Pay the named invoices (or, by its key, an order in advance) so many minor units each.

    With `reason` what stays open of them is given up where the reason's limit allows it. What is left of the payment goes to the customer's
    account if that is said. Raises Refused when the shares do not add up to the payment or go beyond a balance, and NotFound.
    """
    at_the_till(session)
    row = _queued(session, number)
    require(row.credit, f"{entry_name(number)} is money that left the account: it pays no invoice; ignore it with a reason.")
    allocations = tuple(_share(session, row, named, minor, reason) for named, minor in sorted(shares.items()))
    left = row.amount - sum(each.amount for each in allocations)
    whole, rest = (Money(minor=minor, currency=row.currency) for minor in (row.amount, abs(left)))
    require(left >= 0, f"{entry_name(number)} is {whole}: the shares are {rest} more than that.")
    require(
        left == 0 or rest_on_account,
        f"{entry_name(number)} is {whole}: {rest} of it are left. Say what they are for, or that the rest goes on account.",
    )
    customers = sorted({each.item.customer for each in allocations})
    require(left == 0 or len(customers) == 1, f"The rest of {rest} can go to one account only, not to {' and '.join(customers)}.")
    said = f" ({reason.value.replace('_', ' ')})" if reason else ""
    proposal = Proposal(
        rule=Rule.PERSON,
        score=CONFIDENCE[Rule.PERSON],
        allocations=allocations,
        on_account=left,
        customer=customers[0] if left else "",
        because=f"{by}: {', '.join(each.item.document for each in allocations)}{said}" + (f", {rest} on account" if left else ""),
    )
    carry_out(session, row, proposal, by, at)
    session.flush()
    return entry_view(session, number)


def put_on_account(session: Session, number: int, customer: str, by: str, at: datetime) -> EntryView:
    """Keep the whole payment on a customer's account. Raises Refused, NotFound."""
    at_the_till(session)
    row = _queued(session, number)
    require(row.credit, f"{entry_name(number)} is money that left the account: it cannot be kept; ignore it with a reason.")
    if session.get(Customer, customer) is None:
        raise NotFound("customer", customer)
    because = f"{by}: on the account of {customer}"
    proposal = Proposal(rule=Rule.PERSON, score=CONFIDENCE[Rule.PERSON], on_account=row.amount, customer=customer, because=because)
    carry_out(session, row, proposal, by, at)
    session.flush()
    return entry_view(session, number)


def ignore(session: Session, number: int, reason: str, by: str, at: datetime) -> EntryView:
    """It is none of our receivables' business, for a reason that stays with it."""
    at_the_till(session)
    row = _queued(session, number)
    require(bool(reason.strip()), "Say why it is ignored.")
    row.status, row.because, row.decided_by, row.decided_at = "ignored", f"{by}: {reason.strip()}"[:500], by, at
    session.flush()
    return entry_view(session, number)


def undo(session: Session, number: int, reason: str, by: str, at: datetime) -> EntryView:
    """Take a wrong match back: orders are told that the payment is reversed, and the entry is queued again.

    Raises Refused when an order that was paid is over, or money that went to an account was used.
    """
    at_the_till(session)
    row = entry_locked(session, number)
    require(
        row.status in ("matched", "on_account") and row.credit,
        f"{entry_name(number)} is {row.status.replace('_', ' ')}: there is nothing to undo.",
    )
    parts = standing_parts(session, number)
    hindrance = cannot_take_back(session, parts, row.currency)
    require(not hindrance, f"{entry_name(number)} cannot be undone: {hindrance}.")
    take_back(session, parts, row.currency, f"matched wrongly: {reason}", by, at.date(), at)
    row.status, row.because, row.decided_by, row.decided_at = "queued", f"{by} undid its match: {reason}"[:500], "", None
    session.flush()
    return entry_view(session, number)


def _queued(session: Session, number: int) -> BankEntryRow:
    row = entry_locked(session, number)
    require(row.status == "queued", f"{entry_name(number)} is not in the queue: it is {row.status.replace('_', ' ')} ({row.because}).")
    return row


def _share(session: Session, row: BankEntryRow, named: str, minor: int, reason: ReasonCode | None) -> Allocation:
    item = payable(session, named)
    require(
        item.currency == row.currency,
        f"{item.document} is in {item.currency} and {entry_name(row.entry)} in {row.currency}: it cannot be applied.",
    )
    left = Money(minor=item.open, currency=item.currency)
    require(0 < minor <= item.open, f"{item.document} has {left} open, not {Money(minor=minor, currency=row.currency)}.")
    short = item.open - minor
    given_up = bool(short and reason and item.invoice and may_write_off(reason, short, item.total, item.currency, offered=item.discount))
    return Allocation(
        item=item,
        amount=minor,
        written_off=short if given_up else 0,
        reason=(reason or ReasonCode.PART_PAYMENT).value if short and item.invoice else "",
    )


def payable(session: Session, named: str) -> OpenItem:
    """The invoice, or the order that has none yet, under this name. Raises NotFound."""
    items = open_items(session, func.upper(Invoice.document) == named.upper())
    if not items and "/" in named:
        items = [*open_items(session, Order.order == named, Invoice.balance > 0), *advance_items(session, Order.order == named)]
        require(len(items) < 2, f"Order {named} has several open invoices: name them.")
    if not items:
        raise NotFound("invoice or order that can be paid", named)
    return items[0]
