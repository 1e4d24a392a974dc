"""Wiring: the one module that knows all rooms and says which real thing stands behind each port."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    Worker,
    WorkflowRunner,
)

from activities.backorders import BackorderActivities
from activities.bell import Bell
from activities.collective import CollectiveActivities
from activities.collective_letters import mail_collective
from activities.credit import CreditActivities
from activities.dispatch import DispatchActivities
from activities.feedback import FeedbackActivities
from activities.finance_charges import FinanceChargeActivities
from activities.floor import FloorActivities
from activities.invoices import InvoiceActivities
from activities.money import MoneyActivities
from activities.orders import OrderActivities
from activities.quote_letters import mail_quotes
from activities.reminders import ReminderActivities
from activities.replenishment import ReplenishmentActivities
from activities.returns import ReturnActivities
from activities.shipping import ShippingActivities
from activities.stock import StockActivities
from activities.supply import SupplyActivities
from activities.webhooks import WebhookActivities
from config import logs
from config.settings import Settings
from config.shops import shops_of
from database.engine import Database
from domain.errors import Refused
from integrations.forecasting import best_forecaster
from integrations.ports import Carriers, Mail, Payments, Subscribers, Warehouse
from integrations.simulated import SimulatedCarriers, SimulatedMail, SimulatedWarehouse, World
from integrations.webhooks import HttpSubscribers, Keyring
from starters.edi.partners import partners_of
from starters.edi.post import Post
from starters.forms import forms
from starters.intake import Road
from starters.subscribing import subscribers_of
from workers.announcer import announcer
from workers.gateways import payments_of
from workers.mail import mail_of
from workers.messenger import messenger
from workers.rounds import rounds
from workers.runner import plain
from workers.shops import ShopDoor, doors_of, feeder, feeds_of
from workers.sweeper import sweeper
from workers.warehouses import serving
from workflows.collective import InvoiceRun
from workflows.dispatch import ManifestClosing, TrackShipments
from workflows.distribution import Distribution, Reallocation
from workflows.feedback import ShopFeedback
from workflows.finance_charges import FinanceCharges
from workflows.order import Order
from workflows.policies import CARRIER, MAIL, ORDERS_QUEUE, PAYMENTS, PLANNING, QUEUES, SHOP_QUEUE, WAREHOUSE, WEBHOOKS
from workflows.receipt import StockReceipt
from workflows.replenishment import Replenishment
from workflows.supply import SupplyCancellation, SupplySlip
from workflows.webhooks import TellSubscriber

GRACE = timedelta(seconds=10)
"""How long running activities may go on when a worker stops; the SDK would cut them at once."""

WORKFLOW_TASKS = 8
"""Workflow tasks at a time in one process. They share one interpreter: more of them only wait for each other, and a task that is kept
waiting for two seconds (as when a hundred orders arrive at once, each loading its sandbox) counts as deadlocked and starts again."""

MAILS_EVERY = 5.0
"""Seconds between two looks for collective invoices that are complete and not sent yet."""

EDI_EVERY = 1.0
"""Seconds between two looks at the folder of EDI and at what partners are owed; a file is read at the second look that finds it alike."""

BUILD = f"holdfast-{version('holdfast')}"
"""What the Temporal UI shows as the worker's build; the SDK's own default reads every loaded module's file at the start, for seconds."""

WORKFLOWS = [
    Order,
    StockReceipt,
    SupplySlip,
    SupplyCancellation,
    Distribution,
    Reallocation,
    Replenishment,
    FinanceCharges,
    ManifestClosing,
    TrackShipments,
    InvoiceRun,
    ShopFeedback,
    TellSubscriber,
]

Activity = Callable[..., Any]


class Partners:
    """Who stands behind the ports."""

    def __init__(
        self,
        warehouse: Warehouse,
        carriers: Carriers,
        payments: Payments,
        mail: Mail,
        shops: Mapping[str, ShopDoor] | None = None,
        subscribers: Subscribers | None = None,
    ) -> None:
        self.warehouse, self.carriers, self.payments, self.mail = warehouse, carriers, payments, mail
        self.shops = shops or {}
        self.subscribers = subscribers or HttpSubscribers(lambda: Keyring(()))


