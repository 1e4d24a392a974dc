"""What a partner is told of an order and its shipments is what the order is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.edi_answers import answers
from domain.edi_building import buyer, order_answer, ship_notice
from domain.edi_documents import Party
from domain.errors import Refused
from domain.messages import LineQuantity, Parcel
from domain.order import Address, PaymentTerms, PlaceOrder, ShippingPolicy
from domain.sscc import SsccSeries
from domain.views import LineView, OrderView, PromiseView, ShipmentView
from tests.domain.builders import NOON, euro, line, order

HOME = Address(name="Acme Store 4", street="Ring 1", city="Berlin", postcode="10115", country="DE")
PLACED = order(
    line(1, quantity=10), line(2, quantity=10), line(3, quantity=5), customer="x12:ACME-1", po_number="PO-1", ship_to=HOME,
    requested_at=NOON + timedelta(days=3),
)  # fmt: skip
SELLER, WAREHOUSE = Party(name="Holdfast Supply"), Party(id="NORD")
SOON, LATER = NOON + timedelta(days=2), NOON + timedelta(days=20)


def line_view(number: int, ordered: int, price: str = "10.00", **buckets: int) -> LineView:
    empty = dict.fromkeys(("cancelled", "open", "allocated", "picked", "packed", "shipped", "delivered", "returned"), 0)
    said: dict[str, Any] = {"number": number, "item": f"ITEM-{number}", "description": f"Item {number}", "ordered": ordered}
    return LineView.model_validate(said | {"unit_price": price} | empty | buckets)


def promise(number: int, at: datetime, entry: int = 1, status: str = "made") -> PromiseView:
    return PromiseView(
        line=number, number=entry, status=status, promised_at=at, told_at=at, ready_at=at, supply="stock", cause="stock", made_at=NOON
    )


def view(placed: PlaceOrder, *lines: LineView, **changes: Any) -> OrderView:
    fields: dict[str, Any] = {
        "order": placed.key, "customer": "C-1", "customer_name": "Acme", "po_number": placed.po_number, "currency": "EUR",
        "terms": PaymentTerms.NET_30, "policy": ShippingPolicy.PARTIAL, "placed_at": NOON, "accepted": True, "held": "", "outcome": "",
        "reason": "", "total": euro(0), "findings": (), "lines": lines, "shipments": (), "invoices": (), "payments": (), "credits": (),
        "returns": (), "exceptions": (), "waits": (),
    }  # fmt: skip
    return OrderView(**fields | changes)


LIVING = view(
    PLACED,
    line_view(1, 10, allocated=4, shipped=6),
    line_view(2, 10, open=3, allocated=6, cancelled=1),
    line_view(3, 5, price="9.50", packed=5),
    promises=(promise(1, SOON), promise(2, SOON), promise(2, LATER, 2, "moved"), promise(3, SOON), promise(3, LATER, 2, "broken")),
)


def test_an_answer_says_of_every_line_what_is_there_what_comes_later_and_what_does_not_come() -> None:
    answer = order_answer(PLACED, LIVING, "web/1001/answer/1", NOON, SELLER)
    assert (answer.po_number, answer.po_date, answer.buyer.id) == ("PO-1", date(2026, 3, 1), "ACME-1")
    said = [[(one.status.value, one.quantity, one.date) for one in answers(each)] for each in answer.lines]
    assert said == [
        [("IA", 10, SOON)],
        [("IQ", 6, None), ("IB", 3, LATER), ("IR", 1, None)],
        [("IC", 5, LATER), ("IP", None, None), ("DR", None, None)],
    ]
    assert [(each.ordered_price, each.price) for each in answer.lines][2] == (Decimal("10.00"), Decimal("9.50"))


def test_a_backorder_whose_promise_is_broken_has_no_date() -> None:
    waiting = LIVING.model_copy(update={"lines": (line_view(3, 5, open=5),)})
    said = answers(order_answer(PLACED, waiting, "web/1001/answer/1", NOON, SELLER).lines[2])
    assert [(one.status.value, one.quantity, one.date) for one in said] == [("IB", 5, None)]


def test_an_order_that_ended_accepts_what_left_and_nothing_more() -> None:
    ended = LIVING.model_copy(update={"outcome": "cancelled", "lines": (line_view(1, 10, open=4, shipped=6),)})
    answer = order_answer(PLACED, ended, "web/1001/answer/2", NOON, SELLER)
    assert [(each.accepted, each.backordered, each.rejected) for each in answer.lines] == [(6, 0, 4), (0, 0, 10), (0, 0, 5)]


def test_a_notice_has_every_parcel_under_its_sscc() -> None:
    sscc = SsccSeries(extension=3, company_prefix="4012345").number(7)
    parcels = (
        Parcel(number=1, weight_g=1200, contents=(LineQuantity(line=1, quantity=4), LineQuantity(line=2, quantity=1)), sscc=sscc),
        Parcel(number=2, weight_g=300, contents=(LineQuantity(line=1, quantity=2), LineQuantity(line=2, quantity=0))),
    )
    shipment = ShipmentView(
        number=1, location="NORD", status="shipped", picks=(), parcels=parcels, carrier="UPSN", tracking="1Z9", shipped_at=NOON
    )
    notice = ship_notice(PLACED, LIVING, shipment, WAREHOUSE, reference="web/1001/1", expected_at=SOON)
    assert (notice.number, notice.tracking, notice.expected_at, notice.ship_to.name) == ("web/1001/1", "1Z9", SOON, "Acme Store 4")
    assert [
        (carton.sscc, carton.weight_g, [(each.item, each.quantity, each.ordered) for each in carton.lines]) for carton in notice.cartons
    ] == [
        (sscc, 1200, [("ITEM-1", 4, 10), ("ITEM-2", 1, 10)]),
        ("", 300, [("ITEM-1", 2, 10)]),
    ]


def test_what_has_not_left_is_not_announced() -> None:
    packed = ShipmentView(number=2, location="NORD", status="packed", picks=())
    with pytest.raises(Refused, match="Shipment 2 of order web/1001 has not left: there is nothing to announce"):
        ship_notice(PLACED, LIVING, packed, WAREHOUSE, reference="web/1001/2")


def test_the_buyer_is_named_as_the_partner_names_itself() -> None:
    assert [buyer(order(customer=name)).id for name in ("x12:ACME-1", "edifact:4012345000016", "C-1")] == ["ACME-1", "4012345000016", "C-1"]
