"""The order response (ORDRSP): each line accepted as it is (5), changed (3) or not accepted (7).

Read by its partner: QTY 21 ordered, 113 to be delivered, 83 on backorder (with its date below SCC), DTM 69
promised, PRI AAA the price that counts.
Source: UN/EDIFACT D.96A, ORDRSP; codes: elements 1225, 1229, 6063, 2005.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.edi_answers import EDIFACT_PURPOSE, line_action, purpose
from domain.edi_documents import ChangeAnswer, LineAnswer, OrderAnswer
from starters.edi.edifact.writing import PIECE, Row, dated, item, party, written
from starters.edi.outgoing import Envelope, identifier, number


def responses(envelope: Envelope, documents: Sequence[OrderAnswer]) -> bytes:
    """One ORDRSP for each order."""
    return written(envelope, "ORDRSP", envelope.partner.version, [_message(one) for one in documents])


def _message(one: OrderAnswer) -> list[Row]:
    rows: list[Row] = [
        ("BGM", "231", identifier(one.number, 35, "BGM02"), EDIFACT_PURPOSE[purpose(one.lines)]),
        *dated("137", one.at),
        ("RFF", ("ON", identifier(one.po_number, 35, "RFF01"))),
        *dated("171", one.po_date),
        *party("BY", one.buyer),
        *party("SU", one.seller),
        *party("DP", one.ship_to),
        ("CUX", ("2", one.currency, "9")),
    ]
    for line in one.lines:
        rows += _line(line)
    return [*rows, ("UNS", "S"), ("CNT", ("2", str(len(one.lines))))]


def change_responses(envelope: Envelope, documents: Sequence[ChangeAnswer]) -> bytes:
    """One ORDRSP for each change (ORDCHG): accepted (29) or not (27) as a whole, with the reason in words (FTX AAI)."""
    return written(envelope, "ORDRSP", envelope.partner.version, [_change(one) for one in documents])


def _change(one: ChangeAnswer) -> list[Row]:
    rows: list[Row] = [
        ("BGM", "231", identifier(one.number, 35, "BGM02"), EDIFACT_PURPOSE["AD" if one.accepted else "RD"]),
        *dated("137", one.at),
    ]
    if one.why:
        rows.append(("FTX", "AAI", "", "", tuple(one.why[n : n + 70] for n in range(0, min(len(one.why), 350), 70))))
    rows += [
        ("RFF", ("ON", identifier(one.po_number, 35, "RFF01"))),
        *dated("171", one.po_date),
        ("RFF", ("ACW", identifier(one.change, 35, "RFF01"))),
        *party("BY", one.buyer),
        *party("SU", one.seller),
        ("CUX", ("2", one.currency, "9")),
    ]
    action = "5" if one.accepted else "7"
    for line in one.lines:
        rows += item(line.line, action, line.item, "", "") if line.item else [("LIN", str(line.line), action)]
        rows += [("QTY", ("21", str(line.quantity), PIECE))] if line.quantity is not None else []
    return [*rows, ("UNS", "S"), ("CNT", ("2", str(len(one.lines))))]


def _line(line: LineAnswer) -> list[Row]:
    rows = item(line.line, line_action(line), line.item, line.buyer_item, line.description)
    rows += [("QTY", ("21", str(line.ordered), PIECE)), ("QTY", ("113", str(line.accepted), PIECE))]
    rows += [*dated("69", line.promised_at), ("PRI", ("AAA", number(line.price)))]
    if line.backordered:
        rows += [("SCC", "1"), ("QTY", ("83", str(line.backordered), PIECE)), *dated("69", line.backorder_at)]
    return rows
