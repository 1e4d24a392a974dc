"""The audit's rules about what comes back: nothing is credited twice, what is held is its ledger's, store credit is what was granted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from database.tables import (
    AccountEntry,
    ClaimRow,
    CreditFeeRow,
    CreditLine,
    CreditNote,
    HeldMovement,
    HeldStock,
    Invoice,
    Refund,
    Return,
    ReturnLine,
    StockMovement,
)

Found = Iterator[tuple[str, str]]


def _a_credit_note_adds_up(session: Session) -> Found:
    """total = lines + freight + rounding - fees, with their taxes unless the prices contain them."""
    lines = (
        select(
            CreditLine.order,
            CreditLine.credit,
            func.sum(CreditLine.gross - CreditLine.discount + CreditLine.surcharge).label("net"),
            func.sum(CreditLine.tax).label("tax"),
        )
        .group_by(CreditLine.order, CreditLine.credit)
        .subquery()
    )
    fees = (
        select(CreditFeeRow.order, CreditFeeRow.credit, func.sum(CreditFeeRow.net).label("net"), func.sum(CreditFeeRow.tax).label("tax"))
        .group_by(CreditFeeRow.order, CreditFeeRow.credit)
        .subquery()
    )

    def amount(column: ColumnElement[int]) -> ColumnElement[int]:
        return func.coalesce(column, 0)

    chosen = (
        select(CreditNote, Invoice, amount(lines.c.net), amount(lines.c.tax), amount(fees.c.net), amount(fees.c.tax))
        .join(Invoice, and_(Invoice.order == CreditNote.order, Invoice.invoice == CreditNote.invoice))
        .outerjoin(lines, and_(lines.c.order == CreditNote.order, lines.c.credit == CreditNote.credit))
        .outerjoin(fees, and_(fees.c.order == CreditNote.order, fees.c.credit == CreditNote.credit))
    )
    for note, invoice, net, tax, fee, fee_tax in session.execute(chosen):
        taxes = 0 if invoice.taxes_included else tax - fee_tax + (invoice.freight_tax if note.freight else 0)
        adds_up_to = net + note.freight + note.rounding - fee + taxes
        if note.total != adds_up_to:
            yield f"{note.order} {note.document}", f"gives {note.total}, its parts add up to {adds_up_to}"


def _a_return_is_credited_at_most_once(session: Session) -> Found:
    """Of an RMA never more units are credited than were authorized, or came."""
    credited = (
        select(CreditNote.order, CreditNote.rma, func.sum(CreditLine.quantity).label("units"))
        .join(CreditLine, and_(CreditLine.order == CreditNote.order, CreditLine.credit == CreditNote.credit))
        .where(CreditNote.rma > 0)
        .group_by(CreditNote.order, CreditNote.rma)
        .subquery()
    )
    line = ReturnLine
    rows = (
        select(line.order, line.rma, func.sum(line.authorized).label("authorized"), func.sum(line.received).label("received"))
        .group_by(line.order, line.rma)
        .subquery()
    )
    chosen = select(credited.c.order, credited.c.rma, credited.c.units, rows.c.authorized, rows.c.received).join(
        rows, and_(rows.c.order == credited.c.order, rows.c.rma == credited.c.rma)
    )
    for order, rma, units, authorized, received in session.execute(chosen):
        if units > max(authorized, received):
            yield f"{order} return {rma}", f"{units} units are credited, {authorized} were authorized and {received} came"


def _what_became_of_a_return_is_what_came(session: Session) -> Found:
    """Of a return that was inspected, units have a disposition at most once; what the customer keeps need not have come."""
    line = ReturnLine
    counts = (line.restock, line.scrap, line.refurbish, line.vendor, line.quarantine, line.send_back, line.customer_keeps)
    came = sum(counts[1:-1], start=counts[0])
    wrong = or_(*(count < 0 for count in counts), line.damaged < 0, came > line.received, line.damaged > line.received)
    for row in session.scalars(select(line).where(wrong)):
        kinds = {count.key: getattr(row, count.key) for count in counts if getattr(row, count.key)}
        yield f"{row.order} return {row.rma} line {row.line}", f"{row.received} came ({row.damaged} damaged), and became {kinds}"


def _held_is_the_sum_of_its_movements(session: Session) -> Found:
    place = (HeldMovement.item, HeldMovement.location, HeldMovement.why, HeldMovement.lot)
    moved = select(*place, func.sum(HeldMovement.quantity).label("units")).group_by(*place).subquery()
    joined = and_(*(getattr(HeldStock, column.key) == moved.c[column.key] for column in place))
    there = func.coalesce(moved.c.units, 0)
    chosen = select(HeldStock, there).outerjoin(moved, joined).where(or_(HeldStock.on_hand != there, HeldStock.on_hand < 0))
    for row, units in session.execute(chosen):
        yield f"{row.item} in {row.why} at {row.location}", f"{row.on_hand} are held, its movements add up to {units}"


def _what_is_freed_is_in_stock(session: Session) -> Found:
    """Units that left what is held for the shelf entered the stock ledger under the same key, as many of them."""
    joined = StockMovement.key == HeldMovement.key
    chosen = select(HeldMovement, StockMovement.quantity).outerjoin(StockMovement, joined).where(HeldMovement.kind == "freed")
    for row, entered in session.execute(chosen):
        if entered != -row.quantity:
            yield row.key, f"{-row.quantity} of {row.item} were freed, {entered or 0} are in the stock ledger"


def _store_credit_is_what_was_granted(session: Session) -> Found:
    """Every refund to the customer's account has its entry there, of the same amount; no entry is without its refund."""
    granted: dict[str, int] = {}
    for order, number, amount in session.execute(select(Refund.order, Refund.refund, Refund.amount).where(Refund.to_account)):
        granted[f"{order}/refund/{number}/store_credit"] = amount
    entries = select(AccountEntry.key, AccountEntry.amount).where(
        AccountEntry.kind == "store_credit", AccountEntry.amount < 0, AccountEntry.key.like("%/refund/%/store_credit")
    )
    entered = {key: -amount for key, amount in session.execute(entries)}
    for key in sorted(granted.keys() | entered.keys()):
        if granted.get(key, 0) != entered.get(key, 0):
            yield key, f"{granted.get(key, 0)} minor units were granted, {entered.get(key, 0)} are on the account"


