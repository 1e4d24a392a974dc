"""Runs plan every item once, people decide once, and an approval is one line of one purchase order, however often it is asked."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from database import demand, past_demand, replenishment, replenishment_reading, stock, supply
from database import planning as terms
from database.audit import audit
from database.tables import PurchaseOrder, PurchaseOrderLine, ReplenishmentPlan, ReplenishmentProposal
from domain.demand import Bucket
from domain.errors import Conflict, NotFound, Refused
from domain.forecasting import BuiltIn, forecast
from domain.proposals import ApproveProposal, PlanItems, ProposalDecided, ProposalStatus, RejectProposal, ReplenishmentPlanned
from domain.replenishment import StockPosition, Verdict, horizon, plan
from domain.steps import ReceiveStock
from tests.database.builders import DAY, NOW, House
from tests.database.buying import KETTLES, TODAY, plan_for, planning, sold


def run(name: str = "run-1", after: int = 0) -> PlanItems:
    return PlanItems(run=name, as_of=TODAY, bucket=Bucket.WEEK, at=NOW + timedelta(minutes=after))


async def planned(house: House, request: PlanItems) -> ReplenishmentPlanned:
    """As the activity does it, in one piece."""
    keys = await house(replenishment.begin_run, request)
    found = await house(demand.evidence, keys, TODAY - timedelta(weeks=104), TODAY)
    plans = []
    for each in found:
        history = demand.history_of(each, request.bucket, TODAY - timedelta(weeks=104), TODAY)
        told = forecast(history.fitted, horizon(each.planning, request.bucket), BuiltIn())
        plans.append(plan(each.planning, history, told, each.stock, TODAY, each.lead))
    await house(replenishment.store_plans, request, plans)
    return await house(replenishment.end_run, request)


@pytest.fixture
async def kitchen(house: House) -> House:
    """Kettles that sell twenty a week, and hardly any of them left."""
    await house(plan_for, planning())
    await house(past_demand.import_history, sold(), "sales.csv", NOW)
    return house


def approval(number: int, quantity: int | None = None, reason: str = "", actor: str = "cli:ada") -> ApproveProposal:
    return ApproveProposal(number=number, quantity=quantity, reason=reason, actor=actor, at=NOW + timedelta(hours=1))


async def only_proposal(house: House) -> int:
    [row] = await house(replenishment_reading.proposals, ProposalStatus.OPEN)
    return row.number


# --- runs ----------------------------------------------------------------------------------------------------------------------------


async def test_a_run_proposes_what_is_missing_with_its_whole_arithmetic(kitchen: House) -> None:
    result = await planned(kitchen, run())
    assert (result.planned, result.proposed) == (1, 1)
    view = await kitchen(replenishment_reading.proposal, result.orders[0].number)
    assert view.plan.stock == StockPosition(on_hand=14, since=date(2026, 1, 1))
    assert len(view.plan.history.quantities) == 30
    assert view.plan.demand == pytest.approx(20.5 / 7, rel=0.05)
    assert view.proposed == view.plan.quantity
    assert view.proposed % 6 == 0
    assert view.plan.stock.position + view.proposed >= view.plan.reorder_point
    assert (await kitchen(replenishment_reading.plans_of, "KETTLE"))[0] == view.plan


async def test_a_run_that_is_repeated_plans_nothing_twice(kitchen: House) -> None:
    first = await planned(kitchen, run())
    assert await planned(kitchen, run()) == first
    assert await kitchen(replenishment.begin_run, run()) == []
    assert len(await kitchen(replenishment_reading.proposals)) == 1


async def test_an_attempt_that_comes_late_stores_no_second_proposal(kitchen: House) -> None:
    request = run()
    await planned(kitchen, request)
    stands = (await kitchen(replenishment_reading.plans_of, "KETTLE"))[0]
    await kitchen(replenishment.store_plans, request, [stands])
    assert len(await kitchen(replenishment_reading.proposals)) == 1


async def test_a_run_of_the_same_name_as_of_another_day_is_a_conflict(kitchen: House) -> None:
    await planned(kitchen, run())
    with pytest.raises(Conflict, match="Run run-1 is known with other content \\(as of 2026-11-23 by week\\)"):
        await kitchen(replenishment.begin_run, run().model_copy(update={"as_of": TODAY + timedelta(days=1)}))


async def test_a_newer_run_closes_what_was_proposed_before(kitchen: House) -> None:
    first = (await planned(kitchen, run())).orders[0].number
    second = (await planned(kitchen, run("run-2", after=1))).orders[0].number
    old = await kitchen(replenishment_reading.proposal, first)
    assert (old.status, old.reason, old.decided_by) == (ProposalStatus.SUPERSEDED, "run-2 looked again", "holdfast")
    assert (await planned(kitchen, run())).planned == 1  # asked again, the first run still says what it came to
    assert await only_proposal(kitchen) == second
    with pytest.raises(Refused, match=f"Proposal {first} is superseded: only an open one can be approved"):
        await kitchen(replenishment.approve, approval(first))


async def test_runs_at_once_leave_one_open_proposal_for_each_item(kitchen: House) -> None:
    await kitchen(plan_for, planning(item="FILTER"), planning(item="GRINDER", location="LYON"))
    await kitchen(past_demand.import_history, [*sold("FILTER"), *sold("GRINDER", weekly=40)], "sales.csv", NOW)
    await asyncio.gather(*(planned(kitchen, run(f"run-{number}", after=number)) for number in range(4)))
    open_ones = await kitchen(replenishment_reading.proposals, ProposalStatus.OPEN)
    assert sorted((view.item, view.run) for view in open_ones) == [("FILTER", "run-3"), ("GRINDER", "run-3"), ("KETTLE", "run-3")]


async def test_an_older_run_that_ends_later_leaves_the_newer_plan(kitchen: House) -> None:
    older, newer = run("older"), run("newer", after=1)
    assert await kitchen(replenishment.begin_run, older) == [KETTLES]
    await planned(kitchen, newer)
    stands = (await kitchen(replenishment_reading.plans_of, "KETTLE"))[0]
    await kitchen(replenishment.store_plans, older, [stands])
    assert await kitchen(replenishment.begin_run, older) == []
    assert [row.run for row in await kitchen(replenishment_reading.proposals)] == ["newer"]


async def test_what_is_enough_now_is_proposed_no_longer(kitchen: House) -> None:
    await planned(kitchen, run())
    await kitchen(stock.receive_stock, ReceiveStock(receipt="R-1", item="KETTLE", location="LYON", quantity=500, at=NOW, actor="dock"))
    result = await planned(kitchen, run("run-2", after=1))
    assert (result.proposed, result.overstock) == (0, 1)
    [view] = await kitchen(replenishment_reading.proposals)
    assert view.status is ProposalStatus.SUPERSEDED
    [much] = await kitchen(replenishment_reading.surplus)
    assert (much.verdict, much.surplus) == (Verdict.OVERSTOCK, 514 - much.reorder_point - max(much.economic_quantity, 12))


# --- decisions -----------------------------------------------------------------------------------------------------------------------


async def test_an_approval_is_one_line_of_a_purchase_order_however_often_it_is_asked(kitchen: House) -> None:
    await planned(kitchen, run())
    number = await only_proposal(kitchen)
    first = await kitchen(replenishment.approve, approval(number))
    again = await kitchen(replenishment.approve, approval(number, actor="cli:bob"))
    assert again == first.model_copy(update={"repeated": True})
    assert first == ProposalDecided(
        number=number, status=ProposalStatus.APPROVED, quantity=first.quantity, purchase_order=f"PO-R{number}", line=1
    )
    placed = await kitchen(lambda session: session.get_one(PurchaseOrder, first.purchase_order))
    assert (placed.supplier, placed.location, placed.created_by) == ("HARIO", "BERLIN", "cli:ada")
    ordered = await kitchen(lambda session: session.scalars(select(PurchaseOrderLine)).one())
    assert (ordered.item, ordered.ordered, ordered.expected_at) == ("KETTLE", first.quantity, NOW + timedelta(hours=1) + 14 * DAY)


async def test_two_approvals_at_once_order_once(kitchen: House) -> None:
    await planned(kitchen, run())
    number = await only_proposal(kitchen)
    both = await asyncio.gather(*(kitchen(replenishment.approve, approval(number, actor=name)) for name in ("cli:ada", "cli:bob")))
    assert sorted(each.repeated for each in both) == [False, True]
    assert len(await kitchen(lambda session: session.scalars(select(PurchaseOrderLine)).all())) == 1


async def test_another_quantity_needs_a_reason_and_is_not_changed_again(kitchen: House) -> None:
    await planned(kitchen, run())
    number = await only_proposal(kitchen)
    with pytest.raises(Refused, match="ordering 60 needs a reason"):
        await kitchen(replenishment.approve, approval(number, 60))
    with pytest.raises(Refused, match="with 1 to 10000000 units, not with 0"):
        await kitchen(replenishment.approve, approval(number, 0))
    assert (await kitchen(replenishment.approve, approval(number, 60, "a fair in March"))).quantity == 60
    with pytest.raises(Conflict, match="approved with 60 units by cli:ada"):
        await kitchen(replenishment.approve, approval(number, 66, "two fairs"))
    view = await kitchen(replenishment_reading.proposal, number)
    assert (view.quantity, view.reason, view.decided_by) == (60, "a fair in March", "cli:ada")


async def test_a_rejected_proposal_orders_nothing(kitchen: House) -> None:
    await planned(kitchen, run())
    number = await only_proposal(kitchen)
    refusal = RejectProposal(number=number, reason="the range ends", actor="cli:ada", at=NOW)
    with pytest.raises(Refused, match="needs a reason"):
        await kitchen(replenishment.reject, refusal.model_copy(update={"reason": " "}))
    assert not (await kitchen(replenishment.reject, refusal)).repeated
    assert (await kitchen(replenishment.reject, refusal)).repeated
    with pytest.raises(Refused, match="is rejected: only an open one"):
        await kitchen(replenishment.approve, approval(number))
    assert await kitchen(lambda session: session.scalars(select(PurchaseOrder)).all()) == []
    with pytest.raises(NotFound, match="There is no proposal '999'"):
        await kitchen(replenishment.approve, approval(999))


async def test_one_purchase_order_for_a_supplier_a_location_and_a_run(kitchen: House) -> None:
    await kitchen(plan_for, planning(item="FILTER"), planning(item="GRINDER", location="LYON", minimum=1, multiple=1))
    await kitchen(past_demand.import_history, [*sold("FILTER"), *sold("GRINDER", weekly=40)], "sales.csv", NOW)
    result = await planned(kitchen, run())
    numbers = {each.item: each.number for each in result.orders}
    decided = {item: await kitchen(replenishment.approve, approval(numbers[item])) for item in ("KETTLE", "FILTER", "GRINDER")}
    assert (decided["FILTER"].purchase_order, decided["FILTER"].line) == (decided["KETTLE"].purchase_order, 2)
    assert decided["GRINDER"].purchase_order == f"PO-R{numbers['GRINDER']}"


async def test_a_line_never_joins_a_purchase_order_that_is_closed(kitchen: House) -> None:
    await kitchen(plan_for, planning(item="FILTER"))
    await kitchen(past_demand.import_history, sold("FILTER"), "sales.csv", NOW)
    result = await planned(kitchen, run())
    kettles, filters = (next(each.number for each in result.orders if each.item == item) for item in ("KETTLE", "FILTER"))
    first = await kitchen(replenishment.approve, approval(kettles))
    came = ReceiveStock(
        receipt="R-1", item="KETTLE", location="BERLIN", quantity=first.quantity, at=NOW, actor="dock",
        purchase_order=first.purchase_order, purchase_line=1,
    )  # fmt: skip
    await kitchen(supply.receive, came)
    assert (await kitchen(replenishment.approve, approval(filters))).purchase_order == f"PO-R{filters}"


async def test_what_was_approved_is_netted_in_the_next_run(kitchen: House) -> None:
    await planned(kitchen, run())
    decided = await kitchen(replenishment.approve, approval(await only_proposal(kitchen)))
    assert (await planned(kitchen, run("run-2", after=1))).proposed == 0
    [now] = await kitchen(replenishment_reading.plans_of, "KETTLE")
    assert now.stock.on_order == decided.quantity
    assert now.stock.inbound[0].reference == f"purchase order {decided.purchase_order} line 1"
    assert now.stock.inbound[0].expected == date(2026, 12, 7)


# --- terms ---------------------------------------------------------------------------------------------------------------------------


async def test_terms_are_set_and_changed_and_name_only_what_is_known(house: House) -> None:
    await house(terms.set_terms, planning())
    await house(terms.set_terms, planning(minimum=24, service=0.99))
    [found] = await house(terms.terms_of, "KETTLE")
    assert found == planning(minimum=24, service=0.99)
    assert await house(terms.terms_of, "FILTER") == []
    for unknown, what in (
        ({"item": "TEAPOT"}, "item 'TEAPOT'"),
        ({"location": "OSLO"}, "location 'OSLO'"),
        ({"supplier": "X"}, "supplier 'X'"),
    ):
        with pytest.raises(NotFound, match=what):
            await house(terms.set_terms, planning(**unknown))
    assert len(await house(terms.terms_of)) == 1


# --- the audit -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "change", "rule"),
    [
        (PurchaseOrderLine, {"ordered": 7}, "what_was_approved_is_on_order"),
        (ReplenishmentProposal, {"decided_by": ""}, "every_decision_has_somebody_and_a_reason"),
        (ReplenishmentProposal, {"proposed": 7}, "every_plan_is_its_own_arithmetic"),
        (ReplenishmentPlan, {"surplus": 7}, "every_plan_is_its_own_arithmetic"),
        (ReplenishmentPlan, {"plan": "{}"}, "every_plan_is_its_own_arithmetic"),
    ],
)
async def test_the_audit_sees_a_broken_truth(kitchen: House, table: Any, change: dict[str, Any], rule: str) -> None:
    await planned(kitchen, run())
    await kitchen(replenishment.approve, approval(await only_proposal(kitchen)))

    def change_to(session: Session, values: dict[str, Any]) -> dict[str, Any]:
        row = session.scalars(select(table)).one()
        before = {name: getattr(row, name) for name in values}
        session.execute(update(table).values(**values))
        return before

    before = await kitchen(change_to, change)
    assert rule in {found.rule for found in await kitchen(audit)}
    await kitchen(change_to, before)
