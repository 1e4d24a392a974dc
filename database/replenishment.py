"""Replenishment runs: every planned item gets its newest plan, and what has to be ordered becomes a proposal that a person decides."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.orm import Session

from database import purchasing
from database.journal import HOLDFAST, insert_once
from database.locks import require
from database.tables import (
    ItemPlanningRow,
    PurchaseOrderLine,
    ReplenishmentPlan,
    ReplenishmentProposal,
    ReplenishmentRun,
)
from domain.errors import Conflict, NotFound
from domain.order import Moment
from domain.proposals import (
    ApproveProposal,
    PlanItems,
    ProposalDecided,
    ProposalStatus,
    ProposedOrder,
    RejectProposal,
    ReplenishmentPlanned,
)
from domain.purchasing import MOST_UNITS, PlacePurchase, PurchaseLine, PurchaseStatus
from domain.replenishment import Plan, Verdict

Keys = Sequence[tuple[str, str]]
"""Items and locations."""

SHOWN = 20
"""Proposals that a run's result names; all of them stand in the table."""


def begin_run(session: Session, request: PlanItems) -> list[tuple[str, str]]:
    """Write the run down, once; answers with the items that neither it nor a newer run has planned yet, in order.

    Raises Conflict for a run that is known as of another day.
    """
    about = {"run": request.run, "as_of": request.as_of, "bucket": request.bucket.value, "started_at": request.at}
    insert_once(session, ReplenishmentRun, about | {"result": None})
    known = session.get_one(ReplenishmentRun, request.run)
    if (known.as_of, known.bucket) != (request.as_of, request.bucket.value):
        raise Conflict(f"Run {request.run}", f"as of {known.as_of} by {known.bucket}")
    planned = (
        select(ReplenishmentPlan.item, ReplenishmentPlan.location)
        .join(ReplenishmentRun, ReplenishmentRun.run == ReplenishmentPlan.run)
        .where(_not_before(request))
    )
    done = {(item, location) for item, location in session.execute(planned)}
    chosen = select(ItemPlanningRow.item, ItemPlanningRow.location).order_by(ItemPlanningRow.item, ItemPlanningRow.location)
    return [(item, location) for item, location in session.execute(chosen) if (item, location) not in done]


def store_plans(session: Session, request: PlanItems, plans: Sequence[Plan]) -> None:
    """Keep these plans as the newest, close what was proposed before, and propose what has to be ordered.

    The rows of the items' planning are locked in their order, so that two runs go through the items one after the other; what a newer run
    planned stays.
    """
    keys = sorted((plan.planning.item, plan.planning.location) for plan in plans)
    planning = ItemPlanningRow
    locked = select(planning.item).where(tuple_(planning.item, planning.location).in_(keys))
    session.execute(locked.order_by(planning.item, planning.location).with_for_update())
    stands = _newest(session, request, keys)
    ours = {(plan.planning.item, plan.planning.location): plan for plan in plans}
    ours = {key: plan for key, plan in ours.items() if not (key in stands and stands[key][1])}
    _supersede(session, request, list(ours))
    for (item, location), plan in ours.items():
        content = {"run": request.run, "verdict": plan.verdict.value, "surplus": plan.surplus, "plan": plan.model_dump_json()}
        if (item, location) not in stands:
            session.add(ReplenishmentPlan(item=item, location=location, **content))
        else:
            for name, value in content.items():
                setattr(stands[item, location][0], name, value)
        if plan.quantity:
            proposed = {"item": item, "location": location, "supplier": plan.planning.supplier, "proposed": plan.quantity}
            session.add(ReplenishmentProposal(run=request.run, plan=content["plan"], created_at=request.at, **proposed))
    session.flush()


def end_run(session: Session, request: PlanItems) -> ReplenishmentPlanned:
    """Count what the run came to, and close it; asked again it answers the same, whatever newer runs have planned since."""
    run = session.get_one(ReplenishmentRun, request.run, with_for_update=True)
    if run.result is not None:
        return ReplenishmentPlanned.model_validate_json(run.result)
    table, proposal = ReplenishmentPlan, ReplenishmentProposal
    verdicts = session.scalars(select(table.verdict).where(table.run == run.run)).all()
    proposals = session.scalars(select(proposal).where(proposal.run == run.run)).all()
    largest = sorted(proposals, key=lambda row: (-row.proposed, row.number))[:SHOWN]
    result = ReplenishmentPlanned(
        run=run.run,
        as_of=run.as_of,
        planned=len(verdicts),
        proposed=len(proposals),
        overstock=verdicts.count(Verdict.OVERSTOCK.value),
        dead=verdicts.count(Verdict.DEAD.value),
        orders=tuple(
            ProposedOrder(number=row.number, item=row.item, location=row.location, supplier=row.supplier, quantity=row.proposed)
            for row in largest
        ),
    )
    run.result = result.model_dump_json()
    return result


