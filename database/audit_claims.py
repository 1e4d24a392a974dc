"""The truths about claims on stock and about where goods come from, asked of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from database.tables import ChannelQuota, Shipment, SoftReservation, SourcingDecision
from domain.availability import EVERY_CHANNEL
from domain.sourcing.decision import Decision

Found = Iterator[tuple[str, str]]


def _a_soft_reservation_ended_as_it_says(session: Session) -> Found:
    """One that is used gave units to its owner; one that expired had a time, and it had come; one that stands has units."""
    soft = SoftReservation
    wrong = or_(
        and_(soft.ended == "used", soft.quantity == soft.asked),
        and_(soft.ended == "expired", or_(soft.expires_at.is_(None), soft.ended_at < soft.expires_at)),
        and_(soft.ended == "", soft.quantity == 0),
    )
    for row in session.scalars(select(soft).where(wrong)):
        yield f"soft reservation {row.key}", f"{row.ended or 'standing'} with {row.quantity} of {row.asked} {row.item} left"


def _a_quota_belongs_to_one_channel(session: Session) -> Found:
    for row in session.scalars(select(ChannelQuota).where(ChannelQuota.channel == EVERY_CHANNEL, ChannelQuota.quota > 0)):
        yield f"{row.item} at {row.location}", f"{row.quota} units are the quota of every channel"


def _goods_leave_from_where_it_was_decided(session: Session) -> Found:
    """The shipments of an allocation stand at the locations that its sourcing decision names."""
    stand: dict[str, set[str]] = {}
    for attempt, location in session.execute(select(Shipment.attempt, Shipment.location).distinct()):
        stand.setdefault(attempt, set()).add(location)
    for row in session.scalars(select(SourcingDecision).order_by(SourcingDecision.key)):
        decided = {part.location for part in Decision.model_validate_json(row.decision).parts}
        if decided != stand.get(row.key, set()):
            yield row.key, f"decided for {sorted(decided)}, its shipments stand at {sorted(stand.get(row.key, set()))}"


def _a_day_has_room_for_its_shipments(session: Session) -> Found:
    """On no day a location has more shipments than it took on a day when they were planned, whatever it takes now."""
    standing = Shipment.status != "cancelled"
    chosen = (
        select(Shipment.location, Shipment.ships_on, func.count(), func.max(Shipment.day_limit))
        .where(standing, Shipment.ships_on.is_not(None))
        .group_by(Shipment.location, Shipment.ships_on)
        .having(func.count() == func.count(Shipment.day_limit), func.count() > func.max(Shipment.day_limit))
    )
    for location, day, count, limit in session.execute(chosen):
        yield f"{location} on {day}", f"{count} shipments, it took {limit} a day when they were planned"


CLAIM_RULES: tuple[Callable[[Session], Found], ...] = (
    _a_soft_reservation_ended_as_it_says,
    _a_quota_belongs_to_one_channel,
    _goods_leave_from_where_it_was_decided,
    _a_day_has_room_for_its_shipments,
)
