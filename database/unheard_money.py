"""Money that a payment service tells of when its order is over: it is the customer's, or the customer owes it, and somebody sees it.

What came in is on the customer's account. What was taken back (a chargeback) is owed on it, and a claim on the customer has a due date for
whoever follows it (`oms claims`). An order of nobody we know has no account: the claim stands alone, and money that came in stays on the
list of what was not heard, for a person to pay back.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.accounts import account_locked, enter_account
from database.debts import open_claim
from database.journal import insert_once
from database.tables import AccountEntry, ClaimRow, GatewayEventRow, Order, OutboxFact, Payment
from domain.claims import Against
from domain.messages import PaymentReceived, PaymentReversed, parse_fact
from domain.money import Money

CHARGEBACK = "chargeback"
"""The kind of its entry in the ledger of customers' accounts: like interest, it may be more than they have there."""


def event_of(session: Session, message_id: str) -> GatewayEventRow | None:
    """The event of a payment service that a fact came from; none for any other fact."""
    gateway, _, rest = message_id.partition("/")
    found = session.get(GatewayEventRow, rest.partition("/")[0])
    return found if found is not None and found.gateway == gateway else None


def book_unheard(session: Session, told: OutboxFact, at: datetime) -> None:
    """Book what the order would not hear, once for the payment and the dispute, however many events tell of it."""
    event, order = event_of(session, told.message_id), session.get(Order, told.order)
    if event is None or order is None or not told.outcome:
        return
    fact = parse_fact(told.name, told.body.encode())
    if isinstance(fact, PaymentReceived) and order.customer is not None:
        key = account_key(event.gateway, fact)
        kept = Money(minor=-fact.amount.minor, currency=fact.amount.currency)
        about = {"order": order.order, "reference": fact.payment, "note": told.outcome}
        enter_account(session, key, order.customer, "received", kept, at, **about)
    elif isinstance(fact, PaymentReversed):
        _charge_back(session, event, order, fact, told.outcome, at)


def account_key(gateway: str, fact: PaymentReceived | PaymentReversed, reference: str = "") -> str:
    """Under which money of a payment service stands on an account."""
    return f"gateway/{gateway}/{fact.payment}" + (f"/{CHARGEBACK}/{reference}" if isinstance(fact, PaymentReversed) else "")


def booked(session: Session, told: OutboxFact) -> str:
    """Where money that was not heard stands, in words; empty when nobody has booked it, or there was none."""
    event, order = event_of(session, told.message_id), session.get(Order, told.order)
    if event is None or order is None or told.name not in ("payment_received", "payment_reversed"):
        return ""
    fact = parse_fact(told.name, told.body.encode())
    assert isinstance(fact, PaymentReceived | PaymentReversed)
    key = account_key(event.gateway, fact, event.reference)
    entry = session.scalars(select(AccountEntry).where(AccountEntry.key == key)).one_or_none()
    claim = session.scalars(select(ClaimRow).where(ClaimRow.key == key)).one_or_none()
    said = []
    if entry is not None:
        amount = Money(minor=abs(entry.amount), currency=entry.currency)
        said.append(f"{amount} {'owed on' if entry.amount > 0 else 'on'} the account of {entry.customer}")
    if claim is not None:
        said.append(f"claim {claim.claim} on {claim.party}")
    return ", ".join(said)


def _charge_back(session: Session, event: GatewayEventRow, order: Order, fact: PaymentReversed, outcome: str, at: datetime) -> None:
    payment = session.get(Payment, (order.order, fact.payment))
    if payment is None:
        return
    amount = Money(minor=payment.amount - payment.refunded, currency=order.currency)
    key = account_key(event.gateway, fact, event.reference)
    if order.customer is not None:
        account_locked(session, order.customer)
        entry = {"key": key, "customer": order.customer, "currency": amount.currency, "kind": CHARGEBACK, "amount": amount.minor}
        entry |= {"order": order.order, "reference": fact.payment, "note": fact.reason[:200], "at": at}
        insert_once(session, AccountEntry, entry)
    party = order.customer or order.stated_customer or "a customer without an account"
    why = f"{fact.reason} of payment {fact.payment}; {outcome[0].lower()}{outcome[1:]}"
    open_claim(session, key, Against.CUSTOMER, party, order.order, amount, why[:1_000], at)
