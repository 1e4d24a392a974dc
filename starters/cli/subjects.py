"""What a command is about: the order that was meant, and which of its shipments and returns fit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from domain.errors import InputRefused, NotFound, Refused
from starters.cli import frame

if TYPE_CHECKING:
    from database.engine import Database
    from domain.messages import InspectedLine, Parcel
    from domain.views import OrderView, ReturnView, ShipmentView


def view(order: str) -> OrderView:
    """The order as the database knows it; NotFound or Refused when it is unknown or meant by several."""

    async def read() -> OrderView:
        async with frame.database() as database:
            return await read_order(database, order)

    return frame.run(read())


async def read_order(database: Database, order: str) -> OrderView:
    """As `view`, in a database that is open."""
    from database import reading

    return await database.read(reading.order_view, await key_of(database, order))


async def key_of(database: Database, order: str) -> str:
    """`channel/external id` of what a person typed: the whole key, or an external id that only one channel uses."""
    from sqlalchemy import select

    from database.tables import Intake

    if "/" in order:
        return order
    found = await database.read(lambda session: list(session.scalars(select(Intake.order).where(Intake.external_id == order))))
    if not found:
        raise NotFound("order", order)
    if len(found) > 1:
        raise Refused(f"{order!r} may be any of {', '.join(found)}: name the channel too.")
    return found[0]


def shipments(order: OrderView, number: int | None, statuses: Sequence[str], purpose: str) -> list[ShipmentView]:
    """The shipment of that number, or all whose status fits; Refused when there is none, with what there is."""
    if number is not None:
        named = [each for each in order.shipments if each.number == number]
        if not named:
            raise Refused(f"Order {order.order} has no shipment {number}; it has {_listed([each.number for each in order.shipments])}.")
        return named
    found = [each for each in order.shipments if each.status in statuses]
    if not found:
        there = ", ".join(f"shipment {each.number} is {each.status}" for each in order.shipments) or f"the order is {order.stage.value}"
        raise Refused(f"Order {order.order} has nothing {purpose}: {there}.")
    return found


def borne_by(order: OrderView, number: str, shipment: int | None) -> int:
    """The shipment that bears a tracking number; Refused for a number that cannot be right, or that is on none of the order's shipments."""
    from domain.tracking_numbers import read_tracking_number

    carriers = {each.carrier for each in order.shipments if each.tracking and shipment in (None, each.number)}
    read = read_tracking_number(number, carriers.pop() if len(carriers) == 1 else "")
    found = [each.number for each in order.shipments if each.tracking == read.number and shipment in (None, each.number)]
    if not found:
        borne = ", ".join(f"shipment {each.number} bears {each.tracking}" for each in order.shipments if each.tracking) or "none has left"
        raise Refused(f"Order {order.order} has no shipment {read.number}: {borne}.")
    return found[0]


def proposed_parcels(order: str, shipment: int) -> tuple[Parcel, ...]:
    """The parcels that are proposed for a shipment, as they would be told to its order."""
    from domain.messages import LineQuantity, Parcel
    from domain.packing import Proposal
    from integrations.packing import SolverPacker
    from starters.parcelling import proposed

    async def ask() -> Proposal:
        async with frame.database() as database:
            return await proposed(database, SolverPacker(), order, shipment, datetime.now(UTC))

    return tuple(
        Parcel(
            number=parcel.number,
            weight_g=parcel.weight_g,
            contents=tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in parcel.contents.items()),
            carton=parcel.carton,
            size=parcel.size,
        )
        for parcel in frame.run(ask()).parcels
    )


def units(shipment: ShipmentView, stated: dict[int, int]) -> dict[int, int]:
    """Units of the shipment by line, those that were `stated` instead of what was asked for."""
    asked: dict[int, int] = {}
    for pick in shipment.picks:
        asked[pick.line] = asked.get(pick.line, 0) + pick.quantity
    for line in stated:
        if line not in asked:
            raise InputRefused("--line", f"line {line} is not in shipment {shipment.number}; it has lines {_listed(sorted(asked))}")
    return {line: stated.get(line, quantity) for line, quantity in asked.items()}


def returned(order: OrderView, rma: int | None, statuses: Sequence[str], purpose: str) -> ReturnView:
    """The return of that number, or the only one whose status fits."""
    if rma is not None:
        named = [each for each in order.returns if each.rma == rma]
        if not named:
            raise Refused(f"Order {order.order} has no return {rma}; it has {_listed([each.rma for each in order.returns])}.")
        return named[0]
    found = [each for each in order.returns if each.status in statuses]
    if not found:
        there = ", ".join(f"return {each.rma} is {each.status}" for each in order.returns) or "it has no return"
        raise Refused(f"Order {order.order} has no goods {purpose}: {there}.")
    if len(found) > 1:
        raise Refused(f"Order {order.order} has returns {_listed([each.rma for each in found])} {purpose}: name one with --rma.")
    return found[0]


def inspected(goods: ReturnView, disposition: str, parts: Sequence[str]) -> tuple[InspectedLine, ...]:
    """Every returned unit with its disposition: `LINE=UNITS:DISPOSITION` parts where there are any, one disposition for all otherwise."""
    from domain.messages import Disposition, InspectedLine

    if not parts:
        return tuple(
            InspectedLine(line=line, quantity=quantity, disposition=Disposition(disposition)) for line, quantity in goods.lines.items()
        )
    found = []
    for part in parts:
        units_of_line, _, named = part.partition(":")
        [(line, quantity)] = frame.units_by_line([units_of_line], "--line").items()
        if (named or disposition) not in list(Disposition):
            raise InputRefused("--line", f"{named!r} is not a disposition: {', '.join(Disposition)}")
        found.append(InspectedLine(line=line, quantity=quantity, disposition=Disposition(named or disposition)))
    return tuple(found)


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"
