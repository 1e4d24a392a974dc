"""`oms demo`: the whole of Holdfast in one command, with its verdict."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from starters.cli import frame

if TYPE_CHECKING:
    from rich.console import RenderableType

    from starters.demo_shop import ShopBooks
    from starters.demonstration import Ending, Progress, Result
    from starters.dunning_demo import Dunned
    from starters.returns_demo import Returned
    from workers.embedded import Everything

app = typer.Typer()

PRINTS_EVERY = 5.0
"""Seconds between two lines of progress where the output is not a terminal."""


@app.command(rich_help_panel="Run")
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running afterwards, until Ctrl-C.")] = False,
) -> None:
    """Let every sample order live its whole life on a real Temporal server; exit 1 unless each ends as it should."""
    raise typer.Exit(frame.run(_demo(keep)))


async def _demo(keep: bool) -> int:
    from json import loads

    from starters.cli.running import stop_on_signals
    from starters.demo_home import DAY_SECONDS, fresh_home
    from starters.demo_shop import ShopBooks
    from starters.demonstration import read_scenarios
    from workers.embedded import SAMPLES, Everything

    stop = stop_on_signals()
    read_scenarios(SAMPLES)
    settings = fresh_home(frame.settings())
    if settings.day_seconds > DAY_SECONDS:
        longer = settings.day_seconds / DAY_SECONDS
        frame.say(f"[yellow]![/] This machine is busy: a day lasts {settings.day_seconds:.1f} s, and all takes {longer:.1f} times as long.")
    reported = Everything(settings, api=True, report=lambda sentence: frame.say(f"[green]✓[/] {sentence}"))
    items = [item["id"] for item in loads((SAMPLES / "catalogue.json").read_text())["items"]]
    with ShopBooks(settings, items) as books:
        return await _living(reported, books, stop, keep)


async def _living(reported: Everything, books: ShopBooks, stop: asyncio.Event, keep: bool) -> int:
    from starters.demonstration import demonstrate
    from workers.embedded import SAMPLES

    async with reported as everything:
        with _shown(str(everything.server.ui_address)) as watch:
            living = asyncio.create_task(demonstrate(everything, SAMPLES, watch, books=books))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([living, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not living.done():
                living.cancel()
                await asyncio.wait([living])
                raise KeyboardInterrupt
            stopping.cancel()
            result = living.result()
        _report(result, everything, keep)
        if keep:
            ended = asyncio.create_task(everything.until_one_ends())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                ended.result()
            ended.cancel()
            stopping.cancel()
    return 0 if result.passed else 1


@contextmanager
def _shown(ui_address: str) -> Iterator[Callable[[Progress], None]]:
    """The progress as a live table on a terminal, as a line now and then elsewhere."""
    if not sys.stdout.isatty():
        yield _Lines()
        return
    from rich.live import Live

    with Live(console=frame.console(), auto_refresh=False, transient=True) as live:
        yield lambda progress: live.update(_table(progress, ui_address), refresh=True)


class _Lines:
    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now < self._next and progress.ended < progress.expected:
            return
        self._next = now + PRINTS_EVERY
        stages = ", ".join(f"{count} {stage}" for stage, count in _in_order(progress) if count)
        print(f"{progress.seconds:4.0f} s  {progress.ended} of {progress.expected} orders ended: {stages or 'placing'}", flush=True)


def _in_order(progress: Progress) -> list[tuple[str, int]]:
    from domain.lifecycle import Stage

    return [(stage.value, progress.stages[stage.value]) for stage in Stage]


def _table(progress: Progress, ui_address: str) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    from domain.lifecycle import Stage
    from starters.cli.rendering import STAGE_STYLES

    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_column()
    unseen = progress.expected - len(progress.orders)
    table.add_row(Text("being placed", style="dim"), str(unseen or ""), Text("█" * unseen, style="dim"))
    for stage, count in _in_order(progress):
        style = STAGE_STYLES[Stage(stage)]
        table.add_row(Text(stage, style=style), str(count or ""), Text("█" * count, style=style))
    for name, counted, style in (("waits for", progress.waits, "cyan"), ("exceptions", progress.exceptions, "red")):
        told = " · ".join(f"{what.replace('_', ' ')} {count}" for what, count in counted.most_common(6))
        table.add_row(Text(name, style="dim"), "", Text(told, style=style))
    table.add_row("", "", f"{progress.seconds:.0f} s, {progress.ended} of {progress.expected} orders ended · [link]{ui_address}[/link]")
    return table


def _report(result: Result, everything: Everything, keep: bool) -> None:
    """What became of each order, the auditor's verdict, and what to do next."""
    from rich.markup import escape

    from starters.cli.rendering import violations_table

    frame.console().print(_ending_table(result.endings))
    short = [ending for ending in result.endings if not ending.as_told]
    told = len(result.endings) - len(short)
    frame.say(
        f"\n{_mark(not short)} {told} of {len(result.endings)} orders ended as their samples say, in [bold]{result.seconds:.0f} s[/]."
    )
    for ending in short:
        frame.say(f"  [red]{escape(ending.key)}[/] {_shortfall(ending)}")
    for ending in result.endings:
        if ending.as_told and ending.skipped:
            frame.say(f"  [yellow]{escape(ending.key)}[/] took a shorter way: {escape('; '.join(ending.skipped))}.")
    if result.delivered:
        frame.say(f"{_mark(True)} {result.delivered} orders of the web shop came in over HTTP, as its signed webhooks.")
    if (heard := result.told) is not None:
        frame.say(
            f"{_mark(not result.untold)} The web shop was told {heard.fulfilments} fulfilments, {heard.cancellations} cancellations and "
            f"{heard.levels} stock levels" + (f"; {result.untold} it does not know (`oms feedback list`)." if result.untold else ".")
        )
    for shown in result.stock:
        said = f"{escape(shown.said)} [dim]({escape(shown.command)})[/]" if shown.said else "not seen"
        frame.say(f"{_mark(bool(shown.said))} {shown.what}: {said}")
    if result.floor is not None:
        did = result.floor
        frame.say(
            f"{_mark(did.scans > 0)} Our own floor walked {did.waves} waves and picked {did.units} units in {did.scans} scans; "
            f"picks short: {did.short}, bins counted: {did.counted}."
        )
    if result.cash is not None and result.cash.statements:
        from starters.cli.bank_tables import entries_table

        cash = result.cash
        rules = ", ".join(f"{count} by {rule.replace('_', ' ')}" for rule, count in cash.by_rule.items())
        frame.say(
            f"{_mark(cash.matched > 0)} {cash.statements} bank statements were applied: {cash.matched + cash.reversed} payments matched "
            f"({rules}), {cash.on_account} kept on account, {cash.queued} left for a person:"
        )
        frame.console().print(entries_table(result.payments))
    if result.dunned is not None:
        _show_dunning(result.dunned)
    _show_returns(result.returned)
    if (partners := result.partners) is not None and partners.orders:
        sent = ", ".join(f"{partners.documents.get(kind, 0)} x {kind} {what}" for kind, what in _EDI)
        frame.say(f"{_mark(partners.example > 0)} {partners.orders} orders came by EDI, and their partners got back {sent}.")
    brought = [each for each in result.endings if each.key.startswith(("file/", "desk/", "quote/"))]
    if brought:
        came = ", ".join(f"[bold]{each.key}[/]" for each in brought)
        frame.say(f"{_mark(all(each.as_told for each in brought))} {len(brought)} orders came as files that people made: {came}.")
    if (bought := result.replenished) is not None:
        frame.say(
            f"{_mark(True)} {bought.planned} items planned, {bought.proposed} to order: {bought.quantity} x {bought.item} ordered by "
            f"[bold]{bought.purchase_order}[/], its chart is {bought.chart}."
        )
    if result.violations:
        frame.say(f"{_mark(False)} The audit finds {len(result.violations)}:")
        frame.console().print(violations_table(result.violations))
    else:
        frame.say(f"{_mark(True)} The audit finds nothing: stock, quantities, money and effects all agree.")
    if result.trouble:
        frame.say(f"{_mark(False)} {escape(result.trouble)}")
    _next(result, everything, keep)


