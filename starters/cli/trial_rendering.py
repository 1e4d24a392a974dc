"""A dry run on the terminal: what would become of every order of a file, and every finding by its row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from domain.steps import Severity
from starters.cli import frame
from starters.cli.rendering import table

if TYPE_CHECKING:
    from domain.column_map import RowFinding
    from domain.steps import Finding
    from starters.desk import Brought, Trial
    from starters.files.rows import OrderRead

    Tried = tuple[str, Brought | str, Sequence[Trial]]

MOST_SHOWN = 200
"""Findings on the terminal; `--json` has all of them."""


def show_trials(found: Sequence[Tried], as_json: bool) -> bool:
    """Show every file; whether anything of them would be refused."""
    if as_json:
        frame.answer_json([_as_json(*each) for each in found])
    else:
        for each in found:
            _show(*each)
    return any(isinstance(brought, str) or any(_refused(trial) for trial in trials) for _, brought, trials in found)


def _show(file: str, brought: Brought | str, trials: Sequence[Trial]) -> None:
    if isinstance(brought, str):
        frame.say(f"[red]{escape(brought)}[/]")
        return
    frame.say(
        f"[bold]{escape(file)}[/]: {brought.delivery.form}, {len(trials)} {'order' if len(trials) == 1 else 'orders'}. {_columns(brought)}"
    )
    frame.console().print(table(("Order", "Where", "Customer", "Lines", "Total", "Would be"), [_row(trial) for trial in trials]))
    findings = [row for trial in trials for row in _findings(trial)]
    if findings:
        frame.console().print()
        frame.console().print(table(("Order", "Where", "What is there", "Expected"), [row[:4] for row in findings[:MOST_SHOWN]]))
    if len(findings) > MOST_SHOWN:
        frame.say(f"and {len(findings) - MOST_SHOWN:,} more; --json shows them all.")
    frame.say(f"\n{_verdict(trials)} Nothing was changed.")


def _columns(brought: Brought) -> str:
    """What was read of a table and what was not, so that a column that was missed is seen."""
    read = brought.table
    if read is None:
        return ""
    said = [f"Sheet {read.sheet}."] if read.sheet else []
    said.append(f"Read: {', '.join(f'{heading} as {field.value}' for field, heading in read.headings.items())}.")
    if read.unread:
        said.append(f"Not read: {', '.join(read.unread[:20])}.")
    if read.passed:
        from starters.files.rows import said_rows

        said.append(f"Without item and quantity: {said_rows(read.passed)}.")
    return escape(" ".join(said))


def _row(trial: Trial) -> tuple[str, ...]:
    order = trial.appraisal.placed if trial.appraisal else trial.order
    where = trial.part.place.partition(", ")[2] or trial.part.place
    if order is None:
        return (trial.read.number if trial.read else "", where, "", "", "", _would_be(trial))
    total = str(order.total) if trial.appraisal and not trial.appraisal.unpriced else ""
    return (order.key, where, order.customer, str(len(order.lines)), total, _would_be(trial))


def _would_be(trial: Trial) -> str:
    if trial.needs:
        return "waiting for a mapping"
    if trial.appraisal is None:
        return "refused" if _refused(trial) else "ignored"
    asks = [finding for finding in trial.appraisal.findings if finding.severity is not Severity.NOTE]
    if any(finding.severity is Severity.FATAL for finding in asks):
        return "placed and rejected"
    if any(finding.severity is Severity.MENDABLE for finding in asks):
        return "placed, and a person asked"
    return "placed, and stopped by credit" if asks else "placed"


def _refused(trial: Trial) -> bool:
    return bool(trial.refused or (trial.read is not None and trial.read.findings))


def _findings(trial: Trial) -> Iterable[tuple[str, str, str, str]]:
    """Order, place, what is there, what was expected."""
    name = trial.order.key if trial.order else trial.read.number if trial.read else ""
    for finding in trial.read.findings if trial.read else ():
        yield name, finding.place, finding.found or "(nothing)", finding.expected
    if trial.refused and not (trial.read and trial.read.findings):
        yield name, trial.part.place, "", trial.refused
    for kind, text in trial.needs:
        yield name, trial.part.place, f"{kind} {text}", "nobody has mapped it; `oms map` does"
    for found in trial.appraisal.findings if trial.appraisal else ():
        yield name, _place(found, trial.read), "", f"{'note: ' if found.severity is Severity.NOTE else ''}{found.reason}"


def _place(finding: Finding, read: OrderRead | None) -> str:
    """A line of the order by its row in the file."""
    number = finding.place.removeprefix("line ")
    if read is None or read.counted != "row" or not number.isdecimal() or int(number) > len(read.rows):
        return finding.place
    return f"row {read.rows[int(number) - 1]}"


def _verdict(trials: Sequence[Trial]) -> str:
    refused = sum(_refused(trial) for trial in trials)
    waits = sum(bool(trial.needs) for trial in trials)
    said = [f"{len(trials) - refused - waits} of {len(trials)} would be placed"]
    said += [f"{waits} would wait for a mapping"] if waits else []
    said += [f"{refused} refused"] if refused else []
    return f"{', '.join(said)}."


def _as_json(file: str, brought: Brought | str, trials: Sequence[Trial]) -> dict[str, Any]:
    if isinstance(brought, str):
        return {"file": file, "refused": brought}
    about: dict[str, Any] = {"file": file, "form": brought.delivery.form}
    if brought.table is not None:
        about |= {"headings": brought.table.headings, "unread": brought.table.unread, "passed": brought.table.passed}
    return about | {"orders": [_order(trial) for trial in trials]}


def _order(trial: Trial) -> dict[str, Any]:
    order = trial.appraisal.placed if trial.appraisal else trial.order
    findings: Sequence[RowFinding] = trial.read.findings if trial.read else ()
    return {
        "order": order.key if order else None,
        "place": trial.part.place,
        "would_be": _would_be(trial),
        "total": order.total if order is not None and trial.appraisal and not trial.appraisal.unpriced else None,
        "findings": [finding.model_dump(mode="json") for finding in findings],
        "refused": trial.refused,
        "needs": [{"kind": kind.value, "text": text} for kind, text in trial.needs],
        "asked": [
            {"place": _place(found, trial.read), "reason": found.reason, "severity": found.severity.value}
            for found in (trial.appraisal.findings if trial.appraisal else ())
        ],
    }
