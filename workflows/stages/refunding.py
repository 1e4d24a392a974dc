"""The refund of a return: a credit note for what came back, less what its reason lets us keep, and the money to where it came from."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.returns import ReturnActivities
    from domain.dispositions import MoneyEffect
    from domain.exceptions import ExceptionKind
    from domain.messages import InspectedLine, ReturnKind
    from domain.parts import Invoice, Return
    from domain.return_rules import FAULT, Fault, RefundTo
    from domain.returning import as_restocked, billed_line, creditable, fee_rule, label_rule, worth
    from domain.steps import OpenClaim

from workflows.chapter import Chapter
from workflows.stages.credit import Keeps, credit_invoice, refund_excess
from workflows.stages.invoicing import invoice_to_come
from workflows.stages.supply import cause_of


async def pay_early(chapter: Chapter, rma: Return) -> None:
    """The refund does not wait for the inspection, as if everything were as good as new; it waits for the invoice."""
    state = chapter.state
    if rma.kind is not ReturnKind.REFUND or rma.credited:
        return
    billed = {billed_line(state, entry.line) for entry in rma.lines}
    if not invoice_to_come(state, billed) or not workflow.patched("credit-after-invoices"):
        await pay_back(chapter, rma, as_restocked(rma.lines))


async def pay_back(chapter: Chapter, rma: Return, lines: list[InspectedLine]) -> None:
    await credit(chapter, rma, lines)
    for invoice in chapter.state.invoices:
        await refund_excess(chapter, invoice, f"{rma.document} returned", rma.wish.refund_to is RefundTo.STORE_CREDIT)


async def credit(chapter: Chapter, rma: Return, lines: list[InspectedLine], release: bool = False) -> None:
    """A credit note against each invoice that billed the units, less what their reason lets us keep; no unit is ever credited twice."""
    state = chapter.state
    owed: dict[int, int] = {}
    bears: dict[int, int] = {}
    rules: dict[int, str] = {}
    for money, counted in creditable(lines, rma.withheld).items():
        for line, quantity in counted.items():
            source = billed_line(state, line)
            owed[source] = owed.get(source, 0) + quantity
            if money is MoneyEffect.LESS_FEE and rma.kind is ReturnKind.REFUND:
                bears[source] = bears.get(source, 0) + quantity
                rules[source] = fee_rule(state, rma, line)
    ours = all(FAULT[rma.reason_of(entry.line)] is not Fault.CUSTOMER for entry in rma.lines)
    for invoice in list(state.invoices):
        left = {line: quantity - rma.credited.get(line, 0) for line, quantity in owed.items()}
        label = label_rule(state, rma) if rma.kind is ReturnKind.REFUND and not rma.label_charged else ""
        whole = all(credited_units(invoice, billed.line) + left.get(billed.line, 0) >= billed.quantity for billed in invoice.lines)
        note = await credit_invoice(
            chapter,
            invoice,
            left,
            ours and whole,
            f"{rma.document}: {rma.reason or 'returned'}",
            Keeps(rules, bears, label),
            rma.rma,
            release,
        )
        if note is None:
            continue
        for one in note.lines:
            rma.credited[one.line] = rma.credited.get(one.line, 0) + one.quantity
        rma.label_charged = rma.label_charged or any(fee.what == "return label" for fee in note.fees)
        rma.credit_total = (rma.credit_total or state.zero) + note.total


async def compare_with_inspection(chapter: Chapter, rma: Return) -> None:
    """A refund that went out before anybody looked may have been too much: a person decides whether the customer hears of it."""
    state = chapter.state
    worthy: dict[int, int] = {}
    for counted in creditable(rma.inspected or [], rma.withheld).values():
        for line, quantity in counted.items():
            source = billed_line(state, line)
            worthy[source] = worthy.get(source, 0) + quantity
    too_many = {line: units - worthy.get(line, 0) for line, units in rma.credited.items() if units > worthy.get(line, 0)}
    if not too_many or rma.claimed:
        return
    amount = worth(state, too_many)
    units = ", ".join(f"{quantity} of line {line}" for line, quantity in sorted(too_many.items()))
    detail = f"{rma.document}: refunded before the inspection, which did not find {units} worth it; {amount} too much."
    async with chapter.question(ExceptionKind.REFUNDED_EARLY, rma.name, detail) as answer:
        if answer.choice == "claim":
            base = chapter.base(f"return/{rma.rma}/claim", cause_of(answer))
            reason = f"{rma.document}: refunded, and not worth it: {units}"
            request = OpenClaim(**base, against="customer", rma=rma.rma, amount=amount, reason=reason)
            await chapter.act(ReturnActivities.open_claim, request, f"Claim {amount} from the customer for {rma.document}")
        rma.claimed = True


def credited_units(invoice: Invoice, line: int) -> int:
    return sum(one.quantity for one in invoice.credits if one.line == line)
