"""The answer to an ordered line, in the codes of X12 and EDIFACT: every unit that was ordered is accounted for once."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.edi_answers import Status, answers, line_action, purpose
from domain.edi_documents import LineAnswer

WANTED, LATER = datetime(2026, 12, 4, tzinfo=UTC), datetime(2026, 12, 18, tzinfo=UTC)


def line(**changes: object) -> LineAnswer:
    fields: dict[str, object] = {
        "line": 1, "item": "KET-100", "ordered": 10, "accepted": 10, "ordered_price": Decimal("15.00"), "price": Decimal("15.00"),
        "requested_at": WANTED, "promised_at": WANTED,
    }  # fmt: skip
    return LineAnswer.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("changes", "said", "action"),
    [
        ({}, [("IA", 10)], "5"),
        ({"promised_at": datetime(2026, 12, 1, tzinfo=UTC)}, [("IA", 10)], "5"),
        ({"requested_at": None, "promised_at": LATER}, [("IA", 10)], "5"),
        ({"price": Decimal("15.0")}, [("IA", 10)], "5"),
        ({"accepted": 8}, [("IQ", 8), ("IR", 2)], "3"),
        ({"accepted": 12}, [("IQ", 12)], "3"),
        ({"price": Decimal("14.50")}, [("IP", 10)], "3"),
        ({"promised_at": LATER}, [("DR", 10)], "3"),
        ({"price": Decimal("14.50"), "promised_at": LATER}, [("IC", 10), ("IP", None), ("DR", None)], "3"),
        ({"accepted": 7, "backordered": 2, "price": Decimal(16)}, [("IC", 7), ("IQ", None), ("IP", None), ("IB", 2), ("IR", 1)], "3"),
        ({"accepted": 0, "backordered": 10}, [("IB", 10)], "3"),
        ({"accepted": 0}, [("IR", 10)], "7"),
    ],
)
def test_a_code_for_each_difference(changes: dict[str, object], said: list[tuple[str, int | None]], action: str) -> None:
    assert [(one.status.value, one.quantity) for one in answers(line(**changes))] == said
    assert line_action(line(**changes)) == action


def test_the_whole_is_accepted_changed_or_rejected() -> None:
    good, less, none = line(), line(accepted=3), line(accepted=0)
    assert [purpose(lines) for lines in ([good], [good, less], [good, none], [none], [none, none])] == ["AD", "AC", "AC", "RD", "RD"]


@given(st.integers(1, 1_000), st.integers(0, 1_000), st.integers(0, 1_000), st.booleans(), st.booleans())
def test_the_quantities_add_up_to_what_was_ordered(ordered: int, accepted: int, backordered: int, dearer: bool, later: bool) -> None:
    accepted = min(accepted, ordered)
    backordered = min(backordered, ordered - accepted)
    one = line(
        ordered=ordered,
        accepted=accepted,
        backordered=backordered,
        price=Decimal(16) if dearer else Decimal(15),
        promised_at=LATER if later else WANTED,
    )
    said = answers(one)
    assert sum(each.quantity or 0 for each in said) == ordered
    assert sum(each.quantity or 0 for each in said if each.status is Status.BACKORDERED) == backordered
    assert sum(each.quantity or 0 for each in said if each.status is Status.REJECTED) == ordered - accepted - backordered
