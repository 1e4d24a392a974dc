"""Supply: find stock for every open unit, and wait for what is not there."""

from __future__ import annotations

from decimal import Decimal

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.orders import OrderActivities
    from activities.stock import StockActivities
    from domain.exceptions import Decision, ExceptionKind
    from domain.lifecycle import Wait
    from domain.messages import Cause, StockArrived
    from domain.returning import by_line
    from domain.state import AmendmentAsked, Backorder, OrderState
    from domain.steps import AllocateStock, ChangeLines, LineChange

from workflows.chapter import Chapter


async def supply(chapter: Chapter) -> None:
    """Ends when no unit is open; comes back whenever one opens again."""
    state = chapter.state
    while state.needs or state.amendments:
        await chapter.clear()
        if state.amendments:
            await amend(chapter, state.amendments[0])
        elif state.backorder is None or arrived(chapter):
            await allocate(chapter)
        else:
            await wait_for_stock(chapter, state.backorder)
    state.backorder = None


async def allocate(chapter: Chapter) -> None:
    state = chapter.state
    arrivals = [fact for fact in state.inbox if isinstance(fact, StockArrived)]
    base = chapter.base(f"allocate/{state.allocation_rounds + 1}", *arrivals)
    if base["key"] not in state.allocations_attempted:
        state.allocations_attempted.append(base["key"])
    pick_due = base["at"] + state.policies.days(state.policies.pick_within)
    backorder_due = state.backorder.due_at if state.backorder else base["at"] + state.policies.days(state.policies.backorder_within)
    needs = state.needs
    allocation = await chapter.act(
        StockActivities.allocate_stock,
        AllocateStock(
            **base,
            needs=needs,
            all_or_nothing=state.ships_together,
            first_shipment=len(state.shipments) + 1,
            pick_due=pick_due,
            backorder_due=backorder_due,
            avoid=tuple(state.avoid),
        ),
        f"Allocate {sum(need.quantity for need in needs)} units of {len(needs)} lines",
    )
    for planned in allocation.shipments:
        state.plan(planned, base["key"], pick_due)
    state.allocation_rounds += 1
    state.avoid = []
    for fact in arrivals:
        chapter.taken(fact)
    if allocation.short:
        since = state.backorder.since if state.backorder else base["at"]
        state.backorder = Backorder(due_at=backorder_due, since=since, short=list(allocation.short))
    else:
        state.backorder = None


async def wait_for_stock(chapter: Chapter, backorder: Backorder) -> None:
    state = chapter.state

    def news() -> bool:
        return arrived(chapter) or bool(state.amendments) or not state.needs

    if await chapter.until(news, Wait.STOCK, shortage(backorder), backorder.due_at):
        return
    async with chapter.question(ExceptionKind.BACKORDER_OVERDUE, "backorder", f"Still short: {shortage(backorder)}", news) as answer:
        await carry_out(chapter, backorder, answer)


async def carry_out(chapter: Chapter, backorder: Backorder, answer: Decision) -> None:
    state = chapter.state
    cause = cause_of(answer)
    if answer.choice == "wait_on":
        backorder.due_at = chapter.now + state.policies.days(state.policies.backorder_within)
        await allocate(chapter)  # looks once more, and writes the new deadline
    elif answer.choice == "split":
        state.split = True
        await allocate(chapter)
    elif answer.choice == "cancel_line":
        cancels = tuple(LineChange(line=need.line, cancel=need.quantity) for need in state.needs)
        await change(chapter, cancels, "backorder cancelled", cause)
    elif answer.choice == "substitute":
        changes = substitutions(state, answer)
        if changes:
            await change(chapter, changes, "substitute taken", cause)
            state.backorder = None
        else:
            state.ask(ExceptionKind.RAISED, "backorder", "A substitute was chosen, but no item was named for a short line.", chapter.now)
            backorder.due_at = chapter.now + state.policies.days(state.policies.backorder_within)


async def amend(chapter: Chapter, amendment: AmendmentAsked) -> None:
    """Carry out an amendment, as far as its units are still open when its turn comes."""
    state = chapter.state
    changes, late = [], []
    for number, quantity in by_line(amendment.quantities).items():
        line = state.line(number)
        difference = quantity - (line.ordered - line.cancelled)
        if -difference > line.open:
            late.append(f"line {number} cannot go to {quantity}")
        elif difference:
            changes.append(LineChange(line=number, cancel=max(-difference, 0), add=max(difference, 0)))
    if changes or amendment.requested_at is not None:
        if amendment.requested_at is not None:
            state.placed = state.placed.model_copy(update={"requested_at": amendment.requested_at})
        await change(chapter, tuple(changes), "amended on request", amendment.cause, requested=True)
    if late:
        detail = f"The amendment came too late: {'; '.join(late)}; the units are with the warehouse."
        state.ask(ExceptionKind.RAISED, "order", detail, chapter.now)
    state.amendments.pop(0)
    state.backorder = None


async def change(
    chapter: Chapter, changes: tuple[LineChange, ...], reason: str, cause: Cause | None, requested: bool = False
) -> None:
    """Change lines in the database, then in the state."""
    state = chapter.state
    await chapter.act(
        OrderActivities.change_lines,
        ChangeLines(
            **chapter.base(f"change/{state.changes + 1}", cause),
            changes=changes,
            requested_at=state.placed.requested_at if requested else None,
            reason=reason,
        ),
        f"Change lines: {reason}",
    )
    state.apply(changes)


def substitutions(state: OrderState, answer: Decision) -> tuple[LineChange, ...]:
    """Cancel what is short of each line that has a substitute, and order as much of the substitute for the same money."""
    changes: list[LineChange] = []
    number = state.next_line()
    for need in state.needs:
        item = answer.items.get(need.line)
        if item:
            line = state.line(need.line)
            changes.append(LineChange(line=need.line, cancel=need.quantity))
            changes.append(
                LineChange(
                    line=number,
                    add=need.quantity,
                    item=item,
                    unit_price=state.placed_line(line.bills_to).unit_price if line.bills_to else Decimal(0),
                    bills_to=line.bills_to,
                    origin=f"substitute for line {need.line}",
                )
            )
            number += 1
    return tuple(changes)


def arrived(chapter: Chapter) -> bool:
    return chapter.find(StockArrived, lambda _: True) is not None


def shortage(backorder: Backorder) -> str:
    """All short lines in one text."""
    return ", ".join(f"line {short.line} {short.item}: {short.available} of {short.asked}" for short in backorder.short)


def cause_of(answer: Decision) -> Cause | None:
    """The message that decided, for the audit trail."""
    if not answer.message_id:
        return None
    return Cause(message_id=answer.message_id, name="decide", actor=answer.by, occurred_at=answer.at)
