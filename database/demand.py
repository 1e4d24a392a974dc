"""What was wanted of items and what there is of them: orders, imported history, the stock ledger and goods on their way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.lead_times import deliveries
from database.planning import plannings
from database.tables import (
    ExceptionRow,
    ItemPlanningRow,
    Order,
    OrderLine,
    PastDemand,
    PurchaseOrder,
    PurchaseOrderLine,
    Reservation,
    Stock,
    StockMovement,
    Transfer,
    TransferLine,
)
from domain.demand import Bucket, DemandSeries, series
from domain.exceptions import Decision, ExceptionKind
from domain.lead_times import LeadTime
from domain.purchasing import PurchaseStatus, TransferStatus, purchase_supply, supply_in_words, transfer_supply
from domain.replenishment import Inbound, ItemPlanning, LeadFrom, Scope, StockPosition, as_delivered

SHORTAGES = (ExceptionKind.BACKORDER_OVERDUE, ExceptionKind.SHORT_PICK)
"""Exceptions whose answer may cancel units that the customer still wants."""
NOT_SUPPLIED = ("cancel_line", "substitute")
"""The answers that do."""

NOWHERE = ""
"""The location of what no location has yet."""


@dataclass
class _Balance:
    """An item's stock over time: what there was in the beginning, and the change of each day."""

    opening: int = 0
    changes: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    since: date | None = None


@dataclass
class Evidence:
    """What the plan of an item at a location rests on."""

    planning: ItemPlanning  # with the lead time to plan with
    lead: LeadTime | None = None  # the deliveries it was learned from
    wanted: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    out_of_stock: set[date] = field(default_factory=set)
    stock: StockPosition = field(default_factory=StockPosition)
    home: bool = False  # the item's first planned location: what no location has yet counts here
    balance: _Balance = field(default_factory=_Balance)

    def counts(self, location: str) -> bool:
        if self.planning.scope is Scope.NETWORK:
            return True
        return location == self.planning.location or (location == NOWHERE and self.home)


def evidence(
    session: Session, keys: Sequence[tuple[str, str]], first: date, today: date, business_day: timedelta = timedelta(days=1)
) -> list[Evidence]:
    """What was wanted from `first` until before `today`, and the position now, for these items and locations, in their order.

    Wanted is what customers placed, on the day for which they asked (the day of the order where they named none), in UTC. What a customer
    took back (a cancelled order, an amended line) was not wanted in the end; what was cancelled or replaced because we were short was.
    Replacements, exchanges and substitutes that we added are no demand of their own. Imported history counts beside the orders. A plan of
    one location counts what was reserved or shipped there; what no location has yet belongs to the item's first planned location, by name.
    Lead times are those of what came before `today`, in days of the length of `business_day`.
    """
    terms = plannings(session, keys)
    came = deliveries(session, (each.supplier for each in terms if each.lead_from is LeadFrom.RECEIPTS), today, business_day)
    found = [Evidence(*as_delivered(each, came.get(each.supplier, ()))) for each in terms]
    by_item: dict[str, list[Evidence]] = defaultdict(list)
    for each in found:
        by_item[each.planning.item].append(each)
    items = sorted(by_item)
    homes = select(ItemPlanningRow.item, func.min(ItemPlanningRow.location)).where(ItemPlanningRow.item.in_(items))
    for item, location in session.execute(homes.group_by(ItemPlanningRow.item)):
        for each in by_item[item]:
            each.home = each.planning.location == location

    def those(item: str, location: str) -> Iterator[Evidence]:
        return (each for each in by_item[item] if each.counts(location))

    for item, location, day, units in _ordered(session, items, first, today):
        for each in those(item, location):
            each.wanted[day] += units
    for row in _imported(session, items, first, today):
        for each in those(row.item, row.location):
            each.wanted[row.day] += row.quantity
            if row.out_of_stock:
                each.out_of_stock.add(row.day)
    for item, location, day, units in _moved(session, items, today):
        for each in those(item, location):
            _book(each.balance, day, units, first)
    for item, location, on_hand, reserved, backordered in _standing(session, items):
        for each in those(item, location):
            each.stock = _added(each.stock, on_hand=on_hand, reserved=reserved, backordered=backordered)
    for item, location, inbound in _inbound(session, items):
        for each in those(item, location):
            each.stock = _added(each.stock, inbound=(inbound,))
    for each in found:
        each.out_of_stock |= set(_empty_days(each.balance, first, today))
        each.stock = each.stock.model_copy(update={"since": each.balance.since})
    return found


