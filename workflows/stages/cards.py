"""The card: what is still to be captured stays authorized until the goods leave, and nothing is held for nothing."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.money import MoneyActivities
    from domain import cards
    from domain.exceptions import ExceptionKind
    from domain.money import Money
    from domain.money_steps import AuthorizePayment, VoidAuthorization
    from domain.parts import CardAuthorization, Shipment

from workflows.chapter import Chapter
from workflows.policies import PAYMENTS


async def tend(chapter: Chapter) -> None:
    """Give up what is held for nothing, and authorize what an amendment or a card that is captured once left uncovered."""
    state = chapter.state
    while cards.tending(state):
        spare = cards.spare(state)
        if spare is not None:
            await void(chapter, spare)
            continue
        if cards.begun(state):
            await authorize_more(chapter, state.zero, chapter.now)
            continue
        short = cards.shortage(state, chapter.now).minor > 0
        if not short or await cover(chapter, chapter.now, "What the card does not cover yet was declined"):
            state.authorize_more = False


async def keep_covered(chapter: Chapter, shipment: Shipment) -> None:
    """Before the floor begins: an authorization that would end before the goods leave is renewed while there is nothing to put back."""
    state = chapter.state
    until = max(chapter.now, shipment.pick_due) + state.policies.days(state.policies.pack_within)
    covered = shipment.free
    while not covered and cards.lapses(state, until):  # a new one is as good as can be had, however soon it ends
        covered = await cover(chapter, until, "The authorization ends before the goods leave, and a new one was declined")


async def cover(chapter: Chapter, until: datetime, sentence: str) -> bool:
    """Authorize what is missing: True when that is done; when the card declines, a person says what becomes of the order."""
    state = chapter.state

    def moot() -> bool:
        return cards.shortage(state, until).minor == 0

    asked = state.standing(ExceptionKind.PAYMENT_DECLINED, "order")
    declined = asked.detail if asked else await authorize_more(chapter, state.zero, until)
    if not declined:
        return True
    async with chapter.question(ExceptionKind.PAYMENT_DECLINED, "order", f"{sentence}: {declined}", moot) as decision:
        if decision.choice == "bill":
            state.billed = True
        elif decision.choice == "cancel":
            state.cancel(f"payment declined: {declined}", None)
    return False


async def secured(chapter: Chapter, shipment: Shipment) -> tuple[CardAuthorization | None, str]:
    """Before a capture: an authorization that holds, with a new one in the place of what has lapsed; else why the card declined."""
    state = chapter.state
    until = chapter.now + cards.CLOSE_TO_THE_END
    wanted = cards.to_capture(shipment)
    found = cards.choose(state, wanted, until)
    if found is not None:
        return found, ""
    declined = await authorize_more(chapter, wanted, until)
    found = None if declined else cards.choose(state, wanted, chapter.now)
    return found, declined or ("" if found else "the new authorization has ended already")


async def authorize_more(chapter: Chapter, at_least: Money, until: datetime) -> str:
    """Authorize what is to be captured and not held until then; why it was declined, nothing when it is held."""
    state = chapter.state
    async with chapter.life.cards:  # what an earlier run began and got no answer to is ended by whoever comes first
        attempt = state.authorization_attempts + 1
        base = chapter.base(f"authorize/{attempt}")
        missing = max(cards.shortage(state, until), at_least - cards.held(state, until))
        if missing.minor <= 0 and base["key"] not in state.unanswered:  # another chapter saw to it
            return ""
        if base["key"] not in state.authorizations_attempted:
            state.authorizations_attempted.append(base["key"])
        request = chapter.again(AuthorizePayment(**base, amount=missing, reference=state.placed.payment_reference))
        answer = await chapter.act(MoneyActivities.authorize_payment, request, f"Authorize {request.amount} once more", PAYMENTS)
        state.authorization_attempts = attempt
        if answer.declined:
            return answer.declined
        for known in state.authorizations:
            lapse(known, chapter.now, until)
        state.authorizations.append(cards.granted(base["key"], request.amount, answer))
        return ""


def lapse(authorization: CardAuthorization, now: datetime, until: datetime) -> None:
    """A new authorization takes the place of one that ends too soon; what has not ended yet is given up."""
    if authorization.closed or authorization.expires_at is None or authorization.expires_at > until:
        return
    authorization.closed = True
    authorization.voided = authorization.expires_at <= now
    authorization.replaced = not authorization.voided


async def void(chapter: Chapter, authorization: CardAuthorization) -> None:
    """Give up what is left of an authorization; what was captured from it stays."""
    state = chapter.state
    base = chapter.base(f"{authorization.key.removeprefix(f'{state.order}/')}/undo")
    request = VoidAuthorization(**base, undoes=authorization.key, authorization=authorization.reference)
    unused = authorization.amount - authorization.captured
    await chapter.act(MoneyActivities.void_authorization, request, f"Void the {unused} of the authorization that are not needed", PAYMENTS)
    authorization.closed = authorization.voided = True
    state.taken_back.append(authorization.key)