def _what_was_lost_is_claimed_once(session: Session) -> Found:
    """No shipment has two claims on its carrier for the same return, and no claim is paid beyond its amount."""
    twice = (
        select(ClaimRow.order, ClaimRow.shipment, ClaimRow.rma, func.count())
        .where(ClaimRow.against == "carrier")
        .group_by(ClaimRow.order, ClaimRow.shipment, ClaimRow.rma)
        .having(func.count() > 1)
    )
    for order, shipment, rma, times in session.execute(twice):
        yield f"{order} shipment {shipment}", f"is claimed {times} times" + (f" for return {rma}" if rma else "")


def _a_return_that_ended_says_how(session: Session) -> Found:
    ends = ("refunded", "exchanged", "billed", "expired", "rejected")
    wrong = or_(
        and_(Return.settled_at.is_not(None), Return.status.not_in(ends)), and_(Return.settled_at.is_(None), Return.status.in_(ends))
    )
    for row in session.scalars(select(Return).where(wrong)):
        yield f"{row.order} {row.document}", f"is {row.status}, settled at {row.settled_at}"


RETURN_RULES: tuple[Callable[[Session], Found], ...] = (
    _a_credit_note_adds_up,
    _a_return_is_credited_at_most_once,
    _what_became_of_a_return_is_what_came,
    _held_is_the_sum_of_its_movements,
    _what_is_freed_is_in_stock,
    _store_credit_is_what_was_granted,
    _what_was_lost_is_claimed_once,
    _a_return_that_ended_says_how,
)
