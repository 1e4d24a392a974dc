"""Requests from the terminal: what somebody wants of an order, which it may refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from domain.errors import InputRefused, Refused
from domain.return_rules import ExchangeMode, RefundTo, ReturnReason
from starters.cli import frame, subjects
from starters.cli.frame import AsJson, MessageIdOption, OrderKey

if TYPE_CHECKING:
    from domain.messages import Receipt, Request

app = typer.Typer()
PANEL = "Ask something of an order"

Reason = Annotated[str, typer.Option("--reason", help="Why, for the audit trail.")]
InvoiceNumber = Annotated[int, typer.Argument(min=1, help="The invoice's number within its order.")]
OfLine = "For `correct` and `substitute`: the right {} of a line."


@app.command(rich_help_panel=PANEL)
def cancel(order: OrderKey, reason: Reason = "", message_id: MessageIdOption = None, json: AsJson = False) -> None:
    """Stop the order: everything that has not shipped is undone."""
    from domain.messages import CancelOrder

    key = _key(order)
    _ask(key, CancelOrder(**_once("cancel", key, message_id, reason), reason=reason), json)


@app.command(rich_help_panel=PANEL)
def amend(
    order: OrderKey,
    quantities: Annotated[list[str] | None, typer.Argument(metavar="[LINE=UNITS]...", help="New quantities; 0 cancels a line.")] = None,
    requested: Annotated[str | None, typer.Option("--requested", metavar="TIME", help="The new requested date.")] = None,
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Change quantities, as far as they are not yet with the warehouse, or the requested date."""
    from domain.messages import AmendOrder, LineQuantity

    wanted = frame.units_by_line(quantities or [], "LINE=UNITS")
    if not wanted and not requested:
        raise Refused("Nothing to amend: state LINE=UNITS or --requested.")
    key = _key(order)
    lines = tuple(LineQuantity(line=line, quantity=units) for line, units in wanted.items())
    requested_at = frame.moment(requested, "--requested") if requested else None
    _ask(key, AmendOrder(**_each_time("amend", key, message_id, lines, requested), quantities=lines, requested_at=requested_at), json)


