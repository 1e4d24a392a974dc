"""What the demonstration shows of stock is what the rows say, and what did not happen is not shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from database import orders, purchasing, supply
from database.engine import Database
from database.tables import BackorderWin, ExceptionRow, Promise, Shipment
from domain.exceptions import WITHDRAWN, Decision, ExceptionKind
from domain.purchasing import MoveSupply, PlacePurchase, PurchaseLine
from domain.steps import AcceptOrder
from starters.stock_demo import Shown, look
from tests.fresh import furnished
from tests.starters.orders import NOON, grinder_order

DAY = timedelta(days=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    furnished(url)
    opened = Database(url)
    for number in ("7001", "7002"):
        placed = grinder_order(number)
        accept = AcceptOrder(order=placed.key, key=f"{placed.key}/accept", at=NOON, placed=placed, price_tolerance=Decimal(9), waived=True)
        opened.run(orders.accept_order, accept)
    yield opened
    asyncio.run(opened.close())


def left(order: str, shipment: int, location: str) -> Shipment:
    return Shipment(order=order, shipment=shipment, location=location, attempt=f"a{shipment}", status="shipped", shipped_at=NOON + 2 * DAY)


def shown(database: Database) -> list[Shown]:
    return list(database.run(look, DAY))


def test_what_did_not_happen_is_not_said(database: Database) -> None:
    assert [each.what for each in shown(database)] == [
        "A split shipment",
        "A backorder filled by a receipt",
        "A short pick taken from elsewhere",
        "A purchase order that slipped",
    ]
    assert [each.said for each in shown(database)] == ["", "", "", ""]


def test_a_split_is_no_short_pick_and_each_has_its_own_order(database: Database) -> None:
    def happened(session: Session) -> None:
        session.add_all(left(order, n, place) for order in ("manual/7001", "manual/7002") for n, place in ((1, "BERLIN"), (2, "LYON")))
        decision = Decision(choice="reallocate", by="order_desk", at=NOON).model_dump_json()
        about = {"subject": "shipment 1", "detail": "BERLIN did not find 1 of line 1 (GRD-200).", "opened_at": NOON, "due_at": NOON}
        session.add(ExceptionRow(order="manual/7001", number=1, kind=ExceptionKind.SHORT_PICK.value, decision=decision, **about))
        late = Decision(choice=WITHDRAWN, by="holdfast", at=NOON).model_dump_json()
        session.add(ExceptionRow(order="manual/7002", number=1, kind=ExceptionKind.PICK_OVERDUE.value, decision=late, **about))
        session.add(BackorderWin(order="manual/7002", units='{"GRD-200": 2}', complete=True, cause="receipt GR-1", won_at=NOON))

    database.run(happened)
    split, filled, resourced, _ = shown(database)
    assert (split.said, split.command) == ("manual/7002 left in 2 shipments, from BERLIN and LYON", "oms why-here manual/7002")
    assert filled.said == "2 x GRD-200 of receipt GR-1 went to manual/7002 along the queue, and left 2 days later"
    assert resourced.said == "manual/7001: BERLIN did not find 1 of line 1 (GRD-200); it left from BERLIN and LYON"


def test_a_late_purchase_order_is_shown_with_the_promise_that_hung_on_it(database: Database) -> None:
    line = PurchaseLine(line=1, item="GRD-200", ordered=5, expected_at=NOON + 10 * DAY)
    bought = PlacePurchase(purchase_order="PO-7", supplier="S-PARTS", location="BERLIN", lines=(line,), at=NOON, actor="buyer")
    database.run(purchasing.place_purchase, bought)
    late = MoveSupply(slip="s-1", purchase_order="PO-7", expected_at=NOON + 40 * DAY, at=NOON, actor="buyer")
    database.run(supply.move_supply, late)

    def promised(session: Session) -> None:
        days = {"promised_at": NOON, "told_at": NOON, "ready_at": NOON, "cause": "", "made_at": NOON, "supply": "purchase/PO-7/1"}
        for number, status in enumerate(("made", "moved", "kept"), 1):
            session.add(Promise(order="manual/7001", line=1, number=number, status=status, **days))

    database.run(promised)
    assert shown(database)[-1].said == (
        "purchase order PO-7 line 1 slipped by 30 days: the promise of manual/7001 line 1 moved, and it was kept"
    )
