"""EDI on the terminal: what becomes of a partner's file, and what it would be answered with."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import InputRefused
from starters.cli import edi_exchange, edi_facts, frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from domain.edi_partners import Partner
    from domain.intake import Part
    from starters.edi.answer import Answer
    from starters.edi.translate import InterchangeRead, SetRead

app = typer.Typer()
PANEL = "Bring in"

edi = typer.Typer(help="Documents of trading partners: X12 and EDIFACT.", no_args_is_help=True)
edi.add_typer(edi_exchange.app)
edi.add_typer(edi_facts.app)
app.add_typer(edi, name="edi", rich_help_panel=PANEL)


@edi.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE|DIR...", help="X12 or EDIFACT files, or folders of them.")],
    partners: Annotated[
        Path | None, typer.Option("--partners", metavar="FILE", help="Partner maps, TOML or JSON. [default: OMS_EDI_PARTNERS]")
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", metavar="DIR", help="Write what the files would be answered with (997, TA1, CONTRL) into DIR."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Read partners' files and show every set, what it becomes and why it is refused. Nothing is placed and nothing is kept."""
    from starters.edi.answer import answers as answered
    from starters.edi.partners import partners_of, read_partners
    from starters.edi.translate import read

    maps = read_partners(partners) if partners else partners_of(frame.settings())
    numbers, files_written, now = count(1), count(1), datetime.now(UTC)  # a trial: real control numbers are drawn for the wire only
    shown: list[dict[str, Any]] = []
    for file in _each(files):
        try:
            found = read(_content(file), maps, {})
        except InputRefused as refused:
            shown.append({"file": str(file), "refused": str(refused)})
            continue
        said = [(one, answered(one, numbers, now)) for one in found]
        shown.append({"file": str(file), "interchanges": [_interchange(one, answer) for one, answer in said]})
        if answers:
            answers.mkdir(parents=True, exist_ok=True)
            for answer in (answer for _, several in said for answer in several):
                (answers / f"{next(files_written)}-{file.stem}-{answer.kind}.edi").write_bytes(answer.content)
    if json:
        frame.answer_json(shown)
    else:
        for entry in shown:
            _show(entry)
    raise typer.Exit(3 if any(_refused(entry) for entry in shown) else 0)


def _each(files: list[Path]) -> list[Path]:
    """The files, those of a folder in the order of their names."""
    return [each for file in files for each in (sorted(one for one in file.iterdir() if one.is_file()) if file.is_dir() else [file])]


def _content(file: Path) -> bytes:
    from starters.edi.normalise import LARGEST

    with file.open("rb") as opened:
        return opened.read(LARGEST + 1)  # a file of many gigabytes never comes into memory


def _interchange(one: InterchangeRead, said: list[Answer]) -> dict[str, Any]:
    interchange = one.interchange
    return {
        "interchange": interchange.control,
        "syntax": interchange.syntax,
        "sender": str(interchange.sender),
        "receiver": str(interchange.receiver),
        "partner": one.partner.name if one.partner else None,
        "fault": str(interchange.fault) if interchange.fault else None,
        "sets": [_set(each, one.partner) for each in one.sets],
        "answers": [answer.kind for answer in said],
    }


def _set(one: SetRead, partner: Partner | None) -> dict[str, Any]:
    return {
        "set": one.set.control,
        "kind": one.set.kind,
        "parts": [
            {"becomes": _becomes(part), "place": part.place, "says": _says(part, partner).removeprefix(f"{one.set.place}, ")}
            for part in one.parts
        ],
    }


def _becomes(part: Part) -> str:
    from domain.edi_documents import DocumentIn
    from domain.intake import IgnoredIn, MessageIn, OrderIn, SeenIn, UnmappedIn
    from domain.messages import CarrierEvent
    from starters.edi.parts import called

    match part:
        case OrderIn():
            return "order"
        case SeenIn():
            return CarrierEvent.called()
        case MessageIn():
            return part.message.called()
        case DocumentIn():
            return called(part)
        case UnmappedIn():
            return "to be mapped"
        case IgnoredIn():
            return "ignored"
    return "refused"


def _says(part: Part, partner: Partner | None) -> str:
    """What a part asks or tells, or why it is none."""
    from domain.edi_documents import DocumentIn
    from domain.intake import IgnoredIn, MessageIn, OrderIn, RefusedIn, SeenIn, UnmappedIn
    from starters.edi.parts import for_a_person

    match part:
        case OrderIn():
            return f"{part.order.key} of {part.order.customer}: {len(part.order.lines)} lines, {part.order.total}"
        case MessageIn():
            return f"{part.order}"
        case SeenIn():
            return f"{part.tracking}: {part.status.replace('_', ' ')}"
        case DocumentIn():
            return for_a_person(part, partner)
        case UnmappedIn():
            return ", ".join(f"{kind} {text!r}" for kind, text in part.needs)
        case RefusedIn() | IgnoredIn():
            return f"{part.place}: {part.reason}"
    return part.place


def _refused(entry: dict[str, Any]) -> bool:
    if "refused" in entry:
        return True
    return any(
        one["fault"] or any(part["becomes"] == "refused" for each in one["sets"] for part in each["parts"]) for one in entry["interchanges"]
    )


COLOURS = {"order": "green", "refused": "red", "to be mapped": "yellow", "change": "yellow"}


def _show(entry: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    if "refused" in entry:
        frame.say(f"[bold]{escape(entry['file'])}[/]: [red]{escape(entry['refused'])}[/]")
        return
    for one in entry["interchanges"]:
        said = f"answered with {', '.join(one['answers'])}" if one["answers"] else "not answered"
        frame.say(
            f"[bold]{escape(entry['file'])}[/]: interchange {escape(one['interchange'])} from {escape(one['sender'])} "
            f"to {escape(one['receiver'])}, partner {escape(one['partner'] or 'unknown')}, {said}"
        )
        if one["fault"]:
            frame.say(f"  [red]{escape(one['fault'])}[/]")
        table = Table(box=None, pad_edge=True, header_style="bold")
        for heading in ("set", "kind", "becomes", "says"):
            table.add_column(heading, overflow="fold")
        for each in one["sets"]:
            for part in each["parts"]:
                colour = COLOURS.get(part["becomes"], "none")
                table.add_row(escape(each["set"]), escape(each["kind"]), f"[{colour}]{part['becomes']}[/]", escape(part["says"]))
        frame.console().print(table)
