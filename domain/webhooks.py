"""Webhooks out: what subscribers are told, when it is tried again, and which addresses may be told anything at all."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from domain.errors import InputRefused
from domain.order import Moment
from domain.values import Value

VERSION = 1
"""Of the payloads: fields are added under the same version, and never change their meaning."""


class EventType(StrEnum):
    """What a subscriber may be told."""

    ORDER_ACCEPTED = "order.accepted"  # it will be carried out
    ORDER_REJECTED = "order.rejected"  # it ended before it was accepted
    ORDER_CHANGED = "order.changed"  # lines were added, cut or cancelled
    ORDER_ALLOCATED = "order.allocated"  # stock is reserved for shipments
    ORDER_BACKORDERED = "order.backordered"  # units have no stock yet and wait
    ORDER_CANCELLED = "order.cancelled"  # it was wound up
    ORDER_CLOSED = "order.closed"  # everything is delivered and settled
    SHIPMENT_SHIPPED = "shipment.shipped"  # it left under a tracking number
    SHIPMENT_WITHDRAWN = "shipment.withdrawn"  # its label was void after all: it did not leave
    SHIPMENT_DELIVERED = "shipment.delivered"  # the carrier says so, or a person
    SHIPMENT_LOST = "shipment.lost"  # it will not be delivered: lost, or it came back
    INVOICE_ISSUED = "invoice.issued"  # and is owed from now on
    INVOICE_PAID = "invoice.paid"  # nothing of it is open any more
    INVOICE_REOPENED = "invoice.reopened"  # a payment of it was taken back
    INVOICE_CREDITED = "invoice.credited"  # by a credit note
    RETURN_AUTHORIZED = "return.authorized"  # the customer may send goods back
    RETURN_RECEIVED = "return.received"  # goods of it came
    RETURN_INSPECTED = "return.inspected"  # it is said what becomes of every unit
    RETURN_SETTLED = "return.settled"  # what it is worth was given back
    TEST = "webhook.test"  # asked for by `oms subscription test`; every subscription gets it


SUBSCRIBED = tuple(each for each in EventType if each is not EventType.TEST)


class LineUnits(Value):
    """Units of a line of the order."""

    line: int
    item: str
    quantity: int


class Amount(Value):
    """`minor` units of the currency: 1999 EUR is 19.99 euros."""

    minor: int
    currency: str


class EventData(Value):
    """What every event says, and what only some do; names, addresses and contacts never stand in it.

    `sequence` grows with every event of an order: the greater one is the later one, in whichever order they arrive.
    """

    id: str
    version: int = VERSION
    sequence: int
    order: str = ""
    channel: str = ""
    external_id: str = ""
    reason: str | None = None
    lines: tuple[LineUnits, ...] | None = None
    shipment: int | None = None
    location: str | None = None
    carrier: str | None = None
    service: str | None = None
    tracking: str | None = None
    invoice: str | None = None
    total: Amount | None = None
    balance: Amount | None = None
    due_at: Moment | None = None
    credit_note: str | None = None
    return_number: str | None = None
    outcome: str | None = None


class Event(Value):
    """The body of a webhook, as Standard Webhooks has it."""

    type: EventType
    timestamp: Moment
    data: EventData

    def body(self) -> str:
        """What is sent and signed, character for character the same at every attempt."""
        return self.model_dump_json(exclude_none=True)


def wanted_events(names: str) -> tuple[EventType, ...]:
    """`order.accepted,shipment.*` as types; `*` is all of them. Raises InputRefused for a name that is none."""
    found: set[EventType] = set()
    for name in (each.strip() for each in names.split(",") if each.strip()):
        prefix = name.removesuffix("*")
        matching = [each for each in SUBSCRIBED if each == name or (name.endswith("*") and each.startswith(prefix))]
        if not matching:
            raise InputRefused("events", f"{name!r:.60} is no event; they are {', '.join(SUBSCRIBED)}, or a beginning such as order.*")
        found |= set(matching)
    if not found:
        raise InputRefused("events", "name at least one, such as order.accepted,shipment.* or *")
    return tuple(each for each in SUBSCRIBED if each in found)


# --- patience ------------------------------------------------------------------------------------------------------------------------

SCHEDULE = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Pauses after the first attempt, the second, ... as the Standard Webhooks specification proposes them: ten attempts over three days."""

