"""Sales history from before: imported by day, item and location; the same file again changes nothing, newer figures replace older ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from database.tables import Item, Location, PastDemand
from domain.order import Moment
from domain.proposals import HistoryFinding, HistoryImported, HistoryRow

Key = tuple[str, str, date]


def import_history(session: Session, rows: Sequence[tuple[int, HistoryRow]], source: str, at: Moment) -> HistoryImported:
    """Store the rows (each with its place in the file); rows of one item, location and day add up. What is unknown is found."""
    items, locations = set(session.scalars(select(Item.item))), {"", *session.scalars(select(Location.location))}
    findings: list[HistoryFinding] = []
    days: dict[Key, HistoryRow] = {}
    for number, row in rows:
        if row.item not in items:
            findings.append(HistoryFinding(row=number, reason=f"there is no item {row.item!r}"))
        elif row.location not in locations:
            findings.append(HistoryFinding(row=number, reason=f"there is no location {row.location!r}"))
        else:
            key = (row.item, row.location, row.day)
            before = days.get(key)
            days[key] = row if before is None else _together(before, row)
    fresh: list[dict[str, object]] = []
    changed = 0
    known = _known(session, {item for item, _, _ in days})
    for key, row in sorted(days.items()):
        stands = known.get(key)
        if stands is None:
            fresh.append({**row.model_dump(), "source": source, "imported_at": at})
        elif (stands.quantity, stands.out_of_stock) != (row.quantity, row.out_of_stock):
            stands.quantity, stands.out_of_stock, stands.source, stands.imported_at = row.quantity, row.out_of_stock, source, at
            changed += 1
    session.flush()
    if fresh:
        session.execute(insert(PastDemand), fresh)
    unchanged = len(days) - len(fresh) - changed
    return HistoryImported(added=len(fresh), changed=changed, unchanged=unchanged, findings=tuple(findings))


def _together(one: HistoryRow, other: HistoryRow) -> HistoryRow:
    both = {"quantity": one.quantity + other.quantity, "out_of_stock": one.out_of_stock or other.out_of_stock}
    return one.model_copy(update=both)


def _known(session: Session, items: set[str]) -> dict[Key, PastDemand]:
    """What stands of these items, locked: two imports at once follow one another."""
    chosen = select(Item.item).where(Item.item.in_(items)).order_by(Item.item).with_for_update()
    session.execute(chosen)
    rows = session.scalars(select(PastDemand).where(PastDemand.item.in_(items)))
    return {(row.item, row.location, row.day): row for row in rows}
