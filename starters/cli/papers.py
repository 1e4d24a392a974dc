"""Papers and invoices on the terminal: what an order has on paper, invoices of a period, and terms of payment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused, Refused
from starters.cli import frame, subjects
from starters.cli.frame import AsJson, OrderKey

if TYPE_CHECKING:
    from domain.collecting import Collected

app = typer.Typer()
SEE = "See"
PANEL = "Invoices"


class Form(StrEnum):
    PDF = "pdf"  # for people
    CII = "cii"  # for machines: EN 16931 in the syntax of UN/CEFACT
    UBL = "ubl"  # the same in the syntax of OASIS


@app.command("document", hidden=True)
@app.command(rich_help_panel=SEE)
def paper(
    order: OrderKey,
    name: Annotated[str | None, typer.Argument(help="Such as INV-000001, proforma or packing-slip-1. [default: list them]")] = None,
    form: Annotated[
        Form, typer.Option("--format", help="pdf, or the e-invoice of EN 16931 as XML: cii (UN/CEFACT) or ubl (OASIS).")
    ] = Form.PDF,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to write it. [default: NAME.pdf or NAME.xml]")] = None,
    json: AsJson = False,
) -> None:
    """Write one paper of an order: pro-forma, deposit request, packing slip, invoice, reminder, credit note or return form."""
    from activities.einvoices import cii, ubl
    from activities.papers import paper as drawn
    from activities.papers import papers

    written = {Form.PDF: drawn, Form.CII: cii, Form.UBL: ubl}

    async def draw() -> tuple[list[str], bytes]:
        async with frame.database() as database:
            key = await subjects.key_of(database, order)
            if name is None:
                return await database.read(papers, key), b""
            return [name], await database.read(written[form], key, name)

    names, content = frame.run(draw())
    target = output or Path(f"{name}.{'pdf' if form is Form.PDF else 'xml'}")
    if name is not None:
        target.write_bytes(content)
    if json:
        frame.answer_json({"papers": names} if name is None else {"paper": name, "file": str(target), "bytes": len(content)})
    elif name is None:
        frame.say("\n".join(names) or "The order has no papers yet.")
    else:
        frame.say(f"{name} is in {target} ({len(content):,} bytes).")


@app.command("invoice-run", rich_help_panel=PANEL)
def invoice_run(
    customer: Annotated[str, typer.Option("--customer", help="Only this customer. [default: everyone whose period is over]")] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="DATE", help="What shipped before this day. [default: as each customer's period says]")
    ] = "",
    daily: Annotated[bool, typer.Option("--daily", help="From now on look every night whose week or month is over.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End the nightly run.")] = False,
    json: AsJson = False,
) -> None:
    """Issue the invoices of customers who get one for a week or a month. Asked again, it issues nothing twice."""
    from domain.collecting import InvoicePeriod
    from starters import invoicing

    if (daily or stop) and (customer or until or (daily and stop)):
        raise InputRefused("invoice-run", "--daily and --stop stand alone")
    end = _day("--until", until) if until else None

    async def act() -> str | Collected:
        client = await frame.client()
        if stop:
            return "The nightly run has ended." if await invoicing.end_daily(client) else "There was no nightly run."
        if daily:
            await invoicing.run_daily(client)
            return f"Every night at {invoicing.HOUR}:00 UTC the invoices of periods that are over are issued."
        request = InvoicePeriod(customer=customer, until=end, at=datetime.now(UTC), actor=frame.actor())
        async with frame.database() as database:
            return await invoicing.run_invoices(client, database, request)

    found = frame.run(act())
    if isinstance(found, str):
        if json:
            frame.answer_json({"done": found})
        else:
            frame.say(found)
        return
    if json:
        frame.answer_json(found.model_dump(mode="json"))
        return
    if not found.invoices:
        frame.say("Nobody has a period to be invoiced.")
        return
    from starters.cli.rendering import moment, table

    rows = [
        (each.document, each.customer, moment(each.period_end), str(each.orders), str(each.shipments), each.terms, str(each.total))
        for each in found.invoices
    ]
    frame.console().print(table(("Invoice", "Customer", "Shipped before", "Orders", "Shipments", "Terms", "Total"), rows))


@app.command("terms", rich_help_panel=PANEL)
def payment_terms(
    code: Annotated[str | None, typer.Argument(help="Only these terms, with what an invoice would say.")] = None,
    total: Annotated[str, typer.Option("--total", help="The invoice's total, such as 1000.00.")] = "1000.00",
    currency: Annotated[str, typer.Option("--currency")] = "EUR",
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="The day of the invoice. [default: today]")] = "",
    json: AsJson = False,
) -> None:
    """Terms of payment as they are granted now; with a code, when which part of an invoice would be due."""
    from database.terms import all_terms
    from domain.money import Money, is_currency, parse_amount
    from domain.terms import BUILT_IN, Terms, instalments
    from integrations.documents.language import Voice
    from integrations.documents.terms import discounts, in_words
    from starters.cli.rendering import table

    voice = Voice("en")

    def plain(words: str) -> str:
        return words.replace("\N{NO-BREAK SPACE}", " ")

    async def read() -> list[Terms]:
        async with frame.database() as database:
            return await database.read(all_terms)

    known = BUILT_IN | {str(terms.code): terms for terms in frame.run(read())}
    if code is None:
        if json:
            frame.answer_json([terms.model_dump(mode="json") for terms in known.values()])
            return
        rows = [
            (str(terms.code), terms.description, plain(in_words(terms, voice)), terms.invoicing.replace("_", " "))
            for terms in known.values()
        ]
        frame.console().print(table(("Terms", "Description", "In words", "Invoiced"), rows))
        return
    if code not in known:
        raise Refused(f"There are no payment terms {code!r}; `oms terms` lists them.")
    if not is_currency(currency):
        raise InputRefused("--currency", f"there is no currency {currency!r}")
    terms, amount = known[code], Money.of(Decimal(parse_amount(total, "--total")), currency)
    issued = _day("--on", on) if on else datetime.now(UTC)
    parts = instalments(terms, amount, issued, timedelta(days=1))
    sentences = [plain(sentence) for sentence in discounts(terms, amount, issued, voice)]
    if json:
        answer = {"terms": terms.model_dump(mode="json"), "instalments": [part.model_dump(mode="json") for part in parts]}
        frame.answer_json(answer | {"sentences": sentences})
        return
    frame.console().print(
        table(("Part", "Due", "Amount"), [(str(part.number), voice.day(part.due_at), str(part.amount)) for part in parts])
    )
    for sentence in sentences:
        frame.say(sentence)


def _day(place: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputRefused(place, f"{text!r} is not a date such as 2026-12-01") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
