"""Credit: money that is owed to the customer is credited against its invoice, and what was paid too much goes back."""

from __future__ import annotations

from collections.abc import Mapping

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.invoices import InvoiceActivities
    from activities.money import MoneyActivities
    from domain.exceptions import ExceptionKind
    from domain.invoicing import credit_lines, total_of
    from domain.money import Money
    from domain.state import Invoice, Payment
    from domain.steps import InvoiceLine, IssueCredit, RefundPayment

from workflows.chapter import Chapter
from workflows.policies import PAYMENTS


async def credit_invoice(
    chapter: Chapter, invoice: Invoice, units: Mapping[int, int], with_freight: bool, reason: str
) -> tuple[InvoiceLine, ...]:
    """Credit `units` (line -> quantity) of an invoice, as far as no credit note did.

    What the balance cannot take is owed to the customer (`invoice.owed`) until `refund_excess` gives it back.
    """
    state = chapter.state
    async with chapter.life.money:
        lines = credit_lines(invoice, units)
        with_freight = with_freight and not invoice.freight_credited
        freight = invoice.freight if with_freight else state.zero
        freight_tax = invoice.freight_tax if with_freight else state.zero
        total = total_of(lines, freight, freight_tax, state.placed.taxes_included)
        if not lines and not total:
            return ()
        await chapter.act(
            InvoiceActivities.issue_credit,
            IssueCredit(
                **chapter.base(f"credit/{state.credits + 1}"),
                credit=state.credits + 1,
                invoice=invoice.number,
                lines=lines,
                freight=freight,
                freight_tax=freight_tax,
                total=total,
                reason=reason,
            ),
            f"Credit {total} of {invoice.document}: {reason}",
        )
        state.credits += 1
        applied = min(total, invoice.balance)
        invoice.credited += applied
        invoice.owed += total - applied
        invoice.credits = [*invoice.credits, *lines]
        invoice.freight_credited = invoice.freight_credited or with_freight
        return lines


async def refund_excess(chapter: Chapter, invoice: Invoice, reason: str) -> None:
    """Give back what is owed on an invoice: to the payments that paid it, then to any other that has something left."""
    payments = sorted(chapter.state.payments, key=lambda payment: invoice.number not in payment.parts)
    for payment in payments:
        amount = min(invoice.owed, payment.left)
        if amount.minor > 0:
            await refund(chapter, payment, invoice, amount, reason)


async def refund(chapter: Chapter, payment: Payment, invoice: Invoice | None, amount: Money, reason: str) -> None:
    """One refund, asked again as often as a person wants; a refund that was paid by hand is booked all the same."""
    state = chapter.state
    if amount.minor <= 0:
        return
    by_hand = False
    while True:
        async with chapter.life.refunds:  # a refund's number belongs to one refund
            number = state.refunds + 1
            answer = await chapter.act(
                MoneyActivities.refund_payment,
                RefundPayment(
                    **chapter.base(f"refund/{number}"),
                    refund=number,
                    payment=payment.payment,
                    captured=payment.captured,
                    by_hand=by_hand,
                    invoice=invoice.number if invoice else 0,
                    amount=amount,
                    reason=reason,
                ),
                f"Refund {amount}: {reason}",
                PAYMENTS,
            )
            state.refunds = number
            if not answer.declined:
                payment.refunded += amount
                if invoice is None:
                    payment.refunded_on_account += amount
                else:
                    invoice.owed -= amount
                return
        detail = f"A refund of {amount} was declined: {answer.declined}"
        async with chapter.question(ExceptionKind.REFUND_FAILED, payment.payment, detail) as decision:
            by_hand = decision.choice == "paid_by_hand"
