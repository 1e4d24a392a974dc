"""Receivables of other currencies in the ledger's: carried at the rate of the invoice's day, paid at the rate of the payment's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Executable, func, select
from sqlalchemy.orm import Session

from database.exchange_refunds import book_refunds, booked_refunds, given_back, refund_differences, unbooked_refunds
from database.locks import order_kept, order_of
from database.rates import rate_on
from database.tables import ExchangeEntry, ExchangeRate, ExchangeRefund, ForeignPayment, Invoice, Order, Payment, ReceivableEntry
from domain.errors import Refused
from domain.exchange import DifferenceView, MissingRate, Rate, RatesSet, at_rate, take
from domain.money import Money, is_currency

FOREIGN = Order.currency != Order.ledger_currency


def entered(session: Session, order: str) -> None:
    """An entry was added to the receivables ledger: of an order in another currency it is booked in the ledger's, too."""
    row = order_kept(session, order)
    if row.currency != row.ledger_currency:
        book(session, row)


def book(session: Session, order: Order) -> int:
    """Book every entry about an invoice of the order that is not booked, in their order, as far as rates are known; how many were.

    An invoice is carried at the rate of its day, with fees and credit notes at the same. A payment takes its share of what is carried, and
    its own share of what came in at the rate of its day: the difference is realised. A payment that is taken back gives back both.
    A refund gives back what was owed at the rate at which it arose, and goes out at that of its day: that difference is realised, too.
    Without a rate the order goes on, and what follows on the same invoice waits for it with it.
    """
    session.flush()
    money = _payments(session, order)
    rows: defaultdict[int, list[ExchangeEntry]] = defaultdict(list)
    for row in session.scalars(select(ExchangeEntry).where(ExchangeEntry.order == order.order).order_by(ExchangeEntry.id)):
        rows[row.invoice].append(row)
    done = {row.key for of_invoice in rows.values() for row in of_invoice}
    spent = [row for of_invoice in rows.values() for row in of_invoice if row.payment]
    mine = select(ReceivableEntry).where(ReceivableEntry.order == order.order, ReceivableEntry.invoice.is_not(None))
    stuck: set[int] = set()
    booked = 0
    refunded = booked_refunds(session, order.order)
    for entry in session.scalars(mine.order_by(ReceivableEntry.id)).all():
        assert entry.invoice is not None  # chosen so
        if entry.key in done or entry.invoice in stuck:
            continue
        new = _entry(session, order, entry, rows[entry.invoice], money, spent, refunded)
        if new is None:
            stuck.add(entry.invoice)
            continue
        session.add(new)
        rows[entry.invoice].append(new)
        if new.payment:
            spent.append(new)
        booked += 1
    heads = {invoice: row for invoice, of_invoice in rows.items() for row in of_invoice if row.kind == "invoice"}
    booked += book_refunds(session, order, heads, money, spent)
    session.flush()
    return booked


def set_rates(session: Session, rates: Iterable[Rate], at: datetime) -> RatesSet:
    """Keep rates by day, and book what waited for them. What is booked stays as it is when its rate is changed. Raises Refused."""
    changed = 0
    for rate in rates:
        if not is_currency(rate.currency) or rate.rate <= 0:
            raise Refused(f"There is no rate of {rate.rate} for {rate.currency!r}.")
        row = session.get(ExchangeRate, (rate.currency, rate.day))
        if row is None:
            row = ExchangeRate(currency=rate.currency, day=rate.day, rate="")
            session.add(row)
        if row.rate != str(rate.rate):
            row.rate, row.source, row.at = str(rate.rate), rate.source, at
            changed += 1
    session.flush()
    return RatesSet(rates=changed, booked=sum(book(session, order_of(session, order)) for order in _unbooked_orders(session)))


def missing_rates(session: Session) -> list[MissingRate]:
    """The rates without which invoices and payments cannot be booked, by currency and day."""
    found: defaultdict[tuple[str, date], list[tuple[str, int]]] = defaultdict(list)
    waiting = (_unbooked_invoices(), _unbooked_payments(), unbooked_refunds())
    for order, currency, amount, at in (row for chosen in waiting for row in session.execute(chosen)):
        found[currency, at.date()].append((order, abs(int(amount))))
    return [
        MissingRate(
            currency=currency,
            day=day,
            entries=len(each),
            amount=Money(minor=sum(amount for _, amount in each), currency=currency),
            orders=tuple(dict.fromkeys(order for order, _ in each)),
        )
        for (currency, day), each in sorted(found.items(), key=lambda pair: pair[0])
    ]


