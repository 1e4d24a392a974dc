"""Scans that come in, from the terminal or as JSON from handhelds: each is answered by itself, and whose pick it completed is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from database import scanning
from database.engine import Database
from domain.errors import InputRefused, Refused
from domain.floor import Scan, Scanned
from domain.values import Value
from starters.channels.bounds import refusal
from starters.channels.reading import clean, read_json

MOST_SCANS = 10_000
"""More scans than this in one document are the work of days: send them in parts."""


class Answer(Value):
    """What became of one scan: taken, or refused with what was expected."""

    scan: str
    taken: Scanned | None = None
    refused: str = ""


def read_scans(content: bytes, at: datetime, actor: str) -> list[Scan | Answer]:
    """The scans of a JSON document, one or a list of them, in their order; one that cannot be read is answered at once.

    `at` and `actor` are those of scans that name none. Raises InputRefused for a document that is no such list.
    """
    document = read_json(content)
    entries = document.value if isinstance(document.value, list) else [document.value]
    if not entries:
        raise InputRefused("the document", "the list of scans is empty")
    if len(entries) > MOST_SCANS:
        raise InputRefused("the document", f"it has {len(entries):,} scans, and at most {MOST_SCANS:,} are taken at once")
    return [_scan(entry, f"scan {number}", at, actor) for number, entry in enumerate(entries, 1)]


async def take(database: Database, scans: Sequence[Scan | Answer]) -> list[Answer]:
    """Take one scan after the other, each in a transaction of its own: a wrong one does not keep the others out."""
    answers = []
    for said in scans:
        if isinstance(said, Answer):
            answers.append(said)
            continue
        try:
            answers.append(Answer(scan=said.scan, taken=await database.transaction(scanning.scan, said)))
        except Refused as refused:
            answers.append(Answer(scan=said.scan, refused=str(refused)))
    return answers


def _scan(entry: Any, place: str, at: datetime, actor: str) -> Scan | Answer:
    name = entry.get("scan") if isinstance(entry, dict) else None
    try:
        if not isinstance(entry, dict):
            raise InputRefused(place, "an object with scan, wave, item, bin and quantity was expected here")
        for text in _texts(entry):
            clean(text, place)
        return Scan.model_validate({"at": at, "actor": actor, **entry})
    except ValidationError as error:
        wrong = refusal(error)
        reason = "a scan has no such field" if error.errors()[0]["type"] == "extra_forbidden" else wrong.reason
        return Answer(scan=name if isinstance(name, str) else place, refused=f"{place}, {wrong.place}: {reason}")
    except InputRefused as refused:
        return Answer(scan=name if isinstance(name, str) else place, refused=str(refused))


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [*value.keys(), *(text for inner in value.values() for text in _texts(inner))]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []
