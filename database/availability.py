"""What of an item can be promised, read from the rows: free stock, what is on its way, and what others were promised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import cast

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from database.claims import claims_on
from database.lots import withhold
from database.tables import Item, Order, OrderLine, Promise, PurchaseOrder, PurchaseOrderLine, Stock, Supplier, Transfer, TransferLine
from domain.promising import Position, Requirement, ScheduledReceipt
from domain.purchasing import PurchaseStatus, TransferStatus, purchase_supply, transfer_supply
from domain.values import Value

_WaitingRow = tuple[OrderLine, datetime | None, datetime | None, str | None, datetime | None]
"""A line, when it is requested, and what it was promised, if it was."""


class Waiting(Value):
    """Open units of a line of an order: promised for `at`, from `supply`, first of all at `since` (none: not promised yet)."""

    order: str
    line: int
    item: str
    quantity: int
    at: datetime
    supply: str
    since: datetime | None


def position(session: Session, item: str, now: datetime) -> Position:
    """The item in the whole house. Overdue receipts do not count: nobody knows their day."""
    receipts = scheduled_receipts(session, item, now)
    at_location = {receipt.supply: receipt.location for receipt in receipts}
    waiting = waiting_lines(session, (item,), now)
    planned = _moving(item).where(Transfer.status == TransferStatus.PLANNED.value).order_by(Transfer.transfer)
    leaving = [Requirement(quantity=line.quantity, at=now, location=row.from_location) for row, line in session.execute(planned)]
    return Position(
        free=sum(free_by_location(session, item, now).values()),
        receipts=tuple(receipts),
        requirements=tuple(
            [Requirement(quantity=each.quantity, at=each.at, location=at_location.get(each.supply, "")) for each in waiting] + leaving
        ),
    )


def free_by_location(session: Session, item: str, now: datetime, channel: str = "", owners: Sequence[str] = ()) -> dict[str, int]:
    """Units that one of `owners` who buys through `channel` could have at once, by location: what an allocation would be given.

    Not counted is what is reserved, set aside by others, kept back from the channel, expired or blocked. Without a channel: what every
    channel may have.
    """
    rows = list(session.scalars(select(Stock).where(Stock.item == item).order_by(Stock.location, Stock.bin)))
    withhold(session, rows, now.date())
    free = claims_on(session, [item], channel, owners, now).may_take(rows)
    return {location: units for (_, location), units in free.items()}


def scheduled_receipts(session: Session, item: str, now: datetime, overdue: bool = False) -> list[ScheduledReceipt]:
    """What is on its way of an item and expected from now on, first things first; with `overdue` what should have come before instead."""

    def on_time(column: ColumnElement[datetime]) -> ColumnElement[bool]:
        return column < now if overdue else column >= now

    line = PurchaseOrderLine
    bought = (
        select(line, PurchaseOrder.location)
        .join(PurchaseOrder, PurchaseOrder.purchase_order == line.purchase_order)
        .where(line.item == item, PurchaseOrder.status == PurchaseStatus.OPEN.value, line.received < line.ordered)
        .where(on_time(line.expected_at.expression))
    )
    found = [
        ScheduledReceipt(
            supply=purchase_supply(row.purchase_order, row.line), location=location, quantity=row.outstanding, at=row.expected_at
        )
        for row, location in session.execute(bought)
    ]
    on_the_way = Transfer.status.in_((TransferStatus.PLANNED.value, TransferStatus.SHIPPED.value))
    for transfer, moved in session.execute(_moving(item).where(on_the_way, on_time(Transfer.expected_at.expression))):
        coming = moved.on_the_way if transfer.status == TransferStatus.SHIPPED else moved.quantity
        if coming:
            supply = transfer_supply(transfer.transfer)
            found.append(ScheduledReceipt(supply=supply, location=transfer.to_location, quantity=coming, at=transfer.expected_at))
    return sorted(found, key=lambda receipt: (receipt.at, receipt.supply))


def _moving(item: str) -> Select[Transfer, TransferLine]:
    """The transfers of an item, each with its line."""
    return select(Transfer, TransferLine).join(TransferLine, TransferLine.transfer == Transfer.transfer).where(TransferLine.item == item)


def waiting_lines(session: Session, items: Sequence[str], now: datetime, order: str = "") -> list[Waiting]:
    """Open lines of orders that are accepted or were promised something, and of `order`, by who was promised first.

    What nobody promised yet is needed when it is requested, else `now`.
    """
    found = [
        Waiting(
            order=row.order,
            line=row.line,
            item=row.item,
            quantity=row.open,
            at=ready_at or requested_at or now,
            supply=supply or "",
            since=since,
        )
        for row, requested_at, ready_at, supply, since in cast(
            Iterable[_WaitingRow], session.execute(_lines_that_wait(), {"items": items, "of": order})
        )
    ]
    return sorted(found, key=lambda each: (each.since is None, each.since or now, each.order, each.line))


@cache
def _lines_that_wait() -> Select[OrderLine, datetime | None, datetime, str, datetime]:
    first, latest = aliased(Promise), aliased(Promise)
    newest = select(func.max(Promise.number)).where(Promise.order == OrderLine.order, Promise.line == OrderLine.line).scalar_subquery()
    mine = and_(latest.order == OrderLine.order, latest.line == OrderLine.line, latest.number == newest)
    return (
        select(OrderLine, Order.requested_at, latest.ready_at, latest.supply, first.made_at)
        .join(Order, Order.order == OrderLine.order)
        .outerjoin(latest, mine)
        .outerjoin(first, and_(first.order == OrderLine.order, first.line == OrderLine.line, first.number == 1))
        .where(
            OrderLine.item.in_(bindparam("items", expanding=True)),
            OrderLine.open > 0,
            Order.outcome == "",
            or_(Order.accepted_at.is_not(None), first.made_at.is_not(None), Order.order == bindparam("of")),
        )
    )


def lead_times(session: Session, items: Iterable[str]) -> dict[str, tuple[int, str]]:
    """(days, supplier) that it takes to buy each item, as far as anybody has said."""
    chosen = (
        select(Item.item, Item.lead_time_days, Supplier.lead_time_days, Supplier.supplier)
        .outerjoin(Supplier, Supplier.supplier == Item.supplier)
        .where(Item.item.in_(sorted(set(items))))
    )
    found: dict[str, tuple[int, str]] = {}
    for item, own, supplied, supplier in session.execute(chosen):
        days = own if own is not None else supplied
        if days is not None:
            found[item] = (days, supplier or "")
    return found


def orders_promised(session: Session, items: Iterable[str], since: datetime) -> tuple[str, ...]:
    """Orders that wait for these items and were promised them for `since` or later, by who was promised first.

    Whoever was promised earlier than that is served by what comes earlier: see `domain.promising`.
    """
    lines = waiting_lines(session, sorted(set(items)), since)
    return tuple(dict.fromkeys(each.order for each in lines if each.since is not None and each.at >= since))
