"""Money that comes and goes: authorized, captured, received, applied, taken back, refunded."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from database import credit, exchange
from database.accounts import enter_account
from database.locks import invoice_of, order_of, payment_of, require
from database.settling import lose_discount, refill, take_discount
from database.tables import (
    AuthorizationRow,
    Customer,
    Invoice,
    Order,
    Payment,
    PaymentPart,
    PrepaymentRow,
    ReceivableEntry,
    Refund,
    Reminder,
)
from domain.errors import Conflict, RefundTooHigh
from domain.money import Money
from domain.money_steps import (
    ApplyPayment,
    Authorization,
    AuthorizePayment,
    Capture,
    CapturePayment,
    Prepayment,
    RefundCapture,
    Refunded,
    RefundPayment,
    ReversePayment,
    VoidAuthorization,
)
from domain.steps import Recorded, Step


def record_authorization(session: Session, request: AuthorizePayment, authorization: Authorization) -> Authorization:
    """Keep what the gateway said, also when it said no."""
    order_of(session, request.order)
    session.add(
        AuthorizationRow(
            key=request.key,
            order=request.order,
            authorization=authorization.authorization,
            amount=request.amount.minor,
            currency=request.amount.currency,
            declined=authorization.declined,
            voided=False,
            expires_at=authorization.expires_at,
            single=authorization.single,
            at=request.at,
        )
    )
    return authorization


def void_authorization(session: Session, request: VoidAuthorization, stored: str | None = None) -> Recorded:
    """The authorization of the attempt `undoes` is given up, if there is one."""
    row = session.get(AuthorizationRow, request.undoes)
    if row is not None:
        row.voided = True
    return Recorded()


def record_capture(session: Session, request: CapturePayment, capture: Capture) -> Capture:
    """Book captured money on account, where the shipment's invoice will find it; a declined capture books nothing."""
    if not capture.declined:
        order_of(session, request.order)
        session.add(_payment(request, request.payment, "captured", request.amount.minor, request.authorization))
        enter(session, request, "payment", -request.amount.minor, None, request.payment, name="account")
    return capture


def refund_capture(session: Session, request: RefundCapture, stored: str | None = None) -> Recorded:
    """Undo a capture: it counts for nothing any more; a capture that was never booked needs nothing."""
    order = order_of(session, request.order)
    payment = session.get(Payment, (request.order, request.payment))
    if payment is not None and payment.key == request.undoes:
        _reverse(session, request, order, payment, "the shipment was undone")
    return Recorded()


def apply_payment(session: Session, request: ApplyPayment) -> Recorded:
    """Book a payment: its parts pay invoices, the rest is on account. The same payment twice is one; with another amount a Conflict."""
    order = order_of(session, request.order)
    amount = request.amount.minor
    known = session.get(Payment, (request.order, request.payment))
    if known is not None:
        if known.amount != amount:
            raise Conflict(f"Payment {request.payment}", f"{known.amount} instead of {amount} minor units")
        if known.key != request.key:
            _apply_on_account(session, request, known)
            lift_credit_hold(session, order, request.at)
        return Recorded()
    rest = amount - sum(part.amount.minor for part in request.parts)
    require(amount > 0 and rest >= 0, f"Payment {request.payment} of {amount} minor units cannot be shared as {amount - rest}.")
    payment = _payment(request, request.payment, "received", amount)
    session.add(payment)
    session.flush()
    for part in request.parts:
        apply_part(session, request, payment, invoice_of(session, request.order, part.invoice), part.amount.minor)
    for taken in request.discounts:
        discounted = invoice_of(session, request.order, taken.invoice)
        take_discount(session, request, payment, discounted, taken)
        refill(session, discounted)
    enter(session, request, "payment", -rest, None, request.payment, name="account")
    lift_credit_hold(session, order, request.at)
    return Recorded()


def reverse_payment(session: Session, request: ReversePayment) -> Recorded:
    """A payment was taken back: what it had paid is owed again. Reversing twice is reversing once. Raises NotFound."""
    order = order_of(session, request.order)
    _reverse(session, request, order, payment_of(session, request.order, request.payment), request.reason)
    return Recorded()


