"""X12 interchanges are opened: counts and control numbers checked, what is wrong kept where it is wrong.

Source: ASC X12.5 (interchange control structures) and X12.6 (application control structure); the codes of faults are elements 716 (AK9),
718 (AK5) and I18 (TA1).
"""

from __future__ import annotations

import io
import re
import unicodedata

import pyx12.errors
from pyx12.rawx12file import RawX12File

from domain.edi_partners import PartnerId
from domain.errors import InputRefused
from starters.channels.x12_envelope import Segment, TransactionSet, normalised
from starters.edi.envelope import DocumentSet, Fault, Group, Interchange
from starters.edi.normalise import MOST_SEGMENTS

TWICE = "23"
"""Element 718: the control number of a set is not unique in its group."""

_SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")


def open_x12(text: str) -> list[Interchange]:
    """Every interchange of a document; InputRefused where not even a header can be read."""
    if not text.startswith("ISA"):
        raise InputRefused("the document", "it does not begin with an X12 interchange header (ISA)")
    opened: list[Interchange] = []
    left = MOST_SEGMENTS
    while text:
        if not text.startswith("ISA"):
            opened.append(opened[-1].stray_after(Fault("the document", f"{text[:20]!r} stands after the end of an interchange (IEA)")))
            break
        try:
            interchange, text = normalised(text)
        except InputRefused as refused:
            if not opened:
                raise
            opened.append(opened[-1].stray_after(Fault(refused.place, refused.reason)))
            break
        one = _Opening(interchange)
        left = one.read(left)
        opened.append(one.interchange)
    return opened


def open_whole(text: str) -> list[TransactionSet]:
    """Every transaction set of every interchange, in their order; InputRefused with the first fault of any of them.

    A control number that stands twice in a group is let pass: an order is known by its own number.
    """
    sets: list[TransactionSet] = []
    for interchange in open_x12(text.strip()):
        faults = [one.fault for _, one in interchange.sets() if one.fault and one.fault.code != TWICE]
        faults += [group.fault for group in interchange.groups if group.fault]
        faults += [interchange.fault] if interchange.fault else []
        if faults:
            raise InputRefused(faults[0].place, faults[0].reason)
        for _, one in interchange.sets():
            segments = tuple(segment for segment in one.segments if isinstance(segment, Segment))
            sets.append(TransactionSet(one.kind, one.control, interchange.sender.id, segments))
    return sets


