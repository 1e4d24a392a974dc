"""A sourcing decision as it is kept: the plan, every candidate with its costs, and why each of the others lost."""

from __future__ import annotations

from domain.order import Moment
from domain.steps import Shortage
from domain.values import Value


class Costs(Value):
    """The terms of a plan's cost in minor units of the house's currency, weighed."""

    freight: int = 0
    handling: int = 0
    splits: int = 0
    lateness: int = 0
    balance: int = 0

    @property
    def total(self) -> int:
        return self.freight + self.handling + self.splits + self.lateness + self.balance

    def dearer_by(self, other: Costs) -> dict[str, int]:
        """Where this costs more than the other, and how much, the largest difference first."""
        more = {term: getattr(self, term) - getattr(other, term) for term in Costs.model_fields}
        return {term: difference for term, difference in sorted(more.items(), key=lambda pair: -pair[1]) if difference > 0}


class Part(Value):
    """What one location gives: line -> units."""

    location: str
    units: dict[int, int]


class Candidate(Value):
    """A location, or several together, weighed for what they can give: `units` of the `asked`.

    `lost` says why it was not chosen and is empty for what was; a location that is ruled out has no costs.
    """

    locations: tuple[str, ...]
    units: int
    asked: int
    costs: Costs | None = None
    lost: str = ""


class RuleTried(Value):
    rule: str
    verdict: str  # "found a plan", or why it did not


class Decision(Value):
    """Which rule found the plan (none: nothing is sourced), what each location gives, what is short, and what else was weighed.

    Not `exact` when the search was stopped before it was proved that nothing cheaper exists.
    """

    rule: str
    tried: tuple[RuleTried, ...]
    parts: tuple[Part, ...] = ()
    short: tuple[Shortage, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    exact: bool = True


class DecisionView(Value):
    """A decision and what it was about."""

    order: str
    key: str
    at: Moment
    decision: Decision
