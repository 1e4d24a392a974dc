"""The purchase order acknowledgement (855): what is accepted of each line, with a code for each difference.

PO1 repeats the ordered quantity with the price that counts; every ACK below it names a quantity, or a difference of the one before it.
Source: ASC X12 004010, 855; codes: elements 587, 668, 374 (069 promised for delivery).
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.edi_answers import answers, purpose
from domain.edi_documents import LineAnswer, OrderAnswer
from starters.edi.outgoing import Envelope, identifier, number
from starters.edi.x12.writing import Row, item, party, written

PROMISED = "069"


def acknowledgements(envelope: Envelope, documents: Sequence[OrderAnswer]) -> bytes:
    """One 855 for each order."""
    return written(envelope, "855", [_set(one) for one in documents])


def _set(one: OrderAnswer) -> list[Row]:
    po, ours = identifier(one.po_number, 22, "BAK03"), identifier(one.number, 30, "BAK08")
    rows: list[Row] = [
        ("BAK", "00", purpose(one.lines), po, f"{one.po_date:%Y%m%d}", "", "", "", ours, f"{one.at:%Y%m%d}"),
        ("CUR", "SE", one.currency),
        *party("BY", one.buyer),
        *party("SE", one.seller),
        *party("ST", one.ship_to),
    ]
    for line in one.lines:
        rows += _line(line)
    return [*rows, ("CTT", str(len(one.lines)), str(sum(line.ordered for line in one.lines)))]


def _line(line: LineAnswer) -> list[Row]:
    rows: list[Row] = [("PO1", str(line.line), str(line.ordered), "EA", number(line.price), "", *item(line.item, line.buyer_item))]
    if line.description:
        rows.append(("PID", "F", "", "", "", line.description[:80]))
    for said in answers(line):
        quantity = ("", "") if said.quantity is None else (str(said.quantity), "EA")
        date = (PROMISED, f"{said.date:%Y%m%d}") if said.date else ("", "")
        rows.append(("ACK", said.status.value, *quantity, *date))
    return rows
