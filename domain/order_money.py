"""What each placed line of an order comes to: what credit counts until its invoices say it."""

from __future__ import annotations

from domain.invoicing import line_shares
from domain.order import PlaceOrder
from domain.steps import LineMoney


def money_of_lines(placed: PlaceOrder) -> tuple[LineMoney, ...]:
    """Net of discounts, with the taxes that prices do not contain; freight is the rest of the order's total. KeyError: no such currency."""
    return tuple(
        LineMoney(line=line, priced=share.quantity, amount=share.gross - share.discount + (0 if placed.taxes_included else share.tax))
        for line, share in line_shares(placed).items()
    )
