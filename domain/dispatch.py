"""Dispatch: what is agreed with the carriers about shipments that have left, apart from the orders' own steps."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.messages import CarrierEvent
from domain.order import Moment
from domain.values import Value


class CloseManifest(Value):
    """End of day: everything that left `location` with `carrier` (with each carrier, when empty) and is on no manifest yet."""

    location: str
    carrier: str = ""
    at: Moment
    actor: str


class ManifestView(Value):
    """`reference` is the carrier's own number: None until it answered, empty when it wants no manifest."""

    document: str
    location: str
    carrier: str
    closed_at: Moment
    reference: str | None
    shipments: int
    parcels: int


class ManifestsClosed(Value):
    """The manifests that this closing made; none when nothing had left since the last one, which `last` names by carrier."""

    closed: tuple[ManifestView, ...] = ()
    last: tuple[ManifestView, ...] = ()


class UnderWay(Value):
    """A shipment that has left and has not arrived."""

    order: str
    shipment: int
    carrier: str
    tracking: str


class UnderWayAfter(Value):
    """Asks for the next shipments under way, in the order of their keys, after this one."""

    order: str = ""
    shipment: int = 0
    most: int = 10  # a carrier takes up to 30 s to say nothing, and the question has 45


class UnderWayFound(Value):
    shipments: tuple[UnderWay, ...] = ()


class PullTracking(Value):
    shipments: tuple[UnderWay, ...]


class News(Value):
    order: str
    fact: CarrierEvent


class TrackingPulled(Value):
    """What the orders do not know yet; `silent` names the shipments whose carrier did not answer: the next round asks again."""

    news: tuple[News, ...] = ()
    silent: tuple[str, ...] = ()


class NewsTold(Value):
    events: tuple[str, ...]
    at: Moment


class LabelCall(Value):
    """A label that was asked for under our key: `asked` (the outcome may be unknown), `bought` or `voided`."""

    key: str
    carrier: str
    reference: str
    state: str
    asked_at: Moment
    answer: str = ""  # what the carrier sold, as JSON
    fresh: bool = False  # asked for the first time just now

    def on_its_way(self, now: datetime, settling: timedelta) -> bool:
        """The call that asked may not have come to its end."""
        return self.state == "asked" and now - self.asked_at < settling
