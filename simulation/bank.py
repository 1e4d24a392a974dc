"""The bank: customers' transfers, written into statements every few days, and what our own people make of the payments left to them."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from stdnum import iban
from temporalio.client import Client

from database import bank_entries, bank_queue
from database.engine import Database
from domain.bank import BankEntry, Statement
from domain.bank_views import EntryView
from domain.creditor_reference import creditor_reference
from domain.errors import Refused
from domain.money import Money
from domain.values import Value
from domain.views import InvoiceView, OrderView
from integrations.simulated import Script, World
from integrations.simulated.scripts import PayScript, TransferScript
from integrations.simulated.statements import camt053
from simulation import office
from simulation.customers import first_payment, first_payment_at, next_payment
from starters import banking

log = structlog.get_logger()

OURS = "DE02120300000000202051"
"""Our account at the simulated bank."""
CURRENCY = "EUR"
CLOSES_EVERY = 3
"""Days from one statement to the next; none is written when nothing moved."""
OPENS_WITH = 2_500_000
RETURNED_AFTER = 2
"""Days after which a debit comes back."""
CHARGES = 750
"""Minor units that a bank on the way keeps, or one and a half per cent if that is less."""
STRAY = BankEntry(
    amount=Money(minor=12_345, currency=CURRENCY),
    credit=True,
    booked_on=date(2026, 1, 1),
    text="Kegelclub Beitrag Dezember",
    payer="Jolanda Fremd",
    iban="DE89370400440532013000",
    bank_reference="SIM-STRAY",
)
"""A payment that was never meant for us."""


class Transfer(Value):
    """Money under way to or from our account: for these orders, in the words of whoever sent it."""

    id: str
    orders: tuple[str, ...]
    entry: BankEntry


class Bank:
    """Writes camt.053 files into `folder` and has them applied with the code of `oms bank`; it may be killed at any moment."""

    def __init__(self, client: Client, database: Database, folder: Path) -> None:
        self._client, self._database, self._folder = client, database, folder

    async def work(self, world: World, views: Mapping[str, OrderView], day: timedelta, now: datetime) -> None:
        """Take transfers that are due, write the statement of the day, apply it, and decide what was left to a person."""
        await world.off_loop(take_transfers, world, dict(views), day, now)
        for number, name, document in await world.off_loop(unread, world, day, now):
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / name).write_bytes(document)
            views_of = await banking.take(self._database, await banking.read(document, name), name, "cash application")
            log.info("a bank statement was applied", file=name, entries=sum(len(view.entries) for view in views_of))
            await world.off_loop(_mark_read, world, number)
            for entry in await self._database.read(bank_entries.list_entries, "queued"):
                await self._decide(entry, now)
            await banking.tell_orders(self._client, self._database)

    async def _decide(self, entry: EntryView, now: datetime) -> None:
        document = office.reads_payment(entry)
        if document is None:
            return
        try:
            await self._database.transaction(bank_queue.match, entry.entry, {document: entry.amount.minor}, "credit controller", now)
        except Refused as refused:  # it was paid in the meantime
            log.info("a payment stays in the queue", entry=entry.name, reason=str(refused))


def take_transfers(world: World, views: Mapping[str, OrderView], day: timedelta, now: datetime) -> None:
    """Write down every transfer that is made now."""
    scripts = {order: script for order in views if (script := world.script_of(order)).transfer is not None}
    if not scripts:
        return
    made = {row["id"]: row["made_at"] for row in world.rows("SELECT id, made_at FROM transfers")}
    wanted = [*joint_transfers(views, scripts, made, day, now)]
    for order, script in scripts.items():
        if script.transfer is not TransferScript.JOINT or any(f"/{order}/" in key for key in made):
            wanted += transfers(views[order], script, made, day, now)
    rows = [
        (each.id, " ".join(each.orders), each.entry.model_dump_json(), now.timestamp())
        for each in wanted
        if each.entry.amount.currency == CURRENCY
    ]
    if rows:
        with world.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO transfers (id, orders, entry, made_at) VALUES (?, ?, ?, ?)", rows)


def unread(world: World, day: timedelta, now: datetime) -> list[tuple[int, str, bytes]]:
    """Close the day if it is over, and answer with every statement that nobody has read."""
    with world.transaction() as connection:
        close_day(connection, day, now)
    rows = world.rows("SELECT * FROM bank_statements WHERE NOT read ORDER BY number")
    return [(row["number"], row["name"], bytes(row["document"])) for row in rows]


def transfers(view: OrderView, script: Script, made: Mapping[str, float], day: timedelta, now: datetime) -> Iterable[Transfer]:
    """The transfers of one order that are made at `now`, and the debits that come back."""
    arrived = [payment for payment in view.payments if payment.payment.startswith("B-")]
    for invoice in view.invoices:
        name = f"transfer/{view.order}/{invoice.number}"
        before = [key for key in made if key.startswith(f"{name}/") and not key.endswith("/back")]
        if len(arrived) < sum(f"/{view.order}/" in key and not key.endswith("/back") for key in made):
            continue  # the last one is still on its way
        first = f"{name}/1"
        if script.pay is PayScript.REVERSED_THEN_PAID and len(before) == 1 and f"{first}/back" not in made:
            if arrived and not arrived[0].reversed and now.timestamp() >= made[first] + RETURNED_AFTER * day.total_seconds():
                yield _returned(view, invoice, first, arrived[0].amount, now)
            continue
        paid_all = script.transfer is TransferScript.SHORT and before and not invoice.reminders  # as the customer sees it
        if invoice.balance.minor <= 0 or paid_all:
            continue
        amount = next_payment(invoice, arrived, script, day, now) if before else first_payment(view, invoice, script, day, now)
        if amount is not None:
            yield _transfer(view, invoice, f"{name}/{len(before) + 1}", script.transfer, amount, now)


def joint_transfers(
    views: Mapping[str, OrderView], scripts: Mapping[str, Script], made: Mapping[str, float], day: timedelta, now: datetime
) -> Iterable[Transfer]:
    """One transfer for the invoices of all of a customer's orders that say so: when each has its invoice, or else when the first is due."""
    together: dict[str, list[OrderView]] = {}
    for order, script in scripts.items():
        if script.transfer is TransferScript.JOINT and not any(f"/{order}/" in key for key in made):
            together.setdefault(views[order].customer, []).append(views[order])
    for customer, orders in together.items():
        open_ones = [(view, invoice) for view in orders for invoice in view.invoices if invoice.balance.minor > 0]
        complete = len({view.order for view, _ in open_ones}) == len(orders) > 1
        paid_at = [first_payment_at(view, invoice, scripts[view.order], day) if complete else invoice.due_at for view, invoice in open_ones]
        if not any(at is not None and now >= at for at in paid_at):
            continue
        total = Money.total((invoice.balance for _, invoice in open_ones), open_ones[0][1].balance.currency)
        names = tuple(sorted({view.order for view, _ in open_ones}))
        documents = [invoice.document for _, invoice in sorted(open_ones, key=lambda each: each[1].document)]
        text = f"Invoices {', '.join(document.removeprefix('INV-').lstrip('0') for document in documents)}"
        yield Transfer(
            id=f"transfer/joint/{'/+/'.join(names)}/1", orders=names, entry=_entry(orders[0], customer, total, text, now, len(made))
        )


