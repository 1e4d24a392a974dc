"""Which tests answer which exception: `test_answers` walks the rules and names every choice that no test makes.

    @answers(ExceptionKind.SHORT_PICK, "backorder")
    async def test_...

One decorator per kind; several choices may be named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from domain.exceptions import RULES, ExceptionKind

Test = TypeVar("Test", bound=Callable[..., object])

ANSWERED: dict[tuple[ExceptionKind, str], list[str]] = {}
"""(kind, choice) -> the names of the tests that answer so; filled when the test modules are imported."""


def answers(kind: ExceptionKind, *choices: str) -> Callable[[Test], Test]:
    """The decorated test answers an exception of this kind with each of these choices."""
    unknown = set(choices) - set(RULES[kind].choices)
    if unknown or not choices:
        raise ValueError(f"{kind} offers {', '.join(RULES[kind].choices)}, not {', '.join(sorted(unknown)) or 'nothing'}")

    def register(test: Test) -> Test:
        for choice in choices:
            ANSWERED.setdefault((kind, choice), []).append(test.__name__)
        return test

    return register
