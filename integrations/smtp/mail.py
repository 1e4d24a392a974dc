"""The port `Mail` by SMTP (RFC 5321), with the standard library's client in a thread of its own.

A server that has taken the last dot of DATA has the letter. When the connection is lost before that answer, nobody knows: a reminder then
goes out once more under the same Message-ID. A second copy of one letter is a nuisance that its reader recognises by its number; a fee for
a letter that never came is a wrong. What is known stands in our own record, noted before the server is asked.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Literal, Protocol

from pydantic import SecretStr

from domain.errors import Refused, Unavailable
from domain.values import Value
from integrations.ports import Letter
from integrations.smtp.message import written

SETTLING = timedelta(seconds=60)
"""How long another attempt may still be at work on the same letter: longer than an activity of the mail may take."""


class Server(Value):
    """Where mail is handed over; `starttls` and `tls` check the server's certificate."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    password: SecretStr | None = None
    sender: str
    timeout: float = 20.0  # seconds for each answer of the server


class Record(Protocol):
    """What we know of each e-mail, kept in our own database."""

    async def begin(self, key: str, message_id: str, recipient: str, at: datetime, settling: timedelta) -> str: ...

    async def sent(self, key: str, at: datetime) -> None: ...

    async def forget(self, key: str) -> None: ...

    async def state(self, key: str) -> str: ...


class SmtpMail:
    """The port `Mail`."""

    def __init__(self, server: Server, record: Record, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._server, self._record, self._clock = server, record, clock

    async def send(self, key: str, letter: Letter) -> None:
        """Raises Refused for an address that the server will never take, Unavailable when it does not answer or is asked by another."""
        now = self._clock()
        message = written(key, letter, self._server.sender, now)
        known = await self._record.begin(key, str(message["Message-ID"]), letter.address, now, SETTLING)
        if known == "sent":
            return
        if known == "on_its_way":
            raise Unavailable(f"The letter {key} is being handed over by another worker.")
        try:
            await asyncio.to_thread(hand_over, self._server, message)
        except Undelivered as none:
            await self._record.forget(key)
            raise none.error from none
        await self._record.sent(key, self._clock())

    async def sent(self, key: str) -> bool:
        """A letter of which nobody knows counts as sent only when the server said so."""
        return await self._record.state(key) == "sent"


class Undelivered(Exception):
    """The server surely has not got the letter: `error` says what that means for whoever asked."""

    def __init__(self, error: Refused | Unavailable) -> None:
        self.error = error
        super().__init__(str(error))


def hand_over(server: Server, message: EmailMessage) -> None:
    """Give the message to the server. Raises Undelivered when it surely has not got it, Unavailable when nobody knows."""
    where = f"The mail server {server.host}:{server.port}"
    try:
        connection = _connected(server)
    except smtplib.SMTPAuthenticationError as error:
        raise Undelivered(Unavailable(f"{where} does not let us in: {_said(error)}. See OMS_SMTP_USER and OMS_SMTP_PASSWORD.")) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(Unavailable(f"{where} does not answer: {_said(error)}.")) from error
    try:
        connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        said = f"{where} does not take mail for {message['To']}: {code} {reason.decode(errors='replace')}"
        raise Undelivered(Refused(said) if code >= 500 else Unavailable(said)) from error
    except smtplib.SMTPResponseException as error:
        said = f"{where} did not take the letter: {_said(error)}"
        raise Undelivered(Refused(said) if 500 <= error.smtp_code < 600 else Unavailable(said)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(f"{where} was lost before it said whether it has the letter: {_said(error)}.") from error
    finally:
        _leave(connection)


def _connected(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    try:
        if server.security == "starttls":
            connection.starttls(context=context)
        if server.user and server.password is not None:
            connection.login(server.user, server.password.get_secret_value())
    except BaseException:
        connection.close()
        raise
    return connection


def _leave(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else str(error.smtp_error)
        return f"{error.smtp_code} {text}"
    return str(error) or type(error).__name__
