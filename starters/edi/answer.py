"""What a document that came in is answered with: 997 and TA1, or CONTRL."""

from __future__ import annotations

import re
from collections.abc import Iterator
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


def answers(read: InterchangeRead, numbers: Iterator[int], at: datetime) -> list[Answer]:
    """None for a sender whom nobody knows. `numbers` draws control numbers, one for each interchange and one for each group.

    A broken envelope is answered with a TA1 alone; with a whole one only the partner's wish counts, and ISA14 for the TA1.
    """
    partner, interchange = read.partner, read.interchange
    if partner is None:
        return []

    version = next((group.version for group in interchange.groups if _VERSION.fullmatch(group.version)), "")
    if interchange.syntax == "x12" and version:  # in the version in which the sender speaks
        partner = partner.model_copy(update={"version": version, "interchange_version": interchange.version})

    def envelope(partner: Partner) -> Envelope:
        number = next(numbers)
        return Envelope(partner=partner, receiver=interchange.sender, interchange=number, group=next(numbers), at=at, test=interchange.test)

    found: list[Answer] = []
    if interchange.syntax == "edifact":
        report = syntax_report(envelope(partner), read) if "CONTRL" in partner.wants else None
        return [Answer(kind="CONTRL", content=report)] if report else []
    if interchange.fault or interchange.asks_receipt:
        found.append(Answer(kind="TA1", content=interchange_acknowledgement(envelope(partner), interchange)))
    if interchange.fault is None and "997" in partner.wants and any(group.kind not in ("FA", "") for group in interchange.groups):
        report = functional_acknowledgements(envelope(partner), read)
        found += [Answer(kind="997", content=report)] if report else []
    return found
