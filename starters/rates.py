"""Exchange rates from files: our own CSV, and the daily reference rates of the European Central Bank."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

from domain.errors import InputRefused
from domain.exchange import Rate
from domain.money import is_currency, parse_amount

LARGEST = 20_000_000
"""Bytes; the ECB's whole history since 1999 has nine million."""

DIGITS = Decimal("1.0000000000")
"""An inverted rate keeps ten decimals: a thousandth of a cent on ten million."""


def read_rates(path: Path, ledger: str) -> list[Rate]:
    """The rates of a file, known by its content: CSV with the columns currency, date and rate (one unit in the ledger's currency), or the
    ECB's XML (https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml), which says what one euro costs. Raises InputRefused.
    """
    if path.stat().st_size > LARGEST:
        raise InputRefused(str(path), "it is too large for a list of rates")
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    found = _ecb(text, str(path), ledger) if text.lstrip().startswith("<") else _csv(text, str(path))
    if not found:
        raise InputRefused(str(path), "it has no rates")
    return found


def said_rates(pairs: Iterable[str], day: date) -> list[Rate]:
    """`USD=0.92` arguments. Raises InputRefused."""
    found = []
    for pair in pairs:
        currency, equals, price = pair.partition("=")
        if not equals:
            raise InputRefused("--set", f"{pair!r:.40} does not read CUR=RATE, such as USD=0.92")
        found.append(_rate(currency, day, price, "by hand", "--set"))
    return found


def _csv(text: str, place: str) -> list[Rate]:
    rows = csv.DictReader(io.StringIO(text))
    missing = {"currency", "date", "rate"} - set(rows.fieldnames or ())
    if missing:
        raise InputRefused(place, f"it has no column {' and no column '.join(sorted(missing))}")
    return [
        _rate(row["currency"], _day(row["date"], f"{place}, line {n}"), row["rate"], "file", f"{place}, line {n}")
        for n, row in enumerate(rows, 2)
    ]


def _ecb(text: str, place: str, ledger: str) -> list[Rate]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputRefused(place, "a list of rates declares no document type")
    if ledger != "EUR":
        raise InputRefused(place, f"the ECB says what a euro costs, and the ledger is in {ledger}")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  # no document type, so no entities
    except ElementTree.ParseError as wrong:
        raise InputRefused(place, f"it is not XML: {wrong}") from None
    found = []
    for of_day in root.iter():
        stated = of_day.get("time")
        if stated is None:
            continue
        day = _day(stated, place)
        for cube in of_day:
            currency, price = cube.get("currency", ""), parse_amount(cube.get("rate"), f"{place}, {cube.get('currency')}")
            if is_currency(currency) and price > 0:  # the history has currencies that are no more
                found.append(Rate(currency=currency, day=day, rate=(1 / price).quantize(DIGITS), source="ECB"))
    return found


def _rate(currency: str, day: date, price: object, source: str, place: str) -> Rate:
    code = (currency or "").strip().upper()
    if not is_currency(code):
        raise InputRefused(place, f"there is no currency {code!r:.10}")
    rate = parse_amount(price, place)
    if rate <= 0:
        raise InputRefused(place, f"a rate of {rate} is none")
    return Rate(currency=code, day=day, rate=rate, source=source)


def _day(text: str | None, place: str) -> date:
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        raise InputRefused(place, f"{text!r:.20} is not a date such as 2026-11-26") from None
