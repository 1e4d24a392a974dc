"""What partners say by EDI beside orders: changes to decide, what they paid, what they have; and what we tell them that we have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import NotFound, Refused
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from database.edi import Drawn
    from database.edi_facts import Change

app = typer.Typer()

Number = Annotated[int, typer.Argument(min=1, metavar="CHANGE", help="The change's number, as `oms edi changes` lists it.")]


@app.command("changes")
def changes(
    all_of_them: Annotated[bool, typer.Option("--all", help="Also those that are decided.")] = False,
    json: AsJson = False,
) -> None:
    """List the changes of orders (860, ORDCHG) that wait for a person."""
    from database import edi_facts

    found: list[Change] = frame.run(_read(edi_facts.changes, "" if all_of_them else "open"))
    if json:
        frame.answer_json(found)
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table("No.", "Came", "Partner", "Order", "Asks for", "Status", "Why", box=None, header_style="bold")
    for one in found:
        came = f"{one.at:%Y-%m-%d %H:%M}"
        table.add_row(str(one.change), came, escape(one.partner), escape(one.order), escape(_asks(one)), one.status, escape(one.why))
    frame.console().print(table if found else "No change waits for anybody.")


@app.command("accept")
def accept(
    number: Number,
    by_hand: Annotated[bool, typer.Option("--by-hand", help="I have changed the order myself; only note it.")] = False,
    json: AsJson = False,
) -> None:
    """Accept a change: the order is asked for it, and says itself where it is too late for that."""

    async def decide() -> Change:
        from database import edi_facts
        from domain.edi_changes import request
        from starters.messaging import ask

        async with frame.database() as database:
            change: Change = await database.read(edi_facts.change, number)
            if change.status == "open" and not by_hand:
                asked = request(change.asked, frame.actor())
                if isinstance(asked, tuple):
                    raise Refused(
                        f"Nothing that the order can be asked for: {'; '.join(asked)}. Change it as you see fit (`oms amend`, "
                        "`oms cancel`), then accept with --by-hand."
                    )
                await ask(await frame.client(), change.order, asked)
            return await database.transaction(edi_facts.decide, number, True, "", frame.actor(), datetime.now(UTC))

    _decided(frame.run(decide()), json)


@app.command("reject")
def reject(number: Number, why: Annotated[str, typer.Option("--why", help="What the partner is told.")], json: AsJson = False) -> None:
    """Reject a change; the order stays as it is."""
    from database import edi_facts

    async def decide() -> Change:
        async with frame.database() as database:
            return await database.transaction(edi_facts.decide, number, False, why, frame.actor(), datetime.now(UTC))

    _decided(frame.run(decide()), json)


@app.command("remittances")
def remittances(json: AsJson = False) -> None:
    """List what partners say that their payments are for (820), newest first."""
    from database import edi_facts

    found = frame.run(_read(edi_facts.remittances))
    if json:
        frame.answer_json(found)
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table("Came", "Partner", "Reference", "Amount", "Paid on", "For", box=None, header_style="bold")
    for one in found:
        lines = "\n".join(f"{escape(invoice)} {amount}" for invoice, amount in one.lines)
        table.add_row(
            f"{one.at:%Y-%m-%d %H:%M}", escape(one.partner), escape(one.reference), str(one.amount), str(one.paid_on or ""), lines
        )
    frame.console().print(table if found else "No partner has announced a payment.")


@app.command("stock")
def stock(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="Of one item only.")] = "",
    partner: Annotated[str, typer.Option("--partner", help="Of one partner only.")] = "",
    json: AsJson = False,
) -> None:
    """Show what partners last said to have (846)."""
    from database import edi_facts

    found = frame.run(_read(edi_facts.stock_of_partners, partner, item))
    if json:
        frame.answer_json(found)
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table("Item", "Partner", "Where", "What", "Units", "Said at", "In", box=None, header_style="bold")
    meaning = {"33": "available", "17": "on hand", "29": "in transit", "63": "on order"}
    for one in found:
        what, said = meaning.get(one.kind, one.kind), f"{one.reported_at:%Y-%m-%d %H:%M}"
        table.add_row(escape(one.item), escape(one.partner), escape(one.location), what, str(one.quantity), said, escape(one.reference))
    frame.console().print(table if found else "No partner has said what they have.")


@app.command("report")
def report(partner: Annotated[str, typer.Argument(help="Who is told.")], json: AsJson = False) -> None:
    """Tell a partner what we have for sale of every item (846): the document is written now and goes out with the others."""

    async def write() -> Drawn:
        from starters.edi.due import STOCK, Due, draw
        from starters.edi.partners import partners_of

        now, maps = datetime.now(UTC), partners_of(frame.settings())
        found = maps.named(partner)
        if found is None:
            raise NotFound("partner", partner)
        if found.syntax != "x12" or not found.ids:
            raise Refused(f"An 846 goes to a partner who speaks X12 and whose id is known; {partner} is none.")
        due = Due(kind=STOCK, key=f"{partner}/{now:%y%m%d%H%M%S}", partner=partner, receiver=found.ids[0], order="")
        async with frame.database() as database:
            return await database.transaction(draw, due, maps, now)

    drawn = frame.run(write())
    if json:
        frame.answer_json(drawn)
    else:
        frame.say(f"The stock report for {partner} is document [bold]{drawn.number}[/]; `oms edi show {drawn.number}` prints it.")


async def _read(function: Any, *args: Any) -> Any:
    async with frame.database() as database:
        return await database.read(function, *args)


def _asks(one: Change) -> str:
    """What is to change, in a few words."""
    asked = one.asked
    said = ["cancel the order"] if asked.cancel else []
    for line in asked.lines:
        if line.quantity is not None:
            said.append(f"line {line.line}{' (new)' if line.added else ''} to {line.quantity}")
        if line.unit_price is not None:
            said.append(f"line {line.line} at {line.unit_price}")
    said += [f"by {asked.requested_at:%Y-%m-%d}"] if asked.requested_at else []
    return ", ".join([*said, *asked.other]) or "nothing that can be read"


def _decided(change: Change, json: bool) -> None:
    if json:
        frame.answer_json(change)
    else:
        frame.say(f"Change {change.change} of order [bold]{change.order}[/] is {change.status}.")
