"""The choice of bins and lots, whatever lies where: what expires first is taken first, and nothing that may not be taken."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from database.bins import take
from database.tables import Stock
from domain.lots import LotOffer, first_expired_first_out
from domain.steps import Need
from tests.endurance import examples

TODAY = date(2026, 11, 23)

LOTS = st.lists(
    st.tuples(
        st.sampled_from(["B-1", "B-2", "B-3"]),
        st.sampled_from("ABCD"),
        st.none() | st.integers(-3, 50),  # days left
        st.integers(1, 6),
        st.booleans(),
    ),
    max_size=10,
    unique_by=lambda entry: entry[:2],
)


@given(lots=LOTS, wanted=st.lists(st.integers(1, 6), min_size=1, max_size=3), min_life=st.integers(0, 30))
@settings(max_examples=examples(150), deadline=None)
def test_no_lot_is_taken_while_an_earlier_one_that_fits_is_left(
    lots: list[tuple[str, str, int | None, int, bool]], wanted: list[int], min_life: int
) -> None:
    offers = [
        LotOffer(
            lot=lot,
            bin=bin_,
            expires_on=None if days is None else TODAY + timedelta(days=days),
            free=free,
            blocked="recalled" if blocked else "",
        )
        for bin_, lot, days, free, blocked in lots
    ]
    rows = [
        Stock(item="COFFEE", location="BERLIN", bin=bin_, on_hand=99, reserved=0, by_lot=True) for bin_ in sorted({o.bin for o in offers})
    ]
    offered = {
        ("COFFEE", "BERLIN", row.bin): first_expired_first_out((o for o in offers if o.bin == row.bin), TODAY, min_life) for row in rows
    }
    needs = [Need(line=number, item="COFFEE", quantity=quantity) for number, quantity in enumerate(wanted, 1)]
    chosen = take("BERLIN", needs, rows, {need.line: need.quantity for need in needs}, offered)
    taken: dict[tuple[str, str], int] = {}
    for each in chosen.takes:
        taken[each.row.bin, each.lot] = taken.get((each.row.bin, each.lot), 0) + each.quantity
    fitting = [offer for offer in offers if offer.fits(TODAY, min_life)]
    assert taken.keys() <= {(offer.bin, offer.lot) for offer in fitting}
    assert sum(taken.values()) == min(sum(wanted), sum(offer.free for offer in fitting))
    left = [offer for offer in fitting if taken.get((offer.bin, offer.lot), 0) < offer.free]
    for offer in fitting:
        if (offer.bin, offer.lot) in taken:
            assert all((other.expires_on or date.max) >= (offer.expires_on or date.max) for other in left)
