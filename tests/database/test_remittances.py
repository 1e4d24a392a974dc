"""A remittance is no money: it says what the payment is for that the bank shows later, and only where that fits."""

from __future__ import annotations

from datetime import date

from database import edi_facts, inbox
from domain.edi_documents import Remittance, RemittanceLine
from domain.intake import Delivery
from tests.database.bank import THEIRS, entry, parts, read
from tests.database.builders import NOW, House, eur, line


async def invoiced(house: House, external_id: str) -> str:
    """Two kettles at 50.00, shipped and invoiced."""
    return await house.invoice(await house.shipped_order(external_id, line(1, "KETTLE", 2)))


async def announce(house: House, reference: str, **shares: int) -> None:
    document = Delivery(channel="edi/acme", delivery=f"820 {reference} {shares}", form="x12", body=reference.encode(), received_at=NOW)
    kept = (await house(inbox.keep, document)).entry
    lines = tuple(
        RemittanceLine(invoice=invoice.replace("_", "-"), paid=eur(minor), discount=eur(0), adjustment=eur(0))
        for invoice, minor in shares.items()
    )
    said = Remittance(reference=reference, payer="ACME", amount=eur(sum(shares.values())), paid_on=date(2026, 11, 23), lines=lines)
    for _ in range(2):  # however often it is handed over
        await house(edi_facts.keep_remittance, kept, 1, "acme", said, NOW)


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


async def test_two_remittances_that_differ_under_one_reference_are_for_a_person(house: House) -> None:
    await invoiced(house, "1001")
    await invoiced(house, "1002")
    await announce(house, "PAY-4711", INV_000001=10_000)
    await announce(house, "PAY-4711", INV_000002=10_000)
    (view,) = await read(house, entry(10_000, "PAY-4711", payer="Jolanda Fremd"))
    assert view.status == "queued"
