"""Deposits: what the terms ask for before anything is invoiced is asked for, awaited, and gone without only when a person says so."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.invoices import InvoiceActivities
    from domain.exceptions import ExceptionKind
    from domain.lifecycle import Wait
    from domain.money import Money
    from domain.money_steps import RequestDeposit, SendDepositRequest
    from domain.parts import DepositAsked
    from domain.state import OrderState

from workflows.chapter import Chapter
from workflows.policies import MAIL
from workflows.stages.floor import move_due
from workflows.stages.supply import cause_of


async def collect(chapter: Chapter) -> None:
    """Ends when the deposit came, when a person goes on without it, or when nothing is left that it could be for."""
    state = chapter.state
    asked = state.deposit or await ask_for_it(chapter)
    if not asked.sent:
        request = SendDepositRequest(**chapter.base("deposit/letter"), document=asked.document, amount=asked.amount, due_at=asked.due_at)
        await chapter.act(InvoiceActivities.send_deposit_request, request, f"Send {asked.document}: please pay {asked.amount}", MAIL)
        asked.sent = True

    def over() -> bool:
        return paid(state, asked) or pointless(state)

    while not asked.done:
        if await chapter.until(over, Wait.DEPOSIT, "order", asked.due_at, ExceptionKind.DEPOSIT_OVERDUE):
            asked.done = True
            return
        detail = f"The deposit of {asked.amount} ({asked.document}) was not paid by {asked.due_at:%Y-%m-%d}."
        async with chapter.question(ExceptionKind.DEPOSIT_OVERDUE, "order", detail, over) as answer:
            if answer.choice == "go_on":
                asked.done = True
            elif answer.choice == "cancel":
                state.cancel("the deposit was not paid", cause_of(answer))
            elif answer.choice == "wait_on":
                rule = state.agreement.deposit
                asked.due_at = chapter.now + state.policies.days(max(rule.days if rule else 0, 1))
                await move_due(chapter, "deposit", asked.due_at)


async def ask_for_it(chapter: Chapter) -> DepositAsked:
    state = chapter.state
    rule = state.agreement.deposit
    assert rule is not None  # the chapter is needed for it
    base = chapter.base("deposit")
    due_at = base["at"] + state.policies.days(rule.days)
    request = chapter.again(RequestDeposit(**base, amount=rule.of(state.placed.total), before_supply=rule.before_supply, due_at=due_at))
    issued = await chapter.act(InvoiceActivities.request_deposit, request, f"Ask for a deposit of {request.amount}")
    state.deposit = DepositAsked(document=issued.number, amount=request.amount, due_at=request.due_at)
    return state.deposit


def paid(state: OrderState, asked: DepositAsked) -> bool:
    """What came in and stands is the deposit, within the tolerance of the terms."""
    standing = Money.total((payment.left for payment in state.payments), state.currency)
    return standing.minor >= asked.amount.minor - state.agreement.tolerance


def pointless(state: OrderState) -> bool:
    """Everything was invoiced already: what is owed is asked for by its invoices."""
    return (
        bool(state.invoices)
        and not any(line.open or line.at_work for line in state.lines)
        and not any(s.to_invoice for s in state.shipments)
    )
