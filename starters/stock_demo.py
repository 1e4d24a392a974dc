"""What the demonstration shows of stock: a split shipment, a backorder that a receipt filled, a short pick, a late purchase order."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import BackorderWin, ExceptionRow, Promise, Shipment, SupplySlip
from domain.exceptions import WITHDRAWN, Decision, ExceptionKind
from domain.purchasing import supply_in_words
from domain.values import Value


class Shown(Value):
    """Something that stock did: `said` in a sentence that names its order, empty when it did not happen; `command` shows it."""

    what: str
    said: str = ""
    command: str = ""


def look(session: Session, day: timedelta) -> tuple[Shown, ...]:
    """One example of each; `day` is how long a day of the demonstration lasts."""
    scenes: tuple[tuple[str, Callable[[Session, timedelta], tuple[str, str] | None]], ...] = (
        ("A split shipment", _split),
        ("A backorder filled by a receipt", _filled),
        ("A short pick taken from elsewhere", _resourced),
        ("A purchase order that slipped", _slipped),
    )
    return tuple(_shown(what, scene(session, day)) for what, scene in scenes)


def _shown(what: str, found: tuple[str, str] | None) -> Shown:
    return Shown(what=what) if found is None else Shown(what=what, said=found[0], command=found[1])


def _split(session: Session, _day: timedelta) -> tuple[str, str] | None:
    """The order that left from the most locations, none of its shipments because another one had failed."""
    left: dict[str, list[str]] = defaultdict(list)
    asked = {order for order, decision in session.execute(select(ExceptionRow.order, ExceptionRow.decision)) if not _withdrawn(decision)}
    for row in session.scalars(select(Shipment).where(Shipment.shipped_at.is_not(None)).order_by(Shipment.order, Shipment.shipment)):
        if row.order not in asked and row.location not in left[row.order]:
            left[row.order].append(row.location)
    order = max(sorted(left), key=lambda each: len(left[each]), default="")
    if not order or len(left[order]) < 2:
        return None
    return f"{order} left in {len(left[order])} shipments, from {' and '.join(left[order])}", f"oms why-here {order}"


def _withdrawn(decision: str | None) -> bool:
    """Nobody answered, for the question answered itself: what was late came."""
    return decision is not None and Decision.model_validate_json(decision).choice == WITHDRAWN


def _filled(session: Session, day: timedelta) -> tuple[str, str] | None:
    """The first order whose whole win came of a receipt and has left since."""
    came = BackorderWin.cause.startswith("receipt")
    for win in session.scalars(select(BackorderWin).where(BackorderWin.complete.is_(True), came).order_by(BackorderWin.win)):
        gone = select(Shipment.shipped_at).where(Shipment.order == win.order, Shipment.shipped_at >= win.won_at)
        shipped = session.scalars(gone.order_by(Shipment.shipped_at).limit(1)).one_or_none()
        if shipped is not None:
            units = ", ".join(f"{count} x {item}" for item, count in sorted(json.loads(win.units).items()))
            after = _days(shipped - win.won_at, day)
            return f"{units} of {win.cause} went to {win.order} along the queue, and left {after} later", f"oms show {win.order} --trail"
    return None


def _resourced(session: Session, _day: timedelta) -> tuple[str, str] | None:
    short = select(ExceptionRow).where(ExceptionRow.kind == ExceptionKind.SHORT_PICK.value, ExceptionRow.decision.is_not(None))
    for row in session.scalars(short.order_by(ExceptionRow.order, ExceptionRow.number)):
        gone = select(Shipment.location).where(Shipment.order == row.order, Shipment.shipped_at.is_not(None))
        places = list(dict.fromkeys(session.scalars(gone.order_by(Shipment.shipment))))
        if row.decision and Decision.model_validate_json(row.decision).choice == "reallocate" and len(places) > 1:
            return f"{row.order}: {row.detail.rstrip('.')}; it left from {' and '.join(places)}", f"oms why-here {row.order}"
    return None


def _slipped(session: Session, day: timedelta) -> tuple[str, str] | None:
    moved = select(SupplySlip).where(SupplySlip.was < SupplySlip.becomes).order_by(SupplySlip.id)
    for slip in session.scalars(moved):
        hanging = select(Promise.order, Promise.line).where(Promise.supply == slip.supply, Promise.status == "moved")
        for order, line in session.execute(hanging.order_by(Promise.order, Promise.line).limit(1)):
            end = select(Promise.status).where(Promise.order == order, Promise.line == line).order_by(Promise.number.desc()).limit(1)
            late = _days(slip.becomes - slip.was, day)
            became = {"kept": "it was kept", "broken": "it was broken in the end"}.get(session.scalars(end).one(), "it stands")
            said = f"{supply_in_words(slip.supply)} slipped by {late}: the promise of {order} line {line} moved, and {became}"
            return said, f"oms show {order}"
    return None


def _days(span: timedelta, day: timedelta) -> str:
    days = round(span / day)
    return "1 day" if days == 1 else f"{days} days"
