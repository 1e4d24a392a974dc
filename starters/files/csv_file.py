"""A text file with columns: its encoding and its separator are seen or told, and every row keeps its number."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from domain.column_map import ColumnMap
from domain.errors import InputRefused
from starters.files.table import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Cell, Row

SEPARATORS = (";", ",", "\t", "|")


def decoded(content: bytes, encoding: str = "") -> str:
    """The text of a file. UTF-16 is seen by its byte order mark; anything but UTF-8 has to be told.

    InputRefused at the line of the byte that does not fit.
    """
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    told = "utf-16" if marked else {"": "utf-8-sig", "utf-8": "utf-8-sig"}.get(encoding, encoding)
    try:
        text = content.decode(told)
    except UnicodeDecodeError as error:
        byte = content[error.start] if error.start < len(content) else 0
        line = content.count(b"\n", 0, error.start) + 1
        name = told.removesuffix("-sig").upper()
        why = f"the byte 0x{byte:02x} is not {name}; state the encoding of the file in its column map (such as cp1252)"
        raise InputRefused(f"line {line}", why) from None
    if "\0" in text:
        raise InputRefused("the document", "it holds zero bytes: it is no text, or UTF-16 without its byte order mark")
    return text


def separators(text: str, columns: ColumnMap) -> tuple[str, ...]:
    """What may separate the cells of this text: what the map or its first line (`sep=;`) says, else each that stands in its beginning."""
    if columns.delimiter:
        return (columns.delimiter,)
    first = text[:6].strip()
    if first.lower().startswith("sep=") and first[4:5] in SEPARATORS:
        return (first[4],)
    beginning = text[:20_000]
    return tuple(sign for sign in SEPARATORS if sign in beginning) or (",",)


def rows(text: str, separator: str, most: int = MOST_ROWS) -> Iterator[Row]:
    """The rows that hold something, at most `most` of them; InputRefused for quotes that do not close and for a table beyond all bounds."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = taken = 0
    while taken < most:
        number += 1
        try:
            written = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputRefused(f"row {number}", f"its quotes or its length are not those of a CSV file ({error})") from None
        if len(written) > MOST_COLUMNS:
            if any(text.strip() for text in written[MOST_COLUMNS:]):
                raise InputRefused(f"row {number}", f"it has {len(written)} cells, and at most {MOST_COLUMNS} are read")
            written = written[:MOST_COLUMNS]
        row = Row(number, [_cell(text) for text in written])
        if not row.empty:
            taken += 1
            yield row
    if most == MOST_ROWS and next(reader, None) is not None:
        raise InputRefused("the document", f"it has more than {MOST_ROWS:,} rows")


def _cell(text: str) -> Cell:
    text = " ".join(text.split()) if any(sign.isspace() for sign in text) else text
    if len(text) > LONGEST_CELL:
        return Cell(text[:80], f"it has {len(text):,} characters, and at most {LONGEST_CELL:,} are read")
    if any(ord(sign) < 32 or 0xD800 <= ord(sign) <= 0xDFFF for sign in text):
        return Cell(ascii(text)[:80], "a character has no business in a text")
    return Cell(text)
