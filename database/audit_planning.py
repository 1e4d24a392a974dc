"""The truths about replenishment: what was approved is on order, by somebody, for a reason, and the arithmetic is what the numbers say."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from database.tables import PurchaseOrder, PurchaseOrderLine, ReplenishmentPlan, ReplenishmentProposal
from domain.replenishment import Plan

Found = Iterator[tuple[str, str]]


def _what_was_approved_is_on_order(session: Session) -> Found:
    """Each approved proposal is one line of a purchase order with its item, supplier, location and units."""
    proposal, line, order = ReplenishmentProposal, PurchaseOrderLine, PurchaseOrder
    same_line = and_(line.purchase_order == proposal.purchase_order, line.line == proposal.purchase_line)
    chosen = (
        select(proposal, line.item, line.ordered, order.supplier, order.location)
        .outerjoin(line, same_line)
        .outerjoin(order, order.purchase_order == line.purchase_order)
        .where(proposal.status == "approved")
    )
    for row, *there in session.execute(chosen):
        said = [row.item, row.quantity, row.supplier, row.location]
        if said != there:
            yield f"proposal {row.number}", f"approved {said}, {row.purchase_order} line {row.purchase_line} says {there}"


def _every_decision_has_somebody_and_a_reason(session: Session) -> Found:
    table = ReplenishmentProposal
    nobody = and_(table.status != "open", or_(table.decided_by == "", table.decided_at.is_(None)))
    changed = and_(table.status == "approved", table.quantity != table.proposed, table.reason == "")
    unsaid = and_(table.status == "rejected", table.reason == "")
    for row in session.scalars(select(table).where(or_(nobody, changed, unsaid))):
        yield f"proposal {row.number}", f"is {row.status} by {row.decided_by or 'nobody'} because of {row.reason or 'nothing'}"


def _one_open_proposal_for_an_item(session: Session) -> Found:
    table = ReplenishmentProposal
    twice = select(table.item, table.location, func.count()).where(table.status == "open").group_by(table.item, table.location)
    for item, location, times in session.execute(twice.having(func.count() > 1)):
        yield f"{item} at {location}", f"has {times} open proposals"


def _every_plan_is_its_own_arithmetic(session: Session) -> Found:
    """A plan that no longer keeps its promise (whole packs, the minimum, up to the reorder point) cannot be read at all."""
    plans = select(
        ReplenishmentPlan.item, ReplenishmentPlan.location, ReplenishmentPlan.verdict, ReplenishmentPlan.surplus, ReplenishmentPlan.plan
    )
    for item, location, verdict, surplus, text in session.execute(plans):
        yield from ((f"plan of {item} at {location}", detail) for detail in _contradictions(text, item, location, verdict, surplus))
    proposals = select(ReplenishmentProposal.number, ReplenishmentProposal.proposed, ReplenishmentProposal.plan)
    for number, proposed, text in session.execute(proposals):
        try:
            quantity = Plan.model_validate_json(text).quantity
        except ValueError as broken:
            yield f"proposal {number}", f"its plan contradicts itself: {broken}"
        else:
            if quantity != proposed:
                yield f"proposal {number}", f"proposes {proposed}, its plan {quantity}"


def _contradictions(text: str, item: str, location: str, verdict: str, surplus: int) -> Iterator[str]:
    try:
        plan = Plan.model_validate_json(text)
    except ValueError as broken:
        yield f"contradicts itself: {broken}"
        return
    said = (item, location, verdict, surplus)
    there = (plan.planning.item, plan.planning.location, plan.verdict.value, plan.surplus)
    if said != there:
        yield f"is kept as {said} and says {there}"


PLANNING_RULES: tuple[Callable[[Session], Found], ...] = (
    _what_was_approved_is_on_order,
    _every_decision_has_somebody_and_a_reason,
    _one_open_proposal_for_an_item,
    _every_plan_is_its_own_arithmetic,
)
