"""What a person reads about orders and stock, from rows alone: no worker needs to be alive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from database import intake
from database.claims import standing
from database.order_views import captured_view, summary_of, views_of, with_places
from database.tables import AuditEntry, Intake, Order, OrderLine, SoftReservation, Stock
from domain.errors import InputRefused
from domain.lifecycle import Stage
from domain.order import Moment, PlaceOrder
from domain.values import Value
from domain.views import OrderSummary, OrderView, StockView


class AuditView(Value):
    """Who did what, when, and from which message."""

    at: Moment
    step: str
    key: str
    actor: str
    message_id: str
    message_name: str
    summary: str


def order_view(session: Session, order: str) -> OrderView:
    """Everything about one order, also when it is only captured so far. Raises NotFound."""
    views = views_of(session, [order])
    return with_places(session, views[order]) if views else captured_view(intake.document(session, order))


def order_views(session: Session, orders: Iterable[str]) -> list[OrderView]:
    """Those of these orders that are known, by key and without their places in the queue; a statement for each table, however many."""
    keys = sorted(orders)
    views = views_of(session, keys)
    if unread := [key for key in keys if key not in views]:
        documents = session.scalars(select(Intake.document).where(Intake.order.in_(unread)))
        views |= {view.order: view for view in (captured_view(PlaceOrder.model_validate_json(document)) for document in documents)}
    return [views[key] for key in keys if key in views]


def customer_of(session: Session, order: str) -> str:
    """Whose order it is; empty while nobody knows whom its channel means. Raises NotFound."""
    row = session.get(Order, order)
    return (row.customer or "") if row is not None else intake.document(session, order).customer


def list_orders(session: Session, limit: int = 50, stage: Stage | None = None, customer: str | None = None) -> list[OrderSummary]:
    """The latest orders by the time they were placed, of one stage or one customer when asked; with those that are only captured so far."""
    chosen = select(Order.order).order_by(Order.placed_at.desc(), Order.order).limit(limit)
    if stage is not None:
        chosen = chosen.join(_units, _units.c.order == Order.order).where(_in_stage(stage))
    if customer is not None:
        chosen = chosen.where(or_(Order.customer == customer, Order.stated_customer == customer))
    keys = list(session.scalars(chosen))
    views = views_of(session, keys)
    found = [views[key] for key in keys]
    if stage in (None, Stage.CAPTURED) and len(found) < limit:
        wanted = OrderFilter(customer=customer or "")
        found += [view for view, _ in _only_captured(session, limit - len(found), wanted)]
    return [summary_of(view) for view in found]


class OrderFilter(Value):
    """Which orders are wanted; whatever is empty leaves out none.

    `customer` is ours or as the channel named them; `owner` and `of` are the customer and the channel that the reader is bound to.
    """

    stage: Stage | None = None
    customer: str = ""
    channel: str = ""
    since: Moment | None = None
    owner: str = ""
    of: str = ""


EVERY_ORDER = OrderFilter()

_CAPTURED = "captured~"
"""How the cursor of a page of orders begins that are only captured so far."""


def page(session: Session, limit: int, after: str = "", wanted: OrderFilter = EVERY_ORDER) -> tuple[list[OrderSummary], str | None]:
    """A page of orders and the cursor of the next page, if there is one.

    Those that are only captured so far come first, the latest of them before; then those that their workflows have written down, newest
    first. One that is written down while somebody turns pages is on one of them all the same; the last page may be empty. `after` is a
    cursor of an earlier page: pages do not move when orders are placed meanwhile. Raises InputRefused for any other text.
    """
    if wanted.stage not in (None, Stage.CAPTURED) or (after and not after.startswith(_CAPTURED)):
        return _written_down(session, limit, after, wanted)
    captured = _only_captured(session, limit, wanted, _cursor(after.removeprefix(_CAPTURED)) if after else None)
    first = [summary_of(view) for view, _ in captured]
    if len(first) == limit:
        return first, f"{_CAPTURED}{captured[-1][1].isoformat()}~{first[-1].order}"
    then, following = _written_down(session, limit - len(first), "", wanted)
    return [*first, *then], following


def _written_down(session: Session, limit: int, after: str, wanted: OrderFilter) -> tuple[list[OrderSummary], str | None]:
    chosen = select(Order.order, Order.placed_at).order_by(Order.placed_at.desc(), Order.order).limit(limit + 1)
    if after:
        placed_at, order = _cursor(after)
        chosen = chosen.where(or_(Order.placed_at < placed_at, and_(Order.placed_at == placed_at, Order.order > order)))
    if wanted.stage is not None:
        chosen = chosen.join(_units, _units.c.order == Order.order).where(_in_stage(wanted.stage))
    if wanted.customer:
        chosen = chosen.where(or_(Order.customer == wanted.customer, Order.stated_customer == wanted.customer))
    if wanted.since is not None:
        chosen = chosen.where(Order.placed_at >= wanted.since)
    for column, value in ((Order.channel, wanted.channel), (Order.channel, wanted.of), (Order.customer, wanted.owner)):
        if value:
            chosen = chosen.where(column == value)
    found = list(session.execute(chosen))
    views = views_of(session, [order for order, _ in found[:limit]])
    following = f"{found[limit - 1][1].isoformat()}~{found[limit - 1][0]}" if len(found) > limit else None
    return [summary_of(views[order]) for order, _ in found[:limit]], following


def _cursor(after: str) -> tuple[datetime, str]:
    at, _, order = after.partition("~")
    try:
        placed_at = datetime.fromisoformat(at)
        if placed_at.tzinfo is None or not order:
            raise ValueError
        return placed_at.astimezone(UTC), order
    except (ValueError, OverflowError):
        raise InputRefused("after", f"{after!r:.60} is not the `next` of a page") from None


def stock(session: Session, item: str | None = None, at: datetime | None = None) -> list[StockView]:
    """All stock by item, location and bin, or that of one item; with `at` also what is softly reserved then."""
    chosen = select(Stock).order_by(Stock.item, Stock.location, Stock.bin)
    rows = session.scalars(chosen if item is None else chosen.where(Stock.item == item))
    aside = _set_aside(session, at) if at is not None else {}
    found = []
    for row in rows:
        units = min(aside.get((row.item, row.location), 0), row.available)
        if units:
            aside[row.item, row.location] -= units
        counts = {"on_hand": row.on_hand, "reserved": row.reserved, "set_aside": units}
        found.append(StockView(item=row.item, location=row.location, bin=row.bin, **counts))
    return found


def _set_aside(session: Session, at: datetime) -> dict[tuple[str, str], int]:
    columns = (SoftReservation.item, SoftReservation.location)
    chosen = select(*columns, func.sum(SoftReservation.quantity)).where(standing(at)).group_by(*columns)
    return {(item, location): int(units) for item, location, units in session.execute(chosen)}


def audit_trail(session: Session, order: str) -> list[AuditView]:
    """The order's story as it was written, oldest first."""
    rows = session.scalars(select(AuditEntry).where(AuditEntry.order == order).order_by(AuditEntry.id))
    return [AuditView(**{name: getattr(row, name) for name in AuditView.model_fields}) for row in rows]


