"""Dispatch: docks, labels as they came, manifests without gaps, and the carriers' words that we fetched ourselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from database.journal import insert_once
from database.locks import next_number
from database.tables import AuditEntry, Dock, LabelDocument, Location, Manifest, ManifestLine, ParcelRow, PulledEvent, Shipment
from domain.dispatch import CloseManifest, ManifestsClosed, ManifestView, News, UnderWay, UnderWayAfter, UnderWayFound
from domain.errors import NotFound
from domain.order import Address

LEFT = ("shipped", "delivered", "lost", "returned")


def dock(session: Session, location: str) -> tuple[Address, str] | None:
    """Where the location's parcels are fetched, and its telephone; None where nobody has said it."""
    row = session.get(Dock, location)
    return None if row is None else (Address.model_validate_json(row.address), row.phone)


# --- labels --------------------------------------------------------------------------------------------------------------------------


def keep_labels(session: Session, ship_key: str, order: str, shipment: int, files: Iterable[tuple[str, bytes]]) -> None:
    """Keep the labels that came with a purchase, as (format, content) in their order; a purchase has them once."""
    for number, (format_, content) in enumerate(files, 1):
        insert_once(
            session,
            LabelDocument,
            {"ship_key": ship_key, "number": number, "order": order, "shipment": shipment, "format": format_, "content": content},
        )


def labels(session: Session, order: str, shipment: int, format_: str) -> list[bytes]:
    """The carrier's own labels of the shipment as it stands: those of its last purchase."""
    chosen = (
        select(LabelDocument.content)
        .join(Shipment, LabelDocument.ship_key == Shipment.ship_key)
        .where(LabelDocument.order == order, LabelDocument.shipment == shipment, LabelDocument.format == format_, Shipment.ship_key != "")
    )
    return list(session.scalars(chosen.order_by(LabelDocument.number)))


# --- manifests -----------------------------------------------------------------------------------------------------------------------


def close_manifests(session: Session, request: CloseManifest) -> None:
    """Put what left and is on no manifest yet onto a new one for each carrier; nothing left means no manifest.

    The location is locked: of two that close at the same time, the second finds nothing.
    """
    if session.get(Location, request.location, with_for_update=True) is None:
        raise NotFound("location", request.location)
    chosen = (
        select(Shipment)
        .outerjoin(ManifestLine, ManifestLine.tracking == Shipment.tracking)
        .where(Shipment.location == request.location, Shipment.status.in_(LEFT), ManifestLine.tracking.is_(None))
        .order_by(Shipment.carrier, Shipment.order, Shipment.shipment)
    )
    if request.carrier:
        chosen = chosen.where(Shipment.carrier == request.carrier)
    by_carrier: dict[str, list[Shipment]] = {}
    for row in session.scalars(chosen):
        by_carrier.setdefault(row.carrier, []).append(row)
    for carrier, rows in by_carrier.items():
        number = next_number(session, "MF")
        session.execute(
            insert(Manifest),
            {
                "manifest": number,
                "document": f"MF-{number:06d}",
                "location": request.location,
                "carrier": carrier,
                "closed_at": request.at,
                "actor": request.actor,
                "reference": None,
            },
        )
        session.execute(insert(ManifestLine), _lines(session, number, rows))


def closed_by(session: Session, request: CloseManifest) -> ManifestsClosed:
    """What this closing made, and the last manifest of each carrier at the location."""
    here = [Manifest.location == request.location, *([Manifest.carrier == request.carrier] if request.carrier else [])]
    rows = list(session.scalars(select(Manifest).where(*here).order_by(Manifest.manifest)))
    last = {row.carrier: row for row in rows}
    return ManifestsClosed(
        closed=tuple(view(session, row) for row in rows if row.closed_at == request.at),
        last=tuple(view(session, row) for row in last.values()),
    )


def unanswered(session: Session, location: str) -> list[Manifest]:
    """Manifests whose carrier was not told yet, oldest first."""
    return list(
        session.scalars(select(Manifest).where(Manifest.location == location, Manifest.reference.is_(None)).order_by(Manifest.manifest))
    )


