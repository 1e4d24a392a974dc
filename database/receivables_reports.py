"""Reports on receivables, read from the ledgers as they stood at a moment: ageing, statements of account, DSO and CEI."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from database.tables import AccountEntry, Customer, Invoice, Order, ReceivableEntry
from domain.ageing import AgeingRow, Collection, OpenInvoice, Statement, StatementLine, bucket, by_customer
from domain.errors import NotFound
from domain.money import Money


def open_invoices(session: Session, at: datetime, customer: str | None = None) -> list[OpenInvoice]:
    """Every invoice with a balance at that moment, oldest due date first."""
    entry = ReceivableEntry
    balance = func.sum(entry.amount)
    chosen = (
        select(Invoice, Order.customer, Order.currency, func.coalesce(Customer.name, ""), balance)
        .join(entry, and_(entry.order == Invoice.order, entry.invoice == Invoice.invoice))
        .join(Order, Order.order == Invoice.order)
        .outerjoin(Customer, Customer.customer == Order.customer)
        .where(entry.at <= at, Invoice.issued_at <= at)
        .group_by(*Invoice.__table__.c, Order.customer, Order.currency, Customer.name)
        .having(balance != 0)
        .order_by(Invoice.due_at, Invoice.order, Invoice.invoice)
    )
    if customer is not None:
        chosen = chosen.where(Order.customer == customer)
    today = at.astimezone(UTC).date()
    return [
        OpenInvoice(
            customer=whose or "",
            name=name,
            order=invoice.order,
            document=invoice.document,
            due_at=invoice.due_at,
            balance=Money(minor=int(minor), currency=currency),
            days_late=(today - invoice.due_at.astimezone(UTC).date()).days,
            bucket=bucket(invoice.due_at.astimezone(UTC).date(), today),
        )
        for invoice, whose, currency, name, minor in session.execute(chosen)
    ]


def on_accounts(session: Session, at: datetime, customer: str | None = None) -> dict[tuple[str, str], int]:
    """By customer and currency: what no invoice names, of their orders' ledgers and of their own account. Negative is theirs."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    orders = (
        select(func.coalesce(Order.customer, ""), Order.currency, func.sum(ReceivableEntry.amount))
        .join(Order, Order.order == ReceivableEntry.order)
        .where(ReceivableEntry.invoice.is_(None), ReceivableEntry.at <= at)
        .group_by(Order.customer, Order.currency)
    )
    accounts = (
        select(AccountEntry.customer, AccountEntry.currency, func.sum(AccountEntry.amount))
        .where(AccountEntry.at <= at)
        .group_by(AccountEntry.customer, AccountEntry.currency)
    )
    if customer is not None:
        orders, accounts = orders.where(Order.customer == customer), accounts.where(AccountEntry.customer == customer)
    for whose, currency, minor in [*session.execute(orders), *session.execute(accounts)]:
        found[whose, currency] += int(minor)
    return {key: minor for key, minor in found.items() if minor}


def ageing(session: Session, at: datetime, customer: str | None = None) -> list[AgeingRow]:
    """Who owes what since when, by customer and currency."""
    names = {row.customer: row.name for row in session.execute(select(Customer.customer, Customer.name))}
    return by_customer(open_invoices(session, at, customer), on_accounts(session, at, customer), names)


def collections(session: Session, at: datetime, days: int) -> list[Collection]:
    """DSO and CEI of the `days` before `at`, by currency."""
    begin = at - timedelta(days=days)
    sold = (
        select(Order.currency, func.sum(Invoice.total))
        .join(Order, Order.order == Invoice.order)
        .where(Invoice.terms != "prepaid", Invoice.issued_at > begin, Invoice.issued_at <= at)
        .group_by(Order.currency)
    )
    sales = {currency: int(minor) for currency, minor in session.execute(sold)}
    before, after = _open(session, begin), _open(session, at)
    return [
        Collection(
            currency=currency,
            at=at,
            days=days,
            beginning=before.get(currency, (0, 0))[0],
            sales=sales.get(currency, 0),
            ending=after.get(currency, (0, 0))[0],
            current=after.get(currency, (0, 0))[1],
        )
        for currency in sorted(sales.keys() | before.keys() | after.keys())
    ]


