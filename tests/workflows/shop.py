"""A whole installation for tests: the real server with virtual time, real workers and database, and simulated partners that do as told."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner

from database import intake, reading
from database.audit import audit
from database.engine import Database
from database.migrate import migrate
from database.seed import seed
from domain.errors import Refused
from domain.exceptions import ExceptionKind, OpenException
from domain.lifecycle import Wait
from domain.messages import (
    CancelOrder,
    CarrierEvent,
    CarrierStatus,
    Decide,
    DeliveryConfirmed,
    Fact,
    LineQuantity,
    Packed,
    Parcel,
    PaymentReceived,
    PickConfirmed,
    Receipt,
    Request,
)
from domain.money import Money
from domain.order import Address, OrderLine, PaymentTerms, PlaceOrder, ShippingPolicy, TermsCode
from domain.parts import Shipment
from domain.policies import Policies
from domain.state import OrderState, order_start
from domain.steps import OrderEnded, ReceiveStock
from domain.views import OrderView, WaitView
from integrations.simulated import SimulatedCarriers, SimulatedMail, SimulatedPayments, SimulatedWarehouse, World
from starters.messaging import ask, tell, workflow_id
from starters.receiving import receive
from tests.fresh import migrated
from tests.workflows.listening import START, Listening
from tests.workflows.trouble import Trouble
from workers.shops import ShopDoor
from workers.warehouses import OwnFloor, Warehouses
from workers.wiring import Partners, workers

DEBTORS = tuple(f"C-{number}" for number in range(2, 10))
"""Customers for tests that bring them on credit hold, each for one test."""

PERIODS = {"W-1": "weekly", "W-2": "weekly", "W-3": "weekly", "M-1": "monthly", "M-2": "monthly"}
"""Customers who get one invoice for a week or a month, each for one test."""

EARLY = {"C-SCAN": "scan", "C-DOCK": "receipt"}
"""Customers who are refunded before anybody has looked at what they send back, and when."""

Answer = TypeVar("Answer")
Found = TypeVar("Found")

numbers = itertools.count(1)
rarities = itertools.count(1)
PATIENCE = 40.0
"""Seconds of real time after which a test says what it waited for."""


def euro(cents: int) -> Money:
    return Money(minor=cents, currency="EUR")


def catalogue() -> dict[str, Any]:
    """Ample stock of PLENTY and LAMP; tests that need a scarce item receive one of their own (`Shop.rare`).

    SPECIAL has no price, and only what goes to Austria is taxed by us.
    """
    items = [
        "PLENTY",
        "LAMP",
        "SPARE",
        "DELUXE",
        "BASIC",
        "FINAL",
        "FEE",
        *(f"SCARCE-{n}" for n in range(1, 40)),
        *(f"RARE-{n}" for n in range(1, 200)),
    ]
    prices = {"EUR": "10.00"}
    own = {"FINAL": {"final_sale": True}, "FEE": {"restocking": "15%", "window": 10}}
    listed = dict.fromkeys(items, "10.00") | {"DELUXE": "16.00", "BASIC": "7.00"}
    return {
        "suppliers": [{"id": "MAKER", "name": "The maker", "lead_time_days": 30}],
        "items": [
            {"id": item, "description": item.title(), "weight_g": 500, "dims_mm": [100, 100, 100], "prices": prices}
            | ({"returns": own[item]} if item in own else {})
            | ({"supplier": "MAKER"} if item == "LAMP" else {})
            for item in (*items, "SPECIAL", "UNLISTED", "AGREED")
        ],
        "tax_rates": [{"country": "AT", "title": "USt", "rate": "0.2"}],
        "locations": [
            {"id": "BERLIN", "name": "Berlin", "country": "DE", "postcode": "14979"},
            {"id": "LYON", "name": "Lyon", "country": "FR", "postcode": "69007"},
            {"id": "MAINZ", "name": "Mainz, where we pick ourselves", "country": "DE", "postcode": "55116"},
        ],
        "stock": [
            {"item": item, "location": "BERLIN", "bin": f"B-{n:02}", "quantity": 100_000}
            for n, item in enumerate(("PLENTY", "LAMP", "SPARE", "DELUXE", "BASIC", "FINAL", "FEE", "UNLISTED", "AGREED"), 1)
        ],
        "customers": [
            {
                "id": customer,
                "name": "Kaffeekontor",
                "aliases": [f"web:{customer.removeprefix('C-')}"],
                "terms": ["prepaid", "net14", "net30", "2-10-net30", "thirds", "30-deposit", "15-later"],
                "invoicing": PERIODS.get(customer, ""),
                "credit_limit": 100_000_000,
                "currency": "EUR",
                "price_list": "LIST",
                "blocked": False,
                "email": f"{customer.lower()}@customers.example",
            }
            | ({"refund_on": EARLY[customer]} if customer in EARLY else {})
            for customer in ("C-1", *DEBTORS, *PERIODS, *EARLY)
        ],
        "payment_terms": [
            {
                "id": "2-10-net30",
                "description": "2 % within 10 days, 30 days net",
                "instalments": [{"days": 30}],
                "discounts": [{"percent": 2, "days": 10}],
            },
            {
                "id": "thirds",
                "description": "Three parts",
                "instalments": [
                    {"share": "percent", "percent": "33.33", "days": 10},
                    {"share": "percent", "percent": "33.33", "days": 40},
                    {"days": 70},
                ],
            },
            {
                "id": "30-deposit",
                "description": "30 % before anything is supplied, the rest in 14 days",
                "instalments": [{"days": 14}],
                "deposit": {"percent": 30, "days": 7},
            },
            {
                "id": "15-later",
                "description": "15 EUR down, supplied at once",
                "currency": "EUR",
                "instalments": [{"days": 14}],
                "deposit": {"amount": 1500, "days": 7, "before_supply": False},
            },
        ],
        "staff": [{"id": "clerk", "roles": ["returns_clerk"]}, {"id": "boss", "roles": ["operations_manager"]}],
        "price_lists": [{"id": "LIST", "currency": "EUR", "prices": listed}],
        "price_conditions": [
            {"kind": "contract", "id": "K-24", "customer": "C-9", "item": "AGREED", "price": "24.00", "currency": "EUR"},
            {"kind": "break", "id": "THREE", "price_list": "LIST", "item": "DELUXE", "min_quantity": 3, "percent": "0.1"},
            {"kind": "promotion", "id": "WINTER", "customer": "C-9", "item": "DELUXE", "percent": "0.05"},
        ],
        "cartons": [{"id": "L", "inner_mm": [600, 400, 400], "tare_g": 700, "max_weight_g": 30_000, "cost": 120}],
        "sscc_series": [{"extension": 3, "company_prefix": "4099876"}],
    }


def line(number: int = 1, item: str = "PLENTY", quantity: int = 2, price: str = "10.00", discount: int = 0) -> OrderLine:
    return OrderLine(number=number, item=item, quantity=quantity, unit_price=Decimal(price), discount=euro(discount))


def order(*lines: OrderLine, terms: TermsCode = PaymentTerms.NET_30, **changes: Any) -> PlaceOrder:
    """An order of the customer C-1 from the channel `test`, to Hamburg; each has an id of its own."""
    fields: dict[str, Any] = {
        "channel": "test",
        "external_id": f"T-{next(numbers)}-{datetime.now(UTC):%H%M%S%f}",
        "customer": "C-1",
        "currency": "EUR",
        "lines": lines or (line(),),
        "placed_at": datetime.now(UTC),
        "ship_to": Address(name="Ada Byron", street="Elbchaussee 1", city="Hamburg", postcode="22765", country="DE"),
        "terms": terms,
        "policy": ShippingPolicy.PARTIAL,
        "discount": euro(0),
        "freight": euro(0),
        "payment_reference": "tok_good",
    }
    return PlaceOrder(**fields | changes)


class Shop:
    def __init__(self, env: WorkflowEnvironment, database: Database, world: World, url: str = "") -> None:
        self.url = url  # of the database, for the `oms` command
        self.env, self.client, self.database, self.world = env, env.client, database, world
        warehouse = Warehouses(OwnFloor(database, timedelta(days=1)), frozenset({"MAINZ"}), SimulatedWarehouse(world))
        self.partners = Partners(warehouse, SimulatedCarriers(world), SimulatedPayments(world), SimulatedMail(world))
        self.trouble, self.listening = Trouble(), Listening(UnsandboxedWorkflowRunner())
        self.staff = AsyncExitStack()

    async def open(self) -> None:
        """Let the workers begin. What they start themselves lives in real time: a distribution whose clock runs away takes wins back."""
        config = self.client.config()
        config["interceptors"] = []
        for worker in workers(Client(**config), self.database, self.partners, [self.trouble], self.listening):
            await self.staff.enter_async_context(worker)

    async def shut(self) -> None:
        """Let the workers end; orders live on in the server until `open`."""
        await self.staff.aclose()
        self.listening.forget()

    async def place(
        self,
        placed: PlaceOrder,
        policies: Policies | None = None,
        *,
        real_time: bool = True,
        script: dict[str, Any] | None = None,
        first: Fact | None = None,
    ) -> Living:
        """Start an order as `oms place` does; it lives in real time until a test moves its clock.

        Without a script the world is kind to it. The fact `first` is in its history before any worker has seen it.
        """
        self.world.script(placed.key, script or {})
        await self.database.transaction(intake.capture, placed, datetime.now(UTC))
        start = order_start(placed, policies or Policies())
        self.listening.tell(workflow_id(placed.key), START)
        with self.env.with_time_skipping_disabled():
            handle: WorkflowHandle[Any, OrderEnded] = await self.client.start_workflow(
                "Order",
                start,
                id=workflow_id(placed.key),
                task_queue="orders",
                result_type=OrderEnded,
                start_signal=first.called() if first else None,
                start_signal_args=[first] if first else [],
            )
        return Living(self, placed, handle)

    async def receive(self, item: str, quantity: int, location: str = "BERLIN", receipt: str = "", into: str = "") -> None:
        fact = ReceiveStock(
            receipt=receipt or f"GR-{next(numbers)}",
            item=item,
            location=location,
            quantity=quantity,
            bin=into,
            at=datetime.now(UTC),
            actor="dock",
        )
        await receive(self.client, fact)
        self.listening.doubt()

    def rare(self) -> str:
        """An item of the price list that no other test uses; there is none in stock."""
        return f"RARE-{next(rarities)}"

    async def stock(self, item: str, location: str = "BERLIN") -> tuple[int, int]:
        """(on hand, reserved) of an item at a location, over all bins."""
        rows = [row for row in await self.database.read(reading.stock, item) if row.location == location]
        return sum(row.on_hand for row in rows), sum(row.reserved for row in rows)

    async def audit(self) -> list[str]:
        return [str(violation) for violation in await self.database.read(audit)]


class Living:
    """One order of a test: what the world tells it, what it answers, and its clock."""

    def __init__(self, shop: Shop, placed: PlaceOrder, handle: WorkflowHandle[Any, OrderEnded]) -> None:
        self.shop, self.placed, self.handle, self.key = shop, placed, handle, placed.key
        self.said = itertools.count(1)

    # --- reading -----------------------------------------------------------------------------------------------------------------

    @property
    def latest(self) -> WorkflowHandle[Any, OrderEnded]:
        return self.shop.client.get_workflow_handle(workflow_id(self.key), result_type=OrderEnded)

    async def state(self) -> OrderState:
        state: OrderState = await self.latest.query("state", result_type=OrderState)
        return state

    async def waits(self) -> dict[tuple[Wait, str], datetime | None]:
        found = await self.latest.query("waits", result_type=list[WaitView])
        return {(view.wait, view.subject): view.until for view in found}

    async def view(self) -> OrderView:
        return await self.shop.database.read(reading.order_view, self.key)

    async def seen(self, query: str, kind: type[Answer], found: Callable[[Answer], Found | None]) -> Found:
        """What is found in the order's answer to a query: now, or as soon as it has come to rest with such an answer."""
        answer = None
        with self.shop.listening.asking(workflow_id(self.key), query) as question:
            heard = await self.shop.listening.look(workflow_id(self.key), question)
            try:
                async with asyncio.timeout(PATIENCE):
                    while True:
                        if heard is None:
                            answer = await self.latest.query(query, result_type=kind)
                        else:
                            (answer,) = await self.shop.client.data_converter.decode([heard], [kind])
                        if (here := found(answer)) is not None:
                            return here
                        heard = await question.answer()
            except TimeoutError:
                raise AssertionError(f"{self.key} never became as expected; its {query} at last: {answer}") from None

    async def when(self, true: Callable[[OrderState], Any]) -> OrderState:
        """The state, as soon as it is as expected."""
        return await self.seen("state", OrderState, lambda state: state if true(state) else None)

    async def until(self, wait: Wait, subject: str = "") -> datetime | None:
        """The deadline of what the order waits for, as soon as it waits for it."""

        def waiting(waits: list[WaitView]) -> WaitView | None:
            return next((each for each in waits if each.wait is wait and subject in each.subject), None)

        return (await self.seen("waits", list[WaitView], waiting)).until

    async def exception(self, kind: ExceptionKind) -> OpenException:
        """The open exception of a kind, as soon as a person can see it."""

        def asked(state: OrderState) -> Iterator[OpenException]:
            return (e for e in state.exceptions if e.kind is kind and e.decision is None and e.recorded)

        return next(asked(await self.when(lambda state: any(asked(state)))))

    def effects(self) -> list[str]:
        """What stands of what this order's steps did outside, in the order in which it was done: "pick task", "label", "capture"..."""
        return [effect.operation for effect in self.shop.world.effects(self.key) if effect.happened and not effect.undone]

    def undone(self) -> list[str]:
        """What was done outside and taken back."""
        return [effect.operation for effect in self.shop.world.effects(self.key) if effect.happened and effect.undone]

    async def trying(self, activity: str) -> None:
        """Poll until this activity is scheduled and not finished."""
        async with asyncio.timeout(PATIENCE):
            while True:
                pending = (await self.latest.describe()).raw_description.pending_activities
                if any(found.activity_type.name == activity for found in pending):
                    return
                await asyncio.sleep(0.02)

    async def rest(self) -> None:
        """Poll until no step is under way and no worker is at the order: what it does by itself is done."""
        async with asyncio.timeout(PATIENCE):
            while True:
                description = (await self.latest.describe()).raw_description
                if not description.pending_activities and not description.HasField("pending_workflow_task"):
                    return
                await asyncio.sleep(0.02)

    async def refused(self, request: Request) -> str:
        """The sentence with which the order refuses a request."""
        try:
            await self.ask(request)
        except Refused as refusal:
            return str(refusal)
        raise AssertionError(f"{self.key} took {request!r}")

    async def cancel(self, reason: str = "changed my mind") -> OrderEnded:
        await self.ask(CancelOrder(**self.stamp("customer"), reason=reason))
        return await self.ended()

    async def ended(self) -> OrderEnded:
        async with asyncio.timeout(PATIENCE):
            return await self.latest.result()

    async def pass_time(self, days: float) -> None:
        await self.shop.env.fast_forward(self.latest, timedelta(days=days))
        self.shop.listening.doubt(workflow_id(self.key))

    # --- telling -----------------------------------------------------------------------------------------------------------------

    def stamp(self, actor: str = "tester") -> dict[str, Any]:
        return {"message_id": f"{self.key}/m{next(self.said)}", "occurred_at": datetime.now(UTC), "actor": actor}

    async def tell(self, fact: Fact) -> None:
        self.shop.listening.tell(workflow_id(self.key), fact.message_id)
        await tell(self.shop.client, self.key, fact)

    async def ask(self, request: Request) -> Receipt:
        return await ask(self.shop.client, self.key, request)

    async def decide(self, kind: ExceptionKind, choice: str, **details: Any) -> Receipt:
        exception = await self.exception(kind)
        return await self.ask(Decide(**self.stamp(), exception=exception.number, choice=choice, **details))

    async def planned(self, wait: Wait, shipment: int) -> Shipment:
        """A shipment, as soon as the floor is waited for."""
        await self.until(wait, f"shipment {shipment}")
        return await self.seen("state", OrderState, lambda state: next((s for s in state.shipments if s.number == shipment), None))

    async def pick(self, shipment: int = 1, **picked: int) -> None:
        """Confirm the pick; `line1=2` says what was found of line 1, everything else was found."""
        planned = await self.planned(Wait.PICK, shipment)
        found = planned.quantities | {int(name.removeprefix("line")): quantity for name, quantity in picked.items()}
        lines = tuple(LineQuantity(line=number, quantity=quantity) for number, quantity in found.items())
        await self.tell(PickConfirmed(**self.stamp("floor"), shipment=shipment, lines=lines))

    async def pack(self, shipment: int = 1, **packed: int) -> None:
        planned = await self.planned(Wait.PACK, shipment)
        found = planned.quantities | {int(name.removeprefix("line")): quantity for name, quantity in packed.items()}
        contents = tuple(LineQuantity(line=number, quantity=quantity) for number, quantity in found.items())
        await self.tell(Packed(**self.stamp("floor"), shipment=shipment, parcels=(Parcel(number=1, weight_g=1200, contents=contents),)))

    async def carrier(self, status: CarrierStatus, shipment: int = 1, **details: Any) -> None:
        await self.tell(CarrierEvent(**self.stamp("carrier") | details, shipment=shipment, status=status))

    async def deliver(self, shipment: int = 1) -> None:
        await self.until(Wait.DELIVERY, f"shipment {shipment}")
        await self.tell(DeliveryConfirmed(**self.stamp("driver"), shipment=shipment, signed_by="A. Byron"))

    async def pay(self, cents: int, payment: str = "", invoice: int | None = None) -> None:
        name = payment or f"bank-{self.placed.external_id}-{next(self.said)}"
        await self.tell(PaymentReceived(**self.stamp("bank"), payment=name, amount=euro(cents), invoice=invoice))

    async def ship(self, shipment: int = 1) -> None:
        """Through the floor and out of the house."""
        await self.pick(shipment)
        await self.pack(shipment)
        await self.until(Wait.DELIVERY, f"shipment {shipment}")

    async def close(self) -> OrderEnded:
        """Let the return window pass and the order end; nothing else may be open."""
        await self.until(Wait.RETURN_WINDOW)
        await self.pass_time(31)
        return await self.ended()


async def seeded(database: Database) -> None:
    await database.transaction(seed, catalogue())


@asynccontextmanager
async def installed(
    env: WorkflowEnvironment,
    folder: Path,
    url: str = "",
    web_shops: Mapping[str, ShopDoor] | None = None,
) -> AsyncIterator[Shop]:
    """An installation on this server, its partners (and its database, unless `url` names one) in `folder`; it ends with a clean audit."""
    if url:
        migrate(url)
    else:
        url = f"sqlite:///{folder / 'holdfast.db'}"
        migrated(url)
    database = Database(url)
    await seeded(database)
    try:
        with World(folder / "world.db") as world:
            shop = Shop(env, database, world, url)
            shop.partners.shops = web_shops or {}
            await shop.open()
            try:
                yield shop
                assert await shop.audit() == []
            finally:
                await shop.shut()
    finally:
        await database.close()
