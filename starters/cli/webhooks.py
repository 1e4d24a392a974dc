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
    from domain.gateway_events import EventTaken

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
    from starters.webhooks.stripe import receive

    body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()

    async def take() -> tuple[EventTaken, bool]:
        settings = frame.settings()
        async with frame.database() as database:
            taken = await receive(database, body, signature, settings.stripe_webhook_secrets, datetime.now(UTC))
            if not taken.told or taken.repeated:
                return taken, True
            try:
                await tell_untold(await frame.client(), database)
            except Unavailable:  # it stands in the outbox: the messenger of the next worker tells it
                return taken, False
            return taken, True

    taken, heard = frame.run(take())
    if json:
        frame.answer_json({**taken.model_dump(mode="json"), "heard": heard})
        return
    about = f" of order [bold]{taken.order}[/]" if taken.order else ""
    again = "was taken before" if taken.repeated else "is taken"
    frame.say(f"{taken.name}{about} {again}: {taken.outcome}.")
    if not heard:
        frame.say("Temporal does not answer; the order hears of it as soon as it does.")
