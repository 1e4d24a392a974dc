"""How every activity is carried out: once, however often it is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy.orm import Session
from temporalio import activity

from database import journal
from database.engine import Database
from domain.errors import StepUndone
from domain.steps import Recorded, Step

Result = TypeVar("Result", bound=BaseModel)
StepType = TypeVar("StepType", bound=Step)


async def once(database: Database, request: StepType, result: type[Result], work: Callable[[Session, StepType], Result]) -> Result:
    """A step that only touches our own database: the effect and its key in one transaction."""
    return await database.transaction(journal.once, request, activity.info().activity_type, result, work, request.summary)


async def undo(database: Database, request: StepType, undoes: str, work: Callable[[Session, StepType, str | None], Recorded]) -> Recorded:
    """Undo the attempt `undoes`, whatever became of it: from now on it does nothing, however late it comes."""
    return await database.transaction(journal.undo, request, undoes, activity.info().activity_type, work, request.summary)


async def once_outside(
    database: Database,
    request: StepType,
    result: type[Result],
    call: Callable[[], Awaitable[Result]],
    work: Callable[[Session, StepType, Result], Result],
    take_back: Callable[[], Awaitable[None]],
) -> Result:
    """A step with an outside call: asked by key outside of any transaction, then booked with the key in one transaction.

    The key goes to the other side too, so a call whose answer was lost is answered again, not repeated. An undo that ran while the call
    was on its way wins: the call is taken back, and StepUndone tells the caller that nothing stands.
    """

    def booked_before(session: Session, step: StepType) -> Result:
        raise AssertionError(f"{step.key} was done before: the journal answers")

    name = activity.info().activity_type
    known = await database.read(journal.standing, request.key)
    if known.undone:
        raise StepUndone(request.key)
    if known.done and known.result is not None:
        return await database.transaction(journal.once, request, name, result, booked_before, request.summary)
    answer = await call()
    try:
        return await database.transaction(
            journal.once, request, name, result, lambda session, step: work(session, step, answer), request.summary
        )
    except StepUndone:
        await take_back()
        raise
