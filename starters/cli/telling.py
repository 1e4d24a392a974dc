"""Facts from the terminal: what the floor, the carrier, the customer and the bank have done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from domain.errors import InputRefused, Refused
from starters.cli import frame, subjects
from starters.cli.frame import AsJson, At, MessageIdOption, OrderKey

if TYPE_CHECKING:
    from domain.messages import Fact

app = typer.Typer()
PANEL = "Tell an order what has happened"

Shipment = Annotated[int | None, typer.Option("--shipment", "-s", min=1, help="The shipment's number. [default: every one that fits]")]
Lines = Annotated[list[str] | None, typer.Option("--line", "-l", metavar="LINE=UNITS", help="What it really was, by line.")]
Rma = Annotated[int | None, typer.Option("--rma", min=1, help="The return's number within its order. [default: the only one that fits]")]


@app.command(rich_help_panel=PANEL)
def pick(
    order: OrderKey, shipment: Shipment = None, line: Lines = None, at: At = None, message_id: MessageIdOption = None, json: AsJson = False
) -> None:
    """Confirm that goods were picked: everything asked for, except the lines that `--line` states otherwise."""
    from domain.messages import LineQuantity, PickConfirmed

    found = subjects.view(order)
    stated = frame.units_by_line(line or [], "--line")
    facts: list[Fact] = []
    for each in subjects.shipments(found, shipment, ("planned", "released"), "to pick"):
        picked = subjects.units(each, stated)
        facts.append(
            PickConfirmed(
                message_id=message_id or frame.derived_id("pick", found.order, each.number, picked),
                occurred_at=frame.moment(at),
                actor=frame.actor(),
                shipment=each.number,
                lines=tuple(LineQuantity(line=number, quantity=units) for number, units in picked.items()),
            )
        )
    _tell(found.order, facts, json)


@app.command(rich_help_panel=PANEL)
def pack(
    order: OrderKey,
    shipment: Shipment = None,
    line: Lines = None,
    weight: Annotated[int, typer.Option("--weight", min=1, help="Grams of the parcel, with packaging.")] = 1000,
    proposed: Annotated[bool, typer.Option("--proposed", help="In the parcels that `oms cartons` proposes, not in one.")] = False,
    at: At = None,
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Confirm that the picked goods are in one parcel: all of them, except the lines that `--line` states otherwise."""
    from domain.messages import LineQuantity, Packed, Parcel

    found = subjects.view(order)
    stated = frame.units_by_line(line or [], "--line")
    if proposed and stated:
        raise InputRefused("--proposed", "it packs everything; state no --line beside it")
    facts: list[Fact] = []
    for each in subjects.shipments(found, shipment, ("picked",), "to pack"):
        packed = subjects.units(each, stated)
        contents = tuple(LineQuantity(line=number, quantity=units) for number, units in packed.items())
        parcels: tuple[Parcel, ...] = (Parcel(number=1, weight_g=weight, contents=contents),)
        if proposed:
            parcels = subjects.proposed_parcels(found.order, each.number)
        facts.append(
            Packed(
                message_id=message_id or frame.derived_id("pack", found.order, each.number, packed, weight if not proposed else parcels),
                occurred_at=frame.moment(at),
                actor=frame.actor(),
                shipment=each.number,
                parcels=parcels,
            )
        )
    _tell(found.order, facts, json)


