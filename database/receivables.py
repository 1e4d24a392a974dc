"""What customers owe: invoices without gaps in their numbers, reminders, credits, write-offs, each an entry in the ledger."""

from __future__ import annotations

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from database.locks import invoice_of, next_number, order_of, payment_of, require
from database.payments import apply_part, enter, lift_credit_hold, net_prepayment, unapplied
from database.pricing import keep_credit_taxes, keep_invoice_taxes
from database.settling import give_discount_back, refill, write_instalments
from database.tables import (
    CollectibleRow,
    CreditFeeRow,
    CreditLine,
    CreditNote,
    Customer,
    DepositRow,
    Invoice,
    InvoiceLineRow,
    Order,
    PaymentPart,
    ReceivableEntry,
    Reminder,
)
from domain.invoicing import taxes_by_line, total_of
from domain.money_steps import (
    DocumentIssued,
    HandToCollections,
    InvoiceDraft,
    InvoiceLine,
    IssueCredit,
    IssueInvoice,
    RequestDeposit,
    SendReminder,
    WriteOff,
)
from domain.steps import Recorded


def issue_invoice(session: Session, request: IssueInvoice) -> DocumentIssued:
    """Give a draft its number and book it; `paid` of a payment on account pays it at once. A draft that does not add up is refused."""
    order_of(session, request.order)
    draft = request.draft
    require(draft.total.minor == _adds_up_to(draft), f"Invoice {request.invoice} of {request.order} does not add up to {draft.total}.")
    document, sequence = _number_of(session, request)
    issued_at = request.issued_at or request.at
    invoice = Invoice(
        order=request.order,
        invoice=request.invoice,
        document=document,
        sequence=sequence,
        shipment=request.shipment,
        terms=str(request.terms),
        agreed=request.agreed.model_dump_json() if request.agreed else "",
        instalments=len(request.instalments),
        freight=draft.freight.minor,
        freight_tax=draft.freight_tax.minor,
        taxes_included=draft.taxes_included,
        rounding=draft.rounding.minor if draft.rounding else 0,
        total=draft.total.minor,
        fees=0,
        credited=0,
        paid=0,
        written_off=0,
        discounted=0,
        balance=draft.total.minor,
        issued_at=issued_at,
        due_at=request.due_at,
        by_terms=request.by_terms,
    )
    session.add(invoice)
    session.flush()
    if draft.lines:
        about = {"order": request.order, "invoice": request.invoice}
        session.execute(insert(InvoiceLineRow), [about | _amounts(line) for line in draft.lines])
    if request.instalments:
        write_instalments(session, request)
    keep_invoice_taxes(session, request.order, request.invoice, taxes_by_line(draft.lines, draft.freight_taxes))
    enter(session, request, "invoice", draft.total.minor, request.invoice)
    if request.payment and request.paid is not None and request.paid.minor > 0:
        payment = payment_of(session, request.order, request.payment)
        left = unapplied(session, payment)
        require(request.paid.minor <= left, f"Payment {payment.payment} has {left} minor units on account, not {request.paid.minor}.")
        enter(session, request, "payment", request.paid.minor, None, payment.payment, name="from_account")
        apply_part(session, request, payment, invoice, request.paid.minor)
    for prepaid in request.prepaid:
        net_prepayment(session, request, invoice, prepaid)
    return DocumentIssued(number=invoice.document)


def request_deposit(session: Session, request: RequestDeposit) -> DocumentIssued:
    """Number the request for a deposit. Nothing is owed by it: what is paid on it stands on account until an invoice nets it."""
    order_of(session, request.order)
    sequence = next_number(session, "DEP")
    about = {"order": request.order, "before_supply": request.before_supply, "due_at": request.due_at, "at": request.at}
    deposit = DepositRow(document=f"DEP-{sequence:06d}", sequence=sequence, amount=request.amount.minor, **about)
    session.add(deposit)
    return DocumentIssued(number=deposit.document)


