"""Events that other systems tell us by themselves, fed by hand: for tests, and for what was missed while nobody listened."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import Unavailable
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from domain.gateway_events import EventTaken, EventView

app = typer.Typer()
group = typer.Typer(help="Take an event of another system as if it had just been sent.", no_args_is_help=True)
app.add_typer(group, name="webhook", rich_help_panel="Money")


@group.command()
def stripe(
    file: Annotated[Path, typer.Argument(help="The raw body, byte for byte as Stripe sent it; `-` for standard input.")],
    signature: Annotated[str, typer.Option("--signature", metavar="HEADER", help="Its Stripe-Signature header: t=…,v1=…")],
    json: AsJson = False,
) -> None:
    """Check an event's signature, write it down once, and tell its order what is news to the books."""
    from starters.outbox import tell_untold
    from starters.webhooks.stripe import GATEWAY, receive

    body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()

    async def take() -> tuple[EventTaken, str]:
        settings = frame.settings()
        async with frame.database() as database:
            taken = await receive(database, body, signature, settings.stripe_webhook_secrets, datetime.now(UTC))
            if not taken.told:
                return taken, ""
            try:
                outcomes = await tell_untold(await frame.client(), database)
            except Unavailable:  # it stands in the outbox: the messenger of the next worker tells it
                return taken, "Temporal does not answer; the order hears of it as soon as it does."
            refused = [said for name, said in outcomes.items() if said and name.startswith(f"{GATEWAY}/{taken.event}")]
            return taken, f"The order does not hear it: {refused[0]}" if refused else ""

    taken, unheard = frame.run(take())
    if json:
        frame.answer_json({**taken.model_dump(mode="json"), "unheard": unheard})
        return
    about = f" of order [bold]{taken.order}[/]" if taken.order else ""
    again = "was taken before" if taken.repeated else "is taken"
    frame.say(f"{taken.name}{about} {again}: {taken.outcome}.")
    if unheard:
        frame.say(unheard)


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
