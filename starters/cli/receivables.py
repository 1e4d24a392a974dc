"""Receivables on the terminal: ageing, DSO and CEI, statements of account, finance charges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import InputRefused, NotFound
from starters.cli import frame
from starters.cli.frame import AsJson
from starters.cli.lists import OutFile, write_ageing, write_open_invoices

if TYPE_CHECKING:
    from rich.console import RenderableType

    from domain.ageing import AgeingRow, Collection, OpenInvoice, Statement
    from domain.finance_charges import FinanceCharge

app = typer.Typer()
PANEL = "Receivables"

CustomerName = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Our own id of the customer.")]
At = Annotated[str | None, typer.Option("--at", metavar="DATE", help="As it stood at the end of that day (UTC). [default: now]")]


@app.command(rich_help_panel=PANEL)
def ageing(
    by: Annotated[str, typer.Option("--by", help="`customer` sums up, `invoice` lists every open invoice.")] = "customer",
    at: At = None,
    customer: Annotated[str, typer.Option("--customer", help="Of this customer only.")] = "",
    out: OutFile = None,
    json: AsJson = False,
) -> None:
    """Who owes what, and since when: not due, 1-30, 31-60, 61-90 and more than 90 days past the due date."""
    from database import receivables_reports as reports

    if by not in ("customer", "invoice"):
        raise InputRefused("--by", f"{by!r} is neither customer nor invoice")
    moment = _end_of_day(at, "--at")
    if by == "invoice":
        invoices = frame.run(_read(lambda session: reports.open_invoices(session, moment, customer or None)))
        if json:
            frame.answer_json([each.model_dump(mode="json") for each in invoices])
        elif out is not None:
            write_open_invoices(out, invoices)
        elif invoices:
            frame.console().print(_invoices_table(invoices))
        else:
            frame.say("Nothing is open.")
        return
    rows = frame.run(_read(lambda session: reports.ageing(session, moment, customer or None)))
    if json:
        frame.answer_json([{**row.model_dump(mode="json"), "overdue": row.overdue, "total": row.total} for row in rows])
    elif out is not None:
        write_ageing(out, rows)
    elif rows:
        frame.console().print(_ageing_table(rows))
    else:
        frame.say("Nothing is open.")


@app.command(rich_help_panel=PANEL)
def dso(
    days: Annotated[int, typer.Option("--days", min=1, max=3_660, help="The period that is looked at.")] = 90,
    at: At = None,
    json: AsJson = False,
) -> None:
    """How fast money comes in: DSO, best possible DSO and the collection effectiveness index, with the figures put into their formulas."""
    from database import receivables_reports as reports

    found = frame.run(_read(lambda session: reports.collections(session, _end_of_day(at, "--at"), days)))
    if json:
        frame.answer_json([_figures(each) for each in found])
        return
    if not found:
        frame.say("Nothing was sold on terms, and nothing is open.")
    for each in found:
        frame.console().print(_collection_table(each))


@app.command(rich_help_panel=PANEL)
def statement(
    customer: CustomerName,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="The first day. [default: 90 days before the last]")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="The last day (UTC). [default: now]")] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", metavar="FOLDER", help="Write it there as PDF, in the customer's language.")] = None,
    json: AsJson = False,
) -> None:
    """A statement of account: opening balance, what happened, closing balance, and how old what is open is."""
    from activities.account_papers import statement_paper
    from database.receivables_reports import statements

    last = _end_of_day(until, "--until")
    first = frame.moment(since, "--since") if since else last - timedelta(days=90)
    if first > last:
        raise InputRefused("--since", "the first day comes after the last")

    async def act() -> tuple[list[Statement], list[Path]]:
        async with frame.database() as database:
            found = await database.read(statements, customer, first, last)
            written = []
            for each in found if pdf is not None else ():
                assert pdf is not None  # asked above
                pdf.mkdir(parents=True, exist_ok=True)
                path = pdf / f"statement-{each.customer}-{each.currency}.pdf"
                path.write_bytes(await database.read(statement_paper, each))
                written.append(path)
            return found, written

    found, written = frame.run(act())
    if json:
        frame.answer_json([each.model_dump(mode="json") for each in found])
        return
    for each in found:
        _show_statement(each)
    for path in written:
        frame.say(f"Wrote [bold]{path}[/].")


@app.command("finance-charges", rich_help_panel=PANEL)
def finance_charges(
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="The last day to charge (UTC). [default: yesterday]")] = None,
    customer: Annotated[str, typer.Option("--customer", help="This customer only.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be charged, and charge nothing.")] = False,
    monthly: Annotated[int | None, typer.Option("--monthly", min=1, max=28, metavar="DAY", help="Charge on a day of every month.")] = None,
    stop: Annotated[bool, typer.Option("--stop", help="End the monthly schedule.")] = False,
    json: AsJson = False,
) -> None:
    """Charge interest on what is overdue, to customers with finance charge terms; a day is never charged twice."""
    from database.finance_charges import charged_customers, try_charges
    from starters import charging

    last = _day(until)
    if stop or monthly:
        if stop and monthly:
            raise InputRefused("--stop", "it ends the schedule that --monthly makes: state one of them")

        async def schedule() -> str:
            client = await frame.client()
            if stop:
                return "The schedule has ended." if await charging.end_schedule(client) else "There was no schedule."
            await charging.charge_monthly(client, monthly or 1)
            return f"Finance charges are written on day {monthly} of every month."

        _done(frame.run(schedule()), json)
        return
    if last >= datetime.now(UTC).date():
        raise InputRefused("--until", f"{last} is not over yet: only whole days are charged")

    async def tried() -> list[FinanceCharge]:
        async with frame.database() as database:
            names = await database.read(charged_customers)
            if customer and customer not in names:
                raise NotFound("customer with finance charge terms", customer)
            return [charge for name in names if customer in ("", name) for charge in await database.read(try_charges, name, last)]

    found = frame.run(tried())
    if not dry_run and found:

        async def post() -> int:
            return await charging.charge(await frame.client(), last, customer)

        written = frame.run(post())
        if not json:
            frame.say(f"{written} finance charge{'' if written == 1 else 's'} written until {last}.")
    if json:
        frame.answer_json([{**each.model_dump(mode="json"), "total": each.total.model_dump()} for each in found])
    elif found:
        frame.console().print(_charges_table(found))
    else:
        frame.say(f"Nothing is to be charged until {last}.")


def _done(said: str, json: bool) -> None:
    if json:
        frame.answer_json({"done": said})
    else:
        frame.say(said)


def _end_of_day(text: str | None, place: str) -> datetime:
    """The end of a day in UTC, now for none; a time with hours stays as it is."""
    found = frame.moment(text, place)
    whole = text is not None and len(text) == len("2026-11-23")
    return found + timedelta(days=1) - timedelta(microseconds=1) if whole else found


def _day(text: str | None) -> date:
    if text is None:
        return (datetime.now(UTC) - timedelta(days=1)).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputRefused("--until", f"{text!r} is not a day such as 2026-11-23") from None


# --- tables --------------------------------------------------------------------------------------------------------------------------


def _amount(minor: int, currency: str) -> str:
    return _always(minor, currency) if minor else ""


def _always(minor: int, currency: str) -> str:
    """With the currency's own digits, also nothing: 0.00, and 0 of yen."""
    from domain.money import Money

    return f"{Money(minor=minor, currency=currency)}".removesuffix(f" {currency}")