def partners(settings: Settings) -> tuple[Partners, World]:
    """The outside world that the settings name; the simulated one keeps its own records."""
    world = World(Path(settings.world_url.removeprefix("sqlite:///")))
    behind = Partners(SimulatedWarehouse(world), SimulatedCarriers(world), payments_of(settings, world), SimulatedMail(world))
    behind.subscribers = subscribers_of(settings)
    return behind, world


def bell_of(client: Client, database: Database) -> Bell:
    """Calls the one distribution of the house, and begins it when none is running."""

    async def ring() -> None:
        await client.start_workflow(
            "Distribution",
            id="distribution",
            task_queue=ORDERS_QUEUE,
            start_signal="stock_freed",
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary="Freed stock goes along the backorder queue",
        )

    return Bell(database, ring)


def activities_by_queue(database: Database, behind: Partners, bell: Bell | None = None) -> dict[str, list[Activity]]:
    """Every activity, by the queue it runs on: our own database beside the workflows, each outside system on a queue of its own."""
    orders, stock, backorders = OrderActivities(database, bell), StockActivities(database, bell), BackorderActivities(database, bell)
    floor, shipping = FloorActivities(database, behind.warehouse, bell), ShippingActivities(database, behind.carriers, bell)
    money, invoices = MoneyActivities(database, behind.payments), InvoiceActivities(database, behind.mail)
    returns, dispatch = ReturnActivities(database, behind.carriers, bell), DispatchActivities(database, behind.carriers)
    supply, collective = SupplyActivities(database), CollectiveActivities(database)
    credit, reminders = CreditActivities(database), ReminderActivities(database, behind.mail)
    feedback = FeedbackActivities(database, {name: door.front for name, door in behind.shops.items()})
    finance_charges, webhooks = FinanceChargeActivities(database), WebhookActivities(database, behind.subscribers, behind.mail)
    return {
        ORDERS_QUEUE: [
            orders.accept_order,
            orders.change_lines,
            orders.cancel_rest,
            orders.record_exception,
            orders.record_notes,
            orders.close_order,
            credit.check_credit,
            credit.record_credit_release,
            stock.allocate_stock,
            stock.release_stock,
            stock.abandon_shipment,
            stock.record_due,
            stock.move_promises,
            stock.accept_promises,
            stock.receive_stock,
            backorders.distribute_stock,
            backorders.reallocate_stock,
            supply.move_supply,
            supply.cancel_supply,
            floor.record_pick,
            floor.record_packing,
            shipping.record_tracking,
            shipping.record_delivery,
            shipping.record_loss,
            invoices.issue_invoice,
            invoices.collect_shipment,
            invoices.request_deposit,
            invoices.apply_payment,
            invoices.reverse_payment,
            reminders.find_reminder,
            reminders.take_back_reminder,
            invoices.hand_to_collections,
            invoices.write_off,
            invoices.issue_credit,
            collective.find_customers_to_invoice,
            collective.issue_collective_invoices,
            returns.record_return_receipt,
            returns.record_inspection,
            returns.settle_return,
            finance_charges.find_charged_customers,
            finance_charges.charge_customer,
            returns.price_items,
            returns.open_claim,
            dispatch.find_under_way,
            dispatch.news_told,
            feedback.find_feedback,
        ],
        WAREHOUSE.queue: [floor.release_picks, floor.cancel_picks],
        CARRIER.queue: [
            shipping.ship_parcels,
            shipping.void_label,
            returns.authorize_return,
            returns.move_untaken,
            dispatch.close_manifest,
            dispatch.pull_tracking,
        ],
        PAYMENTS.queue: [
            money.authorize_payment,
            money.void_authorization,
            money.capture_payment,
            money.refund_capture,
            money.refund_payment,
        ],
        MAIL.queue: [invoices.send_reminder, invoices.send_deposit_request, reminders.issue_reminder, webhooks.tell_disabled],
        PLANNING.queue: [ReplenishmentActivities(database, best_forecaster).plan_items],
        **{f"{SHOP_QUEUE}{name}": [feedback.tell_feedback] for name in behind.shops},
        WEBHOOKS.queue: [webhooks.send_events],
    }