def written_to(session: Session, order: str) -> tuple[str, str]:
    """Whom an order's letters go to: our id of the customer, and their e-mail address."""
    chosen = select(Order.customer, Customer.email).outerjoin(Customer, Customer.customer == Order.customer).where(Order.order == order)
    customer, address = session.execute(chosen).one()
    return customer or "", address or ""


def invoiced_to(session: Session, order: str, invoice: int) -> tuple[str, str, str]:
    """Whom an invoice was sent to (our id of the customer), its document number, and the customer's e-mail address."""
    customer, address = written_to(session, order)
    return customer, invoice_of(session, order, invoice).document, address


def settled(session: Session, order: str, invoice: int) -> bool:
    """The invoice asks for nothing."""
    return invoice_of(session, order, invoice).balance <= 0


def send_reminder(session: Session, request: SendReminder) -> Recorded:
    """Book a reminder that went out: its fee, its new due date, and the customer's credit hold at the level that says so."""
    order = order_of(session, request.order)
    invoice = invoice_of(session, request.order, request.invoice)
    fee = request.fee.minor
    invoice.fees += fee
    invoice.balance += fee
    invoice.reminders, invoice.reminded_due_at = request.level, request.due_at
    session.add(
        Reminder(
            order=request.order,
            invoice=request.invoice,
            number=request.level,
            level=request.level,
            fee=fee,
            balance=request.balance.minor,
            text=request.text,
            due_at=request.due_at,
            holds_customer=request.holds_customer,
            at=request.at,
        )
    )
    if fee:
        enter(session, request, "fee", fee, request.invoice, note=f"reminder {request.level}")
    customer = session.get(Customer, order.customer, with_for_update=True) if request.holds_customer and order.customer else None
    if customer is not None and invoice.balance > 0:
        customer.credit_hold = True
    return Recorded()


def hand_to_collections(session: Session, request: HandToCollections) -> Recorded:
    """Somebody else asks for the money from now on."""
    order_of(session, request.order)
    invoice = invoice_of(session, request.order, request.invoice)
    invoice.collections_at, invoice.collections_review_at = invoice.collections_at or request.at, request.review_at
    return Recorded()


def write_off(session: Session, request: WriteOff) -> Recorded:
    """Give up `amount` of an invoice; more than its balance is refused."""
    order = order_of(session, request.order)
    invoice = invoice_of(session, request.order, request.invoice)
    amount = request.amount.minor
    require(
        0 <= amount <= invoice.balance,
        f"{invoice.document} has a balance of {invoice.balance} minor units; {amount} cannot be written off.",
    )
    invoice.written_off += amount
    invoice.balance -= amount
    enter(session, request, "write_off", -amount, request.invoice, note=request.reason)
    refill(session, invoice)
    lift_credit_hold(session, order, request.at)
    return Recorded()