def _ageing_table(rows: list[AgeingRow]) -> RenderableType:
    from rich.text import Text

    from domain.ageing import BUCKETS
    from starters.cli.rendering import plain_table

    table = plain_table("Customer", "Name", "", "Not due>", "1-30>", "31-60>", "61-90>", "90+>", "On account>", "Total>", "Overdue>")
    styles = ("", "yellow", "dark_orange", "red", "bold red")
    for currency in sorted({row.currency for row in rows}):
        mine = [row for row in rows if row.currency == currency]
        for row in mine:
            cells = [Text(_amount(row.buckets[name], currency), style=style) for name, style in zip(BUCKETS, styles, strict=True)]
            share = f"{100 * row.overdue / row.total:.0f} %" if row.total > 0 and row.overdue else ""
            on_account = Text(_amount(row.on_account, currency), style="green" if row.on_account < 0 else "")
            table.add_row(row.customer, row.name, currency, *cells, on_account, _always(row.total, currency), share)
        sums = [sum(row.buckets[name] for row in mine) for name in BUCKETS]
        accounts, total = sum(row.on_account for row in mine), sum(row.total for row in mine)
        share = f"{100 * sum(sums[1:]) / total:.0f} %" if total > 0 else ""
        cells_of_sum = [_amount(minor, currency) for minor in (*sums, accounts, total)]
        table.add_section()
        table.add_row("All", f"{len(mine)} customer{'' if len(mine) == 1 else 's'}", currency, *cells_of_sum, share, style="bold")
        table.add_section()
    return table


