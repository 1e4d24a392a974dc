"""The drivers: they carry what has a label, tell where it is, and now and then lose it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from domain.exceptions import ExceptionKind
from domain.messages import CarrierEvent, CarrierStatus, DeliveryConfirmed, Fact
from domain.views import OrderView
from integrations.simulated import Script, World
from integrations.simulated.carriers import SoldLabel, labels_to_plan
from integrations.simulated.outbox import Entry
from integrations.simulated.scripts import CarrierScript, draw

AT_THE_DOOR = ("A. Kowalska", "B. Özdemir", "C. Dubois", "D. Müller", "E. Nováková", "F. O'Brien", "G. Łukasiewicz", "H. Groß")
LATE_BY = 4  # days after the expected delivery: later than the grace after which somebody asks
FIRST_ONLY = (CarrierScript.LOST, CarrierScript.RETURNED, CarrierScript.SILENT)
"""What happens to an order's first label only, so that what is sent instead arrives."""


def drive(world: World, views: Mapping[str, OrderView], day: timedelta) -> None:
    """Plan the way of every label that was sold: each event goes into the outbox, to be told when it happens."""
    if not world.rows("SELECT 1 FROM labels WHERE planned = 0 AND voided = 0 AND rma = 0 LIMIT 1"):
        return  # looking costs no lock
    with world.transaction() as connection:
        for label in labels_to_plan(connection):
            script = world.script_of(label.order)
            waited_for = _waited_for(views.get(label.order))
            world.outbox.put(told(label, script, day, world.seed, waited_for), connection)
            if waited_for is not None or not _until_waited_for(label, script):
                connection.execute("UPDATE labels SET planned = 1 WHERE key = ?", (label.key,))


def told(label: SoldLabel, script: Script, day: timedelta, seed: int, waited_for: datetime | None = None) -> list[Entry]:
    """What the carrier will say about a label; transit days count from its purchase.

    A parcel that is late until somebody decides to wait for it arrives a day after `waited_for`, the time of that decision.
    """
    way = _Way(label, day, seed)
    behaviour = script.carrier
    if behaviour in FIRST_ONLY and not label.first:
        behaviour = CarrierScript.ON_TIME
    arrives = max(label.transit_days * 0.85, 0.5)
    if behaviour is CarrierScript.SILENT:
        return []
    if behaviour is CarrierScript.LATE:
        # When a person is to be asked, the carrier names no new date: a new date would move the moment of asking.
        asked = _until_waited_for(label, script)
        promised = None if asked else way.at(label.transit_days + LATE_BY + 1)
        arrives = label.transit_days + LATE_BY if not asked else way.days(waited_for) + 1 if waited_for else 0
        return [
            way.event(CarrierStatus.IN_TRANSIT, 0.3),
            way.event(CarrierStatus.DELAYED, label.transit_days - 0.2, "Held up on the way.", promised),
            *(way.delivered(arrives) if arrives else []),
        ]
    if behaviour is CarrierScript.LOST:
        return [
            way.event(CarrierStatus.IN_TRANSIT, 0.3),
            way.event(CarrierStatus.EXCEPTION, arrives, "Not found at the last depot."),
            way.event(CarrierStatus.LOST, arrives + 0.8, "The search was given up."),
        ]
    if behaviour is CarrierScript.RETURNED:
        return [
            way.event(CarrierStatus.IN_TRANSIT, 0.3),
            way.event(CarrierStatus.EXCEPTION, arrives, "Nobody took it at the address."),
            way.event(CarrierStatus.RETURNED_TO_SENDER, arrives + 0.8, "Back at the sender."),
        ]
    regular = [way.event(CarrierStatus.IN_TRANSIT, 0.3), *way.delivered(arrives)]
    if behaviour is CarrierScript.DUPLICATES:
        again = 0.1 * day
        return regular + [entry.model_copy(update={"id": f"{entry.id}#2", "send_at": entry.send_at + again}) for entry in regular]
    if behaviour is CarrierScript.OUT_OF_ORDER:
        return [regular[0].model_copy(update={"send_at": way.at(arrives + 0.3)}), *regular[1:]]
    return regular


def _until_waited_for(label: SoldLabel, script: Script) -> bool:
    return script.carrier is CarrierScript.LATE and ExceptionKind.DELIVERY_OVERDUE in script.decisions and label.first


def _waited_for(view: OrderView | None) -> datetime | None:
    """When somebody first decided about an overdue delivery of the order."""
    answers = [
        exception.decision.at
        for exception in (view.exceptions if view else ())
        if exception.kind is ExceptionKind.DELIVERY_OVERDUE and exception.decision is not None
    ]
    return min(answers, default=None)


class _Way:
    """The way of one label; times are days after its purchase."""

    def __init__(self, label: SoldLabel, day: timedelta, seed: int) -> None:
        self._label, self._day, self._seed = label, day, seed
        self._sold_at = datetime.fromtimestamp(label.bought_at, UTC)

    def at(self, days: float) -> datetime:
        return self._sold_at + days * self._day

    def days(self, moment: datetime) -> float:
        return (moment - self._sold_at) / self._day

    def event(self, status: CarrierStatus, days: float, detail: str = "", expected_at: datetime | None = None) -> Entry:
        return self._entry(
            CarrierEvent(
                message_id=f"carrier/{self._label.tracking}/{status}",
                occurred_at=self.at(days),
                actor="carrier",
                shipment=self._label.shipment,
                status=status,
                detail=detail,
                expected_at=expected_at,
            )
        )

    def delivered(self, days: float) -> list[Entry]:
        """Someone took it and signed; every other carrier's scanner reports the delivery as well."""
        drawn = draw(self._seed, self._label.order, self._label.shipment, "door")
        proof = self._entry(
            DeliveryConfirmed(
                message_id=f"carrier/{self._label.tracking}/proof",
                occurred_at=self.at(days),
                actor="carrier",
                shipment=self._label.shipment,
                signed_by=AT_THE_DOOR[int(drawn * len(AT_THE_DOOR))],
            )
        )
        return [self.event(CarrierStatus.DELIVERED, days), proof] if drawn < 0.5 else [proof]

    def _entry(self, fact: Fact) -> Entry:
        return Entry(id=fact.message_id, order=self._label.order, subject=f"label {self._label.key}", said=fact, send_at=fact.occurred_at)