_EDI = (("997", "(receipt)"), ("855", "(answer)"), ("856", "(ship notice)"), ("810", "(invoice)"))


def _show_dunning(dunned: Dunned) -> None:
    """A reminder as it reached its customer, and a promise that was broken with what followed."""
    from rich.markup import escape

    if (letter := dunned.letter) is not None:
        frame.say(f"{_mark(True)} {dunned.letters} reminders went out by e-mail, for example [bold]{escape(letter.subject)}[/]")
        frame.say(f"  to {escape(letter.to)} with {escape(', '.join(letter.attachments))}; it lies in {letter.path}")
    if (broken := dunned.broken) is not None:
        followed = f"reminder {broken.document} of level {broken.level} went out at once" if broken.document else "the money came"
        hold = "further orders of theirs are held" if broken.held else "their further orders were held until it was settled"
        frame.say(f"{_mark(True)} {escape(broken.customer)} broke a promise to pay ({escape(broken.order)}): {followed}, {hold}.")


def _show_returns(returned: Returned) -> None:
    """A part that came back, with what was kept of its price, and goods that were exchanged for dearer or cheaper ones."""
    from rich.markup import escape

    if (part := returned.partial) is not None:
        kept = f", {part.kept} kept as restocking fee" if part.kept else ""
        frame.say(
            f"{_mark(True)} {part.units} of {part.delivered} units of [bold]{escape(part.order)}[/] came back "
            f"({part.document}: {part.became}): {part.credited} credited{kept}, {part.refunded} refunded."
        )
    if (swap := returned.exchange) is not None:
        settled = f"{swap.difference} were collected" if swap.difference.minor > 0 else f"{-swap.difference} went back"
        frame.say(
            f"{_mark(True)} {escape(swap.given)} of [bold]{escape(swap.order)}[/] was exchanged for {escape(swap.sold)} ({swap.document}): "
            f"{swap.credited} credited, {swap.charged} billed, {settled}."
        )


