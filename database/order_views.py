"""The view of an order, made of its rows, or of its document while there are none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TypeVar

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from database.backorder_queue import places_of
from database.tables import (
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
)
from database.waits import waits_of
from domain.exceptions import Decision, ExceptionKind, OpenException
from domain.messages import Disposition, Parcel
from domain.money import Money, is_currency
from domain.order import OrderLine as PlacedLine
from domain.order import PlaceOrder, ShippingPolicy
from domain.steps import Finding, Pick, Severity
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
)

Row = TypeVar("Row", bound=Base)


def views_of(session: Session, keys: Sequence[str]) -> dict[str, OrderView]:
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


def with_places(session: Session, view: OrderView) -> OrderView:
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
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in session.scalars(_of_orders(table), {"orders": keys}):
        found[row.order].append(row)
    return found


@cache
def _of_orders(table: type[Row]) -> Select[Row]:
    of = table.__table__.c["order"]
    return select(table).where(of.in_(bindparam("orders", expanding=True))).order_by(*table.__table__.primary_key)


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


def captured_view(placed: PlaceOrder) -> OrderView:
    """An order whose workflow has not looked at it yet."""
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


def summary_of(view: OrderView) -> OrderSummary:
    """What a list says of an order."""
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
