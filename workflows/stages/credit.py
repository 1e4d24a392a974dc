"""Credit: money that is owed to the customer is credited against its invoice, and what was paid too much goes back."""

from __future__ import annotations

from collections.abc import Mapping

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.invoices import InvoiceActivities
    from activities.money import MoneyActivities
    from domain.exceptions import ExceptionKind
    from domain.instalments import discount_back, give_back, refill
    from domain.invoicing import credit_lines, credit_total
    from domain.money_steps import InvoiceLine, IssueCredit, RefundPayment
    from domain.parts import Invoice, Payment

from workflows.chapter import Chapter
from workflows.policies import PAYMENTS


async def credit_invoice(
    chapter: Chapter, invoice: Invoice, units: Mapping[int, int], with_freight: bool, reason: str
) -> tuple[InvoiceLine, ...]:
    """Credit `units` (line -> quantity) of an invoice, as far as no credit note did.

    What the balance cannot take is owed to the customer (`invoice.owed`) until `refund_excess` gives it back.
    """
    state = chapter.state
    async with chapter.turn(chapter.life.money, lambda: f"credit/{state.credits + 1}"):
        lines = credit_lines(invoice, units)
        with_freight = with_freight and not invoice.freight_credited
        freight = invoice.freight if with_freight else state.zero
        freight_tax = invoice.freight_tax if with_freight else state.zero
        total, rounding = credit_total(invoice, lines, freight, freight_tax, state.placed)
        if not lines and not total:
            return ()
        back = discount_back(invoice, total, state.placed.taxes_included)
        request = chapter.again(
            IssueCredit(
                **chapter.base(f"credit/{state.credits + 1}"),
                credit=state.credits + 1,
                invoice=invoice.number,
                lines=lines,
                freight=freight,
                freight_tax=freight_tax,
                freight_taxes=invoice.freight_taxes if with_freight else (),
                rounding=rounding,
                total=total,
                applied=min(total, max(invoice.balance + back, state.zero)),
                discount_back=back or None,
                reason=reason,
            )
        )
        await chapter.act(InvoiceActivities.issue_credit, request, f"Credit {total} of {invoice.document}: {reason}")
        state.credits += 1
        applied = request.applied or state.zero
        give_back(invoice, request.discount_back or state.zero)
        invoice.credited += applied
        invoice.owed += request.total - applied
        invoice.credits = [*invoice.credits, *request.lines]
        invoice.freight_credited = invoice.freight_credited or with_freight
        if request.rounding is not None:
            invoice.rounding_credited = (invoice.rounding_credited or state.zero) + request.rounding
        refill(invoice)
        return request.lines


async def refund_excess(chapter: Chapter, invoice: Invoice, reason: str) -> None:
    """Give back what is owed on an invoice to the payments that paid it, never more than each of them brought."""
    for payment in [payment for payment in chapter.state.payments if invoice.number in payment.parts]:
        await refund(chapter, payment, invoice, reason)


async def refund(chapter: Chapter, payment: Payment, invoice: Invoice | None, reason: str) -> None:
    """Give back what is owed of a payment, asked again as often as a person wants; what was paid by hand is booked all the same."""
    state = chapter.state
    by_hand = False
    while True:
        # One at a time: each looks at what the one before it left, and has a number of its own.
        async with chapter.turn(chapter.life.refunds, lambda: f"refund/{state.refunds + 1}"):
            number = state.refunds + 1
            amount = min(invoice.owed if invoice else payment.unapplied, payment.left)
            if amount.minor <= 0:
                return
            request = chapter.again(
                RefundPayment(
                    **chapter.base(f"refund/{number}"),
                    refund=number,
                    payment=payment.payment,
                    captured=payment.captured,
                    by_hand=by_hand,
                    invoice=invoice.number if invoice else 0,
                    amount=amount,
                    reason=reason,
                )
            )
            answer = await chapter.act(MoneyActivities.refund_payment, request, f"Refund {request.amount}: {reason}", PAYMENTS)
            state.refunds = number
            if not answer.declined:
                payment.refunded += request.amount
                if invoice is None:
                    payment.refunded_on_account += request.amount
                else:
                    invoice.owed -= request.amount
                return
        detail = f"A refund of {amount} was declined: {answer.declined}"
        async with chapter.question(ExceptionKind.REFUND_FAILED, payment.payment, detail) as decision:
            by_hand = decision.choice == "paid_by_hand"
