"""How claims on stock and sourcing decisions look on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from domain.quotas import QuotaView
from domain.soft_reservations import SoftReservationView
from domain.sourcing.batch import Batch, BatchPlan
from domain.sourcing.decision import Candidate, Costs, DecisionView
from domain.sourcing.search import Shares
from domain.sourcing.words import in_words
from starters.cli.rendering import moment, plain_table, until


def decision_page(order: str, decisions: Sequence[DecisionView]) -> RenderableType:
    """Every decision about an order, the newest first: in words, then all candidates with their costs."""
    parts: list[RenderableType] = []
    for view in reversed(decisions):
        step = view.key.removeprefix(f"{order}/")
        parts.append(Text.assemble((order, "bold"), f"  {step}, decided {moment(view.at)} UTC"))
        parts += [Padding(Text(sentence), (0, 0, 0, 2)) for sentence in in_words(view.decision)]
        parts += ["", _candidates(view.decision.candidates), ""] if view.decision.candidates else [""]
    return Group(*parts[:-1])


def together_page(batch: Batch, in_turn: BatchPlan, best: BatchPlan) -> RenderableType:
    """Each order one after another and as part of the whole; then what the whole saves."""
    table = plain_table("Order", "Wants", "One after another", "Together")
    for order in batch.orders:
        wants = ", ".join(f"{units} x {item}" for item, units in sorted(order.demand.items()))
        cells = [_shares(plan.shares[order.order]) for plan in (in_turn, best)]
        table.add_row(escape(order.order), escape(wants), escape(cells[0]), escape(cells[1]), style="" if cells[0] == cells[1] else "bold")
    proof = "no plan costs less" if best.exact else "the best that was found in the time"
    parts = [
        f"One after another: {_amount(in_turn.cost)} EUR, {in_turn.units_missing} units missing.",
        f"Together: {_amount(best.cost)} EUR, {best.units_missing} units missing; {proof}.",
    ]
    return Group(table, "", *(Text(part) for part in parts))


def _shares(shares: Shares) -> str:
    given = [
        f"{location}: {', '.join(f'{units} x {item}' for item, units in sorted(at.items()))}" for location, at in sorted(shares.items())
    ]
    return "; ".join(given) or "nothing"


def soft_table(rows: Iterable[SoftReservationView], now: datetime) -> RenderableType:
    """What is set aside, what lapses first in front."""
    table = plain_table("Item", "Location", "Units>", "For", "Channel", "Until", "Key")
    for row in rows:
        lapses = until(row.expires_at, now) or "the order takes it"
        cells = (row.item, row.location, str(row.quantity), f"{row.kind} {row.owner}", row.channel, lapses, row.key)
        table.add_row(*(escape(cell) for cell in cells))
    return Group(Text("Set aside", style="bold"), table)


def quota_table(shares: Iterable[QuotaView]) -> RenderableType:
    """What each channel has to leave, and what is left of what it has for itself."""
    table = plain_table("Item", "Location", "Channel", "Keeps back>", "Quota>", "Used>", "In carts>", "Left>")
    for share in shares:
        counts = (share.kept_back, share.quota, share.used, share.held, share.left)
        table.add_row(escape(share.item), escape(share.location), escape(share.channel), *(str(units or "-") for units in counts))
    return Group(Text("Shares of channels", style="bold"), table)


def _candidates(candidates: Sequence[Candidate]) -> RenderableType:
    """The chosen one first, then what could have been, the cheapest in front, then what could not."""
    terms = [term for term in Costs.model_fields if any(getattr(each.costs, term, 0) for each in candidates)]
    table = plain_table("", "From", "Gives>", *(f"{term.capitalize()}>" for term in terms), "Cost>", "Why not")
    for each in sorted(candidates, key=_rank):
        chosen = not each.lost
        costs = [_amount(getattr(each.costs, term)) if each.costs else "" for term in terms]
        table.add_row(
            "→" if chosen else "",
            escape(" + ".join(each.locations)),
            f"{each.units} of {each.asked}" if each.units else "",
            *costs,
            _amount(each.costs.total) if each.costs else "",
            Text("chosen", style="green") if chosen else escape(each.lost),
            style="" if chosen else "dim" if each.costs is None else "",
        )
    return Padding(table, (0, 0, 0, 2))


def _rank(each: Candidate) -> tuple[bool, bool, int, int]:
    return (bool(each.lost), each.costs is None, -each.units, each.costs.total if each.costs else 0)


def _amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}" if minor else "-"
