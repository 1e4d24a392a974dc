"""Prices and tax rates on the command line: see them, agree new ones from a day on, end them; who and why stand in their history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import InputRefused
from starters.cli import frame
from starters.cli.frame import AsJson

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from domain.pricing.agreeing import Agreed
    from domain.pricing.conditions import Condition
    from domain.pricing.taxes import TaxRate

app = typer.Typer()
PANEL = "Prices and taxes"
price = typer.Typer(no_args_is_help=True, help="Contracts, quantity breaks, promotions, surcharges, least margins and list prices.")
tax = typer.Typer(no_args_is_help=True, help="Tax rates by place, each from a day on.")
app.add_typer(price, name="price", rich_help_panel=PANEL)
app.add_typer(tax, name="tax", rich_help_panel=PANEL)

Why = Annotated[str, typer.Option("--reason", help="Why; it stands in the history. Needed.")]
OnDay = Annotated[str | None, typer.Option("--on", metavar="DATE", help="What holds on that day. [default: today]")]
Every = Annotated[bool, typer.Option("--all", help="Also what is over and what is to come.")]


@price.command("list")
def list_conditions(
    customer: Annotated[str, typer.Option("--customer", help="What counts for this customer.")] = "",
    item: Annotated[str, typer.Option("--item", help="What counts for this item.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="contract, break, promotion, surcharge or margin.")] = "",
    on: OnDay = None,
    every: Every = False,
    json: AsJson = False,
) -> None:
    """Price conditions that hold; without any named, for everybody and everything."""
    from database import agreements

    if kind and kind not in KINDS:
        raise InputRefused("--kind", f"{kind!r:.20} is none of {', '.join(KINDS)}")
    day = None if every else frame.moment(on, "--on").date()
    found = frame.run(_read(lambda session: agreements.conditions(session, day, customer, item, kind)))
    if json:
        frame.answer_json(found)
    elif found:
        from starters.cli.rendering_agreements import condition_table

        frame.console().print(condition_table(found, datetime.now(UTC).date()))
    else:
        frame.say("No price condition holds." if day else "There is no price condition.")


@price.command("set")
def set_condition(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="contract, break, promotion, surcharge or margin.")],
    name: Annotated[str, typer.Argument(metavar="ID", help="Its own id, for ever: what orders were priced by it say.")],
    title: Annotated[str, typer.Option("--title", help="What people call it. [default: its id]")] = "",
    customer: Annotated[str, typer.Option("--customer", help="For this customer only.")] = "",
    group: Annotated[str, typer.Option("--group", help="For this customer group only.")] = "",
    item: Annotated[str, typer.Option("--item", help="For this item only.")] = "",
    item_group: Annotated[str, typer.Option("--item-group", help="For this group of items only.")] = "",
    price_list: Annotated[str, typer.Option("--list", help="Of a break: the price list that it lowers.")] = "",
    unit_price: Annotated[str, typer.Option("--price", help="Of a contract or a break: the unit price, such as 62.00.")] = "",
    off: Annotated[str, typer.Option("--percent", help="Of a break or a promotion: so much off, such as 5%.")] = "",
    amount: Annotated[str, typer.Option("--amount", help="Off a unit (promotion), or on top (surcharge).")] = "",
    least: Annotated[str, typer.Option("--least", help="Of a margin: the least that a line has to earn, such as 12%.")] = "",
    currency: Annotated[str, typer.Option("--currency", help="Such as EUR.")] = "",
    from_units: Annotated[int, typer.Option("--from-units", min=1, help="From so many units of a line on.")] = 1,
    per: Annotated[str, typer.Option("--per", help="Of a surcharge: unit, line or order.")] = "",
    below_value: Annotated[str, typer.Option("--below-value", help="Of a surcharge on the order: when its goods come to less.")] = "",
    priority: Annotated[int | None, typer.Option("--priority", min=1, max=9, help="Of a promotion: 1 is first.")] = None,
    combinable: Annotated[bool, typer.Option("--combinable", help="Of a promotion: others may come beside it.")] = False,
    taxes_included: Annotated[bool, typer.Option("--taxes-included", help="Of a contract: its price contains the taxes.")] = False,
    start: Annotated[str | None, typer.Option("--from", metavar="DATE", help="The first day. [default: today]")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="The last day. [default: none]")] = None,
    reason: Why = "",
    json: AsJson = False,
) -> None:
    """Agree a price condition. It counts for orders that are placed from its first day on; what was placed keeps its price."""
    from starters.agreements import condition, fraction

    if kind not in KINDS:
        raise InputRefused("KIND", f"{kind!r:.20} is none of {', '.join(KINDS)}")
    first = frame.moment(start, "--from").date()
    said: dict[str, Any] = {"kind": kind, "id": name, "title": title, "customer": customer, "customer_group": group, "item": item}
    said |= {"item_group": item_group, "currency": currency, "valid_from": first, "price": unit_price, "amount": amount, "per": per}
    said |= {"valid_to": frame.moment(until, "--until").date() if until else None, "price_list": price_list, "priority": priority}
    said |= {"percent": fraction(off, "--percent") if off else "", "least": fraction(least, "--least") if least else ""}
    said |= {"below_value": below_value, "min_quantity": from_units if from_units > 1 else ""}
    said |= {"combinable": combinable or "", "taxes_included": taxes_included or ""}
    _agree([condition(said, f"{kind} {name}")], reason, json)


@price.command("import")
def import_conditions(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON as in the catalogue, or CSV with the same names as columns.")],
    reason: Why = "",
    json: AsJson = False,
) -> None:
    """Agree the price conditions of a file, all or none; what stands already word for word is left alone."""
    from starters.agreements import read_conditions

    _agree(read_conditions(file), reason, json)


@price.command("end")
def end(
    name: Annotated[str, typer.Argument(metavar="ID")],
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Its last day. [default: yesterday]")] = None,
    reason: Why = "",
    json: AsJson = False,
) -> None:
    """End a price condition; one that has not begun is withdrawn."""
    from database import agreements

    last = frame.moment(on, "--on").date() if on else datetime.now(UTC).date() - timedelta(days=1)
    ended = _write(lambda session, by: agreements.end_condition(session, name, last, by), reason)
    if json:
        frame.answer_json(ended)
    elif ended.valid_to == last:
        frame.say(f"[bold]{name}[/] ends on {last}.")
    else:
        frame.say(f"[bold]{name}[/] is withdrawn before it began.")


@price.command("item")
def item_price(
    price_list: Annotated[str, typer.Argument(metavar="LIST", help="A price list, such as TRADE-EUR.")],
    item: Annotated[str | None, typer.Argument(metavar="ITEM")] = None,
    amount: Annotated[str | None, typer.Argument(metavar="PRICE", help="Of one unit, such as 62.00. [default: show it]")] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="DATE", help="From this day on. [default: from now on]")] = None,
    withdraw: Annotated[str | None, typer.Option("--withdraw", metavar="DATE", help="Take back what was planned from this day on.")] = None,
    reason: Why = "",
    json: AsJson = False,
) -> None:
    """Prices of a list; with a price, set it for orders placed from now on, or from a day to come."""
    from database import agreements
    from domain.money import parse_amount
    from domain.pricing.agreeing import ListedPrice

    if item and amount is not None:
        first = frame.moment(start, "--from").date() if start else None
        wanted = ListedPrice(price_list=price_list, item=item, price=parse_amount(amount, "PRICE"), valid_from=first)
        changed = _write(lambda session, by: agreements.set_listed(session, [wanted], by), reason)
        if not json:
            frame.say(
                f"{item} costs {amount} on {price_list}" + (f" from {first} on" if first else "") + ("." if changed else ", as before.")
            )
    elif item and withdraw:
        day = frame.moment(withdraw, "--withdraw").date()
        taken = _write(lambda session, by: agreements.withdraw_listed(session, price_list, item, day, by), reason)
        if not json:
            frame.say(f"{taken.price} for {item} on {price_list} from {day} on is withdrawn.")
    elif start or withdraw:
        raise InputRefused("--from" if start else "--withdraw", "say of which item, and with --from at which price")
    today = datetime.now(UTC).date()
    found = frame.run(_read(lambda session: agreements.listed(session, today, price_list, item or "")))
    if json:
        frame.answer_json(found)
    elif amount is None:
        from starters.cli.rendering_agreements import listed_table

        if found:
            frame.console().print(listed_table(found))
        else:
            frame.say(f"{price_list} has no price" + (f" of {item}." if item else "."))


@price.command("history")
def price_history(
    about: Annotated[str, typer.Argument(metavar="[ABOUT]", help="A part of what it is about: an id, a list, an item, a country.")] = "",
    json: AsJson = False,
) -> None:
    """Who changed prices and tax rates, when and why; the latest first."""
    from database import agreements

    found = frame.run(_read(lambda session: agreements.history(session, about)))
    if json:
        frame.answer_json(found)
    elif found:
        from starters.cli.rendering_agreements import history_table

        frame.console().print(history_table(found))
    else:
        frame.say("Nobody has changed a price or a tax rate.")


@tax.command("list")
def list_taxes(
    country: Annotated[str, typer.Argument(metavar="[COUNTRY]", help="Such as DE.")] = "",
    on: OnDay = None,
    every: Every = False,
    json: AsJson = False,
) -> None:
    """Tax rates that hold, by place."""
    from database import agreements

    day = None if every else frame.moment(on, "--on").date()
    found = frame.run(_read(lambda session: agreements.tax_rates(session, country, day)))
    if json:
        frame.answer_json(found)
    elif found:
        from starters.cli.rendering_agreements import tax_table

        frame.console().print(tax_table(found))
    else:
        frame.say("No tax rate holds" + (f" in {country}." if country else "."))


@tax.command("set")
def set_tax(
    country: Annotated[str, typer.Argument(metavar="COUNTRY", help="Such as DE.")],
    title: Annotated[str, typer.Argument(metavar="TITLE", help="As it stands on invoices, such as MwSt.")],
    rate: Annotated[str, typer.Argument(metavar="RATE", help="Such as 19%.")],
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day. What stood until then ends the day before.")],
    code: Annotated[str, typer.Option("--code", help="The tax code of items; `freight` is that of freight.")] = "standard",
    region: Annotated[str, typer.Option("--region", help="A state or province.")] = "",
    city: Annotated[str, typer.Option("--city")] = "",
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="The last day. [default: none]")] = None,
    compound: Annotated[bool, typer.Option("--compound", help="It is taken of the taxes before it, too.")] = False,
    sequence: Annotated[int, typer.Option("--sequence", min=1, max=99, help="Its place among the taxes of a line.")] = 1,
    reason: Why = "",
    json: AsJson = False,
) -> None:
    """Set a tax rate from a day on; orders that were placed before keep theirs."""
    from database import agreements
    from starters.agreements import fraction

    first, last = frame.moment(start, "--from").date(), frame.moment(until, "--until").date() if until else None
    wanted = _tax(
        code=code,
        country=country,
        region=region,
        city=city,
        title=title,
        rate=fraction(rate, "RATE"),
        compound=compound,
        sequence=sequence,
        valid_from=first,
        valid_to=last,
    )
    new = _write(lambda session, by: agreements.set_tax(session, [wanted], by), reason)
    if json:
        frame.answer_json({"new": new})
    else:
        frame.say(
            f"{title} in {' '.join(p for p in (country, region, city) if p)} is {rate} from {first}" + ("." if new else ", as before.")
        )


@tax.command("end")
def end_tax(
    country: Annotated[str, typer.Argument(metavar="COUNTRY")],
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="The last day.")],
    code: Annotated[str, typer.Option("--code")] = "standard",
    region: Annotated[str, typer.Option("--region")] = "",
    city: Annotated[str, typer.Option("--city")] = "",
    reason: Why = "",
    json: AsJson = False,
) -> None:
    """End a tax after a day."""
    from database import agreements

    last = frame.moment(on, "--on").date()
    of = _tax(code=code, country=country, region=region, city=city, title=title, rate=0)
    ended = _write(lambda session, by: agreements.end_tax(session, of, last, by), reason)
    if json:
        frame.answer_json(ended)
    else:
        frame.say(f"{title} of {ended.rate:%} in {country} ends on {last}.")


KINDS = ("contract", "break", "promotion", "surcharge", "margin")


def _agree(rules: list[Condition], reason: str, as_json: bool) -> None:
    from database import agreements

    added = _write(lambda session, by: agreements.agree(session, rules, by), reason)
    if as_json:
        frame.answer_json({"agreed": added, "as_before": [rule.id for rule in rules if rule.id not in added]})
        return
    if added:
        frame.say(f"Agreed: {', '.join(added)}.")
    if len(added) < len(rules):
        frame.say(f"{len(rules) - len(added)} stood already, word for word.")


def _tax(**said: Any) -> TaxRate:
    from pydantic import ValidationError

    from domain.pricing.taxes import TaxRate

    try:
        return TaxRate(**said)
    except ValidationError as wrong:
        raise InputRefused("the tax", "; ".join(f"{error['loc'][0]}: {error['msg']}" for error in wrong.errors())) from None


def _write(work: Callable[[Session, Agreed], Any], reason: str) -> Any:
    """Carry out a change as whoever sits here, with the roles that the house gave them."""
    from database import staff
    from domain.pricing.agreeing import Agreed

    now, actor = datetime.now(UTC), frame.actor()

    def change(session: Session) -> Any:
        return work(session, Agreed(actor=actor, roles=staff.roles_of(session, actor), reason=reason, at=now))

    async def carry() -> Any:
        async with frame.database() as database:
            return await database.transaction(change)

    return frame.run(carry())


async def _read(work: Callable[[Session], Any]) -> Any:
    async with frame.database() as database:
        return await database.read(work)
