"""How long tests go on that could go on for ever: those that draw examples, spoil documents, kill processes."""

import os

from hypothesis import HealthCheck, settings

THOROUGH = os.environ.get("HOLDFAST_THOROUGH") == "1"
"""CI goes on as long as is written in each test; `make test` on somebody's desk a third as long, so that it is run often."""


def examples(number: int) -> int:
    """How many of `number` examples to draw; each draws others in every run unless its test says otherwise."""
    return number if THOROUGH else -(-number // 3)


def points(every: range) -> range:
    """At which of these points of its work to kill a process."""
    return every if THOROUGH else every[::3]


def machine(number: int, *, steps: int) -> settings:
    """For a state machine on a real database: a few runs of so many steps at most, the same ones every time."""
    return settings(
        max_examples=examples(number),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
