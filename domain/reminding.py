"""What an order asks about its reminders: when the next one is due, that it goes out, that the last one is taken back."""

from __future__ import annotations

from datetime import timedelta

from domain.money import Money
from domain.order import Moment
from domain.reminder_terms import NextReminder
from domain.steps import Step
from domain.values import Value

ASK_AGAIN = 30
"""Days after which an invoice below the minimum is looked at again; a document of another order takes it along whenever one is written."""


class FindReminder(Step):
    """When is the next reminder of this invoice due, by the terms that its customer has now? Changes nothing."""

    invoice: int
    day: timedelta


class IssueReminder(Step):
    """The invoice's next reminder is due: write to its customer once about everything that is due, and book this invoice's part."""

    invoice: int
    day: timedelta


class ReminderAnswer(Value):
    """What became of it. Without `document` this invoice was not reminded: it is settled, or the total is below the minimum.

    `charged` is what the reminder added to the invoice: its fees and interest as far as they post.
    """

    document: str = ""
    level: int = 0
    charged: Money | None = None
    due_at: Moment | None = None
    to_print: bool = False  # the customer has no address for e-mail: this order's person prints the letter
    next: NextReminder | None = None  # none for an invoice that asks for nothing


class TakeBackReminder(Step):
    """Cancel what the last reminder did to this invoice."""

    invoice: int
    document: str
    reason: str
    day: timedelta


class ReminderTakenBack(Value):
    """Where the invoice's ladder stands again."""

    due_at: Moment | None  # of the reminder before it; none: the invoice's own counts
    next: NextReminder