def check_refund(session: Session, request: RefundPayment) -> str:
    """Before the gateway is asked: what a capture was taken from (the gateway's id), empty for any other payment.

    Raises RefundTooHigh when more would be given back than is left of the payment, NotFound without one.
    """
    payment = payment_of(session, request.order, request.payment)
    left = 0 if payment.reversed else payment.amount - payment.refunded
    if request.amount.minor > left:
        raise RefundTooHigh(f"payment {request.payment} of {request.order}", request.amount.minor, left)
    require(request.amount.minor > 0, f"A refund of {request.amount.minor} minor units for {request.order} is none.")
    return payment.authorization


def book_refund(session: Session, request: RefundPayment, refunded: Refunded) -> Refunded:
    """Book money that went back; raises RefundTooHigh as `check_refund` does. A declined refund books nothing."""
    if refunded.declined:
        return refunded
    order = order_of(session, request.order)
    check_refund(session, request)
    if request.to_account:
        require(order.customer is not None, f"{request.order} has no customer of ours whose account could get a store credit.")
        granted = Money(minor=-request.amount.minor, currency=order.currency)
        about = {"order": request.order, "reference": request.payment, "note": request.reason}
        enter_account(session, f"{request.key}/store_credit", order.customer or "", "store_credit", granted, request.at, **about)
    payment = payment_of(session, request.order, request.payment)
    payment.refunded += request.amount.minor
    session.add(
        Refund(
            order=request.order,
            refund=request.refund,
            payment=request.payment,
            invoice=request.invoice,
            amount=request.amount.minor,
            to_account=request.to_account,
            reason=request.reason,
            at=request.at,
        )
    )
    enter(session, request, "refund", request.amount.minor, None, request.payment, note=request.reason)
    return refunded


# --- the ledger, and what follows from it --------------------------------------------------------------------------------------------


def enter(
    session: Session, step: Step, kind: str, amount: int, invoice: int | None, payment: str = "", *, name: str = "", note: str = ""
) -> None:
    """Add an entry: positive minor units raise what is owed; without `invoice` it stands on account. Nothing is entered for 0."""
    if amount:
        key = f"{step.key}/{kind}/{name or (invoice if invoice is not None else payment)}"
        entry = ReceivableEntry(
            key=key, order=step.order, invoice=invoice, kind=kind, amount=amount, payment=payment, note=note, at=step.at
        )
        session.add(entry)
        exchange.entered(session, step.order)


def net_prepayment(session: Session, step: Step, invoice: Invoice, prepaid: Prepayment) -> None:
    """An invoice that is issued takes money that was on account, and says so for ever; more than is there is refused."""
    payment = payment_of(session, step.order, prepaid.payment)
    left, amount = unapplied(session, payment), prepaid.amount.minor
    require(0 < amount <= left, f"Payment {payment.payment} has {left} minor units on account, not {amount}.")
    enter(session, step, "payment", amount, None, payment.payment, name=f"from_account/{payment.payment}")
    apply_part(session, step, payment, invoice, amount, name=f"{invoice.invoice}/{payment.payment}")
    session.add(PrepaymentRow(order=step.order, invoice=invoice.invoice, payment=payment.payment, amount=amount))


def apply_part(session: Session, step: Step, payment: Payment, invoice: Invoice, amount: int, name: str = "") -> None:
    """Pay `amount` of an invoice; more than its balance is refused. `name` tells several payments of one step apart."""
    require(0 <= amount <= invoice.balance, f"{invoice.document} has a balance of {invoice.balance} minor units; it cannot take {amount}.")
    part = session.get(PaymentPart, (step.order, payment.payment, invoice.invoice))
    if part is None:
        session.flush()
        part = PaymentPart(order=step.order, payment=payment.payment, invoice=invoice.invoice, amount=0)
        session.add(part)
    part.amount += amount
    invoice.paid += amount
    invoice.balance -= amount
    enter(session, step, "payment", -amount, invoice.invoice, payment.payment, name=name)
    refill(session, invoice)


