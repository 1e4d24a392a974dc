"""What partners are owed is found in what the orders are, on both engines, and is written once."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.orm import Session

from database import edi, edi_facts, inbox
from database.inbox import PartResult
from database.tables import EdiOrder, Order, Shipment
from domain.edi_changes import asked_by
from domain.edi_documents import ChangeRequest
from domain.edi_partners import DEFAULT_EDIFACT, Partner, PartnerId, Partners
from domain.intake import Delivery
from domain.messages import AmendOrder, LineQuantity
from domain.order import PlaceOrder
from starters.edi.due import draw_what_is_due, due
from tests.database.builders import DAY, NOW, House, line, order

X12 = Partner(
    name="acme",
    ids=(PartnerId(qualifier="ZZ", id="ACME"),),
    channel="shopify",
    currency="EUR",
    wants=frozenset({"997", "855", "856", "810", "865"}),
)
NORD = Partner(name="nord", ids=(PartnerId(qualifier="ZZ", id="NORD"),), location="BERLIN")
EDIFACT = DEFAULT_EDIFACT.model_copy(
    update={
        "name": "euro",
        "ids": (PartnerId(qualifier="14", id="4012345000016"),),
        "wants": frozenset({"ORDRSP", "DESADV", "INVOIC"}),
    }
)
PARTNERS = Partners(partners=(X12, EDIFACT))


async def by_edi(house: House, placed: PlaceOrder, partner: Partner = X12) -> None:
    sender = (partner.ids[0].qualifier, partner.ids[0].id)
    await house(edi.note_order, placed.key, partner.name, sender, partner.wants, False, {1: "THEIRS-1"}, NOW)


async def drawn(house: House, partners: Partners = PARTNERS) -> list[tuple[str, str, int]]:
    await draw_what_is_due(house.database, partners, NOW)
    found = await house.database.read(edi.outgoing)
    return [(one.kind, one.key, one.control) for one in reversed(found)]


async def text(house: House, kind: str) -> str:
    (one,) = await house.database.read(edi.outgoing, "", kind)
    return (await house.database.read(edi.body, one.number)).decode("iso-8859-1")


async def test_an_order_is_answered_when_it_has_sought_its_stock_and_not_before(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 12))  # ten in Berlin, four in Lyon
    await house.accept(placed)
    await by_edi(house, placed)
    assert await drawn(house) == []
    await house.allocate(placed)
    assert await drawn(house) == [("855", "shopify/1001", 1)]
    assert "PO1*1*12*EA*50**VN*KETTLE*BP*THEIRS-1~" in await text(house, "855")
    assert "ACK*IA*12*EA" in await text(house, "855")


async def test_an_order_that_was_not_placed_by_edi_is_nobodys(house: House) -> None:
    await house.invoice(await house.shipped_order())
    assert await house.database.read(due, PARTNERS) == []


@pytest.mark.parametrize(("partner", "kinds"), [(X12, ("855", "856", "810")), (EDIFACT, ("ORDRSP", "DESADV", "INVOIC"))])
async def test_a_life_by_edi_has_an_answer_a_notice_and_an_invoice_each_once(
    house: House, partner: Partner, kinds: tuple[str, str, str]
) -> None:
    placed = await house.shipped_order("1001", line(1, "KETTLE", 2))
    await by_edi(house, placed, partner)
    document = await house.invoice(placed)
    await asyncio.gather(*(draw_what_is_due(house.database, PARTNERS, NOW) for _ in range(4)))
    expected = [(kinds[0], "shopify/1001", 1), (kinds[1], "shopify/1001/1", 2), (kinds[2], document, 3)]
    assert sorted((kind, key) for kind, key, _ in await drawn(house)) == sorted((kind, key) for kind, key, _ in expected)
    assert sorted(control for _, _, control in await drawn(house)) == [1, 2, 3]
    assert await house.database.read(edi.stuck) == []
    total = "TDS*10000~" if partner is X12 else "MOA+77:100.00'"
    assert total in await text(house, kinds[2])


async def test_a_document_that_has_no_room_for_a_number_is_stuck_and_holds_up_no_other(house: House) -> None:
    placed = await house.shipped_order("A-PURCHASE-ORDER-NUMBER-OF-MANY-LETTERS")
    await by_edi(house, placed)
    other = await house.shipped_order("1002")
    await by_edi(house, other)
    assert [key for _, key, _ in await drawn(house)] == ["shopify/1002", "shopify/1002/1"]
    stuck = await house.database.read(edi.stuck)
    assert [(one.kind, one.key) for one in stuck] == [("855", placed.key), ("856", f"{placed.key}/1")]
    assert all("characters, and the document has room for" in one.reason for one in stuck)


async def test_a_partner_without_a_map_any_more_is_a_reason_and_no_error(house: House) -> None:
    await by_edi(house, await house.shipped_order())
    assert await drawn(house, Partners()) == []
    assert {one.reason for one in await house.database.read(edi.stuck)} == {"There is no map for the partner acme any more."}
    assert len(await drawn(house)) == 2


async def test_a_warehouse_of_another_company_is_asked_to_ship_and_told_when_it_shall_not(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 2))
    await house.accept(placed)
    await house.allocate(placed)

    def now(session: Session, status: str) -> None:
        session.get_one(Shipment, (placed.key, 1)).status = status

    partners = Partners(partners=(NORD,))
    assert await drawn(house, partners) == []
    await house(now, "released")
    assert await drawn(house, partners) == [("940", "shopify/1001/1", 1)]
    assert "W05*N*shopify/1001/1~" in await text(house, "940")
    assert await drawn(house, partners) == [("940", "shopify/1001/1", 1)]
    await house(now, "cancelled")
    assert (await drawn(house, partners))[1:] == [("940", "shopify/1001/1/cancelled", 2)]
    body = (await house.database.read(edi.body, (await house.database.read(edi.outgoing))[0].number)).decode()
    assert "W05*F*shopify/1001/1~" in body
    await house(now, "planned")


async def test_whoever_wants_to_know_what_we_have_is_told_once_a_day(house: House) -> None:
    partners = Partners(partners=(X12, NORD.model_copy(update={"wants": frozenset({"846"})})))
    for _ in range(2):
        assert await drawn(house, partners) == [("846", "nord/261123", 1)]
    assert "QTY*33*14*EA" in await text(house, "846")
    await draw_what_is_due(house.database, partners, NOW + DAY)
    assert [(one.key, one.control) for one in await house.database.read(edi.outgoing)] == [("nord/261124", 2), ("nord/261123", 1)]


async def test_a_change_is_answered_as_a_person_or_the_order_decided_it(house: House) -> None:
    placed = order("1001", line(1, "KETTLE", 2))
    await house.accept(placed)
    await by_edi(house, placed)
    document = Delivery(channel="edi/acme", delivery="changes.edi", form="x12", body=b"", received_at=NOW)
    entry = (await house(inbox.keep, document)).entry
    asked = ChangeRequest(order=placed.key, number="3", cancel=True, asked_at=NOW)
    await house(edi_facts.keep_change, entry, 1, "acme", asked, "the whole order is to be cancelled", NOW)
    by_rule = AmendOrder(
        message_id=f"edi/{placed.key}/change/4", occurred_at=NOW, actor="edi:acme", quantities=(LineQuantity(line=1, quantity=1),)
    )
    await house(edi_facts.note_asked, entry, 2, "acme", asked_by(by_rule), NOW)
    (waiting,) = await house.database.read(edi_facts.changes)
    assert (await drawn(house), waiting.asked.number) == ([], "3")
    await house(edi_facts.decide, waiting.change, False, "It is being picked.", "ada", NOW)
    took = PartResult(part=2, place="set 2", kind="amend_order", order=placed.key, status="done")
    await house(inbox.record_part, entry, took, NOW)
    answers = await drawn(house)
    assert [kind for kind, _, _ in answers] == ["865", "865"]
    bodies = [await house.database.read(edi.body, one.number) for one in reversed(await house.database.read(edi.outgoing))]
    assert b"BCA*00*RJ*1001**3*20261123" in bodies[0]
    assert b"MSG*It is being picked.~" in bodies[0]
    assert b"BCA*00*AD*1001**4*20261123" in bodies[1]
    assert b"POC*1*QD*1*1*EA~\nACK*IA*1*EA~" in bodies[1]


async def test_an_order_that_is_over_is_looked_at_until_its_partner_has_everything(house: House) -> None:
    placed = await house.shipped_order()
    await by_edi(house, placed)
    await house.invoice(placed)

    def end(session: Session, outcome: str) -> None:
        session.get_one(Order, placed.key).outcome = outcome

    def settled(session: Session) -> bool:
        return session.get_one(EdiOrder, placed.key).settled

    await house(end, "closed")
    assert await house.database.read(edi.over) == {placed.key}
    assert len(await drawn(house)) == 3
    assert not await house.database.read(settled)
    assert len(await drawn(house)) == 3
    assert await house.database.read(settled)
    assert await house.database.read(edi.over) == set()
    await house(end, "")