def approve(session: Session, request: ApproveProposal) -> ProposalDecided:
    """Order what is proposed, or another quantity for a reason. Approving again just so changes nothing; otherwise it is a Conflict.

    One purchase order for each supplier, location and run: the first approval places it under a number that derives from its proposal,
    later ones add their lines as long as it is open.
    """
    row = _proposal(session, request.number)
    quantity = row.proposed if request.quantity is None else request.quantity
    require(0 < quantity <= MOST_UNITS, f"A proposal is approved with 1 to {MOST_UNITS} units, not with {quantity}.")
    if row.status == ProposalStatus.APPROVED:
        if row.quantity != quantity:
            raise Conflict(f"Proposal {row.number}", f"approved with {row.quantity} units by {row.decided_by}")
        return _decided(row, repeated=True)
    require(row.status == ProposalStatus.OPEN, f"Proposal {row.number} is {row.status}: only an open one can be approved.")
    require(
        quantity == row.proposed or bool(request.reason.strip()),
        f"Proposal {row.number} is for {row.proposed} units: ordering {quantity} needs a reason (--reason).",
    )
    plan = Plan.model_validate_json(row.plan)
    row.purchase_order, row.purchase_line = _order(session, row, quantity, request, plan)
    row.quantity = quantity
    _decide(row, ProposalStatus.APPROVED, request.reason, request.actor, request.at)
    session.flush()
    return _decided(row)


def reject(session: Session, request: RejectProposal) -> ProposalDecided:
    """Do not order. Rejecting again changes nothing; the next run may propose the item again."""
    row = _proposal(session, request.number)
    if row.status == ProposalStatus.REJECTED:
        return _decided(row, repeated=True)
    require(row.status == ProposalStatus.OPEN, f"Proposal {row.number} is {row.status}: only an open one can be rejected.")
    require(bool(request.reason.strip()), f"Rejecting proposal {row.number} needs a reason (--reason).")
    _decide(row, ProposalStatus.REJECTED, request.reason, request.actor, request.at)
    session.flush()
    return _decided(row)


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _not_before(request: PlanItems) -> ColumnElement[bool]:
    """Of this run itself, or of one that began later."""
    return (ReplenishmentRun.run == request.run) | (ReplenishmentRun.started_at > request.at)


def _newest(session: Session, request: PlanItems, keys: Keys) -> dict[tuple[str, str], tuple[ReplenishmentPlan, bool]]:
    """The plans that stand, and whether this run has to leave each as it is."""
    table = ReplenishmentPlan
    chosen = (
        select(table, _not_before(request))
        .join(ReplenishmentRun, ReplenishmentRun.run == table.run)
        .where(tuple_(table.item, table.location).in_(keys))
    )
    return {(row.item, row.location): (row, bool(stays)) for row, stays in session.execute(chosen)}


def _supersede(session: Session, request: PlanItems, keys: Keys) -> None:
    table = ReplenishmentProposal
    chosen = select(table).where(table.status == ProposalStatus.OPEN.value, tuple_(table.item, table.location).in_(keys))
    for row in session.scalars(chosen.order_by(table.number).with_for_update()):
        _decide(row, ProposalStatus.SUPERSEDED, f"{request.run} looked again", HOLDFAST, request.at)
    session.flush()


def _proposal(session: Session, number: int) -> ReplenishmentProposal:
    """The proposal, locked after its run: approvals of one run follow one another, so that they find each other's purchase order."""
    run = session.scalars(select(ReplenishmentProposal.run).where(ReplenishmentProposal.number == number)).one_or_none()
    if run is None:
        raise NotFound("proposal", str(number))
    session.get_one(ReplenishmentRun, run, with_for_update=True)
    return session.get_one(ReplenishmentProposal, number, with_for_update=True, populate_existing=True)


def _order(session: Session, row: ReplenishmentProposal, quantity: int, request: ApproveProposal, plan: Plan) -> tuple[str, int]:
    """The purchase order and its line that order this proposal."""
    expected = request.at + ceil(plan.planning.lead_days) * request.day
    table = ReplenishmentProposal
    same_run = and_(table.run == row.run, table.supplier == row.supplier, table.location == row.location)
    chosen = select(table.purchase_order).where(same_run, table.purchase_order.is_not(None)).order_by(table.purchase_order.desc())
    for number in session.scalars(chosen.distinct()).all():
        if number and purchasing.purchase_of(session, number).status == PurchaseStatus.OPEN:
            lines = select(func.max(PurchaseOrderLine.line)).where(PurchaseOrderLine.purchase_order == number)
            line = (session.scalar(lines) or 0) + 1
            session.add(PurchaseOrderLine(purchase_order=number, line=line, item=row.item, ordered=quantity, expected_at=expected))
            session.flush()
            return number, line
    number = f"PO-R{row.number}"
    purchase = PlacePurchase(
        purchase_order=number,
        supplier=row.supplier,
        location=row.location,
        lines=(PurchaseLine(line=1, item=row.item, ordered=quantity, expected_at=expected),),
        at=request.at,
        actor=request.actor,
    )
    purchasing.place_purchase(session, purchase)
    return number, 1


def _decide(row: ReplenishmentProposal, status: ProposalStatus, reason: str, actor: str, at: Moment) -> None:
    row.status, row.reason, row.decided_by, row.decided_at = status.value, reason, actor, at


def _decided(row: ReplenishmentProposal, *, repeated: bool = False) -> ProposalDecided:
    return ProposalDecided(
        number=row.number,
        status=ProposalStatus(row.status),
        quantity=row.quantity or 0,
        purchase_order=row.purchase_order or "",
        line=row.purchase_line or 0,
        repeated=repeated,
    )
