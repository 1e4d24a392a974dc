"""The queue of payments that a person decides, and what customers have on account, on both engines."""

from __future__ import annotations

from typing import Any

import pytest

from database import account_use, bank_entries, bank_queue, outbox
from database.accounts import on_account
from domain.bank_views import EntryView
from domain.errors import NotFound, Refused
from domain.messages import PaymentReceived, PaymentReversed
from domain.money import Money
from domain.short_payments import ReasonCode
from tests.database.bank import THEIRS, entry, parts, read
from tests.database.builders import NOW, House, eur, line, order
from tests.database.test_cash_application import facts, hear, invoiced

CLERK = "cash clerk"


async def match(house: House, number: int, shares: dict[str, int], **how: Any) -> EntryView:
    return await house.database.transaction(bank_queue.match, number, shares, CLERK, NOW, **how)


async def refused(house: House, number: int, shares: dict[str, int], **how: Any) -> str:
    with pytest.raises(Refused) as refusal:
        await match(house, number, shares, **how)
    return str(refusal.value)


async def test_a_person_applies_a_payment_to_the_cent_once(house: House) -> None:
    await invoiced(house, "1")
    await invoiced(house, "2")
    (queued,) = await read(house, entry(14_000, "coffee", iban=THEIRS))
    assert queued.status == "queued"
    done = await match(house, queued.entry, {"inv-000001": 10_000, "INV-000002": 4_000})
    assert (done.status, parts(done)) == ("matched", [("INV-000002", 4_000, "part_payment"), ("INV-000001", 10_000, "")])
    assert (done.parts[0].rule, done.parts[0].by, done.decided_by) == ("person", CLERK, CLERK)
    assert [fact.amount.minor for fact in await facts(house) if isinstance(fact, PaymentReceived)] == [4_000, 10_000]
    again = await refused(house, queued.entry, {"INV-000002": 6_000})
    assert again.startswith("B-000001 is not in the queue: it is matched (cash clerk: ")
    assert await house.database.read(bank_entries.list_entries) == []


async def test_what_does_not_add_up_is_refused_and_changes_nothing(house: House) -> None:
    await invoiced(house)
    (queued,) = await read(house, entry(9_000, "coffee"))
    (dollars,) = await read(house, entry(9_000, amount=Money(minor=9_000, currency="USD")), name="2", closing=eur(0))
    number = queued.entry
    assert await refused(house, number, {"INV-000001": 9_001}) == "B-000001 is 90.00 EUR: the shares are 0.01 EUR more than that."
    assert await refused(house, number, {"INV-000001": 8_000}) == (
        "B-000001 is 90.00 EUR: 10.00 EUR of it are left. Say what they are for, or that the rest goes on account."
    )
    assert await refused(house, number, {"INV-000001": 10_001}) == "INV-000001 has 100.00 EUR open, not 100.01 EUR."
    assert await refused(house, number, {"INV-9": 9_000}) == "There is no invoice or order that can be paid 'INV-9'."
    assert await refused(house, dollars.entry, {"INV-000001": 9_000}) == "INV-000001 is in EUR and B-000002 in USD: it cannot be applied."
    with pytest.raises(NotFound):
        await match(house, 99, {"INV-000001": 1})
    assert [view.status for view in await house.database.read(bank_entries.list_entries)] == ["queued", "queued"]
    assert await facts(house) == []


async def test_a_reason_gives_up_what_its_limit_allows_and_no_more(house: House) -> None:
    for external_id in ("1", "2", "3"):
        await invoiced(house, external_id)
    small, large, claimed = await read(house, entry(9_850, "a"), entry(9_000, "b"), entry(9_900, "c"))
    assert (await match(house, small.entry, {"INV-000001": 9_850}, reason=ReasonCode.BANK_CHARGES)).parts[0].written_off == eur(150)
    assert (await match(house, large.entry, {"INV-000002": 9_000}, reason=ReasonCode.BANK_CHARGES)).parts[0].written_off == eur(0)
    kept = (await match(house, claimed.entry, {"INV-000003": 9_900}, reason=ReasonCode.DEDUCTION_CLAIMED)).parts[0]
    assert (kept.written_off, kept.reason) == (eur(0), "deduction_claimed")
    assert [fact.allowance is not None for fact in await facts(house) if isinstance(fact, PaymentReceived)] == [True, False, False]


