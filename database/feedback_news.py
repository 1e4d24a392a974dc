"""What a shop should know, worked out from what stands in our books: shipments, units given up, stock that may be sold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.claims import claims_on
from database.lots import withhold
from database.tables import Intake, Item, Location, Order, OrderLine, Reservation, Shipment, Stock
from database.tables import Mapping as MappingRow
from domain.feedback import Feed, FeedbackKind, News, ShopCancellation, ShopLine, ShopShipment, StockLevel
from domain.intake import NeedKind
from domain.order import PlaceOrder

LEFT = ("shipped", "delivered", "lost", "returned")
ADDED_FROM = 100
"""Lines above this number were added by us; the shop knows those below."""

# --- orders --------------------------------------------------------------------------------------------------------------------------


class _Books(NamedTuple):
    """One order as it stands."""

    order: Order
    placed: PlaceOrder
    lines: list[OrderLine]
    shipments: list[Shipment]
    shipped: Mapping[tuple[int, int], int]  # units by shipment and line


def news_of_orders(session: Session, feed: Feed, orders: Iterable[str]) -> list[News]:
    """What a shop should know of its orders: every shipment that left, then what was given up."""
    wanted = sorted(set(orders))
    if not wanted:
        return []
    books = _books(session, wanted)
    words = words_for(
        session, feed, {line.item for each in books for line in each.lines} | {line.item for each in books for line in each.placed.lines}
    )
    return [news for each in books for news in _news(feed, each, words)]


def _books(session: Session, orders: Sequence[str]) -> list[_Books]:
    placed = {
        row.order: PlaceOrder.model_validate_json(row.document)
        for row in session.execute(select(Intake.order, Intake.document).where(Intake.order.in_(orders)))
    }
    lines: dict[str, list[OrderLine]] = defaultdict(list)
    for line in session.scalars(select(OrderLine).where(OrderLine.order.in_(orders)).order_by(OrderLine.order, OrderLine.line)):
        lines[line.order].append(line)
    shipments: dict[str, list[Shipment]] = defaultdict(list)
    left = select(Shipment).where(Shipment.order.in_(orders), Shipment.status.in_(LEFT), Shipment.tracking.is_not(None))
    for shipment in session.scalars(left.order_by(Shipment.order, Shipment.shipment)):
        shipments[shipment.order].append(shipment)
    units: dict[str, dict[tuple[int, int], int]] = defaultdict(dict)
    sums = (
        select(Reservation.order, Reservation.shipment, Reservation.line, func.sum(Reservation.quantity))
        .where(Reservation.order.in_(orders), Reservation.ended == "shipped")
        .group_by(Reservation.order, Reservation.shipment, Reservation.line)
    )
    for order, number, line_number, quantity in session.execute(sums):
        units[order][number, line_number] = int(quantity)
    found = session.scalars(select(Order).where(Order.order.in_(orders)).order_by(Order.order))
    return [
        _Books(row, placed[row.order], lines[row.order], shipments[row.order], units[row.order]) for row in found if row.order in placed
    ]


def _news(feed: Feed, books: _Books, words: Mapping[str, tuple[str, ...]]) -> list[News]:
    shop_lines = _shop_lines(books, words)
    pays_for = {line.line: line.bills_to for line in books.lines}
    left_over = {number: line.quantity for number, line in shop_lines.items()}
    open_units = sum(line.open + line.allocated + line.picked + line.packed for line in books.lines if line.bills_to in shop_lines)
    kept: dict[int, int] = defaultdict(int)
    for line in books.lines:
        kept[line.bills_to] += line.ordered - line.cancelled
    given_up = [line.model_copy(update={"quantity": line.quantity - kept[n]}) for n, line in shop_lines.items() if line.quantity > kept[n]]
    order, found = books.order, list[News]()
    for shipment in books.shipments:
        units: dict[int, int] = defaultdict(int)
        for (number, line_number), quantity in sorted(books.shipped.items()):
            sold = pays_for.get(line_number, 0)
            if number == shipment.shipment and sold in left_over:
                taken = min(quantity, left_over[sold])  # a shop takes no more than it sold
                left_over[sold] -= taken
                units[sold] += taken
        goods = tuple(shop_lines[sold].model_copy(update={"quantity": quantity}) for sold, quantity in units.items() if quantity)
        if not goods:
            continue
        value = ShopShipment(
            order=order.external_id,
            shipment=shipment.shipment,
            tracking=shipment.tracking or "",
            carrier=shipment.carrier,
            lines=goods,
            location=feed.locations.get(shipment.location, ""),
            completes=feed.one_status and not open_units and not given_up and shipment is books.shipments[-1],
        )
        subject = f"{order.order}#{shipment.shipment}/{shipment.tracking}"
        found.append(News(kind=FeedbackKind.SHIPMENT, subject=subject, order=order.order, wanted=value.model_dump_json()))
    ended = bool(order.outcome)
    if given_up and (ended or any(kept[number] for number in shop_lines)):  # an order that is being wound up says how when it has ended
        lost = ShopCancellation(
            order=order.external_id,
            lines=tuple(given_up),
            whole=ended and not books.shipments and not any(kept[number] for number in shop_lines),
            completes=feed.one_status and not open_units,
            reason=order.reason,
        )
        found.append(News(kind=FeedbackKind.CANCELLATION, subject=order.order, order=order.order, wanted=lost.model_dump_json()))
    return found


def _shop_lines(books: _Books, words: Mapping[str, tuple[str, ...]]) -> dict[int, ShopLine]:
    """The lines that the shop knows, with what it may call their items; lines of one item are told apart by their order."""
    now = {line.line: line.item for line in books.lines}
    seen: dict[str, int] = defaultdict(int)
    found: dict[int, ShopLine] = {}
    for line in books.placed.lines:
        if not 0 < line.number <= ADDED_FROM or line.number in found:
            continue
        seen[line.item] += 1
        corrected = now.get(line.number, line.item)
        called = dict.fromkeys((*words.get(line.item, (line.item,)), *words.get(corrected, (corrected,))))
        found[line.number] = ShopLine(line=line.number, words=tuple(called), ordinal=seen[line.item], quantity=max(line.quantity, 0))
    return found


def words_for(session: Session, feed: Feed, items: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What a shop may call each of our items: the words that were mapped for it, and our own."""
    found: dict[str, list[str]] = {item: [item] for item in sorted(set(items))}
    chosen = select(MappingRow.ours, MappingRow.text).where(
        MappingRow.kind == NeedKind.ITEM.value, MappingRow.channel.in_(feed.words), MappingRow.ours.in_(found)
    )
    for ours, text in session.execute(chosen.order_by(MappingRow.text)):
        found[ours].append(text)
    return {item: tuple(dict.fromkeys(words)) for item, words in found.items()}


