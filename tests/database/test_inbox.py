"""The inbox keeps every document once, each part of it has one end, and words that nobody knew are learned for good."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.orm import Session

from database import inbox, intake
from database.inbox import PartResult
from database.tables import InboxEntry
from domain.errors import NotFound, Refused
from domain.intake import Delivery, NeedKind
from tests.database.builders import NOW, House, order

ITEM, CUSTOMER, UNIT = NeedKind.ITEM, NeedKind.CUSTOMER, NeedKind.UNIT


def delivery(number: str = "d-1", body: bytes = b"{}", channel: str = "shopify/nord") -> Delivery:
    return Delivery(channel=channel, delivery=number, form="shopify", topic="orders/create", body=body, received_at=NOW)


async def kept(house: House, number: str = "d-1", channel: str = "shopify/nord") -> int:
    found = await house(inbox.keep, delivery(number, channel=channel))
    return found.entry


def result(status: str, part: int = 1, *needs: tuple[NeedKind, str], order: str = "", reason: str = "") -> PartResult:
    return PartResult(part=part, place="", kind="order", order=order, status=status, needs=needs, reason=reason)


async def record(house: House, entry: int, *results: PartResult) -> str:
    for each in results:
        await house(inbox.record_part, entry, each, NOW)
    return await house(inbox.settle, entry)


async def test_a_document_delivered_twenty_times_at_once_is_kept_once(house: House) -> None:
    answers = await asyncio.gather(*(house(inbox.keep, delivery()) for _ in range(20)))
    assert sorted(answer.how for answer in answers) == ["new"] + ["same"] * 19
    assert len({answer.entry for answer in answers}) == 1


async def test_another_body_under_a_known_id_is_told_and_not_taken(house: House) -> None:
    first = await house(inbox.keep, delivery(body=b'{"id": 1}'))
    other = await house(inbox.keep, delivery(body=b'{"id": 2}'))
    assert (other.how, other.entry) == ("other", first.entry)
    assert await house.database.read(inbox.body, first.entry) == b'{"id": 1}'
    elsewhere = await house(inbox.keep, delivery(body=b'{"id": 2}', channel="shopify/sued"))
    assert elsewhere.how == "new"


async def test_bytes_of_any_kind_come_out_as_they_went_in(house: House) -> None:
    body = bytes(range(256)) * 3
    entry = (await house(inbox.keep, delivery(body=body))).entry
    found = await house.database.read(inbox.delivery_of, entry)
    assert found is not None
    assert found.body == body


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        (["done", "done"], "done"),
        (["done", "refused"], "done"),
        (["refused", "refused"], "refused"),
        (["ignored"], "done"),
        (["done", "parked"], "waiting"),
        (["mapping", "refused"], "waiting"),
        ([], "done"),
    ],
)
async def test_a_document_stands_where_its_parts_stand(house: House, parts: list[str], status: str) -> None:
    entry = await kept(house)
    assert await record(house, entry, *(result(each, number) for number, each in enumerate(parts, 1))) == status
    assert (await house.database.read(inbox.delivery_of, entry) is None) == (status != "waiting")


async def test_what_is_finished_is_not_written_again(house: House) -> None:
    entry = await kept(house)
    await record(house, entry, result("done", 1, order="shopify/1"), result("parked", 2, order="shopify/2"))
    await record(house, entry, result("refused", 1, reason="too late"), result("done", 2, order="shopify/2"))
    view = await house.database.read(inbox.entry_view, entry)
    assert [(part.status, part.reason) for part in view.parts] == [("done", ""), ("done", "")]
    assert await house.database.read(inbox.finished_parts, entry) == {1, 2}


async def test_open_documents_are_handed_over_oldest_first_and_the_postponed_later(house: House) -> None:
    entries = [await kept(house, f"d-{number}") for number in range(3)]
    assert await house.database.read(inbox.to_hand_over, NOW) == entries

    def pause(session: Session) -> int:
        return int((session.get_one(InboxEntry, entries[0]).next_at - NOW).total_seconds())

    pauses = []
    for _ in range(11):
        await house(inbox.postpone, entries[0], "nobody answers", NOW)
        pauses.append(await house(pause))
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert await house.database.read(inbox.to_hand_over, NOW) == entries[1:]


async def test_a_parked_message_is_taken_up_when_its_order_came(house: House) -> None:
    entry = await kept(house)
    await record(house, entry, result("parked", order="shopify/1001"))
    assert await house.database.read(inbox.to_hand_over, NOW) == []
    await house(intake.capture, order(), NOW)
    assert await house.database.read(inbox.to_hand_over, NOW) == [entry]


async def test_a_mapping_is_remembered_and_what_waited_for_it_goes_on(house: House) -> None:
    first, second = await kept(house, "d-1"), await kept(house, "d-2", "edi/acme")
    for entry in (first, second):
        await record(house, entry, result("mapping", 1, (ITEM, "WK-1000"), (ITEM, "WK-2000")))
    queue = await house.database.read(inbox.needs)
    assert [(need.channel, need.text, need.parts) for need in queue] == [
        (channel, text, 1) for channel in ("edi/acme", "shopify/nord") for text in ("WK-1000", "WK-2000")
    ]
    assert await house(inbox.learn, "shopify/nord", ITEM, "WK-1000", "KETTLE", "ada", NOW) == 1
    assert await house.database.read(inbox.to_hand_over, NOW) == []
    assert await house(inbox.learn, "", ITEM, "WK-2000", "GRINDER", "ada", NOW) == 2
    assert await house.database.read(inbox.to_hand_over, NOW) == [first]
    known = await house.database.read(inbox.meanings, "shopify/nord", ITEM, ["WK-1000", "WK-2000", "KETTLE", "NOBODY"])
    assert known == {"KETTLE": "KETTLE", "WK-1000": "KETTLE", "WK-2000": "GRINDER"}
    assert await house.database.read(inbox.meanings, "edi/acme", ITEM, ["WK-1000"]) == {}


async def test_a_channels_own_word_stands_over_that_of_every_channel(house: House) -> None:
    await house(inbox.learn, "edi/acme", ITEM, "100", "FILTER", "ada", NOW)
    await house(inbox.learn, "", ITEM, "100", "KETTLE", "ada", NOW)
    assert await house.database.read(inbox.meanings, "edi/acme", ITEM, ["100"]) == {"100": "FILTER"}
    assert await house.database.read(inbox.meanings, "shopify/nord", ITEM, ["100"]) == {"100": "KETTLE"}
    await house(inbox.learn, "edi/acme", UNIT, "CS", "12", "ada", NOW)
    assert await house.database.read(inbox.words, "edi/acme") == {(UNIT, "CS"): "12"}


async def test_a_customers_name_is_known_to_every_room(house: House) -> None:
    entry = await kept(house)
    await record(house, entry, result("mapping", 1, (CUSTOMER, "shopify:77")))
    assert await house(inbox.learn, "shopify/nord", CUSTOMER, "shopify:77", "C-1", "ada", NOW) == 1
    assert await house.database.read(inbox.meanings, "edi/acme", CUSTOMER, ["shopify:77", "x12:4012345000016"]) == {
        "shopify:77": "C-1",
        "x12:4012345000016": "C-1",
    }
    accepted = await house.accept(order(customer="shopify:77"))
    assert accepted.customer == "C-1"


async def test_nothing_is_mapped_to_what_there_is_not(house: House) -> None:
    with pytest.raises(NotFound, match="There is no item 'KETTEL'"):
        await house(inbox.learn, "", ITEM, "100", "KETTEL", "ada", NOW)
    with pytest.raises(NotFound, match="There is no customer 'C-99'"):
        await house(inbox.learn, "", CUSTOMER, "100", "C-99", "ada", NOW)
    with pytest.raises(Refused, match="needs the sender's text"):
        await house(inbox.learn, "", ITEM, " ", "KETTLE", "ada", NOW)
    with pytest.raises(NotFound, match="There is no inbox entry '4711'"):
        await house.database.read(inbox.entry_view, 4711)


async def test_documents_are_listed_newest_first_by_status_and_channel(house: House) -> None:
    first, second = await kept(house, "d-1"), await kept(house, "d-2", "edi/acme")
    await house(inbox.refuse_entry, second, "line 3", "this is not JSON")
    listed = await house.database.read(inbox.entries)
    assert [(view.entry, view.status, view.reason) for view in listed] == [
        (second, "refused", "line 3: this is not JSON"),
        (first, "open", ""),
    ]
    assert [view.entry for view in await house.database.read(inbox.entries, "open")] == [first]
    assert [view.entry for view in await house.database.read(inbox.entries, "", "edi/acme")] == [second]


async def test_deliveries_of_one_event_are_one_document_where_they_say_the_same(house: House) -> None:
    def told(number: str, body: bytes = b"{}", event: str = "orders/create e-1") -> Delivery:
        return delivery(number, body).model_copy(update={"event": event})

    answers = await asyncio.gather(*(house(inbox.keep, told(f"w-{number}")) for number in range(10)))
    assert sorted(answer.how for answer in answers) == ["new"] + ["same"] * 9
    assert len({answer.entry for answer in answers}) == 1
    other_words = await house(inbox.keep, told("w-20", b'{"id": 1}'))
    other_event = await house(inbox.keep, told("w-21", event="orders/create e-2"))
    assert (other_words.how, other_event.how) == ("new", "new")
    assert (await house(inbox.keep, told("w-20", b'{"id": 1}'))).how == "same"
    assert (await house(inbox.keep, told("w-20", b'{"id": 2}'))).how == "other"
