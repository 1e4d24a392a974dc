"""What stands at Stripe: intents and refunds as Stripe has them now, and where they are looked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.errors import NotFound
from domain.money import Money
from integrations.ports import Approved, Declined
from integrations.stripe_payments.wire import StripeRefused, Wire
from integrations.stripe_payments.words import CAPTURE, KEY, ORDER, capture_note, from_stripe

NOT_SEARCHABLE_YET = timedelta(hours=1)
"""What is newer may be missing from Stripe's search (a minute, longer in an outage): the list of new intents is exact."""

USUAL = timedelta(days=7)
"""How long an authorization lasts where its charge does not say so."""

PAGE = 100


@dataclass(frozen=True)
class Captured:
    amount: Money
    cancelled: bool


class Intent:
    """A payment intent, its charge with it."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer.to_dict() if hasattr(answer, "to_dict") else dict(answer)
        charge = self._answer.get("latest_charge")
        self._charge: dict[str, Any] = charge if isinstance(charge, dict) else {}
        self.charge = str(self._charge.get("id") or charge or "")
        self.id, self.status = str(self._answer["id"]), str(self._answer["status"])
        self.currency = str(self._answer["currency"]).upper()
        self._metadata: dict[str, str] = dict(self._answer.get("metadata") or {})
        self.order, self.key = self._metadata.get(ORDER, ""), self._metadata.get(KEY, "")
        self.customer, self.method = str(self._answer.get("customer") or ""), str(self._answer.get("payment_method") or "")

    @property
    def amount(self) -> Money:
        return from_stripe(self._answer["amount"], self.currency)

    @property
    def capturable(self) -> Money:
        return from_stripe(self._answer["amount_capturable"], self.currency)

    @property
    def received(self) -> bool:
        return int(self._answer["amount_received"]) > 0

    @property
    def left(self) -> Money:
        """What of its charge could still be given back."""
        taken = int(self._charge.get("amount_captured", 0)) - int(self._charge.get("amount_refunded", 0))
        return from_stripe(taken, self.currency)

    @property
    def over(self) -> bool:
        """Nothing more will be captured."""
        return self.status in ("canceled", "succeeded")

    @property
    def why_over(self) -> str:
        if self.status == "succeeded":
            return "The authorization was captured before, and nothing of it is left."
        if self._answer.get("cancellation_reason") in ("automatic", "expired"):
            return "The authorization has expired."
        return "The authorization was voided."

    @property
    def decline(self) -> str:
        said = self._answer.get("last_payment_error") or {}
        return str(said.get("decline_code") or said.get("code") or "")

    @property
    def single(self) -> bool:
        card = (self._charge.get("payment_method_details") or {}).get("card") or {}
        return (card.get("multicapture") or {}).get("status") != "available"

    def holds(self, amount: Money) -> bool:
        return self.status == "requires_capture" and self.currency == amount.currency and self.capturable >= amount

    def lasts(self, since: datetime | None = None) -> timedelta:
        """How long it may be captured, from when it was given or from `since`."""
        card = (self._charge.get("payment_method_details") or {}).get("card") or {}
        given = datetime.fromtimestamp(self._charge.get("created") or self._answer["created"], UTC)
        ends = datetime.fromtimestamp(card["capture_before"], UTC) if card.get("capture_before") else given + USUAL
        return ends - (since or given)

    def capture_of(self, key: str) -> Captured | None:
        """What was captured under our key, or that it never will be."""
        note = self._metadata.get(capture_note(key), "")
        words = note.split(" ")
        cancelled = words[0] == "cancelled"
        minor = next((word for word in words[:2] if word.isdecimal()), "0")
        return Captured(Money(minor=int(minor), currency=self.currency), cancelled) if note else None


@dataclass(frozen=True)
class Refunded:
    """A refund; one that failed or was cancelled gave nothing back."""

    id: str
    key: str
    capture: str
    amount: Money
    status: str
    failure: str

    @property
    def stands(self) -> bool:
        return self.status not in ("failed", "canceled")

    @property
    def verdict(self) -> Approved | Declined:
        if self.stands:
            return Approved(reference=self.id)
        return Declined(reason=f"The refund came back: {self.failure.replace('_', ' ') or self.status}.")


class Intents:
    """Looking at Stripe without changing anything."""

    def __init__(self, wire: Wire, clock: Callable[[], datetime]) -> None:
        self._wire, self._clock = wire, clock

    async def named(self, name: str, kind: str) -> Intent:
        """Raises NotFound: Stripe knows none of this name."""
        try:
            return Intent(await self._wire.call(lambda client: client.v1.payment_intents.retrieve(name, {"expand": ["latest_charge"]})))
        except StripeRefused as refused:
            if refused.code == "resource_missing":
                raise NotFound(kind, name) from None
            raise

    async def made_under(self, key: str) -> Intent | None:
        """The intent of our key: searched for among the older ones, and looked up among the newest."""
        found = await self._search(KEY, key)
        if not found:
            since = int((self._clock() - NOT_SEARCHABLE_YET).timestamp())

            def newest(client: Any) -> list[str]:
                listed = client.v1.payment_intents.list({"created": {"gte": since}, "limit": PAGE})
                return [intent.id for intent in map(Intent, listed.auto_paging_iter()) if intent.key == key]

            found = await self._wire.call(newest)
        intents = [await self.named(name, "authorization") for name in found]
        return next((intent for intent in intents if not intent.over), intents[0] if intents else None)

    async def of_order(self, order: str) -> list[Intent]:
        return [await self.named(name, "authorization") for name in await self._search(ORDER, order)]

    async def _search(self, name: str, value: str) -> list[str]:
        said = value.replace("\\", "\\\\").replace("'", "\\'")
        query = f"metadata['{name}']:'{said}'"

        def search(client: Any) -> list[str]:
            return [intent.id for intent in client.v1.payment_intents.search({"query": query, "limit": PAGE}).auto_paging_iter()]

        return await self._wire.call(search)

    async def refunds(self, intent: str) -> list[Refunded]:
        """Every refund of an intent, whoever made it."""

        def listed(client: Any) -> list[Refunded]:
            return [refunded(each) for each in client.v1.refunds.list({"payment_intent": intent, "limit": PAGE}).auto_paging_iter()]

        return await self._wire.call(listed)

    async def left(self, intent: str) -> int:
        """Minor units of an intent's charge that could still be given back."""
        found = await self.named(intent, "payment")
        return found.left.minor


def refunded(answer: Any) -> Refunded:
    said = answer.to_dict() if hasattr(answer, "to_dict") else dict(answer)
    metadata = said.get("metadata") or {}
    return Refunded(
        id=said["id"],
        key=metadata.get(KEY, ""),
        capture=metadata.get(CAPTURE, ""),
        amount=from_stripe(said["amount"], said["currency"]),
        status=said.get("status") or "",
        failure=said.get("failure_reason") or "",
    )
