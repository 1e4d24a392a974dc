"""What is known about one payment: the open items that its words name, and those of whoever pays."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from database.remittances import announced, as_announced, documents_of
from database.tables import AccountApplication, BankMatch, BankPayer, Customer, Invoice, Order, Payment
from domain.bank import BankEntry, squashed
from domain.cash_application import CONFIDENCE, Book, OpenItem, Proposal, Rule, propose
from domain.edi_documents import Remittance
from domain.order import PaymentTerms
from domain.payment_words import Words, words_of

MOST_OF_ONE_PAYER = 30
"""Open invoices of one payer that are looked at, the oldest first; those of the very amount are looked at in any case."""
MOST_NAMED = 500
"""Invoices that one payment may name."""

_LEGAL_FORM = re.compile(
    r"\b(GMBH( & CO\.? KG)?|AG|KGAA|KG|OHG|UG|E\.?K|LTD|LIMITED|PLC|LLC|INC|CORP|CO|SARL|SAS|SA|BV|NV|SRL|SPA|OY|AB|APS|A/S)\b\.?"
)


def read_payment(session: Session, entry: BankEntry) -> Proposal:
    """What the rules of cash application make of a payment. Reads only.

    What its words say to the cent needs no look at the payer: it is the same whoever pays.
    """
    remittance = announced(session, entry)
    if remittance is None:
        return _as_worded(session, entry)
    if (proposal := _as_announced(session, entry, remittance)) is not None:
        return proposal
    worded = _as_worded(session, entry)
    if worded.applies:
        return worded
    said = ", ".join(f"{line.invoice} {line.paid}" for line in remittance.lines)
    because = f"{worded.because}; the remittance {remittance.reference} says {said}, which does not fit what is open"
    return worded.model_copy(update={"because": because[:2_000]})


def _as_worded(session: Session, entry: BankEntry) -> Proposal:
    """What the payment says by itself."""
    named, unknown = _named(session, words_of(entry))
    proposal = propose(entry, Book(named=named, unknown=unknown))
    if proposal.rule is not None and proposal.score == CONFIDENCE[proposal.rule]:
        return proposal
    payers, sure = _payers(session, entry)
    of_payers = _of_customers(session, sorted(payers), entry) if payers else []
    book = Book(
        named=named,
        payers=payers,
        sure=sure,
        of_payers=tuple(of_payers),
        more=len(of_payers) > MOST_OF_ONE_PAYER,
        same_amount=tuple(_of_amount(session, entry)),
        unknown=unknown,
    )
    return propose(entry, book)


def _as_announced(session: Session, entry: BankEntry, remittance: Remittance) -> Proposal | None:
    """What the payer's remittance says; None where it does not fit what is open or whose account paid."""
    documents = documents_of(session, remittance)
    items = {item.document: item for item in open_items(session, Invoice.document.in_(documents))}
    payers, sure = _payers(session, entry)
    if sure and not {item.customer for item in items.values()} <= payers.keys():
        return None
    return as_announced(remittance, documents, items, entry.amount.minor)


def _named(session: Session, words: Words) -> tuple[dict[Rule, tuple[OpenItem, ...]], tuple[str, ...]]:
    """The items that the payer's words name, by the rule that found them, and the invoices that nobody knows."""
    documents = {
        Rule.CREDITOR_REFERENCE: words.by_reference,
        Rule.END_TO_END: words.by_end_to_end,
        Rule.INVOICE_NUMBER: words.in_text,
    }
    wanted = sorted({document for listed in documents.values() for document in listed})
    found = {item.document: item for item in open_items(session, Invoice.document.in_(wanted))} if wanted else {}
    named = {rule: tuple(found[d] for d in listed if d in found) for rule, listed in documents.items()}
    if not any(named.values()):
        named |= _by_order(session, words)
    return {rule: items for rule, items in named.items() if items}, tuple(d for d in wanted if d not in found)


def open_items(session: Session, *which: ColumnElement[bool], most: int = MOST_NAMED) -> list[OpenItem]:
    """Invoices of customers of ours, also paid ones, with what is still to come: less what is on its way to their orders."""
    chosen = select(Invoice, Order).join(Order, Order.order == Invoice.order).where(Order.customer.is_not(None), *which)
    rows = list(session.execute(chosen.order_by(Invoice.due_at, Invoice.document).limit(most)))
    coming = _on_their_way(session, [invoice.order for invoice, _ in rows])
    return [
        OpenItem(
            order=invoice.order,
            invoice=invoice.invoice,
            document=invoice.document,
            customer=order.customer or "",
            currency=order.currency,
            total=invoice.total,
            open=max(0, invoice.balance - coming.get((invoice.order, invoice.invoice), 0)),
            issued_at=invoice.issued_at,
            due_at=invoice.due_at,
            discount=offered_discount(invoice),
        )
        for invoice, order in rows
    ]


