"""The audit: every truth that rows can show, asked of the rows; a clean house answers with an empty list."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from database.audit_bank import BANK_RULES
from database.audit_cards import CARD_RULES
from database.audit_claims import CLAIM_RULES
from database.audit_credit import CREDIT_RULES
from database.audit_dunning import DUNNING_RULES
from database.audit_edi import EDI_RULES
from database.audit_floor import FLOOR_RULES
from database.audit_invoicing import INVOICING_RULES
from database.audit_money import MONEY_RULES
from database.audit_parcels import PARCEL_RULES
from database.audit_planning import PLANNING_RULES
from database.audit_prices import PRICE_RULES
from database.audit_queue import QUEUE_RULES
from database.audit_quotes import QUOTE_RULES
from database.audit_returns import RETURN_RULES
from database.audit_supply import SUPPLY_RULES
from database.audit_webhooks import WEBHOOK_RULES
from database.tables import (
    AuthorizationRow,
    ExceptionRow,
    Invoice,
    JournalEntry,
    Order,
    OrderLine,
    Payment,
    Reservation,
    Shipment,
    Stock,
    StockMovement,
)
from domain.values import Value


class Violation(Value):
    """A truth that does not hold: which one, of what, and the numbers."""

    rule: str
    subject: str
    detail: str


def audit(session: Session) -> list[Violation]:
    """All violations, by rule. Reads every table once or twice; writes nothing."""
    return [violation for rule in RULES for violation in violations(session, rule)]


def violations(session: Session, rule: Rule) -> list[Violation]:
    """What breaks one rule."""
    return [Violation(rule=rule.__name__.removeprefix("_"), subject=subject, detail=detail) for subject, detail in rule(session)]


Found = Iterator[tuple[str, str]]
Rule = Callable[[Session], Found]
"""A truth, asked of the rows: subject and detail of everything that breaks it."""


def _on_hand_is_the_sum_of_movements(session: Session) -> Found:
    moved = _sums(select(*_place(StockMovement), func.sum(StockMovement.quantity).label("units")).group_by(*_place(StockMovement)))
    yield from _stock_differs(session, Stock.on_hand, moved, "on hand, its movements add up to")


def _reserved_is_the_sum_of_open_reservations(session: Session) -> Found:
    open_ones = select(*_place(Reservation), func.sum(Reservation.quantity).label("units")).where(Reservation.ended == "")
    yield from _stock_differs(
        session, Stock.reserved, _sums(open_ones.group_by(*_place(Reservation))), "reserved, its reservations add up to"
    )


def _nothing_is_sold_twice(session: Session) -> Found:
    chosen = select(Stock).where(or_(Stock.reserved < 0, Stock.on_hand < 0, Stock.reserved > Stock.on_hand))
    for row in session.scalars(chosen):
        yield f"{row.item} at {row.location} {row.bin}", f"{row.reserved} reserved of {row.on_hand} on hand"


def _units_of_a_line_add_up(session: Session) -> Found:
    line = OrderLine
    parts = (line.cancelled, line.open, line.allocated, line.picked, line.packed, line.shipped)
    total: ColumnElement[int] = line.cancelled + line.open + line.allocated + line.picked + line.packed + line.shipped
    wrong = or_(line.ordered != total, *(part < 0 for part in parts))
    for row in session.scalars(select(line).where(wrong)):
        yield _name(row), f"{row.ordered} ordered, {[getattr(row, part.key) for part in parts]} are {', '.join(p.key for p in parts)}"


def _returned_delivered_shipped(session: Session) -> Found:
    wrong = or_(OrderLine.delivered > OrderLine.shipped, OrderLine.returned > OrderLine.delivered, OrderLine.returned < 0)
    for row in session.scalars(select(OrderLine).where(wrong)):
        yield _name(row), f"{row.returned} returned, {row.delivered} delivered, {row.shipped} shipped"


def _lines_stand_where_their_shipments_stand(session: Session) -> Found:
    """The units of a line in each bucket are the reservations of its shipments in that status."""

    def units(*which: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(Reservation.quantity).filter(and_(*which)), 0)

    kept = Reservation.ended == ""
    sums = _sums(
        select(
            Reservation.order,
            Reservation.line,
            units(kept, Shipment.status.in_(("planned", "released"))).label("allocated"),
            units(kept, Shipment.status == "picked").label("picked"),
            units(kept, Shipment.status == "packed").label("packed"),
            units(Reservation.ended == "shipped").label("shipped"),
            units(Reservation.ended == "shipped", Shipment.status == "delivered").label("delivered"),
        )
        .join(Shipment, and_(Shipment.order == Reservation.order, Shipment.shipment == Reservation.shipment))
        .group_by(Reservation.order, Reservation.line)
    )
    buckets = ("allocated", "picked", "packed", "shipped", "delivered")
    stands = [(getattr(OrderLine, bucket), func.coalesce(sums.c[bucket], 0)) for bucket in buckets]
    joined = and_(sums.c.order == OrderLine.order, sums.c.line == OrderLine.line)
    chosen = select(OrderLine, *(there for _, there in stands)).outerjoin(sums, joined)
    for row, *there in session.execute(chosen.where(or_(*(here != there for here, there in stands)))):
        said = [getattr(row, bucket) for bucket in buckets]
        yield _name(row), f"{', '.join(buckets)} are {said}, its shipments hold {there}"


def _an_order_is_one_order(session: Session) -> Found:
    for order in session.scalars(select(Order).where(Order.order != Order.channel + "/" + Order.external_id)):
        yield order.order, f"is {order.external_id} of {order.channel}"


def _an_order_that_ended_has_nothing_open(session: Session) -> Found:
    ended = Order.outcome != ""
    units = OrderLine.open + OrderLine.allocated + OrderLine.picked + OrderLine.packed
    for line in session.scalars(select(OrderLine).join(Order, Order.order == OrderLine.order).where(ended, units > 0)):
        yield _name(line), f"{line.open + line.allocated + line.picked + line.packed} units are neither shipped nor cancelled"
    kept = select(Reservation).join(Order, Order.order == Reservation.order).where(ended, Reservation.ended == "")
    for row in session.scalars(kept):
        yield f"{row.order} shipment {row.shipment}", f"{row.quantity} of {row.item} are still reserved"
    for invoice in session.scalars(select(Invoice).join(Order, Order.order == Invoice.order).where(ended, Invoice.balance != 0)):
        yield f"{invoice.order} {invoice.document}", f"has a balance of {invoice.balance} minor units"
    asked = select(ExceptionRow).join(Order, Order.order == ExceptionRow.order).where(ended, ExceptionRow.decision.is_(None))
    for exception in session.scalars(asked):
        yield f"{exception.order} exception {exception.number}", f"{exception.kind} is still open"


def _one_label_per_shipment(session: Session) -> Found:
    twice = select(Shipment.tracking, func.count().label("times")).where(Shipment.tracking.is_not(None))
    for tracking, times in session.execute(twice.group_by(Shipment.tracking).having(func.count() > 1)):
        yield f"tracking number {tracking}", f"is on {times} shipments"
    left = Shipment.status.in_(("shipped", "delivered", "lost", "returned"))
    for row in session.scalars(select(Shipment).where(left != Shipment.tracking.is_not(None))):
        yield f"{row.order} shipment {row.shipment}", f"is {row.status} with the tracking number {row.tracking}"


def _every_step_that_stands_has_its_result(session: Session) -> Found:
    for key in session.scalars(select(JournalEntry.key).where(JournalEntry.result.is_(None), ~JournalEntry.undone)):
        yield key, "stands in the journal without a result"


def _what_was_undone_left_nothing(session: Session) -> Found:
    effects: tuple[tuple[str, InstrumentedAttribute[str], ColumnElement[bool]], ...] = (
        ("still keeps stock", Reservation.attempt, Reservation.ended == ""),
        ("still has a shipment under way", Shipment.ship_key, Shipment.status == "shipped"),
        ("still holds an authorization", AuthorizationRow.key, and_(~AuthorizationRow.voided, AuthorizationRow.declined == "")),
        ("still has a captured payment", Payment.key, ~Payment.reversed),
    )
    for detail, key, stands in effects:
        chosen = select(JournalEntry.key).join(key.class_, key == JournalEntry.key).where(JournalEntry.undone, stands)
        for undone in session.scalars(chosen.distinct()):
            yield undone, detail


ORDER_RULES: tuple[Rule, ...] = (
    _on_hand_is_the_sum_of_movements,
    _reserved_is_the_sum_of_open_reservations,
    _nothing_is_sold_twice,
    _units_of_a_line_add_up,
    _returned_delivered_shipped,
    _lines_stand_where_their_shipments_stand,
    _an_order_is_one_order,
    _an_order_that_ended_has_nothing_open,
    _one_label_per_shipment,
    _every_step_that_stands_has_its_result,
    _what_was_undone_left_nothing,
)


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _place(table: type[StockMovement | Reservation | Stock]) -> tuple[InstrumentedAttribute[str], ...]:
    return (table.item, table.location, table.bin)


def _sums(grouped: Select[*tuple[object, ...]]) -> FromClause:
    return grouped.subquery()


def _stock_differs(session: Session, kept: InstrumentedAttribute[int], sums: FromClause, words: str) -> Found:
    joined = and_(sums.c.item == Stock.item, sums.c.location == Stock.location, sums.c.bin == Stock.bin)
    there = func.coalesce(sums.c.units, 0)
    chosen = select(Stock.item, Stock.location, Stock.bin, kept, there).outerjoin(sums, joined).where(kept != there)
    for item, location, bin_, says, adds_up_to in session.execute(chosen):
        yield f"{item} at {location} {bin_}", f"{says} {words} {adds_up_to}"


def _name(line: OrderLine) -> str:
    return f"{line.order} line {line.line}"


RULES: tuple[Rule, ...] = (
    *ORDER_RULES,
    *CLAIM_RULES,
    *QUEUE_RULES,
    *EDI_RULES,
    *FLOOR_RULES,
    *PARCEL_RULES,
    *MONEY_RULES,
    *CARD_RULES,
    *INVOICING_RULES,
    *CREDIT_RULES,
    *PRICE_RULES,
    *BANK_RULES,
    *DUNNING_RULES,
    *RETURN_RULES,
    *SUPPLY_RULES,
    *PLANNING_RULES,
    *QUOTE_RULES,
    *WEBHOOK_RULES,
)
