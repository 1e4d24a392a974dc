"""An interchange as it was opened: what is wrong with it stands on the interchange, group or set that is wrong, and nowhere else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from domain.edi_partners import PartnerId
from domain.errors import InputRefused

_SEGMENT = re.compile(r"segment (\d+)(?:, ([A-Z0-9]{2,3}?)(\d\d)(?:-(\d\d))?)?(?:, |$)")
_MISSING = re.compile(r"\(([A-Z][A-Z0-9]{1,2})\)$")


class Segment(Protocol):
    """A segment of either syntax."""

    @property
    def name(self) -> str: ...

    @property
    def where(self) -> str: ...


@dataclass(frozen=True)
class Fault:
    """What is wrong, for a person (`place`, `reason`) and for the acknowledgement: `code` is the syntax's own, where it has one.

    `segment` counts from the header of the set, which is 1; 0: no one segment is at fault. `missing`: the segment that should be there.
    """

    place: str
    reason: str
    code: str = ""
    segment: int = 0
    name: str = ""
    element: int = 0
    component: int = 0
    missing: str = ""

    @classmethod
    def of(cls, refused: InputRefused, names: tuple[str, ...] = ()) -> Fault:
        """The fault of a set that a reader refused; `names` are its segments, by which the place gets its segment's name."""
        at, gone = _SEGMENT.search(refused.place), _MISSING.search(refused.reason)
        if at is None:
            return cls(refused.place, refused.reason, missing=gone.group(1) if gone else "")
        number = int(at.group(1))
        name = at.group(2) or (names[number - 1] if 0 < number <= len(names) else "")
        return cls(
            refused.place,
            refused.reason,
            segment=number,
            name=name,
            element=int(at.group(3) or 0),
            component=int(at.group(4) or 0),
        )

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass
class DocumentSet:
    """A transaction set or message: `kind` is 850 or ORDERS, `segments` those between its header and its trailer."""

    kind: str
    control: str
    version: str
    segments: list[Segment] = field(default_factory=list)
    fault: Fault | None = None
    header: Segment | None = None
    called: str = "set"

    @property
    def place(self) -> str:
        return f"{self.called} {self.control[:20]}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.header.name if self.header else "", *(segment.name for segment in self.segments))

    def mark(self, fault: Fault) -> None:
        """The first fault counts: what follows is often its consequence."""
        self.fault = self.fault or fault


@dataclass
class Group:
    """A functional group; EDIFACT mostly has none, and then its messages stand in one without a `kind`."""

    kind: str
    sender: str
    receiver: str
    control: str
    version: str
    sets: list[DocumentSet] = field(default_factory=list)
    stated: int = 0  # sets, as its trailer says
    fault: Fault | None = None

    def mark(self, fault: Fault) -> None:
        self.fault = self.fault or fault


@dataclass
class Interchange:
    """`header` are the elements of ISA or UNB as they were sent; `version` is that of the syntax."""

    syntax: str
    sender: PartnerId
    receiver: PartnerId
    control: str
    version: str
    date: str
    time: str
    test: bool
    asks_receipt: bool
    text: str
    groups: list[Group] = field(default_factory=list)
    fault: Fault | None = None
    repeated: bool = False  # the same interchange came before
    stray: bool = False  # no interchange at all: what stands after the end of one

    def mark(self, fault: Fault) -> None:
        self.fault = self.fault or fault

    @property
    def identity(self) -> str:
        """By which an interchange that comes again is known: who sent it to whom under which number."""
        return f"{self.syntax} {self.sender} {self.receiver} {self.control}"

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def stray_after(self, fault: Fault) -> Interchange:
        """What is no interchange and stands after this one: refused by itself, and nobody is answered."""
        return replace(self, control="", text="", groups=[], fault=fault, stray=True, asks_receipt=False)

    def sets(self) -> Iterator[tuple[Group, DocumentSet]]:
        for group in self.groups:
            for one in group.sets:
                yield group, one

    def fault_of(self, group: Group, one: DocumentSet) -> Fault | None:
        """Why a set is not taken: its own fault, else that of what holds it."""
        if one.fault:
            return one.fault
        outer = self.fault or group.fault
        return Fault(one.place, f"it is refused with {outer.place}: {outer.reason}") if outer else None
