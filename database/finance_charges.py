"""Finance charges in the database: what is overdue of whom, charged once for each day, booked on the customer's account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.accounts import account_locked
from database.locks import next_number
from database.tables import (
    AccountEntry,
    Customer,
    FinanceChargeDocument,
    FinanceChargeLine,
    FinanceChargeRate,
    FinanceChargeTermsRow,
    Invoice,
    Order,
    ReceivableEntry,
)
from domain.errors import NotFound
from domain.finance_charges import Charge, FinanceCharge, FinanceChargeTerms, Method, OpenItem, Rate, charges
from domain.money import Money

KIND = "finance_charge"
"""The kind of its entry in the ledger of customers' accounts: it belongs to no single order."""


def read_charge_terms(session: Session, code: str) -> FinanceChargeTerms:
    """Raises NotFound."""
    row = session.get(FinanceChargeTermsRow, code)
    if row is None:
        raise NotFound("set of finance charge terms", code)
    rates = session.scalars(select(FinanceChargeRate).where(FinanceChargeRate.terms == code).order_by(FinanceChargeRate.from_date))
    return FinanceChargeTerms(
        code=code,
        description=row.description,
        method=Method(row.method),
        grace_days=row.grace_days,
        minimum=Decimal(row.minimum),
        rates=tuple(Rate(from_date=rate.from_date, percent=Decimal(rate.percent), period=rate.period) for rate in rates),
    )


def write_charge_terms(session: Session, terms: FinanceChargeTerms) -> None:
    """Set terms up; rates are added or corrected by their date, never removed: what was charged stays explained."""
    row = session.get(FinanceChargeTermsRow, terms.code) or FinanceChargeTermsRow(terms=terms.code)
    row.description, row.method = terms.description, terms.method.value
    row.grace_days, row.minimum = terms.grace_days, str(terms.minimum)
    session.add(row)
    session.flush()
    for rate in terms.rates:
        session.merge(FinanceChargeRate(terms=terms.code, from_date=rate.from_date, percent=str(rate.percent), period=rate.period))
    session.flush()


def charged_customers(session: Session) -> list[str]:
    """The customers who have finance charge terms, in their order."""
    return list(session.scalars(select(Customer.customer).where(Customer.finance_charge_terms.is_not(None)).order_by(Customer.customer)))


def try_charges(session: Session, customer: str, until: date) -> list[FinanceCharge]:
    """What a customer would be charged until the end of that day (UTC), by currency; changes nothing."""
    code = session.scalar(select(Customer.finance_charge_terms).where(Customer.customer == customer))
    if code is None:
        return []
    terms = read_charge_terms(session, code)
    found = []
    for currency, items in sorted(_open_items(session, customer).items()):
        lines = charges(terms, items, until, currency)
        if lines:
            found.append(FinanceCharge(customer=customer, currency=currency, terms=code, until=until, lines=lines))
    return found


def post_charges(session: Session, customer: str, until: date, at: datetime) -> list[FinanceCharge]:
    """Charge a customer until the end of that day: a document and an entry for each currency. Days that were charged are never again."""
    account_locked(session, customer)
    return [_post(session, charge, at) for charge in try_charges(session, customer, until)]


def _post(session: Session, charge: FinanceCharge, at: datetime) -> FinanceCharge:
    sequence = next_number(session, "FC")
    document = f"FC-{sequence:06d}"
    total = charge.total
    session.add(
        FinanceChargeDocument(
            document=document,
            sequence=sequence,
            customer=charge.customer,
            currency=charge.currency,
            terms=charge.terms,
            until=charge.until,
            amount=total.minor,
            at=at,
        )
    )
    session.flush()
    session.add_all(_row(document, line) for line in charge.lines)
    session.add(
        AccountEntry(
            key=f"finance-charge/{document}",
            customer=charge.customer,
            currency=charge.currency,
            kind=KIND,
            amount=total.minor,
            reference=document,
            note=f"interest until {charge.until}",
            at=at,
        )
    )
    session.flush()
    return charge.model_copy(update={"document": document, "at": at})


def _row(document: str, line: Charge) -> FinanceChargeLine:
    return FinanceChargeLine(
        document=document,
        order=line.order,
        invoice=line.invoice,
        since=line.since,
        until=line.until,
        balance=line.balance.minor,
        percent=str(line.rate.percent),
        period=line.rate.period,
        amount=line.amount.minor,
    )


def _open_items(session: Session, customer: str) -> dict[str, list[OpenItem]]:
    """By currency: every invoice on terms that was ever late, with the principal by day; a disputed one bears nothing while it is."""
    charged = {
        (order, invoice): until
        for order, invoice, until in session.execute(
            select(FinanceChargeLine.order, FinanceChargeLine.invoice, func.max(FinanceChargeLine.until))
            .join(Order, Order.order == FinanceChargeLine.order)
            .where(Order.customer == customer)
            .group_by(FinanceChargeLine.order, FinanceChargeLine.invoice)
        )
    }
    chosen = (
        select(Invoice, Order.currency)
        .join(Order, Order.order == Invoice.order)
        .where(Order.customer == customer, Invoice.terms != "prepaid", Invoice.dispute_review_at.is_(None))
        .order_by(Invoice.due_at, Invoice.order, Invoice.invoice)
    )
    found: dict[str, list[OpenItem]] = defaultdict(list)
    for invoice, currency in session.execute(chosen):
        found[currency].append(
            OpenItem(
                order=invoice.order,
                invoice=invoice.invoice,
                due=invoice.due_at.astimezone(UTC).date(),
                balances=tuple(_balances(session, invoice)),
                charged_until=charged.get((invoice.order, invoice.invoice)),
            )
        )
    return found


def _balances(session: Session, invoice: Invoice) -> Iterator[tuple[date, int]]:
    """The principal at the end of each day on which it changed: fees and what pays them bear no interest."""
    chosen = select(ReceivableEntry.at, ReceivableEntry.kind, ReceivableEntry.amount).where(
        ReceivableEntry.order == invoice.order, ReceivableEntry.invoice == invoice.invoice
    )
    days: dict[date, int] = {}
    principal = 0
    for at, kind, amount in session.execute(chosen.order_by(ReceivableEntry.at, ReceivableEntry.id)):
        principal += amount if kind != "fee" else 0
        days[at.astimezone(UTC).date()] = principal
    for day, minor in days.items():
        yield day, max(minor, 0)


def end_of(day: date) -> datetime:
    """The last moment of a day, in UTC."""
    return datetime.combine(day, time.min, UTC) + timedelta(days=1)


def total_of(found: list[FinanceCharge], currency: str) -> Money:
    return Money.total((charge.total for charge in found if charge.currency == currency), currency)