def _invoices_table(invoices: list[OpenInvoice]) -> RenderableType:
    from starters.cli.rendering import moment, table

    rows = [
        (
            each.customer,
            each.name,
            each.document,
            each.order,
            moment(each.due_at)[:10],
            max(each.days_late, 0) or "",
            each.balance,
        )
        for each in invoices
    ]
    return table(("Customer", "Name", "Invoice", "Order", "Due", "Days late>", "Open>"), rows)


def _figures(each: Collection) -> dict[str, Any]:
    names = ("dso", "best_possible_dso", "average_days_late", "cei")
    return {**each.model_dump(mode="json"), **{name: str(value) if (value := getattr(each, name)) is not None else None for name in names}}


def _collection_table(each: Collection) -> RenderableType:
    from starters.cli.rendering import table

    def money(minor: int) -> str:
        return _always(minor, each.currency)

    def shown(value: object, unit: str) -> str:
        return "-" if value is None else f"{value} {unit}"

    ending, current, sales, beginning = (money(minor) for minor in (each.ending, each.current, each.sales, each.beginning))
    rows = [
        ("DSO", shown(each.dso, "days"), "ending receivables / credit sales x days", f"{ending} / {sales} x {each.days}"),
        (
            "Best possible DSO",
            shown(each.best_possible_dso, "days"),
            "not due / credit sales x days",
            f"{current} / {sales} x {each.days}",
        ),
        ("Average days late", shown(each.average_days_late, "days"), "DSO - best possible DSO", ""),
        (
            "CEI",
            shown(each.cei, "%"),
            "(beginning + sales - ending) / (beginning + sales - not due) x 100",
            f"({beginning} + {sales} - {ending}) / ({beginning} + {sales} - {current}) x 100",
        ),
    ]
    return table((f"{each.currency}, {each.days} days until {each.at:%Y-%m-%d}", "Figure>", "Formula", "With the figures"), rows)


def _show_statement(each: Statement) -> None:
    from domain.ageing import BUCKETS
    from starters.cli.rendering import moment, table

    frame.say(f"[bold]{each.customer}[/] {each.name}, {each.currency}, {each.since:%Y-%m-%d} to {each.until:%Y-%m-%d}")
    rows: list[tuple[object, ...]] = [("", "opening balance", "", "", "", _always(each.opening, each.currency))]
    for line in each.lines:
        amounts = (_amount(line.amount, each.currency), _always(line.balance, each.currency))
        rows.append((moment(line.at), line.kind.replace("_", " "), line.reference, line.order, *amounts))
    rows.append(("", "closing balance", "", "", "", _always(each.closing, each.currency)))
    frame.console().print(table(("When", "What", "Document", "Order", "Amount>", "Balance>"), rows))
    ages = [(name.replace("_", " "), each.ageing.buckets.get(name, 0)) for name in BUCKETS] + [("on account", each.ageing.on_account)]
    said = ", ".join(f"{name} {_amount(minor, each.currency)}" for name, minor in ages if minor)
    frame.say(f"  Open: {said or 'nothing'}\n")


def _charges_table(found: list[FinanceCharge]) -> RenderableType:
    from starters.cli.rendering import table

    rows = [
        (
            charge.customer,
            line.order,
            line.invoice,
            line.since + timedelta(days=1),
            line.until,
            line.days,
            line.balance,
            f"{line.rate.percent} % in {line.rate.period} days",
            line.amount,
        )
        for charge in found
        for line in charge.lines
    ]
    return table(("Customer", "Order", "Invoice>", "From", "To", "Days>", "Overdue>", "Rate", "Charge>"), rows)


async def _read(reader: Any) -> Any:
    async with frame.database() as database:
        return await database.read(reader)
