"""Claims: opened once, filed, answered, paid, and never in an order that makes no sense."""

from __future__ import annotations

from datetime import timedelta

import pytest

from database import debts
from domain.claims import ClaimStatus, file_by
from domain.errors import NotFound, Refused
from domain.money import Money
from tests.database.builders import NOW, House, eur, line


async def claim(house: House) -> int:
    """A claim on the carrier of a shipment that left."""
    await house.shipped_order("1001", line(1, "KETTLE", 4))
    for _ in range(2):
        await house.database.transaction(debts.open_carrier_claim, "loss/1", "shopify/1001", 1, eur(10_000), "shipment 1 was lost", NOW)
    (found,) = await house.database.read(debts.claims)
    return found.claim


async def test_a_claim_knows_whom_to_ask_until_when_and_what_proves_it(house: House) -> None:
    number = await claim(house)
    found = await house.database.read(debts.read_claim, number)
    assert found.due_at == file_by("carrier", found.party, NOW)
    assert "tracking" in found.evidence
    assert (found.amount, found.status, found.against) == (eur(10_000), "open", "carrier")


async def test_a_claim_is_filed_accepted_and_paid_in_part(house: House) -> None:
    number = await claim(house)
    filed = await house.database.transaction(debts.file_claim, number, "CL-77", None, "photos", NOW)
    assert (filed.status, filed.reference, filed.evidence, filed.due_at) == ("filed", "CL-77", "photos", NOW + timedelta(days=30))
    assert await house.database.transaction(debts.file_claim, number, "CL-77", None, "photos", NOW) == filed
    await house.database.transaction(debts.answer_claim, number, ClaimStatus.ACCEPTED, "will pay", NOW)
    with pytest.raises(Refused, match=r"is for 100.00 EUR; 100.01 EUR cannot be its payment"):
        await house.database.transaction(debts.pay_claim, number, eur(10_001), "", NOW)
    with pytest.raises(Refused, match="is in EUR, not in USD"):
        await house.database.transaction(debts.pay_claim, number, Money(minor=1, currency="USD"), "", NOW)
    paid = await house.database.transaction(debts.pay_claim, number, eur(8_000), "less the franchise", NOW)
    assert (paid.status, paid.paid, paid.due_at) == ("paid", eur(8_000), None)
    assert await house.database.read(debts.claims) == []
    assert len(await house.database.read(debts.claims, None, True)) == 1


async def test_a_refused_claim_may_be_filed_again_and_an_open_one_cannot_be_paid(house: House) -> None:
    number = await claim(house)
    with pytest.raises(Refused, match=f"Claim {number} is open; it cannot become paid, only filed, refused"):
        await house.database.transaction(debts.pay_claim, number, eur(1), "", NOW)
    await house.database.transaction(debts.answer_claim, number, ClaimStatus.REFUSED, "too late", NOW)
    again = await house.database.transaction(debts.file_claim, number, "CL-78", eur(9_000), "", NOW)
    assert (again.status, again.amount, again.note) == ("filed", eur(9_000), "too late")
    with pytest.raises(NotFound, match="claim '999'"):
        await house.database.transaction(debts.file_claim, 999, "X", None, "", NOW)
