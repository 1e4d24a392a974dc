"""How a promise looks on a terminal: the earliest answer first, each with its reasons."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from domain.purchasing import supply_in_words
from starters.cli.rendering import moment, plain_table

if TYPE_CHECKING:
    from database.promise_answers import LocationAnswer, PromiseAnswer
    from database.promise_report import LatePromise, PromiseReport
    from domain.views import PromiseView


def promise_page(answer: PromiseAnswer) -> RenderableType:
    """A sentence with the best answer, then every location with its days and why."""
    reasons = plain_table("Location", "Why")
    for each in answer.locations:
        reasons.add_row(escape(each.location), escape("; ".join(each.why)))
    return Group(_sentence(answer), "", _locations(answer), "", reasons)


SHOWN = 20
"""Late promises on a screen; `--json` has more of them."""


def report_page(report: PromiseReport) -> RenderableType:
    """How many were kept, by what they hung on, then those that were broken and those that are late now."""
    time = f"from {moment(report.since)} to {moment(report.until)} (UTC)"
    ended = report.kept_count + report.broken_count
    parts: list[RenderableType] = []
    if ended:
        share = f"[bold]{report.kept_count / ended:.1%}[/] kept"
        moved = f"; {report.moved} had been moved before" if report.moved else ""
        parts += [Text.from_markup(f"{ended} promises ended {time}: {share}, {report.broken_count} broken{moved}."), ""]
        table = plain_table("Promised from", "Kept>", "Broken>", "Kept %>")
        for each in report.by_supply:
            table.add_row(escape(each.supply), str(each.kept), str(each.broken), f"{100 * each.rate:.1f}")
        parts.append(table)
    else:
        parts.append(f"No promise ended {time}.")
    for title, late in (("Broken, the latest first", report.broken), ("Late now, the longest first", report.overdue)):
        if late:
            parts += ["", Text(title, style="bold"), _late_table(late[:SHOWN])]
            if len(late) > SHOWN:
                parts.append(Text(f"and {len(late) - SHOWN} more (--json)", style="dim"))
    return Group(*parts)


def _late_table(late: tuple[LatePromise, ...]) -> Table:
    table = plain_table("Order", "Line>", "Item", "Customer", "Counted on", "Days late>", "Because")
    for each in late:
        names = (escape(each.order), str(each.line), escape(each.item), escape(each.customer))
        table.add_row(*names, moment(each.told_at), f"{each.days:g}" if each.days else "", escape(each.why))
    return table


def ledger_table(entries: tuple[PromiseView, ...]) -> Table:
    """The ledger of an order's promises: what the customer was told, and every change with its cause."""
    styles = {"moved": "yellow", "kept": "green", "broken": "red"}
    table = plain_table("Line>", "Promise", "Delivery (UTC)", "Counted on", "Since", "Because")
    for entry in entries:
        table.add_row(
            str(entry.line),
            Text(entry.status, style=styles.get(entry.status, "")),
            moment(entry.promised_at),
            moment(entry.told_at),
            moment(entry.made_at),
            escape(entry.cause),
        )
    return table


def _sentence(answer: PromiseAnswer) -> Text:
    said, best = _best(answer), next((each for each in answer.locations if each.ready_at is not None), None)
    together = answer.anywhere_at
    if together is not None and (best is None or best.ready_at is None or together < best.ready_at):
        when = "now" if together <= answer.asked_at else f"on {_day(together)}"
        said.append(f" Over several locations so many are there {when}.")
    return said


def _best(answer: PromiseAnswer) -> Text:
    what = f"{answer.quantity} x {answer.item}"
    to = f" to {answer.country} {answer.postcode}".rstrip() if answer.country else ""
    best = next((each for each in answer.locations if each.leaves_at is not None), None)
    if best is None:
        return Text(f"{what}{to}: nothing can be promised; nothing is on its way and no lead time is known.", style="red")
    if best.arrives_at is None:
        assert best.leaves_at is not None  # chosen for it
        return Text.assemble((what, "bold"), " can leave ", (best.location, "bold"), " on ", (_day(best.leaves_at), "bold"), ".")
    said = Text.assemble((what, "bold"), f"{to} can arrive on ", (_day(best.arrives_at), "bold"), f" from {best.location}")
    if answer.by is not None:
        said.append(
            f", in time for {_day(answer.by)}." if best.in_time else f": too late for {_day(answer.by)}.",
            "green" if best.in_time else "red",
        )
    else:
        said.append(".")
    return said


def _locations(answer: PromiseAnswer) -> Table:
    columns = ["Location", "Free>", "Ready", "Leaves"]
    columns += ["Arrives"] if answer.country else []
    columns += ["Be ready by"] if answer.by is not None else []
    columns += ["Promised from"]
    table = plain_table(*columns)
    for each in answer.locations:
        cells: list[str | Text] = [escape(each.location), str(each.free), _ready(each, answer.asked_at), _short(each.leaves_at)]
        if answer.country:
            style = "" if each.in_time is None else "green" if each.in_time else "red"
            cells.append(Text(_short(each.arrives_at), style=style))
        if answer.by is not None:
            cells.append(f"{each.ready_by:%a %d %b, %H:%M}" if each.ready_by else "")
        table.add_row(*cells, escape(supply_in_words(each.supply)))
    return table


def _ready(each: LocationAnswer, now: datetime) -> str:
    if each.ready_at is None:
        return "unknown"
    return "now" if each.ready_at <= now else _short(each.ready_at)


def _day(at: datetime | None) -> str:
    return f"{at:%a %d %b %Y}" if at else ""


def _short(at: datetime | None) -> str:
    """Within a table the year goes without saying: whatever is asked for lies within the next one."""
    return f"{at:%a %d %b}" if at else ""
