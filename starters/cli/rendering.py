"""How an order looks on a terminal: what a person asks first stands first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from domain.lifecycle import Stage

if TYPE_CHECKING:
    from database.audit import Violation
    from database.reading import AuditView
    from domain.views import AuthorizationView, InvoiceView, LineView, OrderSummary, OrderView, ShipmentView, StockView, WaitView

STAGE_STYLES = {
    Stage.CAPTURED: "yellow",
    Stage.SUPPLYING: "yellow",
    Stage.FULFILLING: "cyan",
    Stage.SHIPPED: "blue",
    Stage.DELIVERED: "blue",
    Stage.CANCELLING: "magenta",
    Stage.CLOSED: "green",
    Stage.CANCELLED: "dim",
    Stage.REJECTED: "red",
}
_BUCKETS = ("open", "allocated", "picked", "packed", "shipped", "delivered", "returned", "cancelled")


def order_list(orders: Sequence[OrderSummary], now: datetime) -> RenderableType:
    """One row an order: where it is, what it is worth, what it waits for."""
    table = plain_table("Order", "Stage", "Customer", "Total>", "Due>", "Waits for", "Until", "Exceptions")
    for order in orders:
        table.add_row(
            escape(order.order),
            stage(order.stage, held=order.held),
            escape(order.customer),
            str(order.total),
            str(order.balance) if order.balance else "",
            "\n".join(_waiting(wait) for wait in order.waits),
            "\n".join(until(wait.until, now) for wait in order.waits),
            Text("\n".join(_words(kind) for kind in order.open_exceptions), style="red"),
        )
    return table


def order_page(order: OrderView, now: datetime) -> RenderableType:
    """The whole order, top down: what it is, what needs a person, what it waits for, then its goods, money and returns."""
    parts: list[RenderableType] = [_heading(order), ""]
    for title, table in _sections(order, now):
        parts += [Text(title, style="bold"), table, ""]
    return Group(*parts)


def stock_table(stock: Iterable[StockView]) -> RenderableType:
    table = plain_table("Item", "Location", "Bin", "On hand>", "Reserved>", "Set aside>", "Available>")
    for row in stock:
        style = "red" if row.available <= 0 else ""
        available = Text(str(row.available), style=style)
        table.add_row(
            escape(row.item), escape(row.location), escape(row.bin), str(row.on_hand), str(row.reserved), str(row.set_aside), available
        )
    return table


def trail_table(entries: Iterable[AuditView]) -> RenderableType:
    """Who did what, when, because of which message; oldest first."""
    rows = ((moment(e.at, seconds=True), e.step, e.summary, e.actor, _words(e.message_name), e.message_id) for e in entries)
    return Group(Text("Trail", style="bold"), _filled(("When (UTC)", "Step", "What", "Who", "Message", "Its id"), rows))


def violations_table(findings: Iterable[Violation]) -> RenderableType:
    """What the auditor found: the truth that is broken, and the row that breaks it."""
    return _filled(("Rule", "Subject", "Detail"), ((each.rule, each.subject, each.detail) for each in findings))


def stage(of: Stage, *, held: bool = False) -> Text:
    text = Text(of.value, style=STAGE_STYLES[of])
    return text.append(" (on hold)", style="bold magenta") if held else text


def until(due: datetime | None, now: datetime) -> str:
    """A deadline and how far off it is."""
    if due is None:
        return ""
    left = (due - now).total_seconds()
    return f"{moment(due)} ({_span(left)})" if abs(left) < 86_400 * 60 else moment(due)


def moment(at: datetime | None, *, seconds: bool = False) -> str:
    """A time in UTC, to the minute or the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M") if at else ""


def _span(seconds: float) -> str:
    size = abs(seconds)
    unit, length = next((pair for pair in (("d", 86_400), ("h", 3_600), ("min", 60)) if size >= pair[1]), ("s", 1))
    return f"in {size / length:.0f} {unit}" if seconds >= 0 else f"{size / length:.0f} {unit} ago"


