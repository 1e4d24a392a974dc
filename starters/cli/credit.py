"""Credit and currencies: what a customer owes and may, who is stopped and why, releases, limits, blocks, and exchange rates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.credit import RELEASERS, BlockKind
from domain.errors import InputRefused, Refused, Unavailable
from starters.cli import frame, subjects
from starters.cli.frame import AsJson, MessageIdOption, OrderKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from domain.credit import BlockCustomer, CreditChanged, CreditReport, SetAgeingHold, SetCreditLimit, WaitingOrder
    from domain.exchange import DifferenceView, MissingRate, Rate
    from domain.messages import Receipt

app = typer.Typer()
PANEL = "Credit and currencies"

CustomerId = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Our id of the customer.")]
Why = Annotated[str, typer.Option("--reason", help="Why, for the customer's credit history.")]


@app.command(rich_help_panel=PANEL)
def credit(
    customer: Annotated[str | None, typer.Argument(help="Our id of the customer. [default: every order that credit has stopped]")] = None,
    json: AsJson = False,
) -> None:
    """What a customer owes and may, in parts and by currency, and every stop and release; without one, who is stopped."""
    from database import credit_terms

    now = datetime.now(UTC)

    async def read() -> CreditReport | list[WaitingOrder]:
        async with frame.database() as database:
            if customer is None:
                return await database.read(credit_terms.waiting_orders)
            return await database.read(credit_terms.report, customer, now)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    from starters.cli.rendering_credit import credit_page, waiting_table

    if isinstance(found, list):
        if found:
            frame.console().print(waiting_table(found))
        else:
            frame.say("Credit stops no order.")
        return
    frame.console().print(credit_page(found))


@app.command("credit-limit", rich_help_panel=PANEL)
def credit_limit(
    customer: CustomerId,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="Such as 5000.00; 0 allows nothing on terms; `none` is unlimited.")],
    currency: Annotated[str, typer.Argument(metavar="CURRENCY", help="Such as EUR: each currency has its own limit.")],
    reason: Why = "",
    json: AsJson = False,
) -> None:
    """Set a customer's credit limit in a currency; orders that it lets go are told at once."""
    from database import credit_terms
    from domain.credit import SetCreditLimit
    from domain.money import Money, is_currency, parse_amount

    if not is_currency(currency):
        raise InputRefused("CURRENCY", f"there is no currency {currency!r:.10}")
    wanted = None if amount == "none" else Money.of(parse_amount(amount, "AMOUNT"), currency)
    now = datetime.now(UTC)
    request = SetCreditLimit(customer=customer, currency=currency, amount=wanted, reason=reason, actor=frame.actor(), at=now)
    said = f"unlimited in {currency}" if wanted is None else str(wanted)
    _change(f"The credit limit of [bold]{customer}[/] is {said}.", lambda session: credit_terms.set_limit(session, request), request, json)


@app.command(rich_help_panel=PANEL)
def block(
    customer: CustomerId,
    kind: Annotated[
        BlockKind | None, typer.Option("--kind", help="all: no orders, no goods; ship: no goods; invoice: no invoices.")
    ] = None,
    lift: Annotated[bool, typer.Option("--lift", help="End the block; orders that it lets go are told at once.")] = False,
    reason: Why = "",
    json: AsJson = False,
) -> None:
    """Block a customer by kind, or lift the block."""
    from database import credit_terms
    from domain.credit import BlockCustomer

    if lift == (kind is not None):
        raise InputRefused("--kind", "say how to block (all, ship or invoice), or --lift")
    request = BlockCustomer(customer=customer, kind=kind, reason=reason, actor=frame.actor(), at=datetime.now(UTC))
    said = f"[bold]{customer}[/] is blocked: {kind}." if kind else f"[bold]{customer}[/] is not blocked any more."
    _change(said, lambda session: credit_terms.block_customer(session, request), request, json)


@app.command("ageing-hold", rich_help_panel=PANEL)
def ageing_hold(
    days: Annotated[str, typer.Argument(metavar="DAYS", help="More days past due than these stop orders on terms; `none`: they never do.")],
    customer: Annotated[str, typer.Option("--customer", help="Only this customer and its accounts. [default: the house]")] = "",
    reason: Why = "",
    json: AsJson = False,
) -> None:
    """Stop orders of customers whose oldest invoice is too long past due."""
    from database import credit_terms
    from domain.credit import SetAgeingHold

    if days != "none" and not (days.isdecimal() and len(days) <= 4):
        raise InputRefused("DAYS", f"{days!r:.20} is neither a number of days nor none")
    wanted = None if days == "none" else int(days)
    request = SetAgeingHold(customer=customer, days=wanted, reason=reason, actor=frame.actor(), at=datetime.now(UTC))
    whose = f"of [bold]{customer}[/]" if customer else "of the house"
    said = f"The ageing hold {whose}: " + ("none." if wanted is None else f"more than {wanted} days past due.")
    _change(said, lambda session: credit_terms.set_ageing_hold(session, request), request, json)