@app.command(rich_help_panel=PANEL)
def track(
    order: OrderKey,
    status: Annotated[
        Literal["in_transit", "delayed", "exception", "delivered", "lost", "returned_to_sender"],
        typer.Argument(help="What the carrier saw."),
    ],
    shipment: Shipment = None,
    number: Annotated[
        str | None, typer.Option("--number", help="The tracking number names the shipment; one that is wrong is refused.")
    ] = None,
    detail: Annotated[str, typer.Option("--detail", help="What the carrier says about it.")] = "",
    expected: Annotated[str | None, typer.Option("--expected", metavar="TIME", help="The newly expected delivery.")] = None,
    at: At = None,
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Report what the carrier saw of a shipment."""
    from domain.messages import CarrierEvent, CarrierStatus

    found = subjects.view(order)
    if number is not None:
        shipment = subjects.borne_by(found, number, shipment)
    seen, expected_at = frame.moment(at), frame.moment(expected, "--expected") if expected else None
    # The carrier may see the same thing again on another day: a repeat is only what was typed twice within a minute, or with the same --at.
    when = at or seen.strftime("%Y-%m-%dT%H:%M")
    facts: list[Fact] = [
        CarrierEvent(
            message_id=message_id or frame.derived_id("track", found.order, each.number, status, detail, expected_at, when),
            occurred_at=seen,
            actor=frame.actor(),
            shipment=each.number,
            status=CarrierStatus(status),
            detail=detail,
            expected_at=expected_at,
        )
        for each in subjects.shipments(found, shipment, ("shipped",), "on its way")
    ]
    _tell(found.order, facts, json)


@app.command(rich_help_panel=PANEL)
def deliver(
    order: OrderKey,
    shipment: Shipment = None,
    signed_by: Annotated[str, typer.Option("--signed-by", help="Who took the goods.")] = "the recipient",
    at: At = None,
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Confirm that a shipment was handed over."""
    from domain.messages import DeliveryConfirmed

    found = subjects.view(order)
    facts: list[Fact] = [
        DeliveryConfirmed(
            message_id=message_id or frame.derived_id("deliver", found.order, each.number),
            occurred_at=frame.moment(at),
            actor=frame.actor(),
            shipment=each.number,
            signed_by=signed_by,
        )
        for each in subjects.shipments(found, shipment, ("shipped",), "to deliver")
    ]
    _tell(found.order, facts, json)


@app.command(rich_help_panel=PANEL)
def pay(
    order: OrderKey,
    amount: Annotated[str | None, typer.Argument(metavar="[AMOUNT]", help="In the order's currency. [default: all that is owed]")] = None,
    invoice: Annotated[int | None, typer.Option("--invoice", min=1, help="The invoice's number. [default: the oldest open one]")] = None,
    reference: Annotated[
        str | None, typer.Option("--reference", help="The bank's own reference: one payment each. [default: derived from the amount]")
    ] = None,
    at: At = None,
    json: AsJson = False,
) -> None:
    """Book money that came in. The same payment twice is one payment; a second one of the same amount needs its own `--reference`."""
    from domain.messages import PaymentReceived
    from domain.money import Money, parse_amount

    found = subjects.view(order)
    invoices = [each for each in found.invoices if invoice in (None, each.number)]
    if invoice is not None and not invoices:
        there = ", ".join(str(each.number) for each in found.invoices) or "none yet"
        raise Refused(f"Order {found.order} has no invoice {invoice}; it has {there}.")
    owed = Money.total((each.balance for each in invoices), found.currency)
    paid = owed if amount is None else Money.of(parse_amount(amount, "AMOUNT"), found.currency)
    if amount is None and owed.minor <= 0:
        raise Refused(f"Nothing is owed on order {found.order}; state the amount to book a payment on account.")
    if paid.minor <= 0:
        raise InputRefused("AMOUNT", f"{amount} is not a payment; `oms reverse` takes one back")
    payment = reference or frame.derived_id("pay", found.order, invoice, paid.minor)
    if any(each.payment == payment for each in found.payments):
        note = "give --reference to book another one of the same amount"
        raise Refused(f"Payment {payment} of order {found.order} is booked already: {note}.")
    fact = PaymentReceived(
        message_id=f"payment/{payment}"[:200],
        occurred_at=frame.moment(at),
        actor=frame.actor(),
        payment=payment,
        amount=paid,
        invoice=invoice,
    )
    _tell(found.order, [fact], json)


@app.command(rich_help_panel=PANEL)
def reverse(
    order: OrderKey,
    payment: Annotated[str, typer.Argument(help="The payment's reference, as `oms show` names it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it was taken back.")] = "",
    at: At = None,
    json: AsJson = False,
) -> None:
    """Book that a payment was taken back, such as a returned debit."""
    from domain.messages import PaymentReversed

    found = subjects.view(order)
    known = [each.payment for each in found.payments]
    if payment not in known:
        raise Refused(f"Order {found.order} has no payment {payment!r}; it has {', '.join(known) or 'none'}.")
    fact = PaymentReversed(
        message_id=f"reversal/{payment}"[:200], occurred_at=frame.moment(at), actor=frame.actor(), payment=payment, reason=reason
    )
    _tell(found.order, [fact], json)


@app.command("raise", rich_help_panel=PANEL)
def raise_exception(
    order: OrderKey,
    detail: Annotated[str, typer.Argument(help="What is wrong, in a sentence.")],
    at: At = None,
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Report a trouble that Holdfast cannot see by itself; it becomes an exception that a person acknowledges."""
    from domain.messages import ExceptionRaised

    found = subjects.view(order)
    seen = frame.moment(at)
    fact = ExceptionRaised(
        message_id=message_id or frame.derived_id("raise", found.order, detail, at or seen.strftime("%Y-%m-%dT%H:%M")),
        occurred_at=seen,
        actor=frame.actor(),
        detail=detail,
    )
    _tell(found.order, [fact], json)


@app.command("return-received", rich_help_panel=PANEL)
def return_received(
    order: OrderKey,
    location: Annotated[str, typer.Option("--location", help="The dock they came to. [default: where the first shipment left]")] = "",
    rma: Rma = None,
    line: Lines = None,
    damaged: Annotated[list[str] | None, typer.Option("--damaged", metavar="LINE=UNITS", help="Units of those that came broken.")] = None,
    other: Annotated[
        list[str] | None, typer.Option("--other", metavar="ITEM=UNITS", help="Units of an item that belongs to no line of the order.")
    ] = None,
    at: At = None,
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Confirm that the goods of a return arrived: all that were announced, except the lines that `--line` states otherwise."""
    from domain.messages import LineQuantity, OtherGoods, ReturnReceived

    found = subjects.view(order)
    each = subjects.returned(found, rma, ("authorized",), "to receive")
    came = {**each.lines, **frame.units_by_line(line or [], "--line")}
    dock = location or next((shipment.location for shipment in found.shipments), "")
    if not dock:
        raise Refused(f"State with --location where the goods of order {found.order} arrived.")
    broken = frame.units_by_line(damaged or [], "--damaged")
    others = []
    for pair in other or []:
        item, equals, units = pair.rpartition("=")
        if not (item and equals and units.isdecimal() and len(units) <= 8):
            raise InputRefused("--other", f"{pair!r} does not read ITEM=UNITS, such as GRD-200=1")
        others.append(OtherGoods(item=item, quantity=int(units)))
    said = (broken, others) if broken or others else ()
    fact = ReturnReceived(
        message_id=message_id or frame.derived_id("return-received", found.order, each.rma, came, *said),
        occurred_at=frame.moment(at),
        actor=frame.actor(),
        rma=each.rma,
        location=dock,
        lines=tuple(LineQuantity(line=number, quantity=units) for number, units in came.items()),
        damaged=tuple(LineQuantity(line=number, quantity=units) for number, units in broken.items()),
        others=tuple(others),
    )
    _tell(found.order, [fact], json)


@app.command("return-scanned", rich_help_panel=PANEL)
def return_scanned(order: OrderKey, rma: Rma = None, at: At = None, message_id: MessageIdOption = None, json: AsJson = False) -> None:
    """The carrier scanned the label of a return: where refunds wait for that, the money goes back now."""
    from domain.messages import ReturnScanned

    found = subjects.view(order)
    each = subjects.returned(found, rma, ("authorized",), "on their way")
    fact = ReturnScanned(
        message_id=message_id or frame.derived_id("return-scanned", found.order, each.rma),
        occurred_at=frame.moment(at),
        actor=frame.actor(),
        rma=each.rma,
    )
    _tell(found.order, [fact], json)


@app.command(rich_help_panel=PANEL)
def inspect(
    order: OrderKey,
    disposition: Annotated[
        Literal["restock", "scrap", "refurbish", "vendor", "quarantine", "send_back", "customer_keeps"],
        typer.Option("--disposition", "-d", help="What becomes of the units; customer_keeps also before they came."),
    ] = "restock",
    line: Annotated[
        list[str] | None,
        typer.Option(
            "--line", "-l", metavar="LINE=UNITS:DISPOSITION", help="Units by line, where they differ; may be repeated for a line."
        ),
    ] = None,
    rma: Rma = None,
    at: At = None,
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Say what becomes of each returned unit: one disposition for all, or `--line` for each part."""
    from domain.messages import ReturnInspected

    found = subjects.view(order)
    each = subjects.returned(found, rma, ("received", "authorized") if disposition == "customer_keeps" else ("received",), "to inspect")
    lines = subjects.inspected(each, disposition, line or [])
    fact = ReturnInspected(
        message_id=message_id or frame.derived_id("inspect", found.order, each.rma, lines),
        occurred_at=frame.moment(at),
        actor=frame.actor(),
        rma=each.rma,
        lines=lines,
    )
    _tell(found.order, [fact], json)


def _tell(order: str, facts: Sequence[Fact], as_json: bool) -> None:
    """Send the facts, one after the other, and say which."""
    from starters.messaging import tell

    async def send() -> None:
        client = await frame.client()
        for fact in facts:
            try:
                await tell(client, order, fact)
            except Refused as refused:
                await frame.record_refusal(fact.message_id, f"order {order}, {fact.called()}", str(refused))
                raise

    if len({fact.message_id for fact in facts}) < len(facts):
        raise InputRefused("--message-id", "there are several shipments, and each needs its own message: name one with --shipment")
    frame.run(send())
    if as_json:
        frame.answer_json([{"order": order, "message": fact.called(), **fact.model_dump(mode="json")} for fact in facts])
        return
    for fact in facts:
        frame.say(f"Order [bold]{order}[/]: {fact.called().replace('_', ' ')}{_about(fact)} is recorded. [dim]{fact.message_id}[/]")


def _about(fact: Fact) -> str:
    for kind in ("shipment", "rma", "payment"):
        if subject := getattr(fact, kind, None):
            return f" ({kind} {subject})"
    return ""
