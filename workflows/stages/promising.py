"""Promises: when goods slip, what was promised from them is promised anew, and a person decides about every promise that breaks."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.stock import StockActivities
    from domain.exceptions import Decision, ExceptionKind
    from domain.messages import SupplySlipped
    from domain.parts import Line
    from domain.state import OrderState
    from domain.steps import AcceptPromises, LineChange, MovePromises

from workflows.chapter import Chapter
from workflows.stages.supply import cause_of, change, substitutions


def slipped(state: OrderState) -> bool:
    """Units still wait for stock, and what they were promised from has moved."""
    return bool(state.needs) and any(isinstance(fact, SupplySlipped) for fact in state.inbox)


async def promise_anew(chapter: Chapter) -> None:
    """Every slip that was told is answered together; one that moves nothing for this order changes nothing."""
    state = chapter.state
    while slipped(state):
        slips = [fact for fact in state.inbox if isinstance(fact, SupplySlipped)]
        base = chapter.base(f"promise/{state.promises_moved + 1}", *slips)
        reason = "; ".join(dict.fromkeys(fact.detail or "supply has slipped" for fact in slips))[:500]
        fallback_at = state.backorder.due_at if state.backorder else base["at"] + state.policies.days(state.policies.backorder_within)
        request = chapter.again(MovePromises(**base, reason=reason, fallback_at=fallback_at, day=state.policies.day))
        moved = await chapter.act(StockActivities.move_promises, request, f"Promise anew: {request.reason}"[:200])
        state.expect(moved.promises)
        state.promises_moved += 1
        known = {cause.message_id for cause in request.causes}
        for fact in slips:
            if fact.message_id in known:
                chapter.taken(fact)


async def ask_about_promises(chapter: Chapter) -> None:
    """Ask as long as a line comes later than the customer counts on; asked anew when the day moves again."""
    state = chapter.state
    while broken := state.broken_promises:
        asked = [(line.number, line.promised_at) for line in broken]

        def moot(asked: object = asked) -> bool:
            return [(line.number, line.promised_at) for line in state.broken_promises] != asked

        detail = "; ".join(_said(line) for line in broken)
        async with chapter.question(ExceptionKind.PROMISE_BROKEN, "promise", detail, moot) as answer:
            await carry_out(chapter, [line.number for line in broken], answer)


async def carry_out(chapter: Chapter, lines: list[int], answer: Decision) -> None:
    state = chapter.state
    short = {number: state.line(number).open - state.line(number).parked for number in lines}
    if answer.choice == "accept_new_date":
        await accept(chapter, lines, answer)
    elif answer.choice == "look_elsewhere":
        await look_elsewhere(chapter)
    elif answer.choice == "cancel_line":
        cancels = [LineChange(line=number, cancel=quantity) for number, quantity in short.items() if quantity]
        await change(chapter, cancels, "cancelled: the promised date is lost", cause_of(answer))
    elif answer.choice == "substitute":
        changes = substitutions(state, short, answer)
        await change(chapter, changes, "substitute taken for what comes too late", cause_of(answer))
        left = [number for number in lines if number not in answer.items]
        if left:  # nobody named an item for these: they wait for their new date
            await accept(chapter, left, answer)


async def accept(chapter: Chapter, lines: list[int], answer: Decision) -> None:
    """The customer counts on the new dates from now on."""
    state = chapter.state
    request = AcceptPromises(
        **chapter.base(f"promise/accepted/{state.promises_accepted + 1}", cause_of(answer)),
        lines=tuple(lines),
        reason=f"new date accepted, {answer.by}" + (f": {answer.note}" if answer.note else ""),
    )
    accepted = await chapter.act(StockActivities.accept_promises, request, "Take the new dates as promised")
    state.expect(accepted.promises)
    state.promises_accepted += 1


async def look_elsewhere(chapter: Chapter) -> None:
    """Seek stock once more at every location; what is found is reserved, what is not is asked about again."""
    state = chapter.state
    rounds = state.allocation_rounds
    if state.backorder is not None:
        state.backorder.units = {}  # the supply chapter takes this as units that opened just now
    await chapter.pause(lambda: state.allocation_rounds > rounds or not state.needs)


def _said(line: Line) -> str:
    assert line.promised_at is not None  # the promise is broken
    assert line.told_at is not None
    return f"line {line.number} {line.item}: told {line.told_at:%Y-%m-%d %H:%M}, now {line.promised_at:%Y-%m-%d %H:%M} UTC ({line.because})"
