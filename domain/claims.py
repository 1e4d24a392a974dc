"""Claims: money that a carrier, a supplier or a customer owes us for goods; how long each gives us, and what may follow what."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from domain.money import Money
from domain.order import Moment
from domain.values import Value


class Against(StrEnum):
    CARRIER = "carrier"  # it lost the goods, or broke them
    SUPPLIER = "supplier"  # its goods go back to it
    CUSTOMER = "customer"  # they were refunded before we looked, and the goods were not worth it


class ClaimStatus(StrEnum):
    OPEN = "open"  # nobody has told the other side yet; by its due date somebody has to
    FILED = "filed"  # told; by its due date they have to answer
    ACCEPTED = "accepted"  # they will pay
    REFUSED = "refused"  # they will not, with their reason
    PAID = "paid"  # the money is here, perhaps not all of it


MAY_FOLLOW: dict[ClaimStatus, tuple[ClaimStatus, ...]] = {
    ClaimStatus.OPEN: (ClaimStatus.FILED, ClaimStatus.REFUSED),
    ClaimStatus.FILED: (ClaimStatus.ACCEPTED, ClaimStatus.REFUSED, ClaimStatus.PAID),
    ClaimStatus.ACCEPTED: (ClaimStatus.REFUSED, ClaimStatus.PAID),
    ClaimStatus.REFUSED: (ClaimStatus.FILED,),
    ClaimStatus.PAID: (),
}

FILE_WITHIN: dict[str, int] = {"ups": 60, "dhl express": 30, "dhl": 30, "fedex": 60, "dpd": 14, "gls": 14}
"""Days from the loss until which a carrier takes a claim, by its name in lower case. House knowledge: contracts say otherwise."""

SHORTEST = 14
"""Days for a carrier that is not listed, a supplier or a customer: the shortest of those, to be on the safe side."""

ANSWER_WITHIN = 30
"""Days that the other side has to answer before somebody asks again."""


def file_by(against: str, party: str, at: Moment, day: timedelta = timedelta(days=1)) -> Moment:
    """Until when a claim has to be filed."""
    days = FILE_WITHIN.get(party.lower(), SHORTEST) if against == Against.CARRIER else SHORTEST
    return at + days * day


class ClaimView(Value):
    claim: int
    against: str
    party: str
    order: str
    shipment: int
    rma: int
    reason: str
    amount: Money
    paid: Money
    status: str
    evidence: str
    reference: str
    note: str
    opened_at: Moment
    due_at: Moment | None
