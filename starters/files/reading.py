"""What a cell or a typed value says, as people write it: amounts, units, days, texts. What reads two ways is refused, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from domain.column_map import DATE_FORMS
from domain.money import MOST_DIGITS
from starters.channels.bounds import MOST_UNITS
from starters.files.table import Cell

CERTAIN_DATES = ("YYYY-MM-DD", "DD.MM.YYYY")
"""Ways to write a date that read one way only."""

_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}
_GROUPED = {".": re.compile(r"\d{1,3}(\.\d{3})+"), ",": re.compile(r"\d{1,3}(,\d{3})+")}
_PLAIN = re.compile(r"\d+([.,]\d+)?", re.ASCII)
_SHORTENED = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)


class Unexpected(Exception):  # a finding in the making: whoever reads the row knows its place
    """What was expected where something else stands."""


def number(cell: Cell, decimal: str = "", currency: str = "") -> Decimal:
    """An amount of zero or more; a currency beside it has to be the order's.

    Raises Unexpected, also for `1.234` where nobody said what the point is.
    """
    if cell.trouble:
        raise Unexpected(cell.trouble)
    if isinstance(cell.value, Decimal):
        return _bounded(cell.value)
    if not isinstance(cell.value, str):
        raise Unexpected("a number was expected")
    text = _without_currency(cell.value.strip(), currency)
    if text.startswith("-") or text.endswith("-"):
        raise Unexpected("a number that is not negative was expected")
    text = text.removeprefix("+").replace("\u00a0", " ").replace("\u202f", " ")
    text = re.sub(r"(?<=\d)[ '’](?=\d{3}(?!\d))", "", text)
    if not text.isascii() or len(text) > 40:
        raise Unexpected("a number was expected")
    return _bounded(_parsed(text, decimal))


def _parsed(text: str, decimal: str) -> Decimal:
    if decimal:
        thousands = "," if decimal == "." else "."
        whole, sign, cents = text.partition(decimal)
        if thousands in whole and not _GROUPED[thousands].fullmatch(whole):
            raise Unexpected(f"a number with {decimal!r} before its decimals was expected")
        text = whole.replace(thousands, "") + sign + cents
        if not _PLAIN.fullmatch(text) or thousands in text:
            raise Unexpected(f"a number with {decimal!r} before its decimals was expected")
        return Decimal(text.replace(decimal, "."))
    points, commas = text.count("."), text.count(",")
    if points and commas:
        decimal = "." if text.rfind(".") > text.rfind(",") else ","
        return _parsed(text, decimal)
    if points > 1 or commas > 1:
        sign = "." if points else ","
        if not _GROUPED[sign].fullmatch(text):
            raise Unexpected("a number was expected")
        return Decimal(text.replace(sign, ""))
    if not _PLAIN.fullmatch(text):
        raise Unexpected("a number was expected")
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", text):
        raise Unexpected("it may mean thousands or decimals; state the decimal sign (`decimal` of the column map)")
    return Decimal(text.replace(",", "."))


def _without_currency(text: str, currency: str) -> str:
    for mark in (*_SIGNS, currency):
        if not mark:
            continue
        bare = text.removesuffix(mark) if text.endswith(mark) else text.removeprefix(mark)
        if bare != text:
            if _SIGNS.get(mark, mark) != currency:
                raise Unexpected(f"an amount in {currency} was expected")
            return bare.strip()
    return text


def _bounded(amount: Decimal) -> Decimal:
    if amount < 0:
        raise Unexpected("a number that is not negative was expected")
    digits = amount.as_tuple()
    exponent = digits.exponent if isinstance(digits.exponent, int) else 99
    if len(digits.digits) + max(exponent, 0) > MOST_DIGITS or exponent < -8:
        raise Unexpected(f"a number of at most {MOST_DIGITS} digits and 8 decimals was expected")
    return amount


def units(cell: Cell, decimal: str = "") -> int:
    """Whole units, 1 to `MOST_UNITS`."""
    amount = number(cell, decimal)
    if amount != amount.to_integral_value():
        raise Unexpected("a whole number of units was expected")
    if not 1 <= amount <= MOST_UNITS:
        raise Unexpected(f"from 1 to {MOST_UNITS:,} units were expected")
    return int(amount)


def day(cell: Cell, forms: Sequence[str] = ()) -> date:
    """A day by the forms that were agreed, else by those that read one way only."""
    if cell.trouble:
        raise Unexpected(cell.trouble)
    if isinstance(cell.value, date):
        return cell.value
    text = str(cell.value).strip()
    meant = forms or CERTAIN_DATES
    if isinstance(cell.value, Decimal) and "YYYYMMDD" not in meant:
        raise Unexpected(f"a date was expected ({' or '.join(meant)}), not a number")
    if not text.isascii() or len(text) > 10:
        raise Unexpected(f"a date was expected ({' or '.join(meant)})")
    for form in meant:
        try:
            return datetime.strptime(text, DATE_FORMS[form]).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    if not forms and re.fullmatch(r"\d{1,2}/\d{1,2}/\d{2,4}", text):
        raise Unexpected("it may be a day of two different months; state how dates are written (`dates` of the column map)")
    raise Unexpected(f"a date was expected ({' or '.join(meant)})")


def text(cell: Cell, longest: int) -> str:
    """A text as it stands; a number loses nothing, a day is refused: a spreadsheet has taken something else for one."""
    if cell.trouble:
        raise Unexpected(cell.trouble)
    if isinstance(cell.value, date):
        raise Unexpected("a text was expected; the spreadsheet took it for a date")
    written = format(cell.value, "f") if isinstance(cell.value, Decimal) else str(cell)
    if len(written) > longest:
        raise Unexpected(f"at most {longest} characters were expected")
    return written


def item(cell: Cell) -> str:
    """An item's number, with its leading noughts; one whose digits a spreadsheet has thrown away is refused."""
    written = text(cell, 100)
    if _SHORTENED.fullmatch(written):
        raise Unexpected("an item was expected; the spreadsheet has shortened its number, and digits are lost")
    return written
