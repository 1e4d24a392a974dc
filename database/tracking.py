"""Whose parcel it is: the shipment or the return that bears a tracking number."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import Return, Shipment
from domain.tracking_numbers import carrier_of
from domain.values import Value


class Borne(Value):
    """The order, and its shipment or its return: the other one is 0. A return's carrier is not kept."""

    order: str
    shipment: int = 0
    rma: int = 0
    carrier: str = ""


def bearer(session: Session, tracking: str) -> Borne | None:
    """Who bears the number; None while nobody does, and when its label was given back."""
    row = session.execute(select(Shipment.order, Shipment.shipment, Shipment.carrier).where(Shipment.tracking == tracking)).one_or_none()
    if row is not None:
        return Borne(order=row.order, shipment=row.shipment, carrier=row.carrier)
    chosen = select(Return.order, Return.rma).where(Return.tracking == tracking).order_by(Return.order, Return.rma).limit(1)
    announced = session.execute(chosen).one_or_none()
    return Borne(order=announced.order, rma=announced.rma) if announced is not None else None


def same_carrier(one: str, other: str) -> bool:
    """Whether two names mean one carrier: `norvik-post` and `Norvik Post` do. A carrier whose name was not kept may be anybody."""
    return not other or _plain(one) == _plain(other) or carrier_of(one) == carrier_of(other) != ""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
