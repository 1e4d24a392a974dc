"""The pages that are written from the code: `python -m starters.lifecycle_page docs/order-lifecycle.md` (and `docs/returns.md`)."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from domain.dispositions import EFFECTS, Following, MoneyEffect, StockEffect
from domain.exceptions import RULES, ExceptionKind
from domain.lifecycle import FOLLOWS, TAKEN, TAKERS, Stage, Wait
from domain.messages import FACTS, REQUESTS, Disposition
from domain.return_rules import FAULT, ReturnReason

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


RETURNS_HEAD = """# Returns: what becomes of a unit, and who bears what

The tables are written from the code by `make docs`; a test fails when this page and the code differ. Why returns work so: [decision
0022](decisions/0022-returns.md).

A customer asks (`oms return ORDER 1=2 --because defective`), gets a number and a label, and sends the goods. The dock confirms what
came, a clerk inspects it and says of each unit what becomes of it. Money is credited from what was invoiced, with its discount and
its tax, less what the reason lets us keep, and goes back to the payments that paid, in the order that the house states.
"""

TIMING = """
## When the money goes back

`scan`, `receipt` or `inspection`, by customer (`customers.refund_on`), else by house (`Policies.returns.refund_on`). A refund
before the inspection takes every unit for as good as new; when the inspection then finds less, a person decides (`refunded_early`)
whether the customer hears of it as a claim. No unit is credited twice: what an RMA has credited is counted by line, and `oms audit`
compares it with what came.

## Where it goes

To the original payments, store credit first, then cards, then bank transfers, and of one kind the newest first
(`Policies.returns.refund_order`); from each at most what it still holds of the invoice. Or to the customer's account, when they
prefer store credit (`--store-credit`).

## The restocking fee

A percentage of the price, or an amount for each unit in one currency; by item (`returns.restocking` in the catalogue), else by
house. It is the part of the sale that is not taken back, not a service of its own: of the line's tax the same part is kept as of
its net. The credit note shows it as a line of its own.
"""


def returns_page() -> str:
    """`docs/returns.md`, Markdown."""
    what, stock, money, follows = meanings(Disposition), meanings(StockEffect), meanings(MoneyEffect), meanings(Following)
    rows = [
        (f"`{name}`", what[name], stock[has.stock], money[has.money], follows[has.follows], "yes" if has.counts else "no")
        for name, has in EFFECTS.items()
    ]
    why = meanings(ReturnReason)
    bears = [
        (f"`{reason}`", why[reason], fault, "the customer" if fault == "customer" else "we", "yes" if fault == "customer" else "no")
        for reason, fault in FAULT.items()
    ]
    parts = [
        RETURNS_HEAD,
        "## Dispositions\n",
        table(("disposition", "meaning", "our stock", "the customer's money", "what follows", "counts as returned"), rows),
        "\n## Reasons\n",
        "Our fault, or the carrier's, also lifts final sale; the carrier's opens a claim (`oms claims`).\n",
        table(("reason", "meaning", "whose fault", "who bears the label", "restocking fee"), bears),
        TIMING,
    ]
    return "\n".join(parts)


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
    lifecycle = Path(sys.argv[1])
    lifecycle.write_text(page(), encoding="utf-8")
    lifecycle.with_name("returns.md").write_text(returns_page(), encoding="utf-8")
