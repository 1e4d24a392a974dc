"""What could be promised now, by location: the day, the reasons, and that asking reserves nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from database import promise_answers, purchasing, transfers
from database.promise_answers import PromiseAnswer
from database.seed import seed
from database.tables import Location
from domain.errors import InputRefused, NotFound
from tests.database.builders import DAY, NOW, House
from tests.database.test_promises import furnish, promised
from tests.database.test_purchasing import po_line, purchase, transfer


async def ask(house: House, quantity: int, item: str = "KETTLE", by: datetime | None = None, **changes: Any) -> PromiseAnswer:
    fields: dict[str, Any] = {"country": "DE", "postcode": "20457", "now": NOW, "day": DAY}
    return await house(promise_answers.answer, item, quantity, by=by, **fields | changes)


def dates(answer: PromiseAnswer) -> list[tuple[str, str, str]]:
    """(location, what it hangs on, day of arrival), the earliest first."""
    return [(each.location, each.supply, f"{each.arrives_at:%d %b}" if each.arrives_at else "") for each in answer.locations]


async def test_each_location_answers_for_itself(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(ordered=5, expected_at=NOW + 3 * DAY), location="LYON"))
    answer = await ask(house, 9)
    assert dates(answer) == [("BERLIN", "stock", "26 Nov"), ("LYON", "purchase/PO-7/1", "01 Dec")]
    assert answer.locations[1].why[0] == "purchase order PO-7 line 1 is expected Thu 26 Nov"
    assert [(each.at, each.units) for each in answer.locations[1].available] == [(NOW, 4), (NOW + 3 * DAY, 9)]


async def test_what_was_promised_to_others_is_not_offered_again(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER", ordered=10)))
    await promised(house, quantity=6)
    answer = await ask(house, 5, "FILTER")
    assert [each.supply for each in answer.locations] == ["", ""]
    assert answer.locations[0].why == ("nothing that is on its way is free, and no lead time is known",)
    assert dates(await ask(house, 4, "FILTER"))[0] == ("BERLIN", "purchase/PO-7/1", "08 Dec")


async def test_asking_reserves_nothing(house: House) -> None:
    await furnish(house)
    assert await ask(house, 10) == await ask(house, 10)


async def test_all_locations_together_may_have_what_none_has(house: House) -> None:
    await furnish(house)
    answer = await ask(house, 14)
    assert (answer.anywhere_at, [each.ready_at for each in answer.locations]) == (NOW, [None, None])


async def test_a_planned_transfer_is_promised_at_its_goal_only(house: House) -> None:
    await furnish(house)
    await house(transfers.place_transfer, transfer())
    assert dates(await ask(house, 10)) == [("LYON", "transfer/T-1", "01 Dec"), ("BERLIN", "", "")]


async def test_what_should_have_come_is_not_counted_and_said_so(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER", expected_at=NOW - DAY)))
    answer = await ask(house, 5, "FILTER")
    assert answer.locations[0].why[-1] == "purchase order PO-7 line 1 was expected 22 Nov and has not come: it is not counted"
    assert answer.locations[0].ready_at is None


async def test_a_requested_day_is_met_or_missed_with_the_last_chance(house: House) -> None:
    await furnish(house)
    in_time = (await ask(house, 5, by=datetime(2026, 11, 26, tzinfo=UTC))).locations[0]
    assert (in_time.in_time, in_time.ready_by) == (True, datetime(2026, 11, 23, 23, 59, tzinfo=UTC))
    missed = (await ask(house, 5, by=datetime(2026, 11, 25, tzinfo=UTC))).locations[0]
    assert (missed.in_time, missed.ready_by) == (False, datetime(2026, 11, 22, 23, 59, tzinfo=UTC))


async def test_the_nearest_part_of_the_country_has_its_own_way(house: House) -> None:
    near = {"id": "BERLIN", "transit_days": {"DE": {"": 3, "2": 2, "204": 1}}}
    await house(seed, {"locations": [near]})
    for postcode, day in (("20457", "25 Nov"), ("22765", "26 Nov"), ("80331", "27 Nov")):
        found = {each.location: each for each in (await ask(house, 5, postcode=postcode)).locations}["BERLIN"]
        assert found.arrives_at is not None
        assert f"{found.arrives_at:%d %b}" == day


async def test_an_unknown_way_is_taken_to_be_long_and_said_so(house: House) -> None:
    (found,) = [each for each in (await ask(house, 5, country="NO", postcode="")).locations if each.location == "BERLIN"]
    assert found.why[-1] == "nobody has said how long the way from BERLIN takes: 5 days are taken"


async def test_short_days_are_counted_without_calendars(house: House) -> None:
    await furnish(house)
    answer = await ask(house, 5, day=timedelta(seconds=1))
    assert answer.locations[0].arrives_at == NOW + timedelta(seconds=3)


async def test_an_address_names_its_country(house: House) -> None:
    def in_germany(session: Session) -> None:
        session.get_one(Location, "BERLIN").country = "DE"

    assert await house(promise_answers.address, "de-20457") == ("DE", "20457")
    assert await house(promise_answers.address, "NL 3089 JH") == ("NL", "3089 JH")
    assert await house(promise_answers.address, "FR") == ("FR", "")
    with pytest.raises(InputRefused, match="--to: '20457' names no country: write DE-20457, or DE alone"):
        await house(promise_answers.address, "20457")
    await house(in_germany)
    assert await house(promise_answers.address, "20457") == ("DE", "20457")


async def test_an_unknown_item_is_refused(house: House) -> None:
    with pytest.raises(NotFound, match="There is no item 'TEAPOT'"):
        await ask(house, 1, "TEAPOT")


@pytest.mark.parametrize(
    ("calendar", "reason"),
    [
        ({"cut_off": "noon"}, "the cut-off 'noon' is not a time such as 14:00"),
        ({"working_days": "mon-fri"}, "the working days 'mon-fri' are not digits from 1 (Monday) to 7"),
        ({"time_zone": "Europe/Bielefeld"}, "there is no time zone 'Europe/Bielefeld'"),
        ({"country": "DE", "subdivision": "XX"}, "no holidays are known of DE XX"),
    ],
)
async def test_a_calendar_that_cannot_be_read_says_why(house: House, calendar: dict[str, str], reason: str) -> None:
    with pytest.raises(InputRefused) as refused:
        await house(seed, {"locations": [{"id": "BERLIN", **calendar}]})
    assert str(refused.value) == f"location BERLIN: {reason}"
