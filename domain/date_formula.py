"""Date formulas: how far off a date is, as people in receivables write it: `10D`, `2W`, `1M`, `CM+10D`.

The notation is Business Central's ("Calculate with dates"): days, weeks, months, quarters and years, one after the other; `C`
first goes to the end of the current week, month, quarter or year.
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator

_TERM = re.compile(r"([+-]?)(C|\d{1,3})([DWMQY])")
_ROUGHLY = {"D": 1, "W": 7, "M": 30, "Q": 91, "Y": 365}
_MONTHS = {"M": 1, "Q": 3, "Y": 12}


def _written(text: str) -> str:
    """The formula in capitals, without blanks; ValueError for what is none."""
    formula = text.upper().replace(" ", "")
    if not formula or _TERM.sub("", formula):
        raise ValueError(f"{text!r} is not a date formula such as 10D, 1M or CM+10D")
    return formula


DateFormula = Annotated[str, AfterValidator(_written)]


def after(formula: str, start: datetime, day: timedelta = timedelta(days=1)) -> datetime:
    """The moment that the formula names, counted from `start`.

    Where a business day is shorter than 24 hours there is no calendar: a month is 30 such days, a quarter 91, a year 365.
    """
    found = start
    for sign, size, unit in _TERM.findall(_written(formula)):
        if size == "C":
            found = _end_of(found, unit) if day == timedelta(days=1) else found
            continue
        count = -int(size) if sign == "-" else int(size)
        if unit in _MONTHS and day == timedelta(days=1):
            found = _months_later(found, count * _MONTHS[unit])
        else:
            found += count * _ROUGHLY[unit] * day
    return found


def _months_later(start: datetime, months: int) -> datetime:
    """The same day of another month, or its last day where it has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, calendar.monthrange(year, month + 1)[1]))


def _end_of(start: datetime, unit: str) -> datetime:
    """The last day of the week (Sunday), month, quarter or year that `start` lies in."""
    if unit == "D":
        return start
    if unit == "W":
        return start + timedelta(days=7 - start.isoweekday())
    month = {"M": start.month, "Q": (start.month + 2) // 3 * 3, "Y": 12}[unit]
    return start.replace(month=month, day=calendar.monthrange(start.year, month)[1])
