"""The floor: a shipment's goods are picked from their bins and packed into parcels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.floor import FloorActivities
    from activities.stock import StockActivities
    from domain.credit import StopStage
    from domain.exceptions import Decision, ExceptionKind
    from domain.floor import PickedFrom
    from domain.lifecycle import Wait
    from domain.messages import Cause, LineQuantity, Packed, PickConfirmed, StockReallocated
    from domain.parts import Repick, Shipment
    from domain.returning import by_line
    from domain.state import OrderState
    from domain.steps import AbandonShipment, CancelPicks, LineChange, Pick, RecordDue, RecordPacking, RecordPick, ReleasePicks

from workflows.chapter import Chapter
from workflows.policies import WAREHOUSE
from workflows.stages import cards
from workflows.stages.credit_check import good, heed, question
from workflows.stages.supply import cause_of, change, substitutions


async def release(chapter: Chapter, shipment: Shipment) -> None:
    if shipment.released:
        return
    await good(chapter, shipment, StopStage.RELEASE, lambda: taken_away(chapter, shipment) is not None)
    if (fact := taken_away(chapter, shipment)) is not None:
        await let_go(chapter, shipment, fact)
        return
    await cards.keep_covered(chapter, shipment)
    base = chapter.base(f"shipment/{shipment.number}/release")
    chapter.state.begin(shipment, "release", base["key"])
    await chapter.act(
        FloorActivities.release_picks,
        ReleasePicks(
            **base,
            shipment=shipment.number,
            location=shipment.location,
            picks=tuple(shipment.picks),
            pick_due=shipment.pick_due,
        ),
        f"Release {len(shipment.picks)} picks of {shipment.name} to {shipment.location}",
        WAREHOUSE,
    )
    shipment.released = True


async def pick(chapter: Chapter, shipment: Shipment) -> None:
    state = chapter.state

    def confirmed() -> PickConfirmed | None:
        return chapter.find(PickConfirmed, lambda fact: fact.shipment == shipment.number)

    def news() -> bool:
        return confirmed() is not None or taken_away(chapter, shipment) is not None

    while not shipment.picked:
        if not await chapter.until(news, Wait.PICK, shipment.name, shipment.pick_due, ExceptionKind.PICK_OVERDUE):
            await pick_overdue(chapter, shipment, news)
            if shipment.abandoned:
                return
            continue
        fact = confirmed()
        if fact is None:  # what was picked before anybody heard of it is not taken away
            reallocated = taken_away(chapter, shipment)
            assert reallocated is not None  # until() said so, and only this chapter takes it
            await let_go(chapter, shipment, reallocated)
            return
        picked = by_line(fact.lines)
        wrong = [line for line, quantity in picked.items() if quantity > shipment.quantities.get(line, 0)]
        if wrong:
            chapter.taken(fact)
            detail = f"{shipment.name}: more was picked than asked for on line {', '.join(map(str, wrong))}; the pick was not booked."
            state.ask(ExceptionKind.UNEXPECTED_FACT, shipment.name, detail, chapter.now)
            continue
        taken = fact.taken if adds_up(fact, shipment) else ()
        pack_due = chapter.now + state.policies.days(state.policies.pack_within)
        await chapter.act(
            FloorActivities.record_pick,
            RecordPick(
                **chapter.base(f"shipment/{shipment.number}/pick", fact),
                shipment=shipment.number,
                location=shipment.location,
                picks=tuple(shipment.picks),
                picked=tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in sorted(picked.items())),
                taken=taken,
                pack_due=pack_due,
            ),
            f"Book the pick of {shipment.name}: {sum(picked.values())} of {sum(shipment.quantities.values())} units",
        )
        book_pick(chapter, shipment, picked, taken)
        shipment.pack_due = pack_due
        shipment.picked = True
        chapter.taken(fact)
    if shipment.short:
        await short_pick(chapter, shipment)
    if not shipment.picks:
        shipment.abandoned = True


def adds_up(fact: PickConfirmed, shipment: Shipment) -> bool:
    """What the floor says by bin is what it says by line, and of these picks: else only the lines count."""
    asked: dict[tuple[int, str, str], int] = {}
    for entry in shipment.picks:
        asked[entry.line, entry.bin, entry.lot] = asked.get((entry.line, entry.bin, entry.lot), 0) + entry.quantity
    by_pick = {(part.line, part.bin, part.lot): part.quantity for part in fact.taken}
    within = all(quantity <= asked.get(place, 0) for place, quantity in by_pick.items())
    sums: dict[int, int] = {}
    for part in fact.taken:
        sums[part.line] = sums.get(part.line, 0) + part.quantity
    return within and len(by_pick) == len(fact.taken) and sums == by_line(fact.lines)


def book_pick(chapter: Chapter, shipment: Shipment, picked: dict[int, int], taken: tuple[PickedFrom, ...] = ()) -> None:
    """What was picked moves on; what is missing is open again, and parked until a person says what becomes of it."""
    left = dict(picked)
    said = {(part.line, part.bin, part.lot): part.quantity for part in taken}
    picks = []
    for asked in shipment.picks:
        line = chapter.state.line(asked.line)
        there = said.get((asked.line, asked.bin, asked.lot), 0) if taken else asked.quantity
        got = min(asked.quantity, there, left.get(asked.line, 0))
        left[asked.line] = left.get(asked.line, 0) - got
        missing = asked.quantity - got
        line.move("allocated", "picked", got)
        line.move("allocated", "open", missing)
        line.parked += missing
        if missing:
            shipment.short[asked.line] = shipment.short.get(asked.line, 0) + missing
            shipment.short_bins.append(asked.bin)
        if got:
            picks.append(asked.model_copy(update={"quantity": got}))
    shipment.picks = picks


async def short_pick(chapter: Chapter, shipment: Shipment) -> None:
    state = chapter.state
    missing = dict(shipment.short)
    detail = f"{shipment.location} did not find " + ", ".join(
        f"{quantity} of line {line} ({state.line(line).item})" for line, quantity in missing.items()
    )
    async with chapter.question(ExceptionKind.SHORT_PICK, shipment.name, detail) as answer:
        if answer.choice == "cancel_line":
            await cancel_parked(chapter, missing, f"short pick of {shipment.name} cancelled", cause_of(answer))
        elif answer.choice == "other_bin":
            state.repicks.append(Repick(units=missing, location=shipment.location, avoid_bins=shipment.short_bins))
        elif answer.choice == "substitute":
            await take_substitutes(chapter, shipment, missing, answer)
        else:
            waiting = parked(state, missing)
            if answer.choice == "reallocate":
                state.avoid = [*state.avoid, shipment.location]
            elif waiting:
                state.wait_for_stock(waiting, chapter.now)
            for line, quantity in waiting.items():
                state.line(line).parked -= quantity
            if answer.choice == "backorder" and state.backorder is not None:
                due_at = state.backorder.due_at
                for line in missing:
                    await move_due(chapter, f"line {line}", due_at)  # a receipt wakes the orders whose lines have one
        shipment.short = {}
        shipment.short_bins = []


async def take_substitutes(chapter: Chapter, shipment: Shipment, missing: dict[int, int], answer: Decision) -> None:
    """Other items take the place of what was not found; what has no substitute is sought at another location."""
    state = chapter.state
    changes = substitutions(state, parked(state, missing), answer)
    if changes:
        await change(chapter, changes, f"substitute taken after the short pick of {shipment.name}", cause_of(answer), from_parked=True)
    rest = {line: quantity for line, quantity in parked(state, missing).items() if line not in answer.items}
    for line, quantity in rest.items():
        state.line(line).parked -= quantity
    if rest:
        state.avoid = [*state.avoid, shipment.location]


def parked(state: OrderState, units: dict[int, int]) -> dict[int, int]:
    """How much of `units` (line -> quantity) still waits for a decision: an amendment may have cancelled some in the meantime."""
    left = {line: min(quantity, state.line(line).parked) for line, quantity in units.items()}
    return {line: quantity for line, quantity in left.items() if quantity}


async def cancel_parked(chapter: Chapter, units: dict[int, int], reason: str, cause: Cause | None) -> None:
    cancels = [LineChange(line=line, cancel=quantity) for line, quantity in parked(chapter.state, units).items()]
    if cancels:
        await change(chapter, cancels, reason, cause, from_parked=True)


async def pick_overdue(chapter: Chapter, shipment: Shipment, came: Callable[[], bool]) -> None:
    state = chapter.state
    detail = f"{shipment.location} has not confirmed the pick of {shipment.name}."
    async with chapter.question(ExceptionKind.PICK_OVERDUE, shipment.name, detail, came) as answer:
        if answer.choice == "reallocate":
            await give_up(chapter, shipment, "pick overdue: taken from another location")
            state.avoid = [*state.avoid, shipment.location]
        elif answer.choice == "wait_on":
            shipment.pick_due = chapter.now + state.policies.days(state.policies.pick_within)
            await move_due(chapter, shipment.name, shipment.pick_due)


def taken_away(chapter: Chapter, shipment: Shipment) -> StockReallocated | None:
    """The word that the shipment's stock goes to other orders."""
    return chapter.find(StockReallocated, lambda fact: fact.shipment == shipment.number)


