"""Reminders on the terminal: which went out, which terms hold, which are printed, put on hold or cancelled."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import InputRefused, NotFound, Refused
from starters.cli import asking, frame
from starters.cli.frame import AsJson, MessageIdOption, OrderKey

if TYPE_CHECKING:
    from rich.console import RenderableType
    from sqlalchemy.orm import Session

    from domain.messages import Receipt
    from domain.reminder_terms import Fee, ReminderTerms

app = typer.Typer()
reminder = typer.Typer(no_args_is_help=True, help="Reminders: list them, print one, cancel one, see and set their terms.")
PANEL = "Receivables"
app.add_typer(reminder, name="reminder", rich_help_panel=PANEL)


@app.command("dunning-hold", rich_help_panel=PANEL)
def dunning_hold(
    order: OrderKey,
    invoice: asking.InvoiceNumber,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="No reminder before this day.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit trail.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Reminders go on.")] = False,
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Put the reminders of one invoice on hold until a day; every other invoice is reminded of as ever."""
    from domain.messages import HoldDunning

    if lift == (until is not None):
        raise InputRefused("--until", "state the day until which nothing is sent, or --lift")
    key, by = asking.key_of(order), frame.moment(until, "--until") if until else None
    envelope = asking.each_time("dunning-hold", key, message_id, invoice, by, lift)
    asking.send_request(key, HoldDunning(**envelope, invoice=invoice, until=by, lifted=lift, reason=reason), json)


