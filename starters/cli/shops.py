"""Web shops: which there are, where their webhooks go, and what they said while nobody answered."""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused, NotFound
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from config.shops import Shop
    from database.inbox import Kept

app = typer.Typer()
shop = typer.Typer(help="Web shops and marketplaces: list them, catch up on one after an outage.", no_args_is_help=True)
app.add_typer(shop, name="shop", rich_help_panel="Bring in")


@shop.command("list")
def listed(json: AsJson = False) -> None:
    """The shops of OMS_SHOPS, and the address that each is given for its webhooks."""
    from config.shops import ShopKind, shops_of

    settings = frame.settings()
    shops = shops_of(settings)
    if json:
        frame.answer_json([_seen(each) for each in shops])
        return
    if not shops:
        frame.say("No shop is known. OMS_SHOPS names the file that says which there are; docs/channels.md explains it.")
        return
    from rich.table import Table

    table = Table("Shop", "Kind", "Channel", "Address for its webhooks", "Signed with", "Fed back", box=None, header_style="bold")
    for each in shops:
        count = len(each.webhook_secrets)
        signed = "a key of ours" if each.kind is ShopKind.AMAZON else "1 secret" if count == 1 else f"{count} secrets"
        fed = "yes" if each.feeds_back else "[dim]no[/]"
        table.add_row(each.name, each.kind.value, each.channel, _path(each), signed, fed)
    frame.console().print(table)
    frame.say(f"[dim]The paths are behind the address at which the world reaches {settings.api_address}.[/]")


@shop.command("catch-up")
def catch_up(
    name: Annotated[str, typer.Argument(metavar="SHOP", help="Whose orders they are: a shop of OMS_SHOPS.")],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Orders as the shop's own API lists them; - reads standard input.")
    ],
    json: AsJson = False,
) -> None:
    """Bring in what a shop said while nobody answered: new orders are placed, changes of known ones are asked of them."""
    from config.shops import shops_of
    from domain.intake import Delivery
    from starters.channels.recognise import LARGEST
    from starters.channels.shops import CATCH_UP
    from starters.intake import keep

    found = next((each for each in shops_of(frame.settings()) if each.name == name), None)
    if found is None:
        raise NotFound("shop", name)
    whole: list[tuple[Path, bytes]] = []
    for file in files:
        try:
            content = sys.stdin.buffer.read(LARGEST + 1) if str(file) == "-" else file.read_bytes()
        except OSError as absent:
            raise InputRefused(str(file), f"it cannot be read ({absent.strerror})") from None
        if len(content) > LARGEST:
            raise InputRefused(str(file), f"it has more than the {LARGEST:,} bytes that are read; fetch smaller pages")
        whole.append((file, content))

    async def write() -> list[tuple[Path, Kept]]:
        kept = []
        async with frame.database() as database:
            for file, content in whole:
                number = f"catch-up {hashlib.sha256(content).hexdigest()[:24]}"
                delivery = Delivery(
                    channel=found.channel,
                    delivery=number,
                    form=found.kind.value,
                    topic=CATCH_UP,
                    body=content,
                    received_at=datetime.now(UTC),
                )
                kept.append((file, await keep(database, delivery)))
        return kept

    kept = frame.run(write())
    if json:
        frame.answer_json([{"file": str(file), "entry": each.entry, "status": each.how} for file, each in kept])
        return
    for file, each in kept:
        before = "" if each.how == "new" else ", as it was before"
        frame.say(f"{file} is in the inbox{before}; `oms inbox show {each.entry}` says what becomes of it.")


def _seen(each: Shop) -> dict[str, object]:
    """A shop without its secrets."""
    return {
        "name": each.name,
        "kind": each.kind.value,
        "channel": each.channel,
        "path": _path(each),
        "secrets": len(each.webhook_secrets),
        "address": each.address,
        "feeds_back": each.feeds_back,
        "locations": each.locations,
    }


def _path(each: Shop) -> str:
    return f"/channels/{each.kind.value}/{each.name}"
