"""The audit's rules about the bank: every entry once, its parts add up, and what was paid arrived where it was meant to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from database.finance_charges import KIND as FINANCE_CHARGE
from database.tables import (
    AccountApplication,
    AccountEntry,
    BankEntryRow,
    BankMatch,
    BankSighting,
    BankStatement,
    Order,
    OutboxFact,
    Payment,
)
from database.unheard_money import CHARGEBACK
from domain.bank import entry_name

Found = Iterator[tuple[str, str]]

OURS = re.compile(r"B-\d{6,}/\d+|A-\d{6,}")
"""Names of payments that only entries of the bank (`bank_booking.payment_name`) and customers' accounts give."""


def _a_statement_leads_from_balance_to_balance(session: Session) -> Found:
    """Opening balance and the entries that were seen in it are its closing balance, unless it is known to be in trouble."""
    signed = case((BankEntryRow.credit, BankEntryRow.amount), else_=-BankEntryRow.amount)
    sums = (
        select(BankSighting.statement, func.sum(signed).label("moved"), func.count().label("seen"))
        .join(BankEntryRow, BankEntryRow.entry == BankSighting.entry)
        .group_by(BankSighting.statement)
        .subquery()
    )
    moved, seen = func.coalesce(sums.c.moved, 0), func.coalesce(sums.c.seen, 0)
    whole = and_(seen == BankStatement.entries, BankStatement.trouble == "")
    wrong = or_(seen > BankStatement.entries, and_(whole, BankStatement.opening + moved != BankStatement.closing))
    chosen = select(BankStatement, moved, seen).outerjoin(sums, sums.c.statement == BankStatement.id).where(wrong)
    for row, entries, count in session.execute(chosen):
        yield f"statement {row.statement} of {row.account}", f"{row.opening} and {entries} of {count} entries are not {row.closing}"


def _the_parts_of_an_entry_add_up(session: Session) -> Found:
    """Matched or kept on account: the parts that stand are the entry. Queued, ignored and reversed: none stands."""
    stands = case((BankMatch.state == "reversed", 0), else_=BankMatch.amount)
    sums = select(BankMatch.entry, func.sum(stands).label("amount")).group_by(BankMatch.entry).subquery()
    parts = func.coalesce(sums.c.amount, 0)
    placed = BankEntryRow.status.in_(("matched", "on_account"))
    expected = case((and_(placed, BankEntryRow.credit), BankEntryRow.amount), else_=0)
    chosen = select(BankEntryRow, parts, expected).outerjoin(sums, sums.c.entry == BankEntryRow.entry).where(parts != expected)
    for row, there, wanted in session.execute(chosen):
        yield entry_name(row.entry), f"is {row.status} with {row.amount} minor units, its parts come to {there} of {wanted}"


def _a_part_is_told_or_kept(session: Session) -> Found:
    """Each part of an order has the fact that tells it; each that is kept, or came back, has its entry in the customer's account."""
    message = "cash/" + BankMatch.payment
    untold = select(BankMatch).outerjoin(OutboxFact, OutboxFact.message_id == message)
    for part in session.scalars(
        untold.where(BankMatch.order != "", or_(OutboxFact.message_id.is_(None), OutboxFact.order != BankMatch.order))
    ):
        yield part.payment, f"was matched to order {part.order}, and no fact tells it"
    key = case((BankMatch.state == "came_back", "bank/" + BankMatch.payment + "/came_back"), else_="bank/" + BankMatch.payment)
    kept = select(BankMatch, AccountEntry.amount).outerjoin(AccountEntry, AccountEntry.key == key)
    wrong = or_(AccountEntry.amount.is_(None), AccountEntry.amount != -BankMatch.amount, AccountEntry.customer != BankMatch.customer)
    for part, amount in session.execute(kept.where(or_(BankMatch.order == "", BankMatch.state == "came_back"), wrong)):
        yield part.payment, f"{part.amount} minor units are kept for {part.customer}, the account says {amount}"


def _what_the_bank_paid_arrived(session: Session) -> Found:
    """A payment under a bank entry's name is the part of that name; an order that ended has booked what it was told."""
    yield from _arrived(session, BankMatch.payment, BankMatch.order, BankMatch.amount, "B-", "cash/", BankMatch.state == "came_back")


def _what_left_an_account_arrived(session: Session) -> Found:
    """Money that was applied from an account left the account, and is a payment of the order it was applied to, or came back."""
    table = AccountApplication
    yield from _arrived(session, table.payment, table.order, table.amount, "A-", "account/", table.state == "came_back")
    left = select(table, AccountEntry.amount).outerjoin(AccountEntry, AccountEntry.key == "account/" + table.payment)
    wrong = or_(AccountEntry.amount.is_(None), AccountEntry.amount != table.amount, AccountEntry.customer != table.customer)
    for row, amount in session.execute(left.where(wrong)):
        yield row.payment, f"{row.amount} minor units were applied to {row.order}, {amount} left the account of {row.customer}"


def _an_account_is_never_overdrawn(session: Session) -> Found:
    """What we charge a customer (interest, a chargeback) may be more than they have; what they use may not."""
    total = func.sum(AccountEntry.amount)
    used = select(AccountEntry.customer, AccountEntry.currency, total).where(AccountEntry.kind.not_in((FINANCE_CHARGE, CHARGEBACK)))
    chosen = used.group_by(AccountEntry.customer, AccountEntry.currency)
    for customer, currency, minor in session.execute(chosen.having(total > 0)):
        yield customer, f"the account is overdrawn by {minor} minor units of {currency}"


BANK_RULES: tuple[Callable[[Session], Found], ...] = (
    _a_statement_leads_from_balance_to_balance,
    _the_parts_of_an_entry_add_up,
    _a_part_is_told_or_kept,
    _what_the_bank_paid_arrived,
    _what_left_an_account_arrived,
    _an_account_is_never_overdrawn,
)


def _arrived(
    session: Session,
    name: InstrumentedAttribute[str],
    order: InstrumentedAttribute[str],
    amount: InstrumentedAttribute[int],
    prefix: str,
    message: str,
    came_back: ColumnElement[bool],
) -> Found:
    paid: defaultdict[str, list[Payment]] = defaultdict(list)
    for row in session.scalars(select(Payment).where(Payment.payment.like(f"{prefix}%"))):
        paid[row.payment].append(row)
    sent = select(name, order, amount, came_back, Order.outcome, OutboxFact.told_at, OutboxFact.outcome).where(order != "")
    sent = sent.outerjoin(Order, Order.order == order).outerjoin(OutboxFact, OutboxFact.message_id == message + name)
    for payment, to, minor, back, ended, told_at, refused in session.execute(sent):
        booked = paid.pop(payment, [])
        arrived = [(each.order, each.amount) for each in booked]
        if arrived and (back or arrived != [(to, minor)]):
            yield payment, f"{minor} minor units were sent to {to}{' and came back' if back else ''}, booked are {arrived}"
        elif not arrived and ended and told_at is not None and not refused:
            yield payment, f"{minor} minor units were told to {to}, which ended without them"
    for payment, strays in paid.items():
        if OURS.fullmatch(payment):  # others may name a payment much as we do
            yield payment, f"is booked by {', '.join(each.order for each in strays)}, and the bank knows nothing of it"
