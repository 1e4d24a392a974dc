"""Many orders as one question: what their open units need, and what each location would cost each of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.availability import free_by_location
from database.locks import lines_of
from database.sourcing import goods_read, sites_of, sourcing_of
from database.tables import Order, OrderLine
from domain.errors import NotFound, Refused
from domain.sourcing.batch import Batch, BatchOrder, competitor
from domain.steps import AllocateStock, Need


def orders_with_open_units(session: Session) -> list[str]:
    """Every accepted order that still wants stock, the oldest first."""
    chosen = (
        select(Order.order)
        .join(OrderLine, OrderLine.order == Order.order)
        .where(Order.outcome == "", Order.accepted_at.is_not(None), OrderLine.open > 0)
        .group_by(Order.order, Order.placed_at)
        .order_by(Order.placed_at, Order.order)
    )
    return list(session.scalars(chosen))


def batch_of(session: Session, orders: Sequence[str], at: datetime) -> Batch:
    """The open units of these orders, in this order, and the stock that every one of them may take; nothing is locked or changed.

    Raises NotFound for an unknown order and Refused for one that wants nothing.
    """
    stock: dict[str, dict[str, int]] = {}
    taking_part: list[BatchOrder] = []
    further = 0
    for key in orders:
        order = session.get(Order, key)
        if order is None:
            raise NotFound("order", key)
        lines = lines_of(session, key)
        needs = tuple(Need(line=line.line, item=line.item, quantity=line.open) for line in lines.values() if line.open)
        if order.outcome or not needs:
            raise Refused(f"{key} has no open units: there is nothing to source.")
        free: dict[tuple[str, str], int] = {}
        for item in {need.item: None for need in needs}:
            for location, units in free_by_location(session, item, at, order.channel, (key,)).items():
                free[item, location] = units
                known = stock.setdefault(location, {})
                known[item] = min(known.get(item, units), units)
        request = AllocateStock(
            order=key,
            key=f"{key}/planned",
            at=at,
            needs=needs,
            all_or_nothing=False,
            first_shipment=1,
            pick_due=at,
            backorder_due=at,
        )
        sites, policy = sites_of(session, order, free, at)
        further = max(further, policy.weights.further_shipment)
        question = sourcing_of(request, order, lines, needs, goods_read(session, (need.item for need in needs)))
        taking_part.append(competitor(key, question, sites, policy.weights))
    return Batch(orders=tuple(taking_part), stock=stock, further=further)
