"""The bytes of an EDI document become text: which syntax it is, its byte order mark gone, its character set found."""

from __future__ import annotations

import re

from domain.errors import InputRefused

LARGEST = 5_000_000
"""Bytes; the largest real interchanges are a few hundred kilobytes."""

MOST_SEGMENTS = 100_000
"""Of one document: real ones stay far below, and more than this would keep us busy for a minute."""


def text_of(content: bytes) -> str:
    """The text without byte order mark and blanks around; UTF-8, and where it is none, ISO 8859-1, which every partner's system knows.

    A zero byte becomes the character SUBSTITUTE, which is refused where it stands: in texts of PostgreSQL there is none. InputRefused for a
    document that is empty or too large.
    """
    if len(content) > LARGEST:
        raise InputRefused("the document", f"it has {len(content):,} bytes, and at most {LARGEST:,} are read")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("iso-8859-1")
    text = text.strip().strip("\x00\x1a").strip()
    if not text:
        raise InputRefused("the document", "it is empty")
    return text.replace("\x00", "\x1a")


def by_segment(content: bytes) -> list[str]:
    """The segments of a document of ours, each with what ends it."""
    text = text_of(content)
    end = text[105:106] if text.startswith("ISA") else "'"
    parts = re.split(f"(?<!\\?){re.escape(end)}", text) if end == "'" else text.split(end)
    return [f"{part.strip()}{end}" for part in parts if part.strip()]


def syntax_of(text: str) -> str:
    """`x12` or `edifact`; InputRefused when it is neither."""
    if text.startswith("ISA"):
        return "x12"
    if text.startswith(("UNA", "UNB", "UNH")):
        return "edifact"
    raise InputRefused("the document", "it begins neither with an X12 interchange header (ISA) nor with an EDIFACT one (UNA, UNB)")
