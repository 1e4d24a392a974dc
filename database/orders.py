"""The order itself: accepted or not, changed, held, asked about, ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from database import credit, exchange_prices, intake
from database.backorders import give_back
from database.journal import close_doors, write_audit
from database.locks import invoice_of, lines_of, order_of, require
from database.payments import judge_credit_hold
from database.pricing import terms_of
from database.tables import Customer, ExceptionRow, HouseSetting, Order, OrderFinding, OrderLine
from database.terms import customer_and_terms
from database.validation import MOST_MINOR, MOST_UNITS, find_all
from domain.credit import CreditQuestion, StopStage
from domain.errors import NotFound
from domain.exceptions import WITHDRAWN, Decision
from domain.order import PaymentTerms, PlaceOrder, Priced, ShippingPolicy
from domain.order_money import money_of_lines
from domain.pricing.derivation import Derivation
from domain.pricing.pricing import price_order
from domain.return_rules import RefundTiming
from domain.steps import (
    Accepted,
    AcceptOrder,
    CancelRest,
    ChangeLines,
    CloseOrder,
    Finding,
    LineChange,
    Outcome,
    Recorded,
    RecordException,
    RecordNotes,
    Severity,
    Step,
)


def accept_order(session: Session, request: AcceptOrder) -> Accepted:
    """Write the order with all its findings; without mendable and fatal ones it is accepted.

    A corrected order under a new key replaces what was written, until it is accepted. Mendable findings that were `waived` become notes.
    One that only credit stops waits for that.
    What the order leaves to us is priced and taxed here, once: a later change of a list or a rate changes nothing that was placed.
    """
    stated = _with_addresses(session, request.placed)
    customer, agreed = customer_and_terms(session, stated.customer, stated.terms)
    terms = terms_of(session, stated, customer)
    pricing = price_order(stated, terms)
    placed, question = pricing.placed, _question(request)
    findings = [
        _waived(finding) if request.waived else finding
        for finding in find_all(session, pricing, terms.items, customer, request.price_tolerance, agreed, question, request.at)
    ]
    order = _write(session, placed, customer, pricing.derivations)
    if request.placed.ship_to is not None:
        intake.keep_address(session, request.order, request.placed.ship_to)
    _write_findings(session, request.order, findings)
    if order.accepted_at is None and all(finding.severity is Severity.NOTE for finding in findings):
        order.accepted_at = request.at
    stops = tuple(finding.reason for finding in findings if finding.severity is Severity.STOP)
    if customer is not None and stops and all(finding.severity in (Severity.NOTE, Severity.STOP) for finding in findings):
        credit.stand(session, request, question, customer.customer, stops)
    return Accepted(
        customer=customer.customer if customer else placed.customer,
        findings=tuple(findings),
        policy=_policy(placed, customer),
        terms=agreed if agreed is not None and agreed.suits(placed.currency) else None,
        priced=Priced.of(placed) if pricing.ours else None,
        refund_on=RefundTiming(customer.refund_on) if customer and customer.refund_on else None,
    )


def change_lines(session: Session, request: ChangeLines) -> Recorded:
    """Cancel open units, add units, add lines. More than is open cannot be cancelled: refused."""
    order = order_of(session, request.order)
    lines = lines_of(session, request.order)
    for change in request.changes:
        if change.line in lines:
            _change(lines[change.line], change, request.at)
        else:
            require(bool(change.item) and change.add > 0, f"{request.order} has no line {change.line}; a new one needs an item and units.")
            row = _new_line(request.order, change)
            if change.rma:
                exchange_prices.explain(session, row, change)
            session.add(row)
    if request.requested_at is not None:
        order.requested_at = request.requested_at
    if request.total is not None:
        order.total = request.total.minor
    for money in request.money:
        if money.line in lines:
            lines[money.line].priced, lines[money.line].amount = money.priced, money.amount
    if any(change.cancel for change in request.changes):
        session.flush()
        give_back(session, request.order, request.key, request.at)
        credit.changed(session, order.customer, request.at)
    return Recorded()


def cancel_rest(session: Session, request: CancelRest) -> Recorded:
    """Every unit that is still open is cancelled; an order that was never written down has none."""
    close_doors(session, request.undoes)
    order = session.get(Order, request.order, with_for_update=True)
    _cancel_open(session, request)
    credit.let_go(session, request, credit.ORDER, "the order is cancelled")
    credit.changed(session, order.customer if order else None, request.at)
    return Recorded()


def record_exception(session: Session, request: RecordException) -> Recorded:
    """Write an exception as it now stands."""
    stands = request.exception
    row = session.get(ExceptionRow, (request.order, stands.number))
    if row is None:
        row = ExceptionRow(order=request.order, number=stands.number)
        session.add(row)
    row.kind, row.subject, row.detail = stands.kind.value, stands.subject, stands.detail
    row.opened_at, row.due_at, row.escalations = stands.opened_at, stands.due_at, stands.escalations
    row.offered = " ".join(stands.offered)
    row.decision = stands.decision.model_dump_json() if stands.decision else None
    if stands.decision is not None and stands.decision.choice == "bill":  # from now on it is owed, and uses credit
        order_of(session, request.order).terms = PaymentTerms.NET_14.value
    return Recorded()


def record_notes(session: Session, request: RecordNotes) -> Recorded:
    """Write holds, promises and disputes where readers look for them, and every note into the audit trail."""
    order = session.get(Order, request.order, with_for_update=True)
    if order is not None and request.held is not None:
        order.held, order.review_at = request.held, request.review_at if request.held else None
    rejudge = False
    for number, promised_by in request.promised.items():
        invoice = invoice_of(session, request.order, number)
        broken_at = request.broken.get(number)
        rejudge = rejudge or (invoice.promised_by, invoice.promise_broken_at) != (promised_by, broken_at)
        invoice.promised_by, invoice.promise_broken_at = promised_by, broken_at
    for number, held_until in request.dunning_held.items():
        invoice_of(session, request.order, number).dunning_held_until = held_until
    for number, review_at in request.disputed.items():
        invoice_of(session, request.order, number).dispute_review_at = review_at
    if order is not None and any(request.disputed.values()):
        credit.changed(session, order.customer, request.at)
    for note in request.notes:
        write_audit(session, request, "note", note)
    if rejudge and order is not None and order.customer is not None:
        judge_credit_hold(session, order.customer)
        credit.changed(session, order.customer, request.at)
    return Recorded()


def close_order(session: Session, request: CloseOrder) -> Recorded:
    """End the order: its open questions are withdrawn; unless it is closed as done, its open units are cancelled."""
    order = session.get(Order, request.order, with_for_update=True)
    if order is None:  # it ended before anybody looked at it
        placed = intake.document(session, request.order)
        order = _write(session, placed, customer_and_terms(session, placed.customer, placed.terms)[0])
    order.outcome, order.reason, order.ended_at = request.outcome.value, request.reason, request.at
    order.held, order.review_at = "", None
    if request.outcome is not Outcome.CLOSED:
        _cancel_open(session, request)
        credit.let_go(session, request, None, f"the order is {request.outcome}")
        credit.changed(session, order.customer, request.at)
    else:
        give_back(session, request.order, request.key, request.at)
    withdrawn = Decision(choice=WITHDRAWN, by="holdfast", at=request.at).model_dump_json()
    for row in session.scalars(select(ExceptionRow).where(ExceptionRow.order == request.order, ExceptionRow.decision.is_(None))):
        row.decision = withdrawn
    return Recorded()


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _with_addresses(session: Session, placed: PlaceOrder) -> PlaceOrder:
    """The order with the addresses that its payload left in the database."""
    if placed.ship_to is not None:
        return placed
    try:
        kept = intake.document(session, placed.key)
    except NotFound:
        return placed
    return placed.model_copy(update={"ship_to": kept.ship_to, "bill_to": placed.bill_to or kept.bill_to})


def _question(request: AcceptOrder) -> CreditQuestion:
    """What is asked of the customer's credit; an order that began on older code asks it too."""
    on_terms = request.placed.terms is not PaymentTerms.PREPAID
    return request.credit or CreditQuestion(stage=StopStage.ACCEPTANCE, on_terms=on_terms, review_at=request.at + timedelta(days=1))


