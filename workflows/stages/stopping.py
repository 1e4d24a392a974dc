"""Credit stops: the order waits until its customer's credit has room again, or somebody entitled lets it pass."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.credit import CreditActivities
    from domain.credit import StopStage
    from domain.credit_steps import RecordCreditRelease
    from domain.exceptions import Decision, ExceptionKind
    from domain.lifecycle import Wait
    from domain.messages import Cause
    from domain.parts import CreditReleaseAsked, CreditStop
    from domain.state import OrderState

from workflows.chapter import Chapter
from workflows.stages.credit_check import ORDER, heed, judge, question, words
from workflows.stages.supply import cause_of


async def wait_for_credit(chapter: Chapter) -> None:
    """Ends when nothing stops the order any more, or it has nothing left to ship."""
    state = chapter.state
    while state.credit_releases_asked or state.credit_stop is not None:
        if state.credit_releases_asked:
            await let_pass(chapter, state.credit_releases_asked[0])
            state.credit_releases_asked.pop(0)
            if state.credit_stop is not None:
                await look_again(chapter, state.credit_stop)
            continue
        stop = state.credit_stop
        assert stop is not None  # the loop's own condition

        def news() -> bool:
            return bool(words(chapter, ORDER) or state.credit_releases_asked) or nothing_left(state)

        if not await chapter.until(news, Wait.CREDIT, sentence(stop), stop.review_at, ExceptionKind.CREDIT_STOP):
            async with chapter.question(ExceptionKind.CREDIT_STOP, ORDER, sentence(stop), news) as answer:
                await carry_out(chapter, stop, answer)
        elif not state.credit_releases_asked:
            await look_again(chapter, stop)


async def carry_out(chapter: Chapter, stop: CreditStop, answer: Decision) -> None:
    state = chapter.state
    if answer.choice == "release":
        expires_at = answer.at + state.policies.days(state.policies.credit_release)
        roles = list(answer.roles)
        reason = answer.note or "released by decision"
        await let_pass(chapter, CreditReleaseAsked(by=answer.by, roles=roles, reason=reason, expires_at=expires_at, cause=cause_of(answer)))
        await look_again(chapter, stop)
    elif answer.choice == "keep_waiting" or (answer.choice == "cancel" and state.stopped):  # a replacement has no order to cancel
        await look_again(chapter, stop, cause_of(answer))
    elif answer.choice == "cancel":
        if stop.stage is StopStage.ACCEPTANCE:
            state.rejected = sentence(stop)
        else:
            state.cancel(f"stopped by credit: {'; '.join(stop.reasons)}", cause_of(answer))
        state.credit_stop = None


async def look_again(chapter: Chapter, stop: CreditStop, cause: Cause | None = None) -> None:
    """Judge the order once more: it goes on, or waits until another review."""
    state = chapter.state
    free = all(line.bills_to == 0 for line in state.lines if line.open or line.at_work)
    asked = question(chapter, stop.stage, chapter.now, free)
    judged = await judge(chapter, asked, ORDER, cause)
    if judged.reasons:
        heed(state, asked, judged, chapter.now)
        return
    state.credit_stop = None
    for shipment in state.shipments:
        if shipment.credit_judged_at is not None:
            shipment.credit_judged_at = chapter.now
        if not shipment.released:  # the floor has as long as ever
            shipment.pick_due = chapter.now + state.policies.days(state.policies.pick_within)


async def let_pass(chapter: Chapter, asked: CreditReleaseAsked) -> None:
    """Write a release down: from now on the judgement knows it."""
    state = chapter.state
    request = chapter.again(
        RecordCreditRelease(
            **chapter.base(f"credit_release/{state.credit_releases + 1}", asked.cause),
            by=asked.by,
            roles=tuple(asked.roles),
            reason=asked.reason,
            expires_at=asked.expires_at,
            cap=asked.cap,
        )
    )
    summary = f"Let the order pass the credit stops until {asked.expires_at:%Y-%m-%d}: {asked.reason}"
    await chapter.act(CreditActivities.record_credit_release, request, summary[:200])
    state.credit_releases += 1


def nothing_left(state: OrderState) -> bool:
    return not any(line.open or line.at_work for line in state.lines)


def sentence(stop: CreditStop) -> str:
    return f"{stop.stage}: {'; '.join(stop.reasons)}"
