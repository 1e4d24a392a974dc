"""The port `Carriers` on real accounts: an unknown outcome is looked up before it is repeated, whatever the carrier offers for it."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from domain.dispatch import LabelCall
from domain.errors import OrderError, Refused, Unavailable
from domain.messages import Parcel
from domain.order import Address
from integrations.karrio.accounts import Account, Party, Sold
from integrations.karrio.wire import Unknown
from integrations.ports import Label, Manifested, Quote, TrackingEvent

SETTLING = timedelta(seconds=60)
"""How long a call may still be on its way: longer than the activity that makes it may run."""

RETURN_PARCEL = Parcel(number=1, weight_g=1_000, contents=())
"""What a return is announced with: nobody has weighed it, and its carrier will."""


class CallBook(Protocol):
    """Our own record of label purchases, kept before and after each call."""

    async def ask(self, key: str, carrier: str, reference: str, at: datetime, settling: timedelta) -> LabelCall: ...

    async def bought(self, key: str, carrier: str, answer: str) -> None: ...

    async def forget(self, key: str) -> None: ...

    async def known(self, key: str) -> LabelCall | None: ...

    async def close(self, key: str, seen: LabelCall | None, at: datetime) -> bool: ...


class Answer(Label):
    """What is kept of a purchase: the label, and what voids it."""

    identifier: str


class KarrioCarriers:
    def __init__(
        self,
        accounts: Sequence[Account],
        book: CallBook,
        dock: Callable[[str], Awaitable[tuple[Address, str] | None]],
        now: Callable[[], datetime],
    ) -> None:
        self._accounts = {account.carrier: account for account in accounts}
        self._book, self._dock, self._now = book, dock, now

    async def quotes(self, origin: str, to: Address, parcels: tuple[Parcel, ...], currency: str) -> tuple[Quote, ...]:
        """Those in the currency that was asked for, else those in the one that most are in: prices are compared, never converted.

        A carrier that refuses or is silent leaves the others; when none is left, its word counts.
        """
        sender = await self._party(origin)
        answers = await asyncio.gather(
            *(asyncio.to_thread(account.quotes, sender, Party(to), parcels) for account in self._accounts.values()), return_exceptions=True
        )
        quotes: list[Quote] = []
        trouble: list[OrderError] = []
        for answer in answers:
            if isinstance(answer, OrderError):
                trouble.append(answer)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                quotes += answer
        if not quotes and trouble:
            raise next((each for each in trouble if isinstance(each, Unavailable)), Refused(" ".join(map(str, trouble))))
        currencies = Counter(quote.price.currency for quote in quotes)
        chosen = currency if currency in currencies else next((name for name, _ in currencies.most_common(1)), "")
        return tuple(
            sorted(
                (quote.model_copy(update={"origin": origin}) for quote in quotes if quote.price.currency == chosen),
                key=lambda quote: (quote.price.minor, quote.transit_days, quote.carrier),
            )
        )

    async def buy_label(self, key: str, order: str, shipment: int, quote: Quote, to: Address, parcels: tuple[Parcel, ...]) -> Label:
        if not parcels:
            raise Refused(f"A label needs a parcel; shipment {shipment} of {order} has none.")
        sender = await self._party(quote.origin)
        return await self._once(key, quote, lambda account, reference: account.buy(reference, quote.service, sender, Party(to), parcels))

    async def buy_return_label(self, key: str, order: str, rma: int, sender: Address, to: str) -> Label:
        """The cheapest way back, bought like any other label."""
        home = await self._party(to)
        quotes: list[Quote] = []
        for account in self._accounts.values():
            quotes += await asyncio.to_thread(account.quotes, Party(sender), home, [RETURN_PARCEL])
        if not quotes:
            raise Refused(f"No carrier brings return {rma} of {order} back from {sender.country}.")
        quote = min(quotes, key=lambda each: (each.price.minor, each.transit_days, each.carrier))
        return await self._once(
            key, quote, lambda account, reference: account.buy(reference, quote.service, Party(sender), home, [RETURN_PARCEL], back=True)
        )

    async def void(self, key: str) -> None:
        call = await self._book.known(key)
        if call is not None and call.state != "voided":  # else it never came this far: the door is closed for a late attempt
            sold = await self._outcome(call)
            if sold is not None:
                await asyncio.to_thread(self._account(call.carrier).void, sold)
        if call is not None and call.state == "voided":
            return
        if not await self._book.close(key, call, self._now()):
            raise Unavailable(f"The label {key!r} is just being bought; it is voided when that is known.")

    async def track(self, carrier: str, tracking: str) -> tuple[TrackingEvent, ...]:
        if carrier not in self._accounts:  # shipped with somebody else, before this
            return ()
        return tuple(await asyncio.to_thread(self._accounts[carrier].track, tracking))

    async def manifest(self, key: str, location: str, carrier: str, shipments: tuple[Manifested, ...]) -> str:
        """Neither UPS nor DHL Express takes a manifest by the interfaces that are used here: the paper is ours, for the driver to sign."""
        return ""

    async def _once(self, key: str, quote: Quote, buy: Callable[[Account, str], Sold]) -> Label:
        reference = reference_of(key)
        call = await self._book.ask(key, quote.carrier, reference, self._now(), SETTLING)
        if call.state == "voided":
            raise Refused(f"The label {key!r} was voided; it is not bought any more.")
        if call.state == "bought":
            return _label(Answer.model_validate_json(call.answer))
        if not call.fresh:
            sold = await self._outcome(call)
            if sold is not None:
                return await self._keep(key, call.carrier, quote, sold)
        try:
            sold = await asyncio.to_thread(buy, self._account(quote.carrier), reference)
        except Unknown:
            raise  # the next attempt looks it up
        except OrderError:
            await self._book.forget(key)
            raise
        return await self._keep(key, quote.carrier, quote, sold)

    async def _outcome(self, call: LabelCall) -> Sold | None:
        """What became of a purchase whose answer we may not have."""
        if call.state == "bought":
            answer = Answer.model_validate_json(call.answer)
            return Sold(identifier=answer.identifier, tracking=answer.tracking, files=answer.files)
        if call.on_its_way(self._now(), SETTLING):
            raise Unavailable(f"The label {call.key!r} may still be on its way to {call.carrier}; it is looked up in a minute.")
        return await asyncio.to_thread(self._account(call.carrier).lookup, call.reference)

    async def _keep(self, key: str, carrier: str, quote: Quote, sold: Sold) -> Label:
        answer = Answer(
            carrier=carrier,
            service=quote.service,
            tracking=sold.tracking,
            price=quote.price,
            files=sold.files,
            identifier=sold.identifier,
        )
        await self._book.bought(key, carrier, answer.model_dump_json())
        return _label(answer)

    def _account(self, carrier: str) -> Account:
        if carrier not in self._accounts:
            raise Refused(f"There is no account with {carrier}: see the OMS_* settings of the carriers.")
        return self._accounts[carrier]

    async def _party(self, location: str) -> Party:
        found = await self._dock(location)
        if found is None:
            raise Refused(f"Nobody has said where the parcels of {location} are fetched: its address is missing in the catalogue.")
        address, phone = found
        return Party(address, phone)


def reference_of(key: str) -> str:
    """What a carrier knows a purchase by: 26 characters, for UPS takes 35 and DHL 30."""
    return f"HF{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def _label(answer: Answer) -> Label:
    return Label(carrier=answer.carrier, service=answer.service, tracking=answer.tracking, price=answer.price, files=answer.files)
