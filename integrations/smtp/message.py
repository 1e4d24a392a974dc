"""An e-mail as MIME: headers that nobody can smuggle lines into, text in UTF-8, files attached."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from domain.errors import Refused
from integrations.ports import Letter

LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3


def message_id(key: str, domain: str) -> str:
    """The same for the same key, so that a repetition can be recognised by whoever gets it (RFC 5322, 3.6.4)."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def written(key: str, letter: Letter, sender: str, at: datetime) -> EmailMessage:
    """The message; raises Refused for an address that is none."""
    domain = mailbox(sender).domain
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = message_id(key, domain)
    message["Date"] = format_datetime(at)
    message["From"] = mailbox(sender)
    message["To"] = mailbox(letter.address, letter.name)
    message["Subject"] = one_line(letter.subject)
    if letter.language:
        message["Content-Language"] = one_line(letter.language)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message.set_content(letter.body)
    for each in letter.attachments:
        main, _, sub = each.type.partition("/")
        message.add_attachment(each.content, maintype=main, subtype=sub, filename=one_line(each.name))
    return message


def mailbox(address: str, name: str = "") -> Address:
    """An address with its name; Refused where it is none. Only an ASCII address reaches every server."""
    local, at, domain = address.rpartition("@")
    plain = address.isascii() and address.isprintable() and not any(each in address for each in ' <>,;:"()[]\\')
    if not (at and local and "." in domain.strip(".") and plain and "@" not in local and len(address) <= LONGEST_ADDRESS):
        raise Refused(f"{address!r} is not an address that e-mail can go to; correct the customer's e-mail address.")
    return Address(display_name=one_line(name), username=local, domain=domain)


def one_line(text: str) -> str:
    """What stands in a header is one line: line breaks and control characters become blanks."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
