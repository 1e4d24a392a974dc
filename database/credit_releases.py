"""Letting an order pass: releases by somebody entitled, each in the customer's credit history."""

from __future__ import annotations

from sqlalchemy.orm import Session

from database import credit
from database.locks import require
from database.tables import CreditRelease, Order
from domain.credit import RELEASERS, CreditJudged
from domain.credit_steps import CheckCredit, RecordCreditRelease
from domain.steps import Recorded


def check_credit(session: Session, request: CheckCredit) -> CreditJudged:
    """Judge an order that waits once more, and write whether it waits on."""
    if request.let_pass:
        credit.let_go(session, request, request.subject, "somebody let it pass")
        return CreditJudged()
    return credit.check(session, request, request.question, request.subject)


def record_credit_release(session: Session, request: RecordCreditRelease) -> Recorded:
    """The order passes the stops until the release expires; a later one replaces it. Refused for who has neither of the roles."""
    entitled = [role for role in request.roles if role in RELEASERS]
    require(bool(entitled), f"Credit is released by a {' or a '.join(RELEASERS)}; {request.by} is neither.")
    order = session.get(Order, request.order, with_for_update=True)
    row = session.get(CreditRelease, request.order)
    if row is None:
        row = CreditRelease(order=request.order)
        session.add(row)
    row.key, row.by, row.reason, row.at = request.key, request.by, request.reason, request.at
    row.expires_at, row.cap = request.expires_at, request.cap.minor if request.cap else None
    session.flush()
    up_to = f" up to {request.cap}" if request.cap else ""
    credit.write_event(
        session,
        request,
        "released",
        (order.customer if order else None) or "",
        f"passes the stops{up_to}, released as {entitled[0]}",
        actor=request.by,
        reason=request.reason,
        expires_at=request.expires_at,
    )
    return Recorded()
