"""Returns: what comes back is authorized, received, looked at, and paid back or exchanged."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.returns import ReturnActivities
    from domain.exceptions import ExceptionKind
    from domain.lifecycle import Wait
    from domain.messages import Disposition, InspectedLine, LineQuantity, ReturnInspected, ReturnKind, ReturnReceived
    from domain.parts import Return
    from domain.returning import by_line, mismatch
    from domain.steps import AuthorizeReturn, LineChange, RecordInspection, RecordReturnReceipt, SettleReturn

from workflows.chapter import Chapter, StepRefused
from workflows.policies import CARRIER
from workflows.stages.credit import credit_invoice, refund_excess
from workflows.stages.floor import move_due
from workflows.stages.invoicing import collects
from workflows.stages.supply import change


async def take_back(chapter: Chapter, rma: Return) -> None:
    for step in (authorize, receive, inspect, make_good):
        if rma.outcome:
            return
        await step(chapter, rma)


async def authorize(chapter: Chapter, rma: Return) -> None:
    if rma.authorized:
        return
    state = chapter.state
    first = rma.lines[0].line
    rma.location = next((s.location for s in state.shipments if s.delivered_at and first in s.quantities), state.shipments[0].location)
    base = chapter.base(f"return/{rma.rma}/authorize", rma.cause)
    expires_at = base["at"] + state.policies.days(state.policies.rma_expires)
    authorized = await chapter.act(
        ReturnActivities.authorize_return,
        AuthorizeReturn(
            **base,
            rma=rma.rma,
            lines=tuple(rma.lines),
            kind=rma.kind,
            reason=rma.reason,
            location=rma.location,
            expires_at=expires_at,
        ),
        f"Authorize {rma.name}: {sum(by_line(rma.lines).values())} units for {rma.kind}",
        CARRIER,
    )
    rma.document, rma.expires_at, rma.authorized = authorized.rma_number, expires_at, True


async def receive(chapter: Chapter, rma: Return) -> None:
    state = chapter.state

    def came() -> ReturnReceived | None:
        return chapter.find(ReturnReceived, lambda fact: fact.rma == rma.rma)

    while rma.received is None:
        if not await chapter.until(lambda: came() is not None, Wait.RETURNED_GOODS, rma.name, rma.expires_at):
            await end(chapter, rma, "expired")
            return
        fact = came()
        assert fact is not None  # until() said so, and only this chapter takes it
        base = chapter.base(f"return/{rma.rma}/receive", fact)
        inspect_due = base["at"] + state.policies.days(state.policies.inspect_within)
        request = RecordReturnReceipt(**base, rma=rma.rma, location=fact.location, lines=fact.lines, inspect_due=inspect_due)
        summary = f"Book the receipt of {rma.document}: {sum(by_line(fact.lines).values())} units"
        try:
            await chapter.attempt(ReturnActivities.record_return_receipt, request, summary)
        except StepRefused as refused:
            state.ask(ExceptionKind.UNEXPECTED_FACT, rma.name, f"{rma.document}: not booked. {refused}", chapter.now)
        else:
            rma.location, rma.inspect_due = fact.location, inspect_due
            rma.received = list(fact.lines)
        chapter.taken(fact)


async def inspect(chapter: Chapter, rma: Return) -> None:
    state = chapter.state

    def looked() -> ReturnInspected | None:
        return chapter.find(ReturnInspected, lambda fact: fact.rma == rma.rma)

    if rma.inspected is not None:
        return
    await agree(chapter, rma)
    while not rma.outcome and rma.inspected is None:
        came = await chapter.until(
            lambda: looked() is not None, Wait.INSPECTION, rma.name, rma.inspect_due, ExceptionKind.INSPECTION_OVERDUE
        )
        fact = looked()
        lines: tuple[InspectedLine, ...]
        if came and fact is not None:
            lines = fact.lines
            found: dict[int, int] = {}
            for line in lines:
                found[line.line] = found.get(line.line, 0) + line.quantity
            accepted = by_line(rma.lines)
            if any(quantity > accepted.get(number, 0) for number, quantity in found.items()):
                detail = f"{rma.document}: more was inspected than came back; the inspection was not booked."
                state.ask(ExceptionKind.UNEXPECTED_FACT, rma.name, detail, chapter.now)
                chapter.taken(fact)
                continue
        else:
            detail = f"Nobody has inspected {rma.document}."
            async with chapter.question(ExceptionKind.INSPECTION_OVERDUE, rma.name, detail, lambda: looked() is not None) as answer:
                if answer.choice != "restock":
                    if answer.choice == "wait_on":
                        rma.inspect_due = answer.at + state.policies.days(state.policies.inspect_within)
                        await move_due(chapter, rma.name, rma.inspect_due)
                    continue
            lines = tuple(
                InspectedLine(line=number, quantity=quantity, disposition=Disposition.RESTOCK)
                for number, quantity in by_line(rma.lines).items()
            )
        await book(chapter, rma, lines, fact)


async def book(chapter: Chapter, rma: Return, lines: tuple[InspectedLine, ...], fact: ReturnInspected | None) -> None:
    """Every inspected unit goes where its disposition says; units that were authorized and not inspected are no longer expected."""
    state = chapter.state
    await chapter.act(
        ReturnActivities.record_inspection,
        RecordInspection(
            **chapter.base(f"return/{rma.rma}/inspect", fact),
            rma=rma.rma,
            location=rma.location,
            lines=lines,
            items={line.line: state.line(line.line).item for line in lines},
        ),
        f"Book the inspection of {rma.document}: " + ", ".join(f"{line.quantity} {line.disposition}" for line in lines),
    )
    for entry in lines:
        state.line(entry.line).returned += entry.quantity
    forget(chapter, rma)
    rma.inspected = list(lines)
    if fact is not None:
        chapter.taken(fact)


async def agree(chapter: Chapter, rma: Return) -> None:
    """Other goods or quantities came than were authorized: a person says whether that is the return now."""
    state = chapter.state
    difference = mismatch(rma.lines, rma.received or [])
    if not difference:
        return
    async with chapter.question(ExceptionKind.RETURN_MISMATCH, rma.name, f"{rma.document}: {difference}") as answer:
        if answer.choice == "reject":
            await end(chapter, rma, "rejected")
            return
        forget(chapter, rma)
        agreed = []
        for number, quantity in by_line(rma.received or []).items():
            if state.has_line(number):
                line = state.line(number)
                units = min(quantity, line.returnable)
                line.returning += units
                agreed.append(LineQuantity(line=number, quantity=units))
        rma.lines = agreed
        rma.received = agreed
    if not any(entry.quantity for entry in agreed):
        await end(chapter, rma, "rejected")  # nothing of what came can be taken back


async def make_good(chapter: Chapter, rma: Return) -> None:
    """The customer gets the money back, or the same goods again."""
    state = chapter.state
    units: dict[int, int] = {}
    for entry in rma.inspected or []:
        units[entry.line] = units.get(entry.line, 0) + entry.quantity
    if rma.kind is ReturnKind.EXCHANGE:
        again = [
            LineChange(line=0, add=quantity, item=state.line(line).item, origin=f"exchange for {rma.document}")
            for line, quantity in sorted(units.items())
            if quantity
        ]
        if again and not rma.replaced:
            await change(chapter, again, f"exchange for {rma.document}", rma.cause)
        rma.replaced = True
        await end(chapter, rma, "exchanged")
        return
    await chapter.pause(lambda: not any(collects(state, shipment) for shipment in state.shipments))
    for invoice in list(state.invoices):
        left = {line: quantity - rma.credited.get(line, 0) for line, quantity in units.items()}
        for line in await credit_invoice(chapter, invoice, left, False, f"{rma.document}: {rma.reason or 'returned'}"):
            rma.credited[line.line] = rma.credited.get(line.line, 0) + line.quantity
    for invoice in state.invoices:
        await refund_excess(chapter, invoice, f"{rma.document} returned")
    await end(chapter, rma, "refunded")


async def end(chapter: Chapter, rma: Return, outcome: str) -> None:
    await chapter.act(
        ReturnActivities.settle_return,
        SettleReturn(**chapter.base(f"return/{rma.rma}/settle", rma.cause), rma=rma.rma, outcome=outcome),
        f"{rma.document} is {outcome}",
    )
    if rma.inspected is None:
        forget(chapter, rma)
    rma.outcome = outcome


def forget(chapter: Chapter, rma: Return) -> None:
    """The units of this return are no longer on their way."""
    for number, quantity in by_line(rma.lines).items():
        chapter.state.line(number).returning -= quantity
