"""A replenishment run: every planned item is looked at once, and the people who order see what is proposed."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.replenishment import ReplenishmentActivities
    from domain.errors import OrderError
    from domain.proposals import PlanItems, PlanReplenishment, ReplenishmentPlanned

from workflows.execution import execute
from workflows.policies import PLANNING

SIGN_OF_LIFE = timedelta(minutes=2)
"""A chunk of items takes seconds, and loading the forecasting library some more; after two minutes of silence the worker is gone."""


@workflow.defn(name="Replenishment", failure_exception_types=[OrderError])
class Replenishment:
    """On demand or by the schedule; the run's name is the workflow's id, so that a repetition goes on with the same run."""

    @workflow.run
    async def run(self, asked: PlanReplenishment) -> ReplenishmentPlanned:
        now = workflow.now()
        request = PlanItems(
            run=asked.run or workflow.info().workflow_id,
            as_of=asked.as_of or now.date(),
            bucket=asked.bucket,
            at=now,
            day=asked.day,
        )
        what = f"Plan every item as of {request.as_of}"
        planned = await execute(ReplenishmentActivities.plan_items, request, what, PLANNING, sign_of_life=SIGN_OF_LIFE)
        workflow.set_current_details(story(planned))
        return planned


def story(planned: ReplenishmentPlanned) -> str:
    """What the run came to, as Markdown for the Temporal UI."""
    surplus = f", {planned.overstock} with overstock, {planned.dead} with dead stock" if planned.overstock or planned.dead else ""
    lines = [f"**{planned.planned} items planned as of {planned.as_of}: {planned.proposed} to order**{surplus}."]
    if planned.orders:
        lines += ["", "| proposal | item | for | from | units |", "|--:|---|---|---|--:|"]
        lines += [f"| {each.number} | {each.item} | {each.location} | {each.supplier} | {each.quantity} |" for each in planned.orders]
        lines += ["", "Decide with `oms replenish approve N` or `oms replenish reject N`."]
    return "\n".join(lines)
