"""Parcels: each has a number that no other parcel in the world has, and no number is missing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from database import shipments
from database.tables import LogisticUnit, ParcelRow
from domain.messages import LineQuantity, Parcel
from domain.order import PlaceOrder
from domain.sscc import SsccSeries
from domain.steps import ParcelsRecorded, RecordPacking
from tests.database.builders import House, line, order, step

OURS = SsccSeries(extension=3, company_prefix="4099876")
FOREIGN = SsccSeries(extension=0, company_prefix="4012345").number(77)


async def picked(house: House, external_id: str, quantity: int = 2) -> PlaceOrder:
    placed = order(external_id, line(1, "KETTLE", quantity))
    await house.accept(placed)
    await house.allocate(placed)
    await house.pick(placed, l1=quantity)
    return placed


def parcel(number: int = 1, quantity: int = 2, **more: Any) -> Parcel:
    return Parcel(number=number, weight_g=1_000, contents=(LineQuantity(line=1, quantity=quantity),), **more)


def packing(placed: PlaceOrder, *parcels: Parcel, attempt: int = 1) -> RecordPacking:
    return RecordPacking(**step(f"pack/{attempt}", placed.key), shipment=1, parcels=parcels)


async def pack(house: House, placed: PlaceOrder, *parcels: Parcel, attempt: int = 1) -> dict[int, str]:
    return (await house.once(packing(placed, *parcels, attempt=attempt), ParcelsRecorded, shipments.record_packing)).sscc


def forget_the_prefix(session: Session) -> None:
    session.execute(text("DELETE FROM sscc_series"))


def numbers(session: Session) -> list[tuple[str, int, str | None]]:
    return [(row.order, row.parcel, row.sscc) for row in session.scalars(select(ParcelRow).order_by(ParcelRow.order, ParcelRow.parcel))]


def units(session: Session) -> list[tuple[int, str]]:
    return [(row.serial, row.ended) for row in session.scalars(select(LogisticUnit).order_by(LogisticUnit.serial))]


async def test_booking_parcels_twice_numbers_them_once(house: House) -> None:
    placed = await picked(house, "1")
    first = await pack(house, placed, parcel(1, 1), parcel(2, 1))
    assert first == {1: OURS.number(1), 2: OURS.number(2)} == await pack(house, placed, parcel(1, 1), parcel(2, 1))
    assert await house(numbers) == [("shopify/1", 1, OURS.number(1)), ("shopify/1", 2, OURS.number(2))]


async def test_orders_that_are_packed_at_the_same_time_share_no_number_and_leave_no_gap(house: House) -> None:
    placed = [await picked(house, str(n), 1) for n in range(1, 9)]
    drawn = await asyncio.gather(*(pack(house, each, parcel(1, 1)) for each in placed))
    assert sorted(each[1] for each in drawn) == [OURS.number(serial) for serial in range(1, 9)]


async def test_a_packing_that_is_rolled_back_gives_its_number_back(house: House) -> None:
    placed = await picked(house, "1")

    def pack_and_fail(session: Session) -> None:
        shipments.record_packing(session, packing(placed, parcel()))
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="the power went"):
        await house(pack_and_fail)
    assert await pack(house, placed, parcel()) == {1: OURS.number(1)}


async def test_a_parcel_keeps_the_number_that_is_printed_on_it(house: House) -> None:
    placed = await picked(house, "1")
    assert await pack(house, placed, parcel(1, 1, sscc=FOREIGN), parcel(2, 1)) == {2: OURS.number(1)}
    assert await house(numbers) == [("shopify/1", 1, FOREIGN), ("shopify/1", 2, OURS.number(1))]


async def test_a_number_that_another_parcel_bears_is_replaced(house: House) -> None:
    await pack(house, await picked(house, "1"), parcel(sscc=FOREIGN))
    twice = await pack(house, await picked(house, "2"), parcel(1, 1, sscc=FOREIGN), parcel(2, 1, sscc=FOREIGN))
    assert twice == {1: OURS.number(1), 2: OURS.number(2)}


async def test_parcels_that_are_packed_anew_get_new_numbers_and_the_old_ones_are_used_up(house: House) -> None:
    placed = await picked(house, "1")
    await pack(house, placed, parcel(1, 1), parcel(2, 1))
    assert await pack(house, placed, parcel(1, 2), attempt=2) == {1: OURS.number(3)}
    assert await house(units) == [(1, "repacked"), (2, "repacked"), (3, "")]


async def test_a_house_without_a_company_prefix_packs_without_numbers(house: House) -> None:
    await house(forget_the_prefix)
    assert await pack(house, await picked(house, "1"), parcel()) == {}
    assert await house(numbers) == [("shopify/1", 1, None)]
    assert await house.audit() == []
