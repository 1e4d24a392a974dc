"""The README says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from domain.messages import FACTS, REQUESTS
from starters.cli.main import EXIT_CODES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_readme_names_every_message() -> None:
    missing = [name for name in [*FACTS, *REQUESTS] if f"`{name}`" not in README]
    assert missing == []


def test_every_link_of_the_readme_leads_somewhere() -> None:
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", README) if "://" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_readme_explains_every_exit_code() -> None:
    explained = set(re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE))
    assert explained == set(re.findall(r"\b(\d+) [a-z]", EXIT_CODES))
