"""Customers' accounts from the terminal: what a customer has with us, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused
from starters.cli import frame
from starters.cli.banking import PANEL, amount_of, tell
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from database.account_use import Applied
    from domain.bank_views import AccountView
    from domain.money import Money

app = typer.Typer()
CustomerId = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer.")]


@app.command(rich_help_panel=PANEL)
def account(customer: CustomerId, json: AsJson = False) -> None:
    """What a customer has on account and owes, and how it came to be."""
    from database import account_use

    async def read() -> AccountView:
        async with frame.database() as database:
            return await database.read(account_use.account_view, customer)

    view = frame.run(read())
    if json:
        frame.answer_json(view)
        return
    from starters.cli.bank_tables import account_page

    frame.console().print(account_page(view))


@app.command("account-apply", rich_help_panel=PANEL)
def account_apply(
    customer: CustomerId,
    to: Annotated[str, typer.Argument(metavar="INVOICE", help="The invoice, such as INV-000042; an order's key pays it in advance.")],
    amount: Annotated[str | None, typer.Argument(help="In major units. [default: as much as there is on both sides]")] = None,
    json: AsJson = False,
) -> None:
    """Pay an invoice from what the customer has on account."""
    from database import account_use, bank_queue

    async def carry() -> Applied:
        async with frame.database() as database:
            minor = None
            if amount is not None:
                currency = (await database.read(bank_queue.payable, to)).currency
                minor = amount_of(amount, currency, "AMOUNT").minor
            done = await database.transaction(account_use.apply_account, customer, to, minor, frame.actor(), datetime.now(UTC))
            await tell(database)
            return done

    done = frame.run(carry())
    if json:
        frame.answer_json(done)
    else:
        frame.say(f"{done.amount} are applied to [bold]{done.document}[/] as payment {done.payment}; {done.left} are left on account.")


@app.command("account-refund", rich_help_panel=PANEL)
def account_refund(
    customer: CustomerId,
    amount: Annotated[str, typer.Argument(help="In major units.")],
    reference: Annotated[str, typer.Option("--reference", help="The reference of the transfer: each counts once.")],
    currency: Annotated[str | None, typer.Option("--currency", help="[default: the one currency there is on account]")] = None,
    json: AsJson = False,
) -> None:
    """Book that money on account was paid back to the customer by a transfer."""
    from database import account_use

    async def carry() -> tuple[Money, Money]:
        async with frame.database() as database:
            have = (await database.read(account_use.account_view, customer)).on_account
            codes = [money.currency for money in have if money] or [money.currency for money in have]
            if currency is None and len(codes) != 1:
                raise InputRefused("--currency", f"{customer} has {', '.join(map(str, have)) or 'nothing'} on account: say which currency")
            paid = amount_of(amount, currency or codes[0], "AMOUNT")
            return paid, await database.transaction(account_use.pay_back, customer, paid, reference, frame.actor(), datetime.now(UTC))

    paid, left = frame.run(carry())
    if json:
        frame.answer_json({"customer": customer, "paid_back": paid, "reference": reference, "left": left})
    else:
        frame.say(f"{paid} are booked as paid back to [bold]{customer}[/] ({reference}); {left} are left on account.")
