"""A remittance (820) that comes after its money: the payment that waits is matched as the payer says, or shows what was said."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.bank_book import read_payment
from database.bank_booking import at_the_till, carry_out
from database.bank_entries import entry_of
from database.bank_reading import READER, doubtful_of, queue, trouble_of
from database.remittances import announced
from database.tables import BankEntryRow, BankMatch
from domain.bank import entry_name
from domain.cash_application import Rule
from domain.edi_documents import Remittance


def meet_its_payment(session: Session, remittance: Remittance, at: datetime) -> str:
    """Have a remittance that is kept decide about the payments that wait for one; what became of them in words, "" where none waits.

    What a person took back, what may be known already, and what comes from a statement that does not add up stays a person's: it shows
    there what the payer said.
    """
    at_the_till(session)
    said = []
    for row in _of_this_amount(session, remittance):
        if announced(session, entry_of(row)) != remittance:
            continue
        if row.status != "queued":
            said.append(f"{entry_name(row.entry)} was {row.status.replace('_', ' ')} before it came")
            continue
        said.append(_decided(session, row, at))
    session.flush()
    return "; ".join(said)


def _of_this_amount(session: Session, remittance: Remittance) -> list[BankEntryRow]:
    chosen = select(BankEntryRow).where(
        BankEntryRow.credit,
        BankEntryRow.amount == remittance.amount.minor,
        BankEntryRow.currency == remittance.amount.currency,
        ~BankEntryRow.reversal,
        BankEntryRow.return_reason == "",
    )
    return list(session.scalars(chosen.order_by(BankEntryRow.entry.desc()).limit(200)))


def _decided(session: Session, row: BankEntryRow, at: datetime) -> str:
    proposal, name, persons = read_payment(session, entry_of(row)), entry_name(row.entry), _persons(session, row)
    if proposal.rule is Rule.REMITTANCE and not persons:
        carry_out(session, row, proposal, READER, at)
        return f"{name} is matched as it says"
    because = row.because.partition(". The rules would say: ")[0] if persons or proposal.applies else proposal.because
    queue(row, because, proposal)
    return f"{name} waits for a person: {row.because}"


def _persons(session: Session, row: BankEntryRow) -> bool:
    touched = session.scalars(select(BankMatch.part).where(BankMatch.entry == row.entry)).first() is not None
    return touched or bool(trouble_of(session, row.entry)) or doubtful_of(session, row) is not None
