"""How good our promises are: what was kept and broken, what it had hung on, and what is late at this moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from database.tables import Order, OrderLine, Promise, Shipment
from domain.order import Moment
from domain.values import Value

MOST = 1_000
"""Late and broken promises that are listed; all are counted."""


class KeptFrom(Value):
    """Promises by what they hung on: `stock`, `lead time`, `purchase order` or `transfer`."""

    supply: str
    kept: int = 0
    broken: int = 0

    @property
    def rate(self) -> float:
        return self.kept / (self.kept + self.broken)


class LatePromise(Value):
    """A line that the customer counted on for `told_at`: `days` late when it came, or by now; `why` is what moved it, if anything did.

    What never came was not late: zero days.
    """

    order: str
    line: int
    item: str
    customer: str
    told_at: Moment
    days: float
    why: str


class PromiseReport(Value):
    """Of lines whose promise ended in a time: `moved` of them had been moved before. `broken` and `overdue` begin with the latest ones."""

    since: Moment
    until: Moment
    by_supply: tuple[KeptFrom, ...]
    moved: int
    broken: tuple[LatePromise, ...]
    overdue: tuple[LatePromise, ...]

    @property
    def kept_count(self) -> int:
        return sum(each.kept for each in self.by_supply)

    @property
    def broken_count(self) -> int:
        return sum(each.broken for each in self.by_supply)


def report(session: Session, since: datetime, until: datetime, day: timedelta) -> PromiseReport:
    """The promises that ended from `since` to before `until`, and those that are late at `until`; `day` is how long a day lasts."""
    ended = [Promise.status.in_(("kept", "broken")), Promise.made_at >= since, Promise.made_at < until]
    counts: dict[str, dict[str, int]] = defaultdict(lambda: {"kept": 0, "broken": 0})
    counted = select(Promise.supply, Promise.status, func.count()).where(*ended).group_by(Promise.supply, Promise.status)
    for supply, status, count in session.execute(counted):
        counts[_kind(supply)][status] += count
    before = aliased(Promise)
    was_moved = and_(before.order == Promise.order, before.line == Promise.line, before.status == "moved", before.number < Promise.number)
    moved = session.scalar(select(func.count()).select_from(Promise).where(*ended, select(before.number).where(was_moved).exists()))
    return PromiseReport(
        since=since,
        until=until,
        by_supply=tuple(KeptFrom(supply=kind, **count) for kind, count in sorted(counts.items())),
        moved=moved or 0,
        broken=tuple(_broken(session, since, until, day)),
        overdue=tuple(_overdue(session, until, day)),
    )


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _broken(session: Session, since: datetime, until: datetime, day: timedelta) -> Iterator[LatePromise]:
    mine = and_(OrderLine.order == Promise.order, OrderLine.line == Promise.line)
    came = select(func.max(Shipment.delivered_at)).where(Shipment.order == Promise.order, Shipment.delivered_at <= Promise.made_at)
    chosen = (
        select(Promise, OrderLine.item, Order.customer, came.scalar_subquery())
        .join(OrderLine, mine)
        .join(Order, Order.order == Promise.order)
        .where(Promise.status == "broken", Promise.made_at >= since, Promise.made_at < until)
        .order_by(Promise.made_at.desc(), Promise.order, Promise.line)
        .limit(MOST)
    )
    for row, item, customer, delivered_at in session.execute(chosen).all():
        yield _late(row, item, customer, ((delivered_at or row.told_at) - row.told_at) / day, _why(session, row))


def _overdue(session: Session, now: datetime, day: timedelta) -> Iterator[LatePromise]:
    later = aliased(Promise)
    newest = select(func.max(later.number)).where(later.order == Promise.order, later.line == Promise.line).scalar_subquery()
    mine = and_(OrderLine.order == Promise.order, OrderLine.line == Promise.line)
    chosen = (
        select(Promise, OrderLine.item, Order.customer)
        .join(OrderLine, mine)
        .join(Order, Order.order == Promise.order)
        .where(Promise.number == newest, Promise.status.in_(("made", "moved")), Promise.told_at < now)
        .where(Order.outcome == "", OrderLine.delivered < OrderLine.ordered - OrderLine.cancelled)
        .order_by(Promise.told_at, Promise.order, Promise.line)
        .limit(MOST)
    )
    for row, item, customer in session.execute(chosen).all():
        yield _late(row, item, customer, (now - row.told_at) / day, row.cause)


def _late(row: Promise, item: str, customer: str | None, days: float, why: str) -> LatePromise:
    days = round(max(days, 0.0), 1)
    return LatePromise(order=row.order, line=row.line, item=item, customer=customer or "", told_at=row.told_at, days=days, why=why)


def _why(session: Session, broken: Promise) -> str:
    """What moved it, if anything did: that says more than that it came too late."""
    same = select(Promise.cause).where(Promise.order == broken.order, Promise.line == broken.line, Promise.status == "moved")
    cause = session.scalars(same.where(Promise.number < broken.number).order_by(Promise.number.desc()).limit(1)).one_or_none()
    return cause or broken.cause


def _kind(supply: str) -> str:
    """What a promise hung on, without its number."""
    return {"purchase": "purchase order"}.get(supply.partition("/")[0], supply.partition("/")[0])
