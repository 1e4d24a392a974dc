"""The floor: people who pick what the warehouse was asked for and pack it into parcels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from domain.exceptions import ExceptionKind
from domain.messages import LineQuantity, Packed, Parcel, PickConfirmed
from domain.views import OrderView
from integrations.simulated import Script, World
from integrations.simulated.outbox import SENT, Entry
from integrations.simulated.scripts import PickScript, What, When, draw, request_id
from integrations.simulated.warehouse import PickTask, tasks_to_plan

PER_PARCEL = 10  # units
UNIT_G, CARTON_G = 500, 350  # grams: a unit, when nobody weighed it, and an empty carton


def work(world: World, views: Mapping[str, OrderView], day: timedelta) -> None:
    """Plan every released task: the confirmed pick and the packing go into the outbox, to be said when they are done."""
    if not world.rows("SELECT 1 FROM tasks WHERE planned = 0 AND cancelled = 0 LIMIT 1"):
        return  # looking costs no lock
    with world.transaction() as connection:
        for task in tasks_to_plan(connection):
            script = world.script_of(task.order)
            if _waits_for_request(world, task, script) or (task.first and was_forgotten(script, views.get(task.order))):
                continue
            started = datetime.fromtimestamp(task.released_at, UTC)
            if task.first and ExceptionKind.PICK_OVERDUE in script.decisions:
                started = max(started, remembered_at(views[task.order]))
            world.outbox.put(told(task, script, started, day, world.seed), connection)
            connection.execute("UPDATE tasks SET planned = 1 WHERE key = ?", (task.key,))


def told(task: PickTask, script: Script, started: datetime, day: timedelta, seed: int) -> list[Entry]:
    """What the floor will say about a task that it starts at `started`: a pick after 0.1 to 0.3 days, then the parcels."""
    name = f"floor/{task.order}/{task.shipment}" + (f"/{task.repeat + 1}" if task.repeat else "")
    picked_at = started + (0.1 + 0.2 * draw(seed, name, "pick")) * day
    packed_at = picked_at + (0.1 + 0.2 * draw(seed, name, "pack")) * day
    found: dict[int, int] = {}
    for pick in task.picks:
        found[pick.line] = found.get(pick.line, 0) + pick.quantity
    if task.first and script.pick is PickScript.SHORT:
        found[min(found)] -= 1
    subject = f"task {task.key}"
    entries = [
        Entry(
            id=f"{name}/picked",
            order=task.order,
            subject=subject,
            send_at=picked_at,
            said=PickConfirmed(
                message_id=f"{name}/picked",
                occurred_at=picked_at,
                actor=f"floor {task.location}",
                shipment=task.shipment,
                lines=tuple(LineQuantity(line=line, quantity=quantity) for line, quantity in sorted(found.items())),
            ),
        )
    ]
    parcels = parcelled(found)
    if parcels:
        entries.append(
            Entry(
                id=f"{name}/packed",
                order=task.order,
                subject=subject,
                send_at=packed_at,
                said=Packed(
                    message_id=f"{name}/packed",
                    occurred_at=packed_at,
                    actor=f"floor {task.location}",
                    shipment=task.shipment,
                    parcels=parcels,
                ),
            )
        )
    return entries


def parcelled(found: Mapping[int, int]) -> tuple[Parcel, ...]:
    """The picked units of each line, line by line, in parcels of at most `PER_PARCEL` units; no unit, no parcel."""
    parcels: list[list[LineQuantity]] = []
    room = 0
    for line, quantity in sorted(found.items()):
        left = quantity
        while left:
            if not room:
                parcels.append([])
                room = PER_PARCEL
            fits = min(left, room)
            parcels[-1].append(LineQuantity(line=line, quantity=fits))
            left, room = left - fits, room - fits
    return tuple(
        Parcel(number=number, weight_g=CARTON_G + UNIT_G * sum(part.quantity for part in contents), contents=tuple(contents))
        for number, contents in enumerate(parcels, start=1)
    )


def _waits_for_request(world: World, task: PickTask, script: Script) -> bool:
    """Somebody is about to say something that must be said before the goods are touched, or has just cancelled them."""
    return any(
        not outcome or (request.what is What.CANCEL and outcome == SENT)
        for request in script.requests
        if request.when is When.PICKING
        for outcome in [world.outbox.outcome(request_id(task.order, request))]
    )


def was_forgotten(script: Script, view: OrderView | None) -> bool:
    """The first task of an order whose script decides an overdue pick is forgotten until somebody decided to wait on."""
    if ExceptionKind.PICK_OVERDUE not in script.decisions:
        return False
    return view is None or not any(
        exception.kind is ExceptionKind.PICK_OVERDUE and exception.decision is not None and exception.decision.choice == "wait_on"
        for exception in view.exceptions
    )


def remembered_at(view: OrderView) -> datetime:
    return max(
        exception.decision.at
        for exception in view.exceptions
        if exception.kind is ExceptionKind.PICK_OVERDUE and exception.decision is not None
    )