async def test_the_rest_goes_to_the_account_of_the_one_customer(house: House) -> None:
    await invoiced(house)
    (queued,) = await read(house, entry(12_000, "coffee"))
    done = await match(house, queued.entry, {"INV-000001": 10_000}, rest_on_account=True)
    assert parts(done) == [("INV-000001", 10_000, ""), ("account C-1", 2_000, "overpaid")]
    assert await house.database.read(on_account, "C-1", "EUR") == 2_000


async def test_a_payment_may_be_kept_on_account_or_be_none_of_ours(house: House) -> None:
    moved = entry(5_000, "a"), entry(700, "b"), entry(900, credit=False, reversal=True), entry(800, "c")
    kept, ignored, ours, unknown = await read(house, *moved, opening=10_000)
    done = await house.database.transaction(bank_queue.put_on_account, kept.entry, "C-1", CLERK, NOW)
    assert (done.status, parts(done)) == ("on_account", [("account C-1", 5_000, "on_account")])
    done = await house.database.transaction(bank_queue.ignore, ignored.entry, " wrong account ", CLERK, NOW)
    assert (done.status, done.because) == ("ignored", "cash clerk: wrong account")
    with pytest.raises(Refused, match=r"Say why it is ignored\."):
        await house.database.transaction(bank_queue.ignore, ours.entry, " ", CLERK, NOW)
    with pytest.raises(Refused, match=r"money that left the account: it cannot be kept"):
        await house.database.transaction(bank_queue.put_on_account, ours.entry, "C-1", CLERK, NOW)
    assert (await refused(house, ours.entry, {"INV-1": 1})).startswith("B-000003 is money that left the account: it pays no invoice")
    with pytest.raises(NotFound):
        await house.database.transaction(bank_queue.put_on_account, unknown.entry, "C-404", CLERK, NOW)


async def test_a_wrong_match_is_undone_and_the_payment_queued_again(house: House) -> None:
    await invoiced(house, "1")
    await invoiced(house, "2")
    (view,) = await read(house, entry(11_000, "INV-1"))
    assert parts(view) == [("INV-000001", 10_000, ""), ("account C-1", 1_000, "overpaid")]
    undone = await house.database.transaction(bank_queue.undo, view.entry, "it was for the other one", CLERK, NOW)
    assert (undone.status, parts(undone)) == ("queued", [])
    assert await house.database.read(on_account, "C-1", "EUR") == 0
    _, back = await facts(house)
    assert isinstance(back, PaymentReversed)
    assert (back.payment, back.reason) == ("B-000001/1", "matched wrongly: it was for the other one")
    done = await match(house, view.entry, {"INV-000002": 10_000}, rest_on_account=True)
    assert [(part.part, part.state) for part in done.parts] == [(1, "reversed"), (2, "reversed"), (3, "standing"), (4, "standing")]
    with pytest.raises(Refused, match=r"there is nothing to undo"):
        await house.database.transaction(bank_queue.undo, (await read(house, entry(1, "?"), name="2"))[0].entry, "?", CLERK, NOW)


async def test_an_account_pays_an_invoice_and_what_left_it_is_on_its_way(house: House) -> None:
    placed, document = await invoiced(house)
    (kept,) = await read(house, entry(7_000, "advance"))
    await house.database.transaction(bank_queue.put_on_account, kept.entry, "C-1", CLERK, NOW)
    apply = account_use.apply_account
    first = await house.database.transaction(apply, "C-1", document, 2_500, CLERK, NOW)
    assert (first.payment, first.order, first.amount, first.left) == ("A-000001", placed.key, eur(2_500), eur(4_500))
    for asked, sentence in (
        (7_600, "has 75.00 EUR open"),
        (5_000, "has 45.00 EUR on account, not 50.00 EUR"),
        (0, "has 75.00 EUR open, not 0.00"),
    ):
        with pytest.raises(Refused, match=sentence):
            await house.database.transaction(apply, "C-1", document, asked, CLERK, NOW)
    with pytest.raises(Refused, match="is an invoice of C-1, not of C-2"):
        await house.database.transaction(apply, "C-2", document, None, CLERK, NOW)
    second = await house.database.transaction(apply, "C-1", document, None, CLERK, NOW)
    assert (second.amount, second.left) == (eur(4_500), eur(0))
    with pytest.raises(Refused, match="C-1 has nothing in EUR on account"):
        await house.database.transaction(apply, "C-1", document, None, CLERK, NOW)
    told = await house.database.read(outbox.untold)
    assert [(each.message_id, each.order) for each in told] == [("account/A-000001", placed.key), ("account/A-000002", placed.key)]
    await hear(house)
    view = await house.database.read(account_use.account_view, "C-1")
    assert (view.on_account, view.open_invoices) == ((eur(0),), (eur(3_000),))
    assert [(each.kind, each.amount.minor, each.reference) for each in view.lines] == [
        ("received", -7_000, "B-000001/1"),
        ("applied", 2_500, "A-000001"),
        ("applied", 4_500, "A-000002"),
    ]


