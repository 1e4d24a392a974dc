"""The audit's rules about quotes: an accepted one has one order, at the prices that were quoted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.tables import InboxEntry, Intake, Quote, QuoteRevision
from domain.order import PlaceOrder
from domain.quotes import CHANNEL

Found = Iterator[tuple[str, str]]


def _an_accepted_quote_has_one_order_at_its_prices(session: Session) -> Found:
    """The order's document says what the accepted revision offered; while it is handed over, its document in the inbox stands for it."""
    chosen = (
        select(Quote, QuoteRevision.placed, Intake.document, InboxEntry.status)
        .join(QuoteRevision, (QuoteRevision.quote == Quote.quote) & (QuoteRevision.revision == Quote.revision))
        .outerjoin(Intake, Intake.order == Quote.order)
        .outerjoin(InboxEntry, InboxEntry.entry == Quote.entry)
        .where(Quote.ended == "accepted")
    )
    for row, offered, placed, status in session.execute(chosen):
        if not placed:
            if status not in ("open", "waiting"):
                yield row.quote, f"it was accepted as {row.order}, of which there is no order (inbox {row.entry} is {status})"
            continue
        quoted, ordered = PlaceOrder.model_validate_json(offered), PlaceOrder.model_validate_json(placed)
        if _charged(quoted) != _charged(ordered):
            yield row.quote, f"order {row.order} comes to {ordered.total}, quoted were {quoted.total}, or its lines differ"


def _an_order_of_a_quote_was_accepted(session: Session) -> Found:
    known = select(Quote.quote).where(Quote.order == Intake.order).exists()
    for order in session.scalars(select(Intake.order).where(Intake.channel == CHANNEL, ~known)):
        yield order, "no quote was accepted as this order"


def _charged(placed: PlaceOrder) -> tuple[object, ...]:
    lines = [(line.number, line.item, line.quantity, line.unit_price, line.discount, line.surcharges, line.taxes) for line in placed.lines]
    return (lines, placed.total, placed.freight, placed.discount, placed.currency)


QUOTE_RULES: tuple[Callable[[Session], Found], ...] = (_an_accepted_quote_has_one_order_at_its_prices, _an_order_of_a_quote_was_accepted)
