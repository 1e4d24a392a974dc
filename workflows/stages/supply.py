"""Supply: find stock for every open unit, and wait for what is not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.orders import OrderActivities
    from activities.stock import StockActivities
    from domain.credit import StopStage
    from domain.exceptions import Decision, ExceptionKind
    from domain.invoicing import with_more
    from domain.lifecycle import Wait
    from domain.messages import Cause, StockArrived
    from domain.order import PlaceOrder, ShippingPolicy
    from domain.order_money import money_of_lines
    from domain.parts import AmendmentAsked, Backorder, Repick
    from domain.returning import by_line
    from domain.state import OrderState
    from domain.steps import SOLD, AllocateStock, Allocation, ChangeLines, LineChange, Need

from workflows.chapter import Chapter
from workflows.stages.credit_check import heed, question


async def supply(chapter: Chapter) -> None:
    """Ends when no unit is open; comes back whenever one opens again."""
    state = chapter.state
    while state.needs or state.amendments or state.repicks:
        key = f"{state.order}/allocate/{state.allocation_rounds + 1}"
        begun = key in state.unanswered  # it may have reserved what it asked for
        if state.backorder is not None and not (begun or state.amendments or state.repicks or worth_a_look(chapter)):
            await wait_for_stock(chapter, state.backorder)
        elif state.holds:
            await chapter.clear()
        elif state.amendments and not begun:
            await amend(chapter, state.amendments[0])
        elif state.repicks and (not begun or state.repicks[0].key == key):
            await repick(chapter, state.repicks[0])
        else:
            await allocate(chapter)
    state.backorder = None


async def allocate(chapter: Chapter) -> None:
    arrivals = [fact for fact in chapter.state.inbox if isinstance(fact, StockArrived)]
    request = chapter.again(ask_for_stock(chapter, arrivals))
    allocation = await chapter.act(StockActivities.allocate_stock, request, request.summary)
    keep_allocation(chapter.state, request, allocation)
    known = {cause.message_id for cause in request.causes}
    for fact in arrivals:
        if fact.message_id in known:  # what arrived after an earlier run had asked makes the order look again
            chapter.taken(fact)


def ask_for_stock(chapter: Chapter, arrivals: Iterable[StockArrived] = ()) -> AllocateStock:
    """The next allocation of every open unit; from now on undo looks at it."""
    state = chapter.state
    base = chapter.base(f"allocate/{state.allocation_rounds + 1}", *arrivals)
    if base["key"] not in state.allocations_attempted:
        state.allocations_attempted.append(base["key"])
    return AllocateStock(
        **base,
        summary=f"Allocate {sum(need.quantity for need in state.needs)} units of {len(state.needs)} lines",
        needs=state.needs,
        all_or_nothing=state.ships_together,
        first_shipment=len(state.shipments) + 1,
        pick_due=base["at"] + state.policies.days(state.policies.pick_within),
        backorder_due=state.backorder.due_at if state.backorder else base["at"] + state.policies.days(state.policies.backorder_within),
        avoid=tuple(state.avoid),
        groups=state.groups,
        apart=state.policy is ShippingPolicy.BY_DATE_GROUP,
        day=state.policies.day,
        credit=question(chapter, StopStage.RELEASE, base["at"], all(state.line(need.line).bills_to == 0 for need in state.needs)),
    )


def keep_allocation(state: OrderState, request: AllocateStock, allocation: Allocation) -> None:
    """Take what was reserved into the state: shipments, promises, and what is short as the order's backorder."""
    for planned in allocation.shipments:
        shipment = state.plan(planned, request.key, request.pick_due)
        heed(state, request.credit, allocation.credit, request.at, shipment)
    state.expect(allocation.promises)
    state.return_terms |= allocation.returns
    state.allocation_rounds += 1
    state.avoid = []
    if allocation.short:
        left = {need.line: need.quantity for need in request.needs}
        for planned in allocation.shipments:
            for taken in planned.picks:
                left[taken.line] -= taken.quantity
        since = state.backorder.since if state.backorder else request.at
        state.backorder = Backorder(due_at=request.backorder_due, since=since, short=list(allocation.short), units=left)
    else:
        state.backorder = None


async def repick(chapter: Chapter, wish: Repick) -> None:
    """Take what a picker did not find from other bins of the location; what they do not hold is sought elsewhere like any open unit."""
    state = chapter.state
    units = {line: min(quantity, state.line(line).parked) for line, quantity in wish.units.items()}  # an amendment may have cancelled some
    needs = tuple(Need(line=line, item=state.line(line).item, quantity=quantity) for line, quantity in units.items() if quantity)
    if needs:
        base = chapter.base(f"allocate/{state.allocation_rounds + 1}")
        wish.key = base["key"]
        if base["key"] not in state.allocations_attempted:
            state.allocations_attempted.append(base["key"])
        pick_due = base["at"] + state.policies.days(state.policies.pick_within)
        request = chapter.again(
            AllocateStock(
                **base,
                needs=needs,
                all_or_nothing=False,
                first_shipment=len(state.shipments) + 1,
                pick_due=pick_due,
                backorder_due=base["at"] + state.policies.days(state.policies.backorder_within),
                only=wish.location,
                avoid_bins=tuple(wish.avoid_bins),
            )
        )
        allocation = await chapter.act(
            StockActivities.allocate_stock,
            request,
            f"Take {sum(need.quantity for need in needs)} units from other bins of {wish.location}",
        )
        for need in request.needs:
            line = state.line(need.line)
            line.parked -= min(line.parked, need.quantity)
        for planned in allocation.shipments:
            state.plan(planned, base["key"], pick_due)
        state.allocation_rounds += 1
        if allocation.short:
            state.avoid = [*state.avoid, wish.location]
    state.repicks.remove(wish)


