"""Acceptance: the order is checked, a person mends what can be mended, and a prepaid order's money is authorized."""

from __future__ import annotations

from decimal import Decimal

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.money import MoneyActivities
    from activities.orders import OrderActivities
    from domain import cards
    from domain.credit import CreditJudged, StopStage
    from domain.exceptions import Decision, ExceptionKind
    from domain.money_steps import AuthorizePayment
    from domain.order import OrderLine, PriceOverride
    from domain.state import OrderState
    from domain.steps import AcceptOrder, Finding, Severity

from workflows.chapter import Chapter
from workflows.policies import PAYMENTS
from workflows.stages import credit_check, supply


async def accept(chapter: Chapter) -> None:
    """Ends with an order that is ready to be supplied, or rejected."""
    await validate(chapter)
    if chapter.state.rejected is None:
        await authorize(chapter)


async def validate(chapter: Chapter) -> None:
    state = chapter.state
    while not state.accepted and state.rejected is None:
        if state.credit_stop is not None:
            await chapter.pause(lambda: state.credit_stop is None)
            continue
        base = chapter.base(f"accept/{state.attempts + 1}")
        asked = credit_check.question(chapter, StopStage.ACCEPTANCE, base["at"])
        request = chapter.again(
            AcceptOrder(
                **base,
                placed=state.placed,
                price_tolerance=state.policies.price_tolerance,
                waived=state.waived,
                credit=asked,
                allocate=supply.ask_for_stock(chapter) if supplied_at_once(state) else None,
            )
        )
        allocate = request.allocate
        summary = f"Check the order of {len(state.lines)} lines for {state.placed.customer}"
        if allocate is not None:
            summary += f"; if it is good, {allocate.summary[:1].lower()}{allocate.summary[1:]}"
        checked = await chapter.act(OrderActivities.accept_order, request, summary)
        if allocate is not None and checked.allocation is None:
            state.allocations_attempted.remove(allocate.key)  # nothing was reserved, and the journal answers for this attempt
        state.findings = list(checked.findings)
        fatal = sentence(checked.findings, Severity.FATAL)
        mendable = sentence(checked.findings, Severity.MENDABLE)
        stops = tuple(finding.reason for finding in checked.findings if finding.severity is Severity.STOP)
        if fatal:
            state.rejected = fatal
        elif mendable:
            async with chapter.question(ExceptionKind.VALIDATION_FINDINGS, "order", mendable) as answer:
                if answer.choice == "reject":
                    state.rejected = mendable
                elif answer.choice == "accept":
                    state.waived = True
                else:
                    correct(state, answer)
                state.attempts += 1
        elif stops:
            state.customer = checked.customer
            credit_check.heed(state, asked, CreditJudged(reasons=stops), base["at"])
            state.attempts += 1
        else:
            state.customer, state.refund_on = checked.customer, checked.refund_on
            if checked.priced is not None:
                state.placed = checked.priced.on(state.placed)
            state.placed = state.placed.without_people().model_copy(update={"policy": state.placed.policy or checked.policy})
            state.agreed = checked.terms
            state.accepted = True
            if allocate is not None and checked.allocation is not None:
                supply.keep_allocation(state, allocate, checked.allocation)


def supplied_at_once(state: OrderState) -> bool:
    """Nothing comes between acceptance and supply: no payment in advance, no hold, no change that is asked for."""
    return state.supplied_at_acceptance and state.on_terms and bool(state.needs) and not (state.holds or state.amendments)


async def authorize(chapter: Chapter) -> None:
    state = chapter.state
    while state.prepaid and not state.authorization:
        attempt = state.authorization_attempts + 1
        base = chapter.base(f"authorize/{attempt}")
        if base["key"] not in state.authorizations_attempted:
            state.authorizations_attempted.append(base["key"])
        request = AuthorizePayment(**base, amount=state.placed.total, reference=state.placed.payment_reference)
        answer = await chapter.act(MoneyActivities.authorize_payment, request, f"Authorize {request.amount}", PAYMENTS)
        if answer.authorization:
            state.authorization = answer.authorization
            state.authorizations.append(cards.granted(base["key"], request.amount, answer))
            state.authorization_attempts = attempt
            return
        async with chapter.question(ExceptionKind.PAYMENT_DECLINED, "order", f"The payment was declined: {answer.declined}") as decision:
            state.authorization_attempts = attempt
            if decision.choice == "bill":
                state.billed = True
            elif decision.choice == "cancel":
                state.cancel(f"payment declined: {answer.declined}", None)


def correct(state: OrderState, answer: Decision) -> None:
    """The order as the person says it was meant; without corrections the master data were mended, and the check runs again."""
    lines = tuple(
        (set_price(line, answer) if line.number in answer.prices else line).model_copy(
            update={"item": answer.items.get(line.number, line.item)}
        )
        for line in state.placed.lines
    )
    state.placed = state.placed.model_copy(
        update={
            "lines": lines,
            "customer": answer.customer or state.placed.customer,
            "ship_to": answer.ship_to or state.placed.ship_to,
        }
    )
    for line in lines:
        state.line(line.number).item = line.item


def set_price(line: OrderLine, answer: Decision) -> OrderLine:
    """The line with the price that a person set, and with who did it and why."""
    was = line.override.was if line.override else None if line.to_price else line.unit_price
    override = PriceOverride(was=was, by=answer.by, why=answer.note or "corrected at validation", at=answer.at)
    return line.model_copy(update={"unit_price": Decimal(answer.prices[line.number]), "to_price": False, "override": override})


def sentence(findings: tuple[Finding, ...], severity: Severity) -> str:
    """All findings of one severity as one text; empty when there are none."""
    return "; ".join(f"{finding.place}: {finding.reason}" for finding in findings if finding.severity is severity)
