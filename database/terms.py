"""Terms of payment: read once, when an order is accepted; what was agreed then stays agreed."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.tables import Customer, CustomerAlias, PaymentTermsRow
from domain.order import TermsCode
from domain.terms import BUILT_IN, Invoicing, Terms


def customer_and_terms(session: Session, stated: str, code: TermsCode) -> tuple[Customer | None, Terms | None]:
    """Our customer by their id or by an alias, locked after their parent, and the terms.

    Locked, because two orders must not both take the last of one credit limit.

    A customer who is invoiced by period is so whatever their terms say. Without a row the codes that every installation has mean what they
    always meant; another code is None.
    """
    alias = select(CustomerAlias.customer).where(CustomerAlias.alias == stated).scalar_subquery()
    definition = select(PaymentTermsRow.definition).where(PaymentTermsRow.terms == str(code)).scalar_subquery()
    parent = select(Customer.parent).where(Customer.customer == func.coalesce(alias, stated)).scalar_subquery()
    known, written, head = session.execute(select(alias, definition, parent)).one()
    terms = Terms.model_validate_json(written) if written else BUILT_IN.get(str(code))
    if head:  # before its child, as everybody locks a family
        session.get(Customer, head, with_for_update=True)
    customer = session.get(Customer, known or stated, with_for_update=True)
    if terms is not None and (customer is None or customer.invoicing):
        invoicing = Invoicing(customer.invoicing) if customer is not None else Invoicing.PER_SHIPMENT
        terms = terms.model_copy(update={"invoicing": invoicing})
    return customer, terms


def all_terms(session: Session) -> list[Terms]:
    """Every terms of payment as they are granted now, by code."""
    rows = session.scalars(select(PaymentTermsRow).order_by(PaymentTermsRow.terms))
    return [Terms.model_validate_json(row.definition) for row in rows]
