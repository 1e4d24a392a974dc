"""Returns: what may come back, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain.messages import LineQuantity
from domain.state import OrderState


def refuse_return(state: OrderState, lines: Iterable[LineQuantity], now: datetime) -> str | None:
    """Why these goods may not come back, or None: in time, and at most what was delivered and has not come back."""
    wanted = by_line(lines)
    if not any(wanted.values()):
        return "A return needs at least one unit."
    for number, quantity in wanted.items():
        if not state.has_line(number):
            return f"The order has no line {number}."
        line = state.line(number)
        if quantity > line.returnable:
            return f"Line {number} has {line.returnable} units that can come back, not {quantity}."
    if state.returnable_until is not None and now > state.returnable_until:
        return f"The return window ended on {state.returnable_until:%Y-%m-%d %H:%M} UTC."
    return None


def mismatch(expected: Iterable[LineQuantity], received: Iterable[LineQuantity]) -> str:
    """What came differs from what was authorized, in words; empty when it does not."""
    wanted, came = by_line(expected), by_line(received)
    return "; ".join(
        f"line {line}: {came.get(line, 0)} came, {wanted.get(line, 0)} were authorized"
        for line in sorted(wanted | came)
        if wanted.get(line, 0) != came.get(line, 0)
    )


def by_line(lines: Iterable[LineQuantity]) -> dict[int, int]:
    """Units by line, lines named twice added up."""
    found: dict[int, int] = {}
    for entry in lines:
        found[entry.line] = found.get(entry.line, 0) + entry.quantity
    return found
