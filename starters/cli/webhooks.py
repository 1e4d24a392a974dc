"""Events that other systems tell us by themselves, fed by hand: for tests, and for what was missed while nobody listened."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused, Unavailable
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from domain.gateway_events import EventKept, EventView

app = typer.Typer()
group = typer.Typer(help="Take an event of another system as if it had just been sent.", no_args_is_help=True)
app.add_typer(group, name="webhook", rich_help_panel="Money")


@group.command()
def stripe(
    file: Annotated[Path, typer.Argument(help="The raw body, byte for byte as Stripe sent it; `-` for standard input.")],
    signature: Annotated[str, typer.Option("--signature", metavar="HEADER", help="Its Stripe-Signature header: t=…,v1=…")],
    json: AsJson = False,
) -> None:
    """Take an event as the door does: its signature checked, kept once, set against the books; what is news is told to its order."""
    body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    found = frame.run(_taken(body, signature))
    if json:
        frame.answer_json(found)
        return
    about = f" of order [bold]{found.order}[/]" if found.order else ""
    if found.status == "parked":
        frame.say(f"{found.name}{about} is kept (entry {found.entry}): {found.outcome} It is set against the books when the order comes.")
        return
    frame.say(f"{found.name}{about} {'was taken before' if found.repeated else 'is taken'}: {found.outcome}.")
    if found.unheard:
        frame.say(found.unheard)


async def _taken(body: bytes, signature: str) -> EventKept:
    """Keep the event, hand it over and tell what it is news to. Raises Refused for what is not signed, or cannot be read."""
    from config.temporal import connect
    from database import inbox, outbox
    from domain.gateway_events import EventKept
    from starters.forms import forms
    from starters.intake import Road
    from starters.outbox import tell_untold
    from starters.webhooks.stripe import GATEWAY, keep

    settings = frame.settings()
    async with frame.database() as database:
        road = Road(database, await connect(settings, lazy=True), settings, forms(settings))
        kept = await keep(road, body, signature, datetime.now(UTC))
        await road.hand_over(kept.entry)
        entry = await database.read(inbox.entry_view, kept.entry)
        if not entry.parts:
            place, _, reason = entry.reason.partition(": ")
            raise InputRefused(place, reason)
        [part] = entry.parts
        event = f"{GATEWAY}/{entry.delivery}"
        told = [each for each in await database.read(outbox.untold) if each.message_id.startswith(event)] if kept.how == "new" else []
        found = EventKept(
            event=entry.delivery,
            name=part.kind,
            order=part.order,
            outcome=part.reason,
            told=len(told),
            repeated=kept.how != "new",
            entry=entry.entry,
            status=part.status,
        )
        if not told:
            return found
        try:
            outcomes = await tell_untold(await frame.client(), database)
        except Unavailable:  # it stands in the outbox: the messenger of the next worker tells it
            return found.model_copy(update={"unheard": "Temporal does not answer; the order hears of it as soon as it does."})
        refused = [said for name, said in outcomes.items() if said and name.startswith(event)]
        return found.model_copy(update={"unheard": f"The order does not hear it: {refused[0]}" if refused else ""})


@group.command()
def secret() -> None:
    """Make a secret for a carrier to sign its events with; it is kept nowhere: put it into OMS_CARRIER_WEBHOOK_SECRETS."""
    import base64
    import secrets

    frame.say(f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}")


@group.command("list")
def events(
    unheard: Annotated[bool, typer.Option("--unheard", help="Only what an order would not hear, because it is closed: see to it.")] = False,
    most: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="How many of the latest.")] = 50,
    json: AsJson = False,
) -> None:
    """The events that were taken, the latest first: what each meant, and whether its order has heard it."""
    from database import gateway_events

    async def read() -> list[EventView]:
        async with frame.database() as database:
            return await database.read(gateway_events.recent, unheard, most)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    if not found:
        frame.say("No event is unheard." if unheard else "No event was taken yet.")
        return
    from starters.cli.rendering import moment, table

    rows = [(moment(each.occurred_at), each.name, each.order, each.outcome, each.heard, each.booked) for each in found]
    frame.console().print(table(("When (UTC)", "Event", "Order", "What it meant", "Heard", "Booked instead"), rows))
