"""Sourcing: the rules in their order, what rules a location out, and why everything else lost."""

from datetime import date
from typing import Any

import pytest

from domain.sourcing.choice import choose
from domain.sourcing.decision import Candidate, Decision, Part, RuleTried
from domain.sourcing.facts import Goods, Rate, Site, Sourcing, SourcingPolicy, SourcingRule, Weights, narrowest
from domain.sourcing.words import in_words
from domain.steps import Need, Shortage

PLAIN = SourcingPolicy(weights=Weights(further_shipment=500, day_late=300, balance=0))
MONDAY = date(2026, 11, 23)


def site(location: str, cups: int = 0, jugs: int = 0, base: int = 0, **changes: Any) -> Site:
    return Site(**{"location": location, "units": {"CUP": cups, "JUG": jugs}, "rates": {"*": Rate(base=base)}} | changes)


def wants(cups: int = 0, jugs: int = 0, **changes: Any) -> Sourcing:
    needs = [Need(line=1, item="CUP", quantity=cups), Need(line=2, item="JUG", quantity=jugs)]
    asked: dict[str, Any] = {"needs": tuple(need for need in needs if need.quantity), "today": MONDAY, "country": "FR", "postcode": "69800"}
    return Sourcing(**asked | changes)


def plan(decision: Decision) -> dict[str, dict[int, int]]:
    return {part.location: part.units for part in decision.parts}


def why(decision: Decision) -> dict[str, str]:
    return {"+".join(candidate.locations): candidate.lost for candidate in decision.candidates}


def test_one_location_that_has_everything_comes_before_a_cheaper_split() -> None:
    sites = [site("BERLIN", 5, 5, base=2000), site("LYON", 5, 0, base=300), site("PORTO", 0, 5, base=300)]
    decision = choose(wants(2, 2), sites, PLAIN)
    assert decision.parts == (Part(location="BERLIN", units={1: 2, 2: 2}),)
    assert decision.rule == "one location complete"
    assert decision.exact
    assert why(decision) == {
        "BERLIN": "",
        "LYON": "has no JUG",
        "PORTO": "has no CUP",
        "LYON+PORTO": "is cheaper, but a rule that allows fewer shipments comes first",
    }


def test_of_those_that_have_everything_the_cheapest_serves_and_the_others_say_how_much_they_would_cost_more() -> None:
    sites = [site("BERLIN", 5, base=890, handling=120), site("LYON", 5, base=590, handling_per_unit=10), site("PORTO", 5, base=590)]
    decision = choose(wants(2), sites, PLAIN)
    assert plan(decision) == {"PORTO": {1: 2}}
    assert why(decision) == {
        "BERLIN": "4.20 EUR dearer (freight 3.00 EUR, handling 1.20 EUR more)",
        "LYON": "0.20 EUR dearer (handling 0.20 EUR more)",
        "PORTO": "",
    }


def test_an_order_that_no_location_can_serve_alone_is_split_the_cheapest_way() -> None:
    sites = [site("BERLIN", 5, base=500), site("LYON", 0, 5, base=500), site("PORTO", 0, 9, base=900)]
    decision = choose(wants(5, 5), sites, PLAIN)
    assert plan(decision) == {"BERLIN": {1: 5}, "LYON": {2: 5}}
    assert decision.tried == (
        RuleTried(rule="one location complete", verdict="no location has everything"),
        RuleTried(rule="cheapest split", verdict="found a plan"),
    )
    assert why(decision)["BERLIN+LYON"] == ""
    assert why(decision)["BERLIN+PORTO"] == "4.00 EUR dearer (freight 4.00 EUR more)"
    [chosen] = [candidate for candidate in decision.candidates if candidate.locations == ("BERLIN", "LYON")]
    assert chosen.costs is not None
    assert (chosen.costs.freight, chosen.costs.splits, chosen.costs.total) == (1000, 500, 1500)


def test_what_is_nowhere_is_short_and_the_rest_is_served() -> None:
    decision = choose(wants(12, 1), [site("BERLIN", 10, 1), site("LYON", 1, 1)], PLAIN)
    assert plan(decision) == {"BERLIN": {1: 10, 2: 1}, "LYON": {1: 1}}
    assert decision.short == (Shortage(line=1, item="CUP", asked=12, available=11),)
    assert decision.rule == "as far as stock goes"
    assert [tried.verdict for tried in decision.tried] == ["stock does not cover every line"] * 2 + ["found a plan"]


