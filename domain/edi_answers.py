"""The answer to an ordered line: for each way in which it differs from what was asked, one code.

Source: ASC X12 004010, element 668 (ACK01) and 587 (BAK02); UN/EDIFACT D.96A, elements 1229 (LIN02) and 4343/1225 (BGM).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from domain.edi_documents import LineAnswer
from domain.order import Moment
from domain.values import Value


class Status(StrEnum):
    """What is said of a quantity of a line (X12 element 668)."""

    ACCEPTED = "IA"  # as it was ordered
    CHANGED = "IC"  # accepted, in more than one way other than ordered: the codes beside it say in which
    PRICE = "IP"  # accepted at another price
    QUANTITY = "IQ"  # accepted in another quantity
    RESCHEDULED = "DR"  # accepted for another date
    BACKORDERED = "IB"  # comes later
    REJECTED = "IR"  # does not come


class Answer(Value):
    """A quantity under a status and its date; `quantity` None: a difference of the quantity named before it."""

    status: Status
    quantity: int | None = None
    date: Moment | None = None


def differences(line: LineAnswer) -> list[Status]:
    """In which ways the accepted units are not what was ordered: quantity, price, date (later than it was wanted)."""
    found = [Status.QUANTITY] if line.accepted != line.ordered else []
    found += [Status.PRICE] if line.price != line.ordered_price else []
    late = line.promised_at and line.requested_at and line.promised_at.date() > line.requested_at.date()
    return [*found, Status.RESCHEDULED] if late else found


def answers(line: LineAnswer) -> list[Answer]:
    """The quantities of the answer add up to the ordered one, unless more is accepted than was ordered."""
    said: list[Answer] = []
    if line.accepted:
        found = differences(line)
        if len(found) > 1:
            said = [Answer(status=Status.CHANGED, quantity=line.accepted, date=line.promised_at)]
            said += [Answer(status=one) for one in found]
        else:
            status = found[0] if found else Status.ACCEPTED
            said = [Answer(status=status, quantity=line.accepted, date=line.promised_at)]
    if line.backordered:
        said.append(Answer(status=Status.BACKORDERED, quantity=line.backordered, date=line.backorder_at))
    if line.rejected or not said:
        said.append(Answer(status=Status.REJECTED, quantity=line.rejected))
    return said


def purpose(lines: Sequence[LineAnswer]) -> str:
    """BAK02: AD accepted without change, AC with changes, RD nothing is accepted."""
    said = [one.status for line in lines for one in answers(line)]
    if all(status is Status.REJECTED for status in said):
        return "RD"
    return "AD" if all(status is Status.ACCEPTED for status in said) else "AC"


def line_action(line: LineAnswer) -> str:
    """LIN02: 5 accepted without amendment, 3 changed, 7 not accepted."""
    said = [one.status for one in answers(line)]
    if said == [Status.ACCEPTED]:
        return "5"
    return "7" if said == [Status.REJECTED] else "3"


EDIFACT_PURPOSE = {"AD": "29", "AC": "4", "RD": "27"}
"""BGM03 (element 1225) of an ORDRSP: accepted without amendment, change, not accepted."""
