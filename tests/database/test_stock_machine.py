"""Whatever happens to stock, in any order and twice: it adds up, nothing is sold twice, every unit is somewhere."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from database import orders, reading, returns, shipments, stock
from database.journal import once, undo
from domain.errors import StepUndone
from domain.messages import Disposition, InspectedLine, LineQuantity, ReturnKind
from domain.steps import (
    AbandonShipment,
    Accepted,
    AcceptOrder,
    AllocateStock,
    Allocation,
    AuthorizeReturn,
    Need,
    ParcelsRecorded,
    ReceiveStock,
    RecordDelivery,
    Recorded,
    RecordInspection,
    RecordPacking,
    RecordPick,
    RecordReturnReceipt,
    ReleaseStock,
    Shipped,
    Step,
    VoidLabel,
)
from domain.views import OrderView, ShipmentView
from tests.database.builders import DAY, NOW, PARCEL, book, line, order, ship_request, shipped, step
from tests.database.watched import Watched
from tests.endurance import machine

UNDER_WAY = ("planned", "picked", "packed")


class StockMachine(RuleBasedStateMachine):
    """A few orders that compete for 19 units; `units` is what must be in the house, counted by hand."""

    def __init__(self, database: Watched) -> None:
        super().__init__()
        self.database = database
        database.run(database.refurnish)
        self.units = 19
        self.keys = 0
        self.orders: list[str] = []
        self.attempts: list[tuple[str, str]] = []  # order and key of every allocation
        self.undone: set[str] = set()
        self.again: Callable[[], object] = lambda: None

    # --- what happens ---

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.place(12, 2)
        self.allocate(data, False, ())

    @rule(kettles=st.integers(1, 9), grinders=st.integers(1, 4))
    @precondition(lambda self: len(self.orders) < 3)
    def place(self, kettles: int, grinders: int) -> None:
        placed = order(str(len(self.orders)), line(1, "KETTLE", kettles), line(2, "GRINDER", grinders), line(3, "KETTLE", 1))
        self.do(AcceptOrder(**self.step(placed.key), placed=placed, price_tolerance=Decimal(9), waived=True), Accepted, orders.accept_order)
        self.orders.append(placed.key)

    @rule(item=st.sampled_from(["KETTLE", "GRINDER"]), location=st.sampled_from(["BERLIN", "LYON"]), quantity=st.integers(1, 5))
    def receive(self, item: str, location: str, quantity: int) -> None:
        self.keys += 1
        receipt = ReceiveStock(receipt=f"GR-{self.keys}", item=item, location=location, quantity=quantity, at=NOW, actor="dock")
        self.database.run(stock.receive_stock, receipt)
        assert self.database.run(stock.receive_stock, receipt).repeated
        self.units += quantity

    @rule(data=st.data(), all_or_nothing=st.booleans(), avoid=st.sampled_from([(), ("LYON",)]))
    def allocate(self, data: st.DataObject, all_or_nothing: bool, avoid: tuple[str, ...]) -> None:
        view = self.some_order(data)
        needs = tuple(Need(line=row.number, item=row.item, quantity=row.open) for row in view.lines if row.open) if view else ()
        if view is None or not needs:
            return
        request = AllocateStock(
            **self.step(view.order),
            needs=needs,
            all_or_nothing=all_or_nothing,
            first_shipment=len(view.shipments) + 1,
            pick_due=NOW,
            backorder_due=NOW + DAY,
            avoid=avoid,
        )
        found = self.do(request, Allocation, stock.allocate_stock)
        self.attempts.append((view.order, request.key))
        kept = sum(pick.quantity for shipment in found.shipments for pick in shipment.picks)
        short = sum(shortage.asked - shortage.available for shortage in found.short)
        assert kept == (0 if all_or_nothing and found.short else sum(need.quantity for need in needs) - short)

    @rule(data=st.data(), times=st.integers(1, 4), few=st.integers(0, 2), void=st.sampled_from([False, False, True]))
    def advance(self, data: st.DataObject, times: int, few: int, void: bool) -> None:
        """A shipment goes its next steps; each time `few` units are missing, left out or sent back."""
        view, shipment = self.some_shipment(data, *UNDER_WAY, "shipped")
        for _ in range(times):
            if view is None or shipment is None:
                return
            match shipment.status:
                case "planned":
                    self.pick(view, shipment, few)
                case "picked":
                    self.pack(view, shipment, few)
                case "packed":
                    self.ship(view, shipment, void)
                case "shipped":
                    self.deliver(view, shipment, few)
            view = self.database.run(reading.order_view, view.order)
            shipment = view.shipments[shipment.number - 1]

    def pick(self, view: OrderView, shipment: ShipmentView, missing: int) -> None:
        picked = self.by_line(shipment)
        first = min(picked)
        missing = min(missing, picked[first])
        picked[first] -= missing
        done = tuple(LineQuantity(line=number, quantity=quantity) for number, quantity in picked.items())
        about: dict[str, Any] = {"shipment": shipment.number, "location": shipment.location, "picks": shipment.picks}
        self.do(RecordPick(**self.step(view.order), **about, picked=done, pack_due=NOW), Recorded, shipments.record_pick)
        self.units -= missing

    def pack(self, view: OrderView, shipment: ShipmentView, left_out: int) -> None:
        number, quantity = min(self.by_line(shipment).items())
        unpacked = (LineQuantity(line=number, quantity=min(left_out, quantity)),)
        request = RecordPacking(**self.step(view.order), shipment=shipment.number, parcels=(PARCEL,), unpacked=unpacked)
        self.do(request, ParcelsRecorded, shipments.record_packing)

    def ship(self, view: OrderView, shipment: ShipmentView, void: bool) -> None:
        self.keys += 1
        placed = order(view.order.partition("/")[2])
        request = ship_request(placed, shipment.number, self.keys)
        label = shipped(f"TRACK-{self.keys}")
        self.do(request, Shipped, lambda session, asked: book(session, asked, label))
        if void:
            self.take_back(VoidLabel(**self.step(view.order), shipment=shipment.number, undoes=request.key), request.key, shipments.unship)
            return
        self.units -= sum(self.by_line(shipment).values())

    def deliver(self, view: OrderView, shipment: ShipmentView, back: int) -> None:
        proof = RecordDelivery(**self.step(view.order), shipment=shipment.number, delivered_at=NOW, signed_by="M. Maier")
        self.do(proof, Recorded, shipments.record_delivery)
        number, quantity = min(self.by_line(shipment).items())
        back = min(back, quantity)
        if not back:
            return
        rma = len(view.returns) + 1
        lines = (LineQuantity(line=number, quantity=back),)
        about: dict[str, Any] = {"rma": rma, "lines": lines, "kind": ReturnKind.REFUND, "reason": "", "location": "LYON", "expires_at": NOW}
        self.database.run(returns.authorize_return, AuthorizeReturn(**self.step(view.order), **about))
        came = RecordReturnReceipt(**self.step(view.order), rma=rma, location="LYON", lines=lines, inspect_due=NOW)
        self.do(came, Recorded, returns.record_return_receipt)
        inspected = (InspectedLine(line=number, quantity=back, disposition=Disposition.RESTOCK),)
        request = RecordInspection(**self.step(view.order), rma=rma, location="LYON", lines=inspected, items={})
        self.do(request, Recorded, returns.record_inspection)
        self.units += back

    @rule(data=st.data())
    @precondition(lambda self: self.attempts)
    def release(self, data: st.DataObject) -> None:
        key, attempt = data.draw(st.sampled_from(self.attempts))
        self.take_back(ReleaseStock(**self.step(key), undoes=attempt), attempt, stock.release_stock)
        self.undone.add(attempt)

    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        view, shipment = self.some_shipment(data, *UNDER_WAY)
        if view is not None and shipment is not None:
            request = AbandonShipment(**self.step(view.order), shipment=shipment.number, reason="flooded")
            self.do(request, Recorded, stock.abandon_shipment)

    @rule()
    def ask_the_last_step_again(self) -> None:
        before = self.database.run(reading.stock)
        self.again()
        assert self.database.run(reading.stock) == before

    # --- what always holds ---

    @invariant()
    def the_audit_is_clean_and_every_unit_is_somewhere(self) -> None:
        assert self.database.run(self.database.audit) == []
        assert sum(row.on_hand for row in self.database.run(reading.stock)) == self.units

    # --- parts ---

    def step(self, of: str) -> dict[str, Any]:
        self.keys += 1
        return step(f"step/{self.keys}", of)

    def do(self, request: Any, result: Any, work: Callable[..., Any]) -> Any:
        answer = self.database.run(once, request, "step", result, work)

        def again() -> None:
            try:
                assert self.database.run(once, request, "step", result, work) == answer
            except StepUndone:
                assert request.key in self.undone

        self.again = again
        return answer

    def take_back(self, request: Step, undoes: str, work: Callable[..., Recorded]) -> None:
        self.database.run(undo, request, undoes, "undo", work)
        self.undone.add(undoes)
        self.again = partial(self.database.run, undo, request, undoes, "undo", work)

    def some_order(self, data: st.DataObject) -> OrderView | None:
        return self.database.run(reading.order_view, data.draw(st.sampled_from(self.orders))) if self.orders else None

    def some_shipment(self, data: st.DataObject, *statuses: str) -> tuple[OrderView | None, ShipmentView | None]:
        view = self.some_order(data)
        found = [shipment for shipment in view.shipments if shipment.status in statuses] if view else []
        return (view, data.draw(st.sampled_from(found))) if found else (None, None)

    def by_line(self, shipment: ShipmentView) -> dict[int, int]:
        units: dict[int, int] = {}
        for pick in shipment.picks:
            units[pick.line] = units.get(pick.line, 0) + pick.quantity
        return units


def test_stock_adds_up_whatever_happens(workshop: Watched) -> None:
    calm = machine(12, steps=20)
    run_state_machine_as_test(lambda: StockMachine(workshop), settings=calm)  # type: ignore[arg-type]  # a factory serves as well as a class