JITTER = 0.1
"""At most so much of a pause is added, so that what failed together does not come again together."""

LONGEST_WAIT = timedelta(hours=24)
"""However long a receiver asks us to wait (Retry-After)."""


def next_pause(delivery: str, attempts: int, asked: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many attempts; None when there is no further one. `asked` is what the receiver asked for."""
    if attempts > len(SCHEDULE):
        return None
    pause = SCHEDULE[max(attempts, 1) - 1]
    chance = int(hashlib.sha256(f"{delivery}/{attempts}".encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    return max(pause * (1 + JITTER * chance), min(asked, LONGEST_WAIT) if asked else timedelta())


# --- addresses -----------------------------------------------------------------------------------------------------------------------

LONGEST_URL = 1_000

_REFUSED_4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "192.0.0.0/24",  # for the internet's own protocols; a cloud answers its machines there
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # a cloud's own server, the same in every network of its customers
    )
)
"""Besides what Python counts as not global: private, loopback, link-local (with 169.254.169.254), shared (100.64.0.0/10), documentation."""

_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo and others that wrap another address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: wraps an IPv4 address
        "3fff::/20",  # documentation
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: str) -> bool:
    """Whether an address is one machine's in the internet, and in no network of ours, whichever way it is written.

    Of IPv6 only global unicast is taken (RFC 4291), without what wraps another address; behind NAT64 (RFC 6052) the wrapped one decides.
    """
    try:
        found: Ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found not in _NAT64:
            return found.scope_id is None and found in _UNICAST_6 and not any(found in network for network in _REFUSED_6)
        found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    special = found.is_multicast or found.is_reserved or found.is_unspecified or not found.is_global
    return not special and not any(found in network for network in _REFUSED_4)


def is_loopback(address: str) -> bool:
    """This machine itself."""
    try:
        found: Ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return found.is_loopback


class Endpoint(Value):
    """Where a subscriber listens."""

    url: str
    host: str
    port: int
    secure: bool


def read_endpoint(url: str, loopback: bool) -> Endpoint:
    """`https://host/path`, or http on this machine where `loopback` allows it. Raises InputRefused."""

    def refuse(reason: str) -> InputRefused:
        return InputRefused("url", reason)

    if len(url) > LONGEST_URL or not url.isascii() or any(each <= " " or each == "\x7f" or each == "\\" for each in url):
        raise refuse(f"it is no address of at most {LONGEST_URL} plain characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise refuse("it is no address such as https://shop.example/webhooks") from None
    if parts.username is not None or parts.password is not None:
        raise refuse("it holds a user or a password; the signature says who sends")
    if parts.fragment or "#" in url:
        raise refuse("what stands behind # is never sent")
    if not host or parts.scheme not in ("https", "http"):
        raise refuse("it is no address such as https://shop.example/webhooks")
    here = loopback and (host == "localhost" or is_loopback(host))
    if parts.scheme == "http" and not here:
        raise refuse("events are sent by https only")
    return Endpoint(url=url, host=host, port=port or (443 if parts.scheme == "https" else 80), secure=parts.scheme == "https")


# --- what is asked of the world ------------------------------------------------------------------------------------------------------


class Attempt(Value):
    """What became of sending: `taken`, `failed`, or `gone` (the receiver wants nothing any more); `asked` is how long it has us wait."""

    outcome: str
    answer: str  # in words
    asked: timedelta | None = None


class SendEvents(Value):
    """Send what a subscription has to be told by now."""

    subscription: str


class EventsSent(Value):
    """`next_at` is when there is something to send again; none when nothing is left or the subscription is paused."""

    sent: int = 0
    failed: int = 0
    next_at: Moment | None = None
    disabled: str = ""  # why the subscription was disabled by this round; somebody is told


class TellDisabled(Value):
    """Tell whoever a subscription names that it was disabled."""

    subscription: str
    reason: str
    at: Moment
