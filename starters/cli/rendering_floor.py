"""How the floor looks on a terminal: pick lists as they are walked, counts, lots, and who has a recalled one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from domain.counting import CountStatus
from starters.cli.rendering import moment, plain_table, until

if TYPE_CHECKING:
    from domain.counting import CountView
    from domain.floor import Backlog, Task, WaveView
    from domain.lots import LotView, Recall, Recalled, SerialView

_MARKS = {
    "released": "",
    "waved": "",
    "picked": "[green]✓[/]",
    "short": "[yellow]short[/]",
    "told": "[dim]told[/]",
    "cancelled": "[dim]cancelled[/]",
}


def wave_page(wave: WaveView, now: datetime) -> RenderableType:
    """A heading with how far it has come, then one pick list for each zone."""
    heading = Text.assemble((wave.wave, "bold"), f"  {wave.location}", (f"  zone {wave.zone}" if wave.zone else ""))
    back = f", {wave.put_back} to put back" if wave.put_back else ""
    heading.append(f"  {wave.picked} of {wave.units} units picked{back}, {_count(wave.shipments, 'shipment')}", style="dim")
    cut_off = Text(f"cut-off {until(wave.cut_off, now)}", style="dim") if wave.cut_off else Text()
    made = Text(f"gathered {moment(wave.created_at)} by {wave.actor}", style="dim")
    parts: list[RenderableType] = [heading, made, cut_off] if wave.cut_off else [heading, made]
    for zone, tasks in groupby(wave.tasks, key=lambda task: task.zone):
        parts += ["", Text(f"Zone {zone}" if zone else "Outside of any zone", style="bold"), _pick_list(list(tasks))]
    return Group(*parts)


def _pick_list(tasks: list[Task]) -> RenderableType:
    lots = any(task.lot for task in tasks)
    columns = ["#>", "Bin", "Item", "Description", *(["Lot"] if lots else []), "Take>", "Taken>", "For", ""]
    rows = _unfolded(plain_table(*columns))
    for task in tasks:
        cells = [str(task.position), f"[bold]{escape(task.bin)}[/]", escape(task.item), escape(task.description)]
        cells += [escape(task.lot)] if lots else []
        mark = "[red]put back[/]" if task.status == "cancelled" and task.picked else _MARKS[task.status]
        mark += " [dim]serial[/]" if task.by_serial and task.open else ""
        taken = str(task.picked) if task.picked else ""
        rows.add_row(*cells, f"[bold]{task.quantity}[/]", taken, escape(f"{task.order} ({task.shipment})"), mark)
    return rows


def waves_table(waves: Iterable[WaveView]) -> RenderableType:
    rows = plain_table("Wave", "Location", "Zones", "Tasks>", "Open>", "Units>", "Picked>", "Shipments>", "Gathered (UTC)")
    for wave in waves:
        zones = ", ".join(sorted({task.zone for task in wave.tasks if task.zone}))
        opened = Text(str(wave.open), style="yellow" if wave.open else "green")
        counts = (str(wave.units), str(wave.picked), str(wave.shipments))
        rows.add_row(wave.wave, escape(wave.location), escape(zones), str(len(wave.tasks)), opened, *counts, moment(wave.created_at))
    return rows


def backlog_table(waiting: Iterable[Backlog], now: datetime) -> RenderableType:
    """What no wave has gathered yet."""
    rows = plain_table("Waits for a wave", "Zone", "Tasks>", "Units>", "Shipments>", "Urgent>", "Next cut-off (UTC)")
    for each in waiting:
        urgent = Text(str(each.urgent or ""), style="red")
        counts = (str(each.tasks), str(each.units), str(each.shipments))
        rows.add_row(escape(each.location), escape(each.zone), *counts, urgent, until(each.next_cut_off, now))
    return rows


def counts_table(counts: Sequence[CountView]) -> RenderableType:
    """What is to be counted and what waits; an open task does not show what the books say."""
    lots = any(count.lot for count in counts)
    counted = any(count.counted is not None for count in counts)
    columns = ["Task", "Bin", "Item", *(["Lot"] if lots else []), "Why", "Status"]
    rows = _unfolded(plain_table(*columns, *(["Books>", "Counted>", "Differs>"] if counted else ["Opened (UTC)"])))
    for count in counts:
        style = {"counted": "yellow", "posted": "green", "recounted": "dim"}.get(count.status.value, "")
        cells = [count.task, f"{escape(count.location)} [bold]{escape(count.bin)}[/]", escape(count.item)]
        cells += [escape(count.lot)] if lots else []
        cells += [count.reason.value.replace("_", " "), f"[{style}]{count.status.value}[/]" if style else count.status.value]
        if counted:
            cells += ["" if number is None else str(number) for number in (count.expected, count.counted)]
            worth = f" ({count.value / 100:+.2f})" if count.value else ""
            cells.append(f"{count.variance:+}{worth}" if count.variance else "")
        else:
            cells.append(moment(count.opened_at))
        rows.add_row(*cells)
    return rows


def count_sentence(count: CountView) -> RenderableType:
    """Where a count stands, and what comes next."""
    place = f"{count.item} in {count.location} {count.bin}" + (f", lot {count.lot}" if count.lot else "")
    if count.status is CountStatus.OPEN:
        return Text.from_markup(f"[bold]{count.task}[/] is open: count {escape(place)}.")
    if count.status is CountStatus.COUNTED:
        text = f"[bold]{count.task}[/] counted {count.counted}, expected {count.expected} ({count.variance:+}) of {escape(place)}: "
        if count.held_up:
            return Text.from_markup(f"{text}[yellow]it cannot be booked yet.[/]\n{escape(count.held_up)}")
        return Text.from_markup(f"{text}[yellow]somebody else approves it[/] (`oms count approve {count.task}`) or has it counted again.")
    again = " [dim](before; nothing was changed)[/]" if count.repeated else ""
    booked = f"booked {count.adjusted:+} by {escape(count.decided_by)}" if count.adjusted else "the books were right"
    return Text.from_markup(f"[green]✓[/] [bold]{count.task}[/] counted {count.counted} of {escape(place)}: {booked}{again}.")


def lots_table(lots: Iterable[LotView], now: datetime) -> RenderableType:
    rows = plain_table("Item", "Lot", "Last day", "Location", "Bin", "On hand>", "Reserved>", "")
    for lot in lots:
        expired = lot.expires_on is not None and lot.expires_on < now.date()
        said = f"blocked: {lot.blocked}" if lot.blocked else "expired" if expired else ""
        mark = Text(said, style="red" if said else "")
        last = str(lot.expires_on) if lot.expires_on else "keeps"
        cells = (escape(lot.item), escape(lot.lot), last, escape(lot.location), escape(lot.bin))
        rows.add_row(*cells, str(lot.on_hand), str(lot.reserved), mark)
    return rows


def recall_page(recall: Recall, now: datetime) -> RenderableType:
    """Who has it, who was about to get it, and what still lies where."""
    heading = Text.assemble((f"{recall.item} lot {recall.lot}", "bold"), f"  {recall.description}")
    heading.append(f"  last day {recall.expires_on}" if recall.expires_on else "")
    blocked = Text(f"blocked: {recall.blocked}", style="red") if recall.blocked else Text("not blocked", style="yellow")
    parts: list[RenderableType] = [heading, blocked]
    for title, shipments in (("Left the house", recall.shipped), ("Kept for orders, not shipped", recall.on_its_way_out)):
        if shipments:
            parts += ["", Text(title, style="bold"), _holders(shipments)]
    if recall.in_stock:
        parts += ["", Text("In stock", style="bold"), lots_table(recall.in_stock, now)]
    if not (recall.shipped or recall.on_its_way_out or recall.in_stock):
        parts += ["", "Nobody has any of it, and there is none in stock."]
    return Group(*parts)


def serials_table(units: Sequence[SerialView]) -> RenderableType:
    """One row a unit: whose it is and what became of its shipment."""
    back = any(each.returned for each in units)
    columns = ("Serial", "Item", "Order", "Customer", "From", "Picked (UTC)", "Status", "Tracking", "Delivered (UTC)")
    rows = _unfolded(plain_table(*columns, *(["Back of its line>"] if back else [])))
    for each in units:
        whose = (escape(f"{each.order} ({each.shipment})"), escape(f"{each.customer} {each.customer_name}".strip()))
        went = (escape(each.location), moment(each.picked_at), each.status, escape(each.tracking), moment(each.delivered_at))
        rows.add_row(escape(each.serial), escape(each.item), *whose, *went, *([str(each.returned or "")] if back else []))
    return rows


def _holders(shipments: Sequence[Recalled]) -> RenderableType:
    back, numbers = any(each.returned for each in shipments), any(each.serials for each in shipments)
    columns = ["Order", "Customer", "Units>", *(["Back>"] if back else []), "Status", "Tracking", "Delivered (UTC)"]
    rows = _unfolded(plain_table(*columns, *(["Serials"] if numbers else [])))
    for each in shipments:
        cells = [escape(f"{each.order} ({each.shipment})"), escape(f"{each.customer} {each.customer_name}".strip()), str(each.units)]
        cells += [str(each.returned or "")] if back else []
        cells += [each.status, escape(each.tracking), moment(each.delivered_at)]
        rows.add_row(*cells, *([escape(", ".join(each.serials))] if numbers else []))
    return rows


def _unfolded(rows: Table) -> Table:
    """Ids and numbers stand in one piece; names and lists give way."""
    for column in rows.columns:
        column.no_wrap = column.header not in ("Customer", "Serials", "Description", "By")
    return rows


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
