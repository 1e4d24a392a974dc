"""Claims and held goods from the terminal: who owes us for goods, and what lies here for nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from domain.errors import InputRefused
from starters.cli import frame, subjects
from starters.cli.floor import tell_orders
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from domain.claims import ClaimView
    from domain.money import Money
    from domain.views import HeldView

app = typer.Typer()
PANEL = "Goods that came back"

claim_app = typer.Typer(no_args_is_help=True, help="Follow a claim: tell the other side, keep their answer, book their money.")
held_app = typer.Typer(invoke_without_command=True, help="Goods in quarantine or repair: nobody sells them until a person frees them.")
app.add_typer(claim_app, name="claim", rich_help_panel=PANEL)
app.add_typer(held_app, name="held", rich_help_panel=PANEL)

Claim = Annotated[int, typer.Argument(min=1, metavar="CLAIM", help="Its number, as `oms claims` lists it.")]
Note = Annotated[str, typer.Option("--note", help="What they said, or what there is to know.")]
Why = Annotated[Literal["quarantine", "refurbish"], typer.Option("--why", help="Where they are held.")]
Item = Annotated[str, typer.Argument(help="The item.")]
Place = Annotated[str, typer.Argument(help="Where it lies.")]
Units = Annotated[int, typer.Argument(min=1, help="How many.")]
Lot = Annotated[str, typer.Option("--lot", help="Of this lot, where the item is kept by lot.")]
By = Annotated[str | None, typer.Option("--by", help="Who decided. [default: who is logged in]")]
Key = Annotated[str | None, typer.Option("--key", help="The same key is the same movement, however often it is sent. [default: now]")]


@app.command("claims", rich_help_panel=PANEL)
def list_claims(
    order: Annotated[str | None, typer.Option("--order", help="Only claims of this order.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are paid or refused.")] = False,
    json: AsJson = False,
) -> None:
    """Who owes us for goods: carriers, suppliers and customers, the most urgent first, and until when something has to be done."""
    from database import debts

    async def read() -> list[ClaimView]:
        async with frame.database() as database:
            key = await subjects.key_of(database, order) if order else None
            return await database.read(debts.claims, key, everything)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    from starters.cli.rendering_returns import claims_table

    if found:
        frame.console().print(claims_table(found, datetime.now(UTC)))
    else:
        frame.say("Nobody owes us for goods." if everything else "No claim is open; --all shows those that ended.")


@claim_app.command("file")
def file(
    claim: Claim,
    reference: Annotated[str, typer.Argument(help="Their number of it.")],
    amount: Annotated[str, typer.Option("--amount", metavar="AMOUNT", help="What is claimed, where it is not what the list says.")] = "",
    evidence: Annotated[str, typer.Option("--evidence", help="What they were shown: photos, proof of value.")] = "",
    json: AsJson = False,
) -> None:
    """The other side was told; now they have to answer."""
    from database import debts

    def work(session: Session) -> ClaimView:
        stated = _amount(session, claim, amount) if amount else None
        return debts.file_claim(session, claim, reference, stated, evidence, datetime.now(UTC))

    _follow(work, json)


@claim_app.command("accept")
def accept(claim: Claim, note: Note = "", json: AsJson = False) -> None:
    """They will pay."""
    from database import debts
    from domain.claims import ClaimStatus

    _follow(lambda session: debts.answer_claim(session, claim, ClaimStatus.ACCEPTED, note, datetime.now(UTC)), json)


@claim_app.command("refuse")
def refuse(claim: Claim, note: Note = "", json: AsJson = False) -> None:
    """They will not pay, or we give it up; it can be filed again."""
    from database import debts
    from domain.claims import ClaimStatus

    _follow(lambda session: debts.answer_claim(session, claim, ClaimStatus.REFUSED, note, datetime.now(UTC)), json)


@claim_app.command("pay")
def pay(
    claim: Claim,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="In major units of the claim's currency, such as 49.90.")],
    note: Note = "",
    json: AsJson = False,
) -> None:
    """Their money is here."""
    from database import debts

    _follow(lambda session: debts.pay_claim(session, claim, _amount(session, claim, amount), note, datetime.now(UTC)), json)


@held_app.callback()
def held(
    context: typer.Context, item: Annotated[str | None, typer.Option("--item", help="Only this item.")] = None, json: AsJson = False
) -> None:
    """What is held where, why, and since when."""
    if context.invoked_subcommand is not None:
        return
    from database import held as held_stock

    async def read() -> list[HeldView]:
        async with frame.database() as database:
            return await database.read(held_stock.held, item)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    from starters.cli.rendering_returns import held_table

    if found:
        frame.console().print(held_table(found))
    else:
        frame.say("Nothing is held.")


@held_app.command("free")
def free(
    item: Item, location: Place, units: Units, why: Why = "quarantine", lot: Lot = "", by: By = None, key: Key = None, json: AsJson = False
) -> None:
    """The units are good: they are in stock, for whoever waits first."""
    from database import held as held_stock

    name, now = key or frame.derived_id("held-free", item, location, units, why, datetime.now(UTC)), datetime.now(UTC)

    async def carry() -> str:
        async with frame.database() as database:
            await database.transaction(held_stock.free, item, location, why, units, name, now, by or frame.actor(), lot)
            return await tell_orders(database)

    silence = frame.run(carry())
    if json:
        frame.answer_json({"item": item, "location": location, "freed": units, "key": name})
        return
    frame.say(f"{units} of [bold]{item}[/] are in stock at {location}.")
    if silence:
        frame.say(f"Who waits for it will be told by a worker later. {silence}")


@held_app.command("scrap")
def scrap(
    item: Item,
    location: Place,
    units: Units,
    why: Why = "quarantine",
    lot: Lot = "",
    reason: Annotated[str, typer.Option("--reason", help="Why it is worthless.")] = "",
    by: By = None,
    key: Key = None,
    json: AsJson = False,
) -> None:
    """The units are worthless and thrown away."""
    from database import held as held_stock

    name, now = key or frame.derived_id("held-scrap", item, location, units, why, datetime.now(UTC)), datetime.now(UTC)

    async def carry() -> None:
        async with frame.database() as database:
            await database.transaction(held_stock.scrap, item, location, why, units, name, now, by or frame.actor(), lot, reason)

    frame.run(carry())
    if json:
        frame.answer_json({"item": item, "location": location, "scrapped": units, "key": name})
    else:
        frame.say(f"{units} of [bold]{item}[/] at {location} are scrapped.")


def _amount(session: Session, claim: int, written: str) -> Money:
    """An amount in the claim's own currency."""
    from database.debts import read_claim
    from domain.money import Money, parse_amount

    amount = parse_amount(written, "AMOUNT")
    if amount <= 0:
        raise InputRefused("AMOUNT", f"{written} is not more than nothing")
    return Money.of(amount, read_claim(session, claim).amount.currency)


def _follow(work: Callable[[Session], ClaimView], json: bool) -> None:
    async def carry() -> ClaimView:
        async with frame.database() as database:
            return await database.transaction(work)

    done = frame.run(carry())
    if json:
        frame.answer_json(done)
        return
    from starters.cli.rendering import moment

    until = f" until {moment(done.due_at)} UTC" if done.due_at else ""
    money = f"{done.paid} of {done.amount}" if done.paid else str(done.amount)
    frame.say(f"Claim {done.claim} on [bold]{done.party}[/] for {money} is {done.status}{until}.")
