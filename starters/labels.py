"""Labels and manifests, from what the database holds: the carrier's own label where it gave one, ours otherwise."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.records import seller_of
from database import dispatch, intake, packing_station, reading
from database.tables import Manifest, ParcelRow
from domain.errors import Refused
from domain.messages import Parcel
from domain.order import Address
from domain.views import ShipmentView
from integrations import documents
from integrations.documents.models import ManifestedShipment, ParcelLabel


def label_files(session: Session, order: str, shipment: int, format_: str, *, own: bool = False) -> list[bytes]:
    """The labels of a shipment's parcels as files of this format, `pdf` or `zpl`; several where the carrier gave several.

    Raises Refused for a shipment that has no parcels, and where the carrier gave another format: ours is no label it would carry.
    """
    theirs = [] if own else dispatch.labels(session, order, shipment, format_)
    if theirs:
        return theirs
    other = "zpl" if format_ == "pdf" else "pdf"
    if not own and dispatch.labels(session, order, shipment, other):
        raise Refused(
            f"The carrier gave the label of shipment {shipment} of {order} as {other} only: ask for --{other}, or for ours (--own)."
        )
    ours = parcel_labels(session, order, shipment)
    return [documents.parcel_labels(ours) if format_ == "pdf" else documents.parcel_labels_zpl(ours).encode()]


def parcel_labels(session: Session, order: str, shipment: int) -> list[ParcelLabel]:
    """Our own labels: of the booked parcels, or of those that lie open at the packing station."""
    view = reading.order_view(session, order)
    row = next((each for each in view.shipments if each.number == shipment), None)
    if row is None:
        raise Refused(f"Order {order} has no shipment {shipment}.")
    parcels = _booked(session, order, row) or _at_the_station(session, order, shipment)
    if not parcels:
        raise Refused(f"Shipment {shipment} of {order} has no parcels yet: label them when they are packed (`oms pack-scan`, `oms pack`).")
    placed = intake.document(session, order)
    ship_to = placed.ship_to or placed.bill_to
    if ship_to is None:
        raise Refused(f"Order {order} has no address, and its labels need one.")
    sender = _dock(session, row.location)
    return [
        ParcelLabel(
            sender=sender,
            ship_to=ship_to,
            order=order,
            po_number=view.po_number,
            shipment=shipment,
            parcel=number,
            parcels=len(parcels),
            weight_g=weight_g,
            sscc=sscc,
            carrier=row.carrier,
            service=row.service,
            tracking=row.tracking or "",
        )
        for number, weight_g, sscc in parcels
    ]


def manifest_pdf(session: Session, document: str) -> bytes:
    """The manifest that the driver signs."""
    found: Manifest = dispatch.manifest(session, document)
    lines = dispatch.manifest_lines(session, found.manifest)
    return documents.carrier_manifest(
        documents.CarrierManifest(
            seller=seller_of(session),
            number=found.document,
            location=found.location,
            address=_dock(session, found.location),
            carrier=found.carrier,
            closed_at=found.closed_at,
            reference=found.reference or "",
            shipments=tuple(
                ManifestedShipment(
                    order=line.order,
                    shipment=line.shipment,
                    service=line.service,
                    tracking=line.tracking,
                    sscc=_sscc(session, line.order, line.shipment),
                    parcels=line.parcels,
                    weight_g=line.weight_g,
                    town=_town(intake.ship_to(session, line.order)),
                )
                for line in lines
            ),
        )
    )


def _booked(session: Session, order: str, shipment: ShipmentView) -> list[tuple[int, int, str]]:
    chosen = select(ParcelRow).where(ParcelRow.order == order, ParcelRow.shipment == shipment.number).order_by(ParcelRow.parcel)
    return [(row.parcel, row.weight_g, row.sscc or "") for row in session.scalars(chosen)]


def _at_the_station(session: Session, order: str, shipment: int) -> list[tuple[int, int, str]]:
    parcels: tuple[Parcel, ...] = packing_station.open_parcels(session, order, shipment)
    return [(parcel.number, parcel.weight_g, parcel.sscc) for parcel in parcels]


def _dock(session: Session, location: str) -> Address:
    found = dispatch.dock(session, location)
    return found[0] if found else seller_of(session).address


def _sscc(session: Session, order: str, shipment: int) -> tuple[str, ...]:
    chosen = select(ParcelRow.sscc).where(ParcelRow.order == order, ParcelRow.shipment == shipment, ParcelRow.sscc.is_not(None))
    return tuple(number for number in session.scalars(chosen.order_by(ParcelRow.parcel)) if number)


def _town(address: Address | None) -> str:
    if address is None:
        return ""
    return f"{' '.join(part for part in (address.postcode, address.city) if part)}, {address.country}"
