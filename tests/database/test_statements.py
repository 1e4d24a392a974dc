"""The last word of a shop about an order: a later one takes its place, an older one that comes late does not."""

from __future__ import annotations

from datetime import timedelta

from database import intake, statements
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