def test_all_or_nothing_serves_nothing_when_one_line_is_short() -> None:
    decision = choose(wants(12, 1, together=True), [site("BERLIN", 10, 1)], PLAIN)
    assert (decision.parts, decision.rule) == ((), "")
    assert decision.short == (Shortage(line=1, item="CUP", asked=12, available=10),)
    assert decision.tried == (RuleTried(rule="all or nothing", verdict="line 1 cannot be served in full"),)


def test_lines_of_one_item_share_what_there_is_in_their_order() -> None:
    needs = (Need(line=1, item="CUP", quantity=3), Need(line=2, item="CUP", quantity=3))
    decision = choose(wants(needs=needs), [site("BERLIN", 4)], PLAIN)
    assert plan(decision) == {"BERLIN": {1: 3, 2: 1}}
    assert decision.short == (Shortage(line=2, item="CUP", asked=3, available=1),)


@pytest.mark.parametrize(
    ("cannot", "reason"),
    [
        ({"ships_to": ("DE", "FR:75")}, "does not ship to FR 69800"),
        ({"services": ("standard",)}, "does not offer express"),
        ({"ships_in": None, "full_until": "2026-11-28"}, "has no room for another shipment until 2026-11-28"),
        ({"hazardous": False}, "may not ship hazardous goods (CUP)"),
        ({"cold": False}, "has no cold chain (CUP)"),
        ({"location": "AVOIDED"}, "is to be avoided: the last attempt there failed"),
    ],
)
def test_a_location_that_cannot_serve_the_order_is_ruled_out_whatever_it_would_cost(cannot: dict[str, Any], reason: str) -> None:
    other = site("LYON", 9, base=99_999)
    order = wants(2, goods={"CUP": Goods(hazardous=True, cold=True)}, service="express", avoid=("AVOIDED",))
    about: dict[str, Any] = {"location": "BERLIN", "cups": 9} | cannot
    ruled_out = site(**about)
    decision = choose(order, [ruled_out, other], PLAIN)
    assert plan(decision) == {"LYON": {1: 2}}
    assert decision.candidates[0] == Candidate(locations=(ruled_out.location,), units=0, asked=2, lost=reason)
    assert choose(order, [ruled_out], PLAIN).parts == ()


def test_an_address_that_nobody_knows_rules_no_location_out() -> None:
    assert plan(choose(wants(1, country="", postcode=""), [site("BERLIN", 1, ships_to=("DE",))], PLAIN)) == {"BERLIN": {1: 1}}


def test_an_order_of_too_little_worth_is_not_split() -> None:
    rules = (
        SourcingRule(name="whole", most_shipments=1),
        SourcingRule(name="split", least_value_to_split=5000),
        SourcingRule(name="part", complete=False, least_value_to_split=5000),
    )
    policy = PLAIN.model_copy(update={"rules": rules})
    sites = [site("BERLIN", 3), site("LYON", 2, 2)]
    cheap = choose(wants(3, 2, value=4999), sites, policy)
    assert plan(cheap) == {"LYON": {1: 2, 2: 2}}
    assert cheap.short == (Shortage(line=1, item="CUP", asked=3, available=2),)
    assert cheap.tried[1].verdict == "no location has everything, and the order is worth too little to be split"
    dear = choose(wants(3, 2, value=5000), sites, policy)
    assert plan(dear) == {"BERLIN": {1: 3}, "LYON": {2: 2}}


def test_lateness_counts_the_days_after_the_wanted_day() -> None:
    near, far = site("LYON", 5, base=600, arrives_in=4), site("BERLIN", 5, base=900, arrives_in=3)
    assert plan(choose(wants(1, wanted_on=date(2026, 11, 26)), [near, far], PLAIN)) == {"BERLIN": {1: 1}}
    assert plan(choose(wants(1, wanted_on=date(2026, 11, 27)), [near, far], PLAIN)) == {"LYON": {1: 1}}
    assert why(choose(wants(1, wanted_on=MONDAY), [near, far], PLAIN))["LYON"] == "costs the same; the other was weighed first"


