"""How credit and currencies look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from domain.exchange import OLDEST_RATE
from domain.money import Money
from starters.cli.rendering import plain_table

if TYPE_CHECKING:
    from domain.credit import CreditEventView, CreditReport, LimitView, WaitingOrder
    from domain.exchange import DifferenceView, MissingRate, Rate


def credit_page(report: CreditReport) -> RenderableType:
    """Whether the customer's orders go on, what it owes in parts, who waits, and its history, the latest first."""
    family = f"parent {report.parent}" if report.parent else f"parent of {', '.join(report.children)}" if report.children else ""
    parts: list[RenderableType] = [
        Text.assemble((report.customer, "bold"), f"  {report.name}", (f"  {family}" if family else "", "dim")),
        _standing(report),
        "",
        limits_table(report),
    ]
    if {view.currency for view in report.own} != {report.ledger}:
        rolled_up = f"All currencies at the latest rates: {report.rolled_up}"
        unknown = f"No rate is known for one of the currencies: no sum in {report.ledger}."
        parts.append(Text(unknown if report.rolled_up is None else rolled_up, style="dim"))
    if report.waiting:
        parts += ["", Text("Stopped orders", style="bold"), waiting_table(report.waiting)]
    if report.events:
        parts += ["", Text("History", style="bold"), _events(report.events)]
    return Group(*parts)


def limits_table(report: CreditReport) -> RenderableType:
    table = plain_table("Account", "Currency", "Balances>", "Not invoiced>", "Not shipped>", "On account>", "Exposure>", "Limit>", "Room>")
    for view, of_family in [*((view, False) for view in (*report.own, *report.accounts)), *((view, True) for view in report.family)]:
        owed = view.exposure
        table.add_row(
            f"{view.account} and its accounts" if of_family else view.account,
            view.currency,
            _amount(owed.balances),
            _amount(owed.uninvoiced),
            _amount(owed.unshipped),
            _amount(-owed.on_account),
            _amount(owed.total, always=True),
            _limit(view),
            _room(view),
        )
    return table


def waiting_table(waiting: Sequence[WaitingOrder]) -> RenderableType:
    table = plain_table("Order", "Customer", "Stopped at", "Since", "Review", "Why")
    for each in waiting:
        table.add_row(
            escape(each.order),
            escape(each.customer),
            f"{each.stage}" if each.subject == "order" else each.subject,
            f"{each.since:%Y-%m-%d %H:%M}",
            f"{each.review_at:%Y-%m-%d %H:%M}" if each.review_at else "",
            Text("\n".join(each.reasons), style="red"),
        )
    return table


def rates_page(
    ledger: str, latest: Sequence[Rate], missing: Sequence[MissingRate], differences: Sequence[DifferenceView] | None, today: date
) -> RenderableType:
    """The latest rates, those that are missing, and what payments gained and lost when that is asked."""
    parts: list[RenderableType] = []
    if latest:
        table = plain_table("Currency", f"One costs {ledger}>", "Day", "Source")
        for rate in latest:
            old = (today - rate.day).days > OLDEST_RATE
            table.add_row(
                rate.currency, str(rate.rate), Text(f"{rate.day}" + (" (too old)" if old else ""), style="red" if old else ""), rate.source
            )
        parts += [table, ""]
    else:
        parts += [Text(f"No rate is known. The ledger is in {ledger}."), ""]
    if missing:
        table = plain_table("Missing rate", "Day", "Documents>", "Amount>", "Orders")
        for each in missing:
            table.add_row(
                Text(each.currency, style="red"), f"{each.day}", str(each.entries), str(each.amount), escape(", ".join(each.orders[:4]))
            )
        parts += [table, Text("Set one with `oms rates --set CUR=RATE --day DATE`; what waits for it is booked at once.", style="dim")]
    if differences is not None:
        parts += ["", _differences(differences, ledger)]
    return Group(*parts)


def _differences(rows: Sequence[DifferenceView], ledger: str) -> RenderableType:
    if not rows:
        return Text("No payment in another currency was booked.")
    table = plain_table("Order", "Invoice", "Payment", "Amount>", "Rates>", "Carried at>", "Paid>", "Gain or loss>")
    for row in rows:
        table.add_row(
            escape(row.order),
            row.document,
            escape(row.payment[-30:]),
            str(row.amount),
            f"{row.invoice_rate} -> {row.payment_rate}",
            str(row.carried),
            str(row.paid),
            Text(_amount(row.difference, always=True), style="red" if row.difference.minor < 0 else "green"),
        )
    total = Money.total((row.difference for row in rows), ledger)
    return Group(table, Text(f"Together: {total}", style="bold"))


def _standing(report: CreditReport) -> RenderableType:
    said: list[tuple[str, str]] = []
    if report.blocked:
        said.append((f"Blocked, {report.blocked}.  ", "red"))
    if report.on_hold:
        said.append(("On credit hold: a last reminder is not paid.  ", "red"))
    if report.oldest_due is not None:
        late = report.overdue_days is not None and report.days_past_due > report.overdue_days
        past = f", {report.days_past_due} days past due" if report.days_past_due else ""
        said.append((f"Oldest unpaid invoice: due {report.oldest_due:%Y-%m-%d}{past}.  ", "red" if late else ""))
    if report.overdue_days is not None:
        said.append((f"More than {report.overdue_days} days past due stop its orders.", "dim"))
    return Text.assemble(*said) if said else Text("Nothing stops its orders but the limit.", style="dim")


def _events(events: Sequence[CreditEventView]) -> RenderableType:
    table = plain_table("When", "What", "Order", "Detail", "Who", "Why")
    for event in events:
        until = f", until {event.expires_at:%Y-%m-%d %H:%M}" if event.expires_at else ""
        table.add_row(
            f"{event.at:%Y-%m-%d %H:%M}",
            Text(event.kind, style={"stopped": "red", "lifted": "green", "released": "yellow"}.get(event.kind, "")),
            escape(event.order),
            escape(event.detail + until),
            escape(event.actor),
            escape(event.reason),
        )
    return table


def _limit(view: LimitView) -> str:
    if not view.counts:
        return ""
    return "unlimited" if view.amount is None else _amount(view.amount, always=True)


def _room(view: LimitView) -> Text:
    room = view.room if view.counts else None
    return Text("") if room is None else Text(_amount(room, always=True), style="red" if room.minor < 0 else "green")


def _amount(money: Money, always: bool = False) -> str:
    """The amount without its currency, which stands beside it; nothing for zero."""
    return str(money).rpartition(" ")[0] if money.minor or always else ""