def history_of(found: Evidence, bucket: Bucket, first: date, today: date) -> DemandSeries:
    """The demand of an item as complete periods, those without stock censored; the location is empty for the network."""
    planning = found.planning
    location = planning.location if planning.scope is Scope.LOCATION else NOWHERE
    return series(planning.item, location, bucket, found.wanted, found.out_of_stock, first=first, today=today)


# --- what was wanted -----------------------------------------------------------------------------------------------------------------


def _ordered(session: Session, items: Sequence[str], first: date, today: date) -> Iterator[tuple[str, str, date, int]]:
    """Item, location, day and units of every line that a customer placed."""
    asked_for = func.coalesce(Order.requested_at, Order.placed_at)
    lines = (
        select(OrderLine.order, OrderLine.line, OrderLine.item, OrderLine.ordered, OrderLine.cancelled, Order.requested_at, Order.placed_at)
        .join(Order, Order.order == OrderLine.order)
        .where(OrderLine.item.in_(items), OrderLine.origin == "", Order.accepted_at.is_not(None), Order.outcome != "rejected")
        .where(asked_for >= _midnight(first), asked_for < _midnight(today))
        .order_by(OrderLine.order, OrderLine.line)
    )
    rows = session.execute(lines).all()
    short = _cut_by_shortage(session, items) if any(row.cancelled for row in rows) else set()
    places = _places(session, items) if rows else {}
    for row in rows:
        left = row.ordered if row.order in short else row.ordered - row.cancelled
        day = (row.requested_at or row.placed_at).astimezone(UTC).date()
        for location, units in places.get((row.order, row.line), {}).items():
            taken = min(units, left)
            left -= taken
            yield row.item, location, day, taken
        yield row.item, NOWHERE, day, left


def _cut_by_shortage(session: Session, items: Sequence[str]) -> set[str]:
    """Orders of which a person cancelled or replaced what we could not supply."""
    chosen = (
        select(ExceptionRow.order, ExceptionRow.decision)
        .where(ExceptionRow.kind.in_([kind.value for kind in SHORTAGES]), ExceptionRow.decision.is_not(None))
        .where(ExceptionRow.order.in_(select(OrderLine.order).where(OrderLine.item.in_(items), OrderLine.cancelled > 0)))
    )
    return {order for order, answer in session.execute(chosen) if answer and Decision.model_validate_json(answer).choice in NOT_SUPPLIED}


def _places(session: Session, items: Sequence[str]) -> dict[tuple[str, int], dict[str, int]]:
    """Where the units of each line are kept or were shipped from."""
    stands = Reservation.ended.in_(("", "shipped"))
    chosen = select(Reservation.order, Reservation.line, Reservation.location, func.sum(Reservation.quantity))
    grouped = chosen.where(Reservation.item.in_(items), stands).group_by(Reservation.order, Reservation.line, Reservation.location)
    found: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
    for order, line, location, units in session.execute(grouped.order_by(Reservation.location)):
        found[order, line][location] = int(units)
    return found


def _imported(session: Session, items: Sequence[str], first: date, today: date) -> Iterator[PastDemand]:
    chosen = select(PastDemand).where(PastDemand.item.in_(items), PastDemand.day >= first, PastDemand.day < today)
    yield from session.scalars(chosen)


# --- what there is -------------------------------------------------------------------------------------------------------------------


