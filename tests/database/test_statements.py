"""The last word of a shop about an order: a later one takes its place, an older one that comes late does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import intake, statements
from database.tables import OrderLine
from domain.messages import AmendOrder, CancelOrder, LineQuantity
from domain.restating import Stated
from tests.database.builders import NOW, House, order


async def test_the_last_word_is_the_one_that_was_said_last(house: House) -> None:
    first = order()
    assert await house.database.read(statements.last_word, first.key) is None
    await house(intake.capture, first, NOW)
    assert await house.database.read(statements.last_word, first.key) == (Stated(order=first), None)
    late, later = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)
    fewer = first.model_copy(update={"lines": tuple(line.model_copy(update={"quantity": 0}) for line in first.lines)})
    await house(statements.keep_word, first.key, 2, later, Stated(order=fewer, remarks=("it hurries",)))
    await house(statements.keep_word, first.key, 3, late, Stated(order=first))
    assert await house.database.read(statements.last_word, first.key) == (Stated(order=fewer, remarks=("it hurries",)), later)


async def test_an_order_that_is_not_written_down_yet_has_not_ended(house: House) -> None:
    assert await house.database.read(statements.ended, "shopify/1") is False


async def test_what_a_shop_echoes_of_our_own_doing_is_so_already(house: House) -> None:
    placed = order()
    await house.accept(placed)
    stamp: dict[str, Any] = {"message_id": "m-1", "occurred_at": NOW, "actor": "shopify"}
    cancel, units = CancelOrder(**stamp), {line.number: line.quantity for line in placed.lines}

    def amend(quantities: dict[int, int]) -> AmendOrder:
        return AmendOrder(quantities=tuple(LineQuantity(line=line, quantity=count) for line, count in quantities.items()), **stamp)

    async def so(message: CancelOrder | AmendOrder) -> str:
        return await house.database.read(statements.so_already, placed.key, message)

    assert (await so(amend(units)), await so(amend(dict.fromkeys(units, 0))), await so(cancel)) == (
        "the order has these quantities already",
        "",
        "",
    )

    def cancelled(session: Session) -> None:
        for line in session.scalars(select(OrderLine).where(OrderLine.order == placed.key)):
            line.cancelled, line.open = line.ordered, 0

    await house(cancelled)
    assert (await so(cancel), await so(amend(dict.fromkeys(units, 0))), await so(amend(units))) == (
        "it is cancelled here already",
        "the order has these quantities already",
        "",
    )
    assert await house.database.read(statements.so_already, "shopify/nobody", cancel) == ""