async def let_go(chapter: Chapter, shipment: Shipment, fact: StockReallocated) -> None:
    """Give up a shipment whose stock goes to other orders; stock is sought again for its units, at their place in the queue."""
    await give_up(chapter, shipment, f"re-allocation {fact.reallocation}: {fact.reason}", fact)
    chapter.taken(fact)


async def give_up(chapter: Chapter, shipment: Shipment, reason: str, reallocated: StockReallocated | None = None) -> None:
    """Take an unshipped shipment back from the floor; its units are open again."""
    state = chapter.state
    for attempt in reversed(shipment.attempted):
        if attempt.step == "release":
            await chapter.act(
                FloorActivities.cancel_picks,
                CancelPicks(**chapter.base(f"shipment/{shipment.number}/cancel_picks"), shipment=shipment.number, undoes=attempt.key),
                f"Take back the picks of {shipment.name}",
                WAREHOUSE,
            )
    await chapter.act(
        StockActivities.abandon_shipment,
        AbandonShipment(
            **chapter.base(f"shipment/{shipment.number}/abandon", reallocated),
            shipment=shipment.number,
            reason=reason,
            reallocation=reallocated.reallocation if reallocated else 0,
        ),
        f"Give up {shipment.name}: {reason}",
    )
    bucket = "packed" if shipment.packed else "picked" if shipment.picked else "allocated"
    for line, quantity in shipment.quantities.items():
        state.line(line).move(bucket, "open", quantity)
    shipment.abandoned = True


