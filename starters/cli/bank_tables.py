"""How bank statements, the queue and customers' accounts look on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from starters.cli.rendering import moment, plain_table

if TYPE_CHECKING:
    from domain.bank_views import AccountView, EntryView, PartView, StatementView

STYLES = {"matched": "green", "on_account": "cyan", "queued": "yellow", "ignored": "dim", "reversed": "magenta"}


def statement_page(view: StatementView) -> RenderableType:
    """A statement: its balances, then each entry with what became of it and why."""
    name = f"{view.statement}{f' ({view.sequence})' if view.sequence else ''}"
    heading = Text.assemble(("Statement ", "bold"), (name, "bold"), f" of {view.account}, {view.form}: {view.opening} to {view.closing}")
    parts: list[RenderableType] = [heading]
    if view.trouble:
        parts.append(Text(f"Nothing is booked from it without a person: {view.trouble}.", style="red"))
    if view.gap:
        parts.append(Text(f"{view.gap[:1].upper()}{view.gap[1:]}.", style="yellow"))
    parts.append(entries_table(view.entries))
    parts.append(Text(_in_short(view), style="dim"))
    return Group(*parts, "")


def entries_table(entries: Sequence[EntryView]) -> RenderableType:
    table = plain_table("Entry", "Booked", "Amount>", "From", "Became", "For", "Because")
    for view in entries:
        became = Text(view.status.replace("_", " "), style=STYLES.get(view.status, ""))
        if view.known:
            became.append(" (known)", style="dim")
        table.add_row(
            view.name,
            str(view.booked_on),
            str(view.amount if view.credit else -view.amount),
            escape((view.payer or view.iban)[:28]),
            became,
            "\n".join(_what(part) for part in view.parts),
            escape(view.because),
        )
    return table


def queue_page(entries: Sequence[EntryView]) -> RenderableType:
    """Each payment with its words, why nobody could apply it, and its candidates."""
    parts: list[RenderableType] = []
    for view in entries:
        parts += [*_heading(view), *_candidates(view), ""]
    if any(view.status == "queued" for view in entries):
        hint = "oms cash match ENTRY INVOICE=AMOUNT | oms cash account ENTRY CUSTOMER | oms cash ignore ENTRY --reason WHY"
        parts.append(Text(hint, style="dim"))
    return Group(*parts)


def entry_page(view: EntryView) -> RenderableType:
    """One entry: what the bank said, and its parts by rule, score and hand."""
    parts: list[RenderableType] = [*_heading(view), *_candidates(view)]
    if view.parts:
        table = plain_table("Part>", "For", "Customer", "Amount>", "Given up>", "Reason", "Rule", "Score>", "By", "State")
        for part in view.parts:
            table.add_row(
                str(part.part),
                escape(f"{part.document} ({part.order})" if part.order else "on account"),
                escape(part.customer),
                str(part.amount),
                str(part.written_off) if part.written_off else "",
                part.reason.replace("_", " "),
                part.rule.replace("_", " "),
                str(part.score),
                escape(part.by),
                escape(f"{part.state.replace('_', ' ')}{f': {part.note}' if part.note else ''}"),
            )
        parts.append(table)
    return Group(*parts)


def account_page(view: AccountView) -> RenderableType:
    """What the customer has with us, what they owe, and the entries of the account."""
    have = ", ".join(str(money) for money in view.on_account if money) or "nothing"
    owe = ", ".join(str(money) for money in view.open_invoices) or "nothing"
    parts: list[RenderableType] = [
        Text.assemble((view.customer, "bold"), f"  {view.name}"),
        Text.assemble("On account: ", (have, "cyan"), f"   Open invoices: {owe}"),
    ]
    if view.in_orders:
        held = ", ".join(f"{each.amount} by {each.order}" for each in view.in_orders)
        parts.append(Text(f"Held in orders: {held}"))
    if view.lines:
        table = plain_table("When (UTC)", "What", "Amount>", "Order", "Reference", "Note")
        for entry in view.lines:
            amount = Text(str(-entry.amount), style="green" if entry.amount.minor < 0 else "red")
            table.add_row(
                moment(entry.at),
                entry.kind.replace("_", " "),
                amount,
                escape(entry.order),
                escape(entry.reference),
                escape(entry.note),
            )
        parts += ["", table]
    return Group(*parts)


def _heading(view: EntryView) -> Iterator[RenderableType]:
    style = STYLES.get(view.status, "")
    way = "from" if view.credit else "to"
    who = f"{view.payer or 'somebody unnamed'}{f' ({view.iban})' if view.iban else ''}"
    amount = str(view.amount if view.credit else -view.amount)
    yield Text.assemble(
        (view.name, "bold"), f"  {view.booked_on}  ", (amount, "bold"), f" {way} {who}  ", (view.status.replace("_", " "), style)
    )
    said = [text for text in (view.reference, view.text) if text]
    if view.end_to_end:
        said.append(f"end-to-end id {view.end_to_end}")
    if said:
        yield Text(f"  said: {' · '.join(said)}", style="dim")
    yield Text(f"  {view.because}", style=style)


def _candidates(view: EntryView) -> Iterator[RenderableType]:
    if view.candidates:
        table = plain_table("  May be for", "Order", "Customer", "Open>", "Why")
        for each in view.candidates:
            table.add_row(f"  {escape(each.document)}", escape(each.order), escape(each.customer), str(each.open), escape(each.why))
        yield table


def _what(part: PartView) -> str:
    name = part.document if part.order else f"account {part.customer}"
    gone = "" if part.state == "standing" else f" [{part.state.replace('_', ' ')}]"
    return escape(f"{name} {part.amount}{gone}")


def _in_short(view: StatementView) -> str:
    counts: dict[str, int] = {}
    for entry in view.entries:
        counts[entry.status] = counts.get(entry.status, 0) + 1
    known = sum(entry.known for entry in view.entries)
    told = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in sorted(counts.items())) or "no entries"
    return told + (f"; {known} known before" if known else "") + (f"; {view.pending} announced and not booked yet" if view.pending else "")
