"""Quotes: numbered without gaps, revised, extended, and accepted once, in time, at their prices."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from database import inbox, intake, quotes, soft_reservations, staff
from database.audit import audit
from database.quotes import accept_quote, decline_quote, extend_quote, make_quote
from database.tables import Counter, InboxEntry, Intake, Price, Quote
from domain.errors import Refused
from domain.order import OrderLine, PlaceOrder
from domain.quotes import AcceptedQuote, MakeQuote, NotOpen, Quoted, QuoteStatus
from starters.channels.manual import read
from tests.database.builders import DAY, NOW, House, eur, line, order

WEEK = 7 * DAY


def unpriced(number: int = 1, item: str = "KETTLE", quantity: int = 2) -> OrderLine:
    return OrderLine(number=number, item=item, quantity=quantity, discount=eur(0))


def asked(external_id: str = "PO-7", *lines: OrderLine, **changes: Any) -> MakeQuote:
    about = {name: changes.pop(name) for name in tuple(changes) if name not in MakeQuote.model_fields}
    stated = order(external_id, *(lines or (unpriced(),)), channel="desk", to_tax=True, **about)
    fields: dict[str, Any] = {
        "stated": stated,
        "fingerprint": stated.fingerprint,
        "valid_until": NOW + WEEK,
        "at": NOW,
        "actor": "cli:ines",
    }
    return MakeQuote(**fields | changes)


async def made(house: House, *args: Any, **changes: Any) -> Quoted:
    return await house(make_quote, asked(*args, **changes))


async def accepted_order(house: House, found: AcceptedQuote) -> PlaceOrder:
    [placed] = read(await house.database.read(inbox.body, found.entry))
    return placed


async def hand_over(house: House, found: AcceptedQuote) -> PlaceOrder:
    """What the inbox does with an acceptance: the order is placed and accepted."""
    placed = await accepted_order(house, found)
    await house.accept(placed)
    await house(inbox.record_part, found.entry, inbox.PartResult(part=1, place="", kind="order", order=placed.key, status="done"), NOW)
    await house(inbox.settle, found.entry)
    return placed


async def test_a_quote_has_our_prices_a_number_and_a_day(house: House) -> None:
    first, second = await made(house), await made(house, "PO-8")
    assert (first.how, first.quote.quote, second.quote.quote) == ("made", "Q-000001", "Q-000002")
    assert (first.quote.status, first.quote.revision, first.quote.set_aside) == (QuoteStatus.OPEN, 1, 0)
    page = await house(quotes.quote_page, "Q-000001", NOW)
    [offered] = page.revisions
    [quoted_line] = offered.placed.lines
    assert not quoted_line.to_price
    assert quoted_line.unit_price > 0
    assert first.quote.total == offered.placed.total
    assert [event.what for event in page.events] == ["made, revision 1"]


async def test_the_same_request_is_the_same_quote_and_a_changed_one_a_new_revision_that_keeps_the_old(house: House) -> None:
    first = await made(house)
    assert (await made(house, at=NOW + DAY)).how == "same"
    changed = await made(house, "PO-7", unpriced(quantity=5), at=NOW + DAY, valid_until=NOW + 2 * WEEK)
    assert (changed.how, changed.quote.quote, changed.quote.revision) == ("revised", "Q-000001", 2)
    page = await house(quotes.quote_page, "Q-000001", NOW)
    assert [[each.quantity for each in revision.placed.lines] for revision in page.revisions] == [[2], [5]]
    assert page.revisions[0].placed.total == first.quote.total
    assert page.quote.valid_until == NOW + 2 * WEEK


async def test_twenty_at_once_are_one_quote_and_a_refused_one_uses_no_number(house: House) -> None:
    answers = await asyncio.gather(*(made(house) for _ in range(20)))
    assert sorted(answer.how for answer in answers) == ["made", *["same"] * 19]
    with pytest.raises(Refused, match=r"PO-9 of .* cannot be quoted: line 1: nobody knows the item 'NOPE'"):
        await made(house, "PO-9", unpriced(item="NOPE"))
    assert (await made(house, "PO-10")).quote.quote == "Q-000002"


async def test_a_price_that_is_not_ours_needs_a_reason_and_who_may_set_prices(house: House) -> None:
    cheap = line(item="KETTLE", price="40.00")
    with pytest.raises(
        Refused, match=r"the price is 40.00; .* A reason lets prices pass that are not ours \(`oms quote make --because`\)\."
    ):
        await made(house, "PO-7", cheap)
    with pytest.raises(Refused, match=r"Prices are set by a sales_manager; cli:ines is none"):
        await made(house, "PO-7", cheap, because="trade fair", price_roles=("sales_manager",))
    found = await made(house, "PO-7", cheap, because="trade fair")
    acceptance = await house(accept_quote, found.quote.quote, NOW, "cli:ines")
    placed = await accepted_order(house, acceptance)
    assert str(placed.lines[0].unit_price) == "40.00"
    accepted = await house.accept(placed)
    assert [finding for finding in accepted.findings if finding.place == "line 1"] == []


async def test_an_accepted_quote_is_an_order_at_the_quoted_prices_whatever_lists_say_since(house: House) -> None:
    found = await made(house)
    await house(_dearer)
    acceptance = await house(accept_quote, "Q-000001", NOW + DAY, "cli:ines", "THEIR-PO")
    assert (acceptance.order, acceptance.how) == ("quote/Q-000001", "accepted")
    placed = await hand_over(house, acceptance)
    assert (placed.total, placed.basket, placed.po_number) == (found.quote.total, "Q-000001", "THEIR-PO")
    written = await house(intake.document, "quote/Q-000001")
    assert written.total == found.quote.total
    page = await house(quotes.quote_page, "Q-000001", NOW + DAY)
    assert (page.quote.status, page.quote.order) == (QuoteStatus.ACCEPTED, "quote/Q-000001")


async def test_two_acceptances_at_once_make_one_order(house: House) -> None:
    await made(house)
    answers = await asyncio.gather(*(house(accept_quote, "Q-000001", NOW + n * timedelta(seconds=1), f"cli:{n}") for n in range(12)))
    assert sorted(answer.how for answer in answers) == ["accepted", *["same"] * 11]
    assert len({(answer.order, answer.entry) for answer in answers}) == 1
    assert await house(_entries) == [("desk", "quote Q-000001", "open")]


async def test_after_its_time_it_is_refused_and_nothing_is_placed(house: House) -> None:
    await made(house)
    with pytest.raises(NotOpen, match=r"Quote Q-000001 was valid until 2026-11-30 09:00 UTC\. A sales_manager may extend it"):
        await house(accept_quote, "Q-000001", NOW + WEEK, "cli:ines")
    assert await house(_entries) == []
    [lapsed] = await house(quotes.quotes, NOW + WEEK, QuoteStatus.LAPSED)
    assert lapsed.quote == "Q-000001"
    assert await house(quotes.quotes, NOW + WEEK, QuoteStatus.OPEN) == []


async def test_a_lapsed_quote_is_extended_by_a_role_alone_and_then_accepted(house: House) -> None:
    await made(house)
    later = NOW + WEEK + DAY
    with pytest.raises(Refused, match=r"Quote Q-000001 has lapsed\. It is extended by a sales_manager; cli:ines is none"):
        await house(extend_quote, "Q-000001", later + WEEK, later, "cli:ines")
    await house(staff.change_roles, "cli:ada", ("sales_manager",), ())
    assert (await house(extend_quote, "Q-000001", later + WEEK, later, "cli:ada")).status is QuoteStatus.OPEN
    assert (await house(accept_quote, "Q-000001", later, "cli:ines")).how == "accepted"
    with pytest.raises(NotOpen, match="it is order quote/Q-000001"):
        await house(extend_quote, "Q-000001", later + WEEK, later, "cli:ada")


async def test_an_open_quote_is_extended_by_anybody_but_not_into_the_past(house: House) -> None:
    await made(house)
    assert (await house(extend_quote, "Q-000001", NOW + 2 * WEEK, NOW, "cli:ines")).valid_until == NOW + 2 * WEEK
    with pytest.raises(Refused, match="that has passed"):
        await house(extend_quote, "Q-000001", NOW - DAY, NOW, "cli:ines")


async def test_a_declined_quote_is_not_accepted_and_its_goods_are_free(house: House) -> None:
    assert (await made(house, reserve=True)).quote.set_aside == 2
    declined = await house(decline_quote, "Q-000001", "too dear", NOW, "cli:ines")
    assert (declined.status, declined.set_aside, declined.reason) == (QuoteStatus.DECLINED, 0, "too dear")
    with pytest.raises(NotOpen, match="Quote Q-000001 was declined"):
        await house(accept_quote, "Q-000001", NOW, "cli:ines")
    with pytest.raises(NotOpen, match="Quote Q-000001 was declined"):
        await made(house, "PO-7", unpriced(quantity=3))


async def test_goods_of_a_quote_are_its_orders_and_nobody_elses(house: House) -> None:
    await made(house, "PO-7", unpriced(quantity=14), reserve=True)
    with pytest.raises(Refused, match=r"The goods cannot be set aside: there are 0 of 1 KETTLE\."):
        await made(house, "PO-8", unpriced(quantity=1), reserve=True)
    assert await house(_last_number) == 1
    placed = await hand_over(house, await house(accept_quote, "Q-000001", NOW, "cli:ines"))
    allocation = await house.allocate(placed)
    assert sum(pick.quantity for shipment in allocation.shipments for pick in shipment.picks) == 14
    assert await house(soft_reservations.soft_reservations, NOW) == []


async def test_a_revision_and_an_extension_move_what_is_set_aside(house: House) -> None:
    await made(house, "PO-7", unpriced(quantity=10), reserve=True)
    changed = await made(house, "PO-7", unpriced(quantity=12), reserve=True, at=NOW + DAY, valid_until=NOW + WEEK)
    assert changed.quote.set_aside == 12
    extended = await house(extend_quote, "Q-000001", NOW + 2 * WEEK, NOW + DAY, "cli:ines")
    assert extended.set_aside == 12
    assert {row.expires_at for row in await house(soft_reservations.soft_reservations, NOW + DAY)} == {NOW + 2 * WEEK}


async def test_the_audit_finds_an_accepted_quote_without_its_order_and_one_at_other_prices(house: House) -> None:
    await made(house)
    acceptance = await house(accept_quote, "Q-000001", NOW, "cli:ines")
    await house(_settle, acceptance.entry, "refused")
    assert [(found.rule, found.subject) for found in await house(audit)] == [("an_accepted_quote_has_one_order_at_its_prices", "Q-000001")]
    await house(_settle, acceptance.entry, "done")
    placed = await hand_over(house, acceptance)
    dearer = placed.model_copy(update={"freight": eur(99_00)})
    await house(_rewrite, dearer)
    assert [found.subject for found in await house(audit)] == ["Q-000001"]
    await house(_rewrite, placed)


def _dearer(session: Session) -> None:
    session.execute(update(Price).where(Price.item == "KETTLE").values(unit_price="99.00"))


def _entries(session: Session) -> list[tuple[str, str, str]]:
    return [(row.channel, row.delivery, row.status) for row in session.scalars(select(InboxEntry))]


def _last_number(session: Session) -> int:
    assert session.scalar(select(Quote.quote).order_by(Quote.quote.desc())) == "Q-000001"
    return session.get_one(Counter, "Q").last


def _settle(session: Session, entry: int, status: str) -> None:
    session.execute(update(InboxEntry).where(InboxEntry.entry == entry).values(status=status))


def _rewrite(session: Session, placed: PlaceOrder) -> None:
    session.execute(update(Intake).where(Intake.order == placed.key).values(document=placed.model_dump_json()))
