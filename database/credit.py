"""Credit stops: one judgement says why an order may not go on, and whoever takes a reason away tells the orders that wait."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, String, and_, bindparam, case, cast, exists, func, select
from sqlalchemy.orm import Session, aliased

from database import outbox
from database.exposure import exposure, the_customer, the_family
from database.journal import HOLDFAST, insert_once
from database.tables import CreditEvent, CreditLimit, CreditRelease, CreditWait, Customer, HouseSetting, Invoice, Order, OrderLine
from domain.credit import BlockKind, CreditJudged, CreditQuestion, StopStage
from domain.errors import NotFound
from domain.messages import CreditCleared
from domain.money import Money
from domain.steps import Step

LEDGER_CURRENCY, OVERDUE_DAYS = "ledger_currency", "overdue_days"
USUAL_LEDGER = "EUR"
ORDER = "order"
"""The subject of a wait that stops the whole order."""

Known = dict[tuple[bool, str, str, str], Money]
"""Exposures that were reckoned in this transaction, and what they are of."""


@dataclass(frozen=True)
class Standing:
    """How a customer stands; the last two are of the order, where it is written."""

    customer: Customer
    parent: Customer | None
    own_limit: int | None
    own_set: str | None  # the currency, where a limit was set in it: none may be unlimited
    family_limit: int | None
    family_set: str | None
    released_until: datetime | None
    cap: int | None
    patience: int | None
    oldest_due: datetime | None
    has_accounts: bool
    order_total: int = 0
    order_currency: str = ""


def judge(
    session: Session,
    question: CreditQuestion,
    order: str,
    customer: str,
    total: Money,
    at: datetime,
    known: Known | None = None,
) -> CreditJudged:
    """Why an order of `customer` that comes to `total` may not go on now. Two statements, four for an account of a family.

    An order that is not accepted yet has to fit into the limit; one that is counts already, and stops as long as the limit is passed. What
    is paid before it ships uses no credit: only a block stops it, and at acceptance the hold of a last reminder.
    """
    stands = _standing(session, order, customer, total.currency)
    return CreditJudged() if stands is None else _judge(session, stands, question, order, total, at, {} if known is None else known)


def _judge(
    session: Session, stands: Standing, question: CreditQuestion, order: str, total: Money, at: datetime, known: Known
) -> CreditJudged:
    invoice_blocked = _blocked(stands, StopStage.INVOICE)
    if _released(stands, total, at):
        return CreditJudged()
    if question.stage is StopStage.INVOICE:
        return CreditJudged(reasons=(invoice_blocked,) if invoice_blocked else ())
    reasons = [_blocked(stands, question.stage)]
    if question.on_terms or question.stage is StopStage.ACCEPTANCE:
        reasons += [f"{who} is on credit hold: a last reminder is not paid" for who, held in _holds(stands) if held]
    if question.on_terms:
        reasons.append(_overdue(stands, question, at))
        reasons += _over_limits(session, stands, question, order, total, known)
    return CreditJudged(reasons=tuple(reason for reason in reasons if reason), invoice_blocked=invoice_blocked)


def judge_step(session: Session, step: Step, question: CreditQuestion | None, shipment: str = "") -> CreditJudged | None:
    """The judgement of an order's step, and the order's wait when it is a stop; the invoice of `shipment` may have a wait of its own.

    None: the step asked nothing, or nobody is known to owe.
    """
    if question is None:
        return None
    stands = _standing(session, step.order)
    if stands is None:
        return None
    customer, total = stands.customer.customer, Money(minor=stands.order_total, currency=stands.order_currency)
    judged = _judge(session, stands, question, step.order, total, step.at, {})
    if judged.reasons:
        stand(session, step, question, customer, judged.reasons)
    if judged.invoice_blocked and question.stage is StopStage.SHIPMENT:
        waits = question.model_copy(update={"stage": StopStage.INVOICE})
        stand(session, step, waits, customer, (judged.invoice_blocked,), f"invoice of {shipment}")
    return judged


def stand(session: Session, step: Step, question: CreditQuestion, customer: str, reasons: tuple[str, ...], subject: str = ORDER) -> None:
    """Write that the order waits. What took the reasons away while this was decided tells the order at once."""
    account = family_locked(session, customer)
    row = session.get(CreditWait, (step.order, subject))
    if row is None:
        write_event(session, step, "stopped", customer, f"{question.stage}: {'; '.join(reasons)}"[:1_000], name=subject)
        row = CreditWait(order=step.order, subject=subject, since=step.at)
    row.customer, row.account, row.key = customer, account, step.key
    row.question, row.reasons = question.model_dump_json(), json.dumps(reasons)
    row.review_at, row.told_at = question.review_at, None
    session.add(row)
    session.flush()
    if session.get_bind().dialect.name != "sqlite":  # its one writer lets nothing happen in between
        wake(session, account, step.at, only=step.order)


def let_go(session: Session, step: Step, subject: str | None = ORDER, why: str = "nothing stops it any more") -> None:
    """The order waits no more; without a subject, for nothing at all."""
    mine = select(CreditWait).where(CreditWait.order == step.order)
    for row in session.scalars(mine if subject is None else mine.where(CreditWait.subject == subject)).all():
        write_event(session, step, "lifted", row.customer, why, name=row.subject)
        session.delete(row)
    session.flush()


def check(session: Session, step: Step, question: CreditQuestion, subject: str) -> CreditJudged:
    """Judge an order that waits once more; an order with nothing left to ship waits for nothing."""
    order = session.get(Order, step.order, with_for_update=True)
    if order is None or order.customer is None:
        return CreditJudged()
    left = select(func.sum(OrderLine.open + OrderLine.allocated + OrderLine.picked + OrderLine.packed)).where(OrderLine.order == step.order)
    if question.stage is not StopStage.INVOICE and not session.scalar(left):
        let_go(session, step, subject, "nothing is left to ship")
        return CreditJudged()
    judged = judge(session, question, order.order, order.customer, Money(minor=order.total, currency=order.currency), step.at)
    if judged.reasons:
        stand(session, step, question, order.customer, judged.reasons, subject)
    else:
        let_go(session, step, subject)
    return judged


def changed(session: Session, customer: str | None, at: datetime | None = None) -> tuple[str, ...]:
    """Something of this customer may have become less or later: the orders of the family that may go on now are told (their keys)."""
    if customer is None:
        return ()
    if session.get_bind().dialect.name == "sqlite":
        waits = select(CreditWait.account).join(Customer, func.coalesce(Customer.parent, Customer.customer) == CreditWait.account)
        account = session.scalar(waits.where(Customer.customer == customer).limit(1))
        return wake(session, account, at) if account else ()
    return wake(session, family_locked(session, customer), at)


def wake(session: Session, account: str, at: datetime | None = None, only: str = "") -> tuple[str, ...]:
    """Tell every order of the family (or one) that waits and may go on, through the outbox; in the order in which they began to wait."""
    session.flush()
    now = at or datetime.now(UTC)
    known: Known = {}
    told = []
    waiting = select(CreditWait).where(CreditWait.account == account, CreditWait.told_at.is_(None))
    if only:
        waiting = waiting.where(CreditWait.order == only)
    for row in session.scalars(waiting.order_by(CreditWait.since, CreditWait.order, CreditWait.subject)).all():
        order = session.get(Order, row.order)
        question = CreditQuestion.model_validate_json(row.question)
        if order is None or order.customer is None:
            continue
        total = Money(minor=order.total, currency=order.currency)
        if not judge(session, question, row.order, order.customer, total, now, known).reasons:
            fact = CreditCleared(message_id=f"credit/{row.key}/{row.subject}", occurred_at=now, actor=HOLDFAST, subject=row.subject)
            outbox.put(session, row.order, fact, now)
            row.told_at = now
            told.append(row.order)
    session.flush()
    return tuple(told)


def held_or_waited_for(session: Session, customer: str | None) -> tuple[bool, bool]:
    """(the customer is on credit hold, an order of the family may wait), so that whoever lowers what is owed has to look.

    With many writers nobody can say that no order is just beginning to wait.
    """
    family = func.coalesce(Customer.parent, Customer.customer)
    waits = exists().where(CreditWait.account == family)
    known = session.execute(select(Customer.credit_hold, waits).where(Customer.customer == customer)).one_or_none()
    if known is None:
        return False, False
    return known[0], known[1] or session.get_bind().dialect.name != "sqlite"


def write_event(
    session: Session,
    step: Step,
    kind: str,
    customer: str,
    detail: str,
    *,
    actor: str = "",
    reason: str = "",
    expires_at: datetime | None = None,
    name: str = "",
) -> None:
    """A line of the customer's credit history, once for its step."""
    who = actor or (step.causes[0].actor if step.causes else HOLDFAST)
    values = {"key": f"{step.key}/{kind}/{name}", "customer": customer, "order": step.order, "kind": kind, "detail": detail}
    insert_once(session, CreditEvent, values | {"actor": who, "reason": reason, "expires_at": expires_at, "at": step.at})