async def test_an_application_that_the_order_would_not_hear_is_back_on_the_account(house: House) -> None:
    from database import bank_booking

    _, document = await invoiced(house)
    (kept,) = await read(house, entry(7_000, "advance"))
    await house.database.transaction(bank_queue.put_on_account, kept.entry, "C-1", CLERK, NOW)
    await house.database.transaction(account_use.apply_account, "C-1", document, None, CLERK, NOW)
    for _ in range(2):
        await house.database.transaction(bank_booking.told, "account/A-000001", NOW, "Order test/1001 is closed.")
    assert await house.database.read(on_account, "C-1", "EUR") == 7_000


async def test_what_is_paid_back_counts_once_for_its_reference(house: House) -> None:
    (kept,) = await read(house, entry(7_000, "too much"))
    await house.database.transaction(bank_queue.put_on_account, kept.entry, "C-1", CLERK, NOW)
    pay_back = account_use.pay_back
    for _ in range(2):
        assert await house.database.transaction(pay_back, "C-1", eur(3_000), "TRF-1", CLERK, NOW) == eur(4_000)
    with pytest.raises(Refused, match="paid another amount back"):
        await house.database.transaction(pay_back, "C-1", eur(3_001), "TRF-1", CLERK, NOW)
    with pytest.raises(Refused, match="minor units"):
        await house.database.transaction(pay_back, "C-1", eur(4_001), "TRF-2", CLERK, NOW)
    with pytest.raises(Refused, match="is nothing to pay back"):
        await house.database.transaction(pay_back, "C-1", eur(0), "TRF-3", CLERK, NOW)


async def test_a_person_may_pay_an_order_in_advance_by_its_key(house: House) -> None:
    placed = order("88", line(1, "KETTLE", 2))
    await house.accept(placed)
    (queued,) = await read(house, entry(4_000, "advance"))
    done = await match(house, queued.entry, {placed.key: 4_000})
    assert (parts(done), done.parts[0].invoice) == ([(placed.key, 4_000, "")], 0)
    assert await refused(house, (await read(house, entry(7_000, "more"), name="2"))[0].entry, {placed.key: 7_000}) == (
        "shopify/88 has 60.00 EUR open, not 70.00 EUR."
    )


async def test_the_summary_counts_what_became_of_every_entry(house: House) -> None:
    await invoiced(house, "1")
    await invoiced(house, "2")
    await read(house, entry(10_500, "INV-1"), entry(700, "?"), entry(1, credit=False))
    found = await house.database.read(bank_entries.summary)
    assert (found.statements, found.matched, found.queued, found.ignored, found.over) == (1, 1, 1, 1, 1)
    assert (found.by_rule, found.received) == ({"invoice_number": 1}, (eur(11_200),))


async def test_what_an_order_holds_on_account_is_shown_beside_the_customer_s_own(house: House) -> None:
    placed = order("1088", line(1, "KETTLE", 2))
    await house.accept(placed)
    await read(house, entry(10_000, "advance for order 1088"))
    await hear(house)
    view = await house.database.read(account_use.account_view, "C-1")
    assert view.on_account == ()
    assert [(each.order, each.amount) for each in view.in_orders] == [(placed.key, eur(10_000))]
