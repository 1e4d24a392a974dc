"""Reminder documents: what is due of one customer in one currency becomes one letter, with its level, fees, interest and due date.

Each line keeps its own level, so that no invoice skips one; the document has the highest of them, as in Business Central: it sets the tone,
the due date and the one fee for the document. A line fee and interest are reckoned line by line, by the line's own level.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.date_formula import after
from domain.money import Money
from domain.order import Moment
from domain.reminder_terms import ReminderTerms
from domain.values import Value


class DueEntry(Value):
    """An overdue invoice whose next reminder is due: `issued` reminders of it stand; interest was last reckoned until `interest_since`."""

    order: str
    invoice: int
    issued: int
    remaining: Money
    principal: Money  # of what remains, without fees and interest
    interest_days: int  # days since the due date, or since interest was last charged


class ComposedLine(Value):
    order: str
    invoice: int
    number: int  # which standing reminder of its invoice it is
    level: int
    remaining: Money
    fee: Money  # the document's own, on the line that set its level
    line_fee: Money
    interest: Money
    interest_days: int
    charged: Money  # what of these posts to the invoice
    holds_customer: bool

    @property
    def total(self) -> Money:
        return self.remaining + self.fee + self.line_fee + self.interest


class Composed(Value):
    """A document that may be written: its level, its due date, and lines in the order of the entries."""

    level: int
    due_at: Moment
    lines: tuple[ComposedLine, ...]

    @property
    def total(self) -> Money:
        return Money.total((line.total for line in self.lines), self.lines[0].remaining.currency)


def compose(terms: ReminderTerms, entries: Sequence[DueEntry], at: datetime, day: timedelta) -> Composed | None:
    """One document for all entries, oldest first; None when nothing positive is due or the total is below the terms' minimum."""
    due = [(entry, level) for entry in entries if entry.remaining.minor > 0 and (level := terms.level_after(entry.issued)) is not None]
    if not due:
        return None
    currency = due[0][0].remaining.currency
    remaining = Money.total((entry.remaining for entry, _ in due), currency)
    if not terms.reaches_minimum(remaining):
        return None
    highest = max((level for _, level in due), key=lambda level: level.level)
    bears_fee = next(entry for entry, level in due if level is highest)
    nothing = Money.zero(currency)
    lines = []
    for entry, level in due:
        fee = highest.fee.of(remaining) if entry is bears_fee else nothing
        line_fee = level.line_fee.of(entry.remaining)
        base = entry.remaining if terms.interest_on_fees else entry.principal
        interest = terms.interest(base, entry.interest_days) if level.interest else nothing
        posts = ((fee, terms.post_fee), (line_fee, terms.post_line_fee), (interest, terms.post_interest))
        lines.append(
            ComposedLine(
                order=entry.order,
                invoice=entry.invoice,
                number=entry.issued + 1,
                level=level.level,
                remaining=entry.remaining,
                fee=fee,
                line_fee=line_fee,
                interest=interest,
                interest_days=entry.interest_days if level.interest else 0,
                charged=Money.total((amount for amount, post in posts if post), currency),
                holds_customer=level.holds_customer,
            )
        )
    return Composed(level=highest.level, due_at=after(highest.due_in, at, day), lines=tuple(lines))
