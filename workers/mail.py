"""How customers are written to: by the mail server that the settings name, or by the simulated one, which tells nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.settings import Settings
from database import mails
from database.engine import Database
from integrations.ports import Mail
from integrations.smtp.mail import Server, SmtpMail


def mail_of(settings: Settings, database: Database, simulated: Mail) -> Mail:
    """The mail of this installation."""
    if settings.mail == "simulated":
        return simulated
    server = Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password,
        sender=settings.smtp_from,
        timeout=settings.smtp_timeout,
    )
    return SmtpMail(server, MailBook(database))


class MailBook:
    """The record of e-mails, in our own database; each note is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, key: str, message_id: str, recipient: str, at: datetime, settling: timedelta) -> str:
        return await self._database.transaction(mails.begin, key, message_id, recipient, at, settling)

    async def sent(self, key: str, at: datetime) -> None:
        await self._database.transaction(mails.sent, key, at)

    async def forget(self, key: str) -> None:
        await self._database.transaction(mails.forget, key)

    async def state(self, key: str) -> str:
        return await self._database.read(mails.state, key)
