"""Carrying out what a payment is for: its parts, the facts that orders have yet to hear, and the customer's account.

A transaction writes the parts and the outbox together; the messenger tells the orders. What an order will not hear goes to the customer's
account in the transaction that notes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from database import outbox, unheard_money
from database.accounts import account_locked, enter_account, on_account
from database.journal import insert_once
from database.tables import AccountApplication, BankEntryRow, BankMatch, BankPayer, Counter, Order, OutboxFact
from domain.bank import entry_name
from domain.cash_application import Allocation, Proposal, Rule
from domain.messages import Allowance, PaymentReceived, PaymentReversed
from domain.money import Money

BANK = "bank"
"""Who speaks when a statement tells of a payment."""


def at_the_till(session: Session) -> None:
    """One hand at a time: whoever applies cash holds this lock, so that two readers of one file are one after the other."""
    session.execute(select(Counter).where(Counter.name == "BE").with_for_update())


def carry_out(session: Session, row: BankEntryRow, proposal: Proposal, by: str, at: datetime) -> None:
    """Make the parts of an entry as proposed, tell their orders and fill the account. The parts add up to the entry."""
    rule = proposal.rule
    assert rule is not None  # what does not apply is queued by the caller
    part = session.scalar(select(func.coalesce(func.max(BankMatch.part), 0)).where(BankMatch.entry == row.entry)) or 0
    for allocation in proposal.allocations:
        part += 1
        _pay(session, row, part, allocation, rule, proposal.score, by, at)
    if proposal.on_account:
        part += 1
        _keep(session, row, part, proposal, by, at)
    row.status = "matched" if proposal.allocations else "on_account"
    row.because, row.decided_by, row.decided_at = proposal.because, by, at
    row.candidates = "[]"
    customers = {allocation.item.customer for allocation in proposal.allocations} | ({proposal.customer} if proposal.on_account else set())
    if row.iban and len(customers) == 1 and rule is not Rule.PAYER_AND_AMOUNT:
        learn(session, row.iban, customers.pop(), at)


def _pay(session: Session, row: BankEntryRow, part: int, allocation: Allocation, rule: Rule, score: int, by: str, at: datetime) -> None:
    item, payment = allocation.item, payment_name(row.entry, part)
    session.add(
        BankMatch(
            entry=row.entry,
            part=part,
            order=item.order,
            invoice=item.invoice,
            document=item.document,
            customer=item.customer,
            amount=allocation.amount,
            written_off=allocation.written_off,
            reason=allocation.reason,
            rule=rule.value,
            score=score,
            by=by,
            at=at,
            payment=payment,
            state="standing",
            note="",
        )
    )
    allowance = None
    if allocation.written_off:
        given_up = Money(minor=allocation.written_off, currency=row.currency)
        allowance = Allowance(amount=given_up, reason=allocation.reason.replace("_", " "))
    fact = PaymentReceived(
        message_id=f"cash/{payment}",
        occurred_at=midnight(row.booked_on),
        actor=BANK,
        payment=payment,
        amount=Money(minor=allocation.amount, currency=row.currency),
        invoice=item.invoice or None,
        allowance=allowance,
    )
    outbox.put(session, item.order, fact, at)


def _keep(session: Session, row: BankEntryRow, part: int, proposal: Proposal, by: str, at: datetime) -> None:
    payment = payment_name(row.entry, part)
    session.add(
        BankMatch(
            entry=row.entry,
            part=part,
            customer=proposal.customer,
            amount=proposal.on_account,
            reason="overpaid" if proposal.allocations else "on_account",
            rule=proposal.rule.value if proposal.rule else "",
            score=proposal.score,
            by=by,
            at=at,
            payment=payment,
        )
    )
    kept = Money(minor=-proposal.on_account, currency=row.currency)
    enter_account(session, f"bank/{payment}", proposal.customer, "received", kept, at, reference=payment, note=proposal.because[:200])


def learn(session: Session, iban: str, customer: str, at: datetime) -> None:
    """This account has paid for this customer."""
    if not insert_once(session, BankPayer, {"iban": iban, "customer": customer, "times": 1, "last_at": at}):
        mine = (BankPayer.iban == iban) & (BankPayer.customer == customer)
        session.execute(update(BankPayer).where(mine).values(times=BankPayer.times + 1, last_at=at))


def standing_parts(session: Session, entry: int) -> list[BankMatch]:
    """The parts of an entry that were not taken back."""
    chosen = select(BankMatch).where(BankMatch.entry == entry, BankMatch.state != "reversed").order_by(BankMatch.part)
    return list(session.scalars(chosen))


def cannot_take_back(session: Session, parts: Sequence[BankMatch], currency: str) -> str:
    """Why the parts cannot all be taken back: an order that is over, money of an account that was used since; empty when they can."""
    kept: dict[str, int] = {}
    paid = sorted({part.order for part in parts if part.order and part.state == "standing"})
    over = session.scalars(select(Order.order).where(Order.order.in_(paid), Order.outcome != "").order_by(Order.order)).first()
    if over is not None:
        return f"order {over} is over, and what was paid there stands"
    for part in parts:
        if not part.order or part.state == "came_back":
            kept[part.customer] = kept.get(part.customer, 0) + part.amount
    for customer, amount in sorted(kept.items()):
        account_locked(session, customer)
        left = on_account(session, customer, currency)
        if left < amount:
            asked, there = Money(minor=amount, currency=currency), Money(minor=left, currency=currency)
            return f"{asked} of it went to the account of {customer}, which has {there} left"
    return ""


def take_back(session: Session, parts: Sequence[BankMatch], currency: str, reason: str, actor: str, on: date, at: datetime) -> None:
    """Reverse parts: their orders are told, what went to an account leaves it. `cannot_take_back` was asked before."""
    for part in parts:
        if part.order and part.state == "standing":
            fact = PaymentReversed(
                message_id=f"cash/{part.payment}/reversed",
                occurred_at=midnight(on),
                actor=actor,
                payment=part.payment,
                reason=reason[:1_000],
            )
            outbox.put(session, part.order, fact, at)
        else:
            amount = Money(minor=part.amount, currency=currency)
            enter_account(
                session, f"bank/{part.payment}/reversed", part.customer, "reversed", amount, at, reference=part.payment, note=reason
            )
        part.state, part.note = "reversed", reason[:500]


def told(session: Session, message_id: str, at: datetime, outcome: str = "") -> None:
    """Note that an order has heard a fact, or why it never will; money that it would not hear goes to the customer's account."""
    outbox.told(session, message_id, at, outcome)
    if not outcome:
        return
    ours = message_id.startswith(("cash/", "account/"))
    if ours or unheard_money.event_of(session, message_id) is not None:
        at_the_till(session)
        fact = session.get(OutboxFact, message_id)
        if fact is not None and fact.outcome and ours:
            _not_heard(session, message_id, fact.order, fact.outcome, at)
        elif fact is not None and fact.outcome:
            unheard_money.book_unheard(session, fact, at)


