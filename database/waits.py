"""What an order waits for, about what and until when: derived from its rows, never set by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from database.tables import CollectibleRow, CreditWait, DepositRow, Invoice, Order, OrderLine, Return, Shipment
from domain.exceptions import OpenException
from domain.lifecycle import Wait
from domain.views import WaitView

_ON_THE_WAY = {"released": Wait.PICK, "picked": Wait.PACK, "shipped": Wait.DELIVERY}
_COMING_BACK = {"authorized": Wait.RETURNED_GOODS, "received": Wait.INSPECTION}


def waits_of(
    order: Order,
    lines: Iterable[OrderLine],
    shipments: Sequence[Shipment],
    invoices: Iterable[Invoice],
    returns: Iterable[Return],
    exceptions: Iterable[OpenException],
    collectibles: Iterable[CollectibleRow] = (),
    deposits: Iterable[DepositRow] = (),
    received: int = 0,
    credit: Iterable[CreditWait] = (),
) -> tuple[WaitView, ...]:
    """`received` are the minor units that came in and stand.

    Nothing for an order that has ended; the return window when everything was delivered and nothing else is awaited.
    """
    if order.outcome:
        return ()
    waits = [
        *(_wait(Wait.DECISION, f"exception {e.number}: {e.kind}", e.due_at) for e in exceptions if e.decision is None),
        *([_wait(Wait.RELEASE, "order", order.review_at)] if order.held else []),
        *(_wait(Wait.DEPOSIT, "order", d.due_at) for d in deposits if d.before_supply and received < d.amount and not shipments),
        *(_wait(Wait.CREDIT, row.subject, row.review_at) for row in credit),
        *(_wait(Wait.STOCK, f"line {line.line}", line.backorder_due) for line in lines if line.open and line.backorder_due),
        *(_wait(_ON_THE_WAY[s.status], f"shipment {s.shipment}", s.due_at) for s in shipments if s.status in _ON_THE_WAY),
        *(_wait(Wait.INVOICE, f"shipment {c.shipment}", c.due_at) for c in collectibles if c.document is None and not c.apart),
        *_money(invoices),
        *(_wait(_COMING_BACK[r.status], f"return {r.rma}", r.due_at) for r in returns if r.status in _COMING_BACK),
    ]
    under_way = any(s.status in ("planned", "released", "picked", "packed", "shipped") for s in shipments)
    arrived = any(s.status == "delivered" for s in shipments)
    if not waits and arrived and not under_way and not any(line.open for line in lines):
        waits.append(_wait(Wait.RETURN_WINDOW, "order", order.returnable_until))
    return tuple(waits)


def _money(invoices: Iterable[Invoice]) -> Iterator[WaitView]:
    for invoice in invoices:
        subject = f"invoice {invoice.invoice}"
        if invoice.balance <= 0:
            continue
        if invoice.collections_at is not None:
            yield _wait(Wait.COLLECTIONS, subject, invoice.collections_review_at)
        elif invoice.dispute_review_at is not None:
            yield _wait(Wait.DISPUTE, subject, invoice.dispute_review_at)
        elif invoice.promised_by is not None:
            yield _wait(Wait.PROMISE, subject, invoice.promised_by)
        elif invoice.dunning_held_until is not None:
            yield _wait(Wait.DUNNING_HOLD, subject, invoice.dunning_held_until)
        else:
            yield _wait(Wait.PAYMENT, subject, invoice.reminded_due_at or invoice.due_at)


def _wait(wait: Wait, subject: str, until: datetime | None) -> WaitView:
    return WaitView(wait=wait, subject=subject, until=until)