async def pack(chapter: Chapter, shipment: Shipment) -> None:
    state = chapter.state

    def packed() -> Packed | None:
        return chapter.find(Packed, lambda fact: fact.shipment == shipment.number)

    while not shipment.packed:
        if not await chapter.until(lambda: packed() is not None, Wait.PACK, shipment.name, shipment.pack_due, ExceptionKind.PACK_OVERDUE):
            detail = f"{shipment.location} has not confirmed the packing of {shipment.name}."
            async with chapter.question(ExceptionKind.PACK_OVERDUE, shipment.name, detail, lambda: packed() is not None) as answer:
                if answer.choice == "wait_on":
                    shipment.pack_due = chapter.now + state.policies.days(state.policies.pack_within)
                    await move_due(chapter, shipment.name, shipment.pack_due)
            continue
        fact = packed()
        assert fact is not None  # until() said so, and only this chapter takes it
        contents = by_line(entry for parcel in fact.parcels for entry in parcel.contents)
        unpacked = {line: quantity - contents.get(line, 0) for line, quantity in shipment.quantities.items()}
        over = [line for line, quantity in contents.items() if quantity > shipment.quantities.get(line, 0)]
        if over or any(unpacked.values()):
            repack = await mismatch(chapter, shipment, contents, bool(over))
            if repack:
                chapter.taken(fact)
                continue
        base = chapter.base(f"shipment/{shipment.number}/pack", fact)
        asked = question(chapter, StopStage.SHIPMENT, base["at"], shipment.free)
        booked = await chapter.act(
            FloorActivities.record_packing,
            RecordPacking(
                **base,
                shipment=shipment.number,
                parcels=fact.parcels,
                unpacked=tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in unpacked.items() if quantity),
                credit=asked,
            ),
            f"Book {len(fact.parcels)} parcels of {shipment.name}",
        )
        for line, quantity in shipment.quantities.items():
            state.line(line).move("picked", "packed", quantity - unpacked[line])
            state.line(line).move("picked", "open", unpacked[line])
        shipment.picks = without(shipment.picks, unpacked)
        shipment.parcels = [p.model_copy(update={"sscc": booked.sscc.get(p.number, p.sscc)}) for p in fact.parcels]
        shipment.packed = True
        heed(state, asked, booked.credit, base["at"], shipment)
        chapter.taken(fact)
    if not shipment.picks:
        shipment.abandoned = True


async def mismatch(chapter: Chapter, shipment: Shipment, contents: dict[int, int], over: bool) -> bool:
    """What is in the parcels is not what was picked: True to wait for new parcels, False to ship what was packed."""
    lines = sorted(shipment.quantities | contents)
    detail = f"{shipment.name}: " + ", ".join(
        f"line {line}: {contents.get(line, 0)} packed, {shipment.quantities.get(line, 0)} picked" for line in lines
    )
    async with chapter.question(ExceptionKind.PACK_MISMATCH, shipment.name, detail) as answer:
        if answer.choice == "ship_packed" and over:
            refused = f"{shipment.name} cannot ship more than was picked; waiting for new parcels."
            chapter.state.ask(ExceptionKind.RAISED, shipment.name, refused, chapter.now)
        choice = answer.choice
    return over or choice != "ship_packed"


def without(picks: list[Pick], taken_out: dict[int, int]) -> list[Pick]:
    """The picks less some units of each line."""
    left = dict(taken_out)
    kept = []
    for entry in picks:
        less = min(entry.quantity, left.get(entry.line, 0))
        left[entry.line] = left.get(entry.line, 0) - less
        if entry.quantity > less:
            kept.append(entry.model_copy(update={"quantity": entry.quantity - less}))
    return kept


async def move_due(chapter: Chapter, subject: str, due_at: datetime) -> None:
    """Write a deadline that a person moved, so that whoever reads the order sees the new one."""
    chapter.state.dues_moved += 1  # first: two chapters may move theirs at the same time
    await chapter.act(
        StockActivities.record_due,
        RecordDue(**chapter.base(f"due/{chapter.state.dues_moved}"), subject=subject, due_at=due_at),
        f"Wait on for {subject}",
    )