async def wait_for_stock(chapter: Chapter, backorder: Backorder) -> None:
    state = chapter.state

    def news() -> bool:
        return worth_a_look(chapter) or bool(state.amendments or state.repicks) or not state.needs

    if await chapter.until(news, Wait.STOCK, shortage(backorder), backorder.due_at):
        return
    async with chapter.question(ExceptionKind.BACKORDER_OVERDUE, "backorder", f"Still short: {shortage(backorder)}", news) as answer:
        await carry_out(chapter, backorder, answer)


async def carry_out(chapter: Chapter, backorder: Backorder, answer: Decision) -> None:
    state = chapter.state
    cause = cause_of(answer)
    if answer.choice in ("wait_on", "split"):
        state.split = state.split or answer.choice == "split"
        backorder.due_at = chapter.now + state.policies.days(state.policies.backorder_within)
        backorder.units = {}  # stock is sought once more, and the new deadline is written with it
    elif answer.choice == "cancel_line":
        cancels = [LineChange(line=line, cancel=quantity) for line, quantity in missing(state, backorder).items()]
        await change(chapter, cancels, "backorder cancelled", cause)
        backorder.units = {}  # what a ship-complete order had beside it may go now
    elif answer.choice == "substitute":
        changes = substitutions(state, missing(state, backorder), answer)
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
    placed = state.placed
    for number, quantity in by_line(amendment.quantities).items():
        line = state.line(number)
        difference = quantity - (line.ordered - line.cancelled)
        if -difference > line.open:
            late.append(f"line {number} cannot go to {quantity}")
        elif difference:
            changes.append(LineChange(line=number, cancel=max(-difference, 0), add=max(difference, 0)))
            placed = priced(state, placed, number, difference)
    if amendment.requested_at is not None:
        placed = placed.model_copy(update={"requested_at": amendment.requested_at})
    if changes or amendment.requested_at is not None:
        await change(chapter, changes, "amended on request", amendment.cause, placed)
    if late:
        detail = f"The amendment came too late: {'; '.join(late)}; the units are with the warehouse."
        state.ask(ExceptionKind.RAISED, "order", detail, chapter.now)
    state.amendments.pop(0)
    state.backorder = None


def priced(state: OrderState, placed: PlaceOrder, number: int, difference: int) -> PlaceOrder:
    """The placed order as it is to be billed: units beyond what was placed have a price too."""
    if state.line(number).bills_to != number or not state.is_placed(number):
        return placed
    billed = sum(line.ordered - line.cancelled for line in state.lines if line.bills_to == number) + difference
    more = billed - placed.numbered()[number].quantity
    return with_more(placed, number, more) if more > 0 else placed


async def change(
    chapter: Chapter,
    changes: Iterable[LineChange],
    reason: str,
    cause: Cause | None,
    placed: PlaceOrder | None = None,
    from_parked: bool = False,
) -> list[LineChange]:
    """Change lines in the database, then in the state, one change at a time; new lines (line 0) get their numbers here."""
    state = chapter.state
    async with chapter.turn(chapter.life.lines, lambda: f"change/{state.changes + 1}"):
        number = state.next_line()
        numbered = []
        for wanted in changes:
            own = {"bills_to": number} if wanted.bills_to == SOLD else {}
            numbered.append(wanted if wanted.line else wanted.model_copy(update={"line": number, **own}))
            number += wanted.line == 0
        amended = placed or state.placed
        await chapter.act(
            OrderActivities.change_lines,
            ChangeLines(
                **chapter.base(f"change/{state.changes + 1}", cause),
                changes=tuple(numbered),
                requested_at=amended.requested_at if amended.requested_at != state.placed.requested_at else None,
                total=amended.total if amended.total != state.placed.total else None,
                money=money_of_lines(amended) if amended.total != state.placed.total else (),
                reason=reason,
            ),
            f"Change lines: {reason}",
        )
        state.authorize_more = state.authorize_more or (bool(state.authorizations) and amended.total > state.placed.total)
        state.placed = amended
        state.apply(numbered, from_parked)
        return numbered


def substitutions(state: OrderState, units: Mapping[int, int], answer: Decision) -> tuple[LineChange, ...]:
    """Cancel these units (by line) of each line that has a substitute, and order as much of the substitute for the same money."""
    changes: list[LineChange] = []
    for number, quantity in units.items():
        item = answer.items.get(number)
        if item:
            line = state.line(number)
            changes.append(LineChange(line=number, cancel=quantity))
            changes.append(
                LineChange(
                    line=0,
                    add=quantity,
                    item=item,
                    unit_price=state.placed_line(line.bills_to).unit_price if line.bills_to else Decimal(0),
                    bills_to=line.bills_to,
                    origin=f"substitute for line {number}",
                    replaces=line.replaces,
                    instead_of=number if line.replaces else 0,
                )
            )
    return tuple(changes)


def missing(state: OrderState, backorder: Backorder) -> dict[int, int]:
    """Line -> units without stock; what an order could have had, and only waits beside them to ship together, is not among them."""
    short = {shortage.line: shortage.asked - shortage.available for shortage in backorder.short}
    return {
        need.line: need.quantity if state.policy is ShippingPolicy.PARTIAL else min(need.quantity, short[need.line])
        for need in state.needs
        if need.line in short
    }


def worth_a_look(chapter: Chapter) -> bool:
    """Stock arrived, or units opened since stock was last sought."""
    state = chapter.state
    known = state.backorder.units if state.backorder else {}
    return arrived(chapter) or any(need.quantity > known.get(need.line, 0) for need in state.needs)


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