def close_day(connection: sqlite3.Connection, day: timedelta, now: datetime) -> None:
    """Write the statement of what moved since the last one, unless that is too fresh or nothing moved."""
    last = connection.execute("SELECT * FROM bank_statements ORDER BY number DESC LIMIT 1").fetchone()
    if last is not None and now.timestamp() < last["written_at"] + CLOSES_EVERY * day.total_seconds():
        return
    moved = connection.execute("SELECT number, entry FROM transfers WHERE statement = 0 ORDER BY number").fetchall()
    if not moved:
        return
    number = 1 if last is None else last["number"] + 1
    entries = [BankEntry.model_validate_json(row["entry"]) for row in moved]
    if last is None:
        entries.append(STRAY.model_copy(update={"booked_on": now.date()}))
    opening = Money(minor=OPENS_WITH if last is None else last["closing"], currency=CURRENCY)
    closing = Money(minor=opening.minor + sum(entry.signed for entry in entries), currency=CURRENCY)
    statement = Statement(
        account=OURS,
        statement=f"HOLDFAST-{number:04d}",
        sequence=str(number),
        form="camt.053.001.08",
        currency=CURRENCY,
        opening=opening,
        closing=closing,
        entries=tuple(entries),
    )
    connection.execute(
        "INSERT INTO bank_statements (number, name, closing, written_at, document) VALUES (?, ?, ?, ?, ?)",
        (number, f"statement-{number:04d}.camt053.xml", closing.minor, now.timestamp(), camt053(statement, on=now.date())),
    )
    connection.executemany("UPDATE transfers SET statement = ? WHERE number = ?", [(number, row["number"]) for row in moved])


