"""The envelope of an X12 interchange as real senders write it: its separators found, its header given the widths that it should have.

Source: ASC X12.5 (interchange control structures).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.errors import InputRefused

ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)
"""Characters of ISA01 to ISA15; real senders pad them with anything, or not at all."""


@dataclass(frozen=True)
class Segment:
    """One segment: `at(4)` is the text of its fourth element, "" where the sender left it out."""

    name: str
    elements: tuple[str, ...]
    where: str

    def at(self, element: int) -> str:
        return self.elements[element - 1].strip() if element <= len(self.elements) else ""

    def place(self, element: int) -> str:
        return f"{self.where}, {self.name}{element:02d}"


@dataclass(frozen=True)
class TransactionSet:
    """The segments between ST and SE, both without them; `sender` is the interchange's (ISA06)."""

    code: str
    control: str
    sender: str
    segments: tuple[Segment, ...]


def normalised(text: str) -> tuple[str, str]:
    """The first interchange with an ISA of its 106 characters, blank lines gone; and what follows it."""
    separator = text[3:4]
    parts = text.split(separator, 16) if separator and not separator.isalnum() else []
    if len(parts) < 17:
        raise InputRefused("ISA", f"the interchange header is cut off: it has {max(len(parts) - 1, 0)} of its 16 elements")
    header, tail = [part.strip() for part in parts[1:16]], parts[16]
    component, terminator, body = _delimiters(tail)
    for number, (element, width) in enumerate(zip(header, ISA_WIDTHS, strict=True), 1):
        if len(element) > width:
            raise InputRefused(f"ISA{number:02d}", f"{element!r:.60} is longer than {width} characters")
    if not re.fullmatch(r"00[0-9]{3}", header[11], re.ASCII):
        raise InputRefused("ISA12", f"{header[11]!r:.20} is not a version of X12 (such as 00401)")
    # pyx12 reads versions 00401 and 00501; what an 850 says in the others is written the same way.
    header[11] = "00501" if header[11] >= "00501" else "00401"
    isa = separator.join(["ISA", *(e.ljust(w) for e, w in zip(header, ISA_WIDTHS, strict=True)), component])
    segments, at = [isa], 0
    while at < len(body):  # by position: to cut the rest off anew for every segment would take hours for a large file
        end = body.find(terminator, at)
        end = len(body) if end < 0 else end
        segment, at = body[at:end].strip(), end + 1
        if segment:
            segments.append(segment)
        if segment.split(separator, 1)[0] == "IEA":
            break
    return "".join(segment + terminator for segment in segments), body[at:].lstrip()


def _delimiters(tail: str) -> tuple[str, str, str]:
    """Component separator, segment terminator and the rest; `tail` begins at ISA16.

    Some senders leave ISA16 empty: then the terminator stands in its place, before a line break, and again at the end of GS.
    """
    if len(tail) < 2:
        raise InputRefused("ISA16", "the interchange header is cut off before its separators")
    component, terminator, rest = tail[0], tail[1], tail[2:]
    if terminator in "\r\n" and rest.lstrip("\n").split("\n", 1)[0].rstrip("\r").endswith(component):
        component, terminator, rest = (":" if tail[0] != ":" else ">"), tail[0], tail[1:]
    if terminator.isalnum() or terminator == " ":
        raise InputRefused("ISA16", f"{terminator!r} cannot end a segment")
    return component, terminator, rest
