"""The journal: a step happens once, however often and from however many sides it is asked for."""

import asyncio

import pytest
from sqlalchemy.orm import Session

from database import journal, orders, reading
from database.journal import Standing
from database.tables import AuditEntry, JournalEntry, Refusal
from domain.errors import Refused, StepUndone
from domain.money_steps import DocumentIssued
from domain.steps import Recorded, RecordNotes
from tests.database.builders import NOW, House, order, said, step

NOTE = RecordNotes(**step("notes/1"), notes=("a customer called",), causes=(said("m-1", "hold_order", "anna"), said("m-2", "packed")))
UNDO = RecordNotes(**step("undo/notes/1"))


def leave_a_mark(session: Session, request: RecordNotes) -> DocumentIssued:
    session.add(Refusal(source="test", place=request.key, reason="", at=NOW))
    return DocumentIssued(number=f"INV-{session.query(Refusal).count():06d}")


def marks(session: Session) -> int:
    return session.query(Refusal).count()


def repeats(session: Session) -> int:
    return session.get_one(JournalEntry, NOTE.key).repeats


async def test_a_step_asked_twice_happens_once_and_answers_the_same(house: House) -> None:
    answers = [await house.once(NOTE, DocumentIssued, leave_a_mark) for _ in range(3)]
    assert answers == [DocumentIssued(number="INV-000001")] * 3
    assert await house(marks) == 1
    assert await house(repeats) == 2


async def test_a_step_asked_ten_times_at_once_happens_once(house: House) -> None:
    answers = await asyncio.gather(*(house.once(NOTE, DocumentIssued, leave_a_mark) for _ in range(10)))
    assert answers == [DocumentIssued(number="INV-000001")] * 10
    assert await house(marks) == 1
    assert await house(repeats) == 9


async def test_a_step_that_was_refused_leaves_its_key_free(house: House) -> None:
    def refuse(session: Session, request: RecordNotes) -> DocumentIssued:
        leave_a_mark(session, request)
        raise Refused("Not today.")

    with pytest.raises(Refused, match="Not today"):
        await house.once(NOTE, DocumentIssued, refuse)
    assert await house.database.read(journal.standing, NOTE.key) == Standing()
    assert await house.once(NOTE, DocumentIssued, leave_a_mark) == DocumentIssued(number="INV-000001")


async def test_a_step_that_comes_after_its_undo_does_nothing(house: House) -> None:
    found: list[str | None] = []

    def nothing_to_do(session: Session, request: RecordNotes, stored: str | None) -> Recorded:
        found.append(stored)
        return Recorded()

    await house.undo(UNDO, NOTE.key, nothing_to_do)
    with pytest.raises(StepUndone, match=r"'shopify/1001/notes/1' was undone"):
        await house.once(NOTE, DocumentIssued, leave_a_mark)
    assert found == [None]
    assert await house(marks) == 0
    assert await house.database.read(journal.standing, NOTE.key) == Standing(undone=True)


async def test_an_undo_is_given_what_the_step_had_answered(house: House) -> None:
    found: list[str | None] = []

    def take_it_back(session: Session, request: RecordNotes, stored: str | None) -> Recorded:
        found.append(stored)
        return Recorded()

    await house.once(NOTE, DocumentIssued, leave_a_mark)
    assert await house.database.read(journal.standing, NOTE.key) == Standing(done=True, result='{"number":"INV-000001"}')
    for _ in range(2):
        await house.undo(UNDO, NOTE.key, take_it_back)
    assert found == ['{"number":"INV-000001"}']
    assert await house.database.read(journal.standing, NOTE.key) == Standing(undone=True, result='{"number":"INV-000001"}')
    with pytest.raises(StepUndone):
        await house.once(NOTE, DocumentIssued, leave_a_mark)


async def test_the_audit_trail_names_every_message_that_caused_a_step(house: House) -> None:
    await house.accept(order())
    for _ in range(2):
        await house.once(NOTE, Recorded, orders.record_notes)
    trail = await house.database.read(reading.audit_trail, "shopify/1001")
    assert [(row.step, row.actor, row.message_id, row.summary) for row in trail] == [
        ("accept_order", "holdfast", "", ""),
        ("note", "anna", "m-1", "a customer called"),
        ("note", "floor", "m-2", "a customer called"),
        ("record_notes", "anna", "m-1", ""),
        ("record_notes", "floor", "m-2", ""),
    ]
    assert await house.database.read(reading.message_seen, "shopify/1001", "m-2") is True
    assert await house.database.read(reading.message_seen, "shopify/1001", "m-3") is False

    def rows(session: Session) -> int:
        return session.query(AuditEntry).count()

    assert await house(rows) == 5
