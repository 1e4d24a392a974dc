"""How items are bought: from whom, how long it takes, what it costs, how often it may run out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from database.tables import Item, ItemPlanningRow, Location, Supplier
from domain.errors import NotFound
from domain.replenishment import ItemPlanning


def set_terms(session: Session, planning: ItemPlanning) -> None:
    """Plan an item for a location, or change how; the next run follows. Raises NotFound for what nobody knows."""
    known = (("item", Item, planning.item), ("location", Location, planning.location), ("supplier", Supplier, planning.supplier))
    for kind, table, name in known:
        if session.get(table, name) is None:
            raise NotFound(kind, name)
    session.merge(ItemPlanningRow(**planning.model_dump(mode="json")))
    session.flush()


def terms_of(session: Session, item: str = "") -> list[ItemPlanning]:
    """How every item is bought, or one, by item and location."""
    chosen = select(ItemPlanningRow).order_by(ItemPlanningRow.item, ItemPlanningRow.location)
    return list(_read(session.scalars(chosen.where(ItemPlanningRow.item == item) if item else chosen)))


def plannings(session: Session, keys: Sequence[tuple[str, str]]) -> list[ItemPlanning]:
    """How these items are bought for these locations, in their order; what is planned no more is left out."""
    table = ItemPlanningRow
    rows = session.scalars(select(table).where(tuple_(table.item, table.location).in_(keys))) if keys else ()
    known = {(planning.item, planning.location): planning for planning in _read(rows)}
    return [known[key] for key in keys if key in known]


def _read(rows: Iterable[ItemPlanningRow]) -> Iterable[ItemPlanning]:
    fields = ItemPlanning.model_fields
    return (ItemPlanning.model_validate({name: getattr(row, name) for name in fields}) for row in rows)
