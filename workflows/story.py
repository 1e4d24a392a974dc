"""What the Temporal UI shows of an order while it runs: where it is, what it waits for, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from domain.money import is_currency
    from domain.parts import Line, Shipment
    from domain.purchasing import supply_in_words
    from domain.state import OrderState

from workflows.chapter import Life, Waiting

ORDER_STATUS = SearchAttributeKey.for_keyword("OrderStatus")
OPEN_EXCEPTIONS = SearchAttributeKey.for_keyword_list("OpenExceptions")
WAREHOUSES = SearchAttributeKey.for_keyword_list("Warehouses")
PROMISE_DATE = SearchAttributeKey.for_datetime("PromiseDate")
BALANCE_DUE = SearchAttributeKey.for_int("BalanceDue")
CUSTOMER_ID = SearchAttributeKey.for_keyword("CustomerId")

Attribute = SearchAttributeUpdate[str] | SearchAttributeUpdate[int] | SearchAttributeUpdate[datetime] | SearchAttributeUpdate[Sequence[str]]

MOST_ROWS = 50
"""Rows of a table on an order's page; the database has them all."""


def details(life: Life) -> str:
    """A small Markdown page: status, waits, lines, shipments, invoices, exceptions and holds."""
    state = life.state
    parts = [f"**{state.stage.upper()}**" + (f": {state.outcome_reason}" if state.outcome_reason else "")]
    placed = state.placed
    total = f"{placed.total}" if is_currency(placed.currency) else placed.currency
    parts.append(f"{len(placed.lines)} lines, {total}, {state.terms}, ships {state.policy}")
    parts += [f"- waits: {_wait(waiting)}" for waiting in life.waiting.values()]
    parts += [f"- doing: {doing}" for doing in life.doing.values()]
    parts += [f"- stopped by credit at {stop.stage}: {'; '.join(stop.reasons)}" for stop in [state.credit_stop] if stop]
    parts += [f"- on hold by {hold.by}: {hold.reason}" for hold in state.holds]
    parts += [
        f"- exception {e.number} for {e.owner}: {e.kind} of {e.subject}, choose {' or '.join(e.choices)}" for e in state.open_exceptions()
    ]
    parts += _table(
        ("line", "item", "ordered", "open", "at work", "shipped", "delivered", "returned", "cancelled", "promised"),
        [
            (n.number, n.item, n.ordered, n.open, n.at_work, n.shipped, n.delivered, n.returned, n.cancelled, _promise(n))
            for n in state.lines[:MOST_ROWS]
        ],
    )
    parts += _table(
        ("shipment", "from", "state", "tracking"),
        [(s.number, s.location, shipment_state(s), s.tracking) for s in state.shipments[-MOST_ROWS:]],
    )
    parts += _table(
        ("invoice", "total", "balance", "due", "reminders"),
        [(i.document, i.total, i.balance, _date(i.due_at), i.reminders) for i in state.invoices[-MOST_ROWS:]],
    )
    return "\n".join(parts)


def shipment_state(shipment: Shipment) -> str:
    if shipment.abandoned:
        return "given up"
    if shipment.lost:
        return "lost"
    if shipment.delivered_at:
        return "delivered"
    if shipment.shipped_at:
        return (shipment.carrier_status or "shipped").replace("_", " ")
    return "packed" if shipment.packed else "picked" if shipment.picked else "with the floor" if shipment.released else "planned"


def attributes(state: OrderState) -> list[Attribute]:
    """The search attributes as they should stand now."""
    promised = [s.expected_at for s in state.shipments if s.expected_at and not s.settled]
    updates: list[Attribute] = [
        ORDER_STATUS.value_set(state.stage.value),
        OPEN_EXCEPTIONS.value_set(sorted({exception.kind.value for exception in state.open_exceptions()})),
        WAREHOUSES.value_set(sorted({shipment.location for shipment in state.shipments if not shipment.abandoned})),
        BALANCE_DUE.value_set(state.balance.minor),
        CUSTOMER_ID.value_set(state.customer),
    ]
    promised += [line.promised_at for line in state.lines if line.promised_at and (line.open or line.at_work)]
    last = max((line.promised_at for line in state.lines if line.promised_at), default=state.placed.requested_at)
    promise = max(promised) if promised else last
    if promise is not None:
        updates.append(PROMISE_DATE.value_set(promise))
    return updates


def at_start(state: OrderState) -> dict[str, object]:
    """The search attributes that whoever started the order has written; a continued run inherits what the last one wrote."""
    return {update.key.name: update.value for update in attributes(state)}


def _table(heads: tuple[str, ...], rows: list[tuple[object, ...]]) -> list[str]:
    """A Markdown table, none without rows; the UI puts no space between cells, so the cells bring their own."""
    if not rows:
        return []
    lines = [heads, *rows]
    cells = ["|".join(f"\u00a0{str(cell).replace('|', '/')}\u00a0" for cell in line) for line in lines]
    return [f"\n|{cells[0]}|", f"|{'--|' * len(heads)}", *(f"|{row}|" for row in cells[1:])]


def _wait(waiting: Waiting) -> str:
    return f"**{waiting.wait.replace('_', ' ')}** for {waiting.subject}" + (f" until {_date(waiting.due)}" if waiting.due else "")


def _promise(line: Line) -> str:
    if line.promised_at is None:
        return ""
    late = f", told {_date(line.told_at)}" if line.told_at and line.promised_at > line.told_at else ""
    return f"{_date(line.promised_at)} from {supply_in_words(line.supply)}{late}"


def _date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
