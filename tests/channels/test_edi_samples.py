"""Documents of real systems: each is translated or refused for the reason that docs/channels.md gives."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from domain.edi_documents import DocumentIn
from domain.edi_partners import Partners
from domain.errors import InputRefused
from domain.intake import IgnoredIn, OrderIn, Part, RefusedIn, SeenIn
from starters.edi.translate import read

PAGE = Path(__file__).parents[2] / "docs" / "channels.md"
ROW = re.compile(r"^\| `((?:x12|edifact)/[^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)
TABLE = {name: (result.strip(), why.strip()) for name, _, result, why in ROW.findall(PAGE.read_text())}
FOLDERS = ("x12", "edifact")


def outcome(content: bytes) -> tuple[str, str]:
    """What becomes of a document, and the first reason why something of it is not, as the page says it."""
    try:
        parts = [part for one in read(content, Partners(), {}) for part in one.parts]
    except InputRefused as refused:
        return "refused", str(refused)
    counted = Counter(_called(part) for part in parts)
    refusals = [f"{part.place}: {part.reason}" for part in parts if isinstance(part, RefusedIn | IgnoredIn)]
    return ", ".join(f"{number} {called}" for called, number in counted.items()), refusals[0] if refusals else ""


def _called(part: Part) -> str:
    if isinstance(part, DocumentIn):
        return "document"
    return {OrderIn: "order", SeenIn: "status", RefusedIn: "refused", IgnoredIn: "ignored"}[type(part)]


def test_the_page_names_every_document(shared_samples: Path) -> None:
    names = {f"{folder}/{path.name}" for folder in FOLDERS for path in (shared_samples / folder).iterdir()}
    assert names == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_real_document_is_translated_or_refused_as_the_page_says(shared_samples: Path, name: str) -> None:
    assert outcome((shared_samples / name).read_bytes()) == TABLE[name]
