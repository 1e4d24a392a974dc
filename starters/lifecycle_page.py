"""The page about an order's life, written from the code: `python -m starters.lifecycle_page docs/order-lifecycle.md`."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from domain.exceptions import RULES, ExceptionKind
from domain.lifecycle import FOLLOWS, TAKEN, TAKERS, Stage, Wait
from domain.messages import FACTS, REQUESTS

HEAD = """# The life of an order

Written from the code by `make docs`; a test fails when this page and the code differ.
"""


def page() -> str:
    """The whole page, Markdown."""
    meaning, waits, kinds = meanings(Stage), meanings(Wait), meanings(ExceptionKind)
    requests = [
        (f"`{name}`", summary(request), *("yes" if stage in TAKEN[request] else "no" for stage in Stage))
        for name, request in REQUESTS.items()
    ]
    facts = [(f"`{name}`", summary(fact), TAKERS[fact].who, TAKERS[fact].too_late) for name, fact in FACTS.items()]
    exceptions = [
        (f"`{kind}`", kinds[kind], ", ".join(f"`{choice}`" for choice in rule.choices), rule.owner, rule.answer_within, rule.escalates_to)
        for kind, rule in RULES.items()
    ]
    parts = [
        HEAD,
        "## Stages\n",
        table(
            ("stage", "meaning", "may be followed by"), [(f"`{s}`", meaning[s], _names(FOLLOWS[s]) or "nothing: the end") for s in Stage]
        ),
        "\n## What an order waits for\n",
        table(("wait", "meaning"), [(f"`{wait}`", waits[wait]) for wait in Wait]),
        "\n## Requests, by stage\n",
        "Requests are Temporal updates. `yes`: taken, unless the order's own facts refuse it in a sentence.\n",
        table(("request", "meaning", *Stage), requests),
        "\n## Facts\n",
        "Facts are Temporal signals. They are recorded at every stage; one that is known (by its message id) changes nothing.\n",
        table(("fact", "meaning", "who takes it", "when it comes too late"), facts),
        "\n## Exceptions\n",
        table(("exception", "meaning", "choices", "owner", "days to answer", "escalates to"), exceptions),
    ]
    return "\n".join(parts) + "\n"


def meanings(states: type[StrEnum]) -> dict[str, str]:
    """The sentence beside each member, as its source says it; KeyError later for a member without one."""
    said = dict(re.findall(r"^    ([A-Z][A-Z0-9_]*) = .*?  # (.+)$", inspect.getsource(states), re.MULTILINE))
    return {member.value: said[name] for name, member in states.__members__.items() if name in said}


def summary(message: type) -> str:
    """The first sentence of a message's docstring."""
    text = " ".join((message.__doc__ or "").split())
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0]


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    titles = [str(title) for title in head]
    lines = [titles, ["--"] * len(titles), *([str(cell).replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _names(stages: Iterable[Stage]) -> str:
    return ", ".join(f"`{stage}`" for stage in stages)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
