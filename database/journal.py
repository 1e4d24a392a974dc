"""Once: a step's effect and its answer are stored together under its key, so that asking again does nothing and answers the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import BaseModel
from sqlalchemy import CursorResult, Executable, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from database.tables import AuditEntry, Base, JournalEntry
from domain.errors import StepUndone
from domain.messages import Cause
from domain.steps import Recorded, Step
from domain.values import Value

Result = TypeVar("Result", bound=BaseModel)
StepType = TypeVar("StepType", bound=Step)

HOLDFAST = "holdfast"
"""The actor of what no message asked for: deadlines and consequences."""


class Standing(Value):
    """What the journal knows of a step: not begun, done (with the result it stored, as JSON) or undone."""

    done: bool = False
    undone: bool = False
    result: str | None = None


def once(
    session: Session, step: StepType, name: str, result_type: type[Result], work: Callable[[Session, StepType], Result], summary: str = ""
) -> Result:
    """Do `work` unless the step's key was done before; then its stored result is the answer.

    The key's row is inserted first: whoever comes second waits for it, and finds the result or does the work if the first one gave up.
    Writes one audit row per cause. Raises StepUndone when the undo was there first.
    """
    if not insert_once(session, JournalEntry, {"key": step.key, "step": name, "result": None, "undone": False, "repeats": 0}):
        known = _locked(session, step.key)
        if known.undone:
            raise StepUndone(step.key)
        assert known.result is not None, "a result is stored in the transaction that inserts its key"
        known.repeats += 1
        return result_type.model_validate_json(known.result)
    result = work(session, step)
    session.execute(_answered, {"of": step.key, "answer": result.model_dump_json()})
    write_audit(session, step, name, summary)
    return result


def undo(
    session: Session, step: StepType, undoes: str, name: str, work: Callable[[Session, StepType, str | None], Recorded], summary: str = ""
) -> Recorded:
    """Close the key `undoes` for ever and do `work` with what its step had stored (JSON), or None when it never came this far."""

    def close_the_door(session: Session, step: StepType) -> Recorded:
        tombstone = {"key": undoes, "step": f"{name} came first", "result": None, "undone": True, "repeats": 0}
        if insert_once(session, JournalEntry, tombstone):
            return work(session, step, None)
        known = _locked(session, undoes)
        known.undone = True
        return work(session, step, known.result)

    return once(session, step, name, Recorded, close_the_door, summary)


def close_doors(session: Session, keys: Iterable[str]) -> None:
    """Steps that never came this far and never will: a late attempt finds its tombstone. What is done stays done."""
    for key in keys:
        insert_once(session, JournalEntry, {"key": key, "step": "never begun", "result": None, "undone": True, "repeats": 0})


def standing(session: Session, key: str) -> Standing:
    """Where a step stands, asked before an outside call: `done` needs no call, `undone` must not make one."""
    known = session.execute(_known, {"of": key}).one_or_none()
    if known is None:
        return Standing()
    return Standing(done=known.result is not None and not known.undone, undone=known.undone, result=known.result)


def write_audit(session: Session, step: Step, name: str, summary: str = "") -> None:
    """One row per message that caused the step, or one for ourselves."""
    about = {"order": step.order, "at": step.at, "step": name, "key": step.key, "summary": summary}
    session.execute(_audit_insert, [about | _who(cause) for cause in step.causes] or [about | _who(None)])


def insert_once(session: Session, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row, or leave the one that is there; tells which. Waits for a transaction that is inserting the same row."""
    statement = _insert_or_ignore(cast(Table, table.__table__), session.get_bind().dialect.name)
    return cast("CursorResult[Any]", session.execute(statement, values)).rowcount == 1


@cache
def _insert_or_ignore(table: Table, dialect: str) -> Executable:
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def _who(cause: Cause | None) -> dict[str, str]:
    if cause is None:
        return {"actor": HOLDFAST, "message_id": "", "message_name": ""}
    return {"actor": cause.actor, "message_id": cause.message_id, "message_name": cause.name}


def _locked(session: Session, key: str) -> JournalEntry:
    return session.scalars(select(JournalEntry).where(JournalEntry.key == key).with_for_update()).one()


_journal = cast(Table, JournalEntry.__table__)
_answered = update(_journal).where(_journal.c.key == bindparam("of")).values(result=bindparam("answer"))
_known = select(_journal.c.result, _journal.c.undone).where(_journal.c.key == bindparam("of"))
_audit_insert = insert(cast(Table, AuditEntry.__table__))
