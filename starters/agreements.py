"""Price conditions from files: JSON as in the catalogue, or CSV with the same names as columns."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from domain.errors import InputRefused
from domain.money import parse_amount
from domain.pricing.conditions import CONDITION, Condition

LARGEST = 10_000_000
"""Bytes: some fifty thousand conditions."""


def read_conditions(path: Path) -> list[Condition]:
    """The conditions of a file, each with the place of what is wrong with it. Raises InputRefused."""
    if path.stat().st_size > LARGEST:
        raise InputRefused(str(path), "it is too large for a list of price conditions")
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    rows = _json(text, str(path)) if text.lstrip()[:1] in ("[", "{") else _csv(text, str(path))
    found = [condition(row, place) for place, row in rows]
    if not found:
        raise InputRefused(str(path), "it has no price conditions")
    return found


def condition(said: dict[str, Any], place: str) -> Condition:
    """One condition from its fields; raises InputRefused with every field that is wrong."""
    try:
        return CONDITION.validate_python({name: value for name, value in said.items() if value not in ("", None)})
    except ValidationError as wrong:
        reasons = [f"{'.'.join(str(part) for part in error['loc'][1:]) or 'the condition'}: {error['msg']}" for error in wrong.errors()]
        raise InputRefused(place, "; ".join(dict.fromkeys(reasons))) from None


def fraction(written: str, place: str) -> Decimal:
    """`5%` or `0.05` as a fraction. Raises InputRefused."""
    text = written.strip()
    number = parse_amount(text.removesuffix("%").strip(), place)
    return number / 100 if text.endswith("%") else number


def _json(text: str, place: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise InputRefused(place, f"it is not JSON: {wrong}") from None
    rows = body.get("price_conditions") if isinstance(body, dict) else body
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputRefused(place, "a list of conditions is expected, by itself or as `price_conditions`")
    return [(f"{place}, condition {number}", row) for number, row in enumerate(rows, 1)]


def _csv(text: str, place: str) -> list[tuple[str, dict[str, Any]]]:
    rows = csv.DictReader(io.StringIO(text), strict=True)
    missing = {"kind", "id"} - set(rows.fieldnames or ())
    if missing:
        raise InputRefused(place, f"it has no column {' and no column '.join(sorted(missing))}")
    found: list[tuple[str, dict[str, Any]]] = []
    try:
        for row in rows:
            where = f"{place}, line {rows.line_num}"
            if None in row:
                raise InputRefused(where, "it has more fields than the first line names")
            said: dict[str, Any] = {name: (value or "").strip() for name, value in row.items()}
            for name in ("percent", "least"):
                if said.get(name):
                    said[name] = fraction(said[name], f"{where}, {name}")
            found.append((where, said))
    except csv.Error as wrong:
        raise InputRefused(place, f"it is not CSV: {wrong}") from None
    return found