def _waived(finding: Finding) -> Finding:
    may = finding.severity is Severity.MENDABLE and finding.waivable
    return finding.model_copy(update={"severity": Severity.NOTE}) if may else finding


def _write(session: Session, placed: PlaceOrder, customer: Customer | None, derived: Mapping[int, Derivation] | None = None) -> Order:
    order = session.get(Order, placed.key, with_for_update=True)
    if order is not None and order.accepted_at is not None:
        return order
    if order is None:
        ledger = select(HouseSetting.value).where(HouseSetting.name == credit.LEDGER_CURRENCY).scalar_subquery()
        order = Order(order=placed.key, channel=placed.channel, external_id=placed.external_id, held="", outcome="", reason="")
        order.ledger_currency = func.coalesce(ledger, credit.USUAL_LEDGER)
        session.add(order)
    else:
        session.execute(delete(OrderLine).where(OrderLine.order == placed.key))
    order.customer, order.stated_customer = customer.customer if customer else None, placed.customer
    order.po_number, order.currency, order.terms = placed.po_number, placed.currency, str(placed.terms)
    order.policy, order.priority = _policy(placed, customer).value, placed.priority
    order.placed_at, order.requested_at = placed.placed_at, placed.requested_at
    order.total = _storable_total(placed)
    order.ship_country = placed.ship_to.country if placed.ship_to else ""
    order.ship_postcode = placed.ship_to.postcode if placed.ship_to else ""
    order.service, order.basket = placed.shipping_service, placed.basket
    session.flush()
    session.execute(insert(OrderLine), _lines(placed, derived or {}))
    return order