def offered_discount(invoice: Invoice) -> int:
    """Minor units that are given up here for paying early: none, for the order knows its terms and books what was earned on that day."""
    return 0


def advance_items(session: Session, *which: ColumnElement[bool]) -> list[OpenItem]:
    """Open orders on terms that have no invoice yet, with what they may be paid in advance: their total, less what came."""
    invoiced = select(Invoice.order).where(Invoice.order == Order.order).exists()
    chosen = select(Order).where(Order.customer.is_not(None), Order.outcome == "", Order.terms != PaymentTerms.PREPAID.value, ~invoiced)
    orders = list(session.scalars(chosen.where(*which).order_by(Order.order).limit(MOST_NAMED)))
    keys = [order.order for order in orders]
    coming = _on_their_way(session, keys)
    came = select(Payment.order, func.sum(Payment.amount)).where(Payment.order.in_(keys), ~Payment.reversed).group_by(Payment.order)
    paid = {order: int(amount) for order, amount in session.execute(came)}
    return [
        OpenItem(
            order=order.order,
            invoice=0,
            document=order.order,
            customer=order.customer or "",
            currency=order.currency,
            total=order.total,
            open=max(0, order.total - paid.get(order.order, 0) - coming.get((order.order, 0), 0)),
            issued_at=order.placed_at,
            due_at=order.placed_at,
        )
        for order in orders
    ]


def _on_their_way(session: Session, orders: Sequence[str]) -> dict[tuple[str, int], int]:
    """Minor units by order and invoice that were matched or applied from an account, and that the order has not booked yet."""
    found: dict[tuple[str, int], int] = {}
    if not orders:
        return found
    booked = select(Payment.payment)
    for table, amount in (
        (BankMatch, BankMatch.amount + BankMatch.written_off),
        (AccountApplication, AccountApplication.amount + 0),
    ):
        here = and_(Payment.order == table.order, Payment.payment == table.payment)
        chosen = (
            select(table.order, table.invoice, func.sum(amount))
            .where(table.order.in_(set(orders)), table.state == "standing", ~booked.where(here).exists())
            .group_by(table.order, table.invoice)
        )
        for order, invoice, minor in session.execute(chosen):
            found[order, invoice] = found.get((order, invoice), 0) + int(minor)
    return found


def _by_order(session: Session, words: Words) -> dict[Rule, tuple[OpenItem, ...]]:
    if not words.tokens:
        return {}
    tokens = {token for word in words.tokens for token in (word, word.lower())}
    named = or_(Order.external_id.in_(tokens), Order.order.in_(tokens), func.upper(Order.order).in_(tokens))
    mine = Order.po_number.in_(tokens)
    found = {}
    for rule, which in ((Rule.ORDER_NUMBER, named), (Rule.PURCHASE_ORDER, mine)):
        items = [*open_items(session, which, Invoice.balance > 0), *advance_items(session, which)]
        if items:
            found[rule] = tuple(items)
    return found


def _payers(session: Session, entry: BankEntry) -> tuple[dict[str, str], bool]:
    if entry.iban:
        learned = list(session.scalars(select(BankPayer.customer).where(BankPayer.iban == entry.iban).order_by(BankPayer.customer)))
        if learned:
            return dict.fromkeys(learned, "by an account that has paid for them before"), True
    name = bare_name(entry.payer)
    if not name:
        return {}, False
    chosen = select(Customer.customer, Customer.name).order_by(Customer.customer)
    if entry.payer[0].isascii() and entry.payer[0].isalnum():  # of other letters a database does not know the other case
        chosen = chosen.where(func.lower(Customer.name).like(f"{entry.payer[0].lower()}%"))
    return {customer: "by name" for customer, known in session.execute(chosen) if bare_name(known) == name}, False


def bare_name(name: str) -> str:
    """A company's name without its legal form, blanks and signs: "Kaffeekontor Nord GmbH" and "KAFFEEKONTOR NORD" are one."""
    return squashed(_LEGAL_FORM.sub(" ", name.upper())) or squashed(name)


def _of_customers(session: Session, customers: Sequence[str], entry: BankEntry) -> list[OpenItem]:
    """The oldest open invoices, one more than are looked at where there are more, and with these all of the payment's amount."""
    theirs = (Order.customer.in_(customers), Invoice.balance > 0)
    oldest = open_items(session, *theirs, most=MOST_OF_ONE_PAYER + 1)
    if len(oldest) <= MOST_OF_ONE_PAYER:
        return oldest
    same = open_items(session, *theirs, Invoice.balance == entry.amount.minor)
    return list({(item.order, item.invoice): item for item in [*oldest, *same]}.values())


def _of_amount(session: Session, entry: BankEntry) -> list[OpenItem]:
    same = open_items(session, Invoice.balance == entry.amount.minor, Order.currency == entry.amount.currency, Invoice.balance > 0)
    return [item for item in same if item.open == entry.amount.minor][:5]