def family_locked(session: Session, customer: str) -> str:
    """The head of the customer's family, locked: what is owed does not change while it is decided who waits.

    Whoever locks an account of the family too locks it after this.
    """
    head = select(func.coalesce(Customer.parent, Customer.customer)).where(Customer.customer == customer).scalar_subquery()
    found = session.scalars(select(Customer.customer).where(Customer.customer == head).with_for_update()).one_or_none()
    if found is None:
        raise NotFound("customer", customer)
    return found


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _standing(session: Session, order: str, customer: str = "", currency: str = "") -> Standing | None:
    """All that is known of a customer, its parent, their limits in a currency, and the release of an order, in one statement.

    Without a customer they are those of the order, as it is written.
    """
    asked = {"customer": customer, "currency": currency, "order": order}
    found = session.execute(_all_that_is_known(bool(customer)), asked).one_or_none()
    return None if found is None else Standing(*found)


@cache
def _all_that_is_known(by_customer: bool) -> Select[Any]:
    """The statement of `_standing`, made once: putting it together costs more than the database needs to answer it."""
    of = bindparam("order", type_=String())
    parent, own, theirs = aliased(Customer), aliased(CreditLimit), aliased(CreditLimit)
    house = select(cast(HouseSetting.value, BigInteger)).where(HouseSetting.name == OVERDUE_DAYS).scalar_subquery()
    patience = func.coalesce(Customer.overdue_days, parent.overdue_days, house)
    oldest = (
        select(func.min(Invoice.due_at))
        .join(Order, Order.order == Invoice.order)
        .where(Order.customer == Customer.customer, Invoice.balance > 0, Invoice.dispute_review_at.is_(None))
        .correlate(Customer)
        .scalar_subquery()
    )
    child = aliased(Customer)
    chosen = select(
        Customer,
        parent,
        own.amount.label("own_limit"),
        own.currency.label("own_set"),
        theirs.amount.label("family_limit"),
        theirs.currency.label("family_set"),
        CreditRelease.expires_at.label("released_until"),
        CreditRelease.cap.label("cap"),
        patience.label("patience"),
        case((patience.is_(None), None), else_=oldest).label("oldest_due"),
        exists().where(child.parent == Customer.customer).label("has_accounts"),
    )
    if by_customer:
        chosen = chosen.where(Customer.customer == bindparam("customer", type_=String()))
        in_it: ColumnElement[str] = bindparam("currency", type_=String())
    else:
        written = aliased(Order)
        chosen = chosen.add_columns(written.total.label("order_total"), written.currency.label("order_currency"))
        chosen = chosen.join(written, and_(written.order == of, written.customer == Customer.customer))
        in_it = written.currency.expression
    chosen = (
        chosen.outerjoin(parent, parent.customer == Customer.parent)
        .outerjoin(own, and_(own.customer == Customer.customer, own.currency == in_it))
        .outerjoin(theirs, and_(theirs.customer == Customer.parent, theirs.currency == in_it))
        .outerjoin(CreditRelease, CreditRelease.order == of)
    )
    return chosen.execution_options(populate_existing=True)


