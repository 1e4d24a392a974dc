"""What there is to pack: a shipment's goods with their measures, the cartons, the customer's rules, and the proposal made for them."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.locks import order_of, require, reservations_of, shipment_of
from database.tables import CartonRow, Item, ItemMeasures, Order, PackingProposal, PackingRulesRow, Reservation
from domain.errors import Refused
from domain.packing import Carton, Goods, GoodsClass, PackingRules, Proposal, ToPack

PACKABLE = ("planned", "released", "picked", "packed")


def to_pack(session: Session, order: str, shipment: int) -> ToPack:
    """The goods that the shipment holds now; raises Refused when there are none, or an item was never measured."""
    row = shipment_of(session, order, shipment)
    require(row.status in PACKABLE, f"Shipment {shipment} of {order} is {row.status}: there is nothing to pack.")
    kept = [each for each in reservations_of(session, order, shipment) if each.quantity]
    require(bool(kept), f"Shipment {shipment} of {order} holds no goods.")
    units: dict[tuple[int, str], int] = {}
    for each in kept:
        units[each.line, each.item] = units.get((each.line, each.item), 0) + each.quantity
    return ToPack(goods=_measured(session, units), cartons=cartons(session), rules=rules_of(session, order))


def cartons(session: Session) -> tuple[Carton, ...]:
    """The carton list, by name."""
    return tuple(
        Carton(
            carton=row.carton,
            description=row.description,
            size=(row.length_mm, row.width_mm, row.height_mm),
            tare_g=row.tare_g,
            max_weight_g=row.max_weight_g,
            cost=row.cost,
        )
        for row in session.scalars(select(CartonRow).order_by(CartonRow.carton))
    )


def rules_of(session: Session, order: str) -> PackingRules:
    """What the order's customer asks of every parcel."""
    chosen = select(PackingRulesRow.rules).join(Order, Order.customer == PackingRulesRow.customer).where(Order.order == order)
    stored = session.scalars(chosen).one_or_none()
    return PackingRules() if stored is None else PackingRules.model_validate_json(stored)


def fingerprint(task: ToPack) -> str:
    """Names the task: other goods, cartons or rules are another one."""
    return hashlib.sha256(task.model_dump_json().encode()).hexdigest()


def stored_proposal(session: Session, order: str, shipment: int, task: ToPack) -> Proposal | None:
    """The proposal that was made for exactly this task."""
    row = session.get(PackingProposal, (order, shipment))
    return Proposal.model_validate_json(row.proposal) if row is not None and row.fingerprint == fingerprint(task) else None


def keep_proposal(
    session: Session, order: str, shipment: int, task: ToPack, proposed: Proposal, at: datetime, anew: bool = False
) -> Proposal:
    """Store it, unless somebody was quicker: everybody who asks about the same goods sees the same parcels. `anew` replaces it."""
    order_of(session, order)
    known = stored_proposal(session, order, shipment, task)
    if known is not None and not anew:
        return known
    session.merge(
        PackingProposal(order=order, shipment=shipment, fingerprint=fingerprint(task), proposal=proposed.model_dump_json(), proposed_at=at)
    )
    session.flush()
    return proposed


def _measured(session: Session, units: dict[tuple[int, str], int]) -> tuple[Goods, ...]:
    items = {item for _, item in units}
    chosen = select(Item, ItemMeasures).outerjoin(ItemMeasures, ItemMeasures.item == Item.item).where(Item.item.in_(items))
    known = {item.item: (item, measures) for item, measures in session.execute(chosen)}
    unmeasured = sorted(item for item in items if item not in known or known[item][1] is None)
    if unmeasured:
        raise Refused(f"No parcels can be proposed: {', '.join(unmeasured)} has no dimensions in the catalogue (dims_mm).")
    return tuple(
        Goods(
            line=line,
            item=name,
            quantity=quantity,
            size=(measures.length_mm, measures.width_mm, measures.height_mm),
            weight_g=item.weight_g,
            goods_class=GoodsClass.of(measures.goods_class, item.hazardous),
            upright=measures.upright,
            as_is=measures.as_is,
        )
        for (line, name), quantity in sorted(units.items())
        for item, measures in [known[name]]
    )


def lines_of_items(kept: list[Reservation]) -> dict[str, dict[int, int]]:
    """Units by item and line, of what a shipment holds."""
    found: dict[str, dict[int, int]] = {}
    for row in sorted(kept, key=lambda row: (row.item, row.line)):
        if row.quantity:
            lines = found.setdefault(row.item, {})
            lines[row.line] = lines.get(row.line, 0) + row.quantity
    return found