# --- stock ---------------------------------------------------------------------------------------------------------------------------


def next_items(session: Session, after: str, most: int) -> list[str]:
    """The next items of the catalogue, in the order of their names."""
    return list(session.scalars(select(Item.item).where(Item.item > after).order_by(Item.item).limit(most)))


def news_of_stock(session: Session, feed: Feed, items: Iterable[str], at: datetime) -> list[News]:
    """What the shop may sell of these items: what an order through its channel would be given now, safety stock and quotas left alone."""
    wanted = sorted(set(items))
    if not wanted or not (feed.one_stock or feed.locations):
        return []
    rows = list(session.scalars(select(Stock).where(Stock.item.in_(wanted)).order_by(Stock.item, Stock.location, Stock.bin)))
    withhold(session, rows, at.date())
    free = claims_on(session, wanted, feed.channel, (), at).may_take(rows)
    ours = list(feed.locations) or list(session.scalars(select(Location.location)))
    places = (
        {"": ours}
        if feed.one_stock
        else {theirs: [our for our in ours if feed.locations[our] == theirs] for theirs in feed.locations.values()}
    )
    found = []
    for item, words in words_for(session, feed, wanted).items():
        for sku in words:
            if sku.startswith("variant:"):  # how a line without a SKU is called; no product is
                continue
            for place, locations in places.items():
                level = StockLevel(sku=sku, location=place, quantity=sum(free.get((item, location), 0) for location in locations))
                subject = f"{sku}@{place}" if place else sku
                found.append(News(kind=FeedbackKind.STOCK, subject=subject, item=item, wanted=level.model_dump_json()))
    return found
