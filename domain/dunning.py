"""Unpaid invoices: which reminder is due when, as in Business Central's reminder terms.

A level's reference date is the due date of the last reminder (for the first level: of the invoice). The level is due when reference date
plus grace days is strictly before the day of the run, so one day after the grace is over. Each reminder sets a new due date counted from
the day on which it is really issued: after a downtime only the step that is due is taken, never those that were missed.
"""

from __future__ import annotations

from datetime import datetime

from domain.order import Moment
from domain.parts import Invoice
from domain.policies import Policies, ReminderLevel
from domain.values import Value


class NextStep(Value):
    """At `at` the reminder of `level` goes out; without a level the ladder is at its end and a person decides."""

    at: Moment
    level: ReminderLevel | None


def next_step(invoice: Invoice, policies: Policies) -> NextStep:
    """The next step of an order that carries its own ladder; the others ask for their customer's reminder terms."""
    reference, ladder = invoice.reminded_due_at or invoice.due_at, policies.ladder or ()
    if invoice.reminders >= len(ladder):
        return NextStep(at=reference + policies.days(1), level=None)
    level = ladder[invoice.reminders]
    return NextStep(at=reference + policies.days(level.grace_days + 1), level=level)


def reminder_due(level: ReminderLevel, issued_at: datetime, policies: Policies) -> datetime:
    """The date until which a reminder asks to be paid."""
    return issued_at + policies.days(level.due_in_days)
