"""What a person reads: orders, stock, documents and the auditor's findings, from the database alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused
from starters.cli import frame, subjects
from starters.cli.frame import AsJson, OrderKey
from starters.cli.lists import OutFile, write_orders, write_stock

if TYPE_CHECKING:
    from domain.quotas import QuotaView
    from domain.soft_reservations import SoftReservationView
    from domain.views import HeldView, OrderSummary, OrderView, StockView

app = typer.Typer()
PANEL = "See"


@app.command("list", rich_help_panel=PANEL)
def list_orders(
    stage: Annotated[str | None, typer.Option("--stage", help="Only orders at this stage, such as supplying.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="Only orders of this customer.")] = None,
    exceptions: Annotated[bool, typer.Option("--exceptions", help="Only orders that a person has to decide about.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many, the newest.")] = 50,
    out: OutFile = None,
    json: AsJson = False,
) -> None:
    """Orders, newest first: the stage of each, what it waits for and until when."""
    from database import reading
    from domain.lifecycle import Stage

    if stage is not None and stage not in list(Stage):
        raise InputRefused("--stage", f"{stage!r} is not a stage: {', '.join(Stage)}")

    async def read() -> list[OrderSummary]:
        async with frame.database() as database:
            return await database.read(reading.list_orders, limit, Stage(stage) if stage else None, customer)

    found = [each for each in frame.run(read()) if each.open_exceptions or not exceptions]
    if json:
        frame.answer_json([{**each.model_dump(mode="json"), "stage": each.stage.value} for each in found])
        return
    if out is not None:
        write_orders(out, found)
        return
    from starters.cli.rendering import order_list

    if not found:
        frame.say("No such orders." if stage or customer or exceptions else "No orders yet: place some with `oms place FILE`.")
        return
    frame.console().print(order_list(found, datetime.now(UTC)))
    if len(found) == limit:
        frame.say(f"[dim]The {limit} newest; --limit shows more.[/]")


@app.command(rich_help_panel=PANEL)
def show(
    order: OrderKey,
    trail: Annotated[bool, typer.Option("--trail", help="Also who did what, when, because of which message.")] = False,
    json: AsJson = False,
) -> None:
    """One order: lines, shipments, invoices, payments, returns, exceptions, what it waits for and until when."""
    from database import reading

    async def read() -> tuple[OrderView, list[reading.AuditView]]:
        async with frame.database() as database:
            view = await subjects.read_order(database, order)
            return view, await database.read(reading.audit_trail, view.order) if trail else []

    view, entries = frame.run(read())
    if json:
        answer = {**view.model_dump(mode="json"), "stage": view.stage.value}
        frame.answer_json({**answer, "trail": entries} if trail else answer)
        return
    from starters.cli.rendering import order_page, trail_table

    frame.console().print(order_page(view, datetime.now(UTC)))
    if trail:
        frame.console().print(trail_table(entries))


@app.command(rich_help_panel=PANEL)
def stock(item: Annotated[str | None, typer.Argument(help="Only this item.")] = None, out: OutFile = None, json: AsJson = False) -> None:
    """What lies where: on hand, reserved, set aside, available; for whom it is set aside, and what is held for nobody."""
    from database import held, quotas, reading, soft_reservations
    from domain.errors import NotFound

    now = datetime.now(UTC)

    async def read() -> tuple[list[StockView], list[SoftReservationView], list[QuotaView], list[HeldView]]:
        async with frame.database() as database:
            aside = await database.read(soft_reservations.soft_reservations, now)
            shares = await database.read(quotas.quotas, now, item)
            return (
                await database.read(reading.stock, item, now),
                [row for row in aside if item in (None, row.item)],
                shares,
                await database.read(held.held, item),
            )

    rows, aside, shares, kept = frame.run(read())
    if item and not (rows or kept):
        raise NotFound("stock of item", item)
    if json:
        frame.answer_json([{**row.model_dump(mode="json"), "available": row.available} for row in rows])
        return
    if out is not None:
        write_stock(out, rows)
        return
    from starters.cli.rendering import stock_table
    from starters.cli.rendering_sourcing import quota_table, soft_table

    frame.console().print(stock_table(rows))
    for table in ([soft_table(aside, now)] if aside else []) + ([quota_table(shares)] if shares else []):
        frame.console().print("")
        frame.console().print(table)
    if kept:
        from starters.cli.rendering_returns import held_table

        frame.console().print("\nHeld, and for nobody until `oms held free`:")
        frame.console().print(held_table(kept))


@app.command(rich_help_panel=PANEL)
def audit(json: AsJson = False) -> None:
    """Check every truth that may never break; exit 1 with the offending rows when one is."""
    from database.audit import Violation
    from database.audit import audit as checked

    async def check() -> list[Violation]:
        async with frame.database() as database:
            return list(await database.read(checked))

    findings = frame.run(check())
    if json:
        frame.answer_json(findings)
    elif not findings:
        frame.say("[green]The audit finds nothing: stock, quantities, money and effects all agree.[/]")
    else:
        from starters.cli.rendering import violations_table

        frame.console().print(violations_table(findings))
    raise typer.Exit(1 if findings else 0)
