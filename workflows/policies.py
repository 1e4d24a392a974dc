"""Patience: how long each kind of call may take, where it runs and how it is repeated, each number with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import RetryPolicy

ORDERS_QUEUE = "orders"
"""Workflows and everything that only touches our own database."""


@dataclass(frozen=True)
class Patience:
    """Calls repeat without end: an outage pauses an order, it never fails one. What is refused is final (the worker's interceptor)."""

    queue: str
    start_to_close: timedelta
    retry: RetryPolicy


DATABASE = Patience(
    ORDERS_QUEUE,
    # A transaction takes milliseconds; ten seconds cover a checkpoint or a failover, and a killed worker is noticed soon.
    start_to_close=timedelta(seconds=10),
    # Our own database comes back quickly and takes the load; ten seconds keep the orders close behind it.
    retry=RetryPolicy(initial_interval=timedelta(milliseconds=100), backoff_coefficient=2, maximum_interval=timedelta(seconds=10)),
)

WAREHOUSE = Patience(
    "warehouse",
    # Warehouse systems answer within seconds, or not at all.
    start_to_close=timedelta(seconds=30),
    # The floor works by the hour: half a minute between attempts loses nothing and does not hammer a system that is down.
    retry=RetryPolicy(initial_interval=timedelta(milliseconds=200), backoff_coefficient=2, maximum_interval=timedelta(seconds=30)),
)

CARRIER = Patience(
    "carrier",
    # Quotes from several carriers and a label with its picture: the slowest answer seen in practice is some twenty seconds.
    start_to_close=timedelta(seconds=45),
    # A pick-up is hours away; carriers cap their callers' rate.
    retry=RetryPolicy(initial_interval=timedelta(milliseconds=200), backoff_coefficient=2, maximum_interval=timedelta(minutes=1)),
)

PAYMENTS = Patience(
    "payments",
    # Gateways document up to thirty seconds for a bank's answer.
    start_to_close=timedelta(seconds=45),
    # An unknown outcome is looked up by its key, so asking again soon is safe; a minute respects the gateway's rate.
    retry=RetryPolicy(initial_interval=timedelta(milliseconds=200), backoff_coefficient=2, maximum_interval=timedelta(minutes=1)),
)

MAIL = Patience(
    "mail",
    # A mail server takes a letter at once.
    start_to_close=timedelta(seconds=30),
    # Nobody waits for a letter within five minutes.
    retry=RetryPolicy(initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)),
)

PLANNING = Patience(
    "planning",
    # Some milliseconds an item, so that a hundred thousand items have their time; signs of life tell sooner that a worker is gone.
    start_to_close=timedelta(hours=2),
    # Nobody waits for tomorrow's orders within a minute.
    retry=RetryPolicy(initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=1)),
)

WEBHOOKS = Patience(
    "webhooks",
    # A batch stops beginning new events after half a minute, and none takes longer than fifteen seconds; signs of life tell sooner.
    start_to_close=timedelta(minutes=2),
    # What repeats here is trouble of our own (the database, a missing key); a receiver's failure is an answer with a schedule of its own.
    retry=RetryPolicy(initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=1)),
)

SHOP_QUEUE = "shop/"
"""What the names of the shops' queues begin with: each shop has one of its own, since it caps each caller by itself."""

QUEUES = (ORDERS_QUEUE, WAREHOUSE.queue, CARRIER.queue, PAYMENTS.queue, MAIL.queue, PLANNING.queue, WEBHOOKS.queue)


def shop_patience(shop: str) -> Patience:
    """How a shop is told something."""
    return Patience(
        f"{SHOP_QUEUE}{shop}",
        # All calls of a telling have 35 seconds; the rest is for our own rows.
        start_to_close=timedelta(seconds=45),
        # What the shop does not answer is written down as such; what is repeated here is our own database, or a worker that is gone.
        retry=RetryPolicy(initial_interval=timedelta(milliseconds=200), backoff_coefficient=2, maximum_interval=timedelta(seconds=30)),
    )
