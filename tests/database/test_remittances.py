"""A remittance is no money: it says what the payment is for that the bank shows later, and only where that fits."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from database import bank_queue, edi_facts, inbox, late_remittances
from database.bank_entries import list_entries
from domain.edi_documents import Remittance, RemittanceLine
from domain.intake import Delivery
from tests.database.bank import THEIRS, entry, parts, read
from tests.database.builders import NOW, House, eur, line
from tests.database.test_edi_invoices import one_kettle_came_back

UNEVEN = "it opens with 0.00 EUR, its entries lead to 100.00 EUR, and it closes with 99.99 EUR"


async def invoiced(house: House, external_id: str) -> str:
    """Two kettles at 50.00, shipped and invoiced."""
    return await house.invoice(await house.shipped_order(external_id, line(1, "KETTLE", 2)))


async def announce(house: House, reference: str, **shares: int) -> str:
    document = Delivery(channel="edi/acme", delivery=f"820 {reference} {shares}", form="x12", body=reference.encode(), received_at=NOW)
    kept = (await house(inbox.keep, document)).entry
    lines = tuple(
        RemittanceLine(invoice=invoice.replace("_", "-"), paid=eur(minor), discount=eur(0), adjustment=eur(0))
        for invoice, minor in shares.items()
    )
    said = Remittance(reference=reference, payer="ACME", amount=eur(sum(shares.values())), paid_on=date(2026, 11, 23), lines=lines)
    became = [await house(_handed_over, kept, said) for _ in range(2)]  # however often it is handed over
    return became[0]


def _handed_over(session: Session, kept: int, said: Remittance) -> str:
    edi_facts.keep_remittance(session, kept, 1, "acme", said, NOW)
    return late_remittances.meet_its_payment(session, said, NOW)


async def test_a_payment_is_for_what_its_remittance_says_to_the_cent(house: House) -> None:
    first, second = await invoiced(house, "1001"), await invoiced(house, "1002")
    await announce(house, "PAY-4711", INV_000001=4_000, INV_000002=10_000)
    (view,) = await read(house, entry(14_000, "ACME PAY-4711", iban=THEIRS))
    assert (view.status, parts(view)) == ("matched", [(first, 4_000, ""), (second, 10_000, "")])
    assert (view.parts[0].rule, view.because) == ("remittance", "The remittance PAY-4711: INV-000001, INV-000002 as the payer announced")


async def test_a_remittance_books_nothing_by_itself(house: House) -> None:
    await invoiced(house, "1001")
    await announce(house, "PAY-4711", INV_000001=10_000)
    (known,) = await house.database.read(edi_facts.remittances)
    assert (known.reference, [str(amount) for _, amount in known.lines]) == ("PAY-4711", ["100.00 EUR"])
    (view,) = await read(house, entry(10_000, "something else", payer="Jolanda Fremd"))
    assert view.status == "queued"


async def test_a_remittance_of_another_amount_is_not_believed(house: House) -> None:
    await invoiced(house, "1001")
    await announce(house, "PAY-4711", INV_000001=9_000)
    (view,) = await read(house, entry(10_000, "PAY-4711 for INV-000001"))
    assert (view.status, view.parts[0].rule) == ("matched", "invoice_number")


async def test_more_than_is_open_is_not_applied_because_somebody_announced_it(house: House) -> None:
    await invoiced(house, "1001")
    await announce(house, "PAY-4711", INV_000001=15_000)
    (view,) = await read(house, entry(15_000, "PAY-4711", payer="Jolanda Fremd"))
    assert view.status == "queued"
    await announce(house, "PAY-4712", INV_000009=10_000)
    (view,) = await read(house, entry(10_000, "PAY-4712", payer="Jolanda Fremd"), name="2026-232")
    assert view.status == "queued"


async def test_a_credit_note_that_a_payer_deducts_lowers_what_its_invoice_gets(house: House) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 2))
    invoice, other = await house.invoice(placed), await invoiced(house, "1002")
    await one_kettle_came_back(house, placed)  # 46.25 of 100.00
    await announce(house, "PAY-4711", CN_000001=-4_625, INV_000001=10_000, INV_000002=10_000)
    (view,) = await read(house, entry(15_375, "PAY-4711", payer="Jolanda Fremd"))
    assert (view.status, parts(view)) == ("matched", [(invoice, 5_375, ""), (other, 10_000, "")])


async def test_a_credit_note_of_an_invoice_that_is_not_paid_with_it_is_for_a_person(house: House) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 2))
    await house.invoice(placed)
    await one_kettle_came_back(house, placed)
    await invoiced(house, "1002")
    await announce(house, "PAY-4711", INV_000002=10_000, CN_000001=-4_625)
    (view,) = await read(house, entry(5_375, "PAY-4711", payer="Jolanda Fremd"))
    assert (view.status, parts(view)) == ("queued", [])
    assert view.because.endswith("says INV-000002 100.00 EUR, CN-000001 -46.25 EUR, which does not fit what is open")


async def test_two_remittances_that_differ_under_one_reference_are_for_a_person(house: House) -> None:
    await invoiced(house, "1001")
    await invoiced(house, "1002")
    await announce(house, "PAY-4711", INV_000001=10_000)
    await announce(house, "PAY-4711", INV_000002=10_000)
    (view,) = await read(house, entry(10_000, "PAY-4711", payer="Jolanda Fremd"))
    assert view.status == "queued"


async def test_a_remittance_that_comes_after_its_payment_matches_it(house: House) -> None:
    first, second = await invoiced(house, "1001"), await invoiced(house, "1002")
    await read(house, entry(14_000, "PAY-4711", payer="Jolanda Fremd", iban=THEIRS))
    assert await announce(house, "PAY-4711", INV_000001=4_000, INV_000002=10_000) == "B-000001 is matched as it says"
    (view,) = await house.database.read(list_entries, None)
    assert (view.status, parts(view)) == ("matched", [(first, 4_000, ""), (second, 10_000, "")])
    assert (view.parts[0].rule, view.parts[0].by) == ("remittance", "cash application")
    assert await house.database.read(list_entries) == []


async def test_a_late_remittance_that_does_not_fit_is_shown_to_the_person_at_the_queue(house: House) -> None:
    await invoiced(house, "1001")
    await read(house, entry(15_000, "PAY-4711", payer="Jolanda Fremd"))
    await announce(house, "PAY-4711", INV_000001=15_000)
    (view,) = await house.database.read(list_entries)
    assert view.because == (
        "it names no invoice and no order of ours, and nobody knows the payer; "
        "the remittance PAY-4711 says INV-000001 150.00 EUR, which does not fit what is open"
    )
    assert parts(view) == []


async def test_a_late_remittance_decides_nothing_that_is_a_persons(house: House) -> None:
    await invoiced(house, "1001")
    await read(house, entry(10_000, "PAY-4711"), closing=eur(9_999))
    await read(house, entry(10_000, "PAY-4712"), name="2026-232", opening=10_000)
    await house(bank_queue.put_on_account, 2, "C-1", "ada", NOW)
    await house(bank_queue.undo, 2, "not theirs", "ada", NOW)
    for n in (1, 2):
        await announce(house, f"PAY-471{n}", INV_000001=10_000)
    views = await house.database.read(list_entries)
    assert [(view.status, parts(view)) for view in views] == [("queued", []), ("queued", [])]
    assert [view.because.split(". The rules would say: ") for view in views] == [
        [f"its statement is not to be trusted alone: {UNEVEN}", "The remittance PAY-4711: INV-000001 as the payer announced"],
        ["ada undid its match: not theirs", "The remittance PAY-4712: INV-000001 as the payer announced"],
    ]


async def test_a_late_remittance_leaves_what_is_decided_as_it_is(house: House) -> None:
    await invoiced(house, "1001")
    await read(house, entry(10_000, "INV-000001 PAY-4711"))
    assert await announce(house, "PAY-4711", INV_000001=10_000) == "B-000001 was matched before it came"
    (view,) = await house.database.read(list_entries, None)
    assert [part.rule for part in view.parts] == ["invoice_number"]
