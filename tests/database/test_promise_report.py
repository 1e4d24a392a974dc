"""How good our promises were is counted from the ledger: kept, broken, moved before, and late at this moment."""

from __future__ import annotations

from database import promise_report, purchasing, supply
from database.promise_report import KeptFrom, PromiseReport
from tests.database.builders import DAY, NOW, House, line, order
from tests.database.test_promises import allocate, delivered, end, furnish, move, promised
from tests.database.test_purchasing import po_line, purchase, slip


async def asked(house: House, days: int) -> PromiseReport:
    """The report of a month, so many days from now."""
    return await house(promise_report.report, NOW + (days - 30) * DAY, NOW + days * DAY, DAY)


async def test_what_came_in_time_was_kept_and_what_came_late_says_by_how_much(house: House) -> None:
    await furnish(house)
    for external_id, days in (("1001", 3), ("1002", 6)):
        placed = order(external_id, line(1, "KETTLE", 2))
        await house.accept(placed)
        await allocate(house, placed)
        await delivered(house, placed, NOW + days * DAY)
    found = await asked(house, 30)
    assert found.by_supply == (KeptFrom(supply="stock", kept=1, broken=1),)
    assert (found.kept_count, found.broken_count, found.moved, found.overdue) == (1, 1, 0, ())
    (late,) = found.broken
    assert (late.order, late.line, late.item, late.told_at) == ("shopify/1002", 1, "KETTLE", end(0))
    assert late.days == round((NOW + 6 * DAY - end(0)) / DAY, 1)
    assert (await asked(house, 0)).by_supply == ()


async def test_a_promise_that_was_moved_and_is_late_now_says_what_moved_it(house: House) -> None:
    await furnish(house)
    await house(purchasing.place_purchase, purchase("PO-7", po_line(item="FILTER")))
    await promised(house)
    await house(supply.move_supply, slip(20))
    await move(house)
    found = await asked(house, 40)
    assert (found.by_supply, found.broken) == ((), ())
    (late,) = found.overdue
    assert (late.order, late.item, late.told_at) == ("shopify/1001", "FILTER", end(10))
    assert late.why.startswith("PO-7 slipped: ")
    assert late.days == round((NOW + 40 * DAY - end(10)) / DAY, 1)
    assert (await asked(house, 10)).overdue == ()
