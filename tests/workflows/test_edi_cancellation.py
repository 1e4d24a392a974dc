"""A partner's cancellation (860) where the map leaves it to a rule: the order takes it while nothing is picked, then a person decides."""

from __future__ import annotations

from datetime import UTC, datetime

from config.settings import Settings
from database import edi, edi_facts, inbox
from domain.edi_partners import Partner, PartnerId, Partners
from domain.intake import Delivery
from domain.lifecycle import Stage, Wait
from starters.edi.desk import EdiDesk
from starters.edi.due import draw_what_is_due
from starters.intake import Road
from tests.channels.edi_documents import x12_interchange, x12_set
from tests.workflows.shop import Living, Shop, order

HAFEN = Partner(
    name="hafen",
    ids=(PartnerId(qualifier="ZZ", id="ACME"),),
    channel="hafen",
    wants=frozenset({"865"}),
    currency="EUR",
    country="DE",
    cancellations_by_rule=True,
)
PARTNERS = Partners(partners=(HAFEN,))


async def placed(shop: Shop, number: str) -> Living:
    living = await shop.place(order(channel="hafen", external_id=number))
    await shop.database.transaction(edi.note_order, living.key, "hafen", ("ZZ", "ACME"), HAFEN.wants, False, {}, datetime.now(UTC))
    return living


async def cancelled(shop: Shop, number: str, control: int) -> tuple[str, str]:
    """What becomes of the change that cancels the order: status and reason of its part in the inbox."""
    change = x12_interchange(x12_set("860", [f"BCH*01*SA*{number}**9*20261120"]), group="PC", control=control)
    delivery = Delivery(channel="edi/hafen", delivery=f"cancel {number}", form="x12", body=change, received_at=datetime.now(UTC))
    road = Road(shop.database, shop.client, Settings.load(), {"x12": EdiDesk("x12", PARTNERS)})
    entry = (await road.keep(delivery)).entry
    await road.hand_over(entry)
    (part,) = (await shop.database.read(inbox.entry_view, entry)).parts
    return part.status, part.reason


async def test_a_cancellation_by_rule_ends_an_order_that_nobody_has_picked_and_its_partner_is_told(shop: Shop) -> None:
    living = await placed(shop, "HAFEN-1")
    await living.until(Wait.PICK, "shipment 1")
    assert await cancelled(shop, "HAFEN-1", 501) == ("done", "")
    assert (await living.ended()).outcome == "cancelled"
    assert living.undone() == ["pick task"]
    await draw_what_is_due(shop.database, PARTNERS, datetime.now(UTC))
    (told,) = await shop.database.read(edi.outgoing, "hafen", "865", living.key)
    assert b"BCA*00*AT*HAFEN-1" in await shop.database.read(edi.body, told.number)


async def test_a_cancellation_that_comes_when_goods_are_picked_is_a_persons(shop: Shop) -> None:
    living = await placed(shop, "HAFEN-2")
    await living.pick()
    await living.until(Wait.PACK, "shipment 1")
    why = "Units of the order are picked: shipment 1."
    assert await cancelled(shop, "HAFEN-2", 502) == ("done", f"a person decides: {why}")
    assert (await living.state()).stage is Stage.FULFILLING
    (change,) = [one for one in await shop.database.read(edi_facts.changes) if one.order == living.key]
    assert (change.asked.cancel, change.why, change.decided_by) == (True, why, "")
    await draw_what_is_due(shop.database, PARTNERS, datetime.now(UTC))
    assert await shop.database.read(edi.outgoing, "hafen", "865", living.key) == []
