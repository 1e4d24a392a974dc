"""Claims on stock and where goods come from: set aside, give back, shares of channels, and why an order leaves from here."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused, Refused
from starters.cli import frame, subjects
from starters.cli.frame import AsJson, OrderKey

if TYPE_CHECKING:
    from domain.quotas import QuotaView, SetQuota
    from domain.soft_reservations import SoftlyReserved, Wanted
    from domain.sourcing.batch import Batch
    from domain.sourcing.decision import DecisionView

app = typer.Typer()
PANEL = "Claims on stock"

LAPSES = {"cart": timedelta(minutes=30), "quote": timedelta(days=14)}
"""How long goods are set aside when nobody says until when."""


@app.command(rich_help_panel=PANEL)
def reserve(
    owner: Annotated[str, typer.Argument(help="The cart or the quote; an order that names it as its basket takes what is set aside.")],
    wanted: Annotated[list[str], typer.Argument(metavar="ITEM=UNITS...", help="What; ITEM=UNITS@LOCATION when it must lie there.")],
    channel: Annotated[str, typer.Option("--channel", help="The sales channel, whose quotas and safety stock count.")] = "manual",
    kind: Annotated[str, typer.Option("--kind", help="cart or quote.")] = "cart",
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="[default: a cart 30 minutes, a quote 14 days]")] = None,
    key: Annotated[str | None, typer.Option("--key", help="The same key is the same reservation. [default: owner and content]")] = None,
    json: AsJson = False,
) -> None:
    """Set goods aside for a cart or a quote: all of them or nothing. It lapses by itself."""
    from database import soft_reservations
    from domain.soft_reservations import ReserveSoftly, SoftKind

    if not 0 < len(owner) <= 200:
        raise InputRefused("OWNER", "it may not be empty and has at most 200 characters")
    if kind not in LAPSES:
        raise InputRefused("--kind", f"{kind!r} is neither of {', '.join(LAPSES)}")
    now = frame.moment(None)
    goods = tuple(_wanted(text) for text in wanted)
    lapses = frame.moment(until, "--until") if until else now + LAPSES[kind]
    if lapses <= now:
        raise InputRefused("--until", f"{until} has passed")
    request = ReserveSoftly(
        key=key or f"{owner}/{frame.derived_id('reserve', owner, channel, kind, until, sorted(wanted))[-8:]}",
        kind=SoftKind(kind),
        owner=owner,
        channel=channel,
        wanted=goods,
        expires_at=lapses,
        at=now,
    )

    async def carry() -> SoftlyReserved:
        async with frame.database() as database:
            return await database.transaction(soft_reservations.reserve_softly, request)

    found = frame.run(carry())
    if json:
        frame.answer_json(found)
    if found.ended:
        raise Refused(f"Reservation {found.key} was {found.ended} before; nothing is set aside. Another one needs another --key.")
    if found.short:
        lacking = "; ".join(
            f"of {short.item}{f' at {short.location}' if short.location else ''} {short.available} can be had, {short.asked} were asked for"
            for short in found.short
        )
        raise Refused(f"Nothing is set aside for {owner}: {lacking}.")
    if not json:
        units = ", ".join(f"{row.quantity} x {row.item} at {row.location}" for row in found.kept)
        how = "stands already" if found.repeated else "stands"
        frame.say(f"Reservation [bold]{found.key}[/] {how}, until {found.expires_at:%Y-%m-%d %H:%M} UTC: {units}.")


@app.command(rich_help_panel=PANEL)
def unreserve(
    key: Annotated[str, typer.Argument(help="The reservation's key, as `oms stock` and `oms reserve` show it.")], json: AsJson = False
) -> None:
    """Give back what was set aside; twice is once."""
    from database import soft_reservations

    async def carry() -> SoftlyReserved:
        async with frame.database() as database:
            return await database.transaction(soft_reservations.release, key, frame.moment(None))

    found = frame.run(carry())
    if json:
        frame.answer_json(found)
    elif found.repeated:
        frame.say(f"Reservation [bold]{key}[/] was {found.ended} before; nothing was changed.")
    else:
        frame.say(f"Reservation [bold]{key}[/] is released: {', '.join(f'{row.quantity} x {row.item}' for row in found.kept)}.")


@app.command(rich_help_panel=PANEL)
def quota(
    item: Annotated[str | None, typer.Argument(help="The item.")] = None,
    location: Annotated[str | None, typer.Argument(help="The location.")] = None,
    channel: Annotated[str | None, typer.Argument(help="The channel; * is every one without its own share.")] = None,
    units: Annotated[int | None, typer.Option("--quota", min=0, max=10_000_000, help="Units that no other channel may take.")] = None,
    keep_back: Annotated[int | None, typer.Option("--keep-back", min=0, max=10_000_000, help="Units the channel has to leave.")] = None,
    json: AsJson = False,
) -> None:
    """Show the shares of channels, or set one: its quota counts from then. Both zero drop it."""
    from database import quotas
    from domain.quotas import SetQuota

    setting = units is not None or keep_back is not None
    if setting and (item is None or location is None or channel is None):
        raise InputRefused("oms quota", "a share needs an item, a location and a channel")
    if not setting and location is not None:
        raise InputRefused("oms quota", "say --quota, --keep-back or both")
    share: SetQuota | None = None
    if setting and item and location and channel:
        share = SetQuota(item=item, location=location, channel=channel, quota=units or 0, kept_back=keep_back or 0)

    async def carry() -> list[QuotaView]:
        async with frame.database() as database:
            if share is not None:
                await database.transaction(quotas.set_quota, share)
            return await database.read(quotas.quotas, frame.moment(None), item)

    found = frame.run(carry())
    if json:
        frame.answer_json(found)
    elif not found:
        frame.say("No channel keeps anything for itself." if item is None else f"No channel keeps anything of {item} for itself.")
    else:
        from starters.cli.rendering_sourcing import quota_table

        frame.console().print(quota_table(found))


@app.command("why-here", rich_help_panel="See")
def why_here(order: OrderKey, json: AsJson = False) -> None:
    """Why an order leaves from where it does: every decision, what else was weighed, and why it lost."""
    from database import sourcing

    async def read() -> tuple[str, list[DecisionView]]:
        async with frame.database() as database:
            view = await subjects.read_order(database, order)
            return view.order, await database.read(sourcing.decisions, view.order)

    key, found = frame.run(read())
    if json:
        frame.answer_json(found)
    elif not found:
        frame.say(f"Nothing was decided about [bold]{key}[/] yet: it has not been allocated.")
    else:
        from starters.cli.rendering_sourcing import decision_page

        frame.console().print(decision_page(key, found))


@app.command("source-together", rich_help_panel=PANEL)
def source_together(
    orders: Annotated[list[str] | None, typer.Argument(metavar="[ORDER...]", help="[default: every order that still wants stock]")] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, max=600, help="How long the best plan is searched for.")] = 10.0,
    json: AsJson = False,
) -> None:
    """Where several orders would leave from at the lowest cost if they were sourced as one; nothing is reserved or changed."""
    from database.sourcing_together import batch_of, orders_with_open_units
    from domain.sourcing.batch import one_after_another
    from integrations.solver import together

    async def read() -> Batch | None:
        async with frame.database() as database:
            keys = orders or await database.read(orders_with_open_units)
            return await database.read(batch_of, tuple(dict.fromkeys(keys)), frame.moment(None)) if keys else None

    batch = frame.run(read())
    if batch is None:
        frame.answer_json(None) if json else frame.say("No order wants stock: there is nothing to source.")
        return
    in_turn, best = one_after_another(batch), together(batch, seconds)
    if json:
        frame.answer_json({"in_turn": asdict(in_turn), "together": asdict(best)})
        return
    from starters.cli.rendering_sourcing import together_page

    frame.console().print(together_page(batch, in_turn, best))


def _wanted(text: str) -> Wanted:
    from domain.soft_reservations import Wanted

    item, equals, rest = text.partition("=")
    units, _, location = rest.partition("@")
    if not (item and equals and units.isdecimal() and len(units) <= 8 and int(units) > 0) or rest.endswith("@"):
        raise InputRefused("ITEM=UNITS", f"{text!r} does not read ITEM=UNITS or ITEM=UNITS@LOCATION, such as KET-100=5")
    return Wanted(item=item, quantity=int(units), location=location)
