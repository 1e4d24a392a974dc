"""The port `Payments` with a Stripe account: payment intents that are captured by hand, and refunds.

What we asked for is written into the metadata of its object, so that a call of unknown outcome is looked up. Captures and refunds are
looked up before every call, by the intent itself; new intents by their idempotency key, and when Stripe has forgotten it by a search.

A payment reference is a payment method of Stripe (`pm_…`, good for one authorization), one kept with a customer (`cus_…/pm_…`, good for
renewals too) or an intent that the shop's own checkout confirmed with manual capture (`pi_…`); it never holds card data.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from domain.errors import Conflict, RefundTooHigh, Refused, Unavailable
from domain.money import Money
from integrations.ports import Approved, Declined
from integrations.stripe_payments.intents import Intent, Intents, refunded
from integrations.stripe_payments.wire import CardDeclined, KeySpent, StripeRefused, Wire
from integrations.stripe_payments.words import CAPTURE, KEY, ORDER, capture_note, idempotency_key, reason, to_stripe

KEYS_LAST = timedelta(hours=23)
"""Stripe forgets an idempotency key a day after its first use."""

KEYS = 9
"""Idempotency keys for one call, one after another: each that remembers a failure is of no more use."""

Found = TypeVar("Found")
Post = Callable[[Any, dict[str, Any]], Found]


class StripePayments:
    """`clock` is real time: the age of a key is Stripe's matter, not business time's."""

    def __init__(self, wire: Wire, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._wire, self._clock = wire, clock
        self._intents = Intents(wire, clock)

    # --- authorize -------------------------------------------------------------------------------------------------------------------

    async def authorize(self, key: str, order: str, amount: Money, reference: str, asked_at: datetime | None = None) -> Approved | Declined:
        _positive("authorization", amount)
        if asked_at is not None and self._clock() - asked_at > KEYS_LAST:
            known = await self._intents.made_under(key)
            if known is not None:
                return _verdict(known, key, amount)
        about = {ORDER: order, KEY: key}
        method, _, _ = reference.partition("/")
        means: dict[str, str] = {"payment_method": reference}
        if method.startswith("cus_") and "/" in reference:
            means = {"customer": method, "payment_method": reference.removeprefix(f"{method}/")}
        elif method.startswith("pi_"):
            confirmed = await self._intents.named(reference, "payment")
            if confirmed.holds(amount) and confirmed.key in ("", key):
                await self._wire.call(lambda client: client.v1.payment_intents.update(reference, {"metadata": about}))
                return Approved(reference=reference, lasts=confirmed.lasts(self._clock()), single=confirmed.single)
            if not confirmed.customer:
                return Declined(reason=f"The payment {reference} holds no {amount}, and its card is not kept with a customer at Stripe.")
            means = {"customer": confirmed.customer, "payment_method": confirmed.method}
        params: dict[str, Any] = {
            "amount": to_stripe(amount),
            "currency": amount.currency.lower(),
            "capture_method": "manual",
            "payment_method_types": ["card"],
            "payment_method_options": {"card": {"request_multicapture": "if_available"}},
            "confirm": True,
            "off_session": True,
            "description": f"Order {order}",
            "metadata": about,
            "expand": ["latest_charge"],
            **means,
        }
        try:
            answer = await self._once(
                key,
                lambda client, options: Intent(client.v1.payment_intents.create(params, options)),
                lambda: self._intents.made_under(key),
            )
        except CardDeclined as declined:
            return Declined(reason=reason(declined.code))
        except StripeRefused as refused:
            if refused.param in ("payment_method", "customer"):
                return Declined(reason=f"Stripe does not take the means of payment: {refused.sentence}")
            if refused.code in ("amount_too_small", "amount_too_large"):
                return Declined(reason=refused.sentence)
            raise
        return _verdict(answer, key, amount)

    async def void(self, key: str, authorization: str = "") -> None:
        intent = await (self._intents.named(authorization, "authorization") if authorization else self._intents.made_under(key))
        if intent is None or intent.over:
            return

        def give_up(client: Any, options: dict[str, Any]) -> Intent:
            if intent.received:  # what was captured stays, the rest is released
                return Intent(client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 0, "final_capture": True}, options))
            return Intent(client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"}, options))

        async def given_up() -> Intent | None:
            now = await self._intents.named(intent.id, "authorization")
            return now if now.over else None

        try:
            await self._once(f"{key}/void", give_up, given_up)
        except StripeRefused:
            if await given_up() is None:
                raise

    # --- capture ---------------------------------------------------------------------------------------------------------------------

    async def capture(self, key: str, authorization: str, amount: Money) -> Approved | Declined:
        _positive("capture", amount)
        intent = await self._intents.named(authorization, "authorization")
        if intent.currency != amount.currency:
            raise Refused(f"A capture in {amount.currency} is not possible: the payment is in {intent.currency}.")
        done = intent.capture_of(key)
        if done is not None:
            if done.cancelled:
                return Declined(reason=f"The capture {key!r} was withdrawn; it is not done any more.")
            if done.amount != amount:
                raise Conflict(f"The capture {key!r}", f"{done.amount} instead of {amount}")
            return Approved(reference=intent.charge)
        if intent.over:
            return Declined(reason=intent.why_over, lapsed=True)
        if amount > intent.capturable:
            raise Refused(f"A capture of {amount} is more than the {intent.capturable} left of the authorization {authorization!r}.")
        params: dict[str, Any] = {"amount_to_capture": to_stripe(amount), "metadata": {capture_note(key): f"{amount.minor} {key}"}}
        if not intent.single:
            params["final_capture"] = amount == intent.capturable

        async def captured() -> Intent | None:
            now = await self._intents.named(authorization, "authorization")
            return now if now.capture_of(key) is not None else None

        try:
            answer = await self._once(
                key, lambda client, options: Intent(client.v1.payment_intents.capture(authorization, params, options)), captured
            )
        except CardDeclined as declined:
            return Declined(reason=reason(declined.code))
        except StripeRefused as refused:
            if refused.code in ("payment_intent_unexpected_state", "charge_expired_for_capture"):
                now = await self._intents.named(authorization, "authorization")
                return Declined(reason=now.why_over if now.over else refused.sentence, lapsed=True)
            raise
        return Approved(reference=answer.charge or authorization)

    async def cancel_capture(self, key: str, authorization: str = "") -> None:
        found = [await self._intents.named(authorization, "authorization")] if authorization else []
        found = found or [i for i in await self._intents.of_order(key.rpartition("/shipment/")[0]) if i.capture_of(key) is not None]
        for intent in found:
            done = intent.capture_of(key)
            note = f"cancelled {key}"
            if done is not None and not done.cancelled:
                given = await self._intents.refunds(intent.id)
                left = done.amount - Money.total((r.amount for r in given if r.capture == key and r.stands), done.amount.currency)
                if left.minor > 0:
                    await self._refund(f"{key}/cancelled", intent, key, left)
                note = f"cancelled {done.amount.minor} {key}"
            update = {"metadata": {capture_note(key): note}}
            await self._wire.call(partial(_update, intent.id, update))

    # --- refund ----------------------------------------------------------------------------------------------------------------------

    async def refund(self, key: str, payment: str, amount: Money, authorization: str = "") -> Approved | Declined:
        _positive("refund", amount)
        name = authorization or (payment.partition("/")[0] if payment.startswith("pi_") else "")
        if not name:
            return Declined(reason=f"No card stands behind the payment {payment!r}: give it back by bank transfer.")
        intent = await self._intents.named(name, "payment")
        if intent.currency != amount.currency:
            raise Refused(f"A refund in {amount.currency} is not possible: the payment is in {intent.currency}.")
        given = await self._intents.refunds(name)
        known = next((refund for refund in given if refund.key == key), None)
        if known is not None:
            if known.amount != amount:
                raise Conflict(f"The refund {key!r}", f"{known.amount} instead of {amount}")
            return known.verdict
        if authorization:
            done = intent.capture_of(payment)
            taken = done.amount if done is not None else Money.zero(amount.currency)
            left = taken - Money.total((r.amount for r in given if r.capture == payment and r.stands), amount.currency)
            if amount > left:
                raise RefundTooHigh(f"the capture {payment!r}", amount.minor, left.minor)
        return await self._refund(key, intent, payment, amount)

    async def _refund(self, key: str, intent: Intent, payment: str, amount: Money) -> Approved | Declined:
        about = {ORDER: intent.order, KEY: key, CAPTURE: payment}
        params = {"payment_intent": intent.id, "amount": to_stripe(amount), "metadata": about}

        async def given() -> Approved | Declined | None:
            return next((refund.verdict for refund in await self._intents.refunds(intent.id) if refund.key == key), None)

        try:
            return await self._once(key, lambda client, options: refunded(client.v1.refunds.create(params, options)).verdict, given)
        except CardDeclined as declined:
            return Declined(reason=reason(declined.code))
        except StripeRefused as refused:
            if refused.code in ("charge_already_refunded", "amount_too_large"):
                raise RefundTooHigh(f"the payment {payment!r}", amount.minor, await self._intents.left(intent.id)) from None
            if refused.code in ("charge_disputed", "balance_insufficient", "insufficient_funds"):
                return Declined(reason=refused.sentence)
            raise

    # --- once ------------------------------------------------------------------------------------------------------------------------

    async def _once(self, key: str, post: Post[Found], look_up: Callable[[], Awaitable[Found | None]]) -> Found:
        """One effect under our key. A key of Stripe's that remembers a failure says nothing of the effect: it is looked up."""
        for attempt in range(1, KEYS + 1):
            options = {"idempotency_key": idempotency_key(key, attempt)}
            try:
                return await self._wire.call(partial(_posted, post, options))
            except KeySpent:
                found = await look_up()
                if found is not None:
                    return found
        raise Unavailable(f"Stripe has failed {KEYS} times to carry out {key!r}.")


def _verdict(intent: Intent, key: str, amount: Money) -> Approved | Declined:
    if intent.amount != amount:
        raise Conflict(f"The authorization {key!r}", f"{intent.amount} instead of {amount}")
    match intent.status:
        case "requires_capture":
            return Approved(reference=intent.id, lasts=intent.lasts(), single=intent.single)
        case "processing":
            raise Unavailable(f"The bank is still at work on the authorization {key!r}.")
        case "requires_action":
            return Declined(reason=reason("authentication_required"))
        case "canceled" | "succeeded":
            return Declined(reason=intent.why_over, lapsed=True)
    return Declined(reason=reason(intent.decline))


def _posted(post: Post[Found], options: dict[str, Any], client: Any) -> Found:
    return post(client, options)


def _update(name: str, update: dict[str, Any], client: Any) -> None:
    client.v1.payment_intents.update(name, update)


def _positive(what: str, amount: Money) -> None:
    if amount.minor <= 0:
        raise Refused(f"A {what} of {amount} is not possible: the amount must be positive.")