def _moved(session: Session, items: Sequence[str], today: date) -> Iterator[tuple[str, str, date, int]]:
    """Item, location, day and units of every stock movement before today."""
    table = StockMovement
    chosen = select(table.item, table.location, table.at, table.quantity).where(table.item.in_(items), table.at < _midnight(today))
    for item, location, at, units in session.execute(chosen.order_by(table.at)):
        yield item, location, at.astimezone(UTC).date(), units


def _book(balance: _Balance, day: date, units: int, first: date) -> None:
    balance.since = min(balance.since or day, day)
    if day < first:
        balance.opening += units
    else:
        balance.changes[day] += units


def _empty_days(balance: _Balance, first: date, today: date) -> Iterator[date]:
    """Days that began and ended without stock; of the time before the first movement the ledger knows nothing."""
    if balance.since is None:
        return
    day, there = max(first, balance.since), balance.opening
    while day < today:
        before, there = there, there + balance.changes.get(day, 0)
        if before <= 0 and there <= 0 and day > balance.since:
            yield day
        day += timedelta(days=1)


def _standing(session: Session, items: Sequence[str]) -> Iterator[tuple[str, str, int, int, int]]:
    """Item, location, on hand, reserved and backordered (which no location has yet)."""
    stock = select(Stock.item, Stock.location, func.sum(Stock.on_hand), func.sum(Stock.reserved)).where(Stock.item.in_(items))
    for item, location, on_hand, reserved in session.execute(stock.group_by(Stock.item, Stock.location)):
        yield item, location, int(on_hand), int(reserved), 0
    waiting = (
        select(OrderLine.item, func.sum(OrderLine.open))
        .join(Order, Order.order == OrderLine.order)
        .where(OrderLine.item.in_(items), OrderLine.open > 0, Order.accepted_at.is_not(None), Order.outcome == "")
    )
    for item, units in session.execute(waiting.group_by(OrderLine.item)):
        yield item, NOWHERE, 0, 0, int(units)


def _inbound(session: Session, items: Sequence[str]) -> Iterator[tuple[str, str, Inbound]]:
    """Item, location and what is expected there: the rest of open purchase orders, and transfers that have left their origin."""
    bought = (
        select(PurchaseOrderLine, PurchaseOrder.location)
        .join(PurchaseOrder, PurchaseOrder.purchase_order == PurchaseOrderLine.purchase_order)
        .where(PurchaseOrderLine.item.in_(items), PurchaseOrder.status == PurchaseStatus.OPEN.value)
        .where(PurchaseOrderLine.received < PurchaseOrderLine.ordered)
        .order_by(PurchaseOrderLine.expected_at, PurchaseOrderLine.purchase_order, PurchaseOrderLine.line)
    )
    for line, location in session.execute(bought):
        name = supply_in_words(purchase_supply(line.purchase_order, line.line))
        yield line.item, location, Inbound(reference=name, quantity=line.outstanding, expected=_day(line.expected_at))
    moving = (
        select(Transfer, TransferLine)
        .join(TransferLine, TransferLine.transfer == Transfer.transfer)
        .where(TransferLine.item.in_(items), Transfer.status == TransferStatus.SHIPPED.value, TransferLine.received < TransferLine.shipped)
        .order_by(Transfer.transfer, TransferLine.line)
    )
    for transfer, moved in session.execute(moving):
        name = supply_in_words(transfer_supply(transfer.transfer))
        yield moved.item, transfer.to_location, Inbound(reference=name, quantity=moved.on_the_way, expected=_day(transfer.expected_at))


def _added(
    stock: StockPosition, *, on_hand: int = 0, reserved: int = 0, backordered: int = 0, inbound: tuple[Inbound, ...] = ()
) -> StockPosition:
    return StockPosition(
        on_hand=stock.on_hand + on_hand,
        reserved=stock.reserved + reserved,
        backordered=stock.backordered + backordered,
        inbound=stock.inbound + inbound,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
