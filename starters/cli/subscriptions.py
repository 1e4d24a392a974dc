"""Webhooks out: who is told what happens to orders, what they were told, and what nobody took."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import Unavailable
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from database.subscriptions import SubscriptionView
    from database.webhook_deliveries import DeliveryView
    from starters.subscribing import Subscribed

app = typer.Typer()
PANEL = "Webhooks out"
group = typer.Typer(help="Who is told what happens to orders: list, show, pause, resume, replay and more.", no_args_is_help=True)
app.add_typer(group, name="subscription", rich_help_panel=PANEL)

Name = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Its id, as `oms subscription list` shows it.")]
STYLES = {"active": "green", "paused": "yellow", "disabled": "red"}


@app.command("subscribe", rich_help_panel=PANEL)
def subscribe_(
    url: Annotated[str, typer.Argument(help="Where it listens, such as https://shop.example/webhooks.")],
    events: Annotated[
        str, typer.Option("--events", help="What it hears, separated by commas: order.accepted, shipment.* or * for everything.")
    ] = "*",
    name: Annotated[str, typer.Option("--name", help="Whose it is.")] = "",
    contact: Annotated[str, typer.Option("--contact", metavar="E-MAIL", help="Who is told when it is disabled.")] = "",
    customer: Annotated[str, typer.Option("--customer", help="Only this customer's orders.")] = "",
    channel: Annotated[str, typer.Option("--channel", help="Only this channel's orders.")] = "",
    location: Annotated[str, typer.Option("--location", help="Only what this location ships and takes back.")] = "",
    json: AsJson = False,
) -> None:
    """Tell somebody what happens to orders from now on, as signed webhooks; the secret is shown now and never again."""
    from starters import subscribing

    bound_to = {kind: value for kind, value in (("customer", customer), ("channel", channel), ("location", location)) if value}

    async def write() -> Subscribed:
        async with frame.database() as database:
            return await subscribing.subscribe(
                database, frame.settings(), url, events, frame.actor(), name=name, contact=contact, bound_to=bound_to
            )

    _say_secret(frame.run(write()), json)


@group.command("list")
def listed(json: AsJson = False) -> None:
    """All subscriptions: where each goes, whether it is sent anything, what waits and what is dead."""
    from database import subscriptions

    async def read() -> list[SubscriptionView]:
        async with frame.database() as database:
            return await database.read(subscriptions.all_of)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    if not found:
        frame.say("Nobody subscribes; `oms subscribe URL --events order.*` begins it.")
        return
    from starters.cli.rendering import table

    rows = [
        (each.subscription, each.name, each.url, each.status, str(each.waiting or ""), str(each.dead or ""), each.reason) for each in found
    ]
    frame.console().print(table(("Subscription", "Of", "Address", "Status", "Waiting>", "Dead>", "Why"), rows))


@group.command()
def show(subscription: Name, most: Annotated[int, typer.Option("--limit", min=1, max=1_000)] = 20, json: AsJson = False) -> None:
    """One subscription and its latest deliveries."""
    from database import subscriptions, webhook_deliveries

    async def read() -> tuple[SubscriptionView, list[DeliveryView]]:
        async with frame.database() as database:
            found = await database.read(subscriptions.view, subscription)
            return found, await database.read(webhook_deliveries.deliveries, subscription, "", most)

    view, latest = frame.run(read())
    if json:
        frame.answer_json({**view.model_dump(mode="json"), "deliveries": latest})
        return
    from rich.markup import escape

    from starters.cli.rendering import moment

    status = f"[{STYLES[view.status]}]{view.status}[/]"
    frame.say(f"[bold]{view.subscription}[/] {escape(view.name)} {status} {escape(view.reason)}\n{escape(view.url)}")
    frame.say(f"hears {', '.join(view.events)}")
    for kind in ("customer", "channel", "location"):
        if getattr(view, kind):
            frame.say(f"only of {kind} {escape(getattr(view, kind))}")
    if view.failing_since:
        frame.say(f"[red]no event was taken since {moment(view.failing_since)}[/]")
    if view.old_until and view.old_until > datetime.now(UTC):
        frame.say(f"the secret before signs too until {moment(view.old_until)}")
    frame.say(f"{view.waiting} waiting, {view.dead} dead, since {moment(view.created_at)} by {view.created_by}\n")
    _print(latest, "Nothing was sent yet.")


@group.command()
def dead(
    subscription: Annotated[str | None, typer.Argument(metavar="[SUBSCRIPTION]", help="Only of this one.")] = None,
    most: Annotated[int, typer.Option("--limit", min=1, max=1_000)] = 50,
    json: AsJson = False,
) -> None:
    """Dead letters: events that ran out of attempts, with the last answer of each."""
    from database import webhook_deliveries

    async def read() -> list[DeliveryView]:
        async with frame.database() as database:
            return await database.read(webhook_deliveries.deliveries, subscription, "dead", most)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    _print(found, "There are no dead letters.")


@group.command()
def replay(
    subscription: Name,
    delivery: Annotated[list[str] | None, typer.Argument(metavar="[DELIVERY]...", help="Only these; also ones that were sent.")] = None,
    json: AsJson = False,
) -> None:
    """Send dead letters again, from the first attempt on and under the same webhook-ids."""
    from database import webhook_deliveries

    async def write() -> tuple[int, SubscriptionView]:
        from database import subscriptions

        async with frame.database() as database:
            count = await database.transaction(webhook_deliveries.replay, subscription, delivery or [], datetime.now(UTC))
            return count, await database.read(subscriptions.view, subscription)

    count, view = frame.run(write())
    told = {"subscription": subscription, "replayed": count, "status": view.status}
    if not count:
        sentence = f"{subscription} has no dead letters; events that were sent are sent again by their webhook-ids."
        frame.answer(sentence, json, **told)
        return
    again = f"{_events(count)} on {'its' if count == 1 else 'their'} way again"
    if view.status != "active":
        again += f" as soon as it is resumed: it is {view.status} (`oms subscription resume {subscription}`)"
    frame.answer(f"{again}.", json, **told)
    if view.status == "active":
        _ring(subscription, json)


@group.command()
def pause(subscription: Name, reason: Annotated[str, typer.Option("--reason")] = "", json: AsJson = False) -> None:
    """Send nothing for a while; what happens meanwhile waits."""
    from database import subscriptions

    async def write() -> None:
        async with frame.database() as database:
            await database.transaction(subscriptions.pause, subscription, reason or f"paused by {frame.actor()}")

    frame.run(write())
    sentence = f"{subscription} is paused; `oms subscription resume {subscription}` sends what waits."
    frame.answer(sentence, json, subscription=subscription, status="paused")


@group.command()
def resume(subscription: Name, json: AsJson = False) -> None:
    """Send again, beginning with what waited."""
    from database import subscriptions

    async def write() -> SubscriptionView:
        async with frame.database() as database:
            await database.transaction(subscriptions.resume, subscription, datetime.now(UTC))
            return await database.read(subscriptions.view, subscription)

    view = frame.run(write())
    replayed = f" {view.dead} {'is' if view.dead == 1 else 'are'} dead: `oms subscription replay {subscription}`." if view.dead else ""
    waited = f"; {_events(view.waiting)} on {'its' if view.waiting == 1 else 'their'} way" if view.waiting else "; nothing has waited"
    sentence = f"{subscription} is active{waited}.{replayed}"
    frame.answer(sentence, json, subscription=subscription, status=view.status, waiting=view.waiting, dead=view.dead)
    if view.waiting:
        _ring(subscription, json)


@group.command()
def remove(subscription: Name, json: AsJson = False) -> None:
    """Tell nothing any more, and forget what waited."""
    from database import subscriptions

    async def write() -> None:
        async with frame.database() as database:
            await database.transaction(subscriptions.remove, subscription)

    frame.run(write())
    frame.answer(f"{subscription} is removed.", json, subscription=subscription, status="removed")


@group.command()
def rotate(subscription: Name, json: AsJson = False) -> None:
    """A new secret, shown once; for a day both sign, so that the receiver can change over."""
    from starters import subscribing

    async def write() -> Subscribed:
        async with frame.database() as database:
            return await subscribing.rotate(database, frame.settings(), subscription)

    _say_secret(frame.run(write()), json)


@group.command("test")
def send_test(subscription: Name, json: AsJson = False) -> None:
    """Send a test event (webhook.test) on the same road as all others."""
    from starters import subscribing

    async def write() -> str:
        async with frame.database() as database:
            return await subscribing.send_test(database, subscription)

    delivery = frame.run(write())
    sentence = f"[bold]{delivery}[/] is on its way; `oms subscription show {subscription}` says what became of it."
    frame.answer(sentence, json, subscription=subscription, delivery=delivery)
    _ring(subscription, json)


def _events(count: int) -> str:
    return "1 event is" if count == 1 else f"{count:,} events are"


def _ring(subscription: str, quietly: bool) -> None:
    """Have it sent at once; without a server the announcer of the next worker sees to it."""
    from starters.announcing import ring

    async def call() -> None:
        await ring(await frame.client(), [subscription])

    try:
        frame.run(call())
    except Unavailable:
        if quietly:
            return
        frame.say("[dim]Temporal does not answer: it is sent as soon as it does.[/]")


def _say_secret(made: Subscribed, json: bool) -> None:
    if json:
        frame.answer_json({**made.subscription.model_dump(mode="json"), "secret": made.secret})
        return
    from rich.markup import escape

    view = made.subscription
    frame.say(
        f"[bold]{view.subscription}[/] hears {len(view.events)} kinds of events at {escape(view.url)}\n"
        f"Its secret, shown this once: [bold]{made.secret}[/]\n"
        f"[dim]docs/webhooks.md says how to verify; `oms subscription test {view.subscription}` sends a first event.[/]"
    )


def _print(found: list[DeliveryView], nothing: str) -> None:
    if not found:
        frame.say(nothing)
        return
    from starters.cli.rendering import moment, table

    rows = [
        (
            moment(each.at, seconds=True),
            each.type,
            each.order,
            each.status,
            str(each.attempts),
            each.answer,
            moment(each.next_at) if each.status == "pending" else "",
            each.delivery,
        )
        for each in found
    ]
    frame.console().print(table(("When (UTC)", "Event", "Order", "Status", "Attempts>", "Last answer", "Next", "Webhook-id"), rows))
