"""The packing station's record: a scan counts once, wrong ones are refused, and a closed shipment's fact waits until its order was told.

Every function holds the order's lock, so that two packers of one shipment, and the order's own steps, come one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.locks import order_of, require, reservations_of, shipment_of
from database.packing import cartons, lines_of_items, rules_of
from database.parcels import draw, retire
from database.tables import Item, ItemMeasures, PackedParcel, PackingScan, PackingSession
from domain.errors import Conflict, NotFound, Refused
from domain.messages import Packed, Parcel
from domain.packing import Carton, GoodsClass, PackingRules
from domain.packing_station import Bench, Closing, OpenParcel, Scan, by_lines, check_scan, listed, packed_fact


def take_scan(session: Session, scan: Scan) -> Bench:
    """Put the units into the parcel; a parcel's first scan opens it and draws its SSCC. Raises Refused with what was expected."""
    order_of(session, scan.order)
    known = session.get(PackingScan, scan.scan)
    if known is not None:
        said = (scan.order, scan.shipment, scan.parcel, scan.item, scan.quantity)
        before = (known.order, known.shipment, known.parcel, known.item, known.quantity)
        if said != before:
            raise Conflict(f"Scan {scan.scan}", f"{before} and not {said}")
        return bench(session, scan.order, scan.shipment).model_copy(update={"repeated": True})
    at_hand = bench(session, scan.order, scan.shipment)
    require(
        not at_hand.closed,
        f"Shipment {scan.shipment} of {scan.order} is closed; `oms pack-scan --start-over` opens it again if its parcels were refused.",
    )
    status = shipment_of(session, scan.order, scan.shipment).status
    require(status == "picked", f"Shipment {scan.shipment} of {scan.order} is {status}: only what is picked can be packed.")
    check_scan(at_hand, scan)
    _check_rules(session, at_hand, scan)
    key = (scan.order, scan.shipment, at_hand.round)
    if session.get(PackingSession, key) is None:
        session.add(PackingSession(order=scan.order, shipment=scan.shipment, round=at_hand.round, opened_at=scan.at))
        session.flush()
    parcel = session.get(PackedParcel, (*key, scan.parcel))
    if parcel is None:
        sscc = draw(session, scan.order, scan.shipment, [scan.parcel]).get(scan.parcel, "")
        parcel = PackedParcel(order=scan.order, shipment=scan.shipment, round=at_hand.round, parcel=scan.parcel, sscc=sscc)
        session.add(parcel)
    parcel.carton = scan.carton or parcel.carton
    session.flush()
    session.add(
        PackingScan(
            scan=scan.scan,
            order=scan.order,
            shipment=scan.shipment,
            round=at_hand.round,
            parcel=scan.parcel,
            item=scan.item,
            quantity=scan.quantity,
            at=scan.at,
            actor=scan.actor,
        )
    )
    session.flush()
    return bench(session, scan.order, scan.shipment)


def close(session: Session, order: str, shipment: int, weights: Mapping[int, int], with_less: bool, at: datetime, actor: str) -> Closing:
    """End the packing and keep what the order is to be told; again, it is the same. `weights` are the scale's, in grams, by parcel.

    Raises Refused with all that is still missing, unless the shipment is closed `with_less`: then its order asks a person.
    """
    order_of(session, order)
    at_hand = bench(session, order, shipment)
    row = session.get(PackingSession, (order, shipment, at_hand.round))
    if row is None:
        raise Refused(f"Nothing of shipment {shipment} of {order} was scanned into a parcel; to be packed: {listed(at_hand.picked)}.")
    if row.fact is None:
        status = shipment_of(session, order, shipment).status
        require(status == "picked", f"Shipment {shipment} of {order} is {status}: only what is picked can be packed.")
        missing = at_hand.missing
        require(
            with_less or not missing,
            f"Shipment {shipment} of {order} is not complete, missing: {listed(missing)}. Scan them, or close it with less (--with-less).",
        )
        unknown = sorted(set(weights) - {parcel.parcel for parcel in at_hand.parcels})
        require(not unknown, f"Shipment {shipment} of {order} has no parcel {', '.join(map(str, unknown))} to weigh.")
        fact = packed_fact(at_hand, _parcels(session, at_hand, weights), at, actor)
        row.fact, row.closed_at = fact.model_dump_json(), at
        session.flush()
    return _closing(row)


def start_over(session: Session, order: str, shipment: int, at: datetime) -> Bench:
    """Forget what was scanned: the parcels are opened, their numbers are used up, and packing begins anew."""
    order_of(session, order)
    status = shipment_of(session, order, shipment).status
    require(status == "picked", f"Shipment {shipment} of {order} is {status}: it cannot be packed anew.")
    at_hand = bench(session, order, shipment)
    row = session.get(PackingSession, (order, shipment, at_hand.round))
    if row is None:
        return at_hand
    require(
        row.fact is None or row.told_at is not None,
        f"Shipment {shipment} of {order} is closed and its order not told yet: run `oms pack-close` first.",
    )
    row.closed_at = row.closed_at or at
    session.add(PackingSession(order=order, shipment=shipment, round=at_hand.round + 1, opened_at=at))
    retire(session, order, shipment, keep=())
    session.flush()
    return bench(session, order, shipment)


def told(session: Session, closing: Closing, at: datetime) -> None:
    """The order has the fact."""
    row = session.get(PackingSession, (closing.order, closing.shipment, closing.round), with_for_update=True)
    if row is not None and row.told_at is None:
        row.told_at = at


