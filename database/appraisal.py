"""What the house would say of an order if it came now: its prices, and everything that is wrong with it. Nothing is written."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from database.pricing import terms_of
from database.terms import customer_and_terms
from database.validation import find_all
from domain.credit import CreditQuestion, StopStage
from domain.order import PaymentTerms, PlaceOrder
from domain.pricing.derivation import Derivation
from domain.pricing.pricing import price_order
from domain.steps import Finding
from domain.values import Value


class Appraisal(Value):
    """`placed` with our prices and taxes where it left them to us, why they are so, and what acceptance would find."""

    placed: PlaceOrder
    customer: str
    findings: tuple[Finding, ...]
    derivations: dict[int, Derivation] = {}
    unpriced: tuple[int, ...] = ()  # lines of which nobody has agreed a price


def appraise(session: Session, placed: PlaceOrder, tolerance: Decimal, at: datetime) -> Appraisal:
    """The same derivation and validation as at acceptance, in any transaction."""
    customer, agreed = customer_and_terms(session, placed.customer, placed.terms)
    terms = terms_of(session, placed, customer)
    pricing = price_order(placed, terms)
    on_terms = placed.terms is not PaymentTerms.PREPAID
    question = CreditQuestion(stage=StopStage.ACCEPTANCE, on_terms=on_terms, review_at=at + timedelta(days=1))
    findings = find_all(session, pricing, terms.items, customer, tolerance, agreed, question, at)
    return Appraisal(
        placed=pricing.placed,
        customer=customer.customer if customer else placed.customer,
        findings=tuple(findings),
        derivations=pricing.derivations,
        unpriced=tuple(line.number for line in pricing.unpriced),
    )
