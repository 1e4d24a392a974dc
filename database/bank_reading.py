"""Taking in bank statements: every entry once, whatever file tells of it, and at once what it is for.

A statement is opened, then each of its entries is taken in a transaction of its own: a reader that dies goes on where it stopped when the
file is read again, and a long statement does not keep orders waiting.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from database import bank_returns
from database.bank_book import read_payment
from database.bank_booking import at_the_till, carry_out
from database.bank_entries import entry_of, entry_view
from database.journal import insert_once
from database.locks import next_number
from database.tables import BankEntryRow, BankSighting, BankStatement
from domain.bank import BankEntry, Likeness, Statement, entry_name, likeness
from domain.bank_views import EntryView
from domain.cash_application import Proposal
from domain.money import Money

READER = "cash application"
"""Who decided, where the rules did."""


def open_statement(session: Session, statement: Statement, file: str, by: str, at: datetime) -> int:
    """The number of a statement: that of its first reading when it was read before."""
    digest = sha256(statement.model_dump_json(exclude={"pending"}).encode()).hexdigest()
    values = {
        "digest": digest,
        "account": statement.account,
        "statement": statement.statement,
        "sequence": statement.sequence,
        "form": statement.form,
        "currency": statement.currency,
        "opening": statement.opening.minor if statement.opening is not None else None,
        "closing": statement.closing.minor if statement.closing is not None else None,
        "entries": len(statement.entries),
        "trouble": statement.trouble,
        "file": file[:200],
        "read_at": at,
        "read_by": by,
    }
    insert_once(session, BankStatement, values)
    return session.scalars(select(BankStatement.id).where(BankStatement.digest == digest)).one()


def gap_before(session: Session, statement: int) -> str:
    """Whether statements of the account are known and none of them closes where this one opens: then one may be missing."""
    row = session.get_one(BankStatement, statement)
    others = select(BankStatement).where(BankStatement.account == row.account, BankStatement.id != row.id)
    before = list(session.scalars(others.where(BankStatement.currency == row.currency, BankStatement.closing.is_not(None))))
    if row.opening is None or not before or any(row.opening in (each.closing, each.opening) for each in before):
        return ""
    opening = Money(minor=row.opening, currency=row.currency)
    return f"no statement of this account that is known closes with {opening}: one may be missing"


def take_entry(session: Session, statement: int, position: int, entry: BankEntry, at: datetime) -> EntryView:
    """Take in the entry at a position of a statement; one that is known, from here or elsewhere, is answered as it stands."""
    at_the_till(session)
    told = session.get_one(BankStatement, statement)
    before = session.get(BankSighting, (statement, position))
    if before is not None:
        return entry_view(session, before.entry, known=True)
    same, doubtful = _told_before(session, statement, told.account, entry)
    if same is not None:
        session.add(BankSighting(statement=statement, position=position, entry=same))
        return entry_view(session, same, known=True)
    row = _row(next_number(session, "BE"), told.account, entry)
    session.add(row)
    session.flush()
    session.add(BankSighting(statement=statement, position=position, entry=row.entry))
    _decide(session, row, entry, told.trouble, doubtful, at)
    session.flush()
    return entry_view(session, row.entry)


def _decide(session: Session, row: BankEntryRow, entry: BankEntry, trouble: str, doubtful: int | None, at: datetime) -> None:
    """What becomes of a new entry. Nothing is booked from a statement that is in trouble, or when the entry may be known already."""
    if not entry.amount.minor:
        row.status, row.because = "ignored", "no money moved"
    elif not entry.credit and not entry.returned:
        row.status, row.because = "ignored", "money that we paid"
    elif doubtful is not None:
        queue(row, f"it may be {entry_name(doubtful)}, told again with another reference", _proposal(session, entry))
    elif trouble:
        queue(row, f"its statement is not to be trusted alone: {trouble}", _proposal(session, entry))
    elif not entry.credit:
        bank_returns.take_back_original(session, row, entry, at)
    elif entry.reversal or entry.return_reason:
        queue(row, f"a payment of ours came back ({entry.return_reason or 'reversed'}): say whose money it is", None)
    else:
        proposal = read_payment(session, entry)
        if proposal.applies:
            carry_out(session, row, proposal, READER, at)
        else:
            queue(row, proposal.because, proposal)


def trouble_of(session: Session, number: int) -> str:
    """Why the statement that first told of an entry is not to be trusted alone; "" where it is."""
    told = select(BankStatement.trouble).join(BankSighting, BankSighting.statement == BankStatement.id)
    return session.scalars(told.where(BankSighting.entry == number).order_by(BankStatement.id)).first() or ""


def doubtful_of(session: Session, row: BankEntryRow) -> int | None:
    """The earlier entry of another statement that an entry may be, told again with another reference."""
    entry = entry_of(row)
    here = select(BankSighting.statement).where(BankSighting.entry == row.entry)
    beside = select(BankSighting.entry).where(BankSighting.statement.in_(here))
    chosen = _alike(row.account, entry).where(BankEntryRow.entry < row.entry, BankEntryRow.entry.not_in(beside))
    return next((each.entry for each in session.scalars(chosen) if likeness(entry_of(each), entry) is Likeness.DOUBTFUL), None)


def _proposal(session: Session, entry: BankEntry) -> Proposal | None:
    """What the rules would have said, for the person who looks at it."""
    return read_payment(session, entry) if entry.credit else None


def queue(row: BankEntryRow, because: str, proposal: Proposal | None) -> None:
    """Leave an entry to a person, with what the rules would have said."""
    row.status, row.because = "queued", because
    if proposal is None:
        return
    if proposal.applies:
        row.because += f". The rules would say: {proposal.because}"
    row.candidates = "[" + ",".join(candidate.model_dump_json() for candidate in proposal.candidates) + "]"


def _told_before(session: Session, statement: int, account: str, entry: BankEntry) -> tuple[int | None, int | None]:
    """The entry of another statement that is this one, and else one that may be; each stands for one entry of this statement only."""
    here = select(BankSighting.entry).where(BankSighting.statement == statement)
    doubtful = None
    for row in session.scalars(_alike(account, entry).where(BankEntryRow.entry.not_in(here))):
        alike = likeness(entry_of(row), entry)
        if alike is Likeness.SAME:
            return row.entry, None
        if alike is Likeness.DOUBTFUL:
            doubtful = doubtful or row.entry
    return None, doubtful


def _alike(account: str, entry: BankEntry) -> Select[BankEntryRow]:
    """Entries of the account, day, direction and amount of this one, by number."""
    return (
        select(BankEntryRow)
        .where(
            BankEntryRow.account == account,
            BankEntryRow.booked_on == entry.booked_on,
            BankEntryRow.amount == entry.amount.minor,
            BankEntryRow.currency == entry.amount.currency,
            BankEntryRow.credit == entry.credit,
        )
        .order_by(BankEntryRow.entry)
    )


def _row(number: int, account: str, entry: BankEntry) -> BankEntryRow:
    same = ("credit", "reversal", "booked_on", "value_on", "end_to_end", "reference", "text", "payer", "iban", "bank_reference")
    return BankEntryRow(
        entry=number,
        account=account,
        currency=entry.amount.currency,
        amount=entry.amount.minor,
        return_reason=entry.return_reason,
        charges=entry.charges,
        status="queued",
        because="",
        candidates="[]",
        takes_back=0,
        decided_by="",
        decided_at=None,
        **{name: getattr(entry, name) for name in same},
    )
