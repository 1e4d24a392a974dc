"""Exposure: what a customer or a family of accounts owes and will owe, each unit of money counted once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from typing import cast as cast_to

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Integer,
    SQLColumnExpression,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from database.tables import AccountEntry, Customer, Invoice, InvoiceLineRow, Order, OrderLine, ReceivableEntry
from domain.credit import BilledLine, Exposure, to_come
from domain.money import Money
from domain.order import PaymentTerms

ON_TERMS = Order.terms != PaymentTerms.PREPAID.value


@dataclass(frozen=True)
class Whose:
    """Which customers are meant, as a condition on a column that names one: a customer, or with `family` a parent and all its accounts."""

    customer: str | BindParameter[str]
    family: bool = False

    def __call__(self, column: Any) -> ColumnElement[bool]:
        if not self.family:
            return cast_to(ColumnElement[bool], column == self.customer)
        head = self.customer
        accounts = select(Customer.customer).where(or_(Customer.customer == head, Customer.parent == head))
        return cast_to(ColumnElement[bool], column.in_(accounts))


def the_customer(customer: str) -> Whose:
    return Whose(customer)


def the_family(head: str) -> Whose:
    """The parent and all its accounts."""
    return Whose(head, family=True)


def exposure(session: Session, whose: Whose, currency: str, leave_out: str = "") -> Exposure:
    """Invoices' balances, what has shipped without an invoice and what accepted orders on terms have not shipped, less money on account.

    Money that a card was charged for goods without an invoice yet belongs to these, and prepaid orders use no credit. `leave_out` is an
    order whose goods are not counted. Two statements at most: the second only for orders of which units were cancelled, or of which some
    have shipped without an invoice.
    """
    sums = {"balances": 0, "on_account": 0, "account": 0}
    unshipped = uninvoiced = 0
    odd: dict[str, tuple[int, int]] = {}
    asked = {"whose": whose.customer, "currency": currency, "leave_out": leave_out}
    rows = session.execute(_what_is_owed(whose.family), asked)
    for part, minor, billed, left, out, gone, on_paper in rows:
        if part in sums:
            sums[part] = int(minor)
        elif gone or out != on_paper:
            odd[part] = (int(minor), int(billed))
        else:
            unshipped += int(minor) - int(billed) if left else 0
    for order, lines in (billed_lines(session, odd) if odd else {}).items():
        waits, left_the_house = to_come(*odd[order], lines)
        unshipped, uninvoiced = unshipped + waits, uninvoiced + left_the_house

    def money(minor: int) -> Money:
        return Money(minor=minor, currency=currency)

    return Exposure(
        balances=money(sums["balances"]),
        uninvoiced=money(uninvoiced),
        unshipped=money(unshipped),
        on_account=money(sums["on_account"] + sums["account"]),
    )


@cache
def _what_is_owed(family: bool) -> CompoundSelect[Any]:
    """The first statement, made once: putting it together costs more than the database needs to answer it."""
    whose, currency = Whose(bindparam("whose", type_=String()), family), bindparam("currency", type_=String())
    mine = (whose(Order.customer), Order.currency == currency)
    accepted = and_(
        *mine, ON_TERMS, Order.accepted_at.is_not(None), Order.outcome == "", Order.order != bindparam("leave_out", type_=String())
    )
    units = _by_order(
        accepted,
        OrderLine,
        to_ship=OrderLine.open + OrderLine.allocated + OrderLine.picked + OrderLine.packed,
        shipped=OrderLine.shipped,
        cancelled=OrderLine.cancelled,
        which=OrderLine.bills_to > 0,
    )
    billed_now = _by_order(accepted, Invoice, total=Invoice.total)
    on_paper_now = _by_order(accepted, InvoiceLineRow, units=InvoiceLineRow.quantity)
    to_ship, shipped, cancelled = (func.coalesce(column, 0) for column in (units.c.to_ship, units.c.shipped, units.c.cancelled))
    invoiced, on_invoices = func.coalesce(billed_now.c.total, 0), func.coalesce(on_paper_now.c.units, 0)
    nothing = literal(0)
    rows = (
        select(literal("balances").label("part"), func.coalesce(func.sum(Invoice.balance), 0).label("minor"), *(nothing,) * 5)
        .select_from(Invoice)
        .join(Order, Order.order == Invoice.order)
        .where(*mine, Invoice.balance > 0),
        select(literal("on_account"), func.coalesce(-func.sum(ReceivableEntry.amount), 0), *(nothing,) * 5)
        .select_from(ReceivableEntry)
        .join(Order, Order.order == ReceivableEntry.order)
        .where(*mine, ON_TERMS, ReceivableEntry.invoice.is_(None)),
        select(literal("account"), func.coalesce(-func.sum(AccountEntry.amount), 0), *(nothing,) * 5).where(
            whose(AccountEntry.customer), AccountEntry.currency == currency
        ),
        select(Order.order, Order.total, invoiced, to_ship, shipped, cancelled, on_invoices)
        .outerjoin(units, units.c.order == Order.order)
        .outerjoin(billed_now, billed_now.c.order == Order.order)
        .outerjoin(on_paper_now, on_paper_now.c.order == Order.order)
        .where(accepted, or_(to_ship > 0, shipped != on_invoices)),
    )
    return union_all(*rows)


def billed_lines(session: Session, orders: Iterable[str]) -> dict[str, list[BilledLine]]:
    """The money of each placed line of these orders, with the units that take it."""
    billed = InvoiceLineRow.gross - InvoiceLineRow.discount + case((Invoice.taxes_included, 0), else_=InvoiceLineRow.tax)
    on_paper = (
        select(
            InvoiceLineRow.order,
            InvoiceLineRow.line,
            func.sum(InvoiceLineRow.quantity).label("units"),
            func.sum(billed).label("amount"),
        )
        .join(Invoice, and_(Invoice.order == InvoiceLineRow.order, Invoice.invoice == InvoiceLineRow.invoice))
        .where(InvoiceLineRow.order.in_(list(orders)))
        .group_by(InvoiceLineRow.order, InvoiceLineRow.line)
        .subquery()
    )
    its_own = and_(on_paper.c.order == OrderLine.order, on_paper.c.line == OrderLine.line)
    units, amount = (cast(func.coalesce(column, 0), Integer) for column in (on_paper.c.units, on_paper.c.amount))
    chosen = select(OrderLine, units, amount).outerjoin(on_paper, its_own).where(OrderLine.order.in_(list(orders)), OrderLine.bills_to > 0)
    found: defaultdict[tuple[str, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line, invoiced, invoiced_amount in session.execute(chosen):
        money = found[line.order, line.bills_to]
        money["amount"] += line.amount
        money["priced"] += line.priced
        money["to_ship"] += line.open + line.allocated + line.picked + line.packed
        money["shipped"] += line.shipped
        money["invoiced"] += int(invoiced)
        money["invoiced_amount"] += int(invoiced_amount)
    by_order: dict[str, list[BilledLine]] = {}
    for (order, _), money in found.items():
        by_order.setdefault(order, []).append(BilledLine(**money))
    return by_order


def currencies_of(session: Session, whose: Whose) -> list[str]:
    """Every currency in which there is something to count, in their order."""
    rows = union_all(
        select(Order.currency).where(whose(Order.customer)), select(AccountEntry.currency).where(whose(AccountEntry.customer))
    ).subquery()
    return list(session.scalars(select(rows.c.currency).distinct().order_by(rows.c.currency)))


def _by_order(
    accepted: ColumnElement[bool],
    table: type[OrderLine | Invoice | InvoiceLineRow],
    which: ColumnElement[bool] | None = None,
    **columns: SQLColumnExpression[int],
) -> Subquery:
    """Sums by order over the accepted orders: one pass, however many orders a customer has."""
    sums = (func.sum(column).label(name) for name, column in columns.items())
    chosen = select(table.order, *sums).join(Order, Order.order == table.order).where(accepted).group_by(table.order)
    return (chosen if which is None else chosen.where(which)).subquery()
