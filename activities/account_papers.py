"""A customer's statement of account as PDF."""

from __future__ import annotations

from sqlalchemy.orm import Session

from activities.papers import postal_address
from activities.records import seller_of
from database.receivables_reports import any_order
from domain.ageing import Statement
from domain.errors import OrderError
from integrations.documents.statements import draw_statement


def statement_paper(session: Session, statement: Statement) -> bytes:
    """The paper, addressed as the customer's latest order is."""
    order = any_order(session, statement.customer)
    try:
        to = postal_address(session, order) if order is not None else None
    except OrderError:  # an order without any address
        to = None
    return draw_statement(seller_of(session), statement, to)
