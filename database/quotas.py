"""Channel quotas: set, dropped, shown. They change under the lock of the item, as every claim on its stock does."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from database.claims import quota_used, standing
from database.locks import items_locked, require
from database.tables import ChannelQuota, Item, Location, Reservation, SoftReservation
from domain.availability import EVERY_CHANNEL, Quota
from domain.errors import NotFound
from domain.quotas import QuotaView, SetQuota


def set_quota(session: Session, request: SetQuota) -> None:
    """Set or drop a channel's share; its quota counts from now, whatever was used of an earlier one. Raises NotFound, Refused."""
    items_locked(session, [request.item])
    if session.get(Item, request.item) is None:
        raise NotFound("item", request.item)
    if session.get(Location, request.location) is None:
        raise NotFound("location", request.location)
    require(
        request.channel != EVERY_CHANNEL or request.quota == 0,
        f"A quota belongs to one channel: for every channel ({EVERY_CHANNEL}) only units that are kept back can be set.",
    )
    place = (request.item, request.location, request.channel)
    if not request.kept_back and not request.quota:
        columns = (ChannelQuota.item, ChannelQuota.location, ChannelQuota.channel)
        session.execute(delete(ChannelQuota).where(*(column == value for column, value in zip(columns, place, strict=True))))
        return
    row = session.get(ChannelQuota, place) or ChannelQuota(item=request.item, location=request.location, channel=request.channel)
    row.kept_back, row.quota = request.kept_back, request.quota
    row.counts_after = session.scalar(select(func.coalesce(func.max(Reservation.id), 0))) or 0
    session.add(row)


def quota_stands(session: Session, share: SetQuota) -> bool:
    """Whether the channel has exactly this share already: setting it again would begin its quota anew."""
    row = session.get(ChannelQuota, (share.item, share.location, share.channel))
    return row is not None and (row.kept_back, row.quota) == (share.kept_back, share.quota)


def quotas(session: Session, at: datetime, item: str | None = None) -> list[QuotaView]:
    """Every channel's share, by item, location and channel, with what is left of its quota."""
    held = (
        select(func.coalesce(func.sum(SoftReservation.quantity), 0))
        .where(
            standing(at),
            SoftReservation.item == ChannelQuota.item,
            SoftReservation.location == ChannelQuota.location,
            SoftReservation.channel == ChannelQuota.channel,
        )
        .correlate(ChannelQuota)
        .scalar_subquery()
    )
    chosen = select(ChannelQuota, quota_used(), held).order_by(ChannelQuota.item, ChannelQuota.location, ChannelQuota.channel)
    if item is not None:
        chosen = chosen.where(ChannelQuota.item == item)
    found = []
    for row, used, holds in session.execute(chosen):
        share = Quota(channel=row.channel, kept_back=row.kept_back, quota=row.quota, used=int(used), held=int(holds))
        found.append(QuotaView(item=row.item, location=row.location, left=share.left, **share.model_dump()))
    return found