def account_of(customer: str) -> str:
    """The bank account of a customer, made up and always the same."""
    number = int(hashlib.sha256(customer.encode()).hexdigest()[:8], 16)
    bare = f"DE0050010517{number:010d}"
    return f"DE{iban.calc_check_digits(bare)}{bare[4:]}"


def _transfer(view: OrderView, invoice: InvoiceView, id_: str, how: TransferScript | None, amount: Money, now: datetime) -> Transfer:
    """The form as this customer fills it in."""
    number = invoice.document.removeprefix("INV-").lstrip("0")
    text, changes = "", {}
    if how is TransferScript.REFERENCE:
        changes = {"reference": creditor_reference(invoice.document)}
    elif how is TransferScript.UNNAMED:
        changes = {"payer": "Buchhaltung Sued", "iban": account_of(f"somebody/{view.order}"), "end_to_end": ""}
    else:
        text = {TransferScript.SLOPPY: f"inv {number} thank you", TransferScript.SHORT: f"INV {number}"}.get(
            how or TransferScript.OVER, invoice.document
        )
    if how is TransferScript.SHORT:
        amount -= Money(minor=min(CHARGES, amount.minor * 15 // 1_000), currency=amount.currency)
    if how is TransferScript.OVER:
        amount += amount.split((1, 9))[0]
    entry = _entry(view, view.customer, amount, text, now, 0).model_copy(
        update={"end_to_end": _end_to_end(id_), "bank_reference": _own(id_)} | changes
    )
    return Transfer(id=id_, orders=(view.order,), entry=entry)


def _returned(view: OrderView, invoice: InvoiceView, first: str, amount: Money, now: datetime) -> Transfer:
    entry = _entry(view, view.customer, amount, f"Return {invoice.document}", now, 0)
    changes = {"credit": False, "return_reason": "AM04", "end_to_end": _end_to_end(first), "bank_reference": _own(f"{first}/back")}
    return Transfer(id=f"{first}/back", orders=(view.order,), entry=entry.model_copy(update=changes))


def _entry(view: OrderView, customer: str, amount: Money, text: str, now: datetime, number: int) -> BankEntry:
    return BankEntry(
        amount=amount,
        credit=True,
        booked_on=now.date(),
        value_on=now.date(),
        text=text,
        payer=view.customer_name,
        iban=account_of(customer),
        bank_reference=_own(f"{view.order}/{number}/{text}"),
    )


def _end_to_end(id_: str) -> str:
    return f"E2E{_own(id_)}"


def _own(id_: str) -> str:
    """The bank's own reference of a transfer."""
    return hashlib.sha256(id_.encode()).hexdigest()[:14].upper()


def _mark_read(world: World, number: int) -> None:
    with world.transaction() as connection:
        connection.execute("UPDATE bank_statements SET read = 1 WHERE number = ?", (number,))
