"""The simulated bank: transfers as their customers fill them in, statements that add up, and a person who reads what is left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.bank import Statement
from domain.bank_views import EntryView
from domain.cash_application import Candidate
from domain.creditor_reference import creditor_reference
from domain.messages import PaymentReceived
from domain.views import OrderView, PaymentView
from integrations.bank import read_statements
from integrations.simulated import Script, World
from integrations.simulated.scripts import TransferScript
from simulation import customers, office
from simulation.bank import OPENS_WITH, account_of, take_transfers, unread
from tests.simulation.builders import DAY, ORDER, START, day, euros, invoice, order

DUE = day(24.5)


def told(world: World, view: OrderView, at: float = 24.5) -> list[Statement]:
    """The statements that are closed after transfers were made on a day."""
    take_transfers(world, {view.order: view}, DAY, day(at))
    return [read_statements(document)[0] for _, _, document in unread(world, DAY, day(at))]


def invoiced(**changes: Any) -> OrderView:
    return order(invoices=(invoice(),), **changes)


def arrived(minor: int, number: int = 1, *, reversed: bool = False) -> PaymentView:  # noqa: A002 -- the field's name
    return PaymentView(payment=f"B-{number:06d}/1", kind="received", amount=euros(minor), refunded=euros(0), reversed=reversed)


@pytest.mark.parametrize(
    ("how", "minor", "text", "reference"),
    [
        ("reference", 10_000, "", creditor_reference("INV-000001")),
        ("sloppy", 10_000, "inv 1 thank you", ""),
        ("short", 9_850, "INV 1", ""),
        ("over", 11_000, "INV-000001", ""),
        ("unnamed", 10_000, "", ""),
    ],
)
def test_every_customer_fills_in_the_form_in_their_own_way(world: World, how: str, minor: int, text: str, reference: str) -> None:
    world.script(ORDER, {"transfer": how})
    (statement,) = told(world, invoiced())
    transfer, stray = statement.entries
    assert (transfer.amount, transfer.text, transfer.reference) == (euros(minor), text, reference)
    assert transfer.payer == ("Buchhaltung Sued" if how == "unnamed" else "Kaffeekontor Nord GmbH")
    assert stray.payer == "Jolanda Fremd"
    assert (statement.opening, statement.trouble) == (euros(OPENS_WITH), "")


def test_who_pays_by_transfer_does_not_pay_on_the_spot(world: World) -> None:
    assert customers.pays(invoiced(), Script(transfer=TransferScript.REFERENCE), DAY, DUE) == []
    (entry,) = customers.pays(invoiced(), Script(), DAY, DUE)
    assert isinstance(entry.said, PaymentReceived)


def test_a_transfer_is_made_once_and_a_statement_is_written_once(world: World) -> None:
    world.script(ORDER, {"transfer": "reference"})
    (first,) = told(world, invoiced())
    again = told(world, invoiced(), 25.5)
    assert again == [first]  # nobody has read it yet; nothing was added


def test_nothing_is_written_when_nobody_pays_by_transfer(world: World) -> None:
    world.script(ORDER, {})
    assert told(world, invoiced()) == []


def test_the_rest_is_transferred_after_the_first_half_has_arrived(world: World) -> None:
    world.script(ORDER, {"pay": "partial_then_rest", "transfer": "reference"})
    (first,) = told(world, invoiced())
    assert first.entries[0].amount == euros(5_000)
    half = order(invoices=(invoice(5_000),), payments=(arrived(5_000),))
    assert told(world, half, 31) == [first]
    _, second = told(world, half, 32)
    assert [entry.amount for entry in second.entries] == [euros(5_000)]
    assert second.opening == first.closing


def test_a_debit_comes_back_under_its_own_name_and_is_paid_again(world: World) -> None:
    world.script(ORDER, {"pay": "reversed_then_paid", "transfer": "reference"})
    (first,) = told(world, invoiced())
    paid = order(invoices=(invoice(0),), payments=(arrived(10_000),))
    assert told(world, paid, 25) == [first]
    *_, back = told(world, paid, 28)
    (returned,) = back.entries
    assert (returned.credit, returned.return_reason, returned.end_to_end) == (False, "AM04", first.entries[0].end_to_end)
    reopened = order(invoices=(invoice(),), payments=(arrived(10_000, reversed=True),))
    *_, last = told(world, reopened, 33)
    assert [entry.signed for entry in last.entries] == [10_000]


def test_one_transfer_pays_all_orders_that_say_so_when_each_has_its_invoice(world: World) -> None:
    world.script("x12/A", {"transfer": "joint"})
    world.script("x12/B", {"transfer": "joint"})
    one = order(order="x12/A", invoices=(invoice(3_000),))
    two = order(order="x12/B", invoices=(invoice(4_000, document="INV-000002", due_at=day(33)),))
    take_transfers(world, {"x12/A": one, "x12/B": order(order="x12/B")}, DAY, DUE)
    assert unread(world, DAY, DUE) == []
    for _ in range(2):
        take_transfers(world, {"x12/A": one, "x12/B": two}, DAY, DUE)
    ((_, _, document),) = unread(world, DAY, DUE)
    (entry, _) = read_statements(document)[0].entries
    assert (entry.amount, entry.text) == (euros(7_000), "Invoices 1, 2")


def test_an_order_whose_companion_has_no_invoice_is_paid_alone_when_it_is_due(world: World) -> None:
    for name in ("x12/A", "x12/B"):
        world.script(name, {"transfer": "joint"})
    views = {"x12/A": order(order="x12/A", invoices=(invoice(3_000),)), "x12/B": order(order="x12/B")}
    take_transfers(world, views, DAY, day(29))
    assert unread(world, DAY, day(29)) == []
    take_transfers(world, views, DAY, day(30))
    ((_, _, document),) = unread(world, DAY, day(30))
    assert [entry.amount for entry in read_statements(document)[0].entries][:1] == [euros(3_000)]


def test_accounts_are_made_up_always_the_same() -> None:
    assert account_of("C-1") == account_of("C-1") != account_of("C-2")
    assert account_of("C-1").startswith("DE")


def test_a_person_reads_what_fits_one_invoice_to_the_cent_and_leaves_the_rest() -> None:
    def queued(*opens: int, credit: bool = True) -> EntryView:
        found = tuple(
            Candidate(order="x", document=f"INV-{number:06d}", customer="C", open=euros(minor), why="of this amount")
            for number, minor in enumerate(opens, 1)
        )
        empty: dict[str, Any] = dict.fromkeys(
            ("account", "payer", "iban", "end_to_end", "reference", "text", "bank_reference", "return_reason", "because"), ""
        )
        on = (START + timedelta(days=1)).date()
        return EntryView(entry=1, amount=euros(100), credit=credit, booked_on=on, status="queued", candidates=found, **empty)

    assert office.reads_payment(queued(100, 99)) == "INV-000001"
    assert office.reads_payment(queued(100, 100)) is None
    assert office.reads_payment(queued()) is None
    assert office.reads_payment(queued(100, credit=False)) is None