def workers(
    client: Client,
    database: Database,
    behind: Partners,
    interceptors: Sequence[Interceptor] = (),
    runner: WorkflowRunner | None = None,
    queues: Collection[str] = QUEUES,
) -> list[Worker]:
    """One worker per queue; only the first runs workflows, `plain` when no other runner is given.

    The queues of the shops behind us are served beside those that are named, each at the rate that its shop allows.
    """
    found = []
    for queue, activities in activities_by_queue(database, behind, bell_of(client, database)).items():
        shop = behind.shops.get(queue.removeprefix(SHOP_QUEUE)) if queue.startswith(SHOP_QUEUE) else None
        if shop is None and queue not in queues:
            continue
        found.append(
            Worker(
                client,
                task_queue=queue,
                workflows=WORKFLOWS if queue == ORDERS_QUEUE else [],
                activities=activities,
                workflow_runner=runner or plain(),
                interceptors=[Final(), *interceptors],
                build_id=BUILD,
                graceful_shutdown_timeout=GRACE,
                max_concurrent_workflow_tasks=WORKFLOW_TASKS,
                max_concurrent_activities=100 if queue == ORDERS_QUEUE else 20,
                max_task_queue_activities_per_second=shop.per_second if shop else None,
            )
        )
    return found


async def run_workers(settings: Settings, client: Client, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
    """Carry out orders until `stop` is set, then let what runs come to its end. Real carriers are served by a process of their own."""
    database = Database(settings.database_url)
    behind, world = partners(settings)
    behind.warehouse = serving(settings, database, behind.warehouse)
    behind.mail = mail_of(settings, database, behind.mail)
    shops = shops_of(settings)
    behind.shops = doors_of(shops)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        stack.callback(world.close)
        for door in behind.shops.values():
            stack.push_async_callback(door.close)
        elsewhere = {CARRIER.queue} if settings.carriers == "karrio" else set()
        for worker in workers(client, database, behind, queues=set(QUEUES) - elsewhere):
            await stack.enter_async_context(worker)
        await stack.enter_async_context(messenger(client, database))
        if behind.shops:
            await stack.enter_async_context(feeder(client, database, feeds_of(shops)))
        await stack.enter_async_context(rounds("collective invoices", lambda: mail_collective(database, behind.mail), MAILS_EVERY))
        await stack.enter_async_context(rounds("quotes", lambda: mail_quotes(database, behind.mail), MAILS_EVERY))
        road = Road(database, client, settings, forms(settings))
        await stack.enter_async_context(sweeper(road))
        await stack.enter_async_context(rounds("edi", Post(road, partners_of(settings), settings.edi_folder).round, EDI_EVERY))
        await stack.enter_async_context(announcer(client, database))
        ready()
        await stop.wait()


class Final(Interceptor):
    """What the business refuses is final on the first attempt; everything else is repeated."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002  # the SDK's own name
        return _FinalActivity(next)


class _FinalActivity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002  # the SDK's own name
        try:
            return await super().execute_activity(input)
        except Refused as refused:
            raise ApplicationError(str(refused), type=type(refused).__name__, non_retryable=True) from refused


async def until_stopped(settings: Settings, client: Client) -> None:
    """Run as a process: until SIGINT or SIGTERM."""
    logs.configure(settings.log_level)
    await run_workers(settings, client, stopped())


def stopped() -> asyncio.Event:
    """Set by SIGINT or SIGTERM."""
    import signal

    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers on its event loop: Ctrl-C ends the process
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop
