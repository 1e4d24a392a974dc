"""Dunning: which reminder is due on which day, worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.dunning import NextStep, next_step, reminder_due
from domain.parts import Invoice
from domain.policies import LADDER, Policies, ReminderLevel
from tests.domain.builders import invoice

POLICIES = Policies(ladder=LADDER)


def march(day: int) -> datetime:
    """A day of March 2026, and the days that follow it."""
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day - 1)


def due(owed: Invoice, today: datetime) -> ReminderLevel | None:
    """The level whose reminder is due today, as the order's workflow sees it."""
    step = next_step(owed, POLICIES)
    return step.level if today >= step.at else None


def remind(owed: Invoice, today: datetime) -> None:
    level = due(owed, today)
    assert level is not None
    owed.reminders += 1
    owed.reminded_due_at = reminder_due(level, today, POLICIES)


def test_the_worked_case_of_1000_due_on_1_march() -> None:
    """Level 1 grace 5 due in 10; level 2 grace 3 due in 7, fee 15; level 3 grace 2 due in 5, fee 25."""
    owed = invoice(100_000, march(1))
    assert due(owed, march(6)) is None
    assert due(owed, march(7)) == LADDER[0]
    remind(owed, march(7))
    assert owed.reminded_due_at == march(17)

    assert due(owed, march(20)) is None
    assert due(owed, march(21)) == LADDER[1]
    remind(owed, march(21))
    assert (owed.reminded_due_at, LADDER[1].fee_minor) == (march(28), 1_500)

    assert due(owed, march(30)) is None
    assert due(owed, march(31)) == LADDER[2]
    remind(owed, march(31))
    assert owed.reminded_due_at == march(36) == datetime(2026, 4, 5, tzinfo=UTC)
    assert (LADDER[2].fee_minor, LADDER[2].holds_customer) == (2_500, True)

    assert next_step(owed, POLICIES) == NextStep(at=march(37), level=None), "after the last rung a person decides"


def test_after_a_downtime_only_the_step_that_is_due_is_taken() -> None:
    """Nothing ran from 1 March to 30 April: one reminder of level 1 goes out, and the next counts from that day."""
    owed = invoice(100_000, march(1))
    remind(owed, march(61))
    assert (owed.reminders, owed.reminded_due_at) == (1, march(71))
    assert due(owed, march(61)) is None
    assert next_step(owed, POLICIES) == NextStep(at=march(75), level=LADDER[1])


def test_without_a_ladder_a_person_is_asked_the_day_after_the_due_date() -> None:
    assert next_step(invoice(100, march(1)), Policies(ladder=())) == NextStep(at=march(2), level=None)


def test_short_days_shorten_every_deadline() -> None:
    quick = Policies(day=timedelta(seconds=1), ladder=LADDER)
    assert next_step(invoice(100, march(1)), quick).at == march(1) + timedelta(seconds=6)
