"""The audit of parcels: every number once and without gaps, nothing packed that was not picked, nothing fetched twice."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterator

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from database.parcels import SERIES
from database.tables import (
    LogisticUnit,
    Manifest,
    ManifestLine,
    PackingScan,
    PackingSession,
    ParcelRow,
    Reservation,
    Shipment,
    SsccCounter,
)
from domain.messages import Packed
from domain.sscc import is_sscc

Found = Iterator[tuple[str, str]]


def _no_sscc_is_missing(session: Session) -> Found:
    count, highest = session.execute(select(func.count(), func.coalesce(func.max(LogisticUnit.serial), 0))).one()
    last = session.scalars(select(SsccCounter.last).where(SsccCounter.series == SERIES)).one_or_none() or 0
    if not count == highest == last:
        yield "SSCC series", f"{count} numbers were given out, the highest is {highest}, the series stands at {last}"


def _an_sscc_is_on_the_parcel_it_was_drawn_for(session: Session) -> Found:
    for row in session.scalars(select(ParcelRow).where(ParcelRow.sscc.is_not(None))):
        if not is_sscc(row.sscc or ""):
            yield _parcel(row), f"{row.sscc} is not an SSCC"
    joined = LogisticUnit.sscc == ParcelRow.sscc
    elsewhere = (LogisticUnit.order != ParcelRow.order) | (LogisticUnit.shipment != ParcelRow.shipment) | (LogisticUnit.ended != "")
    for row in session.scalars(select(ParcelRow).join(LogisticUnit, joined).where(elsewhere)):
        yield _parcel(row), f"{row.sscc} was drawn for another parcel, or was given up"


def _nothing_is_packed_that_was_not_picked(session: Session) -> Found:
    """On the bench, as long as the order has not booked the packing."""
    newest = select(func.max(PackingSession.round)).where(
        PackingSession.order == PackingScan.order, PackingSession.shipment == PackingScan.shipment
    )
    scanned = (
        select(PackingScan.order, PackingScan.shipment, PackingScan.item, func.sum(PackingScan.quantity).label("units"))
        .join(Shipment, and_(Shipment.order == PackingScan.order, Shipment.shipment == PackingScan.shipment))
        .where(Shipment.status == "picked", PackingScan.round == newest.scalar_subquery())
        .group_by(PackingScan.order, PackingScan.shipment, PackingScan.item)
        .subquery()
    )
    kept = (
        select(Reservation.order, Reservation.shipment, Reservation.item, func.sum(Reservation.quantity).label("units"))
        .where(Reservation.ended == "")
        .group_by(Reservation.order, Reservation.shipment, Reservation.item)
        .subquery()
    )
    joined = and_(kept.c.order == scanned.c.order, kept.c.shipment == scanned.c.shipment, kept.c.item == scanned.c.item)
    there = func.coalesce(kept.c.units, 0)
    chosen = select(scanned.c.order, scanned.c.shipment, scanned.c.item, scanned.c.units, there).outerjoin(kept, joined)
    for order, shipment, item, units, picked in session.execute(chosen.where(scanned.c.units > there)):
        yield f"{order} shipment {shipment}", f"{units} of {item} are in parcels, {picked} were picked"


def _what_a_station_told_is_what_it_scanned(session: Session) -> Found:
    for row in session.scalars(select(PackingSession).where(PackingSession.fact.is_not(None))):
        fact = Packed.model_validate_json(row.fact or "")
        told = {parcel.number: sum(part.quantity for part in parcel.contents) for parcel in fact.parcels}
        here = (PackingScan.order == row.order, PackingScan.shipment == row.shipment, PackingScan.round == row.round)
        chosen = select(PackingScan.parcel, PackingScan.quantity).where(*here)
        scanned: Tally[int] = Tally()
        for parcel, quantity in session.execute(chosen):
            scanned[parcel] += quantity
        if dict(scanned) != told:
            yield f"{row.order} shipment {row.shipment}", f"told its order {told} units by parcel, scanned {dict(scanned)}"


def _a_manifest_is_of_one_dock_and_carrier(session: Session) -> Found:
    """As long as a shipment bears the number under which it was fetched: one that was taken back bears another, or none."""
    joined = (
        select(ManifestLine, Manifest, Shipment)
        .join(Manifest, Manifest.manifest == ManifestLine.manifest)
        .join(Shipment, Shipment.tracking == ManifestLine.tracking)
    )
    wrong = (Shipment.location != Manifest.location) | (Shipment.carrier != Manifest.carrier) | (Shipment.order != ManifestLine.order)
    for line, manifest, shipment in session.execute(joined.where(wrong)):
        yield f"{manifest.document} {line.tracking}", f"is shipment {shipment.shipment} of {shipment.order} with {shipment.carrier}"
    empty = select(Manifest.document).outerjoin(ManifestLine, ManifestLine.manifest == Manifest.manifest)
    for document in session.scalars(empty.where(ManifestLine.manifest.is_(None))):
        yield document, "lists no shipment"


PARCEL_RULES: tuple[Callable[[Session], Found], ...] = (
    _no_sscc_is_missing,
    _an_sscc_is_on_the_parcel_it_was_drawn_for,
    _nothing_is_packed_that_was_not_picked,
    _what_a_station_told_is_what_it_scanned,
    _a_manifest_is_of_one_dock_and_carrier,
)


def _parcel(row: ParcelRow) -> str:
    return f"{row.order} shipment {row.shipment} parcel {row.parcel}"
