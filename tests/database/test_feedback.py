"""What shops are to be told: it follows from what stands in the books, is written down once, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from database import feedback, feedback_looks, orders, quotas, shipments
from database import inbox as rows_in
from database.feedback_looks import Place, onward
from domain.errors import NotFound, Refused
from domain.feedback import (
    Feed,
    FeedbackKind,
    FeedbackStatus,
    FeedbackView,
    FindFeedback,
    ShopCancellation,
    ShopShipment,
    StockLevel,
    Telling,
)
from domain.intake import NeedKind
from domain.order import PlaceOrder
from domain.quotas import SetQuota
from domain.steps import CancelRest, ChangeLines, CloseOrder, LineChange, Need, Outcome, Recorded, VoidLabel
from tests.database.builders import DAY, NOW, House, line, order, step

NORD = Feed(shop="nord", channel="shopify", words=("shopify", "shopify/nord"), locations={"BERLIN": "65", "LYON": "66"})
SUED = Feed(shop="sued", channel="shopify", one_stock=True, one_status=True)
MINUTE = timedelta(minutes=1)


async def look(house: House, feed: Feed = NORD, at: datetime = NOW, walk: Sequence[str] = ()) -> bool:
    found = await house.database.read(feedback_looks.look, feed, at, walk)
    return await house(feedback_looks.write_down, feed.shop, found, at)


async def pieces(house: House, kind: FeedbackKind, shop: str = "nord") -> list[FeedbackView]:
    return sorted(await house(feedback.listed, shop=shop, kind=kind.value, most=100), key=lambda each: each.entry)


async def shipped(house: House, shop: str = "nord") -> list[tuple[str, FeedbackStatus, list[tuple[int, int]], bool]]:
    """Tracking number, status, (line, units) and whether it completes the order, of each shipment to be told."""
    found = []
    for piece in await pieces(house, FeedbackKind.SHIPMENT, shop):
        value = ShopShipment.model_validate_json(piece.wanted)
        found.append((value.tracking, piece.status, [(each.line, each.quantity) for each in value.lines], value.completes))
    return found


async def given_up(house: House, shop: str = "nord") -> list[tuple[list[tuple[int, int]], bool]]:
    found = [ShopCancellation.model_validate_json(piece.wanted) for piece in await pieces(house, FeedbackKind.CANCELLATION, shop)]
    return [([(each.line, each.quantity) for each in value.lines], value.whole) for value in found]


async def stock(house: House, shop: str = "nord") -> dict[str, tuple[int, FeedbackStatus]]:
    found = await pieces(house, FeedbackKind.STOCK, shop)
    found += await house(feedback.listed, shop=shop, status="unlisted")
    return {piece.subject: (StockLevel.model_validate_json(piece.wanted).quantity, piece.status) for piece in found}


async def in_two(house: House) -> PlaceOrder:
    """An order of six kettles and two grinders: four kettles have left, the rest is allocated."""
    placed = order("1001", line(1, "KETTLE", 6), line(2, "GRINDER", 2, "200.00"))
    await house.accept(placed)
    await house.allocate(placed, Need(line=1, item="KETTLE", quantity=4))
    await house.pick(placed, l1=4)
    await house.pack(placed)
    await house.ship(placed)
    return placed


async def tell(house: House, at: datetime = NOW, shop: str = "nord", kind: FeedbackKind | None = None) -> list[Telling]:
    """Tell all that is due, to a shop that takes everything."""
    found = (await house(feedback.find, FindFeedback(shop=shop, at=at))).tellings
    for telling in found:
        if kind is None or telling.kind is kind:
            for piece in await house(feedback.due, telling.entries):
                await house(feedback.was_told, piece, at, "F-1")
    return list(found)


async def test_each_shipment_of_an_order_is_told_with_its_lines(house: House) -> None:
    placed = await in_two(house)
    await look(house)
    assert await shipped(house) == [("TRACK-1001-1-1", "due", [(1, 4)], False)]
    await house.allocate(placed, Need(line=1, item="KETTLE", quantity=2), attempt=2, first=2)
    await house.pick(placed, 2, l1=2)
    await house.pack(placed, 2)
    await house.ship(placed, 2)
    await look(house)
    assert await shipped(house) == [("TRACK-1001-1-1", "due", [(1, 4)], False), ("TRACK-1001-2-1", "due", [(1, 2)], False)]
    assert await given_up(house) == []


async def test_looking_again_writes_nothing_down_twice(house: House) -> None:
    await in_two(house)
    for _ in range(3):
        assert await look(house)
    assert len(await shipped(house)) == 1
    found = await house.database.read(feedback_looks.look, NORD, NOW)
    assert found.news == ()
    assert feedback_looks.says_nothing(found)


async def test_orders_of_other_channels_are_nobodys_news(house: House) -> None:
    placed = order("7", line(1, "KETTLE", 1), channel="x12")
    await house.accept(placed)
    await house.allocate(placed)
    await house.pick(placed, l1=1)
    await house.pack(placed)
    await house.ship(placed)
    await look(house)
    assert await shipped(house) == []


async def test_what_is_told_twice_is_told_once(house: House) -> None:
    await in_two(house)
    await look(house)
    first = await tell(house, kind=FeedbackKind.SHIPMENT)
    assert [(each.kind, each.subject) for each in first if each.kind is FeedbackKind.SHIPMENT] == [
        (FeedbackKind.SHIPMENT, "shopify/1001#1/TRACK-1001-1-1")
    ]
    await look(house)
    again = await house(feedback.find, FindFeedback(shop="nord", at=NOW + MINUTE))
    assert [each for each in again.tellings if each.kind is FeedbackKind.SHIPMENT] == []
    [piece] = await pieces(house, FeedbackKind.SHIPMENT)
    assert (piece.status, piece.reference, piece.told == piece.wanted) == ("told", "F-1", True)


async def test_a_shipment_that_did_not_leave_after_all_is_withdrawn_before_the_next_is_told(house: House) -> None:
    placed = await in_two(house)
    await look(house)
    await tell(house)
    void = VoidLabel(**step("void/1", placed.key), shipment=1, undoes=f"{placed.key}/ship/1/1")
    await house.undo(void, void.undoes, shipments.unship)
    await house.ship(placed, attempt=2)
    await look(house)
    assert await shipped(house) == [("TRACK-1001-1-1", "due", [], False), ("TRACK-1001-1-2", "due", [(1, 4)], False)]
    news = [each.subject for each in await tell(house) if each.kind is FeedbackKind.SHIPMENT]
    assert news == ["shopify/1001#1/TRACK-1001-1-1", "shopify/1001#1/TRACK-1001-1-2"]


async def test_units_that_are_cancelled_are_told_as_they_stand(house: House) -> None:
    placed = await in_two(house)
    for number, units in ((1, 1), (2, 1)):
        change = ChangeLines(
            **step(f"change/{number}", placed.key), changes=(LineChange(line=2, item="GRINDER", cancel=units),), reason="less"
        )
        await house.once(change, Recorded, orders.change_lines)
        await look(house)
    assert await given_up(house) == [([(2, 2)], False)]
    [piece] = await pieces(house, FeedbackKind.CANCELLATION)
    assert piece.status == "due"


async def test_an_order_that_is_cancelled_before_anything_left_is_cancelled_as_a_whole_when_it_has_ended(house: House) -> None:
    placed = order("1002", line(1, "KETTLE", 2))
    await house.accept(placed)
    await house.once(CancelRest(**step("cancel", placed.key)), Recorded, orders.cancel_rest)
    await look(house)
    assert await given_up(house) == []  # it is being wound up
    ended = CloseOrder(**step("close", placed.key), outcome=Outcome.CANCELLED, reason="changed my mind")
    await house.once(ended, Recorded, orders.close_order)
    await look(house)
    assert await given_up(house) == [([(1, 2)], True)]


async def test_the_rest_of_an_order_that_is_cancelled_after_a_part_left_is_told_line_by_line(house: House) -> None:
    placed = await in_two(house)
    await house.once(CancelRest(**step("cancel", placed.key)), Recorded, orders.cancel_rest)
    await house.once(CloseOrder(**step("close", placed.key), outcome=Outcome.CANCELLED), Recorded, orders.close_order)
    await look(house)
    await look(house, SUED)
    assert await shipped(house) == [("TRACK-1001-1-1", "due", [(1, 4)], False)]
    assert await given_up(house) == [([(1, 2), (2, 2)], False)]
    [lost] = await pieces(house, FeedbackKind.CANCELLATION, "sued")
    assert ShopCancellation.model_validate_json(lost.wanted).completes


async def test_a_shop_of_one_status_hears_with_the_last_shipment_that_nothing_is_to_come(house: House) -> None:
    await house.shipped_order("1001", line(1, "KETTLE", 2))
    for feed in (NORD, SUED):
        await look(house, feed)
    assert await shipped(house, "sued") == [("TRACK-1001-1-1", "due", [(1, 2)], True)]
    assert await shipped(house, "nord") == [("TRACK-1001-1-1", "due", [(1, 2)], False)]


async def test_a_shop_is_told_in_its_own_words(house: House) -> None:
    await house(rows_in.learn, "shopify/nord", NeedKind.ITEM, "Wasserkessel 1 l", "KETTLE", "clerk", NOW)
    await house(rows_in.learn, "edi/other", NeedKind.ITEM, "4711", "KETTLE", "clerk", NOW)
    await house.shipped_order("1001", line(1, "KETTLE", 1), line(2, "KETTLE", 1))
    await look(house)
    [piece] = await pieces(house, FeedbackKind.SHIPMENT)
    sold = ShopShipment.model_validate_json(piece.wanted).lines
    assert [(each.words, each.ordinal) for each in sold] == [(("KETTLE", "Wasserkessel 1 l"), 1), (("KETTLE", "Wasserkessel 1 l"), 2)]
    assert set(await stock(house)) == {"KETTLE@65", "KETTLE@66", "Wasserkessel 1 l@65", "Wasserkessel 1 l@66"}


async def test_stock_is_what_an_order_of_the_channel_would_be_given(house: House) -> None:
    await look(house, walk=["KETTLE", "GRINDER"])
    assert await stock(house) == {
        "GRINDER@65": (0, "due"),
        "GRINDER@66": (5, "due"),
        "KETTLE@65": (10, "due"),
        "KETTLE@66": (4, "due"),
    }
    await house(quotas.set_quota, SetQuota(item="KETTLE", location="BERLIN", channel="shopify", kept_back=3))
    await house(quotas.set_quota, SetQuota(item="KETTLE", location="LYON", channel="x12", quota=3))
    await look(house, walk=["KETTLE"])
    await look(house, SUED, walk=["KETTLE"])
    assert [(await stock(house))[subject][0] for subject in ("KETTLE@65", "KETTLE@66")] == [7, 1]
    assert await stock(house, "sued") == {"KETTLE": (8, "due")}


async def test_stock_that_changes_three_times_before_it_is_told_is_told_once(house: House) -> None:
    await look(house)
    for number in ("1", "2", "3"):
        placed = order(number, line(1, "KETTLE", 2))
        await house.accept(placed)
        await house.allocate(placed)
        await look(house)
    assert (await stock(house))["KETTLE@65"] == (4, "due")
    [telling] = [each for each in await tell(house) if each.kind is FeedbackKind.STOCK]
    assert telling.subject == "2 stock levels"
    assert (await stock(house))["KETTLE@65"] == (4, "told")
    await look(house, walk=["KETTLE"])
    assert (await stock(house))["KETTLE@65"] == (4, "told")


async def test_what_changes_while_it_is_told_is_told_again(house: House) -> None:
    await look(house, walk=["KETTLE"])
    [telling] = (await house(feedback.find, FindFeedback(shop="nord", at=NOW))).tellings
    read = await house(feedback.due, telling.entries)
    placed = order("1", line(1, "KETTLE", 2))
    await house.accept(placed)
    await house.allocate(placed)
    await look(house)
    for piece in read:
        await house(feedback.was_told, piece, NOW)
    assert await stock(house) == {"KETTLE@65": (8, "due"), "KETTLE@66": (4, "told")}


async def test_a_piece_that_was_not_answered_waits_longer_each_time_and_holds_up_what_follows_of_its_order(house: House) -> None:
    placed = await in_two(house)
    await look(house)
    [piece] = await pieces(house, FeedbackKind.SHIPMENT)
    pauses = []
    for _ in range(3):
        await house(feedback.postpone, await house(feedback.due, [piece.entry]), "nord answers with HTTP 503.", NOW)
        pauses.append((await house(feedback.shown, piece.entry)).next_at - NOW)
    assert [pause.total_seconds() for pause in pauses] == [1, 2, 4]
    await house.once(CancelRest(**step("cancel", placed.key)), Recorded, orders.cancel_rest)
    await look(house)
    waiting = await house(feedback.find, FindFeedback(shop="nord", at=NOW))
    assert [each.kind for each in waiting.tellings] == [FeedbackKind.STOCK]
    after = await house(feedback.find, FindFeedback(shop="nord", at=NOW + MINUTE))
    assert [each.kind for each in after.tellings] == [FeedbackKind.STOCK, FeedbackKind.SHIPMENT, FeedbackKind.CANCELLATION]


async def test_a_shop_that_asked_for_a_while_gets_it_and_no_attempt_is_counted(house: House) -> None:
    await in_two(house)
    await look(house)
    [piece] = await pieces(house, FeedbackKind.SHIPMENT)
    await house(feedback.postpone, await house(feedback.due, [piece.entry]), "nord takes no more calls.", NOW, timedelta(seconds=40))
    found = await house(feedback.shown, piece.entry)
    assert (found.attempts, found.next_at, found.reason) == (0, NOW + timedelta(seconds=40), "nord takes no more calls.")


async def test_what_a_shop_refused_waits_for_a_person_or_for_a_change(house: House) -> None:
    await in_two(house)
    await look(house)
    [piece] = await pieces(house, FeedbackKind.SHIPMENT)
    [due] = await house(feedback.due, [piece.entry])
    await house(feedback.was_refused, due, "nord has no order 1001.")
    assert await house(feedback.refused_of, "nord") == [piece.entry]
    await look(house)
    assert (await house(feedback.shown, piece.entry)).status == "refused"
    assert (await house(feedback.retry, piece.entry, NOW)).status == "due"
    [due] = await house(feedback.due, [piece.entry])
    await house(feedback.was_told, due, NOW)
    with pytest.raises(Refused, match="nord was told shopify/1001#1/TRACK-1001-1-1 already"):
        await house(feedback.retry, piece.entry, NOW)
    with pytest.raises(NotFound):
        await house(feedback.retry, 4711, NOW)


async def test_an_item_that_the_shop_does_not_sell_is_asked_about_once_a_day(house: House) -> None:
    await look(house, walk=["GRINDER"])
    [telling] = (await house(feedback.find, FindFeedback(shop="nord", at=NOW))).tellings
    for piece in await house(feedback.due, telling.entries):
        await house(feedback.is_unlisted, piece, NOW)
    placed = order("1", line(1, "GRINDER", 2, "200.00"))
    await house.accept(placed)
    await house.allocate(placed)
    await look(house, at=NOW + MINUTE)
    assert (await stock(house))["GRINDER@66"] == (3, "unlisted")
    await house(quotas.set_quota, SetQuota(item="GRINDER", location="LYON", channel="shopify", kept_back=1))
    await look(house, at=NOW + 2 * DAY, walk=["GRINDER"])
    assert (await stock(house))["GRINDER@66"] == (2, "due")


async def test_a_look_that_another_overtook_writes_nothing_down(house: House) -> None:
    await look(house, walk=["KETTLE"])
    slow = await house.database.read(feedback_looks.look, NORD, NOW, ["KETTLE"])
    stale = slow.model_copy(update={"news": ()})
    placed = order("1", line(1, "KETTLE", 2))
    await house.accept(placed)
    await house.allocate(placed)
    assert await look(house)
    assert not await house(feedback_looks.write_down, "nord", stale, NOW)
    assert (await stock(house))["KETTLE@65"] == (8, "due")


async def test_looking_costs_no_statement_for_each_order(house: House) -> None:
    async def cost() -> int:
        before = house.database.statements
        await house.database.read(feedback_looks.look, NORD, NOW)
        return house.database.statements - before

    await house.shipped_order("1", line(1, "KETTLE", 1))
    one = await cost()
    for number in ("2", "3", "4"):
        await house.shipped_order(number, line(1, "KETTLE", 1))
    assert await cost() == one


@pytest.mark.parametrize(
    ("place", "ids", "then"),
    [
        (Place(position=0), [7, 8, 9], Place(position=9)),
        (Place(position=4), [], Place(position=4)),
        (Place(position=4), [5, 6], Place(position=6)),
        (Place(position=4), [5, 7], Place(position=5, held_at=NOW)),
        (Place(position=5, held_at=NOW - MINUTE / 2), [7, 8], Place(position=5, held_at=NOW - MINUTE / 2)),
        (Place(position=5, held_at=NOW - MINUTE), [7, 8], Place(position=8)),
        (Place(position=5, held_at=NOW - MINUTE / 2), [6, 7], Place(position=7)),
    ],
)
def test_a_ledger_is_done_with_up_to_the_first_number_that_may_still_come(place: Place, ids: list[int], then: Place) -> None:
    assert onward(place, ids, NOW) == then