def _heading(order: OrderView) -> Table:
    page = Table.grid(padding=(0, 2))
    page.add_column(style="dim")
    page.add_column()
    page.add_row("Order", Text.assemble((order.order, "bold"), "  ", stage(order.stage, held=bool(order.held))))
    if order.reason:
        page.add_row("Because", escape(order.reason))
    if order.held:
        page.add_row("On hold", Text(order.held, style="magenta"))
    po_number = f", PO {order.po_number}" if order.po_number else ""
    page.add_row("Customer", escape(f"{order.customer} {order.customer_name}{po_number}"))
    page.add_row("Terms", f"{order.terms!s}, ships {order.policy.value}, placed {moment(order.placed_at)} UTC")
    owed = sum(invoice.balance.minor for invoice in order.invoices)
    due = f", of which {order.invoices[0].balance.model_copy(update={'minor': owed})} is owed" if owed else ""
    page.add_row("Total", f"{order.total}{due}")
    return page


def _sections(order: OrderView, now: datetime) -> Iterable[tuple[str, RenderableType]]:
    if order.findings:
        yield "Findings", _filled(("Place", "Severity", "Reason"), ((f.place, f.severity.value, f.reason) for f in order.findings))
    exceptions = sorted(order.exceptions, key=lambda each: (each.decision is not None, each.number))
    if exceptions:
        yield (
            "Exceptions",
            _filled(
                ("#>", "What", "About", "Detail", "Answer", "Due (UTC)"),
                (
                    (
                        each.number,
                        _words(each.kind.value),
                        each.subject,
                        each.detail,
                        f"{each.decision.choice} by {each.decision.by}" if each.decision else f"{each.owner}: {' | '.join(each.choices)}",
                        "" if each.decision else until(each.due_at, now),
                    )
                    for each in exceptions
                ),
                style=lambda row: "" if exceptions[row].decision else "red",
            ),
        )
    if order.waits:
        rows = ((_words(wait.wait.value), wait.subject, wait.wait.summary, until(wait.until, now)) for wait in order.waits)
        yield "Waits", _filled(("For", "About", "What then", "Until (UTC)"), rows)
    used = [bucket for bucket in _BUCKETS if any(getattr(line, bucket) for line in order.lines)]
    yield (
        "Lines",
        _filled(
            ("#>", "Item", "Description", "Price>", "Ordered>", *(f"{bucket.capitalize()}>" for bucket in used), "Note"),
            (_line(line, used, now) for line in order.lines),
        ),
    )
    if order.promises:
        from starters.cli.promise_rendering import ledger_table

        yield "Promises", ledger_table(order.promises)
    if order.shipments:
        yield (
            "Shipments",
            _filled(
                ("#>", "From", "Status", "Contents", "Carrier", "Tracking", "Carrier says", "Shipped", "Delivered"),
                (_shipment(each) for each in order.shipments),
            ),
        )
    if order.invoices:
        columns = (
            "#>",
            "Document",
            "Shipment>",
            "Total>",
            "Fees>",
            "Credited>",
            "Paid>",
            "Discount>",
            "Written off>",
            "Balance>",
            "Due",
            "Reminders>",
        )
        yield "Invoices", _filled(columns, (_invoice(each) for each in order.invoices))
    if order.authorizations:
        of_cards = ("Authorization", "Amount>", "Captured>", "Stands", "Until (UTC)")
        yield "Card", _filled(of_cards, (_authorization(each, now) for each in order.authorizations))
    rows_of_parts = [
        (each.document, part.number, moment(part.due_at), part.amount, part.open or "")
        for each in order.invoices
        for part in each.instalments
    ]
    if rows_of_parts:
        yield "Instalments", _filled(("Document", "#>", "Due", "Amount>", "Open>"), rows_of_parts)
    if order.deposit is not None:
        deposit = order.deposit
        row = (deposit.document, deposit.amount, deposit.received or "", moment(deposit.due_at))
        yield "Deposit", _filled(("Document", "Asked>", "Received>", "Due"), [row])
    if order.payments:
        rows_of_payments = (
            (each.payment, each.kind + (", reversed" if each.reversed else ""), each.amount, each.refunded or "") for each in order.payments
        )
        yield "Payments", _filled(("Payment", "Kind", "Amount>", "Refunded>"), rows_of_payments)
    if order.credits:
        rows_of_credits = (
            (each.number, each.document, each.invoice, each.total, f"{each.fees} kept" if each.fees else "", each.reason)
            for each in order.credits
        )
        yield "Credit notes", _filled(("#>", "Document", "Invoice>", "Total>", "Fees", "Reason"), rows_of_credits)
    if order.refunds:
        from starters.cli.rendering_returns import refunds_table

        yield "Refunds", refunds_table(order)
    if order.returns:
        from starters.cli.rendering_returns import returns_table

        yield "Returns", returns_table(order.returns, now)