def answered(session: Session, document: str, reference: str) -> None:
    session.execute(update(Manifest).where(Manifest.document == document, Manifest.reference.is_(None)).values(reference=reference))


def manifest(session: Session, document: str) -> Manifest:
    found = session.scalars(select(Manifest).where(Manifest.document == document)).one_or_none()
    if found is None:
        raise NotFound("manifest", document)
    return found


def manifest_lines(session: Session, number: int) -> list[ManifestLine]:
    chosen = select(ManifestLine).where(ManifestLine.manifest == number)
    return list(session.scalars(chosen.order_by(ManifestLine.order, ManifestLine.shipment)))


def view(session: Session, row: Manifest) -> ManifestView:
    sums = select(func.count(), func.coalesce(func.sum(ManifestLine.parcels), 0)).where(ManifestLine.manifest == row.manifest)
    shipments, parcels = session.execute(sums).one()
    return ManifestView(
        document=row.document,
        location=row.location,
        carrier=row.carrier,
        closed_at=row.closed_at,
        reference=row.reference,
        shipments=shipments,
        parcels=parcels,
    )


def _lines(session: Session, number: int, rows: Sequence[Shipment]) -> list[dict[str, object]]:
    keys = [(row.order, row.shipment) for row in rows]
    sums = (
        select(ParcelRow.order, ParcelRow.shipment, func.count(), func.sum(ParcelRow.weight_g))
        .where(tuple_(ParcelRow.order, ParcelRow.shipment).in_(keys))
        .group_by(ParcelRow.order, ParcelRow.shipment)
    )
    parcels = {(order, shipment): (count, weight) for order, shipment, count, weight in session.execute(sums)}
    return [
        {
            "tracking": row.tracking,
            "manifest": number,
            "order": row.order,
            "shipment": row.shipment,
            "service": row.service,
            "parcels": parcels.get((row.order, row.shipment), (0, 0))[0],
            "weight_g": parcels.get((row.order, row.shipment), (0, 0))[1],
        }
        for row in rows
    ]


# --- tracking that is fetched --------------------------------------------------------------------------------------------------------


def under_way(session: Session, after: UnderWayAfter) -> UnderWayFound:
    """The next shipments that have left and not arrived."""
    chosen = (
        select(Shipment.order, Shipment.shipment, Shipment.carrier, Shipment.tracking)
        .where(Shipment.status == "shipped", tuple_(Shipment.order, Shipment.shipment) > (after.order, after.shipment))
        .order_by(Shipment.order, Shipment.shipment)
        .limit(after.most)
    )
    return UnderWayFound(
        shipments=tuple(
            UnderWay(order=order, shipment=shipment, carrier=carrier, tracking=tracking or "")
            for order, shipment, carrier, tracking in session.execute(chosen)
        )
    )


def keep_events(session: Session, news: Sequence[News]) -> list[News]:
    """Keep what was fetched, once; what the order was not told yet by us, nor by the carrier itself under the same id."""
    ids = [each.fact.message_id for each in news]
    known = set(session.scalars(select(AuditEntry.message_id).where(AuditEntry.message_id.in_(ids))))
    fresh = [each for each in news if each.fact.message_id not in known]
    for each in fresh:
        row = {"event": each.fact.message_id, "order": each.order, "shipment": each.fact.shipment}
        insert_once(session, PulledEvent, row | {"fact": each.fact.model_dump_json(), "told_at": None})
    told = select(PulledEvent.event).where(PulledEvent.event.in_(ids), PulledEvent.told_at.is_not(None))
    done = set(session.scalars(told))
    return [each for each in fresh if each.fact.message_id not in done]


def events_told(session: Session, events: Sequence[str], at: datetime) -> None:
    session.execute(update(PulledEvent).where(PulledEvent.event.in_(events), PulledEvent.told_at.is_(None)).values(told_at=at))
