"""What the columns of a sender's files mean: learned once, used by name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import InputRefused
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from database.columns import Learned
    from domain.column_map import ColumnMap

app = typer.Typer()
PANEL = "Bring in"

columns = typer.Typer(help="Column maps: what the columns of a sender's CSV and XLSX files mean.", no_args_is_help=True)
app.add_typer(columns, name="columns", rich_help_panel=PANEL)

SEPARATORS = {"": "", "comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", ",": ",", ";": ";", "|": "|"}


@columns.command("learn")
def learn(
    name: Annotated[str, typer.Argument(help="The channel: orders of these files are NAME/their number.")],
    column: Annotated[
        list[str] | None,
        typer.Option("--column", "-c", metavar="FIELD=HEADING", help="Under which heading a field stands. [default: the usual headings]"),
    ] = None,
    fix: Annotated[list[str] | None, typer.Option("--fix", metavar="FIELD=VALUE", help="What a field is in every order.")] = None,
    sheet: Annotated[str, typer.Option("--sheet", help="Of a workbook. [default: the first that is shown]")] = "",
    header_row: Annotated[int, typer.Option("--header-row", min=0, help="The row of the headings. [default: looked for]")] = 0,
    separator: Annotated[str, typer.Option("--separator", help="comma, semicolon, tab or bar. [default: seen in the file]")] = "",
    encoding: Annotated[str, typer.Option("--encoding", help="utf-8, utf-16, cp1252 or iso-8859-15. [default: utf-8]")] = "",
    decimal: Annotated[str, typer.Option("--decimal", metavar="SIGN", help="The sign before the cents: , or .")] = "",
    dates: Annotated[
        list[str] | None, typer.Option("--dates", metavar="FORM", help="How days are written, such as DD/MM/YYYY; may be repeated.")
    ] = None,
    taxes_included: Annotated[bool, typer.Option("--taxes-included", help="The prices contain their taxes.")] = False,
    file: Annotated[
        Path | None, typer.Option("--try", metavar="FILE", help="A file that must be readable by it, else nothing is kept.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Say what the columns of a channel's files mean, in place of what was said before. Fields: see `oms columns fields`."""
    from database.columns import learn_columns

    if separator.lower() not in SEPARATORS:
        raise InputRefused("--separator", f"{separator!r:.20} is not one of comma, semicolon, tab, bar")
    taught = _built(
        name=name,
        columns=_fields(column or [], "--column"),
        fixed=_fields(fix or [], "--fix"),
        sheet=sheet,
        header_row=header_row,
        delimiter=SEPARATORS[separator.lower()],
        encoding=encoding,
        decimal=decimal,
        dates=tuple(dates or ()),
        taxes_included=taxes_included,
    )
    if file is not None:
        _try(taught, file)

    async def write() -> None:
        async with frame.database() as database:
            await database.transaction(learn_columns, taught, frame.actor(), datetime.now(UTC))

    frame.run(write())
    if json:
        frame.answer_json(taught)
    else:
        frame.say(f"The columns of [bold]{name}[/] are known. `oms place FILE --columns {name} --dry-run` shows what they make of a file.")


@columns.command("show")
def show(name: Annotated[str, typer.Argument(help="The channel.")], json: AsJson = False) -> None:
    """What one channel's columns mean."""
    from database.columns import one_of
    from starters.cli.rendering import moment, table

    async def read() -> Learned:
        async with frame.database() as database:
            return await database.read(one_of, name)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    taught = found.map
    rows = [(field.value, f"under the heading {heading!r}") for field, heading in taught.columns.items()]
    rows += [(field.value, f"always {value!r}") for field, value in taught.fixed.items()]
    rows += [
        (what, said)
        for what, said in (
            ("(sheet)", taught.sheet),
            ("(headings)", f"in row {taught.header_row}" if taught.header_row else ""),
            ("(separator)", repr(taught.delimiter) if taught.delimiter else ""),
            ("(encoding)", taught.encoding),
            ("(decimal sign)", taught.decimal),
            ("(dates)", ", ".join(taught.dates)),
            ("(prices)", "contain their taxes" if taught.taxes_included else ""),
        )
        if said
    ]
    frame.console().print(table(("Field", "Meaning"), rows))
    frame.say(f"[dim]Other fields by their usual headings. Taught by {found.actor}, {moment(found.at)}.[/]")


@columns.command("list")
def list_maps(json: AsJson = False) -> None:
    """Every column map."""
    from database.columns import all_columns
    from starters.cli.rendering import moment, table

    async def read() -> list[Learned]:
        async with frame.database() as database:
            return await database.read(all_columns)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    rows = [
        (
            each.map.name,
            ", ".join(f"{heading} as {field.value}" for field, heading in each.map.columns.items()),
            each.actor,
            moment(each.at),
        )
        for each in found
    ]
    frame.console().print(table(("Name", "Columns", "By", "At"), rows) if rows else "No column map was taught; the usual headings count.")


@columns.command("fields")
def fields(json: AsJson = False) -> None:
    """The fields that a column may say, and the headings by which they are known without a map."""
    from domain.column_map import OrderField
    from starters.cli.rendering import table
    from starters.files.headings import USUAL_HEADINGS

    if json:
        frame.answer_json({field.value: USUAL_HEADINGS[field].split("|") for field in OrderField})
        return
    frame.console().print(
        table(("Field", "Usual headings"), [(field.value, USUAL_HEADINGS[field].replace("|", ", ")) for field in OrderField])
    )


@columns.command("forget")
def forget(name: Annotated[str, typer.Argument(help="The channel.")], json: AsJson = False) -> None:
    """Take a column map away; files that were read by it stay as they are."""
    from database.columns import forget_columns

    async def write() -> None:
        async with frame.database() as database:
            await database.transaction(forget_columns, name)

    frame.run(write())
    if json:
        frame.answer_json({"forgotten": name})
    else:
        frame.say(f"The column map [bold]{name}[/] is gone.")


def _fields(pairs: list[str], place: str) -> dict[str, str]:
    from domain.column_map import OrderField

    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, said = pair.partition("=")
        if not (name and equals and said.strip()):
            raise InputRefused(place, f"{pair!r:.60} does not read FIELD=VALUE, such as item=Artikel-Nr.")
        if name not in list(OrderField):
            raise InputRefused(place, f"{name!r:.40} is no field of an order; they are {', '.join(OrderField)}")
        if name in found:
            raise InputRefused(place, f"the field {name} is named twice")
        found[name] = said.strip()
    return found


def _built(**fields: Any) -> ColumnMap:
    from domain.column_map import ColumnMap
    from starters.channels.bounds import built

    return built(ColumnMap, {"name": "NAME"}, **fields)


def _try(taught: ColumnMap, file: Path) -> None:
    """Refuse a map by which a file cannot be read at all."""
    from starters.files.translate import LARGEST, table

    with file.open("rb") as opened:
        content = opened.read(LARGEST + 1)
    try:
        table(content, taught, datetime.now(UTC))
    except InputRefused as refused:
        raise InputRefused(f"{file}, {refused.place}", refused.reason) from None