def _policy(placed: PlaceOrder, customer: Customer | None) -> ShippingPolicy:
    """How the order ships: as it says itself, else as its customer has it."""
    usual = ShippingPolicy(customer.ships) if customer is not None and customer.ships else ShippingPolicy.PARTIAL
    return placed.policy or usual


def _lines(placed: PlaceOrder, derived: Mapping[int, Derivation]) -> list[dict[str, object]]:
    """One row per line number; what no order can hold (and a fatal finding names) is stored as the nearest that fits."""
    rows: list[dict[str, object]] = []
    money = _storable_money(placed)
    for line in placed.numbered().values():
        units = min(max(line.quantity, 0), MOST_UNITS)
        about = {"order": placed.key, "line": line.number, "item": line.item, "description": line.description, "bills_to": line.number}
        about |= {"amount": money.get(line.number, 0), "priced": units}
        why = derived[line.number].model_dump_json() if line.number in derived else None
        about |= {"unit_price": str(line.unit_price), "derivation": why}
        rows.append(about | {"ordered": units, "open": units, "requested_at": line.requested_at})
    return rows


def _storable_total(placed: PlaceOrder) -> int:
    try:
        return max(min(placed.total.minor, MOST_MINOR), -MOST_MINOR)
    except KeyError:  # an unknown currency, which is a fatal finding
        return 0


def _storable_money(placed: PlaceOrder) -> dict[int, int]:
    try:
        return {money.line: max(min(money.amount, MOST_MINOR), -MOST_MINOR) for money in money_of_lines(placed)}
    except KeyError:  # an unknown currency, which is a fatal finding
        return {}


def _write_findings(session: Session, order: str, findings: list[Finding]) -> None:
    session.execute(delete(OrderFinding).where(OrderFinding.order == order))
    rows = [
        {"order": order, "number": number, "place": finding.place, "reason": finding.reason, "severity": finding.severity.value}
        for number, finding in enumerate(findings, 1)
    ]
    if rows:
        session.execute(insert(OrderFinding), rows)


def _cancel_open(session: Session, step: Step) -> None:
    """Cancel every open unit; what was set aside for the order goes to the next in the queue."""
    for line in lines_of(session, step.order).values():
        line.move("open", "cancelled", line.open)
        line.wait(None, step.at)
    session.flush()
    give_back(session, step.order, step.key, step.at)


def _change(line: OrderLine, change: LineChange, at: datetime) -> None:
    require(change.cancel <= line.open, f"Line {line.line} has {line.open} open units; {change.cancel} cannot be cancelled.")
    line.move("open", "cancelled", change.cancel)
    line.ordered += change.add
    line.open += change.add
    if not line.open:
        line.wait(None, at)


def _new_line(order: str, change: LineChange) -> OrderLine:
    return OrderLine(
        order=order,
        line=change.line,
        item=change.item,
        origin=change.origin,
        bills_to=change.bills_to,
        unit_price=str(change.unit_price),
        ordered=change.add,
        open=change.add,
    )
