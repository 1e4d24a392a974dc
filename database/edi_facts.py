"""What partners say by EDI beside orders: changes that they ask for, what they paid, what they have."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.tables import EdiChange, EdiOrder, EdiRemittance, EdiStock, InboxPart
from domain.edi_documents import ChangeRequest, Remittance, StockReport
from domain.errors import NotFound, Refused
from domain.money import Money
from domain.values import Value


class Change(Value):
    """A change that a partner asks for; `why`: why a person decides, later why it was decided so."""

    change: int
    partner: str
    order: str
    status: str
    why: str
    at: datetime
    decided_by: str
    decided_at: datetime | None
    asked: ChangeRequest


class PartnersStock(Value):
    partner: str
    item: str
    location: str
    kind: str
    quantity: int
    on: date | None
    reported_at: datetime
    reference: str


class RemittanceView(Value):
    partner: str
    reference: str
    payer: str
    amount: Money
    paid_on: date | None
    lines: tuple[tuple[str, Money], ...]
    at: datetime


RULE = "rule"
"""Who decides a change that the partner's map lets the order decide."""


def is_order_of(session: Session, order: str, partner: str) -> bool:
    """Whether the order came from the partner by EDI."""
    row = session.get(EdiOrder, order)
    return row is not None and row.partner == partner


# --- changes -------------------------------------------------------------------------------------------------------------------------


def keep_change(session: Session, entry: int, part: int, partner: str, change: ChangeRequest, why: str, at: datetime, by: str = "") -> str:
    """Queue a change for a person; a repeat queues nothing."""
    row = {
        "entry": entry,
        "part": part,
        "partner": partner,
        "order": change.order,
        "document": change.model_dump_json(),
        "status": "open",
        "reason": why[:2_000],
        "at": at,
        "decided_by": by,
    }
    insert_once(session, EdiChange, row)
    return f"a person decides: {why}"


def note_asked(session: Session, entry: int, part: int, partner: str, change: ChangeRequest, at: datetime) -> None:
    """Remember a change that the order was asked for by rule: what becomes of its part of the document is the decision."""
    keep_change(session, entry, part, partner, change, "asked of the order by rule", at, RULE)


def decided_by_orders(session: Session) -> list[tuple[int, bool, str]]:
    """(change, accepted, why) of those that orders were asked for by rule, and that they took or refused."""
    chosen = (
        select(EdiChange.change, InboxPart.status, InboxPart.reason)
        .join(InboxPart, (InboxPart.entry == EdiChange.entry) & (InboxPart.part == EdiChange.part))
        .where(EdiChange.status == "open", EdiChange.decided_by == RULE, InboxPart.status.in_(("done", "refused")))
    )
    return [(number, status == "done", reason) for number, status, reason in session.execute(chosen.order_by(EdiChange.change))]


def changes(session: Session, status: str = "open") -> list[Change]:
    """Changes, oldest first; `status` "" for all. What an order is being asked for by rule waits for nobody."""
    chosen = select(EdiChange).order_by(EdiChange.change)
    if status == "open":
        chosen = chosen.where(EdiChange.decided_by != RULE)
    return [_change(row) for row in session.scalars(chosen.where(EdiChange.status == status) if status else chosen)]


def change(session: Session, number: int) -> Change:
    """Raises NotFound."""
    row = session.get(EdiChange, number)
    if row is None:
        raise NotFound("change request", str(number))
    return _change(row)


def decide(session: Session, number: int, accepted: bool, why: str, by: str, at: datetime) -> Change:
    """Note what a person decided; the same decision again changes nothing. Raises NotFound, and Refused for the opposite decision."""
    row = session.get(EdiChange, number, with_for_update=True)
    if row is None:
        raise NotFound("change request", str(number))
    status = "accepted" if accepted else "rejected"
    if row.status not in ("open", status):
        raise Refused(f"Change {number} of order {row.order} was {row.status} by {row.decided_by}.")
    if row.status == "open":
        row.status, row.reason, row.decided_by, row.decided_at = status, (why or row.reason)[:2_000], by, at
    return _change(row)


def _change(row: EdiChange) -> Change:
    return Change(
        change=row.change,
        partner=row.partner,
        order=row.order,
        status=row.status,
        why=row.reason,
        at=row.at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        asked=ChangeRequest.model_validate_json(row.document),
    )


# --- remittances ---------------------------------------------------------------------------------------------------------------------


def keep_remittance(session: Session, entry: int, part: int, partner: str, remittance: Remittance, at: datetime) -> str:
    """Keep what a payment is for, until the bank shows the payment; a repeat keeps nothing twice."""
    row = {
        "entry": entry,
        "part": part,
        "partner": partner,
        "reference": remittance.reference[:200],
        "payer": remittance.payer[:200],
        "amount": remittance.amount.minor,
        "currency": remittance.amount.currency,
        "paid_on": remittance.paid_on,
        "document": remittance.model_dump_json(),
        "at": at,
    }
    insert_once(session, EdiRemittance, row)
    return f"{remittance.amount} under {remittance.reference} for {', '.join(line.invoice for line in remittance.lines)}"


def remittances(session: Session, most: int = 100) -> list[RemittanceView]:
    """The newest first."""
    rows = session.scalars(select(EdiRemittance).order_by(EdiRemittance.entry.desc(), EdiRemittance.part).limit(most))
    found = []
    for row in rows:
        document = Remittance.model_validate_json(row.document)
        found.append(
            RemittanceView(
                partner=row.partner,
                reference=row.reference,
                payer=row.payer,
                amount=document.amount,
                paid_on=row.paid_on,
                lines=tuple((line.invoice, line.paid) for line in document.lines),
                at=row.at,
            )
        )
    return found


# --- what partners have --------------------------------------------------------------------------------------------------------------


def keep_stock(session: Session, partner: str, report: StockReport) -> str:
    """The newest report of an item counts; an older one that comes late changes nothing."""
    late = 0
    for line in sorted(report.lines, key=lambda one: (one.item, one.location, one.kind)):
        key = (partner, line.item[:100], line.location[:100], line.kind[:10])
        row = session.get(EdiStock, key, with_for_update=True)
        if row is not None and row.reported_at > report.at:
            late += 1
            continue
        if row is None:
            row = EdiStock(partner=key[0], item=key[1], location=key[2], kind=key[3])
            session.add(row)
        row.quantity, row.on, row.reported_at, row.reference = line.quantity, line.on, report.at, report.reference[:200]
    return f"{len(report.lines)} quantities of {partner}" + (f", {late} of them older than what is known" if late else "")


def stock_of_partners(session: Session, partner: str = "", item: str = "") -> list[PartnersStock]:
    """What partners last said to have, by item."""
    chosen = select(EdiStock).order_by(EdiStock.item, EdiStock.partner, EdiStock.location, EdiStock.kind)
    for column, wanted in ((EdiStock.partner, partner), (EdiStock.item, item)):
        chosen = chosen.where(column == wanted) if wanted else chosen
    return [PartnersStock(**{name: getattr(row, name) for name in PartnersStock.model_fields}) for row in session.scalars(chosen)]
