"""Serial numbers: which unit went to whom, as it was scanned when it was picked."""

from __future__ import annotations

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from database.tables import Customer, Order, OrderLine, PickedSerial, PickRelease, Shipment
from domain.errors import NotFound
from domain.lots import SerialView


def of_unit(session: Session, serial: str, item: str = "") -> list[SerialView]:
    """Every shipment that a unit of this number was picked for, the latest first. Raises NotFound for a number that nobody scanned."""
    chosen = _picked().where(PickedSerial.serial == serial)
    if item:
        chosen = chosen.where(PickedSerial.item == item)
    found = _views(session, chosen)
    if not found:
        raise NotFound(f"serial number of {item}" if item else "serial number", serial)
    return found


def of_order(session: Session, order: str) -> list[SerialView]:
    """Every numbered unit that was picked for an order, the latest first. Raises NotFound for an unknown order."""
    if session.get(Order, order) is None:
        raise NotFound("order", order)
    return _views(session, _picked().where(PickedSerial.order == order))


# --- parts ---------------------------------------------------------------------------------------------------------------------------


def _picked() -> Select[PickedSerial, PickRelease, Shipment, int, str, str]:
    return (
        select(
            PickedSerial,
            PickRelease,
            Shipment,
            OrderLine.returned,
            func.coalesce(Order.customer, Order.stated_customer),
            func.coalesce(Customer.name, ""),
        )
        .join(PickRelease, PickRelease.key == PickedSerial.release)
        .join(Shipment, and_(Shipment.order == PickedSerial.order, Shipment.shipment == PickedSerial.shipment))
        .join(OrderLine, and_(OrderLine.order == PickedSerial.order, OrderLine.line == PickedSerial.line))
        .join(Order, Order.order == PickedSerial.order)
        .outerjoin(Customer, Customer.customer == Order.customer)
        .order_by(PickRelease.released_at.desc(), PickedSerial.item, PickedSerial.serial)
    )


def _views(session: Session, chosen: Select[PickedSerial, PickRelease, Shipment, int, str, str]) -> list[SerialView]:
    return [
        SerialView(
            item=unit.item,
            serial=unit.serial,
            lot=unit.lot,
            order=unit.order,
            shipment=unit.shipment,
            line=unit.line,
            customer=customer,
            customer_name=name,
            location=shipment.location,
            picked_at=release.confirmed_at,
            status=shipment.status,
            tracking=shipment.tracking or "",
            delivered_at=shipment.delivered_at,
            returned=returned,
        )
        for unit, release, shipment, returned, customer, name in session.execute(chosen).all()
    ]
