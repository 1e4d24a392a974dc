"""Replenishment from the terminal: plan, look at the arithmetic, decide, and see what is too much."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InputRefused
from starters.cli import frame, replenishment_terms
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from domain.proposals import HistoryImported, ProposalDecided, ProposalView, ReplenishmentPlanned
    from domain.replenishment import Plan

app = typer.Typer()
replenishment = typer.Typer(
    help="Plan what to order: proposals with their whole arithmetic, decided by a person.",
    invoke_without_command=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
replenishment.add_typer(replenishment_terms.app)
app.add_typer(replenishment, name="replenish", rich_help_panel="Buy")

Number = Annotated[int, typer.Argument(min=1, help="The proposal's number, as `oms replenish list` shows it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why: for whoever asks later.")]
LARGEST_REASON = 300


@replenishment.callback()
def plan(
    context: typer.Context,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Plan as of this day. [default: today, UTC]")] = None,
    bucket: Annotated[str, typer.Option("--bucket", help="Look at demand by week or by day.")] = "week",
    run: Annotated[str | None, typer.Option("--run", help="The same name is the same run. [default: from the clock]")] = None,
    schedule: Annotated[
        str | None, typer.Option("--schedule", metavar="EVERY", help="Instead of planning now: daily, weekly or off.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Plan every item now, or set when it happens by itself; without a command after it."""
    if context.invoked_subcommand is not None:
        return
    if schedule is not None:
        _schedule(schedule, json)
        return
    from domain.demand import Bucket
    from domain.proposals import PlanReplenishment
    from starters.replenishing import replenish

    if bucket not in list(Bucket):
        raise InputRefused("--bucket", f"{bucket!r} is neither week nor day")
    name = run or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
    if not 0 < len(name) <= 100:
        raise InputRefused("--run", "a name has 1 to 100 characters")
    asked = PlanReplenishment(as_of=_day(as_of, "--as-of") if as_of else None, bucket=Bucket(bucket), day=frame.settings().day)

    async def carry() -> tuple[ReplenishmentPlanned, list[ProposalView]]:
        from database import replenishment_reading

        planned = await replenish(await frame.client(), asked, name)
        async with frame.database() as database:
            return planned, await database.read(replenishment_reading.proposals, None, planned.run)

    planned, proposals = frame.run(carry())
    if json:
        frame.answer_json({**planned.model_dump(mode="json"), "proposals": [_summary(each) for each in proposals]})
        return
    from starters.cli.replenishment_rendering import proposal_list

    frame.say(f"[bold]{planned.planned}[/] items planned as of {planned.as_of}, [bold]{planned.proposed}[/] to order.{_surplus(planned)}")
    if not planned.planned:
        frame.say("No item is planned yet: `oms replenish terms` says how each is bought (`oms seed` brings the samples).")
    if proposals:
        frame.console().print(proposal_list(proposals))
        frame.say("[dim]See one with `oms replenish show N`, decide with `approve N` or `reject N`.[/]")


@replenishment.command("list")
def list_proposals(
    status: Annotated[str, typer.Option("--status", help="open, approved, rejected, superseded or all.")] = "open",
    json: AsJson = False,
) -> None:
    """Proposals, by number."""
    from database import replenishment_reading
    from domain.proposals import ProposalStatus

    if status != "all" and status not in list(ProposalStatus):
        raise InputRefused("--status", f"{status!r} is not one of {', '.join(ProposalStatus)} or all")

    async def read() -> list[ProposalView]:
        async with frame.database() as database:
            return await database.read(replenishment_reading.proposals, None if status == "all" else ProposalStatus(status))

    found = frame.run(read())
    if json:
        frame.answer_json([_summary(each) for each in found])
        return
    from starters.cli.replenishment_rendering import proposal_list

    if not found:
        frame.say(
            "No such proposals: `oms replenish` plans and proposes." if status != "all" else "No proposals yet: `oms replenish` plans."
        )
        return
    frame.console().print(proposal_list(found))


