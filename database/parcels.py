"""Parcels: booked with their contents, each under a number that no other parcel in the world has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, delete, insert, select, update
from sqlalchemy.orm import Session

from database.tables import LogisticUnit, ParcelRow, SsccCounter
from domain.messages import Parcel
from domain.sscc import SsccSeries

SERIES = "parcels"
"""The one series that all parcels are numbered from."""


def keep_parcels(session: Session, order: str, shipment: int, parcels: Sequence[Parcel]) -> dict[int, str]:
    """Book these parcels instead of those that were booked before; the SSCCs that were drawn for them, by parcel.

    A parcel keeps the number that is printed on it. One without a number gets the next of ours; so does one that claims the number of
    another parcel: a label to be printed again is better than two parcels of one number. The caller holds the order's lock.
    """
    old = delete(ParcelRow).where(ParcelRow.order == order, ParcelRow.shipment == shipment)
    packed_anew = cast("CursorResult[Any]", session.execute(old)).rowcount > 0
    stated = _free(session, order, shipment, parcels)
    drawn = draw(session, order, shipment, [parcel.number for parcel in parcels if not stated.get(parcel.number)])
    numbered = [parcel.model_copy(update={"sscc": stated.get(parcel.number) or drawn.get(parcel.number, "")}) for parcel in parcels]
    if numbered:
        about = {"order": order, "shipment": shipment}
        rows = [
            about | {"parcel": p.number, "weight_g": p.weight_g, "contents": p.model_dump_json(), "sscc": p.sscc or None} for p in numbered
        ]
        session.execute(insert(ParcelRow), rows)
    if packed_anew or stated:
        retire(session, order, shipment, keep=[parcel.sscc for parcel in numbered])
    return drawn


def draw(session: Session, order: str, shipment: int, parcels: Sequence[int]) -> dict[int, str]:
    """The next SSCCs for these parcels, without gaps: given back when the transaction is. Nothing where the house has no series."""
    if not parcels:
        return {}
    taken = session.execute(
        update(SsccCounter)
        .where(SsccCounter.series == SERIES)
        .values(last=SsccCounter.last + len(parcels))
        .returning(SsccCounter.last, SsccCounter.extension, SsccCounter.company_prefix)
    ).one_or_none()
    if taken is None:
        return {}
    series = SsccSeries(extension=taken.extension, company_prefix=taken.company_prefix)
    serials = range(taken.last - len(parcels) + 1, taken.last + 1)
    drawn = {parcel: series.number(serial) for parcel, serial in zip(parcels, serials, strict=True)}
    about = {"order": order, "shipment": shipment, "ended": ""}
    session.execute(
        insert(LogisticUnit),
        [about | {"parcel": parcel, "serial": serial, "sscc": drawn[parcel]} for parcel, serial in zip(parcels, serials, strict=True)],
    )
    return drawn


def retire(session: Session, order: str, shipment: int, keep: Sequence[str]) -> None:
    """The numbers of parcels that were opened and packed anew are used up; they are never given out again."""
    session.execute(
        update(LogisticUnit)
        .where(LogisticUnit.order == order, LogisticUnit.shipment == shipment, LogisticUnit.sscc.not_in(keep), LogisticUnit.ended == "")
        .values(ended="repacked")
    )


def _free(session: Session, order: str, shipment: int, parcels: Sequence[Parcel]) -> dict[int, str]:
    """The stated numbers that are on no other parcel and, if they are ours, were drawn for this shipment."""
    stated: dict[str, int] = {}
    for parcel in parcels:
        if parcel.sscc:
            stated.setdefault(parcel.sscc, parcel.number)
    if not stated:
        return {}
    taken = set(session.scalars(select(ParcelRow.sscc).where(ParcelRow.sscc.in_(stated))))
    elsewhere = select(LogisticUnit.sscc).where(
        LogisticUnit.sscc.in_(stated), (LogisticUnit.order != order) | (LogisticUnit.shipment != shipment) | (LogisticUnit.ended != "")
    )
    taken |= set(session.scalars(elsewhere))
    return {number: sscc for sscc, number in stated.items() if sscc not in taken}
