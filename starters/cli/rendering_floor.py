"""How the floor looks on a terminal: the pick list as a picker walks it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from starters.cli.rendering import moment, table_of, until

if TYPE_CHECKING:
    from domain.floor import Backlog, Task, WaveView

_MARKS = {"released": "", "waved": "", "picked": "[green]✓[/]", "short": "[yellow]short[/]", "cancelled": "[dim]cancelled[/]"}


def wave_page(wave: WaveView, now: datetime) -> RenderableType:
    """A heading with how far it has come, then one pick list for each zone."""
    heading = Text.assemble((wave.wave, "bold"), f"  {wave.location}", (f"  zone {wave.zone}" if wave.zone else ""))
    heading.append(f"  {wave.picked} of {wave.units} units picked, {_count(wave.shipments, 'shipment')}", style="dim")
    cut_off = Text(f"cut-off {until(wave.cut_off, now)}", style="dim") if wave.cut_off else Text()
    made = Text(f"gathered {moment(wave.created_at)} by {wave.actor}", style="dim")
    parts: list[RenderableType] = [heading, made, cut_off] if wave.cut_off else [heading, made]
    for zone, tasks in groupby(wave.tasks, key=lambda task: task.zone):
        parts += ["", Text(f"Zone {zone}" if zone else "Outside of any zone", style="bold"), _pick_list(list(tasks))]
    return Group(*parts)


def _pick_list(tasks: list[Task]) -> RenderableType:
    lots = any(task.lot for task in tasks)
    columns = ["#>", "Bin", "Item", "Description", *(["Lot"] if lots else []), "Take>", "Taken>", "For", ""]
    rows = table_of(*columns)
    for task in tasks:
        cells = [str(task.position), f"[bold]{escape(task.bin)}[/]", escape(task.item), escape(task.description)]
        cells += [escape(task.lot)] if lots else []
        mark = _MARKS[task.status] + (" [dim]serial[/]" if task.by_serial and task.open else "")
        taken = str(task.picked) if task.picked else ""
        rows.add_row(*cells, f"[bold]{task.quantity}[/]", taken, escape(f"{task.order} ({task.shipment})"), mark)
    return rows


def waves_table(waves: Iterable[WaveView]) -> RenderableType:
    rows = table_of("Wave", "Location", "Zones", "Tasks>", "Open>", "Units>", "Picked>", "Shipments>", "Gathered (UTC)")
    for wave in waves:
        zones = ", ".join(sorted({task.zone for task in wave.tasks if task.zone}))
        opened = Text(str(wave.open), style="yellow" if wave.open else "green")
        counts = (str(wave.units), str(wave.picked), str(wave.shipments))
        rows.add_row(wave.wave, escape(wave.location), escape(zones), str(len(wave.tasks)), opened, *counts, moment(wave.created_at))
    return rows


def backlog_table(waiting: Iterable[Backlog], now: datetime) -> RenderableType:
    """What no wave has gathered yet."""
    rows = table_of("Waits for a wave", "Zone", "Tasks>", "Units>", "Shipments>", "Urgent>", "Next cut-off (UTC)")
    for each in waiting:
        urgent = Text(str(each.urgent or ""), style="red")
        counts = (str(each.tasks), str(each.units), str(each.shipments))
        rows.add_row(escape(each.location), escape(each.zone), *counts, urgent, until(each.next_cut_off, now))
    return rows


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
