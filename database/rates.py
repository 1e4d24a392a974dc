"""Exchange rates: set by day, and looked up as of a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.credit import LEDGER_CURRENCY, USUAL_LEDGER
from database.locks import require
from database.tables import ExchangeRate, HouseSetting, Order
from domain.exchange import OLDEST_RATE, Rate, at_rate
from domain.money import Money, is_currency


def ledger_currency(session: Session) -> str:
    """The currency of the house's ledger."""
    return session.scalar(select(HouseSetting.value).where(HouseSetting.name == LEDGER_CURRENCY)) or USUAL_LEDGER


def set_ledger_currency(session: Session, currency: str) -> None:
    """Say in which currency the books are kept, before the first order is taken in. Raises Refused afterwards."""
    require(is_currency(currency), f"There is no currency {currency!r}.")
    taken = session.scalar(select(Order.order).where(Order.ledger_currency != currency).limit(1))
    require(taken is None, f"The ledger has orders in {ledger_currency(session)}: it cannot be kept in {currency} from now on.")
    session.merge(HouseSetting(name=LEDGER_CURRENCY, value=currency))


def rate_on(session: Session, currency: str, day: date) -> Rate | None:
    """The rate of the day, else the latest one before it that is not older than a week; None: nobody knows one."""
    chosen = select(ExchangeRate).where(
        ExchangeRate.currency == currency, ExchangeRate.day <= day, ExchangeRate.day >= day - timedelta(days=OLDEST_RATE)
    )
    row = session.scalars(chosen.order_by(ExchangeRate.day.desc()).limit(1)).one_or_none()
    return None if row is None else _rate(row)


def rolled_up(session: Session, amounts: Iterable[Money], at: datetime) -> Money | None:
    """The sum in the ledger's currency at the latest rates, for display alone; None when a rate is missing."""
    ledger, total = ledger_currency(session), 0
    for amount in amounts:
        if amount.currency == ledger or not amount.minor:
            total += amount.minor
            continue
        latest = select(ExchangeRate).where(ExchangeRate.currency == amount.currency, ExchangeRate.day <= at.date())
        row = session.scalars(latest.order_by(ExchangeRate.day.desc()).limit(1)).one_or_none()
        if row is None:
            return None
        total += at_rate(amount.minor, amount.currency, Decimal(row.rate), ledger)
    return Money(minor=total, currency=ledger)


def latest_rates(session: Session) -> list[Rate]:
    """The latest rate of each currency, by currency."""
    rows = session.scalars(select(ExchangeRate).order_by(ExchangeRate.currency, ExchangeRate.day))
    return list({row.currency: _rate(row) for row in rows}.values())


def _rate(row: ExchangeRate) -> Rate:
    return Rate(currency=row.currency, day=row.day, rate=Decimal(row.rate), source=row.source)