def untold(session: Session) -> list[Closing]:
    """Closings whose orders were not told yet: the server was away. Oldest first."""
    chosen = select(PackingSession).where(PackingSession.fact.is_not(None), PackingSession.told_at.is_(None))
    return [_closing(row) for row in session.scalars(chosen.order_by(PackingSession.closed_at, PackingSession.order))]


def bench(session: Session, order: str, shipment: int) -> Bench:
    """The shipment as it lies on the packing bench now."""
    row = shipment_of(session, order, shipment)
    kept = reservations_of(session, order, shipment) or reservations_of(session, order, shipment, "shipped")
    newest = session.scalars(
        select(PackingSession)
        .where(PackingSession.order == order, PackingSession.shipment == shipment)
        .order_by(PackingSession.round.desc())
        .limit(1)
    ).one_or_none()
    round_ = newest.round if newest else 1
    here = (PackedParcel.order == order, PackedParcel.shipment == shipment, PackedParcel.round == round_)
    contents: dict[int, dict[str, int]] = {}
    scans = select(PackingScan).where(PackingScan.order == order, PackingScan.shipment == shipment, PackingScan.round == round_)
    for scan in session.scalars(scans.order_by(PackingScan.parcel, PackingScan.item)):
        inside = contents.setdefault(scan.parcel, {})
        inside[scan.item] = inside.get(scan.item, 0) + scan.quantity
    return Bench(
        order=order,
        shipment=row.shipment,
        round=round_,
        picked={item: sum(lines.values()) for item, lines in lines_of_items(kept).items()},
        parcels=tuple(
            OpenParcel(parcel=parcel.parcel, carton=parcel.carton, sscc=parcel.sscc, contents=contents.get(parcel.parcel, {}))
            for parcel in session.scalars(select(PackedParcel).where(*here).order_by(PackedParcel.parcel))
        ),
        closed=newest is not None and newest.fact is not None,
        told=newest is not None and newest.told_at is not None,
    )


def open_parcels(session: Session, order: str, shipment: int) -> tuple[Parcel, ...]:
    """The parcels of the session as they are now, weighed by their items: labels are printed from them."""
    return _parcels(session, bench(session, order, shipment), {})


def _check_rules(session: Session, at_hand: Bench, scan: Scan) -> None:
    """The customer's rules and the carton's limit, for what the parcel would hold."""
    there = next((parcel for parcel in at_hand.parcels if parcel.parcel == scan.parcel), OpenParcel(parcel=scan.parcel, contents={}))
    inside = dict(there.contents)
    inside[scan.item] = inside.get(scan.item, 0) + scan.quantity
    rules, name = rules_of(session, scan.order), f"Parcel {scan.parcel} of shipment {scan.shipment} of {scan.order}"
    classified = func.coalesce(ItemMeasures.goods_class, GoodsClass.GENERAL.value)
    chosen = select(Item.item, classified, Item.hazardous).outerjoin(ItemMeasures, ItemMeasures.item == Item.item)
    rows = session.execute(chosen.where(Item.item.in_(inside)).order_by(Item.item))
    classes = {GoodsClass.of(measured, hazardous): item for item, measured, hazardous in rows}
    if rules.separate_hazardous and {GoodsClass.FOOD, GoodsClass.HAZARDOUS} <= classes.keys():
        raise Refused(
            f"{name} would hold {classes[GoodsClass.FOOD]} (food) beside {classes[GoodsClass.HAZARDOUS]} (hazardous): open another parcel."
        )
    if not rules.mixed_lines and len(inside) > 1:
        raise Refused(f"{name} holds {listed(there.contents)}: the customer wants one line in a parcel, open another one.")
    carton = _carton(session, scan.carton or there.carton, rules)
    limits = [limit for limit in (carton.max_weight_g if carton else None, rules.max_parcel_g) if limit is not None]
    weight = _weight(session, inside, carton)
    if limits and weight > min(limits):
        raise Refused(f"{name} would weigh {weight} g, {min(limits)} g are permitted: open another parcel.")


def _carton(session: Session, name: str, rules: PackingRules) -> Carton | None:
    if not name:
        return None
    found = next((carton for carton in cartons(session) if carton.carton == name), None)
    if found is None:
        raise NotFound("carton", name)
    require(not rules.carton or rules.carton == name, f"The customer wants the carton {rules.carton}, not {name}.")
    return found


def _weight(session: Session, contents: Mapping[str, int], carton: Carton | None) -> int:
    chosen = select(Item.item, Item.weight_g).where(Item.item.in_(contents))
    grams = {item: weight_g for item, weight_g in session.execute(chosen)}  # noqa: C416  # a row is no pair to the type checker
    return (carton.tare_g if carton else 0) + sum(grams.get(item, 0) * units for item, units in contents.items())


def _parcels(session: Session, at_hand: Bench, weights: Mapping[int, int]) -> tuple[Parcel, ...]:
    known = {carton.carton: carton for carton in cartons(session)}
    lines = lines_of_items(reservations_of(session, at_hand.order, at_hand.shipment))
    contents = by_lines([parcel.contents for parcel in at_hand.parcels], lines)
    return tuple(
        Parcel(
            number=parcel.parcel,
            weight_g=weights.get(parcel.parcel) or max(_weight(session, parcel.contents, known.get(parcel.carton)), 1),
            contents=inside,
            sscc=parcel.sscc,
            carton=parcel.carton,
            size=known[parcel.carton].size if parcel.carton in known else None,
        )
        for parcel, inside in zip(at_hand.parcels, contents, strict=True)
    )


def _closing(row: PackingSession) -> Closing:
    assert row.fact is not None, "asked of closed sessions only"
    return Closing(
        order=row.order,
        shipment=row.shipment,
        round=row.round,
        fact=Packed.model_validate_json(row.fact),
        told=row.told_at is not None,
    )