@app.command(rich_help_panel=PANEL)
def hold(
    order: OrderKey,
    reason: Annotated[str, typer.Argument(help="Why it must wait.")],
    review_in: Annotated[int, typer.Option("--review-in", min=1, max=365, help="Days until somebody is asked why it stands.")] = 7,
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Take no further step towards shipping until the order is released."""
    from domain.messages import HoldOrder

    key = _key(order)
    _ask(key, HoldOrder(**_each_time("hold", key, message_id, reason), reason=reason, review_in=review_in), json)


@app.command(rich_help_panel=PANEL)
def release(order: OrderKey, message_id: MessageIdOption = None, json: AsJson = False) -> None:
    """Lift every hold of the order."""
    from domain.messages import ReleaseOrder

    key = _key(order)
    _ask(key, ReleaseOrder(**_each_time("release", key, message_id)), json)


@app.command(rich_help_panel=PANEL)
def decide(
    order: OrderKey,
    exception: Annotated[int, typer.Argument(min=1, help="The exception's number, as `oms show` lists it.")],
    choice: Annotated[str, typer.Argument(help="One of the choices that the exception offers.")],
    item: Annotated[list[str] | None, typer.Option("--item", metavar="LINE=ITEM", help=OfLine.format("item"))] = None,
    price: Annotated[list[str] | None, typer.Option("--price", metavar="LINE=PRICE", help=OfLine.format("unit price"))] = None,
    customer: Annotated[str, typer.Option("--customer", help="For `correct`: the right customer.")] = "",
    note: Annotated[str, typer.Option("--note", help="For the audit trail.")] = "",
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Answer an open exception with one of its choices."""
    from domain.messages import Decide

    key = _key(order)
    items, prices = frame.by_line(item or [], "--item"), frame.by_line(price or [], "--price")
    request = Decide(
        **_once("decide", key, message_id, exception, choice, items, prices, customer),
        exception=exception,
        choice=choice,
        items=items,
        prices=prices,
        customer=customer,
        note=note,
    )
    _ask(key, request, json)


@app.command("return", rich_help_panel=PANEL)
def return_goods(
    order: OrderKey,
    quantities: Annotated[
        list[str] | None, typer.Argument(metavar="[LINE=UNITS]...", help="What comes back. [default: all that was delivered]")
    ] = None,
    exchange: Annotated[bool, typer.Option("--exchange", help="The same items go out again, instead of the money back.")] = False,
    instead: Annotated[
        list[str] | None, typer.Option("--for", metavar="LINE=ITEM", help="An exchange for another item; the difference is settled.")
    ] = None,
    mode: Annotated[ExchangeMode, typer.Option("--mode", help="When an exchange leaves.")] = ExchangeMode.WAIT,
    because: Annotated[ReturnReason, typer.Option("--because", help="Why, for who bears the fee and the label.")] = ReturnReason.UNSTATED,
    line_because: Annotated[
        list[str] | None, typer.Option("--line-because", metavar="LINE=REASON", help="Why, where a line has its own reason.")
    ] = None,
    store_credit: Annotated[bool, typer.Option("--store-credit", help="The money stays on the customer's account.")] = False,
    reason: Reason = "",
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Ask to send delivered goods back; a second return of the same units needs its own `--message-id`."""
    from domain.messages import LineQuantity, RequestReturn, ReturnKind, ReturnWish

    found = subjects.view(order)
    wanted = frame.units_by_line(quantities or [], "LINE=UNITS") or {
        line.number: line.delivered - line.returned for line in found.lines if line.delivered > line.returned
    }
    if not wanted:
        raise Refused(f"Order {found.order} has nothing to return: nothing is delivered, or all of it came back.")
    kind = ReturnKind.EXCHANGE if exchange or instead else ReturnKind.REFUND
    reasons = frame.by_line(line_because or [], "--line-because")
    for line, why in reasons.items():
        if why not in list(ReturnReason):
            raise InputRefused("--line-because", f"{why!r} of line {line} is not a reason: {', '.join(ReturnReason)}")
    wish = ReturnWish(
        because=because,
        reasons={line: ReturnReason(why) for line, why in reasons.items()},
        refund_to=RefundTo.STORE_CREDIT if store_credit else RefundTo.ORIGINAL,
        items=frame.by_line(instead or [], "--for"),
        mode=mode,
    )
    said = () if wish == ReturnWish() else (wish,)
    lines = tuple(LineQuantity(line=line, quantity=units) for line, units in wanted.items())
    envelope = _once("return", found.order, message_id, lines, kind, *said)
    _ask(found.order, RequestReturn(**envelope, lines=lines, kind=kind, reason=reason, wish=wish), json)


@app.command(rich_help_panel=PANEL)
def appease(
    order: OrderKey,
    line: Annotated[int, typer.Argument(min=1, help="The line that it is for.")],
    amount: Annotated[
        str, typer.Argument(metavar="AMOUNT", help="In major units with taxes, such as 15.00, or a percentage of the line: 10%.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the credit note.")],
    store_credit: Annotated[bool, typer.Option("--store-credit", help="The money stays on the customer's account.")] = False,
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """Give money for goods that stay, within what your role allows; the same again needs its own `--message-id`."""
    from domain.messages import Appease

    key = _key(order)
    given, percent = ("", amount) if amount.endswith("%") else (amount, "")
    to = RefundTo.STORE_CREDIT if store_credit else RefundTo.ORIGINAL
    envelope = _once("appease", key, message_id, line, amount, to)
    _ask(key, Appease(**envelope, line=line, amount=given, percent=percent, refund_to=to, reason=reason), json)


@app.command(rich_help_panel=PANEL)
def dispute(
    order: OrderKey,
    invoice: InvoiceNumber,
    resolved: Annotated[bool, typer.Option("--resolved", help="The dispute is over.")] = False,
    reason: Reason = "",
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """The customer does not accept an invoice: no reminders until the dispute is resolved."""
    from domain.messages import DisputeInvoice

    key = _key(order)
    envelope = _each_time("dispute", key, message_id, invoice, resolved)
    _ask(key, DisputeInvoice(**envelope, invoice=invoice, resolved=resolved, reason=reason), json)


@app.command("promise-to-pay", rich_help_panel=PANEL)
def promise_to_pay(
    order: OrderKey,
    invoice: InvoiceNumber,
    pay_by: Annotated[str, typer.Argument(metavar="DATE", help="Such as 2026-12-24.")],
    message_id: MessageIdOption = None,
    json: AsJson = False,
) -> None:
    """The customer says when they will pay: no reminder before that date."""
    from domain.messages import PromiseToPay

    key, by = _key(order), frame.moment(pay_by, "DATE")
    _ask(key, PromiseToPay(**_each_time("promise-to-pay", key, message_id, invoice, by), invoice=invoice, pay_by=by), json)


@app.command("write-off", rich_help_panel=PANEL)
def write_off(
    order: OrderKey, invoice: InvoiceNumber, reason: Reason = "", message_id: MessageIdOption = None, json: AsJson = False
) -> None:
    """The rest of an invoice will never be paid."""
    from domain.messages import WriteOffInvoice

    key = _key(order)
    _ask(key, WriteOffInvoice(**_once("write-off", key, message_id, invoice), invoice=invoice, reason=reason), json)


class Envelope(TypedDict):
    message_id: str
    occurred_at: datetime
    actor: str


def _once(name: str, order: str, message_id: str | None, *content: object) -> Envelope:
    """For what is asked once: the same words again are the same request, and get the same receipt."""
    return Envelope(message_id=message_id or frame.derived_id(name, order, *content), occurred_at=datetime.now(UTC), actor=frame.actor())


def _each_time(name: str, order: str, message_id: str | None, *content: object) -> Envelope:
    """For what may rightly be asked again in the same words (hold, release, hold), and is harmless when it is."""
    now = datetime.now(UTC)
    return Envelope(message_id=message_id or frame.derived_id(name, order, now, *content), occurred_at=now, actor=frame.actor())


def _key(order: str) -> str:
    return order if "/" in order else subjects.view(order).order


def _ask(order: str, request: Request, as_json: bool) -> None:
    """Send the request, in the roles that its actor has, and show its receipt."""
    from database.staff import roles_of
    from starters.messaging import ask

    async def send() -> Receipt:
        async with frame.database() as opened:
            roles = await opened.read(roles_of, request.actor)
        try:
            return await ask(await frame.client(), order, request.model_copy(update={"roles": roles}))
        except Refused as refused:
            await frame.record_refusal(request.message_id, f"order {order}, {request.called()}", str(refused))
            raise

    asked_at = datetime.now(UTC)
    receipt = frame.run(send())
    if as_json:
        frame.answer_json({"order": order, **receipt.model_dump(mode="json")})
        return
    note = f" {receipt.note}" if receipt.note else ""
    if receipt.recorded_at < asked_at - _REPEATED:
        at = receipt.recorded_at.astimezone(UTC)
        note += f" It was recorded before, at {at:%Y-%m-%d %H:%M:%S} UTC, and counts once; --message-id makes it a new request."
    frame.say(f"Order [bold]{order}[/]: {receipt.name.replace('_', ' ')} is recorded.{note} [dim]{receipt.message_id}[/]")


_REPEATED = timedelta(seconds=10)
"""A receipt older than the question by more than two clocks differ is the receipt of an earlier one."""

key_of, each_time, send_request = _key, _each_time, _ask
"""For the rooms beside this one that ask an order for something, too."""
