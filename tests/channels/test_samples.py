"""The demo's sample orders are real documents, add up, and between them ask for everything that can happen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.exceptions import RULES, ExceptionKind
from domain.intake import OrderIn
from domain.messages import Disposition, ReturnKind
from domain.money import Money, is_currency
from domain.order import PaymentTerms, PlaceOrder
from domain.steps import Outcome
from integrations.simulated.scripts import Script
from starters.channels.recognise import recognise
from starters.desk import bring
from tests.channels.order_tables import NOW

VOCABULARY: dict[str, set[str]] = {
    "pick": {"full", "short"},
    "card": {"good", "declined_once", "declined", "capture_fails_once"},
    "carrier": {"on_time", "late", "lost", "returned", "duplicates", "out_of_order", "silent"},
    "pay": {"on_time", "late", "partial_then_rest", "over", "reversed_then_paid", "never"},
    "decisions": {
        *(f"validation_findings={choice}" for choice in ("correct", "accept", "reject")),
        *(f"credit_stop={choice}" for choice in ("release", "cancel")),
        *(f"backorder_overdue={choice}" for choice in ("wait_on", "substitute", "cancel_line", "split")),
        "promise_broken=accept_new_date",
        *(f"short_pick={choice}" for choice in ("reallocate", "backorder", "cancel_line")),
        *(f"payment_declined={choice}" for choice in ("retry", "cancel")),
        *(f"capture_failed={choice}" for choice in ("retry", "bill")),
        *(f"delivery_overdue={choice}" for choice in ("wait_on", "confirm_delivered", "declare_lost")),
        *(f"parcel_lost={choice}" for choice in ("reship", "refund")),
        *(f"returned_to_sender={choice}" for choice in ("reship", "refund")),
        *(f"overpaid={choice}" for choice in ("refund", "keep")),
        *(f"invoice_unpaid={choice}" for choice in ("wait_on", "collections", "write_off")),
        *(f"return_mismatch={choice}" for choice in ("accept_received", "reject")),
        *(f"pick_overdue={choice}" for choice in ("wait_on", "reallocate")),
        "raised=acknowledge",
    },
    "return.kind": {str(kind) for kind in ReturnKind},
    "return.disposition": {str(disposition) for disposition in Disposition} - {"send_back", "customer_keeps"},
    "return.goods": {"come", "never", "fewer"},
    "requests.when": {"captured", "backordered", "picking", "shipped"},
    "requests.what": {"cancel", "hold_release", "amend"},
}
SCRIPT = {"pick", "card", "carrier", "pay", "decisions", "answers", "return", "requests", "receipt", "promise", "purchase", "transfer"}
DO_NOT_ADD_UP = {"shopify/5035", "x12/KN-613"}


def brought(file: Path) -> list[PlaceOrder]:
    """The orders of a file that somebody brings; the one that is quoted is called as its quote is."""
    parts = bring(file.read_bytes(), file.name, NOW, {}).parts
    read = [part.order for part in parts if isinstance(part, OrderIn)]
    assert len(read) == len(parts)
    return [order.model_copy(update={"channel": "quote", "external_id": "Q-000001"}) for order in read] if file.stem == "quote" else read


def orders_in(file: Path) -> list[PlaceOrder]:
    return brought(file) if file.parent.name == "files" else recognise(file.read_bytes())


@pytest.fixture(scope="module")
def orders(samples_dir: Path) -> dict[str, PlaceOrder]:
    files = sorted([*samples_dir.glob("shopify/*.json"), *samples_dir.glob("x12/*.edi"), *samples_dir.glob("manual/*.json")])
    read = [order for file in files for order in recognise(file.read_bytes(), file.name)]
    read += [order for file in sorted(samples_dir.glob("files/*")) for order in brought(file)]
    assert len({order.key for order in read}) == len(read)
    return {order.key: order for order in read}


@pytest.fixture(scope="module")
def scenarios(samples_dir: Path) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads((samples_dir / "scenarios.json").read_bytes())
    return read


@pytest.fixture(scope="module")
def catalogue(samples_dir: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((samples_dir / "catalogue.json").read_bytes())
    return read


def test_the_samples_can_be_written_again_byte_for_byte(samples_dir: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", str(samples_dir / "make_samples.py"), str(tmp_path)], check=True)
    again = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {
        path.relative_to(samples_dir): path.read_bytes()
        for path in samples_dir.rglob("*")
        if path.suffix in (".json", ".edi", ".csv", ".yaml") and path.is_file()
    }
    assert again == kept


def test_there_are_75_orders_in_41_bodies_12_interchanges_our_own_form_and_files(samples_dir: Path, orders: dict[str, PlaceOrder]) -> None:
    assert Counter(order.channel for order in orders.values()) == {"shopify": 41, "x12": 29, "manual": 1, "file": 2, "desk": 1, "quote": 1}
    assert len(list(samples_dir.glob("x12/*.edi"))) == 12
    sets = [len(recognise(file.read_bytes())) for file in sorted(samples_dir.glob("x12/*.edi"))]
    assert sum(several > 1 for several in sets) == 7


def test_every_total_adds_up_but_the_two_that_should_not(orders: dict[str, PlaceOrder]) -> None:
    assert {key for key, order in orders.items() if order.stated_total and order.total != order.stated_total} == DO_NOT_ADD_UP
    assert orders["shopify/5003"].total == Money(minor=17220, currency="EUR")
    assert orders["x12/90017745"].total == Money(minor=441328, currency="USD")


def test_every_order_has_one_scenario_and_every_scenario_its_order(
    samples_dir: Path, orders: dict[str, PlaceOrder], scenarios: list[dict[str, Any]]
) -> None:
    assert sorted(scenario["key"] for scenario in scenarios) == sorted(orders)
    for scenario in scenarios:
        assert scenario["key"] in {order.key for order in orders_in(samples_dir / scenario["file"])}
        assert scenario["title"].endswith(".")
        assert Outcome(scenario["ends"])


def test_the_scenarios_use_every_word_of_their_vocabulary_and_no_other(scenarios: list[dict[str, Any]]) -> None:
    used: dict[str, set[str]] = {topic: set() for topic in VOCABULARY}
    for scenario in scenarios:
        script = scenario["script"]
        assert set(script) <= SCRIPT
        for topic in ("pick", "card", "carrier", "pay"):
            used[topic] |= {script[topic]} if topic in script else set()
        used["decisions"] |= {f"{kind}={choice}" for kind, choice in script.get("decisions", {}).items()}
        for part in ("kind", "disposition", "goods"):
            used[f"return.{part}"] |= {script["return"][part]} if script.get("return") else set()
        used["return.disposition"] |= set((script.get("return") or {}).get("dispositions", {}).values())
        for part in ("when", "what"):
            used[f"requests.{part}"] |= {request[part] for request in script.get("requests", [])}
    assert used == VOCABULARY


def test_every_decision_is_one_that_its_exception_offers(scenarios: list[dict[str, Any]]) -> None:
    for scenario in scenarios:
        for kind, choice in scenario["script"].get("decisions", {}).items():
            assert choice in RULES[ExceptionKind(kind)].choices, scenario["key"]
        Script.read(scenario["key"], scenario["script"])  # raises for a word that the simulated world does not know
        assert set(scenario["script"].get("answers", {})) <= set(scenario["script"].get("decisions", {}))


def test_twenty_four_orders_are_plain_ones(scenarios: list[dict[str, Any]]) -> None:
    kind_words = {"full", "good", "on_time", None}
    plain = [
        s
        for s in scenarios
        if s["ends"] == "closed"
        and all(isinstance(v, str | None) and v in kind_words for word, v in s["script"].items() if word != "transfer")
    ]
    assert len(plain) == 24
    assert Counter(s["key"].split("/")[0] for s in plain) == {"shopify": 13, "x12": 6, "manual": 1, "file": 2, "desk": 1, "quote": 1}
    assert Counter(s["ends"] for s in scenarios) == {"closed": 68, "cancelled": 4, "rejected": 3}


def test_customers_items_prices_and_terms_are_known_unless_the_scenario_is_about_it(
    orders: dict[str, PlaceOrder], scenarios: list[dict[str, Any]], catalogue: dict[str, Any]
) -> None:
    by_alias = {name: customer for customer in catalogue["customers"] for name in (customer["id"], *customer["aliases"])}
    prices = {entry["id"]: entry["prices"] for entry in catalogue["price_lists"]}
    items = {item["id"] for item in catalogue["items"]}
    for scenario in scenarios:
        if {"validation_findings", "credit_stop"} & set(scenario["script"].get("decisions", {})):
            continue
        order = orders[scenario["key"]]
        customer = by_alias[order.customer]
        assert not customer["blocked"]
        assert customer["currency"] == order.currency
        assert order.terms in customer["terms"]
        assert order.ship_to is not None
        assert order.total.minor * 3 < customer["credit_limit"]
        for line in order.lines:
            assert line.item in items
            assert line.to_price or line.unit_price == Decimal(prices[customer["price_list"]][line.item])


def test_the_catalogue_is_whole(catalogue: dict[str, Any]) -> None:
    items, locations = [item["id"] for item in catalogue["items"]], [location["id"] for location in catalogue["locations"]]
    assert (len(set(items)), locations) == (28, ["BERLIN", "LYON", "ROTTERDAM"])
    assert all(item["weight_g"] > 0 and len(item["dims_mm"]) == 3 and set(item["prices"]) == {"EUR", "USD"} for item in catalogue["items"])
    assert all(entry["item"] in items and entry["location"] in locations and entry["quantity"] > 0 for entry in catalogue["stock"])
    assert len({(entry["item"], entry["location"], entry.get("lot")) for entry in catalogue["stock"]}) == len(catalogue["stock"])
    lists = {entry["id"]: entry for entry in catalogue["price_lists"]}
    assert all(is_currency(entry["currency"]) and sorted(entry["prices"]) == sorted(items) for entry in lists.values())
    aliases = [alias for customer in catalogue["customers"] for alias in customer["aliases"]]
    assert len(set(aliases)) == len(aliases)
    granted = {*PaymentTerms, *(terms["id"] for terms in catalogue["payment_terms"])}
    for customer in catalogue["customers"]:
        assert lists[customer["price_list"]]["currency"] == customer["currency"]
        assert customer["terms"]
        assert set(customer["terms"]) <= granted


def test_stock_is_ample_but_for_items_that_one_order_alone_wants(
    orders: dict[str, PlaceOrder], scenarios: list[dict[str, Any]], catalogue: dict[str, Any]
) -> None:
    stock: Counter[str] = Counter()
    for entry in catalogue["stock"]:
        stock[entry["item"]] += entry["quantity"]
    wanted: Counter[str] = Counter()
    wanted_by: dict[str, set[str]] = {}
    for key, order in orders.items():
        for line in order.lines:
            wanted[line.item] += line.quantity
            wanted_by.setdefault(line.item, set()).add(key)
    received = {s["key"]: s["script"]["receipt"] for s in scenarios if "receipt" in s["script"]}
    queued = {"VLV-130"}  # two orders stand in one queue, and what comes is enough for both
    comes = sum(receipt["quantity"] for receipt in received.values() if receipt["item"] in queued)
    assert all(stock[item] + comes >= wanted[item] and len(wanted_by[item]) == 2 for item in queued)
    for item in catalogue["items"]:
        assert stock[item["id"]] >= 3 * wanted[item["id"]] or len(wanted_by[item["id"]]) == 1 or item["id"] in queued, item["id"]
    for key, receipt in received.items():
        line = next(line for line in orders[key].lines if line.item == receipt["item"])
        assert stock[line.item] < line.quantity + (scenarios_pick(scenarios, key) == "short")
        assert receipt["quantity"] >= line.quantity - stock[line.item]


def scenarios_pick(scenarios: list[dict[str, Any]], key: str) -> str:
    return str(next(s for s in scenarios if s["key"] == key)["script"].get("pick", "full"))


def test_a_return_names_lines_of_its_order_and_no_more_than_was_ordered(
    orders: dict[str, PlaceOrder], scenarios: list[dict[str, Any]]
) -> None:
    returns = {s["key"]: s["script"]["return"] for s in scenarios if s["script"].get("return")}
    assert len(returns) == 8
    for key, wanted in returns.items():
        for number, quantity in wanted["lines"].items():
            assert 1 <= quantity <= orders[key].numbered()[int(number)].quantity
