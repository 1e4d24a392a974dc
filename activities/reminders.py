"""Reminders by the customer's terms: found, issued once to the customer, taken back."""

from __future__ import annotations

from sqlalchemy.orm import Session
from temporalio import activity

from activities.reminder_letters import reminder_letter
from activities.steps import once, once_outside
from database import reminders
from database.engine import Database
from domain.reminder_terms import NextReminder
from domain.reminding import FindReminder, IssueReminder, ReminderAnswer, ReminderTakenBack, TakeBackReminder
from integrations.ports import Mail


class ReminderActivities:
    def __init__(self, database: Database, mail: Mail) -> None:
        self.database, self.mail = database, mail

    @activity.defn
    async def find_reminder(self, request: FindReminder) -> NextReminder:
        """When the next reminder of an invoice is due."""
        return await self.database.read(reminders.find_reminder, request)

    @activity.defn
    async def issue_reminder(self, request: IssueReminder) -> ReminderAnswer:
        """Write to the customer once about everything that is due, then book this invoice's part of it.

        Each attempt looks again before the letter goes: what was paid, disputed or promised meanwhile is not in it. A letter that went out
        and whose answer was lost is the same letter; what was paid before it is booked is charged nothing all the same.
        """
        document = ""

        async def call() -> ReminderAnswer:
            nonlocal document
            document = await self.database.transaction(reminders.draw_up, request)
            if document and not await self._went_out(document) and await self.database.transaction(reminders.review, document, request.day):
                letter = await self.database.read(reminder_letter, document)
                if letter.address:
                    await self.mail.send(mail_key(document), letter)
            return ReminderAnswer()

        def book(session: Session, step: IssueReminder, _: ReminderAnswer) -> ReminderAnswer:
            return reminders.book_reminder(session, step, document)

        async def a_letter_stays_sent() -> None:
            return None

        return await once_outside(self.database, request, ReminderAnswer, call, book, a_letter_stays_sent)

    @activity.defn
    async def take_back_reminder(self, request: TakeBackReminder) -> ReminderTakenBack:
        """Cancel the last reminder of an invoice."""
        return await once(self.database, request, ReminderTakenBack, reminders.take_back_reminder)

    async def _went_out(self, document: str) -> bool:
        return await self.database.read(reminders.is_sent, document) or await self.mail.sent(mail_key(document))


def mail_key(document: str) -> str:
    """The mail's idempotency key: one letter for a document, whoever's order sends it."""
    return f"reminder/{document}"
