"""Claims on stock: what others have set aside, what channels keep for themselves, and so what one owner may take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Session, aliased

from database.tables import ChannelQuota, Order, Reservation, SoftReservation, Stock
from database.tables.base import UtcTime
from domain.availability import Claims, Quota, kept_back_from, may_take, quotas_of_others

Place = tuple[str, str]
"""An item and a location."""


@dataclass(frozen=True)
class OwnRow:
    """A row of the owner's own soft reservation that still stands."""

    key: str
    number: int
    place: Place
    quantity: int


class ClaimsBook:
    """All claims on some items, read under their lock, as one owner who sells through one channel sees them."""

    def __init__(self, claims: Mapping[Place, Claims], own: Sequence[OwnRow]) -> None:
        self._claims, self.own = claims, own

    def on(self, place: Place) -> Claims:
        return self._claims.get(place, Claims())

    def may_take(self, stock: Iterable[Stock]) -> dict[Place, int]:
        """How many units the owner may take, by item and location, of these stock rows."""
        free: dict[Place, int] = {}
        for row in stock:
            free[row.item, row.location] = free.get((row.item, row.location), 0) + row.available
        return {place: may_take(units, self.on(place)) for place, units in free.items()}


def claims_on(session: Session, items: Iterable[str], channel: str, owners: Sequence[str], at: datetime) -> ClaimsBook:
    """The claims on these items at `at`, in one statement; the caller holds the items' locks."""
    soft: dict[Place, tuple[int, int]] = {}
    held: dict[tuple[Place, str], int] = {}
    mine: dict[Place, int] = {}
    own: list[OwnRow] = []
    quotas: dict[Place, dict[str, Quota]] = {}
    asked = {"items": sorted(set(items)), "owners": owners, "others_than": owners, "now": at}
    for row in session.execute(_everything(), asked):
        place = (row.item, row.location)
        if row.what == "soft":
            others, senior = soft.get(place, (0, 0))
            soft[place] = (others + row.units, senior + row.detail)
        elif row.what == "own":
            mine[place] = mine.get(place, 0) + row.units
            own.append(OwnRow(key=row.key, number=row.detail, place=place, quantity=row.units))
        else:
            quota = Quota(channel=row.channel, quota=row.units, kept_back=row.detail, used=row.used)
            quotas.setdefault(place, {})[row.channel] = quota
        if row.what in ("soft", "own"):
            held[place, row.channel] = held.get((place, row.channel), 0) + row.units
    for place, by_channel in quotas.items():
        for name, quota in by_channel.items():
            by_channel[name] = quota.model_copy(update={"held": held.get((place, name), 0)})
    claims = {
        place: Claims(
            own=mine.get(place, 0),
            others=soft.get(place, (0, 0))[0],
            senior=soft.get(place, (0, 0))[1],
            kept_back=kept_back_from(channel, quotas.get(place, {})),
            quotas_of_others=quotas_of_others(channel, quotas.get(place, {})),
        )
        for place in {*soft, *mine, *quotas}
    }
    return ClaimsBook(claims, sorted(own, key=lambda row: (row.key, row.number)))


def use_up(session: Session, book: ClaimsBook, taken: Mapping[Place, int], unmet: Iterable[str], at: datetime) -> None:
    """The owner took these units: its own soft reservations are used up where it took; of an item it lacks no more, the rest is released.

    Items in `unmet` are still wanted, so what is reserved of them elsewhere stands.
    """
    still_wanted, left = set(unmet), dict(taken)
    changes = []
    for row in book.own:
        used = min(row.quantity, left.get(row.place, 0))
        left[row.place] = left.get(row.place, 0) - used
        rest = row.quantity - used
        if used and not rest:
            changes.append({"of": row.key, "n": row.number, "rest": 0, "how": "used", "when": at})
        elif row.place[0] not in still_wanted:
            changes.append({"of": row.key, "n": row.number, "rest": rest, "how": "used" if used else "released", "when": at})
        elif used:
            changes.append({"of": row.key, "n": row.number, "rest": rest, "how": "", "when": None})
    if changes:
        session.execute(_ended, changes)


def standing(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Soft reservations that count at `at`, whether or not anybody has marked those whose time has come."""
    return and_(SoftReservation.ended == "", or_(SoftReservation.expires_at.is_(None), SoftReservation.expires_at > at))


def quota_used() -> ScalarSelect[int]:
    """For a row of `channel_quotas`: what its channel has allocated there since the quota was set, whether or not it shipped."""
    return (
        select(func.coalesce(func.sum(Reservation.quantity), 0))
        .join(Order, Order.order == Reservation.order)
        .where(
            Reservation.item == ChannelQuota.item,
            Reservation.location == ChannelQuota.location,
            Reservation.id > ChannelQuota.counts_after,
            Reservation.ended.in_(("", "shipped")),
            Order.channel == ChannelQuota.channel,
        )
        .correlate(ChannelQuota)
        .scalar_subquery()
    )


_ended = (
    update(SoftReservation.__table__)  # type: ignore[arg-type]  # a mapped class's table is a Table
    .where(SoftReservation.key == bindparam("of"), SoftReservation.number == bindparam("n"))
    .values(quantity=bindparam("rest"), ended=bindparam("how"), ended_at=bindparam("when"))
)


@cache
def _everything() -> CompoundSelect[Any]:
    """One row for the soft reservations of others by place and channel, for each own one, and for each channel's quota.

    It is asked with `items`, `owners`, the same as `others_than` (nobody is written otherwise after NOT IN than after IN), and `now`.
    """
    soft, quota, mine = SoftReservation, ChannelQuota, aliased(SoftReservation)
    items: BindParameter[Any] = bindparam("items", expanding=True)
    owners: BindParameter[Any] = bindparam("owners", expanding=True)
    at = bindparam("now", type_=UtcTime())
    since = (
        select(func.min(mine.made_at))
        .where(mine.item == soft.item, mine.owner.in_(owners), mine.ended == "", or_(mine.expires_at.is_(None), mine.expires_at > at))
        .correlate(soft)
        .scalar_subquery()
    )
    older = func.sum(case((soft.made_at < since, soft.quantity), else_=0))
    of_others = select(
        literal("soft", String).label("what"),
        soft.item,
        soft.location,
        soft.channel,
        literal("", String).label("key"),
        _whole(func.sum(soft.quantity)).label("units"),
        _whole(older).label("detail"),
        _whole(literal(0)).label("used"),
    )
    of_others = of_others.where(standing(at), soft.item.in_(items), soft.owner.not_in(bindparam("others_than", expanding=True)))
    own = select(
        literal("own", String), soft.item, soft.location, soft.channel, soft.key, soft.quantity, soft.number, _whole(literal(0))
    ).where(standing(at), soft.item.in_(items), soft.owner.in_(owners))
    kept = select(
        literal("quota", String),
        quota.item,
        quota.location,
        quota.channel,
        literal("", String),
        quota.quota,
        quota.kept_back,
        _whole(quota_used()),
    ).where(quota.item.in_(items))
    return union_all(of_others.group_by(soft.item, soft.location, soft.channel), own, kept)


def _whole(expression: ColumnElement[int]) -> ColumnElement[int]:
    return cast(expression, BigInteger)
