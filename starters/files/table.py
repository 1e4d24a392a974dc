"""A table as a file holds it: rows of cells with their numbers, whatever wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MOST_ROWS = 10_000
"""Rows with something in them: they are read in some three seconds, in which whoever reads them does nothing else."""
MOST_COLUMNS = 200
LONGEST_CELL = 2_000
"""Characters; beyond that it is no field of an order."""


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: text, a number or a day as a spreadsheet stores them, or nothing. `trouble` says why it cannot be read."""

    value: str | Decimal | date | None = None
    trouble: str = ""

    @property
    def empty(self) -> bool:
        return not self.trouble and (self.value is None or self.value == "")

    def __str__(self) -> str:
        return "" if self.value is None else str(self.value)


NOTHING = Cell()


@dataclass(frozen=True)
class Row:
    """`number` counts from 1, as a spreadsheet shows it."""

    number: int
    cells: Sequence[Cell]

    def cell(self, column: int) -> Cell:
        return self.cells[column] if column < len(self.cells) else NOTHING

    @property
    def empty(self) -> bool:
        return all(cell.empty for cell in self.cells)


def letters(column: int) -> str:
    """The name of a column by its place: 0 is A, 26 is AA."""
    name, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