@replenishment.command()
def show(number: Number, json: AsJson = False) -> None:
    """One proposal with its whole arithmetic: history, forecast and its test, safety stock, reorder point, rounding, what is on its way."""
    from database import replenishment_reading

    async def read() -> ProposalView:
        async with frame.database() as database:
            return await database.read(replenishment_reading.proposal, number)

    found = frame.run(read())
    if json:
        frame.answer_json(found)
        return
    from starters.cli.replenishment_rendering import proposal_page

    frame.console().print(proposal_page(found))


@replenishment.command()
def approve(
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", min=1, help="Proposals, by number.")],
    quantity: Annotated[int | None, typer.Option("--quantity", "-q", min=1, help="Order so many instead; needs a reason.")] = None,
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Order what is proposed: one purchase order for each supplier, location and run. Approving twice orders once."""
    from database import replenishment as stored
    from domain.proposals import ApproveProposal

    if quantity is not None and len(set(numbers)) > 1:
        raise InputRefused("--quantity", "a quantity is for one proposal: name one number")
    settings = frame.settings()

    async def carry(outcomes: list[ProposalDecided]) -> None:
        async with frame.database() as database:
            for number in dict.fromkeys(numbers):
                request = ApproveProposal(
                    number=number, quantity=quantity, reason=_reason(reason), actor=frame.actor(), at=datetime.now(UTC), day=settings.day
                )
                outcomes.append(await database.transaction(stored.approve, request))

    _decided(carry, json)


@replenishment.command()
def reject(
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", min=1, help="Proposals, by number.")],
    reason: Reason = "",
    json: AsJson = False,
) -> None:
    """Do not order; the next run looks again."""
    from database import replenishment as stored
    from domain.proposals import RejectProposal

    async def carry(outcomes: list[ProposalDecided]) -> None:
        async with frame.database() as database:
            for number in dict.fromkeys(numbers):
                request = RejectProposal(number=number, reason=_reason(reason), actor=frame.actor(), at=datetime.now(UTC))
                outcomes.append(await database.transaction(stored.reject, request))

    _decided(carry, json)


@replenishment.command()
def surplus(json: AsJson = False) -> None:
    """Overstock and dead stock as the newest plans see it, the largest value first."""
    from database import replenishment_reading

    async def read() -> list[Plan]:
        async with frame.database() as database:
            return await database.read(replenishment_reading.surplus)

    found = frame.run(read())
    if json:
        fields = ("item", "location")
        frame.answer_json(
            [
                {
                    **{name: getattr(each.planning, name) for name in fields},
                    "verdict": each.verdict.value,
                    "surplus": each.surplus,
                    "value_minor": each.surplus * each.planning.unit_cost,
                    "currency": each.planning.currency,
                }
                for each in found
            ]
        )
        return
    from starters.cli.replenishment_rendering import surplus_table

    if not found:
        frame.say("The newest plans see neither overstock nor dead stock.")
        return
    frame.console().print(surplus_table(found))


@replenishment.command()
def chart(
    item: Annotated[str, typer.Argument(help="The item.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="FILE.svg or FILE.png. [default: ITEM.svg]")] = Path(),
    location: Annotated[str, typer.Option("--location", help="Which plan, where several locations plan the item.")] = "",
    json: AsJson = False,
) -> None:
    """Draw an item's history, forecast and stock projection, as its newest plan sees them."""
    from starters.charting import draw

    target = out if out != Path() else Path(f"{item}.svg")
    form = target.suffix.lower().removeprefix(".")
    if form not in ("svg", "png"):
        raise InputRefused("--out", f"{target} ends neither in .svg nor in .png")

    async def read() -> bytes:
        async with frame.database() as database:
            return await draw(database, item, location, form)

    content = frame.run(read())
    target.write_bytes(content)
    if json:
        frame.answer_json({"item": item, "file": str(target), "bytes": len(content)})
        return
    frame.say(f"The chart of {item} is in {target} ({len(content):,} bytes).")


@replenishment.command("import")
def import_history(
    file: Annotated[Path, typer.Argument(help="CSV: item,location,date,quantity, and out_of_stock where the shop knows it.")],
    json: AsJson = False,
) -> None:
    """Bring in the sales history from before; the same file twice changes nothing. Rows that are not taken are named: exit 3."""
    from starters.replenishing import LARGEST, MOST_FINDINGS, import_file

    if file.is_file() and file.stat().st_size > LARGEST:
        raise InputRefused(str(file), f"it has {file.stat().st_size:,} bytes, and at most {LARGEST:,} are read")
    try:
        content = file.read_bytes()
    except OSError as trouble:
        raise InputRefused(str(file), f"it cannot be read ({trouble.strerror})") from None

    async def carry() -> HistoryImported:
        async with frame.database() as database:
            return await import_file(database, content, file.name)

    told = frame.run(carry())
    if json:
        frame.answer_json(told)
    else:
        frame.say(f"{file.name}: {told.added} days added, {told.changed} changed, {told.unchanged} known before.")
        for finding in told.findings[:MOST_FINDINGS]:
            frame.say(f"  [red]row {finding.row}[/] {_plain(finding.reason)}")
        if len(told.findings) > MOST_FINDINGS:
            frame.say(f"  and {len(told.findings) - MOST_FINDINGS} more rows.")
    raise typer.Exit(3 if told.findings else 0)


def _schedule(every: str, as_json: bool) -> None:
    from starters.replenishing import HOUR, Every, schedule

    if every not in list(Every):
        raise InputRefused("--schedule", f"{every!r} is not one of {', '.join(Every)}")

    async def carry() -> bool:
        return await schedule(await frame.client(), Every(every))

    changed = frame.run(carry())
    if as_json:
        frame.answer_json({"schedule": every, "changed": changed})
        return
    when = {
        "daily": f"Items are planned every day at {HOUR}:00 UTC",
        "weekly": f"Items are planned every Monday at {HOUR}:00 UTC",
        "off": "Items are planned on demand only",
    }
    frame.say(f"{when[every]}{'' if changed else ', as before'}.")


def _decided(carry: Callable[[list[ProposalDecided]], Coroutine[None, None, None]], as_json: bool) -> None:
    """Carry out decisions one after the other; what was decided before one was refused stands, and is shown."""
    outcomes: list[ProposalDecided] = []
    try:
        frame.run(carry(outcomes))
    finally:
        if as_json:
            frame.answer_json(outcomes)
        else:
            for each in outcomes:
                before = " already, nothing was changed" if each.repeated else ""
                ordered = (
                    f": {each.quantity} units by line {each.line} of purchase order [bold]{each.purchase_order}[/]" if each.line else ""
                )
                frame.say(f"Proposal [bold]{each.number}[/] is {each.status.value}{before}{ordered}.")


def _summary(view: ProposalView) -> dict[str, object]:
    """A proposal without its arithmetic, which `show --json` gives."""
    return {**view.model_dump(mode="json", exclude={"plan"}), "value_minor": view.value}


def _surplus(planned: ReplenishmentPlanned) -> str:
    parts = [f"{count} with {what}" for count, what in ((planned.overstock, "overstock"), (planned.dead, "dead stock")) if count]
    return f" {' and '.join(parts)}: `oms replenish surplus`.".capitalize() if parts else ""


def _reason(text: str) -> str:
    if len(text) > LARGEST_REASON:
        raise InputRefused("--reason", f"it has {len(text)} characters, and at most {LARGEST_REASON} are kept")
    return text.strip()


def _day(text: str, place: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputRefused(place, f"{text!r} is not a date such as 2026-11-23") from None


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