@app.command("release-credit", rich_help_panel=PANEL)
def release_credit(
    order: OrderKey,
    reason: Annotated[str, typer.Option("--reason", help="Why it may go on; it stands in the customer's credit history.")],
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="How long it may pass the stops.")] = 7,
    up_to: Annotated[str | None, typer.Option("--up-to", metavar="AMOUNT", help="Only while the order comes to no more.")] = None,
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Let an order pass the credit stops for a time: for who has the role credit_controller or finance_manager."""
    from domain.messages import ReleaseCredit
    from domain.money import Money, parse_amount

    now = datetime.now(UTC)
    found = subjects.view(order)
    cap = Money.of(parse_amount(up_to, "--up-to"), found.currency) if up_to else None
    name = message_id or frame.derived_id("release-credit", found.order, now, reason)
    request = ReleaseCredit(
        message_id=name, occurred_at=now, actor=frame.actor(), reason=reason, expires_at=now + timedelta(days=days), cap=cap
    )

    async def send() -> Receipt:
        from database.staff import roles_of
        from starters.messaging import ask

        async with frame.database() as database:
            roles = await database.read(roles_of, request.actor)
        return await ask(await frame.client(), found.order, request.model_copy(update={"roles": roles}))

    receipt = frame.run(send())
    if json:
        frame.answer_json({"order": found.order, **receipt.model_dump(mode="json")})
        return
    frame.say(f"Order [bold]{found.order}[/] may pass the credit stops until {request.expires_at:%Y-%m-%d %H:%M} UTC: {reason}")


@app.command(rich_help_panel=PANEL)
def roles(
    actor: Annotated[str | None, typer.Argument(help="Who. [default: everybody]")] = None,
    grant: Annotated[list[str] | None, typer.Option("--grant", help=f"A role, such as {RELEASERS[0]}.")] = None,
    revoke: Annotated[list[str] | None, typer.Option("--revoke", help="A role to take away.")] = None,
    json: AsJson = False,
) -> None:
    """Who works here in which role; with --grant or --revoke, change it."""
    from database import staff

    if (grant or revoke) and actor is None:
        raise InputRefused("ACTOR", "say whose roles change")

    async def carry() -> dict[str, tuple[str, ...]]:
        async with frame.database() as database:
            if actor is not None and (grant or revoke):
                await database.transaction(staff.change_roles, actor, tuple(grant or ()), tuple(revoke or ()))
            return await database.read(staff.all_roles)

    found = {who: held for who, held in frame.run(carry()).items() if actor in (None, who)}
    if json:
        frame.answer_json(found)
        return
    for who, held in found.items():
        frame.say(f"[bold]{who}[/]: {', '.join(held)}")
    if not found:
        frame.say("Nobody has a role." if actor is None else f"{actor} has no role.")


@app.command(rich_help_panel=PANEL)
def rates(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Rates to take: CSV (currency,date,rate) or the ECB's daily XML.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="CUR=RATE", help="One unit of CUR in the ledger's currency, such as USD=0.92.")
    ] = None,
    day: Annotated[str | None, typer.Option("--day", metavar="DATE", help="The day of --set. [default: today]")] = None,
    differences: Annotated[bool, typer.Option("--differences", help="What was gained and lost on payments.")] = False,
    json: AsJson = False,
) -> None:
    """Exchange rates: take or set them, see the latest, and which are missing; what waited for a rate is booked at once."""
    from database import exchange
    from database.rates import latest_rates, ledger_currency
    from starters.rates import read_rates, said_rates

    now = datetime.now(UTC)
    on = frame.moment(day, "--day").date()

    async def carry() -> tuple[str, int, int, list[Rate], list[MissingRate], list[DifferenceView]]:
        async with frame.database() as database:
            ledger = await database.read(ledger_currency)
            wanted = [*(read_rates(file, ledger) if file else []), *said_rates(set_ or [], on)]
            taken = await database.transaction(exchange.set_rates, wanted, now) if wanted else None
            return (
                ledger,
                taken.rates if taken else 0,
                taken.booked if taken else 0,
                await database.read(latest_rates),
                await database.read(exchange.missing_rates),
                await database.read(exchange.differences) if differences else [],
            )

    ledger, taken, booked, latest, missing, gained = frame.run(carry())
    if json:
        frame.answer_json({"ledger": ledger, "taken": taken, "booked": booked, "latest": latest, "missing": missing, "differences": gained})
        return
    from starters.cli.rendering_credit import rates_page

    if file or set_:
        frame.say(f"{taken} rates taken; {booked} entries that had waited for one are booked.")
    frame.console().print(rates_page(ledger, latest, missing, gained if differences else None, now.date()))


def _change(
    said: str,
    work: Callable[[Session], CreditChanged],
    request: SetCreditLimit | BlockCustomer | SetAgeingHold,
    as_json: bool,
) -> None:
    """Carry out a change, then tell the orders that it lets go; those that cannot be told now hear it from the messenger."""
    from starters.outbox import tell_untold

    if not request.reason:
        raise Refused("Say why with --reason: it stands in the customer's credit history.")

    async def carry() -> tuple[CreditChanged, bool]:
        async with frame.database() as database:
            changed = await database.transaction(work)
            if not changed.told:
                return changed, True
            try:
                await tell_untold(await frame.client(), database)
            except Unavailable:
                return changed, False
            return changed, True

    changed, heard = frame.run(carry())
    if as_json:
        frame.answer_json({**changed.model_dump(mode="json"), "heard": heard})
        return
    frame.say(said)
    if changed.told:
        how = "Told that they may go on" if heard else "They may go on, and hear it as soon as Temporal answers"
        frame.say(f"{how}: {', '.join(dict.fromkeys(changed.told))}.")
