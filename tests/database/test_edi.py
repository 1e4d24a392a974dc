"""EDI in the database: control numbers without gaps, documents written once, and what partners said of them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from database import edi, edi_facts, inbox
from database.audit import audit
from database.tables import EdiOutgoing
from domain.edi_documents import ChangeRequest, StockLine, StockReport
from domain.errors import InputRefused, Refused
from domain.intake import Delivery
from tests.database.builders import NOW, House

PAIR = "x12 ZZ:HOLDFAST ZZ:ACME"


def drawn(session: Session, key: str, kind: str = "855", body: str = "") -> edi.Drawn:
    return edi.draw(session, kind, key, "acme", PAIR, lambda control: (body or f"document {control}").encode(), NOW, key)


async def entry_of(house: House, delivery: str = "orders.edi") -> int:
    document = Delivery(channel="edi/acme", delivery=delivery, form="x12", body=delivery.encode(), received_at=NOW)
    return (await house(inbox.keep, document)).entry


async def test_twenty_documents_drawn_at_once_have_twenty_numbers_in_a_row(house: House) -> None:
    found = await asyncio.gather(*(house(drawn, f"acme/PO-{n}") for n in range(20)))
    assert sorted(one.control for one in found) == list(range(1, 21))


async def test_a_document_that_is_due_twice_at_once_is_written_once(house: House) -> None:
    found = await asyncio.gather(*(house(drawn, "acme/PO-1") for _ in range(10)))
    assert [one.control for one in found] == [1] * 10
    assert sum(one.new for one in found) == 1
    assert await house.database.read(edi.counted) == {"855": 1}


async def test_what_cannot_be_written_takes_no_number(house: House) -> None:
    def refused(session: Session) -> None:
        def write(control: int) -> bytes:
            raise InputRefused("BIG02", "the number is too long")

        edi.draw(session, "846", "acme/stock", "acme", PAIR, write, NOW)

    with pytest.raises(InputRefused):
        await house(refused)
    await house(edi.stick, "846", "acme/stock", "acme", "BIG02: the number is too long", NOW)
    assert [(one.kind, one.reason) for one in await house.database.read(edi.stuck)] == [("846", "BIG02: the number is too long")]
    assert (await house(drawn, "acme/PO-1")).control == 1
    assert (await house(drawn, "acme/stock", "846")).control == 2
    assert await house.database.read(edi.stuck) == []


async def test_an_interchange_is_taken_by_the_first_document_that_brings_it(house: House) -> None:
    first, second = await entry_of(house), await entry_of(house, "again.edi")
    identity = "x12 ZZ:ACME ZZ:HOLDFAST 000000007"
    assert await house(edi.register, identity, "digest", first, "acme", NOW)
    assert not await house(edi.register, identity, "digest", second, "acme", NOW)
    assert await house(edi.register, identity, "digest", first, "acme", NOW)
    assert await house.database.read(lambda session: edi.Seen(session, second).get(identity, "")) == "digest"
    assert await house.database.read(lambda session: edi.Seen(session, first).get(identity, "")) == ""


async def test_what_a_partner_rejects_and_what_nobody_acknowledges_is_shown(house: House) -> None:
    for key in ("acme/PO-1", "acme/PO-2", "acme/PO-3"):
        await house(edi.mark_sent, (await house(drawn, key)).number, NOW)
    await house(edi.mark_sent, (await house(drawn, "entry/1/1", "997")).number, NOW)
    assert await house(edi.acknowledge, PAIR, 1, True, "", NOW) == "855 acme/PO-1"
    assert await house(edi.acknowledge, PAIR, 2, False, "855 0001: segment 7 (PO1) says 8", NOW) == "855 acme/PO-2"
    assert await house(edi.acknowledge, PAIR, 9, True, "", NOW) == ""
    assert await house(edi.acknowledge, PAIR, 4, True, "", NOW) == ""  # nobody acknowledges an acknowledgement
    late = await house.database.read(edi.unacknowledged, NOW + timedelta(days=1))
    assert [(one.key, one.status, one.errors) for one in late] == [
        ("acme/PO-2", "rejected", "855 0001: segment 7 (PO1) says 8"),
        ("acme/PO-3", "sent", ""),
    ]
    assert [one.key for one in await house.database.read(edi.unacknowledged, NOW - timedelta(days=1))] == ["acme/PO-2"]


async def test_a_gap_in_the_control_numbers_is_found_by_the_audit(house: House) -> None:
    for n in range(3):
        await house(drawn, f"acme/PO-{n}")
    await house(lambda session: session.execute(update(EdiOutgoing).where(EdiOutgoing.control == 2).values(control=7)))
    found = await house.database.read(audit)
    assert [(one.rule, one.subject, one.detail) for one in found] == [
        ("control_numbers_have_no_gap", PAIR, "3 documents, the highest number is 7, the last one drawn is 3")
    ]
    await house(lambda session: session.execute(update(EdiOutgoing).where(EdiOutgoing.control == 7).values(control=2)))


async def test_a_change_is_queued_once_and_decided_once(house: House) -> None:
    entry = await entry_of(house)
    asked = ChangeRequest(order="acme/PO-1", number="3", cancel=True, asked_at=NOW)
    for _ in range(2):
        await house(edi_facts.keep_change, entry, 1, "acme", asked, "the whole order is to be cancelled", NOW)
    (change,) = await house.database.read(edi_facts.changes)
    assert (change.order, change.why, change.asked) == ("acme/PO-1", "the whole order is to be cancelled", asked)
    first = await house(edi_facts.decide, change.change, False, "it has left", "ada", NOW)
    decided = await house(edi_facts.decide, change.change, False, "again", "bob", NOW + timedelta(days=1))
    assert decided == first
    assert (decided.status, decided.why, decided.decided_by) == ("rejected", "it has left", "ada")
    with pytest.raises(Refused, match=r"Change \d+ of order acme/PO-1 was rejected by ada."):
        await house(edi_facts.decide, change.change, True, "", "bob", NOW)
    assert await house.database.read(edi_facts.changes) == []


async def test_the_newest_report_of_a_partners_stock_counts_however_late_an_older_one_comes(house: House) -> None:
    def report(units: int, days: int) -> StockReport:
        line = StockLine(item="KETTLE", quantity=units, location="NORD", kind="33")
        return StockReport(reference=f"ST-{days}", at=NOW + timedelta(days=days), lines=(line,))

    said = [await house(edi_facts.keep_stock, "acme", report(units, days)) for units, days in ((120, 2), (7, 1), (90, 3))]
    assert said[1] == "1 quantities of acme, 1 of them older than what is known"
    (found,) = await house.database.read(edi_facts.stock_of_partners, "acme")
    assert (found.item, found.quantity, found.reference) == ("KETTLE", 90, "ST-3")
    assert await house.database.read(lambda session: len(list(session.scalars(select(EdiOutgoing))))) == 0