def _not_heard(session: Session, message_id: str, order: str, reason: str, at: datetime) -> None:
    kind, _, rest = message_id.partition("/")
    payment, taken_back = rest.removesuffix("/reversed"), rest.endswith("/reversed")
    if kind == "account":
        applied = session.get(AccountApplication, payment)
        if applied is not None and applied.state == "standing":
            applied.state, applied.note = "came_back", reason
            amount = Money(minor=-applied.amount, currency=applied.currency)
            key = f"account/{payment}/came_back"
            enter_account(session, key, applied.customer, "came_back", amount, at, order=order, reference=payment, note=reason)
        return
    part = session.scalars(select(BankMatch).where(BankMatch.payment == payment)).one_or_none()
    if part is not None and not taken_back and part.state == "standing":
        row = session.get_one(BankEntryRow, part.entry)
        part.state, part.note = "came_back", reason
        amount = Money(minor=-part.amount, currency=row.currency)
        key = f"bank/{payment}/came_back"
        enter_account(session, key, part.customer, "came_back", amount, at, order=order, reference=payment, note=reason)
    elif taken_back:
        _reversal_not_heard(session, payment, order, reason, at)


def _reversal_not_heard(session: Session, payment: str, order: str, reason: str, at: datetime) -> None:
    """The order that was paid is over: unless it never heard of the payment either, a person has to ask the customer for the money."""
    first = session.get(OutboxFact, f"cash/{payment}")
    if first is not None and first.outcome:
        return
    part = session.scalars(select(BankMatch).where(BankMatch.payment == payment)).one_or_none()
    number = part.entry if part is not None else int(payment.removeprefix("B-").partition("/")[0])
    back = session.scalars(select(BankEntryRow).where(BankEntryRow.takes_back == number)).first() if part is not None else None
    row = back or session.get_one(BankEntryRow, number)
    if row.status in ("matched", "ignored", "queued"):
        row.status = "queued"
        row.because = f"the money of order {order} went back, and the order does not take it: {reason} Ask the customer for it."


def payment_name(entry: int, part: int) -> str:
    """As orders name a part of an entry: B-000017/1."""
    return f"{entry_name(entry)}/{part}"


def midnight(on: date) -> datetime:
    """Banks book by the day."""
    return datetime.combine(on, time(), UTC)
