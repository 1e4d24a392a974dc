"""Returns: what may come back, and until when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.messages import LineQuantity, RequestReturn
from domain.recording import record_request
from domain.returning import by_line, mismatch, refuse_return
from domain.state import OrderState
from tests.domain.builders import NOON, line, order, planned, state

STAMP: dict[str, Any] = {"message_id": "m-1", "occurred_at": NOON, "actor": "customer"}


def units(*pairs: tuple[int, int]) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(line=number, quantity=quantity) for number, quantity in pairs)


def delivered() -> OrderState:
    """Five units ordered, four of them delivered."""
    found = state(order(line(1, 5)), accepted=True, returnable_until=NOON + timedelta(days=30))
    planned(found, line1=4)
    found.line(1).move("allocated", "shipped", 4)
    found.line(1).delivered = 4
    return found


def test_what_was_delivered_may_come_back_until_the_window_ends() -> None:
    found = delivered()
    assert refuse_return(found, units((1, 4)), NOON) is None
    assert refuse_return(found, units((1, 4)), NOON + timedelta(days=30)) is None
    late = NOON + timedelta(days=30, seconds=1)
    assert refuse_return(found, units((1, 4)), late) == "The return window ended on 2026-03-31 12:00 UTC."


def test_more_than_was_delivered_never_comes_back() -> None:
    found = delivered()
    assert refuse_return(found, units((1, 5)), NOON) == "Line 1 has 4 units that can come back, not 5."
    assert refuse_return(found, units((1, 3), (1, 2)), NOON) == "Line 1 has 4 units that can come back, not 5."
    assert refuse_return(found, units((2, 1)), NOON) == "The order has no line 2."
    assert refuse_return(found, units((1, 0)), NOON) == "A return needs at least one unit."


def test_what_is_announced_or_came_back_is_not_returned_twice() -> None:
    found = delivered()
    record_request(found, RequestReturn(**STAMP, lines=units((1, 3))), NOON)
    assert refuse_return(found, units((1, 2)), NOON) == "Line 1 has 1 units that can come back, not 2."
    found.line(1).returning, found.line(1).returned = 0, 3
    assert refuse_return(found, units((1, 2)), NOON) == "Line 1 has 1 units that can come back, not 2."
    assert [(rma.rma, by_line(rma.lines)) for rma in found.returns] == [(1, {1: 3})]


def test_a_mismatch_names_every_line_that_differs() -> None:
    assert mismatch(units((1, 2), (2, 1)), units((1, 1), (1, 1), (2, 1))) == ""
    said = mismatch(units((1, 2), (2, 1)), units((1, 1), (3, 4)))
    assert said == "line 1: 1 came, 2 were authorized; line 2: 0 came, 1 were authorized; line 3: 4 came, 0 were authorized"
