"""Documents of real banks and of Stripe: each becomes what docs/channels.md says, or is refused for the reason that it gives."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from domain.errors import InputRefused
from integrations.bank import read_statements
from starters.webhooks.stripe import read

PAGE = Path(__file__).parents[2] / "docs" / "channels.md"
ROW = re.compile(r"^\| `((?:bank|stripe)/[^`]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
TABLE = {name: (about.strip().strip("`"), result.strip()) for name, about, result in ROW.findall(PAGE.read_text())}


def counted(number: int, what: str) -> str:
    return f"{number} {what if number == 1 else what.removesuffix('y') + ('ies' if what.endswith('y') else 's')}"


def of_a_bank(file: Path) -> str:
    try:
        found = read_statements(file.read_bytes(), file.name)
    except InputRefused as refused:
        return f"refused: {refused}"
    said = f"{counted(len(found), 'statement')}, {counted(sum(len(one.entries) for one in found), 'entry')}"
    troubles = [one.trouble for one in found if one.trouble]
    return f"{said}, for a person: {'; '.join(troubles)}" if troubles else said


def of_stripe(file: Path, event: str) -> str:
    shell = json.loads((file.parent / "fixture_event.json").read_text())
    about = json.loads(file.read_text())
    body = shell if about.get("object") == "event" else shell | {"type": event, "data": {"object": about}}
    found = read(json.dumps(body).encode())
    assert (found.event, found.name) == ("evt_1Pgc76B7WZ01zgkWwyRHS12y", event)
    return f"{found.kind}, of {'ours' if found.ours else 'nothing of ours'}"


def test_the_page_names_every_document(shared_samples: Path) -> None:
    assert {f"{folder}/{path.name}" for folder in ("bank", "stripe") for path in (shared_samples / folder).iterdir()} == set(TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_real_document_becomes_what_the_page_says(shared_samples: Path, name: str) -> None:
    about, result = TABLE[name]
    file = shared_samples / name
    assert (of_a_bank(file) if name.startswith("bank/") else of_stripe(file, about)) == result
