"""Credit: money that is owed to the customer is credited against its invoice, and what was paid too much goes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.invoices import InvoiceActivities
    from activities.money import MoneyActivities
    from domain.crediting import (
        fees_of,
        goodwill_line,
        holds_of,
        in_refund_order,
        label_fee,
        left_of,
        releases,
        restocking_fees,
        value_of,
    )
    from domain.exceptions import ExceptionKind
    from domain.instalments import discount_back, give_back, refill
    from domain.invoicing import credit_lines, credit_total
    from domain.money import Money
    from domain.money_steps import IssueCredit, RefundPayment
    from domain.parts import Appeasement, Invoice, Payment
    from domain.returning import billed_line, to_make_good

from workflows.chapter import Chapter
from workflows.policies import PAYMENTS
from workflows.stages.invoicing import invoiced


@dataclass(frozen=True)
class Keeps:
    """What we keep of a credit: the fee by line, on so many of its units, and the return label."""

    rules: Mapping[int, str] = field(default_factory=dict)
    units: Mapping[int, int] = field(default_factory=dict)
    label: str = ""


NOTHING = Keeps()


async def credit_invoice(
    chapter: Chapter,
    invoice: Invoice,
    units: Mapping[int, int],
    with_freight: bool,
    reason: str,
    keeps: Keeps = NOTHING,
    rma: int = 0,
    release: bool = False,
) -> IssueCredit | None:
    """Credit `units` (line -> quantity) of an invoice, as far as no credit note did; None when there is nothing to credit.

    What the balance cannot take is owed to the customer (`invoice.owed`) until `refund_excess` gives it back. With `release` it is taken
    out of what was paid instead: the payments have it on account, for the invoice of an exchange.
    """
    state = chapter.state
    async with chapter.balances(lambda: f"credit/{state.credits + 1}"):
        lines = credit_lines(invoice, units)
        with_freight = with_freight and not invoice.freight_credited
        freight = invoice.freight if with_freight else state.zero
        freight_tax = invoice.freight_tax if with_freight else state.zero
        fees = restocking_fees(lines, keeps.units, keeps.rules)
        fees += label_fee(lines, fees, keeps.label)
        kept = fees_of(fees, state.placed.taxes_included)
        total, rounding = credit_total(invoice, lines, freight, freight_tax, state.placed, kept)
        if not lines and not total:
            return None
        back = discount_back(invoice, total, state.placed.taxes_included)
        beyond = total - min(total, max(invoice.balance + back, state.zero))
        payments = in_refund_order(state.payments, state.policies.returns.refund_order)
        released = releases(payments, invoice.number, beyond) if release else ()
        applied = total - beyond + Money.total((part.amount for part in released), state.currency)
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
                applied=applied,
                discount_back=back or None,
                reason=reason,
                fees=fees,
                rma=rma,
                released=released,
            )
        )
        await issue(chapter, invoice, request)
        invoice.freight_credited = invoice.freight_credited or with_freight
        return request


async def issue(chapter: Chapter, invoice: Invoice, request: IssueCredit) -> None:
    """Have a credit note booked, and take it into the state; whoever calls holds the money."""
    state = chapter.state
    await chapter.act(InvoiceActivities.issue_credit, request, f"Credit {request.total} of {invoice.document}: {request.reason}")
    state.credits += 1
    for part in request.released:
        payment = state.payment(part.payment)
        assert payment is not None  # its part was looked up in the state
        payment.parts[invoice.number] -= part.amount
        invoice.paid -= part.amount
    applied = request.applied or state.zero
    give_back(invoice, request.discount_back or state.zero)
    invoice.credited += applied
    invoice.owed += request.total - applied
    invoice.credits = [*invoice.credits, *request.lines]
    if request.rounding is not None:
        invoice.rounding_credited = (invoice.rounding_credited or state.zero) + request.rounding
    refill(invoice)


async def refund_excess(chapter: Chapter, invoice: Invoice, reason: str, to_account: bool = False) -> None:
    """Give back what is owed on an invoice to the payments that paid it, in the house's order, never more than each of them holds."""
    state = chapter.state
    paid_it = [payment for payment in state.payments if invoice.number in payment.parts]
    if len(paid_it) > 1 and invoice.owed.minor > 0 and workflow.patched("refund-order"):
        for payment in in_refund_order(paid_it, state.policies.returns.refund_order):
            await refund(chapter, payment, invoice, reason, to_account, holds_of(payment, invoice.number, state.zero))
        return
    for payment in paid_it:
        await refund(chapter, payment, invoice, reason, to_account)


