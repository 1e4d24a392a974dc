"""Placing an order: its document is kept first, then its workflow is started, and both only once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy.orm import Session
from temporalio.client import Client
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from database import intake
from database.engine import Database
from database.tables import Order
from domain.errors import Conflict, InputRefused, Unavailable
from domain.lifecycle import Stage
from domain.order import OrderLine, PlaceOrder
from domain.policies import Policies
from domain.state import OrderStart, order_start
from domain.values import Value
from starters.messaging import workflow_id

if TYPE_CHECKING:
    from config.settings import Settings

TASK_QUEUE = "orders"
LARGEST_PAYLOAD = 1_800_000
"""Bytes of an order as it travels; Temporal takes 2 MiB with everything around it."""
MOST_LINES_SHOWN = 50

_STATUS = SearchAttributeKey.for_keyword("OrderStatus")
_CHANNEL = SearchAttributeKey.for_keyword("SalesChannel")
_CUSTOMER = SearchAttributeKey.for_keyword("CustomerId")
_BALANCE = SearchAttributeKey.for_int("BalanceDue")
_PROMISE = SearchAttributeKey.for_datetime("PromiseDate")


class Placed(Value):
    """`started`: the order is new and lives; `same`: it was placed before, with the same content."""

    order: str
    how: Literal["started", "same"]


async def place(
    client: Client,
    database: Database,
    settings: Settings,
    placed: PlaceOrder,
    policies: Policies | None = None,
    *,
    stated: PlaceOrder | None = None,
) -> Placed:
    """Keep the order's document and start its workflow; a repeat, also in parallel or after a crash in between, is the same order.

    Without `policies` the order has the business's usual patience, in days of the settings' length. `stated` is the order in its sender's
    own words, where some were mapped: by them a repeat is known, whatever has been mapped anew since.

    Raises Conflict for a known order with other content (which is recorded), InputRefused for one that is too large to travel, and
    Unavailable when the server or the database does not answer: placing it again is safe.
    """
    start = order_start(placed, policies or policies_of(settings))
    size = len(start.model_dump_json().encode())
    if size > LARGEST_PAYLOAD:
        raise InputRefused(f"order {placed.key}", f"it has {size:,} bytes, and at most {LARGEST_PAYLOAD:,} can travel")
    captured = await database.transaction(intake.capture, placed, datetime.now(UTC), (stated or placed).fingerprint)
    if captured == "conflict":
        raise Conflict(f"Order {placed.key}", "the first document stands")
    if captured == "new" or not await database.read(_written, placed.key):
        await _start(client, placed, start)
    return Placed(order=placed.key, how="started" if captured == "new" else "same")


def policies_of(settings: Settings) -> Policies:
    """The business's usual patience, as this installation has it."""
    return Policies(
        day=settings.day,
        return_window=settings.return_window,
        rma_expires=settings.rma_expires,
        price_roles=tuple(sorted(settings.price_roles)),
    )


def _written(session: Session, order: str) -> bool:
    """Has its workflow written it down? Temporal forgets closed orders after a while, and an order never starts twice."""
    return session.get(Order, order) is not None


async def _start(client: Client, placed: PlaceOrder, start: OrderStart) -> None:
    try:
        await client.start_workflow(
            "Order",
            start,
            id=workflow_id(placed.key),
            task_queue=TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=_search_attributes(placed),
            static_summary=f"{len(placed.lines)} {'line' if len(placed.lines) == 1 else 'lines'}, {_total(placed)}, {placed.terms!s}",
            static_details=details(placed),
        )
    except WorkflowAlreadyStartedError:
        return  # it has ended; a closed order is not opened again
    except RPCError as error:
        raise Unavailable(f"Order {placed.key} is kept but could not be started: {error.message}; place it again.") from error


def _search_attributes(placed: PlaceOrder) -> TypedSearchAttributes:
    pairs: list[SearchAttributePair[str] | SearchAttributePair[int] | SearchAttributePair[datetime]] = [
        SearchAttributePair(_STATUS, Stage.CAPTURED.value),
        SearchAttributePair(_CHANNEL, placed.channel),
        SearchAttributePair(_BALANCE, 0),
    ]
    if "@" not in placed.customer:  # an address of a person stays out of what everybody can search
        pairs.append(SearchAttributePair(_CUSTOMER, placed.customer))
    if placed.requested_at is not None:
        pairs.append(SearchAttributePair(_PROMISE, placed.requested_at))
    return TypedSearchAttributes(pairs)


def details(placed: PlaceOrder) -> str:
    """The order as the Temporal UI shows it, in Markdown: lines, terms and total, and no personal data."""
    rows = [(line.number, _cell(line.item), line.quantity, *_price(line, placed.currency)) for line in placed.lines[:MOST_LINES_SHOWN]]
    facts = [f"**Terms** {placed.terms!s}", f"ships **{placed.policy or 'as its customer has it'}**", f"freight {placed.freight}"]
    if placed.discount:
        facts.append(f"discount {placed.discount}")
    if placed.requested_at is not None:
        facts.append(f"requested by {placed.requested_at.date().isoformat()}")
    if placed.po_number:
        facts.append(f"PO {_cell(placed.po_number)}")
    more = len(placed.lines) - len(rows)
    table = [_row("Line", "Item", "Quantity", "Unit price", "Net"), "|---:|---|---:|---:|---:|", *(_row(*row) for row in rows)]
    return "\n".join([", ".join(facts), "", *table, *([f"and {more} more"] if more else []), "", f"**Total {_total(placed)}**"])


def _price(line: OrderLine, currency: str) -> tuple[object, object]:
    """Unit price and net amount; a line that leaves its price to us has none yet."""
    return ("ours", "") if line.to_price else (line.unit_price, line.gross(currency) - line.discount)


def _total(placed: PlaceOrder) -> str:
    return "priced when it is accepted" if any(line.to_price for line in placed.lines) else str(placed.total)


def _row(*cells: object) -> str:
    """A row of a Markdown table; the UI puts no space between cells, so the cells bring their own."""
    return "|" + "|".join(f"\u00a0{cell}\u00a0" for cell in cells) + "|"


def _cell(text: str) -> str:
    """Text of a stranger inside a table: what would end a cell or format it is taken out."""
    return "".join(" " if character in "|\r\n`*_<>[]" else character for character in text)[:80]
