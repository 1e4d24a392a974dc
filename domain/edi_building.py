"""Documents for partners from what an order is: its answer and the notices of its shipments."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from domain.edi_documents import Carton, LineAnswer, OrderAnswer, PackedLine, Party, ShipNotice
from domain.errors import Refused
from domain.order import OrderLine, PlaceOrder
from domain.views import LineView, OrderView, PromiseView, ShipmentView


def order_answer(placed: PlaceOrder, view: OrderView, number: str, at: datetime, seller: Party) -> OrderAnswer:
    """What becomes of every line as it was ordered: open units are on backorder, cancelled ones are not accepted. To be asked for when the
    order has sought its stock; before that everything is open.

    The price is the one that the order goes by. What the line was promised last is the date of its backorder where it has one, else of the
    line, also when it came later than that; a backorder whose promise is broken has no date until it is promised anew.
    """
    lines, promises = {line.number: line for line in view.lines}, _promises(view)
    return OrderAnswer(
        order=view.order,
        number=number,
        po_number=placed.po_number or placed.external_id,
        po_date=placed.placed_at.date(),
        at=at,
        currency=placed.currency,
        buyer=buyer(placed),
        seller=seller,
        ship_to=Party(name=placed.ship_to.name, address=placed.ship_to) if placed.ship_to else Party(),
        lines=tuple(
            _answered(placed, line, lines.get(line.number), promises.get(line.number), bool(view.outcome)) for line in placed.lines
        ),
    )


def _answered(placed: PlaceOrder, ordered: OrderLine, line: LineView | None, promise: PromiseView | None, over: bool) -> LineAnswer:
    waiting = line.open if line and not over else 0
    there = line.allocated + line.picked + line.packed + line.shipped if line else 0
    promised = promise.promised_at if promise and not (waiting and promise.status == "broken") else None
    price = Decimal(line.unit_price) if line and line.unit_price else ordered.unit_price
    return LineAnswer(
        line=ordered.number,
        item=ordered.item,
        description=ordered.description,
        ordered=ordered.quantity,
        accepted=min(there, ordered.quantity),
        backordered=min(waiting, max(ordered.quantity - there, 0)),
        ordered_price=price if ordered.to_price else ordered.unit_price,  # what was left to us differs from nothing
        price=price,
        requested_at=placed.requested_of(ordered.number),
        promised_at=None if waiting else promised,
        backorder_at=promised if waiting else None,
    )


def _promises(view: OrderView) -> dict[int, PromiseView]:
    """The last promise of every line."""
    last: dict[int, PromiseView] = {}
    for promise in sorted(view.promises, key=lambda one: one.number):
        last[promise.line] = promise
    return last


def ship_notice(
    placed: PlaceOrder, view: OrderView, shipment: ShipmentView, ship_from: Party, *, reference: str, expected_at: datetime | None = None
) -> ShipNotice:
    """The notice of a shipment that left; raises Refused for one that did not, or that nobody packed.

    `reference` is our name of the shipment, by which carriers and warehouses speak of it.
    """
    if shipment.shipped_at is None or not shipment.parcels:
        raise Refused(f"Shipment {shipment.number} of order {view.order} has not left: there is nothing to announce.")
    return ShipNotice(
        number=reference,
        order=view.order,
        po_number=placed.po_number or placed.external_id,
        po_date=placed.placed_at.date(),
        shipped_at=shipment.shipped_at,
        expected_at=expected_at,
        carrier=shipment.carrier,
        service=shipment.service,
        tracking=shipment.tracking,
        buyer=buyer(placed),
        ship_from=ship_from,
        ship_to=Party(name=placed.ship_to.name, address=placed.ship_to) if placed.ship_to else Party(),
        cartons=tuple(
            Carton(
                sscc=parcel.sscc,
                weight_g=parcel.weight_g,
                lines=tuple(_packed(placed, view, one.line, one.quantity) for one in parcel.contents if one.quantity),
            )
            for parcel in shipment.parcels
            if any(one.quantity for one in parcel.contents)
        ),
    )


def _packed(placed: PlaceOrder, view: OrderView, number: int, quantity: int) -> PackedLine:
    line = next(line for line in view.lines if line.number == number)
    asked = placed.numbered().get(number)
    return PackedLine(
        line=number,
        item=line.item,
        description=line.description,
        ordered=asked.quantity if asked else line.ordered,
        quantity=quantity,
    )


def buyer(placed: PlaceOrder) -> Party:
    """By the number under which the partner ordered, without the name of the syntax before it."""
    name = placed.bill_to.name if placed.bill_to else ""
    return Party(id=placed.customer.partition(":")[2] or placed.customer, name=name, address=placed.bill_to)