@reminder.command("list")
def list_reminders(
    customer: Annotated[str, typer.Option("--customer", help="Of this customer only.")] = "",
    to_print: Annotated[bool, typer.Option("--to-print", help="Only letters that wait to be printed and posted.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="So many, the latest first.")] = 50,
    json: AsJson = False,
) -> None:
    """What customers were reminded of, the latest first."""
    found = frame.run(_read(lambda session: _documents(session, customer, to_print, limit)))
    if json:
        frame.answer_json(found)
        return
    if not found:
        frame.say("Nothing waits to be printed." if to_print else "No reminder was written yet.")
        return
    frame.console().print(_documents_table(found))


@reminder.command("print")
def print_reminder(
    document: Annotated[str, typer.Argument(help="The reminder, such as REM-000001.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="[default: DOCUMENT.pdf]")] = None,
    json: AsJson = False,
) -> None:
    """Write a reminder as PDF, for those who have no e-mail address; it then counts as printed."""
    from activities.reminder_letters import reminder_paper

    async def write() -> Path:
        async with frame.database() as database:
            path = out or Path(f"{document}.pdf")
            path.write_bytes(await database.read(reminder_paper, document))
            await database.transaction(_printed, document, datetime.now(UTC))
            return path

    path = frame.run(write())
    if json:
        frame.answer_json({"document": document, "file": str(path)})
    else:
        frame.say(f"Wrote [bold]{path}[/].")


@reminder.command("cancel")
def cancel_reminder(
    document: Annotated[str, typer.Argument(help="The reminder, such as REM-000001.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit trail.")],
    json: AsJson = False,
) -> None:
    """Cancel a reminder: on every invoice that it names, level, fee and due date step back. Needs the role credit_controller."""
    from database.reminders import named_by
    from database.staff import roles_of
    from domain.messages import CancelReminder
    from starters.messaging import ask

    async def act() -> list[dict[str, Any]]:
        actor = frame.actor()
        async with frame.database() as database:
            roles = await database.read(roles_of, actor)
            named = await database.read(named_by, document)
        if not named:
            raise NotFound("reminder that stands", document)
        client, answers = await frame.client(), []
        for order, invoice in named:
            request = CancelReminder(
                message_id=frame.derived_id("cancel-reminder", order, document, invoice),
                occurred_at=datetime.now(UTC),
                actor=actor,
                roles=roles,
                invoice=invoice,
                document=document,
                reason=reason,
            )
            try:
                receipt: Receipt = await ask(client, order, request)
                answers.append({"order": order, "invoice": invoice, "recorded": receipt.message_id, "refused": ""})
            except Refused as refused:
                await frame.record_refusal(request.message_id, f"order {order}, {request.called()}", str(refused))
                answers.append({"order": order, "invoice": invoice, "recorded": "", "refused": str(refused)})
        return answers

    answers = frame.run(act())
    if json:
        frame.answer_json(answers)
    else:
        for each in answers:
            said = f"refused: {each['refused']}" if each["refused"] else "its cancellation is recorded."
            frame.say(f"Order [bold]{each['order']}[/], invoice {each['invoice']}: {said}")
    if all(each["refused"] for each in answers):
        raise Refused(f"{document} is not cancelled: {answers[0]['refused']}")


@reminder.command("terms")
def terms(
    code: Annotated[str, typer.Argument(help="These only. [default: all]")] = "",
    file: Annotated[Path | None, typer.Option("--set", metavar="FILE", help="Set up what this JSON file states.")] = None,
    give: Annotated[
        str, typer.Option("--give", metavar="CUSTOMER", help="Give this customer these terms (HOUSE: none of their own).")
    ] = "",
    json: AsJson = False,
) -> None:
    """Reminder terms: levels, grace, due dates, fees, interest. A change holds from the next reminder on."""
    from database.reminder_terms import all_terms, give_terms, write_terms
    from domain.reminder_terms import HOUSE

    if give and not code:
        raise InputRefused("--give", "say which terms: oms reminder terms CODE --give CUSTOMER")
    stated = _stated(file) if file else []

    async def act() -> list[ReminderTerms]:
        async with frame.database() as database:
            for each in stated:
                await database.transaction(write_terms, each)
            if give:
                await database.transaction(give_terms, give, None if code == HOUSE else code)
            return await database.read(all_terms)

    found = [each for each in frame.run(act()) if code in ("", each.code)]
    if not found:
        raise NotFound("set of reminder terms", code)
    if json:
        frame.answer_json([each.model_dump(mode="json") for each in found])
        return
    for each in found:
        frame.console().print(_terms_heading(each))
        frame.console().print(_terms_table(each))


def _stated(file: Path) -> list[ReminderTerms]:
    """One set of terms, or a list of them. Raises InputRefused with the place of the first mistake."""
    import json as reader

    from pydantic import ValidationError

    from domain.reminder_terms import ReminderTerms

    try:
        document = reader.loads(file.read_text())
        return [ReminderTerms.model_validate(each) for each in (document if isinstance(document, list) else [document])]
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        raise InputRefused(f"{file}, {'.'.join(map(str, first['loc'])) or 'terms'}", first["msg"]) from None
    except (ValueError, RecursionError) as wrong:
        raise InputRefused(str(file), f"it is not JSON ({wrong})") from None


def _documents(session: Session, customer: str, to_print: bool, limit: int) -> list[dict[str, Any]]:
    from sqlalchemy import select

    from database.tables import Customer, Invoice, ReminderDocument, ReminderLine
    from domain.money import Money

    chosen = select(ReminderDocument, Customer.name).outerjoin(Customer, Customer.customer == ReminderDocument.customer)
    if customer:
        chosen = chosen.where(ReminderDocument.customer == customer)
    if to_print:
        chosen = chosen.where(ReminderDocument.email == "", ReminderDocument.printed_at.is_(None), ReminderDocument.state == "sent")
    found = []
    for row, name in session.execute(chosen.order_by(ReminderDocument.sequence.desc()).limit(limit)):
        lines = session.execute(
            select(ReminderLine, Invoice.document)
            .join(Invoice, (Invoice.order == ReminderLine.order) & (Invoice.invoice == ReminderLine.invoice))
            .where(ReminderLine.document == row.document)
            .order_by(Invoice.due_at, Invoice.document)
        )
        named = [
            {"order": line.order, "invoice": line.invoice, "document": document, "level": line.level, "state": line.state}
            for line, document in lines
        ]
        found.append(
            {
                "document": row.document,
                "customer": row.customer,
                "name": name or "",
                "level": row.level,
                "at": row.at,
                "due_at": row.due_at,
                "total": Money(minor=row.total, currency=row.currency),
                "email": row.email,
                "state": row.state,
                "printed_at": row.printed_at,
                "lines": named,
            }
        )
    return found


def _printed(session: Session, document: str, at: datetime) -> None:
    from database.tables import ReminderDocument

    row = session.get_one(ReminderDocument, document, with_for_update=True)
    row.printed_at = row.printed_at or at


def _documents_table(found: list[dict[str, Any]]) -> RenderableType:
    from starters.cli.rendering import moment, table

    def state(each: dict[str, Any]) -> str:
        lines = each["lines"]
        if lines and all(line["state"] == "cancelled" for line in lines):
            return "cancelled"
        if each["state"] == "sent" and not each["email"]:
            return "printed" if each["printed_at"] else "to print"
        return str(each["state"])

    rows = [
        (
            each["document"],
            f"{each['customer'] or ''} {each['name']}".strip(),
            each["level"],
            moment(each["at"]),
            ", ".join(f"{line['document']}" + ("" if line["state"] == "booked" else f" ({line['state']})") for line in each["lines"]),
            each["total"],
            moment(each["due_at"])[:10],
            state(each),
            each["email"],
        )
        for each in found
    ]
    return table(("Reminder", "Customer", "Level>", "Written", "Invoices", "Total>", "Pay by", "State", "To"), rows)


def _terms_heading(terms: ReminderTerms) -> str:
    most = f"at most {terms.most} reminders"
    minimum = f", from {terms.minimum} on" if terms.minimum else ""
    rate = f", interest {terms.interest_percent} % in {terms.interest_period} days" if terms.interest_percent else ""
    silent = [
        name
        for name, posts in (("fees", terms.post_fee), ("line fees", terms.post_line_fee), ("interest", terms.post_interest))
        if not posts
    ]
    printed = f"; {' and '.join(silent)} are only printed" if silent else ""
    return f"[bold]{terms.code}[/] {terms.description}: {most}{minimum}{rate}{printed}"


def _terms_table(terms: ReminderTerms) -> RenderableType:
    from starters.cli.rendering import table

    rows = [
        (
            level.level,
            level.grace_days,
            level.due_in,
            _fee(level.fee),
            _fee(level.line_fee),
            "yes" if level.interest else "",
            "yes" if level.holds_customer else "",
            ", ".join(sorted(level.wording)),
        )
        for level in terms.levels
    ]
    return table(("Level>", "Grace>", "Due in", "Fee", "Fee per line", "Interest", "Holds orders", "Own words in"), rows)


def _fee(fee: Fee) -> str:
    from domain.reminder_terms import FeeKind

    if fee.kind is FeeKind.FIXED:
        amounts = [*([str(fee.fixed)] if fee.fixed else []), *(f"{amount} {currency}" for currency, amount in fee.currencies.items())]
        return ", ".join(amounts)
    bands = "; ".join(f"from {band.above}: {band.fixed} + {band.percent} %" for band in fee.bands)
    return f"{fee.kind.value.replace('_', ' ')}: {bands}"


async def _read(reader: Any) -> Any:
    async with frame.database() as database:
        return await database.read(reader)
