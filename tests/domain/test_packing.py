"""Packing: every unit in one parcel, no parcel beyond its carton or the customer's rules, whoever proposes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.first_fit import first_fit
from domain.packing import Carton, Goods, GoodsClass, PackingRules, Placement, Proposal, ProposedParcel, Size, ToPack, Unpackable, faults

SMALL = Carton(carton="S", size=(300, 200, 150), tare_g=150, max_weight_g=10_000, cost=40)
LARGE = Carton(carton="L", size=(600, 400, 400), tare_g=700, max_weight_g=30_000, cost=120)


def goods(
    line: int = 1, item: str = "KETTLE", quantity: int = 1, size: Size = (210, 290, 250), weight_g: int = 1_100, **more: object
) -> Goods:
    return Goods.model_validate({"line": line, "item": item, "quantity": quantity, "size": size, "weight_g": weight_g} | more)


def task(*what: Goods, cartons: tuple[Carton, ...] = (SMALL, LARGE), **rules: object) -> ToPack:
    return ToPack(goods=what, cartons=cartons, rules=PackingRules.model_validate(rules))


def packed(asked: ToPack) -> Proposal:
    proposed = first_fit(asked, "tried")
    assert faults(asked, proposed) == []
    return proposed


sides = st.integers(10, 420)
some_goods = st.builds(
    goods,
    item=st.sampled_from(["A", "B"]),
    quantity=st.integers(1, 12),
    size=st.tuples(sides, sides, sides),
    weight_g=st.integers(0, 12_000),
    goods_class=st.sampled_from(GoodsClass),
    upright=st.booleans(),
    as_is=st.booleans(),
)
some_tasks = st.builds(
    lambda what, rules: ToPack(
        goods=tuple(one.model_copy(update={"line": line}) for line, one in enumerate(what, 1)), cartons=(SMALL, LARGE), rules=rules
    ),
    st.lists(some_goods, min_size=1, max_size=5),
    st.builds(
        PackingRules,
        max_parcel_g=st.none() | st.integers(5_000, 20_000),
        mixed_lines=st.booleans(),
        separate_hazardous=st.booleans(),
        keep_upright=st.booleans(),
        carton=st.sampled_from(["", "L"]),
    ),
)


@given(some_tasks)
def test_first_fit_packs_every_unit_once_within_cartons_and_rules_or_says_what_fits_nowhere(asked: ToPack) -> None:
    alone = [
        (one.as_is and (asked.rules.max_parcel_g is None or one.weight_g <= asked.rules.max_parcel_g))
        or (not one.as_is and any(asked.fits(one, carton) for carton in asked.permitted))
        for one in asked.goods
    ]
    if all(alone):
        packed(asked)
    else:
        with pytest.raises(Unpackable) as refused:
            first_fit(asked, "tried")
        assert [f"(line {one.line})" in str(refused.value) for one in asked.goods] == [not fits for fits in alone]


def test_the_smallest_carton_that_holds_everything_is_taken() -> None:
    [parcel] = packed(task(goods(quantity=8, item="SCALE", size=(130, 160, 35), weight_g=480))).parcels
    assert (parcel.carton, parcel.weight_g, parcel.contents) == ("S", 150 + 8 * 480, {1: 8})


def test_a_customer_who_wants_one_line_in_a_parcel_gets_one() -> None:
    asked = task(goods(1, "A", size=(50, 50, 50)), goods(2, "B", size=(50, 50, 50)), mixed_lines=False)
    assert [parcel.contents for parcel in packed(asked).parcels] == [{1: 1}, {2: 1}]


def test_food_never_lies_beside_hazardous_goods_unless_the_rules_allow_it() -> None:
    both = (goods(1, "BEANS", size=(50, 50, 50), goods_class="food"), goods(2, "CLEANER", size=(50, 50, 50), goods_class="hazardous"))
    assert [parcel.contents for parcel in packed(task(*both)).parcels] == [{1: 1}, {2: 1}]
    assert [parcel.contents for parcel in packed(task(*both, separate_hazardous=False)).parcels] == [{1: 1, 2: 1}]


def test_the_customers_own_carton_is_the_only_one() -> None:
    assert [parcel.carton for parcel in packed(task(goods(size=(50, 50, 50)), carton="L")).parcels] == ["L"]
    with pytest.raises(Unpackable, match="has no carton: CRATE is not there"):
        first_fit(task(goods(), carton="CRATE"), "tried")


def test_no_parcel_is_heavier_than_the_customer_can_lift() -> None:
    proposed = packed(task(goods(quantity=4, item="ANVIL", size=(100, 100, 100), weight_g=7_000), max_parcel_g=15_000))
    assert [parcel.weight_g for parcel in proposed.parcels] == [14_700, 14_700]


def test_what_must_stand_upright_stands() -> None:
    tall = goods(size=(100, 100, 380), upright=True)
    assert [unit.sides for parcel in packed(task(tall)).parcels for unit in parcel.units] == [(100, 100, 380)]
    with pytest.raises(Unpackable, match=r"KETTLE \(line 1\), 100 × 100 × 420 mm and 1100 g, fits none of the cartons S, L"):
        first_fit(task(goods(size=(100, 100, 420), upright=True)), "tried")
    assert len(packed(task(goods(size=(100, 100, 420)))).parcels) == 1


def test_what_ships_in_its_own_container_takes_no_carton_of_ours() -> None:
    machine = goods(1, "MACHINE", 2, (900, 900, 900), 21_500, as_is=True)
    parcels = packed(task(machine, goods(2, "FILTER", size=(50, 50, 50)))).parcels
    assert [(parcel.carton, parcel.weight_g, parcel.contents) for parcel in parcels] == [
        ("S", 1_250, {2: 1}),
        ("", 21_500, {1: 1}),
        ("", 21_500, {1: 1}),
    ]


def test_all_units_that_fit_nowhere_are_named_at_once() -> None:
    with pytest.raises(Unpackable, match=r"BEAM \(line 1\).*; .*ANVIL \(line 3\)"):
        first_fit(task(goods(1, "BEAM", size=(2_000, 50, 50)), goods(2), goods(3, "ANVIL", weight_g=40_000)), "tried")


def test_more_units_than_a_packing_station_takes_are_refused() -> None:
    with pytest.raises(Unpackable, match="5001 units are more than the 5000"):
        first_fit(task(goods(quantity=5_001, size=(10, 10, 10))), "tried")


def unit(at: tuple[int, int, int] = (0, 0, 0), turned: Size = (210, 290, 250), line: int = 1) -> Placement:
    return Placement(line=line, item="KETTLE", at=at, sides=turned)


@pytest.mark.parametrize(
    ("parcel", "fault"),
    [
        ({"units": (unit(),)}, "line 1 (KETTLE): 1 units packed, 2 to be packed"),
        ({"units": (unit(), unit())}, "parcel 1: two units are in the same place"),
        ({"units": (unit(), unit((400, 0, 0)))}, "parcel 1: a unit of KETTLE sticks out of the carton"),
        ({"units": (unit(), unit((210, 0, 0), (210, 210, 250)))}, "parcel 1: a unit of KETTLE is turned as it must not be"),
        ({"units": (unit(), unit((210, 0, 0))), "weight_g": 2_000}, "parcel 1 is said to weigh 2000 g and weighs 2900 g"),
        ({"units": (unit(), unit((210, 0, 0))), "carton": "XXL"}, "parcel 1 uses XXL, which is not permitted"),
    ],
)
def test_a_proposal_that_breaks_a_rule_is_seen_through(parcel: dict[str, object], fault: str) -> None:
    asked = task(goods(quantity=2))
    whole = {"number": 1, "carton": "L", "size": LARGE.size, "weight_g": 2_900} | parcel
    assert fault in faults(asked, Proposal(method="solver", why="", parcels=(ProposedParcel.model_validate(whole),)))


def test_everything_in_the_sample_catalogue_can_be_packed(samples_dir: Path) -> None:
    catalogue = json.loads((samples_dir / "catalogue.json").read_text())
    cartons = tuple(
        Carton(carton=c["id"], size=c["inner_mm"], **{k: c[k] for k in ("tare_g", "max_weight_g", "cost")}) for c in catalogue["cartons"]
    )
    asked = ToPack(
        goods=tuple(
            goods(line, i["id"], 3, tuple(i["dims_mm"]), i["weight_g"], **{k: i[k] for k in ("upright", "as_is", "goods_class") if k in i})
            for line, i in enumerate(catalogue["items"], 1)
        ),
        cartons=cartons,
    )
    assert packed(asked).unused < 0.6
