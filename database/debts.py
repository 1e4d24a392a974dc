"""Claims on carriers, suppliers and customers: opened by what happened to an order, followed by people from a list.

They live beside the orders: a carrier answers within months, and an order whose customer is content has no reason to stay open for it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.locks import require
from database.tables import ClaimRow, Order, Shipment
from domain.claims import ANSWER_WITHIN, MAY_FOLLOW, Against, ClaimStatus, ClaimView, file_by
from domain.errors import NotFound
from domain.money import Money
from domain.steps import OpenClaim, Recorded


def record_claim(session: Session, request: OpenClaim) -> Recorded:
    """A claim that a person decided on. Raises NotFound for an unknown order."""
    order = session.get(Order, request.order)
    if order is None:
        raise NotFound("order", request.order)
    party = order.customer or order.stated_customer
    if request.against == Against.CARRIER:
        open_carrier_claim(session, request.key, request.order, request.shipment, request.amount, request.reason, request.at, request.rma)
    else:
        open_claim(session, request.key, request.against, party, request.order, request.amount, request.reason, request.at, rma=request.rma)
    return Recorded()


def open_carrier_claim(
    session: Session, key: str, order: str, shipment: int, amount: Money, reason: str, at: datetime, rma: int = 0
) -> None:
    """A claim on whoever carried the shipment, with what proves that they had it."""
    carried = session.get(Shipment, (order, shipment))
    if carried is None or not carried.carrier:
        return
    evidence = f"tracking {carried.tracking}, shipped {carried.shipped_at:%Y-%m-%d}"
    if carried.signed_by:
        evidence += f", signed for by the recipient on {carried.delivered_at:%Y-%m-%d}"
    open_claim(session, key, Against.CARRIER, carried.carrier, order, amount, reason, at, shipment=shipment, rma=rma, evidence=evidence)


def open_claim(
    session: Session,
    key: str,
    against: str,
    party: str,
    order: str,
    amount: Money,
    reason: str,
    at: datetime,
    *,
    shipment: int = 0,
    rma: int = 0,
    evidence: str = "",
) -> None:
    """Put a claim on the list, once for its key."""
    row = {
        "key": key,
        "against": str(against),
        "party": party,
        "order": order,
        "shipment": shipment,
        "rma": rma,
        "reason": reason,
        "amount": max(amount.minor, 0),
        "currency": amount.currency,
        "paid": 0,
        "status": ClaimStatus.OPEN.value,
        "evidence": evidence,
        "reference": "",
        "note": "",
        "opened_at": at,
        "due_at": file_by(against, party, at),
        "filed_at": None,
        "ended_at": None,
    }
    insert_once(session, ClaimRow, row)


def file_claim(session: Session, claim: int, reference: str, amount: Money | None, evidence: str, at: datetime) -> ClaimView:
    """Somebody told the other side; from now on they have to answer. The same reference again changes nothing."""
    row = _locked(session, claim)
    if row.status == ClaimStatus.FILED and row.reference == reference:
        return _view(row)
    _follow(row, ClaimStatus.FILED)
    if amount is not None:
        require(amount.currency == row.currency, f"Claim {claim} is in {row.currency}, not in {amount.currency}.")
        require(amount.minor >= row.paid, f"Claim {claim} cannot be for less than the {row.paid} minor units that were paid.")
        row.amount = amount.minor
    require(row.amount > 0, f"Nobody knows what claim {claim} is worth: state its amount.")
    row.reference, row.evidence = reference, evidence or row.evidence
    row.filed_at, row.due_at, row.ended_at = at, file_answer_by(at), None
    return _view(row)


def file_answer_by(at: datetime) -> datetime:
    """Until when the other side has to answer."""
    return at + timedelta(days=ANSWER_WITHIN)


def answer_claim(session: Session, claim: int, status: ClaimStatus, note: str, at: datetime) -> ClaimView:
    """They will pay (accepted: their payment has the same time again) or they will not (refused)."""
    row = _locked(session, claim)
    if row.status != status:
        _follow(row, status)
        row.due_at = file_answer_by(at) if status is ClaimStatus.ACCEPTED else None
        row.ended_at = at if status is ClaimStatus.REFUSED else None
    row.note = note or row.note
    return _view(row)


def pay_claim(session: Session, claim: int, amount: Money, note: str, at: datetime) -> ClaimView:
    """Their money is here; more than is claimed is refused."""
    row = _locked(session, claim)
    _follow(row, ClaimStatus.PAID)
    require(amount.currency == row.currency, f"Claim {claim} is in {row.currency}, not in {amount.currency}.")
    require(
        0 < amount.minor <= row.amount,
        f"Claim {claim} is for {Money(minor=row.amount, currency=row.currency)}; {amount} cannot be its payment.",
    )
    row.paid, row.note, row.due_at, row.ended_at = amount.minor, note or row.note, None, at
    return _view(row)


def claims(session: Session, order: str | None = None, everything: bool = False) -> list[ClaimView]:
    """Claims that somebody has to follow, the most urgent first; with `everything` also those that ended."""
    chosen = select(ClaimRow).order_by(ClaimRow.due_at.is_(None), ClaimRow.due_at, ClaimRow.claim)
    if order is not None:
        chosen = chosen.where(ClaimRow.order == order)
    if not everything:
        chosen = chosen.where(ClaimRow.status.not_in((ClaimStatus.PAID.value, ClaimStatus.REFUSED.value)))
    return [_view(row) for row in session.scalars(chosen)]


def read_claim(session: Session, claim: int) -> ClaimView:
    """Raises NotFound."""
    return _view(_locked(session, claim))


def _locked(session: Session, claim: int) -> ClaimRow:
    row = session.get(ClaimRow, claim, with_for_update=True)
    if row is None:
        raise NotFound("claim", str(claim))
    return row


def _follow(row: ClaimRow, status: ClaimStatus) -> None:
    now = ClaimStatus(row.status)
    after = ", ".join(MAY_FOLLOW[now]) or "nothing"
    require(status in MAY_FOLLOW[now], f"Claim {row.claim} is {now}; it cannot become {status}, only {after}.")
    row.status = status.value


def _view(row: ClaimRow) -> ClaimView:
    amount, paid = (Money(minor=minor, currency=row.currency) for minor in (row.amount, row.paid))
    same = {name: getattr(row, name) for name in ClaimView.model_fields if name not in ("amount", "paid")}
    return ClaimView(amount=amount, paid=paid, **same)
