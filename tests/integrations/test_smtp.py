"""E-mail by SMTP against a real server of our own: sent once, safe headers, and what becomes of a connection that is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.settings import ConfigError, Settings
from database import mails
from database.engine import Database
from domain.errors import Refused, Unavailable
from integrations.ports import Attachment, Letter
from integrations.smtp.mail import SETTLING, Server, SmtpMail
from integrations.smtp.message import message_id
from simulation.post import Sink
from tests.fresh import migrated
from workers.mail import MailBook, mail_of

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)
LETTER = Letter(
    to="C-1",
    address="pay@nord.example",
    name="Rösterei Jäger & Söhne",
    language="de",
    subject="Zahlungserinnerung REM-000001",
    body="Bitte zahlen Sie 87,00 €.",
    attachments=(Attachment(name="REM-000001.pdf", content=b"%PDF-1.4"),),
)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with Sink(tmp_path / "mail") as listening:
        yield listening


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    migrated(url)
    opened = Database(url)
    yield opened
    asyncio.run(opened.close())


def mail(sink: Sink, database: Database, clock: Clock, **changes: object) -> SmtpMail:
    server = {"host": "127.0.0.1", "port": sink.port, "security": "none", "sender": "accounts@holdfast.example", "timeout": 3.0}
    return SmtpMail(Server.model_validate(server | changes), MailBook(database), clock)


def send(post: SmtpMail, key: str = "reminder/REM-000001", letter: Letter = LETTER) -> None:
    asyncio.run(post.send(key, letter))


def test_a_letter_goes_out_once_with_its_files_and_letters_of_all_alphabets(sink: Sink, database: Database, clock: Clock) -> None:
    post = mail(sink, database, clock)
    for _ in range(2):
        send(post)
    (kept,) = sink.letters()
    assert kept.to == "Rösterei Jäger & Söhne <pay@nord.example>"
    assert (kept.subject, kept.attachments) == ("Zahlungserinnerung REM-000001", ("REM-000001.pdf",))
    assert kept.body == "Bitte zahlen Sie 87,00 €.\n"
    assert kept.message_id == message_id("reminder/REM-000001", "holdfast.example")
    assert asyncio.run(post.sent("reminder/REM-000001"))
    assert not asyncio.run(post.sent("reminder/REM-000002"))


def test_nobody_smuggles_a_line_into_a_header(sink: Sink, database: Database, clock: Clock) -> None:
    sly = LETTER.model_copy(
        update={
            "subject": "Pay\r\nBcc: all@evil.example",
            "name": "Eve\nX-Evil: 1",
            "attachments": (Attachment(name="a\r\nb.pdf", content=b"1"),),
        }
    )
    send(mail(sink, database, clock), letter=sly)
    (kept,) = sink.letters()
    assert kept.subject == "Pay Bcc: all@evil.example"
    assert kept.attachments == ("a b.pdf",)
    headers = kept.path.read_bytes().split(b"\r\n\r\n")[0]
    assert b"\nBcc:" not in headers
    assert b"\nX-Evil:" not in headers


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b@c.example", "a b@c.example", "a@c.example\r\nRCPT TO:<x@y.example>", "ä@c.example", f"{'a' * 250}@c.example"],
)
def test_what_is_no_address_is_refused_before_the_server_is_asked(address: str, sink: Sink, database: Database, clock: Clock) -> None:
    with pytest.raises(Refused, match="is not an address that e-mail can go to"):
        send(mail(sink, database, clock), letter=LETTER.model_copy(update={"address": address}))
    assert sink.letters() == []


def test_a_server_that_is_not_there_is_asked_again_and_nobody_waits_for_its_answer(sink: Sink, database: Database, clock: Clock) -> None:
    port = sink.port
    with pytest.raises(Unavailable, match="does not answer"):
        send(mail(sink, database, clock, port=1))
    assert database.run(mails.state, "reminder/REM-000001") == ""
    send(mail(sink, database, clock, port=port))
    assert len(sink.letters()) == 1


@pytest.mark.parametrize(("answer", "error"), [("550 5.1.1 no such user", Refused), ("451 4.3.0 later", Unavailable)])
def test_a_recipient_that_is_refused_for_good_is_a_persons_business(
    answer: str, error: type[Exception], sink: Sink, database: Database, clock: Clock
) -> None:
    post = mail(sink, database, clock)
    sink.refuses = answer
    with pytest.raises(error, match="does not take mail for"):
        send(post)
    sink.refuses = ""
    send(post)
    assert len(sink.letters()) == 1


@pytest.mark.parametrize(("when", "copies"), [("before", 1), ("after", 2)])
def test_a_connection_lost_in_data_is_asked_again_under_the_same_message_id(
    when: str, copies: int, sink: Sink, database: Database, clock: Clock
) -> None:
    """Nobody knows whether the server has it: a second copy is better than a fee for a letter that never came."""
    post = mail(sink, database, clock)
    sink.hangs_up = when
    with pytest.raises(Unavailable, match="lost before it said whether it has the letter"):
        send(post)
    sink.hangs_up = ""
    with pytest.raises(Unavailable, match="handed over by another worker"):
        send(post)
    assert not asyncio.run(post.sent("reminder/REM-000001"))
    clock.now += SETTLING + timedelta(seconds=1)
    send(post)
    send(post)
    assert len(sink.letters()) == copies
    assert len({kept.message_id for kept in sink.letters()}) == 1


def test_the_settings_say_who_carries_the_mail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: Database) -> None:
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    simulated: Any = object()  # nobody calls it
    assert mail_of(Settings.load(), database, simulated) is simulated
    monkeypatch.setenv("OMS_MAIL", "smtp")
    monkeypatch.setenv("OMS_SMTP_HOST", "mail.acme.example")
    assert isinstance(mail_of(Settings.load(), database, simulated), SmtpMail)
    monkeypatch.setenv("OMS_SMTP_USER", "holdfast")
    with pytest.raises(ConfigError, match="OMS_SMTP_USER and OMS_SMTP_PASSWORD are given together or not at all"):
        Settings.load()
    monkeypatch.setenv("OMS_SMTP_PASSWORD", "s3cret")
    assert "s3cret" not in repr(Settings.load())
    monkeypatch.setenv("OMS_SMTP_SECURITY", "none")
    with pytest.raises(ConfigError, match="letters to customers go encrypted"):
        Settings.load()
