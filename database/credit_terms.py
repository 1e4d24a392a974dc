"""What people decide about a customer's credit: limits, blocks, ageing holds; each in its history, and told to the orders that wait."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from database import credit
from database.exposure import Whose, currencies_of, exposure, the_customer, the_family
from database.journal import insert_once
from database.locks import require
from database.rates import ledger_currency, rolled_up
from database.tables import CreditEvent, CreditLimit, CreditWait, Customer, HouseSetting, Invoice, Order
from domain.credit import (
    BlockCustomer,
    CreditChanged,
    CreditEventView,
    CreditQuestion,
    CreditReport,
    LimitView,
    SetAgeingHold,
    SetCreditLimit,
    WaitingOrder,
)
from domain.errors import NotFound
from domain.money import is_currency

MOST_EVENTS = 50
"""Lines of a customer's credit history that a report shows, the latest."""


def set_limit(session: Session, request: SetCreditLimit) -> CreditChanged:
    """Set a limit in a currency: from now on it stands before the catalogue's. Raises NotFound, Refused for less than nothing."""
    require(is_currency(request.currency), f"There is no currency {request.currency!r}.")
    require(
        request.amount is None or request.amount.minor >= 0, f"A credit limit of {request.amount} is none: zero allows nothing on terms."
    )
    _locked(session, request.customer)
    row = session.get(CreditLimit, (request.customer, request.currency))
    if row is None:
        row = CreditLimit(customer=request.customer, currency=request.currency)
        session.add(row)
    row.amount = None if request.amount is None else request.amount.minor
    said = f"unlimited in {request.currency}" if request.amount is None else str(request.amount)
    _event(session, request.customer, "limit", f"the limit is {said}", request)
    return CreditChanged(told=credit.changed(session, request.customer, request.at))


def block_customer(session: Session, request: BlockCustomer) -> CreditChanged:
    """Block a customer by kind, or lift the block, whoever had set it. Raises NotFound, Refused when there is none to lift."""
    customer = _locked(session, request.customer)
    stands = credit.block_of(customer)
    if request.kind is None:
        require(stands is not None, f"{request.customer} is not blocked.")
        customer.blocked, customer.block, customer.block_reason = False, "", ""
        _event(session, request.customer, "unblocked", f"the block ({stands}) is lifted", request)
    else:
        customer.block, customer.block_reason = request.kind.value, request.reason
        _event(session, request.customer, "blocked", f"blocked: {request.kind}", request)
    return CreditChanged(told=credit.changed(session, request.customer, request.at))


def set_ageing_hold(session: Session, request: SetAgeingHold) -> CreditChanged:
    """After how many days past due orders stop: of a customer, or of the house. Raises NotFound, Refused for less than no days."""
    require(request.days is None or request.days >= 0, "An ageing hold needs a number of days, or none.")
    said = "no invoice stops orders by its age" if request.days is None else f"more than {request.days} days past due stop orders"
    if request.customer:
        _locked(session, request.customer).overdue_days = request.days
        _event(session, request.customer, "ageing", said, request)
        return CreditChanged(told=credit.changed(session, request.customer, request.at))
    row = session.get(HouseSetting, credit.OVERDUE_DAYS, with_for_update=True)
    if request.days is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(HouseSetting(name=credit.OVERDUE_DAYS, value=str(request.days)))
    else:
        row.value = str(request.days)
    _event(session, "", "ageing", said, request)
    told: list[str] = []
    for account in session.scalars(select(CreditWait.account).distinct().order_by(CreditWait.account)).all():
        told += credit.changed(session, account, request.at)
    return CreditChanged(told=tuple(told))


