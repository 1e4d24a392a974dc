"""The answer to a change of a purchase order (865): accepted or rejected, line by line as it was asked for.

BCA02 is AT (accepted) or RJ (rejected), AD or RD where lines follow. Source: ASC X12 004010, 865; codes: elements 587, 670, 668.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.edi_answers import Status
from domain.edi_documents import ChangeAnswer, ChangedLine
from starters.edi.outgoing import Envelope, identifier, number
from starters.edi.x12.writing import Row, item, party, written

ADDED, DELETED, QUANTITY, DATES = "AI", "DI", "QD", "CT"


def change_answers(envelope: Envelope, documents: Sequence[ChangeAnswer]) -> bytes:
    """One 865 for each change."""
    return written(envelope, "865", [_set(one) for one in documents])


def _set(one: ChangeAnswer) -> list[Row]:
    verdict = ("AD" if one.accepted else "RD") if one.lines else ("AT" if one.accepted else "RJ")
    po, change = identifier(one.po_number, 22, "BCA03"), identifier(one.change, 8, "BCA05")
    rows: list[Row] = [("BCA", "00", verdict, po, "", change, f"{one.po_date:%Y%m%d}", "", "", "", f"{one.at:%Y%m%d}")]
    if one.why:
        rows += [("N9", "L1", "REASON"), ("MSG", one.why[:264])]
    rows += [*party("BY", one.buyer), *party("SE", one.seller)]
    for line in one.lines:
        rows += _line(line, one.accepted)
    return [*rows, ("CTT", str(len(one.lines)))] if one.lines else rows


def _line(line: ChangedLine, accepted: bool) -> list[Row]:
    what = ADDED if line.added else DELETED if line.quantity == 0 else DATES if line.quantity is None else QUANTITY
    units = ("", "", "") if line.quantity is None else (str(line.quantity), str(line.quantity), "EA")
    price = number(line.unit_price) if line.unit_price is not None else ""
    named = item(line.item, "") if line.item else ()
    status = Status.ACCEPTED if accepted else Status.REJECTED
    said = ("ACK", status.value, *(() if line.quantity is None else (str(line.quantity), "EA")))
    return [("POC", str(line.line), what, *units, price, "", *named), said]
