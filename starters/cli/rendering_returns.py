"""Claims, held goods and returns as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import RenderableType

from domain.claims import ClaimView
from domain.views import HeldView, OrderView, ReturnView
from starters.cli.rendering import moment, table, until


def claims_table(claims: Sequence[ClaimView], now: datetime) -> RenderableType:
    rows = (
        (
            each.claim,
            each.party,
            each.status,
            each.amount or "unknown",
            each.paid or "",
            each.order,
            each.reason,
            until(each.due_at, now),
            each.reference,
            "; ".join(part for part in (each.evidence, each.note) if part),
        )
        for each in claims
    )
    columns = ("#>", "Who owes", "Status", "Amount>", "Paid>", "Order", "For", "Due (UTC)", "Their number", "Evidence")
    return table(columns, rows)


def held_table(rows: Sequence[HeldView]) -> RenderableType:
    columns = ("Item", "Location", "Held in", "Lot", "Units>", "Because of", "Order", "Since (UTC)")
    return table(
        columns,
        ((each.item, each.location, each.why, each.lot, each.on_hand, each.reason, each.order, moment(each.since)) for each in rows),
    )


def returns_table(returns: Iterable[ReturnView], now: datetime) -> RenderableType:
    rows = ((each.rma, each.document, each.kind, each.status, _units(each), _became(each), until(each.due_at, now)) for each in returns)
    return table(("#>", "RMA", "Kind", "Status", "Units", "What became of them", "Due (UTC)"), rows)


def refunds_table(order: OrderView) -> RenderableType:
    """Every refund with the payment it went back to and what it was for: why this payment, and why so much."""
    invoices = {each.number: each.document for each in order.invoices}
    kinds = {each.payment: each.kind for each in order.payments}
    rows = (
        (
            each.number,
            each.amount,
            "customer's account (store credit)" if each.to_account else f"{each.payment} ({kinds.get(each.payment, 'payment')})",
            f"credit of {invoices.get(each.invoice, each.invoice)}" if each.invoice else "money on account",
            each.reason,
            moment(each.at),
        )
        for each in order.refunds
    )
    return table(("#>", "Amount>", "Went back to", "Out of", "Reason", "When (UTC)"), rows)


def _units(each: ReturnView) -> str:
    said = []
    for line, units in each.lines.items():
        reason = each.reasons.get(line, "")
        said.append(f"{units} of line {line}" + (f" ({reason.replace('_', ' ')})" if reason not in ("", "unstated") else ""))
    return ", ".join(said)


def _became(each: ReturnView) -> str:
    return ", ".join(
        f"line {line}: " + ", ".join(f"{units} {what.replace('_', ' ')}" for what, units in kinds.items())
        for line, kinds in each.dispositions.items()
    )
