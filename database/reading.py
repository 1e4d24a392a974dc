"""What a person reads about orders and stock, from rows alone: no worker needs to be alive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from database import intake
from database.backorder_queue import places_of
from database.claims import standing
from database.tables import (
    AuditEntry,
    AuthorizationRow,
    Base,
    CollectibleRow,
    CreditFeeRow,
    CreditNote,
    CreditWait,
    Customer,
    DepositRow,
    ExceptionRow,
    InstalmentRow,
    Intake,
    Invoice,
    Order,
    OrderFinding,
    OrderLine,
    ParcelRow,
    Payment,
    Promise,
    Refund,
    Reservation,
    Return,
    ReturnLine,
    Shipment,
    SoftReservation,
    Stock,
)
from database.waits import waits_of
from domain.errors import InputRefused
from domain.exceptions import Decision, ExceptionKind, OpenException
from domain.lifecycle import Stage
from domain.messages import Disposition, Parcel
from domain.money import Money, is_currency
from domain.order import Moment, PlaceOrder, ShippingPolicy
from domain.order import OrderLine as PlacedLine
from domain.steps import Finding, Pick, Severity
from domain.values import Value
from domain.views import (
    AuthorizationView,
    CreditView,
    DepositView,
    InstalmentView,
    InvoiceView,
    LineView,
    OrderSummary,
    OrderView,
    PaymentView,
    PromiseView,
    RefundView,
    ReturnView,
    ShipmentView,
    StockView,
)

Row = TypeVar("Row", bound=Base)


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
    views = _views(session, [order])
    return _with_places(session, views[order]) if views else _captured(intake.document(session, order))


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
    views = _views(session, keys)
    found = [views[key] for key in keys]
    if stage in (None, Stage.CAPTURED) and len(found) < limit:
        wanted = OrderFilter(customer=customer or "")
        found += [view for view, _ in _only_captured(session, limit - len(found), wanted)]
    return [_summary(view) for view in found]


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
    first = [_summary(view) for view, _ in captured]
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
    views = _views(session, [order for order, _ in found[:limit]])
    following = f"{found[limit - 1][1].isoformat()}~{found[limit - 1][0]}" if len(found) > limit else None
    return [_summary(views[order]) for order, _ in found[:limit]], following


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


# --- rows to views -------------------------------------------------------------------------------------------------------------------


def _views(session: Session, keys: Sequence[str]) -> dict[str, OrderView]:
    """The views of many orders with one statement per table."""
    if not keys:
        return {}
    lines = _by_order(session, OrderLine, keys)
    findings = _by_order(session, OrderFinding, keys)
    shipments, parcels = _by_order(session, Shipment, keys), _by_order(session, ParcelRow, keys)
    reservations = _by_order(session, Reservation, keys)
    invoices, payments = _by_order(session, Invoice, keys), _by_order(session, Payment, keys)
    authorizations = _by_order(session, AuthorizationRow, keys)
    credit_notes, credit_fees = _by_order(session, CreditNote, keys), _by_order(session, CreditFeeRow, keys)
    refunds = _by_order(session, Refund, keys)
    returns, return_lines = _by_order(session, Return, keys), _by_order(session, ReturnLine, keys)
    collectibles, deposits = _by_order(session, CollectibleRow, keys), _by_order(session, DepositRow, keys)
    parts = _by_order(session, InstalmentRow, keys)
    received = {key: sum(each.amount - each.refunded for each in payments[key] if not each.reversed) for key in keys}
    exceptions, promises = _by_order(session, ExceptionRow, keys), _by_order(session, Promise, keys)
    credit = _by_order(session, CreditWait, keys)
    views = {}
    named = select(Order, Customer.name).outerjoin(Customer, Customer.customer == Order.customer).where(Order.order.in_(keys))
    for order, name in session.execute(named):
        key = order.order
        asked = tuple(_exception(row) for row in exceptions[key])
        views[key] = OrderView(
            order=key,
            customer=order.customer or order.stated_customer,
            customer_name=name or "",
            po_number=order.po_number,
            currency=order.currency,
            terms=order.terms,
            policy=ShippingPolicy(order.policy),
            placed_at=order.placed_at,
            accepted=order.accepted_at is not None,
            held=order.held,
            outcome=order.outcome,
            reason=order.reason,
            total=Money(minor=order.total, currency=order.currency),
            findings=tuple(Finding(place=f.place, reason=f.reason, severity=Severity(f.severity)) for f in findings[key]),
            lines=tuple(_line(row) for row in lines[key]),
            shipments=tuple(_shipment(row, reservations[key], parcels[key]) for row in shipments[key]),
            invoices=tuple(_invoice(row, order.currency, parts[key]) for row in invoices[key]),
            deposit=next((_deposit(row, order.currency, received[key]) for row in deposits[key]), None),
            payments=tuple(_payment(row, order.currency) for row in payments[key]),
            authorizations=tuple(_authorization(row, payments[key]) for row in sorted(authorizations[key], key=lambda row: row.at)),
            credits=tuple(_credit(row, order.currency, credit_fees[key]) for row in credit_notes[key]),
            refunds=tuple(_refund(row, order.currency) for row in refunds[key]),
            returns=tuple(_return(row, return_lines[key]) for row in returns[key]),
            exceptions=asked,
            promises=tuple(PromiseView(**{name: getattr(row, name) for name in PromiseView.model_fields}) for row in promises[key]),
            waits=waits_of(
                order,
                lines[key],
                shipments[key],
                invoices[key],
                returns[key],
                asked,
                collectibles[key],
                deposits[key],
                received[key],
                credit[key],
            ),
        )
    return views


def _with_places(session: Session, view: OrderView) -> OrderView:
    """The order with the places of its lines in the backorder queue."""
    if view.outcome or not any(line.open and line.backorder_due for line in view.lines):
        return view
    places = places_of(session, view.order, {line.number: line.item for line in view.lines if line.open})
    lines = []
    for line in view.lines:
        position, length = places.get(line.number, (0, 0))
        lines.append(line.model_copy(update={"queue_position": position, "queue_length": length}))
    return view.model_copy(update={"lines": tuple(lines)})


def _by_order(session: Session, table: type[Row], keys: Sequence[str]) -> defaultdict[str, list[Row]]:
    columns = table.__table__.c
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in session.scalars(select(table).where(columns["order"].in_(keys)).order_by(*table.__table__.primary_key)):
        found[row.order].append(row)  # type: ignore[attr-defined]  # every table of an order has this column
    return found


def _line(row: OrderLine) -> LineView:
    same = ("item", "description", "origin", "ordered", "cancelled", "open", "allocated", "picked", "packed", "shipped", "delivered")
    return LineView(
        number=row.line,
        returned=row.returned,
        unit_price=row.unit_price,
        backorder_due=row.backorder_due,
        **{name: getattr(row, name) for name in same},
    )


def _shipment(row: Shipment, reservations: Iterable[Reservation], parcels: Iterable[ParcelRow]) -> ShipmentView:
    given_up = row.status == "cancelled"
    picks = [
        Pick(line=kept.line, item=kept.item, bin=kept.bin, lot=kept.lot, quantity=kept.asked if given_up else kept.quantity)
        for kept in reservations
        if kept.shipment == row.shipment and (kept.quantity or given_up)
    ]
    same = ("location", "status", "carrier", "service", "carrier_status", "due_at", "shipped_at", "delivered_at", "signed_by")
    return ShipmentView(
        number=row.shipment,
        picks=tuple(picks),
        parcels=tuple(Parcel.model_validate_json(parcel.contents) for parcel in parcels if parcel.shipment == row.shipment),
        tracking=row.tracking or "",
        **{name: getattr(row, name) for name in same},
    )


def _deposit(row: DepositRow, currency: str, received: int) -> DepositView:
    amount, came = Money(minor=row.amount, currency=currency), Money(minor=received, currency=currency)
    return DepositView(document=row.document, amount=amount, received=came, due_at=row.due_at)


def _invoice(row: Invoice, currency: str, parts: Sequence[InstalmentRow] = ()) -> InvoiceView:
    amounts = ("total", "fees", "credited", "paid", "written_off", "discounted", "balance")
    return InvoiceView(
        number=row.invoice,
        document=row.document,
        shipment=row.shipment,
        issued_at=row.issued_at,
        due_at=row.due_at,
        reminders=row.reminders,
        collections=row.collections_at is not None,
        instalments=tuple(
            InstalmentView(
                number=part.number,
                due_at=part.due_at,
                amount=Money(minor=part.amount, currency=currency),
                open=Money(minor=part.open, currency=currency),
            )
            for part in parts
            if part.invoice == row.invoice
        ),
        **{name: Money(minor=getattr(row, name), currency=currency) for name in amounts},
    )


def _payment(row: Payment, currency: str) -> PaymentView:
    amount, refunded = Money(minor=row.amount, currency=currency), Money(minor=row.refunded, currency=currency)
    return PaymentView(payment=row.payment, kind=row.kind, amount=amount, refunded=refunded, reversed=row.reversed)


def _authorization(row: AuthorizationRow, payments: Iterable[Payment]) -> AuthorizationView:
    taken = sum(payment.amount for payment in payments if row.authorization and payment.authorization == row.authorization)
    return AuthorizationView(
        reference=row.authorization,
        amount=Money(minor=row.amount, currency=row.currency),
        captured=Money(minor=taken, currency=row.currency),
        expires_at=row.expires_at,
        single=row.single,
        voided=row.voided,
        declined=row.declined,
    )


def _credit(row: CreditNote, currency: str, fees: Iterable[CreditFeeRow]) -> CreditView:
    total = Money(minor=row.total, currency=currency)
    kept = sum(fee.net + fee.tax for fee in fees if fee.credit == row.credit)
    return CreditView(
        number=row.credit,
        document=row.document,
        invoice=row.invoice,
        total=total,
        reason=row.reason,
        fees=Money(minor=kept, currency=currency) if kept else None,
    )


def _refund(row: Refund, currency: str) -> RefundView:
    return RefundView(
        number=row.refund,
        payment=row.payment,
        invoice=row.invoice,
        amount=Money(minor=row.amount, currency=currency),
        to_account=row.to_account,
        reason=row.reason,
        at=row.at,
    )


def _return(row: Return, lines: Iterable[ReturnLine]) -> ReturnView:
    ours = [line for line in lines if line.rma == row.rma]
    became = {
        line.line: {what.value: units for what in Disposition if (units := getattr(line, what.value))}
        for line in ours
        if any(getattr(line, what.value) for what in Disposition)
    }
    return ReturnView(
        rma=row.rma,
        document=row.document,
        kind=row.kind,
        status=row.status,
        lines={line.line: line.authorized for line in ours},
        due_at=row.due_at,
        reasons={line.line: line.reason for line in ours if line.reason},
        dispositions=became,
    )


def _exception(row: ExceptionRow) -> OpenException:
    return OpenException(
        number=row.number,
        kind=ExceptionKind(row.kind),
        subject=row.subject,
        detail=row.detail,
        opened_at=row.opened_at,
        due_at=row.due_at,
        escalations=row.escalations,
        offered=tuple(row.offered.split()),
        decision=Decision.model_validate_json(row.decision) if row.decision else None,
        recorded=True,
        answered=row.decision is not None,
        carried_out=row.decision is not None,
    )


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
                found.append((_captured(placed), received_at))
        if len(rows) < limit:
            break
        after = (rows[-1][2], rows[-1][0])
    return found[:limit]


def _captured(placed: PlaceOrder) -> OrderView:
    return OrderView(
        order=placed.key,
        customer=placed.customer,
        customer_name="",
        po_number=placed.po_number,
        currency=placed.currency,
        terms=placed.terms,
        policy=placed.policy or ShippingPolicy.PARTIAL,
        placed_at=placed.placed_at,
        accepted=False,
        held="",
        outcome="",
        reason="",
        total=placed.total if is_currency(placed.currency) else Money.zero(placed.currency),
        findings=(),
        lines=tuple(_placed_line(line) for line in placed.lines),
        shipments=(),
        invoices=(),
        payments=(),
        credits=(),
        returns=(),
        exceptions=(),
        waits=(),
    )


def _placed_line(line: PlacedLine) -> LineView:
    return LineView(
        number=line.number,
        item=line.item,
        description=line.description,
        ordered=max(line.quantity, 0),
        cancelled=0,
        open=max(line.quantity, 0),
        allocated=0,
        picked=0,
        packed=0,
        shipped=0,
        delivered=0,
        returned=0,
        unit_price=str(line.unit_price),
    )


def _summary(view: OrderView) -> OrderSummary:
    return OrderSummary(
        order=view.order,
        customer=view.customer,
        stage=view.stage,
        held=bool(view.held),
        total=view.total,
        balance=Money.total((invoice.balance for invoice in view.invoices), view.currency),
        placed_at=view.placed_at,
        open_exceptions=tuple(exception.kind.value for exception in view.exceptions if exception.decision is None),
        waits=view.waits,
    )
