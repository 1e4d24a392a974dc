"""Invoices and credit notes for partners, from what is booked: collective ones name their orders, credits go to whoever takes them."""

from __future__ import annotations

from database import collective, edi, receivables
from database.audit import audit
from domain.collecting import InvoicePeriod
from domain.money_steps import CreditFee, DocumentIssued
from domain.order import PlaceOrder
from domain.steps import Recorded
from tests.database.builders import DAY, NOW, House, eur, line, one_kettle_back
from tests.database.test_audit_invoicing import waiting
from tests.database.test_edi_due import EDIFACT, X12, by_edi, drawn, text

CREDITED = X12.model_copy(update={"wants": X12.wants | {"credit"}})
CREDITED_EDIFACT = EDIFACT.model_copy(update={"wants": EDIFACT.wants | {"credit"}})


async def one_kettle_came_back(house: House, placed: PlaceOrder) -> str:
    """Of two kettles at 50.00; a fee of 3.75 stays here."""
    fee = CreditFee(line=1, what="restocking fee", net=eur(375), tax=eur(0))
    credit = one_kettle_back(placed.key, total=eur(4_625), reason="returned: too small", fees=(fee,))
    return (await house.once(credit, DocumentIssued, receivables.issue_credit)).number


async def test_a_credit_note_goes_to_a_partner_who_takes_them_after_its_invoice(house: House) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 2))
    await by_edi(house, placed, CREDITED)
    invoice = await house.invoice(placed)
    credit = await one_kettle_came_back(house, placed)
    assert invoice in [key for _, key, _ in await drawn(house)]
    for _ in range(2):
        assert (await drawn(house))[-1] == ("810", credit, 4)
    (one,) = [one for one in await house.database.read(edi.outgoing) if one.key == credit]
    body = (await house.database.read(edi.body, one.number)).decode("iso-8859-1")
    assert f"BIG*20261123*{credit}*20261123*1001***CR~\nNTE*GEN*returned: too small~" in body
    assert f"REF*OI*{invoice}~" in body
    assert "IT1*1*1*EA*50**VN*KETTLE*BP*THEIRS-1~" in body
    assert "TDS*4625~" in body
    assert "SAC*A*ZZZZ***375**********less restocking fee on line 1~" in body
    assert await house.database.read(audit) == []


async def test_a_credit_note_is_an_invoic_381(house: House) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 2))
    await by_edi(house, placed, CREDITED_EDIFACT)
    await house.invoice(placed)
    credit = await one_kettle_came_back(house, placed)
    await drawn(house)
    assert (await drawn(house))[-1] == ("INVOIC", credit, 4)
    (one,) = [one for one in await house.database.read(edi.outgoing) if one.key == credit]
    body = (await house.database.read(edi.body, one.number)).decode("iso-8859-1")
    assert f"BGM+381+{credit}+9'" in body
    assert "MOA+77:46.25'" in body


async def test_a_partner_who_takes_no_credit_notes_gets_none(house: House) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 2))
    await by_edi(house, placed)
    await house.invoice(placed)
    await one_kettle_came_back(house, placed)
    for _ in range(2):
        assert [kind for kind, _, _ in await drawn(house)] == ["855", "856", "810"]


async def test_a_collective_invoice_is_one_document_whose_lines_name_their_orders(house: House) -> None:
    orders = [await house.shipped_order(number, line(1, "KETTLE", 2)) for number in ("1001", "1002")]
    for placed in orders:
        await by_edi(house, placed)
        await house.once(waiting(placed), Recorded, collective.collect_shipment)
    period = InvoicePeriod(customer="C-1", until=NOW + DAY, at=NOW + DAY, actor="clerk")
    (issued,) = (await house(collective.issue_collective, period)).invoices
    await house.invoice(orders[0], document=issued.document, issued_at=issued.issued_at)
    assert issued.document not in [key for _, key, _ in await drawn(house)]
    assert [one.reason for one in await house.database.read(edi.stuck)] == [
        f"1 orders have not booked their part of {issued.document} yet; ask again in a moment."
    ]
    await house.invoice(orders[1], document=issued.document, issued_at=issued.issued_at)
    assert [key for kind, key, _ in await drawn(house) if kind == "810"] == [issued.document]
    body = await text(house, "810")
    assert f"*{issued.document}*****DI~" in body
    for number, name in ((1, "1001"), (2, "1002")):
        assert f"IT1*{number}*2*EA*50**VN*KETTLE*BP*THEIRS-1~\nREF*PO*{name}~\nREF*SI*shopify/{name}/1~" in body
    assert "TDS*20000~" in body
    assert await house.database.read(edi.stuck) == []
