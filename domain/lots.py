"""Lots: who may have which, and which goes first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from domain.order import Moment
from domain.values import Value


class LotOffer(Value):
    """Free units of a lot in one bin; `expires_on` is the last day of use, none: it keeps."""

    lot: str
    bin: str
    expires_on: date | None
    free: int
    blocked: str = ""

    def life(self, today: date) -> int | None:
        """Days that are left after today; less than none when it has expired, None when it keeps."""
        return None if self.expires_on is None else (self.expires_on - today).days

    def fits(self, today: date, min_life: int) -> bool:
        """Not blocked, not expired, and usable for at least `min_life` days more."""
        life = self.life(today)
        return not self.blocked and (life is None or life >= max(min_life, 0))


def first_expired_first_out(offers: Iterable[LotOffer], today: date, min_life: int) -> list[LotOffer]:
    """The lots that may be taken, in the order in which they are taken: what expires first goes first (FEFO), what keeps goes last."""
    return sorted((offer for offer in offers if offer.free > 0 and offer.fits(today, min_life)), key=goes_before)


def goes_before(offer: LotOffer) -> tuple[date, str, str]:
    """The place of a lot in the order in which lots are taken."""
    return offer.expires_on or date.max, offer.lot, offer.bin


class LotView(Value):
    """A lot in one bin."""

    item: str
    lot: str
    expires_on: date | None
    blocked: str
    location: str
    bin: str
    on_hand: int
    reserved: int


class Recalled(Value):
    """A shipment that holds units of a recalled lot."""

    order: str
    shipment: int
    customer: str
    customer_name: str
    units: int
    status: str
    carrier: str
    tracking: str
    shipped_at: Moment | None
    delivered_at: Moment | None
    returned: int
    serials: tuple[str, ...] = ()

    @property
    def delivered(self) -> bool:
        return self.delivered_at is not None


class SerialView(Value):
    """A unit that was picked under its serial number; `returned` is how many units of its line came back, whichever they were."""

    item: str
    serial: str
    lot: str
    order: str
    shipment: int
    line: int
    customer: str
    customer_name: str
    location: str
    picked_at: Moment | None
    status: str
    tracking: str
    delivered_at: Moment | None
    returned: int


class Recall(Value):
    """Everything that became of a lot: what left, what is kept for orders that have not left, and what lies where."""

    item: str
    description: str
    lot: str
    expires_on: date | None
    blocked: str
    shipped: tuple[Recalled, ...]
    on_its_way_out: tuple[Recalled, ...]
    in_stock: tuple[LotView, ...]