def _line(line: LineView, used: Sequence[str], now: datetime) -> tuple[object, ...]:
    place = f", place {line.queue_position} of {line.queue_length} in the queue" if line.queue_position else ""
    backorder = f"backorder until {until(line.backorder_due, now)}{place}" if line.backorder_due and line.open else ""
    counts = (getattr(line, bucket) or "" for bucket in used)
    return (line.number, line.item, line.description, line.unit_price, line.ordered, *counts, line.origin or backorder)


def _authorization(each: AuthorizationView, now: datetime) -> tuple[object, ...]:
    if each.declined:
        return ("", each.amount, "", f"declined: {each.declined}", "")
    spent = each.captured >= each.amount or (each.single and each.captured.minor > 0)
    over = each.expires_at is not None and each.expires_at <= now
    stands = "given up" if each.voided else "captured" if spent else "ended" if over else "open"
    return (each.reference, each.amount, each.captured or "", stands, until(each.expires_at, now) if stands == "open" else "")


def _shipment(each: ShipmentView) -> tuple[object, ...]:
    contents = ", ".join(f"{pick.quantity} x {pick.item}" for pick in each.picks)
    parcels = f" in {len(each.parcels)} parcels" if len(each.parcels) > 1 else ""
    signed = f" {each.signed_by}" if each.signed_by else ""
    return (
        each.number,
        each.location,
        each.status,
        contents + parcels,
        f"{each.carrier} {each.service}".strip(),
        each.tracking,
        _words(each.carrier_status),
        moment(each.shipped_at),
        moment(each.delivered_at) + signed,
    )


def _invoice(each: InvoiceView) -> tuple[object, ...]:
    amounts = (amount.major if amount else "" for amount in (each.fees, each.credited, each.paid, each.discounted, each.written_off))
    reminders = f"{each.reminders or ''}{' + collections' if each.collections else ''}"
    return (each.number, each.document, each.shipment, each.total, *amounts, each.balance, moment(each.due_at), reminders)


def _waiting(wait: WaitView) -> str:
    return _words(wait.wait.value) + (f" ({wait.subject})" if wait.subject and wait.subject != "order" else "")


def _words(name: str) -> str:
    return name.replace("_", " ")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> RenderableType:
    """A table like all others here."""
    return _filled(columns, rows)


def _filled(columns: Sequence[str], rows: Iterable[Sequence[object]], style: Callable[[int], str] = lambda row: "") -> Table:
    """A table of plain values; columns that hold nothing in any row are left out."""
    cells = [[str(value) for value in row] for row in rows]
    kept = [number for number in range(len(columns)) if any(row[number] for row in cells)]
    table = plain_table(*(columns[number] for number in kept))
    for number, row in enumerate(cells):
        table.add_row(*(escape(row[column]) for column in kept), style=style(number))
    return table


def plain_table(*columns: str) -> Table:
    """A table without a cage; `>` at the end of a title stands its column to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for column in columns:
        if column.endswith(">"):
            table.add_column(column[:-1], justify="right")
        else:
            table.add_column(column, overflow="fold")
    return table
