"""A warehouse of another company: what it reports as shipped (945) is what our shipment was picked and packed as."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import inbox
from database.inbox import PartResult
from database.tables import Item, OrderLine, Shipment
from domain.edi_documents import ShippedLine, WarehouseShipped
from domain.edi_partners import Partner
from domain.intake import MessageIn
from domain.messages import LineQuantity, Packed, Parcel, PickConfirmed
from starters.edi.references import shipment_of


def shipped_elsewhere(
    session: Session, number: int, place: str, report: WarehouseShipped, partner: Partner
) -> PartResult | Sequence[MessageIn]:
    """The facts for the order: what was picked, then in which parcels. A report about what is not the partner's to ship is refused."""
    about = PartResult(part=number, place=place, kind="warehouse report", status="refused")
    known = shipment_of(report.reference)
    if known is None:
        return about.model_copy(update={"reason": f"{report.reference!r:.60} is not a number of our shipments, such as acme/PO-1/1"})
    order, shipment = known
    row = session.get(Shipment, (order, shipment))
    if row is None:
        if not inbox.order_came(session, order):
            return about.model_copy(update={"order": order, "status": "parked", "reason": f"There is no order {order} yet."})
        return about.model_copy(update={"order": order, "reason": f"order {order} has no shipment {shipment}"})
    if not partner.location or row.location != partner.location:
        runs = f"runs {partner.location}" if partner.location else "runs no warehouse of ours"
        return about.model_copy(
            update={"order": order, "reason": f"shipment {report.reference} leaves {row.location}, and {partner.name} {runs}"}
        )
    lines = _numbered(session, order, report.lines)
    said = {"occurred_at": report.shipped_at, "actor": f"edi:{partner.name}", "shipment": shipment}
    picked = _by_line(lines)
    facts: list[MessageIn] = []
    pick = PickConfirmed.model_validate(said | {"message_id": f"945/{report.reference}/picked"[:200], "lines": picked})
    facts.append(MessageIn(place=place, order=order, message=pick))
    if parcels := _parcels(session, lines):
        packed = Packed.model_validate(said | {"message_id": f"945/{report.reference}/packed"[:200], "parcels": parcels})
        facts.append(MessageIn(place=place, order=order, message=packed))
    return facts


def _numbered(session: Session, order: str, lines: Sequence[ShippedLine]) -> list[ShippedLine]:
    """With the order's own line numbers: the report's where the item agrees, else the line that has the item."""
    ours = {row.line: row.item for row in session.scalars(select(OrderLine).where(OrderLine.order == order).order_by(OrderLine.line))}
    found = []
    for line in lines:
        fits = ours.get(line.line) == line.item
        by_item = next((number for number, item in ours.items() if item == line.item), line.line)
        found.append(line if fits else line.model_copy(update={"line": by_item}))
    return found


def _by_line(lines: Sequence[ShippedLine]) -> tuple[LineQuantity, ...]:
    units: dict[int, int] = {}
    for line in lines:
        units[line.line] = units.get(line.line, 0) + line.shipped
    return tuple(LineQuantity(line=number, quantity=quantity) for number, quantity in sorted(units.items()))


def _parcels(session: Session, lines: Sequence[ShippedLine]) -> tuple[Parcel, ...]:
    """One for each SSCC, what has none in one of its own; weighed by the catalogue, since a 945 weighs no carton."""
    weights = {row.item: row.weight_g for row in session.execute(select(Item.item, Item.weight_g))}
    cartons: dict[str, list[ShippedLine]] = {}
    for line in lines:
        if line.shipped:
            cartons.setdefault(line.sscc, []).append(line)
    return tuple(
        Parcel(
            number=n,
            weight_g=min(max(sum(weights.get(line.item, 0) * line.shipped for line in inside), 1), 10_000_000),
            contents=_by_line(inside),
            sscc=sscc,
        )
        for n, (sscc, inside) in enumerate(cartons.items(), 1)
    )
