"""Appeasement: money for goods that stay, within what the giver's role allows and the order has left."""

from __future__ import annotations

from decimal import Decimal

from domain.crediting import left_of, value_of
from domain.errors import InputRefused
from domain.messages import Appease
from domain.money import Money, parse_amount, round_half_up
from domain.state import OrderState


def refuse_appeasement(state: OrderState, request: Appease) -> str | None:
    """Why nobody gives this, or None."""
    if not state.has_line(request.line):
        return f"The order has no line {request.line}."
    left = left_to_give(state, request.line)
    if left.minor <= 0:
        return f"Line {request.line} has nothing invoiced that could be given back."
    try:
        amount = amount_of(state, request)
    except InputRefused as refused:
        return f"{refused}."
    if amount.minor <= 0:
        return f"An appeasement of {amount} is none."
    if amount > left:
        return f"Line {request.line} has {left} left that was invoiced and not given back; {amount} is more."
    return _beyond_the_role(state, request, amount)


def _beyond_the_role(state: OrderState, request: Appease, amount: Money) -> str | None:
    limits = state.policies.returns.appeasement
    allowed = {role: Money.of(limits[role], state.currency) for role in request.roles if role in limits}
    if not allowed:
        return f"{request.actor} has no role that may give money away; {_who(limits)} may."
    role, most = max(allowed.items(), key=lambda pair: pair[1].minor)
    if amount > most:
        return f"As {role} {request.actor} may give at most {most} at once, not {amount}."
    whole = Money(minor=round_half_up(most.minor * state.policies.returns.appeasement_per_order), currency=state.currency)
    given = Money.total((each.amount for each in state.appeasements), state.currency)
    if given + amount > whole:
        return f"As {role} {request.actor} may give an order at most {whole} in all; {given} were given before, {amount} more is too much."
    return None


def amount_of(state: OrderState, request: Appease) -> Money:
    """What is asked for, in money; raises InputRefused for what is no amount."""
    if bool(request.amount) == bool(request.percent):
        raise InputRefused("An appeasement", "state either an amount or a percentage")
    if request.amount:
        return Money.of(parse_amount(request.amount, "The amount"), state.currency)
    percent = parse_amount(request.percent.removesuffix("%"), "The percentage")
    if not 0 <= percent <= 100:
        raise InputRefused("The percentage", f"{percent} is not between 0 and 100")
    return Money(minor=round_half_up(left_to_give(state, request.line).minor * percent / Decimal(100)), currency=state.currency)


def left_to_give(state: OrderState, number: int) -> Money:
    """What was invoiced of a line, with its taxes, and neither credited nor promised to be."""
    lines = [left_of(invoice, number) for invoice in state.invoices]
    whole = Money.total((value_of(line, state.placed.taxes_included) for line in lines if line is not None), state.currency)
    promised = Money.total(
        (each.amount - each.given for each in state.appeasements if each.line == number and not each.done), state.currency
    )
    return whole - promised


def _who(limits: dict[str, Decimal]) -> str:
    names = list(limits)
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names) or "nobody"
