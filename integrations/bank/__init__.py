"""Bank statements: camt.053 (ISO 20022, versions 2, 4 and 8) and MT940 (SWIFT), read into what the domain calls a statement.

They stand here and not among the sales channels: the bank is an outside system that tells of money, and its files start no order.
"""

from __future__ import annotations

from domain.bank import Statement
from domain.errors import InputRefused
from integrations.bank import camt, mt940_file

MOST_BYTES = 20_000_000
"""A day of a busy account is below one megabyte."""


def read_statements(content: bytes, name: str = "") -> list[Statement]:
    """The statements of a file, one at least, in their order; the content shows the form.

    InputRefused says the place and the reason; its place begins with `name` (the file's) where there is one.
    """
    try:
        if len(content) > MOST_BYTES:
            raise InputRefused("the document", f"it has {len(content):,} bytes, and at most {MOST_BYTES:,} are read")
        start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not start:
            raise InputRefused("the document", "it is empty")
        if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
            return camt.read(content)
        if mt940_file.looks_like(start):
            return mt940_file.read(content)
        raise InputRefused("the document", "it is neither a camt.053 statement (XML) nor an MT940 statement (:20:)")
    except InputRefused as refused:
        raise InputRefused(f"{name}, {refused.place}", refused.reason) if name else refused from None