async def refund(
    chapter: Chapter,
    payment: Payment,
    invoice: Invoice | None,
    reason: str,
    to_account: bool = False,
    at_most: Money | None = None,
) -> Money:
    """Give back what is owed of a payment, asked again as often as a person wants; what was paid by hand is booked all the same.

    The answer is what went back.
    """
    state = chapter.state
    by_hand, to_account = False, to_account or payment.from_account
    while True:
        # One at a time: each looks at what the one before it left, and has a number of its own.
        async with chapter.turn(chapter.life.refunds, lambda: f"refund/{state.refunds + 1}"):
            number = state.refunds + 1
            amount = min(invoice.owed if invoice else payment.unapplied, payment.left, *([at_most] if at_most else []))
            if amount.minor <= 0:
                return state.zero
            request = chapter.again(
                RefundPayment(
                    **chapter.base(f"refund/{number}"),
                    refund=number,
                    payment=payment.payment,
                    captured=payment.captured,
                    by_hand=by_hand,
                    to_account=to_account,
                    invoice=invoice.number if invoice else 0,
                    amount=amount,
                    reason=reason,
                )
            )
            where = "Store credit of" if to_account else "Refund"
            answer = await chapter.act(MoneyActivities.refund_payment, request, f"{where} {request.amount}: {reason}", PAYMENTS)
            state.refunds = number
            if not answer.declined:
                payment.refunded += request.amount
                if invoice is None:
                    payment.refunded_on_account += request.amount
                else:
                    invoice.owed -= request.amount
                    payment.refunded_of[invoice.number] = payment.refunded_of.get(invoice.number, state.zero) + request.amount
                return request.amount
        detail = f"A refund of {amount} was declined: {answer.declined}"
        async with chapter.question(ExceptionKind.REFUND_FAILED, payment.payment, detail) as decision:
            by_hand = decision.choice == "paid_by_hand"


async def appease(chapter: Chapter, gift: Appeasement) -> None:
    """Money for goods that stay: a credit note for no unit, from the invoices that billed the line, oldest first."""
    state = chapter.state
    for invoice in list(state.invoices):
        await give(chapter, invoice, gift)
    for invoice in list(state.invoices):
        await refund_excess(chapter, invoice, f"appeasement: {gift.reason}", gift.to_account)
    if gift.given != gift.amount:  # goods of the line came back meanwhile
        state.note(f"{gift.name}: {gift.given} of {gift.amount} could be given", gift.cause)
    gift.done = True


async def give(chapter: Chapter, invoice: Invoice, gift: Appeasement) -> None:
    state = chapter.state
    async with chapter.balances(lambda: f"credit/{state.credits + 1}"):
        left = left_of(invoice, gift.line)
        wanted = gift.amount - gift.given
        if left is None or wanted.minor <= 0:
            return
        included = state.placed.taxes_included
        line = goodwill_line(left, min(wanted, value_of(left, included)), included)
        total = value_of(line, included)
        request = chapter.again(
            IssueCredit(
                **chapter.base(f"credit/{state.credits + 1}", gift.cause),
                credit=state.credits + 1,
                invoice=invoice.number,
                lines=(line,),
                freight=state.zero,
                freight_tax=state.zero,
                total=total,
                applied=min(total, max(invoice.balance, state.zero)),
                reason=f"appeasement: {gift.reason}",
            )
        )
        await issue(chapter, invoice, request)
        gift.given += request.total


async def make_good(chapter: Chapter) -> None:
    """A replacement that never leaves: the customer gets the money back for what it was to make good."""
    state = chapter.state
    while owing := to_make_good(state):
        number, units = min(owing.items())
        line = state.line(number)
        if workflow.patched("credit-cancelled-replacements"):
            await invoiced(chapter, (billed_line(state, number),))
            reason = f"no {line.origin}"
            for invoice in list(state.invoices):
                left = units - line.good_credited
                credit = await credit_invoice(chapter, invoice, {billed_line(state, number): left}, False, reason)
                line.good_credited += units_of(credit)
            for invoice in list(state.invoices):
                await refund_excess(chapter, invoice, reason)
        line.made_good += units
        line.good_credited = 0


def units_of(credit: IssueCredit | None) -> int:
    """How many units a credit note gave back."""
    return sum(line.quantity for line in credit.lines) if credit else 0
