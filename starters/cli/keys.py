"""Keys of machines that call the HTTP door: made once, shown once."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer

from domain.callers import Scope
from domain.errors import Refused
from starters.cli import frame
from starters.cli.frame import AsJson

app = typer.Typer()
key = typer.Typer(help="Keys of machines that call the HTTP door: create, list, revoke.", no_args_is_help=True)
app.add_typer(key, name="key", rich_help_panel="Run")


@key.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, for the audit trail, such as web-shop.")],
    scope: Annotated[list[str], typer.Option("--scope", help=f"What it allows, as often as needed: {', '.join(Scope)}.")],
    expires: Annotated[str | None, typer.Option("--expires", metavar="DATE", help="When it ends. [default: never]")] = None,
    customer: Annotated[str, typer.Option("--customer", help="It sees and does nothing but this customer's. [default: everybody's]")] = "",
    channel: Annotated[str, typer.Option("--channel", help="It sees and does nothing but this channel's. [default: every channel's]")] = "",
    location: Annotated[str, typer.Option("--location", help="It speaks for this warehouse alone. [default: for any]")] = "",
    json: AsJson = False,
) -> None:
    """Make a key; it is shown now and never again."""
    from database import callers

    if unknown := [each for each in scope if each not in list(Scope)]:
        raise Refused(f"{unknown[0]!r} is no scope; they are {', '.join(Scope)}.")
    key_id, secret, at = secrets.token_hex(6), secrets.token_urlsafe(32), datetime.now(UTC)
    ends = frame.moment(expires, "--expires") if expires else None
    bound = {"customer": customer, "channel": channel, "location": location}

    async def write() -> None:
        async with frame.database() as database:
            await database.transaction(
                callers.add_key, key_id, secret, name, [Scope(each) for each in scope], frame.actor(), at, ends, **bound
            )

    frame.run(write())
    written = callers.written(key_id, secret)
    if json:
        frame.answer_json({"key_id": key_id, "key": written, "name": name, "scopes": scope, **bound, "expires_at": ends})
        return
    frame.say(
        f"The key of [bold]{name}[/], shown this once: [bold]{written}[/]\n[dim]Send it as X-API-Key; `oms key revoke {key_id}` ends it.[/]"
    )


@key.command("list")
def listed(json: AsJson = False) -> None:
    """All keys, without their secrets."""
    from database import callers

    async def read() -> list[callers.KeyView]:
        async with frame.database() as database:
            return await database.read(callers.keys)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    from rich.table import Table

    table = Table("Key", "Of", "Scopes", "Bound to", "Made", "By", "Ends", "", box=None, header_style="bold")
    for each in found:
        ends = f"{each.expires_at:%Y-%m-%d}" if each.expires_at else "never"
        bound = (each.customer, each.channel, each.location)
        revoked = "[red]revoked[/]" if each.revoked_at else ""
        table.add_row(
            each.key_id,
            each.name,
            ", ".join(each.scopes),
            ", ".join(filter(None, bound)),
            f"{each.created_at:%Y-%m-%d}",
            each.created_by,
            ends,
            revoked,
        )
    frame.console().print(table if found else "There are no keys; `oms key create NAME --scope orders:write` makes one.")


@key.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="The key's public part, as `oms key list` shows it.")],
    json: AsJson = False,
) -> None:
    """End a key at once."""
    from database import callers

    async def write() -> None:
        async with frame.database() as database:
            await database.transaction(callers.revoke_key, key_id, datetime.now(UTC))

    frame.run(write())
    frame.answer(f"The key [bold]{key_id}[/] opens nothing any more.", json, key_id=key_id, revoked=True)
