"""The audit of bank statements: each rule sees its truth broken."""

from __future__ import annotations

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from database import account_use, bank_queue
from database.audit import Violation, audit
from database.tables import AccountEntry, BankEntryRow, BankMatch, BankStatement, OutboxFact
from tests.database.bank import entry, read
from tests.database.builders import NOW, House
from tests.database.test_cash_application import hear, invoiced
from tests.database.watched import Watched


async def furnished(database: Watched) -> House:
    """A payment that is matched and heard, one on account of which some is applied, one that is queued."""
    await database.transaction(database.refurnish)
    house = House(database)
    await invoiced(house, "1")
    await invoiced(house, "2")
    _, kept, _ = await read(house, entry(10_000, "INV-1"), entry(5_000, "?"), entry(700, "?"))
    await database.transaction(bank_queue.put_on_account, kept.entry, "C-1", "clerk", NOW)
    await database.transaction(account_use.apply_account, "C-1", "INV-000002", 2_000, "clerk", NOW)
    await hear(house)
    return house


async def broken(database: Watched, *statements: object) -> list[tuple[str, str]]:
    await furnished(database)
    assert await database.read(database.audit) == []

    def break_it(session: Session) -> list[Violation]:
        for statement in statements:
            session.execute(statement)  # type: ignore[call-overload]  # any statement
        session.flush()
        session.expire_all()
        return audit(session)

    found = [(each.rule, each.subject) for each in await database.transaction(break_it)]
    await database.transaction(database.refurnish)
    return found


async def test_a_statement_whose_entries_do_not_lead_from_balance_to_balance(workshop: Watched) -> None:
    found = await broken(workshop, update(BankStatement).values(closing=1))
    assert ("a_statement_leads_from_balance_to_balance", "statement 2026-231 of DE02120300000000202051") in found


async def test_parts_that_do_not_add_up_to_their_entry(workshop: Watched) -> None:
    assert await broken(workshop, update(BankEntryRow).where(BankEntryRow.entry == 3).values(status="matched")) == [
        ("the_parts_of_an_entry_add_up", "B-000003")
    ]
    assert await broken(workshop, update(BankEntryRow).where(BankEntryRow.entry == 1).values(status="queued")) == [
        ("the_parts_of_an_entry_add_up", "B-000001")
    ]


async def test_a_part_that_nobody_is_told_of(workshop: Watched) -> None:
    found = await broken(workshop, delete(OutboxFact).where(OutboxFact.message_id == "cash/B-000001/1"))
    assert found == [("a_part_is_told_or_kept", "B-000001/1")]


async def test_money_that_is_kept_for_somebody_else(workshop: Watched) -> None:
    found = await broken(workshop, update(BankMatch).where(BankMatch.entry == 2).values(customer="C-2"))
    assert found == [("a_part_is_told_or_kept", "B-000002/1")]


async def test_a_payment_of_another_order_or_amount_than_the_bank_sent(workshop: Watched) -> None:
    found = await broken(
        workshop,
        update(BankMatch).where(BankMatch.entry == 1).values(order="test/2"),
        update(OutboxFact).where(OutboxFact.message_id == "cash/B-000001/1").values(order="test/2"),
    )
    assert found == [("what_the_bank_paid_arrived", "B-000001/1")]


async def test_money_that_left_an_account_and_did_not_arrive(workshop: Watched) -> None:
    changed = update(AccountEntry).where(AccountEntry.key == "account/A-000001").values(amount=1_999)
    assert await broken(workshop, changed) == [("what_left_an_account_arrived", "A-000001")]


async def test_an_overdrawn_account(workshop: Watched) -> None:
    row = {"key": "x", "customer": "C-1", "currency": "EUR", "kind": "paid_back", "amount": 9_999, "at": NOW}
    more = {"order": "", "reference": "", "note": ""}
    assert await broken(workshop, insert(AccountEntry).values(**row, **more)) == [("an_account_is_never_overdrawn", "C-1")]
