"""Returns: what comes back is authorized, received, looked at, and paid back or exchanged."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.returns import ReturnActivities
    from domain.dispositions import EFFECTS, Following
    from domain.exceptions import ExceptionKind
    from domain.lifecycle import Wait
    from domain.messages import Disposition, InspectedLine, LineQuantity, ReturnInspected, ReturnKind, ReturnReceived, ReturnScanned
    from domain.parts import Return
    from domain.return_rules import FAULT, Fault, RefundTiming
    from domain.returning import (
        as_restocked,
        billed_line,
        by_line,
        creditable,
        mismatch,
        new_units,
        offered,
        surplus_of,
        timing_of,
        worth,
    )
    from domain.steps import AuthorizeReturn, LineChange, MoveUntaken, RecordInspection, RecordReturnReceipt, SettleReturn

from workflows.chapter import Chapter, StepRefused
from workflows.policies import CARRIER
from workflows.stages import exchanges
from workflows.stages.floor import move_due
from workflows.stages.invoicing import collects, invoiced
from workflows.stages.refunding import compare_with_inspection, pay_back, pay_early
from workflows.stages.supply import change


async def take_back(chapter: Chapter, rma: Return) -> None:
    for step in (authorize, exchanges.send_ahead, arrive, inspect, make_good):
        if rma.outcome:
            return
        await step(chapter, rma)


async def authorize(chapter: Chapter, rma: Return) -> None:
    if rma.authorized:
        return
    state = chapter.state
    first = rma.lines[0].line
    came_in = next((s for s in state.shipments if s.delivered_at and first in s.quantities), state.shipments[0])
    rma.location = came_in.location
    base = chapter.base(f"return/{rma.rma}/authorize", rma.cause)
    expires_at = base["at"] + state.policies.days(state.policies.rma_expires)
    wanted = by_line(rma.lines)
    broken = {line: units for line, units in wanted.items() if FAULT[rma.reason_of(line)] is Fault.CARRIER}
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
            reasons={line: rma.reason_of(line) for line in wanted},
            items=tuple(sorted(set(rma.wish.items.values()))),
            units=new_units(rma),
            claim=worth(state, broken) if broken else None,
            shipment=came_in.number if broken else 0,
        ),
        f"Authorize {rma.name}: {sum(wanted.values())} units for {rma.kind}",
        CARRIER,
    )
    rma.prices, rma.taxes = authorized.prices, authorized.taxes
    rma.document, rma.expires_at, rma.authorized = authorized.rma_number, expires_at, True


# --- the goods come ------------------------------------------------------------------------------------------------------------------


async def arrive(chapter: Chapter, rma: Return) -> None:
    """Ends when what came is agreed to be the return; a person may choose to wait for the rest of it."""
    while not rma.outcome and not (rma.agreed or rma.inspected is not None):
        await receive(chapter, rma)
        if rma.received is None:  # it ended without any
            return
        if timing_of(chapter.state) is RefundTiming.RECEIPT and not mismatch(rma.lines, rma.received or [], rma.damaged, rma.others):
            await pay_early(chapter, rma)
        rma.agreed = await agree(chapter, rma)


async def receive(chapter: Chapter, rma: Return) -> None:
    state = chapter.state

    def came() -> ReturnReceived | None:
        return chapter.find(ReturnReceived, lambda fact: fact.rma == rma.rma)

    def scanned() -> ReturnScanned | None:
        if timing_of(state) is not RefundTiming.SCAN or rma.scanned:
            return None
        return chapter.find(ReturnScanned, lambda fact: fact.rma == rma.rma)

    def news() -> bool:
        return came() is not None or scanned() is not None or stays(chapter, rma)

    while rma.received is None:
        if rma.scanned:
            await pay_early(chapter, rma)
        if not await chapter.until(news, Wait.RETURNED_GOODS, rma.name, rma.expires_at):
            if rma.came:  # the rest that was waited for never came
                rma.inspect_due = chapter.now + state.policies.days(state.policies.inspect_within)
                await move_due(chapter, rma.name, rma.inspect_due)
                rma.lines = rma.received = within(chapter, rma, rma.came)
            else:
                await never_came(chapter, rma, "expired")
            return
        seen, fact = scanned(), came()
        if seen is not None:
            rma.scanned = True
            chapter.taken(seen)
        elif fact is not None:
            await book_receipt(chapter, rma, fact)
        else:
            rma.received, rma.agreed = [], True


def stays(chapter: Chapter, rma: Return) -> bool:
    """Somebody looked from afar (a photograph) and said that the customer keeps all of it: nothing has to come."""
    looked = chapter.find(ReturnInspected, lambda fact: fact.rma == rma.rma)
    return looked is not None and not rma.came and all(entry.disposition is Disposition.CUSTOMER_KEEPS for entry in looked.lines)


async def book_receipt(chapter: Chapter, rma: Return, fact: ReturnReceived) -> None:
    state = chapter.state
    base = chapter.base(f"return/{rma.rma}/receive" + (f"/{rma.receipts + 1}" if rma.receipts else ""), fact)
    inspect_due = base["at"] + state.policies.days(state.policies.inspect_within)
    request = RecordReturnReceipt(
        **base,
        rma=rma.rma,
        location=fact.location,
        lines=fact.lines,
        inspect_due=inspect_due,
        damaged=fact.damaged,
        others=fact.others,
    )
    summary = f"Book the receipt of {rma.document}: {sum(by_line(fact.lines).values())} units"
    try:
        await chapter.attempt(ReturnActivities.record_return_receipt, request, summary)
    except StepRefused as refused:
        state.ask(ExceptionKind.UNEXPECTED_FACT, rma.name, f"{rma.document}: not booked. {refused}", chapter.now)
    else:
        rma.receipts += 1
        rma.location, rma.inspect_due = fact.location, inspect_due
        rma.came = [LineQuantity(line=line, quantity=units) for line, units in by_line([*rma.came, *fact.lines]).items()]
        for line, units in by_line(fact.damaged).items():
            rma.damaged[line] = rma.damaged.get(line, 0) + units
        rma.others = [*rma.others, *fact.others]
        rma.received = rma.came
    chapter.taken(fact)


async def agree(chapter: Chapter, rma: Return) -> bool:
    """Other goods or quantities came than were authorized, or broken ones: a person says whether that is the return now.

    False when the rest of it is waited for.
    """
    received = rma.received or []
    difference = mismatch(rma.lines, received, rma.damaged, rma.others)
    if rma.agreed or not difference:
        return True
    choices = offered(rma.lines, received, rma.damaged, rma.others)
    detail = f"{rma.document}: {difference}"
    async with chapter.question(ExceptionKind.RETURN_MISMATCH, rma.name, detail, offered=choices) as answer:
        if answer.choice == "wait_for_rest":
            rma.received = None
            return False
        if answer.choice == "reject":
            await never_came(chapter, rma, "rejected")
            return True
        if answer.choice == "withhold":
            rma.withheld = dict(rma.damaged)
        surplus = surplus_of(rma.lines, received) if answer.choice in ("send_back", "quarantine") else {}
        if surplus or rma.others:
            await move_untaken(chapter, rma, surplus, answer.choice == "send_back")
        taken = [
            LineQuantity(line=line, quantity=units - surplus.get(line, 0))
            for line, units in by_line(received).items()
            if units > surplus.get(line, 0)
        ]
        rma.lines = rma.received = within(chapter, rma, taken)
    if not any(entry.quantity for entry in rma.lines):
        await never_came(chapter, rma, "rejected")  # nothing of what came can be taken back
    return True


def within(chapter: Chapter, rma: Return, came: list[LineQuantity]) -> list[LineQuantity]:
    """What came is the return from now on, as far as so much can come back."""
    forget(chapter, rma)
    agreed = []
    for number, quantity in by_line(came).items():
        if chapter.state.has_line(number):
            line = chapter.state.line(number)
            units = min(quantity, line.returnable)
            line.returning += units
            agreed.append(LineQuantity(line=number, quantity=units))
    return agreed


async def move_untaken(chapter: Chapter, rma: Return, lines: dict[int, int], send_back: bool) -> None:
    """Goods that are no part of the return are sent back, or held where they lie."""
    state = chapter.state
    request = MoveUntaken(
        **chapter.base(f"return/{rma.rma}/untaken/{rma.moved + 1}"),
        rma=rma.rma,
        location=rma.location,
        lines=tuple(LineQuantity(line=line, quantity=units) for line, units in sorted(lines.items())),
        others=tuple(rma.others),
        items={line: state.line(line).item if state.has_line(line) else f"line {line}" for line in lines},
        send_back=send_back,
        currency=state.currency,
    )
    what = "Send back" if send_back else "Quarantine"
    moved = await chapter.act(ReturnActivities.move_untaken, request, f"{what} what is no part of {rma.document}", CARRIER)
    if moved.refused:
        state.note(f"{rma.document}: held instead of sent back, {moved.refused}", rma.cause)
    rma.moved += 1
    rma.others = []


# --- somebody looks ------------------------------------------------------------------------------------------------------------------


async def inspect(chapter: Chapter, rma: Return) -> None:
    state = chapter.state

    def looked() -> ReturnInspected | None:
        return chapter.find(ReturnInspected, lambda fact: fact.rma == rma.rma)

    while not rma.outcome and rma.inspected is None:
        if timing_of(state) is not RefundTiming.INSPECTION and rma.came:
            await pay_early(chapter, rma)
        came = await chapter.until(
            lambda: looked() is not None, Wait.INSPECTION, rma.name, rma.inspect_due, ExceptionKind.INSPECTION_OVERDUE
        )
        fact = looked()
        lines: tuple[InspectedLine, ...]
        if came and fact is not None:
            lines = fact.lines
            accepted = by_line(rma.lines)
            if any(quantity > accepted.get(number, 0) for number, quantity in by_line(lines).items()):
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
            lines = tuple(as_restocked(rma.lines))
        await book(chapter, rma, lines, fact)


async def book(chapter: Chapter, rma: Return, lines: tuple[InspectedLine, ...], fact: ReturnInspected | None) -> None:
    """Every inspected unit goes where its disposition says; units that were authorized and not inspected are no longer expected."""
    state = chapter.state
    debited = {entry.line for entry in lines if EFFECTS[entry.disposition].follows is Following.A_DEBIT}
    await chapter.act(
        ReturnActivities.record_inspection,
        RecordInspection(
            **chapter.base(f"return/{rma.rma}/inspect", fact),
            rma=rma.rma,
            location=rma.location,
            lines=lines,
            items={line.line: state.line(line.line).item for line in lines},
            worth={line: worth(state, {line: 1}) for line in debited},
        ),
        f"Book the inspection of {rma.document}: " + ", ".join(f"{line.quantity} {line.disposition}" for line in lines),
    )
    for entry in lines:
        state.line(entry.line).returned += entry.quantity if EFFECTS[entry.disposition].counts else 0
    forget(chapter, rma)
    rma.inspected = list(lines)
    if fact is not None:
        chapter.taken(fact)


# --- the customer gets what they are owed --------------------------------------------------------------------------------------------


async def make_good(chapter: Chapter, rma: Return) -> None:
    """The customer gets the money back, or goods again; what was not taken goes back to them."""
    not_taken = by_line(e for e in rma.inspected or [] if EFFECTS[e.disposition].follows is Following.A_SHIPMENT and e.quantity)
    if not_taken and not rma.sent_back:
        await move_untaken(chapter, rma, not_taken, send_back=True)
        rma.sent_back = True
    if exchanges.sells(rma):
        if await exchanges.settle(chapter, rma):
            await end(chapter, rma, "exchanged")
            return
    elif rma.kind is ReturnKind.EXCHANGE:
        await send_the_same(chapter, rma)
        await end(chapter, rma, "exchanged")
        return
    await chapter.pause(lambda: not any(collects(chapter.state, shipment) for shipment in chapter.state.shipments))
    await invoiced(chapter, (billed_line(chapter.state, entry.line) for entry in rma.lines))
    await pay_back(chapter, rma, rma.inspected or [])
    await compare_with_inspection(chapter, rma)
    await end(chapter, rma, "refunded" if rma.credited or not not_taken else "rejected")


async def send_the_same(chapter: Chapter, rma: Return) -> None:
    """The same item again, free of charge, for every unit that would be credited."""
    units: dict[int, int] = {}
    for counted in creditable(rma.inspected or [], rma.withheld).values():
        for line, quantity in counted.items():
            units[line] = units.get(line, 0) + quantity
    again = [
        LineChange(line=0, add=quantity, item=chapter.state.line(line).item, origin=f"exchange for {rma.document}", replaces=line)
        for line, quantity in sorted(units.items())
        if quantity
    ]
    if again and not rma.replaced:
        await change(chapter, again, f"exchange for {rma.document}", rma.cause)
    rma.replaced = True


async def never_came(chapter: Chapter, rma: Return, outcome: str) -> None:
    """The goods did not come, or were not taken: goods that were sent ahead for them are to be paid."""
    if rma.sold and await exchanges.charge_for(chapter, rma):
        outcome = "billed"
    await end(chapter, rma, outcome)
    await compare_with_inspection(chapter, rma)


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