def test_without_a_wanted_day_every_day_counts_that_a_location_cannot_begin() -> None:
    full, far = site("LYON", 5, base=600, ships_in=2, arrives_in=3), site("BERLIN", 5, base=1100, arrives_in=9)
    decision = choose(wants(1), [full, far], PLAIN)
    assert plan(decision) == {"BERLIN": {1: 1}}
    assert why(decision)["LYON"] == "1.00 EUR dearer (lateness 6.00 EUR more)"


def test_where_much_lies_taking_is_cheap() -> None:
    weights = Weights(further_shipment=500, balance=20)
    decision = choose(wants(1), [site("BERLIN", 2), site("LYON", 8)], PLAIN.model_copy(update={"weights": weights}))
    assert plan(decision) == {"LYON": {1: 1}}
    assert why(decision)["BERLIN"] == "0.12 EUR dearer (balance 0.12 EUR more)"


def test_heavy_goods_go_where_a_kilogram_is_cheap() -> None:
    sites = [site("BERLIN", 9, rates={"*": Rate(base=400, per_kg=100)}), site("LYON", 9, rates={"*": Rate(base=900, per_kg=10)})]
    assert plan(choose(wants(1, goods={"CUP": Goods(weight_g=300)}), sites, PLAIN)) == {"BERLIN": {1: 1}}
    assert plan(choose(wants(9, goods={"CUP": Goods(weight_g=1500)}), sites, PLAIN)) == {"LYON": {1: 9}}


@pytest.mark.parametrize(
    ("zones", "zone"),
    [
        (("*", "FR", "FR:69", "FR:6"), "FR:69"),
        (("*", "FR", "FR:75"), "FR"),
        (("*", "DE"), "*"),
        (("DE",), ""),
    ],
)
def test_the_narrowest_zone_counts(zones: tuple[str, ...], zone: str) -> None:
    assert narrowest(zones, "FR", "69 800") == zone


def test_the_same_question_has_the_same_answer_in_whatever_order_the_locations_come() -> None:
    sites = [site("BERLIN", 3, 1), site("LYON", 3, 1), site("PORTO", 3, 1)]
    assert choose(wants(6, 3), sites, PLAIN) == choose(wants(6, 3), sites[::-1], PLAIN)


# --- in words ------------------------------------------------------------------------------------------------------------------------


def test_the_words_say_what_the_chosen_location_was_the_best_of() -> None:
    sites = [site("BERLIN", 5, base=890), site("LYON", 5, base=590), site("PORTO", 0), site("TURIN", 5, ships_to=("IT",))]
    assert in_words(choose(wants(2), sites, PLAIN)) == (
        "All of it comes from LYON.",
        "At 5.90 EUR it is the cheapest of 2 locations that have everything; the next, BERLIN, costs 3.00 EUR more.",
        "The rule was “one location complete”.",
    )


def test_the_words_say_who_gives_what_of_a_split_and_what_is_missing() -> None:
    decision = choose(wants(12, 1), [site("BERLIN", 10, 1), site("LYON", 1)], PLAIN)
    assert in_words(decision) == (
        "It is split: 11 units from BERLIN, 1 unit from LYON.",
        "It is the only split that can serve it; it costs 5.00 EUR.",
        (
            "The rule was “as far as stock goes”. “one location complete” found none: stock does not cover every line."
            " “cheapest split” found none: stock does not cover every line."
        ),
        "Missing: 1 of 12 CUP (line 1).",
    )


def test_the_words_say_why_nothing_is_sent() -> None:
    assert in_words(choose(wants(2), [site("BERLIN", 0)], PLAIN)) == (
        "Nothing is sent from anywhere: no location that may serve the order has any of it.",
        "Missing: 2 of 2 CUP (line 1).",
    )
    assert in_words(choose(wants(2, 1, together=True), [site("BERLIN", 1, 1)], PLAIN)) == (
        "Nothing is sent from anywhere: line 1 cannot be served in full.",
        "Missing: 1 of 2 CUP (line 1).",
    )
