"""Credit as steps ask about it: what they ask, what their answer means, and goods that go on only while it is good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.credit import CreditActivities
    from domain.credit import CreditJudged, CreditQuestion, StopStage
    from domain.credit_steps import CheckCredit
    from domain.messages import Cause, CreditCleared
    from domain.parts import CreditStop, Shipment
    from domain.state import OrderState

from workflows.chapter import Chapter

ORDER = "order"
"""The subject of a wait that stops the whole order."""


def question(chapter: Chapter, stage: StopStage, since: datetime, free: bool = False) -> CreditQuestion:
    """What a step asks about credit; replacements that are `free` are owed by nobody."""
    state = chapter.state
    return CreditQuestion(
        stage=stage,
        on_terms=state.on_terms and not free,
        review_at=since + state.policies.days(state.policies.credit_review),
        day=state.policies.day,
    )


def heed(
    state: OrderState, asked: CreditQuestion | None, judged: CreditJudged | None, since: datetime, shipment: Shipment | None = None
) -> None:
    """Take the answer of a step: from now on the order, or an invoice, waits; or it was found good. Who asked nothing heeds nothing."""
    if asked is None or judged is None:
        return
    if judged.reasons:
        began = state.credit_stop.since if state.credit_stop else since
        state.credit_stop = CreditStop(stage=asked.stage, reasons=list(judged.reasons), since=began, review_at=asked.review_at)
    if shipment is not None:
        shipment.credit_judged_at = since
        if judged.invoice_blocked and asked.stage is StopStage.SHIPMENT:
            stop = CreditStop(stage=StopStage.INVOICE, reasons=[judged.invoice_blocked], since=since, review_at=asked.review_at)
            shipment.invoice_stop = stop


async def good(chapter: Chapter, shipment: Shipment, stage: StopStage, moot: Callable[[], bool]) -> None:
    """Go on only while nobody holds the order and its credit is good; what was found good days ago is judged anew."""
    state = chapter.state
    while True:
        await chapter.pause(lambda: moot() or not (state.holds or state.credit_stop))
        judged_at = shipment.credit_judged_at
        if moot() or judged_at is None or chapter.now <= judged_at + state.policies.days(state.policies.credit_stands):
            return
        asked = question(chapter, stage, chapter.now, shipment.free)
        judged = await judge(chapter, asked, ORDER)
        heed(state, asked, judged, chapter.now, shipment)


async def judge(chapter: Chapter, asked: CreditQuestion, subject: str, cause: Cause | None = None, let_pass: bool = False) -> CreditJudged:
    """Have the order judged anew; the word that it might go on is answered with it. What somebody let pass is judged no more."""
    state = chapter.state
    async with chapter.turn(chapter.life.credit, lambda: f"credit_check/{state.credit_checks + 1}"):
        heard = words(chapter, subject)
        base = chapter.base(f"credit_check/{state.credit_checks + 1}", *heard, cause)
        request = chapter.again(CheckCredit(**base, question=asked, subject=subject, let_pass=let_pass))
        summary = f"{subject} may go on" if let_pass else f"Judge the credit of {state.customer} at {asked.stage}"
        judged = await chapter.act(CreditActivities.check_credit, request, summary)
        state.credit_checks += 1
        for fact in heard:
            chapter.taken(fact)
        return judged


def words(chapter: Chapter, subject: str) -> list[CreditCleared]:
    """What the order was told of this wait and has not answered yet."""
    return [fact for fact in chapter.state.inbox if isinstance(fact, CreditCleared) and fact.subject == subject]
