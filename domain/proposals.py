"""Proposals to order: a run makes them, a person decides, a purchase order comes of it."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from pydantic import Field

from domain.demand import Bucket
from domain.order import Moment
from domain.replenishment import Plan
from domain.values import Value


class ProposalStatus(StrEnum):
    OPEN = "open"  # nobody has decided
    APPROVED = "approved"  # ordered, as proposed or with another quantity
    REJECTED = "rejected"  # not ordered; the next run may propose again
    SUPERSEDED = "superseded"  # a newer run looked again before anybody decided


class PlanReplenishment(Value):
    """Plan every item. Left empty, `run` is the workflow's own id and `as_of` the day on which it runs; `day` is how long a day lasts."""

    run: str = Field(default="", max_length=200)
    as_of: date | None = None
    bucket: Bucket = Bucket.WEEK
    day: timedelta = timedelta(days=1)


class PlanItems(Value):
    """A run with nothing left open: what its one activity is asked."""

    run: str
    as_of: date
    bucket: Bucket
    at: Moment
    day: timedelta = timedelta(days=1)  # how long a business day lasts: what suppliers took is counted in them


class ProposedOrder(Value):
    number: int
    item: str
    location: str
    supplier: str
    quantity: int


class ReplenishmentPlanned(Value):
    """What a run came to: `planned` items, of them so many in surplus; `orders` are its open proposals, the largest first, at most 20."""

    run: str
    as_of: date
    planned: int
    proposed: int
    overstock: int = 0
    dead: int = 0
    orders: tuple[ProposedOrder, ...] = ()


class ApproveProposal(Value):
    """Order what is proposed, or `quantity` for a `reason`. `day` is the length of a business day: when the goods are expected."""

    number: int
    quantity: int | None = None
    reason: str = Field(default="", max_length=300)
    actor: str
    at: Moment
    day: timedelta = timedelta(days=1)


class RejectProposal(Value):
    number: int
    reason: str = Field(max_length=300)
    actor: str
    at: Moment


class ProposalDecided(Value):
    """`repeated` when it had been decided just so before, and nothing was changed."""

    number: int
    status: ProposalStatus
    quantity: int = 0
    purchase_order: str = ""
    line: int = 0
    repeated: bool = False


class ProposalView(Value):
    """A proposal as people see it, with the plan it rests on."""

    number: int
    run: str
    item: str
    location: str
    supplier: str
    proposed: int
    status: ProposalStatus
    quantity: int | None
    reason: str
    decided_by: str
    decided_at: Moment | None
    purchase_order: str
    line: int
    currency: str
    plan: Plan

    @property
    def value(self) -> int:
        """Minor units of what is ordered, or would be."""
        return (self.quantity or self.proposed) * self.plan.planning.unit_cost


class HistoryRow(Value):
    """One row of an imported sales history."""

    item: str
    location: str
    day: date
    quantity: int
    out_of_stock: bool = False


class HistoryFinding(Value):
    """A row that was not taken, or was taken with a remark: where it stands and what is wrong."""

    row: int
    reason: str
    taken: bool = False


class HistoryImported(Value):
    """`added`, `changed` and `unchanged` count days of an item at a location."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    findings: tuple[HistoryFinding, ...] = ()