def _ending_table(endings: list[Ending]) -> RenderableType:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from domain.lifecycle import Stage
    from starters.cli.rendering import stage

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for column in ("Order", "Its story", "Ended", ""):
        table.add_column(column)
    for ending in endings:
        ended = stage(Stage(ending.ended)) if ending.ended else ending.stage
        table.add_row(escape(ending.key), escape(ending.title), ended, _mark(ending.as_told))
    return table


def _shortfall(ending: Ending) -> str:
    waits = ", ".join(f"{wait.wait.value.replace('_', ' ')} ({wait.subject})" for wait in ending.waits)
    at = f"is {ending.ended or ending.stage}"
    return f"{at} and should be {ending.expected}" + (f"; it waits for {waits}" if waits and not ending.ended else "")


def _next(result: Result, everything: Everything, keep: bool) -> None:
    home, some = everything.settings.home, next((ending.key for ending in result.endings), "ORDER")
    if keep:
        frame.say(
            f"\nEverything still runs: Temporal UI at [bold]{everything.server.ui_address}[/], Ctrl-C here ends it. In another terminal:"
        )
    else:
        frame.say("\nEverything is stopped; the records stay. Try:")
    frame.say(f"  [bold]source {home}/env[/]   [dim]# the commands below then see the demo's orders[/]")
    for command, meaning in (
        ("oms list", "every order, and what it waits for"),
        (f"oms show {some} --trail", "one order, and who did what"),
        ("oms inbox --channel shopify", "what the web shop delivered, and what became of it"),
        ("oms quote show Q-000001", "a quote that was accepted, and the order that it became"),
        ("oms feedback list --kind shipment", "what the web shop was told"),
        ("oms stock", "what lies where"),
        *(
            ((f"oms edi show {result.partners.example}", "an invoice as its partner got it by EDI; oms edi sent lists them all"),)
            if result.partners
            else ()
        ),
        ("oms wave list --all", "what our own floor picked; oms wave show WAVE has its scans"),
        ("oms cash list", "payments that nobody could match; oms cash match decides"),
        (f"oms bank {home}/bank/*.xml", "read the bank's statements again: nothing is booked twice"),
        ("oms recall CLN-900 CP-2611", "who got units of a lot, and where the rest lies"),
        ("oms replenish list", "what else to order; `oms replenish show N` has the arithmetic"),
        ("oms show shopify/5041", "an exchange for a dearer item; 5040 is a return with a fee and a quarantine"),
        ("oms claims", "what carriers, suppliers and customers owe for goods; oms held lists what is held for nobody"),
        ("oms audit", "check every truth again"),
        *(() if keep else (("oms server", f"the Temporal UI with every story, at {everything.server.ui_address}"),)),
    ):
        frame.say(f"  {command:<34} [dim]# {meaning}[/]")


def _mark(good: bool) -> str:
    return "[green]✓[/]" if good else "[red]✗[/]"
