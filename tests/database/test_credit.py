"""Credit: one judgement for every stop, its reasons in words, and the orders that are told when a reason goes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from database import accounts, credit_terms, orders, receivables, shipments
from database.seed import seed
from database.tables import CreditEvent, CreditRelease, Customer, Order
from domain.credit import BlockKind, StopStage
from domain.errors import InputRefused, NotFound, Refused
from domain.exceptions import Decision, ExceptionKind, OpenException
from domain.money_steps import DocumentIssued, IssueCredit, WriteOff
from domain.order import PaymentTerms, PlaceOrder
from domain.steps import Accepted, CancelRest, ParcelsRecorded, Recorded, RecordException, RecordPacking, Severity
from tests.database.builders import DAY, NOW, PARCEL, House, eur, goodwill, line, order, step
from tests.database.credit_builders import ageing, asked, block, check, judged, limit, pay, release, told, waiting

ACCEPTANCE, RELEASE, SHIPMENT, INVOICE = StopStage
OVER = "C-1 owes 100.00 EUR with all its orders, above the limit of 99.99 EUR"


async def stopped(house: House) -> None:
    """Two orders of 100.00 and 50.00; the limit of 140.00 stops the second, which waits."""
    await limit(house, 14_000)
    await house.accept(order("1"))
    assert stops(await house.accept(order("2", line(1, "KETTLE", 1)))) == [
        "C-1 owes 100.00 EUR; with this order of 50.00 EUR that is above the limit of 140.00 EUR"
    ]
    assert await waiting(house) == [("shopify/2", "order", False)]


def stops(accepted: Accepted) -> list[str]:
    return [finding.reason for finding in accepted.findings if finding.severity is Severity.STOP]


# --- limits --------------------------------------------------------------------------------------------------------------------------


async def test_a_limit_holds_to_the_cent_at_every_stage_and_counts_the_order_itself_once(house: House) -> None:
    placed = order("1")
    await house.accept(placed)
    assert [await judged(house, placed, stage) for stage in (RELEASE, SHIPMENT)] == [(), ()]
    await limit(house, 10_000)
    assert [await judged(house, placed, stage) for stage in StopStage] == [(), (), (), ()]
    await limit(house, 9_999, n=1)
    assert [await judged(house, placed, stage) for stage in (RELEASE, SHIPMENT, INVOICE)] == [(OVER,), (OVER,), ()]


async def test_zero_lets_nothing_go_on_terms_and_none_lets_everything_go(house: House) -> None:
    await limit(house, 0)
    assert len(stops(await house.accept(order("1")))) == 1
    assert stops(await house.accept(order("2", terms=PaymentTerms.PREPAID))) == []
    await limit(house, None, n=1)
    assert stops(await house.accept(order("3", line(1, "KETTLE", 1_000)))) == []


async def test_a_limit_is_of_its_own_currency(house: House) -> None:
    await limit(house, 0, currency="USD")
    assert await judged(house, order("1"), ACCEPTANCE) == ()


async def test_the_limit_of_a_parent_covers_its_family(house: House) -> None:
    def adopt(session: Session) -> None:
        second = session.get_one(Customer, "C-2")
        second.parent, second.blocked, second.terms = "C-1", False, "net30"

    await house(adopt)
    await house.accept(order("1", line(1, "KETTLE", 12)))
    assert stops(await house.accept(order("2", line(1, "KETTLE", 9), customer="C-2"))) == [
        "C-1 with its accounts owes 600.00 EUR; with this order of 450.00 EUR that is above the limit of 1,000.00 EUR"
    ]
    assert await limit(house, 110_000) == ("shopify/2",)
    assert await check(house, order("2", customer="C-2"), ACCEPTANCE) == ()
    await block(house, BlockKind.SHIP)
    assert await judged(house, order("2", customer="C-2"), SHIPMENT) == ("C-1 is blocked (ship): fraud",)
    head = await house(credit_terms.report, "C-1", NOW)
    shown = [(view.account, view.exposure.total.minor, view.counts) for view in (*head.own, *head.accounts, *head.family)]
    assert shown == [("C-1", 60_000, False), ("C-2", 0, True), ("C-1", 60_000, True)]
    assert [view.room for view in head.family] == [eur(50_000)]
    child = await house(credit_terms.report, "C-2", NOW)
    assert (child.parent, [(view.account, view.counts) for view in (*child.own, *child.family)]) == ("C-1", [("C-2", True), ("C-1", True)])


# --- blocks, ageing, the hold of a last reminder --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "stages"),
    [(BlockKind.ALL, [ACCEPTANCE, RELEASE, SHIPMENT, INVOICE]), (BlockKind.SHIP, [RELEASE, SHIPMENT]), (BlockKind.INVOICE, [INVOICE])],
)
async def test_a_block_stops_by_its_kind_what_is_paid_as_well(house: House, kind: BlockKind, stages: list[StopStage]) -> None:
    placed = order("1")
    await house.accept(placed)
    await block(house, kind)
    found = [stage for stage in StopStage if await judged(house, placed, stage, on_terms=False)]
    assert found == stages


async def test_the_catalogues_block_means_all_and_is_lifted_by_a_person(house: House) -> None:
    assert stops(await house.accept(order("1", customer="C-2", terms=PaymentTerms.PREPAID))) == ["C-2 is blocked"]
    assert await block(house, None, "C-2") == ("shopify/1",)
    with pytest.raises(Refused, match="C-2 is not blocked"):
        await block(house, None, "C-2", n=1)


async def test_an_invoice_that_is_too_long_past_due_stops_what_is_owed(house: House) -> None:
    placed = await house.shipped_order("1")
    await house.invoice(placed, due_at=NOW + 5 * DAY)
    await ageing(house, 10)
    new = order("2")
    late = timedelta(seconds=1)
    assert await judged(house, new, ACCEPTANCE, later=15 * DAY) == ()
    why = ("C-1 has an invoice that is 10 days past due; more than 10 stop its orders",)
    assert await judged(house, new, ACCEPTANCE, later=15 * DAY + late) == why
    assert await judged(house, new, ACCEPTANCE, on_terms=False, later=15 * DAY + late) == ()
    await ageing(house, 30, "C-1", n=1)
    assert await judged(house, new, ACCEPTANCE, later=15 * DAY + late) == ()


async def test_the_hold_of_a_last_reminder_stops_new_orders_and_what_is_not_paid(house: House) -> None:
    def hold(session: Session) -> None:
        session.get_one(Customer, "C-1").credit_hold = True

    placed = order("1")
    await house.accept(placed)
    await house(hold)
    why = ("C-1 is on credit hold: a last reminder is not paid",)
    assert [await judged(house, placed, stage) for stage in (ACCEPTANCE, RELEASE, SHIPMENT, INVOICE)] == [why, why, why, ()]
    assert await judged(house, placed, ACCEPTANCE, on_terms=False) == why
    assert await judged(house, placed, SHIPMENT, on_terms=False) == ()


async def test_all_reasons_are_told_at_once(house: House) -> None:
    await house.accept(order("1"))
    await limit(house, 9_999)
    await block(house, BlockKind.SHIP, n=1)
    assert await judged(house, order("1")) == ("C-1 is blocked (ship): fraud", OVER)


# --- releases ------------------------------------------------------------------------------------------------------------------------


async def test_a_release_lets_one_order_pass_until_it_expires(house: House) -> None:
    await stopped(house)
    waits = order("2", line(1, "KETTLE", 1))
    await release(house, waits, expires_at=NOW + DAY)
    assert await judged(house, waits, ACCEPTANCE) == ()
    assert len(await judged(house, waits, ACCEPTANCE, later=DAY)) == 1
    assert len(await judged(house, order("3", line(1, "KETTLE", 1)), ACCEPTANCE)) == 1
    (event,) = [each for each in (await house(credit_terms.report, "C-1", NOW)).events if each.kind == "released"]
    assert (event.actor, event.reason, event.order, event.expires_at) == ("anna", "paid by cheque", "shopify/2", NOW + DAY)


async def test_a_capped_release_ends_where_the_order_comes_to_more(house: House) -> None:
    await stopped(house)
    await release(house, order("2"), cap=eur(5_000))
    assert await judged(house, order("2", line(1, "KETTLE", 1)), ACCEPTANCE) == ()
    assert len(await judged(house, order("2", line(1, "KETTLE", 2)), ACCEPTANCE)) == 1


async def test_nobody_else_releases(house: House) -> None:
    with pytest.raises(Refused, match="Credit is released by a credit_controller or a finance_manager; bert is neither"):
        await release(house, order("2"), by="bert", roles=("order_desk",))


# --- who is told ---------------------------------------------------------------------------------------------------------------------


async def test_a_higher_limit_tells_the_order_that_waits_once(house: House) -> None:
    await stopped(house)
    assert await limit(house, 14_500, n=1) == ()
    assert await limit(house, 15_000, n=2) == ("shopify/2",)
    assert await limit(house, 16_000, n=3) == ()
    assert await told(house) == [("shopify/2", "credit_cleared")]
    assert await check(house, order("2", line(1, "KETTLE", 1)), ACCEPTANCE) == ()
    assert await waiting(house) == []


async def test_a_payment_on_account_tells_the_order_in_its_own_transaction(house: House) -> None:
    await stopped(house)
    await house(accounts.enter_account, "bank/1", "C-1", "received", eur(-1_000), NOW)
    assert await told(house) == [("shopify/2", "credit_cleared")]


async def test_a_write_off_a_credit_note_and_a_payment_each_tell_the_order_that_may_go_on(house: House) -> None:
    """A cent of room at a time, for orders of a cent."""

    async def next_waits(n: int) -> PlaceOrder:
        cent = order(str(n), line(1, "FILTER", 1, "0.01"))
        await house.accept(cent)
        assert await waiting(house) == [(cent.key, "order", False)]
        return cent

    async def goes_on(cent: PlaceOrder) -> None:
        assert await waiting(house) == [(cent.key, "order", True)]
        assert await check(house, cent, ACCEPTANCE) == ()
        assert stops(await house.accept(cent, attempt=2)) == []

    owed = await house.shipped_order("1")
    await house.invoice(owed)
    await limit(house, 10_000)
    cent = await next_waits(2)
    write_off = WriteOff(**step("write_off/1", owed.key), invoice=1, amount=eur(1), reason="rounding")
    await house.once(write_off, Recorded, receivables.write_off)
    await goes_on(cent)
    cent = await next_waits(3)
    note = IssueCredit(
        **step("credit/1", owed.key), **goodwill(eur(1)), credit=1, invoice=1, total=eur(1), applied=eur(1), reason="goodwill"
    )
    await house.once(note, DocumentIssued, receivables.issue_credit)
    await goes_on(cent)
    cent = await next_waits(4)
    await pay(house, owed, 1, (1, 1))
    await goes_on(cent)


async def test_an_order_that_is_cancelled_makes_room_and_waits_no_more_itself(house: House) -> None:
    await stopped(house)
    await house.once(CancelRest(**step("cancel", "shopify/1")), Recorded, orders.cancel_rest)
    assert await waiting(house) == [("shopify/2", "order", True)]
    await house.once(CancelRest(**step("cancel", "shopify/2")), Recorded, orders.cancel_rest)
    assert await waiting(house) == []


async def test_a_stop_at_packing_is_written_in_the_transaction_of_the_packing(house: House) -> None:
    placed = order("1")
    await house.accept(placed)
    await house.allocate(placed)
    await house.pick(placed, l1=2)
    await limit(house, 9_999)
    await block(house, BlockKind.INVOICE, n=1)
    packing = RecordPacking(**step("pack/1", placed.key), shipment=1, parcels=(PARCEL,), credit=asked(SHIPMENT))
    found = await house.once(packing, ParcelsRecorded, shipments.record_packing)
    assert found.credit is not None
    assert found.credit.reasons == (OVER,)
    assert found.credit.invoice_blocked == "C-1 is blocked (invoice): fraud"
    assert await waiting(house) == [(placed.key, "invoice of shipment 1", False), (placed.key, "order", False)]
    assert await block(house, None, n=2) == (placed.key,)
    assert await waiting(house) == [(placed.key, "invoice of shipment 1", True), (placed.key, "order", False)]


async def test_a_prepaid_order_that_is_billed_uses_credit_from_then_on(house: House) -> None:
    await house.accept(order("1", terms=PaymentTerms.PREPAID))
    decision = Decision(choice="bill", by="anna", at=NOW)
    declined = OpenException(
        number=1, kind=ExceptionKind.PAYMENT_DECLINED, subject="order", detail="no", opened_at=NOW, due_at=NOW, decision=decision
    )
    await house.once(RecordException(**step("exception/1", "shopify/1"), exception=declined), Recorded, orders.record_exception)
    await limit(house, 9_999)
    assert await judged(house, order("1")) == (OVER,)


# --- races ---------------------------------------------------------------------------------------------------------------------------


async def test_orders_of_one_family_at_once_never_take_the_last_of_the_limit_twice(house: House) -> None:
    """Twelve orders of 100.00 from two accounts, and room for five."""

    def adopt(session: Session) -> None:
        second = session.get_one(Customer, "C-2")
        second.parent, second.blocked, second.terms = "C-1", False, "net30"

    await house(adopt)
    await limit(house, 50_000)
    placed = [order(str(n), customer=("C-1", "C-2")[n % 2]) for n in range(12)]
    accepted = await asyncio.gather(*(house.accept(each) for each in placed))
    assert sum(not stops(each) for each in accepted) == 5
    assert len(await waiting(house)) == 7

    def count(session: Session) -> int:
        return session.query(Order).where(Order.accepted_at.is_not(None)).count()

    assert await house(count) == 5


async def test_an_order_never_begins_to_wait_beside_the_change_that_would_let_it_go(house: House) -> None:
    """Whichever commits first: the order is accepted, or it waits and was told."""
    await limit(house, 0)
    for n in range(6):
        placed = order(str(n), line(1, "KETTLE", 1))
        accepted, _ = await asyncio.gather(house.accept(placed), limit(house, 5_000 * (n + 1), n=n))
        assert not stops(accepted) or (placed.key, "order", True) in await waiting(house)
        if stops(accepted):
            assert stops(await house.accept(placed, attempt=2)) == []


# --- what is refused -----------------------------------------------------------------------------------------------------------------


async def test_nobody_limits_or_blocks_an_unknown_customer(house: House) -> None:
    for refused in (limit(house, 1, "C-9"), block(house, BlockKind.ALL, "C-9"), ageing(house, 1, "C-9")):
        with pytest.raises(NotFound, match="There is no customer 'C-9'"):
            await refused
    with pytest.raises(Refused, match="There is no currency 'XQZ'"):
        await limit(house, None, currency="XQZ")


async def test_a_report_says_everything_that_decides(house: House) -> None:
    await stopped(house)
    await ageing(house, 30, "C-1", n=4)
    report = await house(credit_terms.report, "C-1", NOW)
    assert (report.blocked, report.on_hold, report.overdue_days, report.oldest_due, report.family) == ("", False, 30, None, ())
    (own,) = report.own
    assert (own.amount, own.exposure.total, own.room) == (eur(14_000), eur(10_000), eur(4_000))
    assert [(each.order, each.stage, each.review_at) for each in report.waiting] == [("shopify/2", ACCEPTANCE, NOW + DAY)]
    assert [each.kind for each in report.events] == ["ageing", "stopped", "limit"]
    assert report.rolled_up == eur(10_000)


# --- the audit -----------------------------------------------------------------------------------------------------------------------


async def rules(house: House) -> set[str]:
    return {violation.rule for violation in await house.audit()}


async def test_the_audit_finds_an_order_that_has_ended_and_waits(house: House) -> None:
    await stopped(house)

    def end(outcome: str) -> Any:
        def work(session: Session) -> None:
            session.get_one(Order, "shopify/2").outcome = outcome

        return work

    await house(end("closed"))
    assert "an_order_that_ended_waits_for_no_credit" in await rules(house)
    await house(end(""))


async def test_the_audit_finds_a_release_that_nobody_wrote_down(house: House) -> None:
    await house.accept(order("1"))
    await release(house, order("1"))

    def forget(session: Session) -> None:
        session.query(CreditEvent).delete()

    await house(forget)
    assert await rules(house) == {"every_release_stands_in_the_history"}
    await house(lambda session: session.query(CreditRelease).delete())


async def test_the_catalogue_names_the_parent_of_an_account(house: House) -> None:
    def family(**parents: str) -> dict[str, Any]:
        return {"customers": [{"id": child, "currency": "EUR", "parent": parent} for child, parent in parents.items()]}

    await house(seed, family(C3="C-1"))
    assert (await house(credit_terms.report, "C-1", NOW)).children == ("C3",)
    with pytest.raises(InputRefused, match=r"catalogue, customer C4: its parent C3 has a parent itself \(C-1\)"):
        await house(seed, family(C4="C3"))
    with pytest.raises(InputRefused, match="catalogue, customer C4: its parent C-9 is no customer"):
        await house(seed, family(C4="C-9"))


async def test_the_audit_finds_a_parent_with_a_parent(house: House) -> None:
    def adopt(of: str | None) -> Any:
        def work(session: Session) -> None:
            session.get_one(Customer, "C-1").parent = of

        return work

    await house(adopt("C-1"))
    assert await rules(house) == {"a_parent_is_a_customer_without_a_parent"}
    await house(adopt("C-9"))
    assert await rules(house) == {"a_parent_is_a_customer_without_a_parent"}
    await house(adopt(None))
