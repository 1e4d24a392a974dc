"""What a person reads about replenishment: runs, proposals with their arithmetic, and stock that is too much."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import ReplenishmentPlan, ReplenishmentProposal
from domain.errors import NotFound
from domain.proposals import ProposalStatus, ProposalView
from domain.replenishment import Plan, Verdict


def proposals(session: Session, status: ProposalStatus | None = None, run: str = "") -> list[ProposalView]:
    """Proposals by number, of a status and a run where they are named."""
    table = ReplenishmentProposal
    chosen = select(table).order_by(table.number)
    if status is not None:
        chosen = chosen.where(table.status == status.value)
    if run:
        chosen = chosen.where(table.run == run)
    return [_view(row) for row in session.scalars(chosen)]


def proposal(session: Session, number: int) -> ProposalView:
    """One proposal. Raises NotFound."""
    row = session.get(ReplenishmentProposal, number)
    if row is None:
        raise NotFound("proposal", str(number))
    return _view(row)


def plans_of(session: Session, item: str, location: str = "") -> list[Plan]:
    """The newest plans of an item, at one location or all. Raises NotFound for an item that no run has planned."""
    table = ReplenishmentPlan
    chosen = select(table.plan).where(table.item == item).order_by(table.location)
    if location:
        chosen = chosen.where(table.location == location)
    found = [Plan.model_validate_json(text) for text in session.scalars(chosen)]
    if not found:
        raise NotFound("replenishment plan of item", f"{item} at {location}" if location else item)
    return found


def surplus(session: Session) -> list[Plan]:
    """Overstock and dead stock as the newest plans see it, the largest value first."""
    table = ReplenishmentPlan
    chosen = select(table.plan).where(table.verdict.in_([Verdict.OVERSTOCK.value, Verdict.DEAD.value]))
    found = [Plan.model_validate_json(text) for text in session.scalars(chosen)]
    return sorted(found, key=lambda plan: (-plan.surplus * plan.planning.unit_cost, plan.planning.item))


def _view(row: ReplenishmentProposal) -> ProposalView:
    plan = Plan.model_validate_json(row.plan)
    return ProposalView(
        number=row.number,
        run=row.run,
        item=row.item,
        location=row.location,
        supplier=row.supplier,
        proposed=row.proposed,
        status=ProposalStatus(row.status),
        quantity=row.quantity,
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        purchase_order=row.purchase_order or "",
        line=row.purchase_line or 0,
        currency=plan.planning.currency,
        plan=plan,
    )
