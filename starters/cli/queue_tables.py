"""How the backorder queue and a re-allocation look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from starters.cli.rendering import plain_table

if TYPE_CHECKING:
    from domain.distribution import QueueRow, Reallocated
    from domain.reallocation import Share


def queue_page(rows: Sequence[QueueRow]) -> RenderableType:
    """The queue of each item: who is next, how urgent, how many units, and why they stand where they stand."""
    parts: list[RenderableType] = []
    for item, queue in groupby(rows, key=lambda row: row.item):
        found = list(queue)
        waiting = sum(row.waiting for row in found)
        parts.append(Text.assemble((item, "bold"), f"  {waiting} units wanted by {len({row.order for row in found})} orders"))
        table = plain_table("#>", "Order", "Line", "Wants>", "Aside>", "Priority", "Promised", "Expected", "Why")
        for row in found:
            table.add_row(
                str(row.position),
                escape(row.order),
                ", ".join(str(line) for line in row.lines),
                str(row.waiting),
                Text(str(row.set_aside or ""), style="green"),
                f"{row.customer_priority} / {row.order_priority}",
                f"{row.promised_for:%Y-%m-%d}" if row.promised_for else "",
                f"{row.expected_at:%Y-%m-%d}" if row.expected_at else f"asked {row.asked_at:%m-%d}" if row.asked_at else "",
                escape(row.why),
            )
        parts += [table, ""]
    parts.append(Text("Priority: of the customer / of the order; 1 comes first. Without an expected day, somebody is asked.", style="dim"))
    return Group(*parts)


def plan_page(done: Reallocated) -> RenderableType:
    """Per order: what it holds before and after, of how many it wants, and why."""
    plan = done.plan
    what = f"Re-allocation {done.reallocation}" if done.reallocation else "Simulated, nothing is changed"
    about = f" for {plan.order}" if plan.order else ""
    table = plain_table("Order", "Wants>", "Before>", "After>", "Change>", "Why")
    for share in plan.shares:
        table.add_row(escape(share.order), str(share.wants), str(share.before), str(share.after), _change(share), escape(share.why))
    parts: list[RenderableType] = [Text.assemble((f"{what}: ", "bold"), f"{plan.strategy.value} {plan.item}{about}"), table]
    notes = [f"Free: {plan.free_before} before, {plan.free_after} after" + (", which go along the queue." if plan.free_after else ".")]
    if done.takes:
        given = ", ".join(f"{taken.order} shipment {taken.shipment}" for taken in done.takes)
        verb = "To be given up" if done.reallocation else "Would be given up"
        notes.append(f"{verb}, unless it is picked first: {given}.")
    if done.reallocation and not done.repeated:
        notes.append(f"Take it back, while nothing is picked, with `oms reallocate --undo {done.reallocation}`.")
    return Group(*parts, *(Text(note, style="dim") for note in notes))


def _change(share: Share) -> Text:
    if not share.change:
        return Text("")
    return Text(f"{share.change:+d}", style="green" if share.change > 0 else "red")