class _Opening:
    """One interchange while it is read; what is open is `group` and `inside`."""

    def __init__(self, text: str) -> None:
        self.separator = text[3]
        self.text = text
        isa = tuple(element.strip() for element in text[:105].split(self.separator))
        self.interchange = Interchange(
            syntax="x12",
            sender=PartnerId(qualifier=isa[5], id=isa[6] or "?"),
            receiver=PartnerId(qualifier=isa[7], id=isa[8] or "?"),
            control=isa[13],
            version=isa[12],
            date=isa[9],
            time=isa[10],
            test=isa[15] == "T",
            asks_receipt=isa[14] == "1",
            text=text,
        )
        self.group: Group | None = None
        self.inside: DocumentSet | None = None
        self.number = 0  # of the segment, from the header of its set
        self.closed = False

    def read(self, most: int) -> int:
        """Every segment; how many more may be read after it."""
        try:
            for raw in RawX12File(io.StringIO(self.text, newline="")):
                if (most := most - 1) < 0:
                    raise InputRefused("the document", f"it has more than {MOST_SEGMENTS:,} segments")
                self._take(raw)
        except (pyx12.errors.EngineError, pyx12.errors.X12Error) as error:
            self.interchange.mark(Fault("the interchange", f"its envelope cannot be read ({error!s:.120})", "022"))
        if not self.closed:
            self._close_group("and the document ends: it was cut off")
            what = f"interchange {self.interchange.control}"
            self.interchange.mark(Fault(what, "its trailer (IEA) is missing and the document ends: it was cut off", "023"))
        return most

    def _take(self, raw: str) -> None:
        name, *elements = raw.split(self.separator)
        self.number = 1 if name == "ST" else self.number + 1
        where = f"{self.inside.place}, segment {self.number}" if self.inside else "the interchange"
        segment = Segment(name, tuple(elements), where)
        match name:
            case "ISA":
                pass
            case "GS":
                self._open_group(segment)
            case "ST":
                self._open_set(segment)
            case "SE":
                self._close_set(segment)
            case "GE":
                self._end_group(segment)
            case "IEA":
                self._end(segment)
            case _ if self.inside is None:
                self.interchange.mark(Fault("the interchange", f"the segment {name[:10]} stands outside of every transaction set", "022"))
            case _:
                self.inside.segments.append(segment)
                if fault := _unreadable(segment, self.number):
                    self.inside.mark(fault)

    def _open_group(self, gs: Segment) -> None:
        self._close_group("before GS")
        self.group = Group(gs.at(1), gs.at(2), gs.at(3), gs.at(6), gs.at(8))
        self.interchange.groups.append(self.group)

    def _open_set(self, st: Segment) -> None:
        self._leave_set("before ST")
        if self.group is None:
            self.group = Group("", "", "", "", "")
            self.group.mark(Fault("the interchange", "ST stands directly inside ISA", "022"))
            self.interchange.mark(Fault("the interchange", "ST stands directly inside ISA", "022"))
            self.interchange.groups.append(self.group)
        self.inside = DocumentSet(st.at(1), st.at(2), self.group.version, header=st)
        if not self.inside.control:
            self.inside.mark(Fault("set, segment 1, ST02", "the transaction set has no control number", "7", 1, "ST", 2))
        elif any(one.control == self.inside.control for one in self.group.sets):
            reason = "another set of its group has the same control number"
            self.inside.mark(Fault(f"{self.inside.place}, segment 1, ST02", reason, TWICE, 1, "ST", 2))
        self.group.sets.append(self.inside)

    def _close_set(self, se: Segment) -> None:
        if self.inside is None:
            self.interchange.mark(Fault("the interchange", "SE stands without its header", "022"))
            return
        one, self.inside = self.inside, None
        if not _says(se.at(1), len(one.segments) + 2):
            one.mark(
                Fault(se.place(1), f"it says {se.at(1)!r:.20} segments, and there are {len(one.segments) + 2}", "4", self.number, "SE", 1)
            )
        if not _same(se.at(2), one.control):
            reason = f"its control number {se.at(2)!r:.20} is not its header's {one.control!r:.20}"
            one.mark(Fault(se.place(2), reason, "3", self.number, "SE", 2))

    def _leave_set(self, before: str) -> None:
        """A set that nobody closed: it alone is refused."""
        if self.inside:
            place = f"transaction set {self.inside.control[:20]}"
            self.inside.mark(Fault(place, f"its trailer (SE) is missing {before}", "2"))
        self.inside = None

    def _end_group(self, ge: Segment) -> None:
        self._leave_set("before GE")
        if self.group is None:
            self.interchange.mark(Fault("the interchange", "GE stands without its header", "022"))
            return
        group, self.group = self.group, None
        group.stated = int(ge.at(1)) if re.fullmatch(r"[0-9]{1,6}", ge.at(1)) else 0
        if not _says(ge.at(1), len(group.sets)):
            group.mark(Fault("the interchange, GE01", f"it says {ge.at(1)!r:.20} transaction sets, and there are {len(group.sets)}", "5"))
        if not _same(ge.at(2), group.control):
            reason = f"its control number {ge.at(2)!r:.20} is not its header's {group.control!r:.20}"
            group.mark(Fault("the interchange, GE02", reason, "4"))

    def _close_group(self, before: str) -> None:
        self._leave_set(before)
        if self.group:
            place = f"functional group {self.group.control[:20]}"
            self.group.mark(Fault(place, f"its trailer (GE) is missing {before}", "3"))
        self.group = None

    def _end(self, iea: Segment) -> None:
        self._close_group("before IEA")
        self.closed = True
        if not _says(iea.at(1), len(self.interchange.groups)):
            reason = f"it says {iea.at(1)!r:.20} functional groups, and there are {len(self.interchange.groups)}"
            self.interchange.mark(Fault("the interchange, IEA01", reason, "021"))
        if not _same(iea.at(2), self.interchange.control):
            reason = f"its control number {iea.at(2)!r:.20} is not its header's {self.interchange.control!r:.20}"
            self.interchange.mark(Fault("the interchange, IEA02", reason, "001"))
        if not any(group.sets for group in self.interchange.groups):
            self.interchange.mark(Fault("the interchange", "there is no transaction set in it", "024"))


def _unreadable(segment: Segment, number: int) -> Fault | None:
    """What no reader may meet: a name that is none, control characters in an element."""
    if not _SEGMENT_ID.fullmatch(segment.name):
        return Fault(segment.where, f"{segment.name!r:.40} is not the name of a segment", segment=number, name=segment.name[:3])
    for n, element in enumerate(segment.elements, 1):
        if not element.isprintable() and (broken := next((c for c in element if unicodedata.category(c) in ("Cc", "Cs")), None)):
            what = "a line break" if broken in "\r\n" else f"the character U+{ord(broken):04X}"
            reason = f"{what} stands inside an element; a segment terminator may be missing"
            return Fault(segment.place(n), reason, segment=number, name=segment.name, element=n)
    return None


def _says(written: str, counted: int) -> bool:
    return re.fullmatch(r"[0-9]{1,10}", written) is not None and int(written) == counted


def _same(trailer: str, header: str) -> bool:
    return bool(header) and trailer.lstrip("0") == header.lstrip("0")
