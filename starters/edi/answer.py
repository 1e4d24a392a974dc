"""What a document that came in is answered with: 997 and TA1, or CONTRL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.edi_partners import Partner
from domain.values import Value
from starters.edi.edifact.acknowledging import syntax_report
from starters.edi.outgoing import Envelope
from starters.edi.translate import InterchangeRead
from starters.edi.x12.acknowledging import functional_acknowledgements, interchange_acknowledgement

_VERSION = re.compile(r"00[0-9]{4}[A-Z0-9]{0,6}")


class Answer(Value):
    """A document that goes back to the sender; `kind` is TA1, 997 or CONTRL."""

    kind: str
    content: bytes


@dataclass(frozen=True)
class Reply:
    """An answer that is owed: it is written once its control number is drawn, which is its interchange's and its group's."""

    kind: str
    read: InterchangeRead
    partner: Partner

    def written(self, control: int, at: datetime) -> bytes:
        interchange = self.read.interchange
        envelope = Envelope(
            partner=self.partner, receiver=interchange.sender, interchange=control, group=control, at=at, test=interchange.test
        )
        if self.kind == "TA1":
            return interchange_acknowledgement(envelope, interchange)
        write = syntax_report if self.kind == "CONTRL" else functional_acknowledgements
        content = write(envelope, self.read)
        assert content is not None, "nothing is owed where there is nothing to acknowledge"
        return content


def replies(read: InterchangeRead) -> list[Reply]:
    """What an interchange is answered with; nothing for a sender whom nobody knows.

    A broken envelope is answered with a TA1 alone; with a whole one only the partner's wish counts, and ISA14 for the TA1.
    """
    partner, interchange = read.partner, read.interchange
    if partner is None:
        return []
    if interchange.syntax == "edifact":
        owed = "CONTRL" in partner.wants and {one.set.kind for one in read.sets} != {"CONTRL"}
        return [Reply("CONTRL", read, partner)] if owed else []
    version = next((group.version for group in interchange.groups if _VERSION.fullmatch(group.version)), "")
    if version:  # in the version in which the sender speaks
        partner = partner.model_copy(update={"version": version, "interchange_version": interchange.version})
    kinds = ["TA1"] if interchange.fault or interchange.asks_receipt else []
    if interchange.fault is None and "997" in partner.wants and any(group.kind not in ("FA", "") for group in interchange.groups):
        kinds.append("997")
    return [Reply(kind, read, partner) for kind in kinds]


def answers(read: InterchangeRead, numbers: Iterator[int], at: datetime) -> list[Answer]:
    """The answers to an interchange, each under the next of `numbers`."""
    return [Answer(kind=one.kind, content=one.written(next(numbers), at)) for one in replies(read)]
