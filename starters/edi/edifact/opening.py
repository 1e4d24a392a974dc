"""EDIFACT interchanges are opened: service characters found, counts and references checked, what is wrong kept where it is wrong.

Source: ISO 9735 (UN/EDIFACT application level syntax rules, versions 3 and 4); the codes of faults are element 0085 of CONTRL.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from pydifact.control.characters import Characters
from pydifact.exceptions import EDISyntaxError
from pydifact.parser import Parser, TokenIterator
from pydifact.tokenizer import Tokenizer

from domain.edi_partners import PartnerId
from domain.errors import InputRefused
from starters.edi.edifact.characters import OURS, characters
from starters.edi.envelope import DocumentSet, Fault, Group, Interchange
from starters.edi.normalise import MOST_SEGMENTS

MISSING, REFERENCES, COUNT, DUPLICATE, CHARACTERS, OTHER, UNKNOWN_SENDER = "13", "28", "29", "26", "21", "18", "23"
"""Element 0085: missing, references or counts do not match, duplicate, invalid characters, unspecified, sender unknown."""

_TAG = re.compile(r"[A-Z]{2}[A-Z0-9]")
LONGEST_SEGMENT = 20_000


@dataclass(frozen=True)
class Segment:
    """One segment: `at(1, 2)` is the second component of its first element, "" where the sender left it out."""

    name: str
    elements: tuple[tuple[str, ...], ...]
    where: str

    def at(self, element: int, component: int = 1) -> str:
        if element > len(self.elements) or component > len(self.elements[element - 1]):
            return ""
        return self.elements[element - 1][component - 1].strip()

    def place(self, element: int, component: int = 0) -> str:
        return f"{self.where}, {self.name}{element:02d}" + (f"-{component:02d}" if component else "")


def open_edifact(text: str) -> list[Interchange]:
    """Every interchange of a document; InputRefused where not even a header can be read."""
    opened: list[_Opening] = []
    after: dict[int, Fault] = {}  # what stands after an interchange, by how many there are
    for segment in _segments(text):
        if segment.name == "UNB":
            opened.append(_Opening(segment))
        elif not opened:
            raise InputRefused("the document", f"it has no interchange header (UNB) before {segment.name}: nobody says who sent it")
        elif opened[-1].closed:
            place = f"the document, after interchange {opened[-1].interchange.control}"
            after.setdefault(len(opened), Fault(place, f"{segment.name} stands after its trailer (UNZ)"))
        else:
            opened[-1].take(segment)
    if not opened:
        raise InputRefused("the document", "it has no interchange header (UNB)")
    found: list[Interchange] = []
    for number, one in enumerate(opened, 1):
        one.end()
        found.append(one.interchange)
        found += [one.interchange.stray_after(after[number])] if number in after else []
    return found


def _segments(text: str) -> Iterator[Segment]:
    """The segments as pydifact takes them apart; UNA may stand before every interchange."""
    at, count, marks = 0, 0, OURS
    while True:
        while at < len(text) and text[at] in " \r\n\t":
            at += 1
        if at >= len(text):
            return
        if text.startswith("UNA", at):
            marks, at = _characters(text[at + 3 : at + 9]), at + 9
            continue
        end = _end(text, at, marks)
        raw, at = text[at:end], end + 1
        if (count := count + 1) > MOST_SEGMENTS:
            raise InputRefused("the document", f"it has more than {MOST_SEGMENTS:,} segments")
        if end >= len(text):
            unreadable = "no terminator ends it"
        elif len(raw) > LONGEST_SEGMENT:
            unreadable = f"it has more than {LONGEST_SEGMENT:,} characters; a segment terminator may be missing"
        else:
            unreadable = ""
        yield _parsed(raw, marks, unreadable)


def _end(text: str, at: int, characters: Characters) -> int:
    """Where the segment ends: at the first terminator that is not released."""
    while True:
        end = text.find(characters.segment_terminator, at)
        if end < 0:
            return len(text)
        released, back = 0, end - 1
        while back >= at and text[back] == characters.escape_character:
            released, back = released + 1, back - 1
        if released % 2 == 0:
            return end
        at = end + 1


def _characters(written: str) -> Characters:
    """InputRefused for six characters of which two are the same, or of which one may stand in a text."""
    if len(written) < 6:
        raise InputRefused("UNA", "it is cut off")
    release = written[3] if written[3] != " " else "\x00"  # a blank: there is none
    marks = [written[0], written[1], release, written[5]]
    if len(set(marks)) < 4 or any(mark.isalnum() or mark == " " for mark in marks) or any(mark in "\r\n" for mark in marks[:3]):
        raise InputRefused("UNA", f"{written!r:.20} are not service characters that can be told apart")
    return characters(written[:3] + release + written[4:])


def _parsed(raw: str, characters: Characters, unreadable: str) -> Segment:
    """A segment that cannot be taken apart keeps its name, and its one element is the reason."""
    name = re.split(r"[^A-Z0-9]", raw[:4], maxsplit=1)[0][:3]
    if not unreadable:
        try:
            tokens = TokenIterator(Tokenizer().get_tokens(raw + characters.segment_terminator, characters))
            parsed = next(iter(Parser().convert_tokens_to_raw_segments(tokens)))
            elements = tuple(tuple(element) if isinstance(element, list) else (str(element),) for element in parsed)
            return Segment(elements[0][0], elements[1:], "")
        except (EDISyntaxError, StopIteration, RuntimeError) as error:
            unreadable = f"it cannot be taken apart ({error!s:.100})"
    return Segment(name if _TAG.fullmatch(name) else "???", ((unreadable,),), "unreadable")


class _Opening:
    """One interchange while it is read."""

    def __init__(self, unb: Segment) -> None:
        self.text: list[str] = [repr(unb.elements)]
        self.interchange = Interchange(
            syntax="edifact",
            sender=PartnerId(qualifier=unb.at(2, 2)[:4], id=unb.at(2)[:35] or "?"),
            receiver=PartnerId(qualifier=unb.at(3, 2)[:4], id=unb.at(3)[:35] or "?"),
            control=unb.at(5)[:14],
            version=f"{unb.at(1)}:{unb.at(1, 2)}"[:12],
            date=unb.at(4),
            time=unb.at(4, 2),
            test=unb.at(11) == "1",
            asks_receipt=unb.at(9) == "1",
            text="",
        )
        self.group: Group | None = None
        self.grouped = False  # by UNG
        self.inside: DocumentSet | None = None
        self.number = 0
        self.closed = False
        if unb.where == "unreadable":
            self.interchange.mark(Fault("UNB", unb.at(1), OTHER))
        elif not unb.at(2):
            self.interchange.mark(Fault("UNB02", "the interchange names no sender", UNKNOWN_SENDER, name="UNB", element=2))
        elif not self.interchange.control:
            self.interchange.mark(Fault("UNB05", "the interchange has no control reference", MISSING, name="UNB", element=5))

    def take(self, segment: Segment) -> None:
        self.text.append(repr((segment.name, segment.elements)))
        self.number = 1 if segment.name == "UNH" else self.number + 1
        where = f"{self.inside.place}, segment {self.number}" if self.inside else "the interchange"
        broken = segment.at(1) if segment.where == "unreadable" else ""
        segment = Segment(segment.name, () if broken else segment.elements, where)
        match segment.name:
            case "UNG":
                self._leave_set("before UNG")
                self.group, self.grouped = Group(segment.at(1), segment.at(2), segment.at(3), segment.at(5), segment.at(7)), True
                self.interchange.groups.append(self.group)
            case "UNH":
                self._open_set(segment)
            case "UNT":
                self._close_set(segment)
            case "UNE":
                self._close_group(segment)
            case "UNZ":
                self._close(segment)
            case _ if self.inside is None:
                self.interchange.mark(Fault("the interchange", f"the segment {segment.name[:10]} stands outside of every message", OTHER))
            case _:
                self.inside.segments.append(segment)
                if fault := _unreadable(segment, self.number, broken):
                    self.inside.mark(fault)

    def _open_set(self, unh: Segment) -> None:
        self._leave_set("before UNH")
        if self.group is None:
            self.group = Group("", str(self.interchange.sender), str(self.interchange.receiver), "", "")
            self.interchange.groups.append(self.group)
        version = ":".join(part for n in (2, 3, 4) if (part := unh.at(2, n)))
        self.inside = DocumentSet(unh.at(2)[:6], unh.at(1)[:14], version, header=unh, called="message")
        if not self.inside.control:
            self.inside.mark(Fault("message, segment 1, UNH01", "the message has no reference", MISSING, 1, "UNH", 1))
        elif any(one.control == self.inside.control for one in self.group.sets):
            reason = "another message has the same reference"
            self.inside.mark(Fault(f"{self.inside.place}, segment 1, UNH01", reason, DUPLICATE, 1, "UNH", 1))
        self.group.sets.append(self.inside)

    def _close_set(self, unt: Segment) -> None:
        if self.inside is None:
            self.interchange.mark(Fault("the interchange", "UNT stands without its header", OTHER))
            return
        one, self.inside = self.inside, None
        if not _says(unt.at(1), len(one.segments) + 2):
            reason = f"it says {unt.at(1)!r:.20} segments, and there are {len(one.segments) + 2}"
            one.mark(Fault(unt.place(1), reason, COUNT, self.number, "UNT", 1))
        if unt.at(2) != one.control:
            reason = f"its reference {unt.at(2)!r:.20} is not its header's {one.control!r:.20}"
            one.mark(Fault(unt.place(2), reason, REFERENCES, self.number, "UNT", 2))

    def _leave_set(self, before: str) -> None:
        if self.inside:
            self.inside.mark(Fault(f"message {self.inside.control}", f"its trailer (UNT) is missing {before}", MISSING))
        self.inside = None

    def _close_group(self, une: Segment) -> None:
        self._leave_set("before UNE")
        if self.group is None or not self.grouped:
            self.interchange.mark(Fault("the interchange", "UNE stands without its header", OTHER))
            return
        if not _says(une.at(1), len(self.group.sets)):
            reason = f"it says {une.at(1)!r:.20} messages, and there are {len(self.group.sets)}"
            self.group.mark(Fault("the interchange, UNE01", reason, COUNT))
        if une.at(2) != self.group.control:
            reason = f"its reference {une.at(2)!r:.20} is not its header's {self.group.control!r:.20}"
            self.group.mark(Fault("the interchange, UNE02", reason, REFERENCES))
        self.group, self.grouped = None, False

    def _close(self, unz: Segment) -> None:
        self._leave_set("before UNZ")
        if self.grouped and self.group:
            self.group.mark(Fault(f"functional group {self.group.control[:20]}", "its trailer (UNE) is missing before UNZ", MISSING))
        self.closed = True
        groups = self.interchange.groups
        counted = len(groups) if any(group.kind for group in groups) else sum(len(group.sets) for group in groups)
        if not _says(unz.at(1), counted):
            reason = f"it says {unz.at(1)!r:.20} messages, and there are {counted}"
            self.interchange.mark(Fault("the interchange, UNZ01", reason, COUNT, name="UNZ", element=1))
        if unz.at(2) != self.interchange.control:
            reason = f"its reference {unz.at(2)!r:.20} is not its header's {self.interchange.control!r:.20}"
            self.interchange.mark(Fault("the interchange, UNZ02", reason, REFERENCES, name="UNZ", element=2))
        if not any(group.sets for group in groups):
            self.interchange.mark(Fault("the interchange", "there is no message in it", MISSING))

    def end(self) -> None:
        if not self.closed:
            self._leave_set("and the document ends: it was cut off")
            place = f"interchange {self.interchange.control}"
            reason = "its trailer (UNZ) is missing and the document ends: it was cut off"
            self.interchange.mark(Fault(place, reason, MISSING, name="UNZ"))
        self.interchange.text = "\n".join(self.text)


def _unreadable(segment: Segment, number: int, broken: str) -> Fault | None:
    if broken:
        return Fault(segment.where, broken, OTHER, number, segment.name)
    if not _TAG.fullmatch(segment.name):
        return Fault(segment.where, f"{segment.name!r:.40} is not the name of a segment", "15", number, segment.name[:3])
    for n, components in enumerate(segment.elements, 1):
        for m, component in enumerate(components, 1):
            if not component.isprintable() and (wrong := next((c for c in component if unicodedata.category(c) in ("Cc", "Cs")), None)):
                what = "a line break" if wrong in "\r\n" else f"the character U+{ord(wrong):04X}"
                reason = f"{what} stands inside an element; a segment terminator may be missing"
                return Fault(segment.place(n), reason, CHARACTERS, number, segment.name, n, m if len(components) > 1 else 0)
    return None


def _says(written: str, counted: int) -> bool:
    return re.fullmatch(r"[0-9]{1,10}", written) is not None and int(written) == counted