def report(session: Session, customer: str, at: datetime) -> CreditReport:
    """Everything that decides whether the customer's orders go on, as it stands at `at`. Raises NotFound."""
    row = session.get(Customer, customer)
    if row is None:
        raise NotFound("customer", customer)
    head = row.parent or row.customer
    children = tuple(session.scalars(select(Customer.customer).where(Customer.parent == customer).order_by(Customer.customer)))
    kind = credit.block_of(row)
    days, oldest = _patience(session, row), _oldest_due(session, customer)
    own = _limits(session, row, the_customer(customer), at, counts=not children)
    accounts = tuple(view for child in children for view in _limits(session, session.get_one(Customer, child), the_customer(child), at))
    top = session.get_one(Customer, head)
    family = _limits(session, top, the_family(head), at) if row.parent or children else ()
    mine = or_(CreditWait.customer == customer, CreditWait.account == customer)
    about = or_(CreditEvent.customer == customer, CreditEvent.customer == "")
    events = session.scalars(select(CreditEvent).where(about).order_by(CreditEvent.at.desc(), CreditEvent.id.desc()).limit(MOST_EVENTS))
    return CreditReport(
        customer=customer,
        name=row.name,
        parent=row.parent or "",
        children=children,
        blocked=f"{kind}" + (f": {row.block_reason}" if row.block_reason else "") if kind else "",
        on_hold=row.credit_hold,
        overdue_days=days,
        oldest_due=oldest,
        days_past_due=credit.past_due(oldest, at) if oldest else 0,
        own=own,
        accounts=accounts,
        family=family,
        ledger=ledger_currency(session),
        rolled_up=rolled_up(session, [each.exposure.total for each in own], at),
        waiting=tuple(
            _waiting(each) for each in session.scalars(select(CreditWait).where(mine).order_by(CreditWait.since, CreditWait.order))
        ),
        events=tuple(_event_view(each) for each in events),
    )


def waiting_orders(session: Session) -> list[WaitingOrder]:
    """Every order that credit has stopped, the longest first."""
    return [_waiting(row) for row in session.scalars(select(CreditWait).order_by(CreditWait.since, CreditWait.order, CreditWait.subject))]


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _locked(session: Session, customer: str) -> Customer:
    """The customer, locked after its parent."""
    parent = session.scalar(select(Customer.parent).where(Customer.customer == customer))
    if parent:
        session.get(Customer, parent, with_for_update=True)
    found = session.get(Customer, customer, with_for_update=True)
    if found is None:
        raise NotFound("customer", customer)
    return found


def _event(session: Session, customer: str, kind: str, detail: str, request: SetCreditLimit | BlockCustomer | SetAgeingHold) -> None:
    key = f"{customer or 'house'}/{kind}/{request.at.isoformat()}"
    about = {"key": key, "customer": customer, "order": "", "kind": kind, "detail": detail}
    values = about | {"actor": request.actor, "reason": request.reason, "expires_at": None, "at": request.at}
    insert_once(session, CreditEvent, values)
    session.flush()


def _limits(session: Session, customer: Customer, whose: Whose, at: datetime, counts: bool = True) -> tuple[LimitView, ...]:
    """The limit and the exposure in every currency in which there is either; the customer's own currency comes first."""
    set_ = {row.currency: row for row in session.scalars(select(CreditLimit).where(CreditLimit.customer == customer.customer))}
    currencies = dict.fromkeys([customer.currency, *sorted(set_), *currencies_of(session, whose)])
    views = []
    for currency in currencies:
        row = set_.get(currency)
        owed = exposure(session, whose, currency)
        views.append(
            LimitView(
                account=customer.customer,
                currency=currency,
                amount=credit.limit_of(customer, currency, row.amount if row else None, currency if row else None),
                exposure=owed,
                counts=counts,
                in_ledger=rolled_up(session, [owed.total], at),
            )
        )
    return tuple(views)


def _patience(session: Session, customer: Customer) -> int | None:
    parent = session.get(Customer, customer.parent) if customer.parent else None
    house = session.get(HouseSetting, credit.OVERDUE_DAYS)
    said = (customer.overdue_days, parent.overdue_days if parent else None, int(house.value) if house else None)
    return next((days for days in said if days is not None), None)


def _oldest_due(session: Session, customer: str) -> datetime | None:
    unpaid = select(Invoice.due_at).join(Order, Order.order == Invoice.order).where(Order.customer == customer, Invoice.balance > 0)
    return session.scalar(unpaid.where(Invoice.dispute_review_at.is_(None)).order_by(Invoice.due_at).limit(1))


def _waiting(row: CreditWait) -> WaitingOrder:
    question = CreditQuestion.model_validate_json(row.question)
    return WaitingOrder(
        order=row.order,
        customer=row.customer,
        stage=question.stage,
        subject=row.subject,
        reasons=tuple(json.loads(row.reasons)),
        since=row.since,
        review_at=row.review_at,
    )


def _event_view(row: CreditEvent) -> CreditEventView:
    same = ("at", "kind", "order", "detail", "actor", "reason", "expires_at")
    return CreditEventView(**{name: getattr(row, name) for name in same})
