"""The ports: what Holdfast needs of a warehouse, a carrier, a payment gateway and the mail, whoever stands behind them.

Every call that changes something takes our idempotency `key`: asking twice with one key does it once and answers the same. Every port
raises `domain.errors.Unavailable` when the other side does not answer (the call is repeated later) and `domain.errors.Refused` for what
it will never do. An undo by key is safe whatever became of the attempt: unknown keys are remembered, so that a late attempt finds the
door closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, Protocol

from pydantic import ConfigDict

from domain.feedback import ShopCancellation, ShopShipment, StockAnswer, StockLevel, StockPlace
from domain.messages import CarrierStatus, Parcel
from domain.money import Money
from domain.order import Address, Moment
from domain.packing import Proposal, ToPack
from domain.steps import Pick
from domain.values import Value
from domain.webhooks import Attempt


class Quote(Value):
    carrier: str
    service: str
    price: Money
    transit_days: int
    origin: str = ""  # the location it was made for


class LabelFile(Value):
    """A label as the carrier gave it."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    format: Literal["pdf", "zpl"]
    content: bytes


class Label(Value):
    """`tracking` is the shipment's number; `files` are the carrier's own labels, none where ours are to be used."""

    carrier: str
    service: str
    tracking: str
    price: Money
    files: tuple[LabelFile, ...] = ()


class TrackingEvent(Value):
    """What a carrier saw; `event` is the same for the same thing seen, however often it is asked for."""

    event: str
    status: CarrierStatus
    occurred_at: Moment
    detail: str = ""
    expected_at: Moment | None = None


class Manifested(Value):
    """A shipment that a carrier is told it fetches."""

    order: str
    shipment: int
    tracking: str
    parcels: int
    weight_g: int


class Declined(Value):
    """The gateway said no, with its reason in words; `lapsed`: the authorization is given up or has expired, and pays nothing any more."""

    reason: str
    lapsed: bool = False


class Approved(Value):
    """Of an authorization: how long it may be captured, nothing where no end is named, and whether its first capture ends it."""

    reference: str  # the gateway's own id
    lasts: timedelta | None = None
    single: bool = False


class Warehouse(Protocol):
    async def release(self, key: str, order: str, shipment: int, location: str, picks: tuple[Pick, ...], due: Moment) -> str:
        """Ask the floor to pick and pack; answers with the warehouse's own number of the task."""

    async def cancel(self, key: str) -> None:
        """Forget the task released under `key`, if it is not packed yet."""


class Carriers(Protocol):
    async def quotes(self, origin: str, to: Address, parcels: tuple[Parcel, ...], currency: str) -> tuple[Quote, ...]:
        """All services that reach the address, cheapest first; none when nobody goes there."""

    async def buy_label(self, key: str, order: str, shipment: int, quote: Quote, to: Address, parcels: tuple[Parcel, ...]) -> Label: ...

    async def buy_return_label(self, key: str, order: str, rma: int, sender: Address, to: str) -> Label: ...

    async def void(self, key: str) -> None:
        """Void the label bought under `key`; a label not yet bought under it will never be."""

    async def track(self, carrier: str, tracking: str) -> tuple[TrackingEvent, ...]:
        """All that the carrier has seen of a shipment, oldest first; nothing for a number that it does not know (yet)."""

    async def manifest(self, key: str, location: str, carrier: str, shipments: tuple[Manifested, ...]) -> str:
        """Tell a carrier what it fetches at a location, once under `key`: its own number of it, empty where it wants no manifest."""


class Packer(Protocol):
    async def propose(self, task: ToPack) -> Proposal:
        """Parcels for a shipment, in the cheapest cartons it finds; raises Unpackable with all units that fit nowhere."""


class Payments(Protocol):
    """`authorization` is the gateway's own id of one, as `authorize` answered; an undo goes without it where no answer ever came."""

    async def authorize(self, key: str, order: str, amount: Money, reference: str, asked_at: Moment | None = None) -> Approved | Declined:
        """Reserve `amount`; `asked_at` is when `key` was first made, for a gateway that forgets keys after a while."""

    async def void(self, key: str, authorization: str = "") -> None:
        """Give up what is not captured of the authorization made under `key`."""

    async def capture(self, key: str, authorization: str, amount: Money) -> Approved | Declined: ...

    async def refund(self, key: str, payment: str, amount: Money, authorization: str = "") -> Approved | Declined:
        """Give money back on a capture (by its key, with its authorization) or, for any other payment, by bank transfer."""

    async def cancel_capture(self, key: str, authorization: str = "") -> None:
        """Give back whatever was captured under `key`; a capture that has not come yet finds its authorization voided, or is declined."""


class Attachment(Value):
    """A file that goes with a letter."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    name: str
    content: bytes
    type: str = "application/pdf"  # its media type


class Letter(Value):
    """`to` is our own id of the customer; `address` and `name` are where an e-mail goes and whom it greets."""

    to: str
    subject: str
    body: str
    address: str = ""
    name: str = ""
    language: str = ""  # ISO 639-1
    attachments: tuple[Attachment, ...] = ()


class Mail(Protocol):
    async def send(self, key: str, letter: Letter) -> None:
        """Send a letter once under `key`. Raises Refused for an address that no mail can go to."""

    async def sent(self, key: str) -> bool:
        """Has a letter gone out under `key`? Asked before an attempt whose answer was lost is given up."""


class Webhook(Value):
    """An event on its way: signed by the secret of `generation`, and by the one before where `old_digest` names it."""

    subscription: str
    url: str
    generation: int
    digest: str
    old_digest: str = ""
    message: str  # the webhook-id
    body: str


class Subscribers(Protocol):
    """Whoever wants to hear of our orders, at addresses of their own."""

    async def post(self, webhook: Webhook) -> Attempt:
        """Send one event. Raises Unavailable when it cannot be signed; whatever its receiver does is an answer."""


class Shopfront(Protocol):
    """A shop that is told what became of its orders. Each telling looks first at what the shop knows, so that it may be repeated.

    Raises Busy while the shop takes no more calls, Unavailable when it does not answer, Refused for what it will never take.
    """

    async def fulfil(self, shipment: ShopShipment) -> str:
        """Mark what left as shipped, under its tracking number: the shop's own reference of it."""

    async def withdraw(self, order: str, tracking: str) -> str:
        """What was told as shipped under a tracking number did not leave after all."""

    async def cancel(self, cancellation: ShopCancellation) -> str:
        """Give up units, or the order, with which the shop still reckons: its own reference, empty when it knew."""

    async def set_stock(self, key: str, levels: Sequence[StockLevel]) -> StockAnswer:
        """Have each level be the shop's; those that are already are left alone. Another change of the same levels has another `key`."""

    async def stock(self, places: Sequence[StockPlace]) -> tuple[int | None, ...]:
        """What the shop may sell at each place; none for what it does not sell there."""
