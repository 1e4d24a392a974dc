"""Entries of bank statements as people read them, and the summary of what became of them."""

from __future__ import annotations

from collections import Counter as Count
from collections import defaultdict
from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.tables import BankEntryRow, BankMatch, BankStatement
from domain.bank import BankEntry, entry_name
from domain.bank_views import CashSummary, EntryView, PartView
from domain.cash_application import Candidate, Rule
from domain.errors import NotFound
from domain.money import Money

_CANDIDATES = TypeAdapter(tuple[Candidate, ...])


def entry_locked(session: Session, number: int) -> BankEntryRow:
    """The row of an entry, for whoever holds the till. Raises NotFound."""
    found = session.get(BankEntryRow, number)
    if found is None:
        raise NotFound("bank entry", entry_name(number))
    return found


def entry_of(row: BankEntryRow) -> BankEntry:
    """The entry as the bank told it."""
    same = ("credit", "reversal", "booked_on", "value_on", "end_to_end", "reference", "text", "payer", "iban", "bank_reference", "charges")
    amount = Money(minor=row.amount, currency=row.currency)
    return BankEntry(amount=amount, return_reason=row.return_reason, **{name: getattr(row, name) for name in same})


def entry_view(session: Session, number: int, *, known: bool = False) -> EntryView:
    """One entry with its parts. Raises NotFound."""
    row = entry_locked(session, number)
    return _view(row, list(session.scalars(select(BankMatch).where(BankMatch.entry == number).order_by(BankMatch.part))), known)


def list_entries(session: Session, status: str | None = "queued", limit: int = 100) -> list[EntryView]:
    """Entries of a status (None: of any), the oldest first."""
    chosen = select(BankEntryRow).order_by(BankEntryRow.entry).limit(limit)
    rows = list(session.scalars(chosen if status is None else chosen.where(BankEntryRow.status == status)))
    parts: defaultdict[int, list[BankMatch]] = defaultdict(list)
    wanted = [row.entry for row in rows]
    for match in session.scalars(select(BankMatch).where(BankMatch.entry.in_(wanted)).order_by(BankMatch.entry, BankMatch.part)):
        parts[match.entry].append(match)
    return [_view(row, parts[row.entry], False) for row in rows]


def summary(session: Session) -> CashSummary:
    """What the bank has told so far, by what became of it."""
    by_status = {s: int(n) for s, n in session.execute(select(BankEntryRow.status, func.count()).group_by(BankEntryRow.status))}
    parts: defaultdict[int, list[BankMatch]] = defaultdict(list)
    for match in session.scalars(select(BankMatch).where(BankMatch.state != "reversed")):
        parts[match.entry].append(match)
    rules = Count(found[0].rule for found in parts.values())
    came_in = select(BankEntryRow.currency, func.sum(BankEntryRow.amount)).where(BankEntryRow.credit).group_by(BankEntryRow.currency)
    return CashSummary(
        statements=session.scalar(select(func.count()).select_from(BankStatement)) or 0,
        by_rule=dict(sorted(rules.items())),
        short=sum(any(part.reason and part.order for part in found) for found in parts.values()),
        several=sum(len({part.document for part in found if part.order}) > 1 for found in parts.values()),
        over=sum(len(found) > 1 and any(not part.order for part in found) for found in parts.values()),
        decided=rules.get(Rule.PERSON.value, 0),
        received=tuple(Money(minor=int(minor), currency=currency) for currency, minor in session.execute(came_in)),
        **{status: by_status.get(status, 0) for status in ("matched", "on_account", "queued", "ignored", "reversed")},
    )


def _view(row: BankEntryRow, parts: Sequence[BankMatch], known: bool) -> EntryView:
    same = (
        *("entry", "account", "credit", "booked_on", "payer", "iban", "end_to_end", "reference", "text", "bank_reference"),
        *("return_reason", "status", "because", "takes_back", "decided_by"),
    )
    return EntryView(
        amount=Money(minor=row.amount, currency=row.currency),
        candidates=_CANDIDATES.validate_json(row.candidates),
        parts=tuple(_part(part, row.currency) for part in parts),
        known=known,
        **{name: getattr(row, name) for name in same},
    )


def _part(row: BankMatch, currency: str) -> PartView:
    money = ("amount", "written_off")
    return PartView(
        amount=Money(minor=row.amount, currency=currency),
        written_off=Money(minor=row.written_off, currency=currency),
        **{name: getattr(row, name) for name in PartView.model_fields if name not in money},
    )