def _released(stands: Standing, total: Money, at: datetime) -> bool:
    until = stands.released_until
    return until is not None and at < until and (stands.cap is None or total.minor <= stands.cap)


def _blocked(stands: Standing, stage: StopStage) -> str:
    """Why the customer or its parent is blocked at this stage; empty: they are not."""
    for customer in (stands.customer, stands.parent):
        kind = block_of(customer)
        if customer is not None and kind is not None and kind.stops(stage):
            return f"{customer.customer} is blocked" + block_in_words(customer, kind)
    return ""


def block_of(customer: Customer | None) -> BlockKind | None:
    """What a person set, else what the catalogue says."""
    if customer is None:
        return None
    return BlockKind(customer.block) if customer.block else BlockKind.ALL if customer.blocked else None


def block_in_words(customer: Customer, kind: BlockKind) -> str:
    """What follows "is blocked": its kind, unless it is for all, and its reason."""
    return ("" if kind is BlockKind.ALL else f" ({kind})") + (f": {customer.block_reason}" if customer.block_reason else "")


def _holds(stands: Standing) -> list[tuple[str, bool]]:
    return [(customer.customer, customer.credit_hold) for customer in (stands.customer, stands.parent) if customer is not None]


def _overdue(stands: Standing, question: CreditQuestion, at: datetime) -> str:
    if stands.oldest_due is None or stands.patience is None:
        return ""
    patience, late = stands.patience, past_due(stands.oldest_due, at, question.day)
    if at <= stands.oldest_due + patience * question.day:
        return ""
    return f"{stands.customer.customer} has an invoice that is {late} days past due; more than {patience} stop its orders"