def statements(session: Session, customer: str, since: datetime, until: datetime) -> list[Statement]:
    """A customer's statements of account, one for each currency in which anything ever happened. Raises NotFound."""
    known = session.get(Customer, customer)
    if known is None:
        raise NotFound("customer", customer)
    entries = sorted(_entries(session, customer, until), key=lambda pair: (pair[1].at, pair[1].reference))
    ages = {row.currency: row for row in ageing(session, until, customer)}
    found = []
    for currency in sorted({currency for currency, _ in entries} | ages.keys()) or [known.currency]:
        mine = [line for written, line in entries if written == currency]
        opening = sum(line.amount for line in mine if line.at < since)
        balance, lines = opening, []
        for line in mine:
            if line.at >= since:
                balance += line.amount
                lines.append(line.model_copy(update={"balance": balance}))
        nothing = AgeingRow(customer=customer, name=known.name, currency=currency, buckets={})
        found.append(
            Statement(
                customer=customer,
                name=known.name,
                currency=currency,
                language=known.language,
                since=since,
                until=until,
                opening=opening,
                lines=tuple(lines),
                closing=balance,
                ageing=ages.get(currency, nothing),
            )
        )
    return found


def any_order(session: Session, customer: str) -> str | None:
    """The customer's latest order: its address is where papers go."""
    chosen = select(Order.order).where(Order.customer == customer).order_by(Order.placed_at.desc(), Order.order)
    return session.scalars(chosen.limit(1)).one_or_none()


def _entries(session: Session, customer: str, until: datetime) -> list[tuple[str, StatementLine]]:
    """The customer's entries by currency: those of one step and kind are one line, and what only moved within the account is none."""
    chosen = (
        select(ReceivableEntry, Order.currency, Invoice.document)
        .join(Order, Order.order == ReceivableEntry.order)
        .outerjoin(Invoice, and_(Invoice.order == ReceivableEntry.order, Invoice.invoice == ReceivableEntry.invoice))
        .where(Order.customer == customer, ReceivableEntry.at <= until)
        .order_by(ReceivableEntry.id)
    )
    grouped: dict[tuple[str, str], tuple[str, StatementLine]] = {}
    for entry, currency, document in session.execute(chosen):
        step = (entry.key.rpartition(f"/{entry.kind}/")[0], entry.kind)
        before = grouped[step][1].amount if step in grouped else 0
        line = StatementLine(
            at=entry.at,
            kind=entry.kind,
            reference=entry.payment or (entry.note.partition(",")[0] if entry.kind == "fee" else "") or document or entry.note,
            order=entry.order,
            amount=before + entry.amount,
            balance=0,
        )
        grouped[step] = (currency, line)
    account = select(AccountEntry).where(AccountEntry.customer == customer, AccountEntry.at <= until).order_by(AccountEntry.id)
    own = [
        (row.currency, StatementLine(at=row.at, kind=row.kind, reference=row.reference, order=row.order, amount=row.amount, balance=0))
        for row in session.scalars(account)
    ]
    return [pair for pair in [*grouped.values(), *own] if pair[1].amount]


def _open(session: Session, at: datetime) -> dict[str, tuple[int, int]]:
    """By currency: what was owed on invoices at that moment, and how much of it was not due."""
    found: dict[str, tuple[int, int]] = {}
    for each in open_invoices(session, at):
        total, current = found.get(each.balance.currency, (0, 0))
        minor = each.balance.minor
        found[each.balance.currency] = (total + minor, current + (minor if each.bucket == "not_due" else 0))
    return found