def issue_credit(session: Session, request: IssueCredit) -> DocumentIssued:
    """Give a credit note its number and book it: it lowers what the invoice still asks for, the rest is the customer's on account.

    More than the invoice came to is refused.
    """
    order = order_of(session, request.order)
    invoice = invoice_of(session, request.order, request.invoice)
    total = request.total.minor
    before = session.scalar(
        select(func.coalesce(func.sum(CreditNote.total), 0)).where(CreditNote.order == request.order, CreditNote.invoice == request.invoice)
    )
    left = invoice.total - int(before or 0)
    require(0 <= total <= left, f"{invoice.document} has {left} minor units that can be credited, not {total}.")
    if request.discount_back is not None and request.discount_back.minor > 0:
        give_discount_back(session, request, invoice, request.discount_back.minor, request.reason)
    _release(session, request, invoice)
    sequence = next_number(session, "CN")
    applied = min(total, invoice.balance) if request.applied is None else request.applied.minor
    require(
        0 <= applied <= min(total, invoice.balance),
        f"{invoice.document} has a balance of {invoice.balance} minor units; a credit of {total} cannot lower it by {applied}.",
    )
    credit = {
        "order": request.order,
        "credit": request.credit,
        "document": f"CN-{sequence:06d}",
        "sequence": sequence,
        "invoice": request.invoice,
        "freight": request.freight.minor,
        "rounding": request.rounding.minor if request.rounding else 0,
        "total": total,
        "applied": applied,
        "reason": request.reason,
        "rma": request.rma,
        "at": request.at,
    }
    session.execute(insert(CreditNote), [credit])
    if request.fees:
        kept = [{"line": fee.line, "what": fee.what, "net": fee.net.minor, "tax": fee.tax.minor} for fee in request.fees]
        session.execute(insert(CreditFeeRow), [{"order": request.order, "credit": request.credit} | fee for fee in kept])
    if request.lines:
        about = {"order": request.order, "credit": request.credit, "invoice": request.invoice}
        session.execute(insert(CreditLine), [about | _amounts(line) for line in request.lines])
    keep_credit_taxes(session, request.order, request.credit, taxes_by_line(request.lines, request.freight_taxes))
    invoice.credited += applied
    invoice.balance -= applied
    enter(session, request, "credit", -applied, request.invoice, note=request.reason)
    enter(session, request, "credit", -(total - applied), None, note=request.reason, name="account")
    refill(session, invoice)
    lift_credit_hold(session, order, request.at)
    return DocumentIssued(number=f"CN-{sequence:06d}")


def _number_of(session: Session, request: IssueInvoice) -> tuple[str, int | None]:
    """The collective invoice's number, or one of its own; a shipment that is invoiced apart is left out of the next collective invoice.

    If it is on one already, although nobody has told its order yet, that one stands.
    """
    asked = request.document or request.apart
    collectible = session.get(CollectibleRow, (request.order, request.shipment), with_for_update=True) if asked else None
    if request.document:
        on_it = collectible is not None and collectible.document == request.document
        require(on_it, f"Shipment {request.shipment} of {request.order} is not on {request.document}.")
        return request.document, None
    if request.apart:
        if collectible is not None and collectible.document is not None:
            return collectible.document, None
        if collectible is not None:
            collectible.apart = True
    sequence = next_number(session, "INV")
    return f"INV-{sequence:06d}", sequence


def _release(session: Session, request: IssueCredit, invoice: Invoice) -> None:
    """Take parts of payments out of an invoice: it asks for them again, and they are the customer's, on account."""
    for part in request.released:
        payment, amount = payment_of(session, request.order, part.payment), part.amount.minor
        row = session.get(PaymentPart, (request.order, part.payment, invoice.invoice))
        held = row.amount if row else 0
        require(0 < amount <= held, f"{payment.payment} paid {held} minor units of {invoice.document}; {amount} cannot be released.")
        assert row is not None  # it holds something
        row.amount -= amount
        invoice.paid -= amount
        invoice.balance += amount
        enter(session, request, "payment", amount, invoice.invoice, payment.payment, name=f"released/{payment.payment}")
        enter(session, request, "payment", -amount, None, payment.payment, name=f"released/account/{payment.payment}")


def _adds_up_to(draft: InvoiceDraft) -> int:
    return total_of(draft.lines, draft.freight, draft.freight_tax, draft.taxes_included, draft.rounding).minor


def _amounts(line: InvoiceLine) -> dict[str, object]:
    units = {"line": line.line, "item": line.item, "quantity": line.quantity}
    charged = ", ".join(charge.title for charge in line.surcharges if charge.amount)
    amounts = {"gross": line.gross.minor, "discount": line.discount.minor, "surcharge": line.surcharge.minor, "tax": line.tax.minor}
    return units | amounts | {"surcharged_for": charged}


def account(session: Session, order: str) -> int:
    """Minor units that the order's ledger adds up to: what is owed in all, negative when we owe the customer."""
    return int(session.scalar(select(func.coalesce(func.sum(ReceivableEntry.amount), 0)).where(ReceivableEntry.order == order)) or 0)
