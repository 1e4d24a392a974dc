"""Events of Stripe: the raw body and its signature in, what it means to an order out; docs.stripe.com/api/events/types for the names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import ValidationError

from database import inbox
from domain.errors import InputRefused, Refused
from domain.gateway_events import EventKind, GatewayEvent
from domain.intake import Delivery, GatewayIn, Part, Words
from domain.money import Money, is_currency
from integrations.stripe_payments.words import KEY, ORDER, OURS, from_stripe, noted_captures
from starters.channels.bounds import MOST_MINOR
from starters.channels.reading import decoded
from starters.webhooks.signature import verify

if TYPE_CHECKING:
    from starters.intake import Road

GATEWAY = FORM = "stripe"
DEEPEST = 40

KINDS = {
    "payment_intent.amount_capturable_updated": EventKind.AUTHORIZED,
    "payment_intent.succeeded": EventKind.CAPTURED,
    "payment_intent.payment_failed": EventKind.DECLINED,
    "payment_intent.canceled": EventKind.CANCELLED,
    "charge.refunded": EventKind.REFUNDED,
    "refund.failed": EventKind.REFUND_FAILED,
    "refund.updated": EventKind.REFUND_FAILED,  # when it says so: else it is the echo of a refund that is told by its charge
    "charge.refund.updated": EventKind.REFUND_FAILED,
    "charge.dispute.created": EventKind.DISPUTED,
    "charge.dispute.closed": EventKind.DISPUTE_CLOSED,
    "checkout.session.completed": EventKind.PAID,
    "checkout.session.async_payment_succeeded": EventKind.PAID,
}


async def keep(road: Road, body: bytes, signature: str, now: datetime) -> inbox.Kept:
    """Check an event's signature and keep it in the inbox, once however often it comes. Raises Refused for what Stripe has not signed."""
    verify(body, signature, road.settings.stripe_webhook_secrets, now)
    name = _said(body, "id") or f"sha256:{hashlib.sha256(body).hexdigest()}"
    delivery = Delivery(channel=GATEWAY, delivery=name, form=FORM, topic=_said(body, "type"), body=body, received_at=now)
    # Stripe counts its attempts inside the event: the id alone says that it is the same.
    return await road.database.transaction(inbox.keep, delivery)


def parts(delivery: Delivery, words: Words) -> Sequence[Part]:
    """The event of a document whose signature was checked when it came."""
    event = read(delivery.body)
    return [GatewayIn(place=event.event, gateway=GATEWAY, event=event)]


def read(body: bytes) -> GatewayEvent:
    """An event whose signature was checked. Raises InputRefused."""
    said = _object(_json(body), "the event")
    about = _object(_object(said.get("data"), "data").get("object"), "data.object")
    before = said["data"].get("previous_attributes")
    name = _text(said, "type")
    kind = KINDS.get(name, EventKind.OTHER)
    metadata, request = _maybe(about.get("metadata")), _maybe(said.get("request"))
    if kind is EventKind.REFUND_FAILED and about.get("status") not in ("failed", "canceled"):
        kind = EventKind.OTHER
    if kind is EventKind.PAID and about.get("payment_status") != "paid":
        kind = EventKind.OTHER
    fields: dict[str, Any] = {
        "event": _text(said, "id"),
        "name": name,
        "kind": kind,
        "occurred_at": _time(said.get("created"), "created"),
        "ours": str(request.get("idempotency_key") or "").startswith(OURS),
        "order": str(metadata.get(ORDER) or ""),
        "key": str(metadata.get(KEY) or ""),
        "authorization": _id_of(about.get("payment_intent")),
    }
    if kind is not EventKind.OTHER:
        fields |= _particulars(kind, about, _maybe(before), metadata)
    try:
        return GatewayEvent.model_validate(fields)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        raise InputRefused(".".join(str(step) for step in first["loc"]), first["msg"][:1].lower() + first["msg"][1:]) from None


def _particulars(kind: EventKind, about: dict[str, Any], before: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    currency = about.get("currency")
    if not isinstance(currency, str) or not is_currency(currency.upper()):
        raise InputRefused("data.object.currency", f"{currency!r:.20} is not a currency")

    def money(field: str, where: dict[str, Any] = about) -> Money:
        amount = where.get(field)
        if not isinstance(amount, int) or isinstance(amount, bool) or not 0 <= amount <= MOST_MINOR:
            raise InputRefused(f"data.object.{field}", f"{amount!r:.40} is not an amount in minor units")
        return from_stripe(amount, currency)

    match kind:
        case EventKind.AUTHORIZED:
            return {"authorization": _text(about, "id"), "amount": money("amount_capturable")}
        case EventKind.CAPTURED:
            announced = sum(amount for amount in noted_captures(metadata))
            return {
                "authorization": _text(about, "id"),
                "amount": money("amount_received"),
                "announced": Money(minor=min(announced, MOST_MINOR), currency=currency.upper()),
            }
        case EventKind.DECLINED:
            return {"authorization": _text(about, "id"), "amount": money("amount")}
        case EventKind.CANCELLED:
            return {"authorization": _text(about, "id"), "amount": money("amount"), "reason": str(about.get("cancellation_reason") or "")}
        case EventKind.REFUNDED:
            total = money("amount_refunded")
            this = total - money("amount_refunded", before) if "amount_refunded" in before else None
            return {"reference": _text(about, "id"), "amount": this, "total": total}
        case EventKind.REFUND_FAILED:
            return {"reference": _text(about, "id"), "amount": money("amount"), "reason": str(about.get("failure_reason") or "")}
        case EventKind.PAID:
            order = about.get("client_reference_id") or metadata.get(ORDER) or ""
            return {"order": str(order), "reference": _text(about, "id"), "amount": money("amount_total")}
    status, reason = str(about.get("status") or ""), str(about.get("reason") or "")
    return {"reference": _text(about, "id"), "amount": money("amount"), "status": status, "reason": reason}


def _said(body: bytes, name: str) -> str:
    """A text at the top of the event, where it can be read."""
    try:
        found = json.loads(decoded(body)).get(name)
    except (Refused, ValueError, RecursionError, AttributeError):
        return ""
    return found if isinstance(found, str) and 0 < len(found) <= 120 and found.isprintable() and found.isascii() else ""


def _json(body: bytes) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no JSON")

    try:
        found = json.loads(body.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as wrong:
        raise InputRefused("the event", f"it is no JSON ({str(wrong)[:80]})") from None
    if any(depth > DEEPEST for depth, _ in _walk(found)):
        raise InputRefused("the event", f"it is nested more than {DEEPEST} deep")
    return found


def _walk(found: Any) -> Iterator[tuple[int, Any]]:
    waiting = [(1, found)]
    while waiting:
        depth, value = waiting.pop()
        yield depth, value
        if depth <= DEEPEST:
            inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            waiting.extend((depth + 1, each) for each in inside)


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputRefused(place, "it is no object")
    return value


def _maybe(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(about: dict[str, Any], field: str) -> str:
    value = about.get(field)
    if not isinstance(value, str) or not value:
        raise InputRefused(field, "it is missing, or no text")
    return value


def _id_of(value: Any) -> str:
    """An id, or of an expanded object its id."""
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def _time(value: Any, place: str) -> datetime:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**11:
        raise InputRefused(place, f"{value!r:.40} is no time in seconds since 1970")
    return datetime.fromtimestamp(value, UTC)
