"""Our own record of e-mails: noted before the server is asked, so that a repetition knows what is known."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from database.journal import insert_once
from database.tables import SentMail


def begin(session: Session, key: str, message_id: str, recipient: str, at: datetime, settling: timedelta) -> str:
    """Note that an e-mail is about to be handed over; answers `fresh`, `sent`, `on_its_way` or `unknown`.

    `on_its_way`: somebody handed it over less than `settling` ago and has not said how it ended. `unknown`: they never will, and whoever
    asks now takes it over.
    """
    row = {"key": key, "message_id": message_id, "recipient": recipient, "state": "sending", "attempts": 1, "at": at}
    if insert_once(session, SentMail, row):
        return "fresh"
    known = session.get_one(SentMail, key, with_for_update=True)
    if known.state == "sent":
        return "sent"
    if known.at + settling > at:
        return "on_its_way"
    known.at, known.attempts, known.recipient = at, known.attempts + 1, recipient
    return "unknown"


def sent(session: Session, key: str, at: datetime) -> None:
    """The server took it."""
    known = session.get_one(SentMail, key, with_for_update=True)
    known.state, known.at = "sent", at


def forget(session: Session, key: str) -> None:
    """The server did not take it: nobody has to wait for an answer."""
    known = session.get(SentMail, key, with_for_update=True)
    if known is not None and known.state == "sending":
        session.delete(known)


def state(session: Session, key: str) -> str:
    """`sent`, `sending` or nothing."""
    known = session.get(SentMail, key)
    return known.state if known is not None else ""
