"""Replenishment asked for: at once by a person, or every night by a schedule that Temporal keeps."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from database import past_demand
from database.engine import Database
from domain.errors import InputRefused, Refused, Unavailable
from domain.proposals import HistoryFinding, HistoryImported, HistoryRow, PlanReplenishment, ReplenishmentPlanned
from domain.purchasing import MOST_UNITS
from starters.receiving import TASK_QUEUE, sentence_of

SCHEDULE = "replenishment"
"""The one schedule; its runs are `replenishment-{time}`."""
HOUR = 4
"""Of the night, in UTC: the day's orders are in, and the buyers are not."""
PATIENCE = timedelta(minutes=10)
"""How long a run is awaited; it goes on all the same."""
LARGEST = 64 * 1024 * 1024
"""Bytes of a history that are read: some two million rows."""
MOST_FINDINGS = 200
"""Findings that are told one by one; a file of another shape has one in every row."""
COLUMNS = ("item", "location", "date", "quantity")
OPTIONAL = "out_of_stock"


class Every(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"  # on Monday
    OFF = "off"  # the schedule stays and rests


async def replenish(client: Client, asked: PlanReplenishment, name: str) -> ReplenishmentPlanned:
    """Plan every item; a run of the same name is the same run, and answers as it did. Raises Refused and Unavailable."""
    try:
        handle: WorkflowHandle[object, ReplenishmentPlanned] = await client.start_workflow(
            "Replenishment",
            asked,
            id=f"{SCHEDULE}/{name}",
            task_queue=TASK_QUEUE,
            result_type=ReplenishmentPlanned,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary="Plan every item",
        )
        return await asyncio.wait_for(handle.result(), PATIENCE.total_seconds())
    except TimeoutError:
        raise Unavailable(f"Run {name} is recorded and goes on as soon as a worker runs (`oms worker`).") from None
    except WorkflowFailureError as failed:
        raise Refused(sentence_of(failed)) from failed
    except RPCError as error:
        raise Unavailable(f"Run {name} could not be started: {error.message}; ask again, it plans once.") from error


async def schedule(client: Client, every: Every) -> bool:
    """Run every day or week, or not by itself until told again; told twice it is one schedule. Answers whether anything changed."""
    off = every is Every.OFF
    changed = await ensure_schedule(client, Every.DAILY if off else every)

    def to_wanted(known: ScheduleUpdateInput) -> ScheduleUpdate | None:
        nonlocal changed
        stands = known.description.schedule
        if stands.state.paused == off and (off or _when(stands.spec) == _when(_spec(every))):
            return None
        changed, stands.state.paused = True, off
        if not off:
            stands.spec = _spec(every)
        return ScheduleUpdate(schedule=stands)

    try:
        await client.get_schedule_handle(SCHEDULE).update(to_wanted)
    except RPCError as error:
        raise Unavailable(f"The schedule could not be changed: {error.message}") from error
    return changed


async def ensure_schedule(client: Client, every: Every = Every.DAILY) -> bool:
    """Create the schedule unless there is one, which stays as somebody set it. Answers whether it was created."""
    try:
        await client.create_schedule(
            SCHEDULE,
            Schedule(
                action=ScheduleActionStartWorkflow(
                    "Replenishment", PlanReplenishment(), id=SCHEDULE, task_queue=TASK_QUEUE, static_summary="Plan every item"
                ),
                spec=_spec(every),
                # A run that is still at work looks at the newest figures anyway; one that was missed is made up for within a day.
                policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(days=1)),
            ),
        )
    except ScheduleAlreadyRunningError:
        return False
    except RPCError as error:
        raise Unavailable(f"The schedule could not be created: {error.message}") from error
    return True


def _spec(every: Every) -> ScheduleSpec:
    weekly = [ScheduleRange(1)]  # Temporal counts from Sunday, 0
    calendar = ScheduleCalendarSpec(hour=[ScheduleRange(HOUR)], day_of_week=weekly if every is Every.WEEKLY else [ScheduleRange(0, 6)])
    return ScheduleSpec(calendars=[calendar])


def _when(spec: ScheduleSpec) -> list[tuple[int, int, int]]:
    """Hour, first and last day of the week; the server writes out what we leave to it."""
    return [(calendar.hour[0].start, days.start, max(days.start, days.end)) for calendar in spec.calendars for days in calendar.day_of_week]


async def import_file(database: Database, content: bytes, name: str) -> HistoryImported:
    """Store what can be read of a history; what was not taken is in the answer, by row. Raises InputRefused for what is no history."""
    rows, unread = read_history(content, name)
    told = await database.transaction(past_demand.import_history, rows, name, datetime.now(UTC))
    return told.model_copy(update={"findings": tuple(sorted((*unread, *told.findings), key=lambda finding: finding.row))})


def read_history(content: bytes, place: str, today: date | None = None) -> tuple[list[tuple[int, HistoryRow]], list[HistoryFinding]]:
    """The rows of a CSV file (`item,location,date,quantity`, and `out_of_stock` where the shop knows it), and what is wrong with others.

    An empty location is the whole network; commas or semicolons part the columns. Raises InputRefused for what is no such file.
    """
    if len(content) > LARGEST:
        raise InputRefused(place, f"it has more than {LARGEST:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise InputRefused(place, f"byte {wrong.start} is not UTF-8") from None
    first_line = text.split("\n", 1)[0]
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in first_line else ",", restkey=_MORE, strict=True)
        header = [name.strip().lower() for name in reader.fieldnames or ()]
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            raise InputRefused(f"{place}, row 1", f"the header lacks {', '.join(missing)}; it should read {','.join(COLUMNS)}")
        reader.fieldnames = header
        rows, findings = [], []
        for entry in reader:
            try:
                rows.append((reader.line_num, _history_row(entry, today or datetime.now(UTC).date())))
            except ValueError as wrong:
                findings.append(HistoryFinding(row=reader.line_num, reason=str(wrong)))
    except csv.Error as wrong:
        raise InputRefused(place, f"it is not a CSV file ({wrong})") from None
    return rows, findings


def _history_row(entry: dict[str, str | None], today: date) -> HistoryRow:
    """One row; ValueError says what is wrong with it."""
    cell = {name: (entry.get(name) or "").strip() for name in (*COLUMNS, OPTIONAL)}
    if _MORE in entry:
        raise ValueError("it has more cells than the header")
    if not cell["item"]:
        raise ValueError("the item is missing")
    try:
        day = date.fromisoformat(cell["date"])
    except ValueError:
        raise ValueError(f"{cell['date']!r:.40} is not a date such as 2026-11-23") from None
    if day >= today:
        raise ValueError(f"{day} is not in the past")
    if not cell["quantity"].isdecimal() or len(cell["quantity"]) > 12 or int(cell["quantity"]) > MOST_UNITS:
        raise ValueError(f"{cell['quantity']!r:.40} is not a whole number of units from 0 to {MOST_UNITS:,}")
    if cell[OPTIONAL].lower() not in _YES_OR_NO:
        raise ValueError(f"{cell[OPTIONAL]!r:.40} is neither yes nor no (out_of_stock)")
    out_of_stock = _YES_OR_NO[cell[OPTIONAL].lower()]
    return HistoryRow(item=cell["item"], location=cell["location"], day=day, quantity=int(cell["quantity"]), out_of_stock=out_of_stock)


_MORE = "cells beyond the header"
_YES_OR_NO = {"": False, "no": False, "0": False, "false": False, "yes": True, "1": True, "true": True}