def differences(session: Session, order: str | None = None) -> list[DifferenceView]:
    """What was gained or lost in other currencies: on payments and reversals in the order in which it was booked, then on refunds."""
    chosen = (
        select(ExchangeEntry, Order.currency, Order.ledger_currency, ForeignPayment.rate, Invoice.document)
        .join(Order, Order.order == ExchangeEntry.order)
        .join(ForeignPayment, (ForeignPayment.order == ExchangeEntry.order) & (ForeignPayment.payment == ExchangeEntry.payment))
        .join(Invoice, (Invoice.order == ExchangeEntry.order) & (Invoice.invoice == ExchangeEntry.invoice))
        .order_by(ExchangeEntry.id)
    )
    return [
        DifferenceView(
            order=row.order,
            document=document,
            payment=row.payment,
            amount=Money(minor=-row.amount, currency=currency),
            carried=Money(minor=-row.ledger, currency=ledger),
            paid=Money(minor=row.paid, currency=ledger),
            difference=Money(minor=row.difference, currency=ledger),
            invoice_rate=Decimal(row.rate),
            payment_rate=Decimal(rate),
            at=row.at,
        )
        for row, currency, ledger, rate, document in session.execute(
            chosen if order is None else chosen.where(ExchangeEntry.order == order)
        )
    ] + refund_differences(session, order)


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _entry(
    session: Session,
    order: Order,
    entry: ReceivableEntry,
    before: list[ExchangeEntry],
    money: dict[str, ForeignPayment],
    spent: list[ExchangeEntry],
    refunded: list[ExchangeRefund],
) -> ExchangeEntry | None:
    """The booking of an entry; None while a rate for it is missing. `before` are those of its invoice, `spent` those of all payments."""
    if entry.kind == "invoice":
        known = rate_on(session, order.currency, entry.at.date())
        if known is None:
            return None
        ledger = at_rate(entry.amount, order.currency, known.rate, order.ledger_currency)
        return _row(entry, known, ledger)
    head = next((row for row in before if row.kind == "invoice"), None)
    if head is None:
        return None
    known = Rate(currency=order.currency, day=head.rate_on, rate=Decimal(head.rate))
    if entry.payment and entry.amount > 0:
        taken = [row for row in before if row.payment == entry.payment]
        of = -sum(row.amount for row in taken)
        ledger = take(-sum(row.ledger for row in taken), entry.amount, of)
        paid = take(sum(row.paid for row in taken), entry.amount, of)
        return _row(entry, known, ledger, -paid, ledger - paid)
    if entry.amount > 0:
        return _row(entry, known, at_rate(entry.amount, order.currency, known.rate, order.ledger_currency))
    part = -entry.amount
    carried = take(sum(row.ledger for row in before), part, sum(row.amount for row in before))
    if not entry.payment:
        return _row(entry, known, -carried)
    payment = money.get(entry.payment)
    if payment is None:
        return None
    used = [row for row in spent if row.payment == entry.payment]
    back, went = given_back(refunded, entry.payment)
    paid = take(payment.ledger - sum(row.paid for row in used) - went, part, payment.amount + sum(row.amount for row in used) - back)
    return _row(entry, known, -carried, paid, paid - carried)


def _row(entry: ReceivableEntry, known: Rate, ledger: int, paid: int = 0, difference: int = 0) -> ExchangeEntry:
    same = {name: getattr(entry, name) for name in ("key", "order", "invoice", "payment", "kind", "amount", "at")}
    return ExchangeEntry(**same, ledger=ledger, paid=paid, difference=difference, rate=str(known.rate), rate_on=known.day)


def _payments(session: Session, order: Order) -> dict[str, ForeignPayment]:
    """What the order's payments come to at the rates of their days; those without a rate are missing."""
    known = {row.payment: row for row in session.scalars(select(ForeignPayment).where(ForeignPayment.order == order.order))}
    for payment in session.scalars(select(Payment).where(Payment.order == order.order).order_by(Payment.at, Payment.payment)).all():
        rate = None if payment.payment in known else rate_on(session, order.currency, payment.at.date())
        if rate is not None:
            known[payment.payment] = ForeignPayment(
                order=order.order,
                payment=payment.payment,
                currency=order.currency,
                amount=payment.amount,
                ledger_currency=order.ledger_currency,
                ledger=at_rate(payment.amount, order.currency, rate.rate, order.ledger_currency),
                rate=str(rate.rate),
                rate_on=rate.day,
            )
            session.add(known[payment.payment])
    return known


def _unbooked_invoices() -> Executable:
    booked = select(ExchangeEntry.id).where(ExchangeEntry.key == ReceivableEntry.key).exists()
    return (
        select(Order.order, Order.currency, ReceivableEntry.amount, ReceivableEntry.at)
        .join(ReceivableEntry, ReceivableEntry.order == Order.order)
        .where(FOREIGN, ReceivableEntry.kind == "invoice", ~booked)
        .order_by(ReceivableEntry.id)
    )


def _unbooked_payments() -> Executable:
    its_own = (ForeignPayment.order == Payment.order) & (ForeignPayment.payment == Payment.payment)
    return (
        select(Order.order, Order.currency, Payment.amount, Payment.at)
        .join(Payment, Payment.order == Order.order)
        .where(FOREIGN, ~select(ForeignPayment.payment).where(its_own).exists())
        .order_by(Payment.at, Payment.order, Payment.payment)
    )


def _unbooked_orders(session: Session) -> list[str]:
    """Orders in another currency with something that no rate was known for, in the order of their keys."""
    booked = select(ExchangeEntry.id).where(ExchangeEntry.key == ReceivableEntry.key).exists()
    entries = (
        select(ReceivableEntry.order)
        .join(Order, Order.order == ReceivableEntry.order)
        .where(FOREIGN, ReceivableEntry.invoice.is_not(None), ~booked)
    )
    others = (order for chosen in (_unbooked_payments(), unbooked_refunds()) for order, *_ in session.execute(chosen))
    return sorted({*session.scalars(entries), *others})


def carried(session: Session, order: str, invoice: int) -> int:
    """Minor units of the ledger's currency at which an invoice stands."""
    mine = (ExchangeEntry.order == order, ExchangeEntry.invoice == invoice)
    return int(session.scalar(select(func.coalesce(func.sum(ExchangeEntry.ledger), 0)).where(*mine)) or 0)