def past_due(due_at: datetime, at: datetime, day: timedelta = timedelta(days=1)) -> int:
    """Full days since the due date; none before it."""
    return max(int((at - due_at) / day), 0)


def _over_limits(
    session: Session,
    stands: Standing,
    question: CreditQuestion,
    order: str,
    total: Money,
    known: Known,
) -> list[str]:
    """The customer's own limit over what it owes, and the family's limit over what all of it owes."""
    customer, parent = stands.customer, stands.parent
    limits = [(customer, stands.has_accounts, stands.own_limit, stands.own_set)]
    if parent is not None:
        limits.append((parent, True, stands.family_limit, stands.family_set))
    found = []
    for whose, family, amount, is_set in limits:
        limit = limit_of(whose, total.currency, amount, is_set)
        if limit is None:
            continue
        coming = question.stage is StopStage.ACCEPTANCE
        owed = _exposed(session, whose.customer, family, total.currency, order if coming else "", known)
        if coming and owed.minor + total.minor > limit.minor:
            found.append(f"{_of(whose, family)} owes {owed}; with this order of {total} that is above the limit of {limit}")
        elif not coming and owed.minor > limit.minor:
            found.append(f"{_of(whose, family)} owes {owed} with all its orders, above the limit of {limit}")
    return found


def limit_of(customer: Customer, currency: str, amount: int | None, is_set: str | None) -> Money | None:
    """The limit in a currency: the one that was set, else that of the catalogue in the customer's own currency; None is unlimited."""
    minor = amount if is_set else customer.credit_limit if customer.currency == currency else None
    return None if minor is None else Money(minor=minor, currency=currency)


def _of(customer: Customer, family: bool) -> str:
    return f"{customer.customer} with its accounts" if family else customer.customer


def _exposed(session: Session, customer: str, family: bool, currency: str, leave_out: str, known: Known) -> Money:
    about = (family, customer, currency, leave_out)
    if about not in known:
        whose = the_family(customer) if family else the_customer(customer)
        known[about] = exposure(session, whose, currency, leave_out).total
    return known[about]
