"""An X12 interchange is opened: its separators found, its counts and control numbers checked, its transaction sets taken out.

Source: ASC X12.5 (interchange control structures) and X12.6 (application control structure).
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import pyx12.errors
from pyx12.x12file import X12Reader

from domain.errors import InputRefused
from starters.channels.reading import decoded

ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)
"""Characters of ISA01 to ISA15; real senders pad them with anything, or not at all."""

TRAILERS = {"ISA": ("IEA", "interchange"), "GS": ("GE", "functional group"), "ST": ("SE", "transaction set")}

_SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")


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


def open_envelopes(content: bytes) -> list[TransactionSet]:
    """Every transaction set of every interchange in `content`, in their order; InputRefused if an envelope is not whole."""
    text = decoded(content).strip()
    if not text.startswith("ISA"):
        raise InputRefused("the document", "it does not begin with an X12 interchange header (ISA)")
    sets: list[TransactionSet] = []
    while text:
        if not text.startswith("ISA"):
            raise InputRefused("the document", f"{text[:20]!r} stands after the end of an interchange (IEA)")
        interchange, text = normalised(text)
        sets += _sets(_segments(interchange))
    return sets


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


def _segments(interchange: str) -> Iterator[Segment]:
    """The segments of one interchange, read by pyx12; inside a transaction set they are numbered from its ST."""
    control, number = "", 0
    try:
        for read in X12Reader(io.StringIO(interchange, newline="")):
            name, elements = read.get_seg_id() or "", tuple(element.format() for element in read.elements)
            if name == "ST":
                control, number = (elements[1].strip()[:20] if len(elements) > 1 else ""), 0
            number += 1
            where = f"set {control}, segment {number}" if control else "the interchange"
            if not _SEGMENT_ID.fullmatch(name):
                raise InputRefused(where, f"{name!r:.40} is not the name of a segment")
            for n, element in enumerate(elements, 1):
                if broken := next((c for c in element if unicodedata.category(c) in ("Cc", "Cs")), None):
                    what = "a line break" if broken in "\r\n" else f"the character U+{ord(broken):04X}"
                    raise InputRefused(f"{where}, {name}{n:02d}", f"{what} stands inside an element; a segment terminator may be missing")
            yield Segment(name, elements, where)
            if name == "SE":
                control = ""
    except IndexError:  # pyx12 looks for the header of every trailer it meets
        raise InputRefused("the interchange", "a trailer (SE, GE or IEA) stands in it without its header") from None
    except (pyx12.errors.EngineError, pyx12.errors.X12Error) as error:
        raise InputRefused("the interchange", f"its envelope cannot be read ({error!s:.120})") from None


def _sets(segments: Iterator[Segment]) -> list[TransactionSet]:
    """The transaction sets between the headers and trailers of one interchange, every count and control number checked."""
    sets: list[TransactionSet] = []
    inside: list[Segment] = []
    headers: list[Segment] = []  # the open ones, outermost first
    counts = {"ISA": 0, "GS": 0}  # functional groups of the interchange, transaction sets of the group
    for segment in segments:
        trailer = next((header for header, (name, _) in TRAILERS.items() if name == segment.name), "")
        if segment.name in TRAILERS:
            expected = ("ISA", "GS", "ST")[len(headers)] if len(headers) < 3 else ""
            if segment.name != expected:
                _refuse_order(segment, headers)
            headers.append(segment)
            if segment.name == "GS":
                counts["GS"] = 0
        elif trailer:
            header = headers[-1] if headers else None
            if header is None or header.name != trailer:
                _refuse_order(segment, headers)
            elif trailer == "ST":
                _agree(header.at(2), segment, len(inside) + 2, "segments")
                sets.append(TransactionSet(header.at(1), header.at(2), headers[0].at(6), tuple(inside)))
                counts["GS"], inside = counts["GS"] + 1, []
            elif trailer == "GS":
                _agree(header.at(6), segment, counts["GS"], "transaction sets")
                counts["ISA"] += 1
            else:
                _agree(header.at(13), segment, counts["ISA"], "functional groups")
            headers.pop()
        elif len(headers) == 3:
            inside.append(segment)
        else:
            raise InputRefused("the interchange", f"the segment {segment.name} stands outside of every transaction set")
    if headers:
        _refuse_order(None, headers)
    if not sets:
        raise InputRefused("the interchange", "there is no transaction set in it")
    return sets


def _refuse_order(segment: Segment | None, headers: list[Segment]) -> NoReturn:
    """A header or trailer (None is the end of the document) stands where the innermost open envelope is not closed yet."""
    before = f"before {segment.name}" if segment else "and the document ends: it was cut off"
    if not headers:
        raise InputRefused("the interchange", f"{segment.name if segment else 'its end'} stands without its header")
    header = headers[-1]
    trailer, what = TRAILERS[header.name]
    control = header.at({"ISA": 13, "GS": 6, "ST": 2}[header.name])[:20]
    if segment and segment.name in TRAILERS and header.name != "ST":
        raise InputRefused("the interchange", f"{segment.name} stands directly inside {header.name}")
    raise InputRefused(f"{what} {control}", f"its trailer ({trailer}) is missing {before}")


def _agree(control: str, trailer: Segment, counted: int, what: str) -> None:
    """SE, GE and IEA say how much they close, and repeat the control number of their header."""
    where = trailer.where if trailer.name == "SE" else "the interchange"
    written = trailer.at(1)
    if not re.fullmatch(r"[0-9]{1,10}", written) or int(written) != counted:
        raise InputRefused(f"{where}, {trailer.name}01", f"it says {written!r:.20} {what}, and there are {counted}")
    if not control or trailer.at(2).lstrip("0") != control.lstrip("0"):
        raise InputRefused(f"{where}, {trailer.name}02", f"its control number {trailer.at(2)!r:.20} is not its header's {control!r:.20}")