def message_seen(session: Session, order: str, message_id: str) -> bool:
    """Whether a step of the order was ever caused by this message."""
    chosen = select(AuditEntry.id).where(AuditEntry.message_id == message_id, AuditEntry.order == order).limit(1)
    return session.scalar(chosen) is not None


# --- one stage in SQL ----------------------------------------------------------------------------------------------------------------

_units = (
    select(
        OrderLine.order,
        func.sum(OrderLine.open).label("open"),
        func.sum(OrderLine.allocated + OrderLine.picked + OrderLine.packed).label("at_work"),
        func.sum(OrderLine.shipped).label("shipped"),
        func.sum(OrderLine.delivered).label("delivered"),
    )
    .group_by(OrderLine.order)
    .subquery()
)


def _in_stage(stage: Stage) -> ColumnElement[bool]:
    """The rule of `domain.lifecycle.stage_of`, for the database to search by; of a cancel under way it knows only what is done."""
    derived = case(
        (Order.outcome != "", Order.outcome),
        (Order.accepted_at.is_(None), Stage.CAPTURED.value),
        (_units.c.open > 0, Stage.SUPPLYING.value),
        (_units.c.at_work > 0, Stage.FULFILLING.value),
        (_units.c.shipped == 0, Stage.CANCELLING.value),
        (_units.c.delivered < _units.c.shipped, Stage.SHIPPED.value),
        else_=Stage.DELIVERED.value,
    )
    return derived == stage.value


def _only_captured(
    session: Session, limit: int, wanted: OrderFilter, after: tuple[datetime, str] | None = None
) -> list[tuple[OrderView, datetime]]:
    """Orders whose document is here and whose workflow has not looked at it yet, the latest first, each with the time at which it came."""
    chosen = select(Intake.order, Intake.document, Intake.received_at).outerjoin(Order, Order.order == Intake.order)
    chosen = chosen.where(Order.order.is_(None)).order_by(Intake.received_at.desc(), Intake.order)
    for channel in (wanted.channel, wanted.of):
        if channel:
            chosen = chosen.where(Intake.channel == channel)
    found: list[tuple[OrderView, datetime]] = []
    while len(found) < limit:
        this = chosen
        if after is not None:
            came, order = after
            this = this.where(or_(Intake.received_at < came, and_(Intake.received_at == came, Intake.order > order)))
        rows = list(session.execute(this.limit(limit)))
        for _, document, received_at in rows:
            placed = PlaceOrder.model_validate_json(document)  # whose it is and when it was placed is said by the document alone
            theirs = all(placed.customer == name for name in (wanted.customer, wanted.owner) if name)
            if theirs and (wanted.since is None or placed.placed_at >= wanted.since):
                found.append((captured_view(placed), received_at))
        if len(rows) < limit:
            break
        after = (rows[-1][2], rows[-1][0])
    return found[:limit]
