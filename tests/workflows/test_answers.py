"""Every choice of every exception has a test that makes it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from domain.exceptions import RULES
from tests.workflows.answers import ANSWERED


def test_every_choice_of_every_exception_is_made_in_a_test() -> None:
    for module in sorted(Path(__file__).parent.glob("test_*.py")):
        import_module(f"tests.workflows.{module.stem}")
    missing = [f"{kind}: {choice}" for kind, rule in RULES.items() for choice in rule.choices if (kind, choice) not in ANSWERED]
    assert missing == []