def unapplied(session: Session, payment: Payment) -> int:
    """Minor units of a payment that are on account: neither in a part nor refunded from there.

    A refund that names an invoice gives back what a credit note owes, not what lies on account.
    """
    if payment.reversed:
        return 0
    refunds = select(func.coalesce(func.sum(Refund.amount), 0)).where(
        Refund.order == payment.order, Refund.payment == payment.payment, Refund.invoice == 0
    )
    parts = select(func.coalesce(func.sum(PaymentPart.amount), 0)).where(
        PaymentPart.order == payment.order, PaymentPart.payment == payment.payment
    )
    return payment.amount - int(session.scalar(refunds) or 0) - int(session.scalar(parts) or 0)


def _apply_on_account(session: Session, request: ApplyPayment, payment: Payment) -> None:
    """Money of a payment that was booked before goes to invoices that came after it."""
    wanted = sum(part.amount.minor for part in request.parts)
    left = unapplied(session, payment)
    require(wanted <= left, f"Payment {payment.payment} has {left} minor units on account; {wanted} cannot be applied.")
    for part in request.parts:
        apply_part(session, request, payment, invoice_of(session, request.order, part.invoice), part.amount.minor)
    enter(session, request, "payment", wanted, None, payment.payment, name="account")


def lift_credit_hold(session: Session, order: Order, at: datetime | None = None) -> None:
    """Less is owed: the hold that a last reminder or a broken promise brought ends when nothing of that kind is owed any more, and orders
    of the customer that credit has stopped are told when they may go on.
    """
    if order.customer is None:
        return
    held, waited_for = credit.held_or_waited_for(session, order.customer)
    if held:
        judge_credit_hold(session, order.customer)
    if held or waited_for:
        credit.changed(session, order.customer, at)


def judge_credit_hold(session: Session, customer: str) -> None:
    """A customer is held for every invoice with a balance whose last-level reminder stands or whose promise was broken.

    An invoice under a promise to pay holds nobody until the promise is broken.
    """
    credit.family_locked(session, customer)
    locked = session.get_one(Customer, customer, with_for_update=True)
    session.flush()
    last_reminder = exists().where(
        Reminder.order == Invoice.order, Reminder.invoice == Invoice.invoice, Reminder.holds_customer, Reminder.cancelled_at.is_(None)
    )
    holding = (
        select(Invoice.invoice)
        .join(Order, Order.order == Invoice.order)
        .where(
            Order.customer == customer,
            Invoice.balance > 0,
            Invoice.promised_by.is_(None),
            or_(last_reminder, Invoice.promise_broken_at.is_not(None)),
        )
    )
    locked.credit_hold = session.scalar(holding.limit(1)) is not None


def _payment(step: Step, name: str, kind: str, amount: int, authorization: str = "") -> Payment:
    return Payment(
        order=step.order,
        payment=name,
        kind=kind,
        key=step.key,
        authorization=authorization,
        amount=amount,
        refunded=0,
        reversed=False,
        reason="",
        at=step.at,
    )


def _reverse(session: Session, step: Step, order: Order, payment: Payment, reason: str) -> None:
    if payment.reversed:
        return
    payment.reversed, payment.reason = True, reason
    on_account = payment.amount
    for part in session.scalars(select(PaymentPart).where(PaymentPart.order == step.order, PaymentPart.payment == payment.payment)):
        invoice = invoice_of(session, step.order, part.invoice)
        invoice.paid -= part.amount
        invoice.balance += part.amount
        enter(session, step, "reversal", part.amount, part.invoice, payment.payment, note=reason)
        lose_discount(session, step, invoice, payment.payment, reason)
        refill(session, invoice)
        on_account -= part.amount
        part.amount = 0
    enter(session, step, "reversal", on_account, None, payment.payment, name="account", note=reason)
    _renew_credit_hold(session, order)


def _renew_credit_hold(session: Session, order: Order) -> None:
    """An invoice that held the customer is owed again: so is the hold."""
    if order.customer is not None:
        judge_credit_hold(session, order.customer)
