"""Whatever a stranger sends: orders come out, or one sentence with the place and the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InputRefused
from domain.order import PlaceOrder
from starters.channels.recognise import CHANNELS, recognise
from tests.channels.builders import AMAZON, MANUAL, SHOPIFY, WOOCOMMERCE, X12, amazon, manual, shopify, woocommerce, x12
from tests.endurance import examples

SAMPLES = Path(__file__).parents[2] / "samples"


def refused(content: bytes, name: str = "", channel: str | None = None) -> tuple[str, str]:
    with pytest.raises(InputRefused) as refusal:
        recognise(content, name, channel)
    return refusal.value.place, refusal.value.reason


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (shopify(), "shopify/9001"),
        (woocommerce(), "woocommerce/727"),
        (amazon(), "amazon/028-1"),
        (x12(), "x12/PO-1"),
        (manual(), "manual/M-1"),
    ],
)
def test_the_channel_shows_in_the_content(content: bytes, key: str) -> None:
    for written in (content, b"\xef\xbb\xbf" + content, b" \r\n" + content):
        assert [order.key for order in recognise(written, "order.txt")] == [key]


def test_a_channel_can_be_forced() -> None:
    assert [order.key for order in recognise(shopify(), "order.json", "shopify")] == ["shopify/9001"]
    assert refused(shopify(), "order.json", "x12") == ("order.json, the document", "it does not begin with an X12 interchange header (ISA)")
    assert refused(x12(), "", "shopify") == ("line 1, column 1", "this is not JSON (Expecting value)")
    assert refused(x12(), "", "fax") == ("the channel", "'fax' is not one of shopify, woocommerce, amazon, x12, manual")


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        (b"", "the document", "it is empty"),
        (b" \n ", "the document", "it is empty"),
        (b"Dear sirs, please send two kettles.", "line 1, column 1", "this is not JSON (Expecting value)"),
        (b'{"id": 1,\n "line_items": [}', "line 2, column 17", "this is not JSON (Expecting value)"),
        (shopify()[:-20], "line 1, column 821", "this is not JSON (Unterminated string starting at)"),
        (
            b'{"id": 1}',
            "the document",
            (
                "it is neither an X12 interchange (ISA), nor an order of Shopify or WooCommerce (line_items), nor of Amazon (orderItems), "
                "nor of our own form (lines)"
            ),
        ),
        ('{"line_items": "Crème"}'.encode("latin-1"), "byte 18", "0xe8 is not UTF-8; send the document in UTF-8"),
        (json.dumps(SHOPIFY).encode("utf-16"), "byte 0", "0xff is not UTF-8; send the document in UTF-8"),
        (b"\xef\xbb\xbf" + b"ISA*\xff", "byte 7", "0xff is not UTF-8; send the document in UTF-8"),
        (b"x" * 10_000_000, "the document", "it has 10,000,000 bytes, and at most 5,000,000 are read"),
        (b"[" * 100_000, "the document", "it is nested deeper than 60 levels"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "the document", "it is nested deeper than 60 levels"),
        (b'{"line_items": [], "id": NaN}', "the document", "NaN is not a number that JSON knows"),
        (
            b'{"line_items": [], "id": ' + b"9" * 5000 + b"}",
            "the document",
            "a number of 5000 digits (99999999999999999999...) is beyond reason",
        ),
        (
            b'{"line_items": [], "price": 1e99999999999999999999}',
            "the document",
            "the number 1e99999999999999999999 is beyond reason",
        ),
        (
            b'{"line_items": [{"quantity": 1, "quantity": 9}]}',
            "the name 'quantity'",
            "it stands twice in one object, and nobody can say which one counts",
        ),
        (b'{"line_items": [], "id": "\\ud800"}', "id", "the character U+D800 has no business in a text"),
    ],
)
def test_rubbish_gets_one_sentence_with_its_place(content: bytes, place: str, reason: str) -> None:
    assert refused(content) == (place, reason)


def test_the_place_begins_with_the_name_of_the_file() -> None:
    body = json.loads(shopify())
    body["line_items"][1]["quantity"] = -5
    with pytest.raises(InputRefused) as refusal:
        recognise(json.dumps(body).encode(), "bad.json")
    assert str(refusal.value) == "bad.json, line_items[1].quantity: -5 is not a quantity; order at least 1"


SEEDS = [shopify(), x12(), x12(terminator="\n"), manual(), json.dumps([MANUAL]).encode(), json.dumps({"orders": [SHOPIFY]}).encode()]
SEEDS += [woocommerce(), amazon(), json.dumps([WOOCOMMERCE]).encode(), json.dumps({"orders": [AMAZON, AMAZON]}).encode()]
SEEDS += [path.read_bytes() for path in sorted(SAMPLES.glob("*/50[01]*.json"))[:3] + sorted(SAMPLES.glob("x12/*.edi"))[:3]]
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["1e999", "-1", 10**30, "EUR", "ISA"])
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=6
)
ENDURANCE = settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


def orders_or_a_sentence(content: bytes, channel: str | None) -> None:
    orders: list[PlaceOrder] = []
    sentence = ""
    try:
        orders = recognise(content, "fuzz", channel)
    except InputRefused as refusal:
        sentence = str(refusal)
    assert bool(orders) != bool(sentence)
    assert sentence == "" or sentence.startswith("fuzz, ")
    assert "\n" not in sentence
    assert len(sentence) < 500
    for order in orders:
        assert isinstance(order, PlaceOrder)
        assert 0 <= order.total.minor <= 10**15
        assert len(order.fingerprint) == 64
        assert PlaceOrder.model_validate_json(order.model_dump_json()) == order


@ENDURANCE
@given(
    st.binary(max_size=300),
    st.sampled_from([None, *CHANNELS]),
    st.sampled_from([b"", b"ISA*", b"{", b'{"line_items":', b"[", b"\xef\xbb\xbf"]),
)
def test_any_bytes_give_orders_or_one_sentence(content: bytes, channel: str | None, start: bytes) -> None:
    orders_or_a_sentence(start + content, channel)


@ENDURANCE
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 8), st.binary(max_size=8)), min_size=1, max_size=4))
def test_a_document_spoiled_anywhere_gives_orders_or_one_sentence(content: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    for at, taken, put in edits:
        start = at % (len(content) + 1)
        content = content[:start] + put + content[start + taken :]
    orders_or_a_sentence(content, None)


@ENDURANCE
@given(st.sampled_from([SHOPIFY, WOOCOMMERCE, AMAZON, MANUAL]), st.data())
def test_a_document_with_anything_in_any_place_gives_orders_or_one_sentence(good: dict[str, object], draw: st.DataObject) -> None:
    document = json.loads(json.dumps(good))
    here = document
    while True:
        key = draw.draw(st.sampled_from(sorted(here)) if isinstance(here, dict) else st.integers(0, len(here) - 1))
        if not here[key] or not isinstance(here[key], dict | list) or draw.draw(st.booleans()):
            break
        here = here[key]
    here[key] = draw.draw(ANYTHING)
    forms = {id(SHOPIFY): "shopify", id(WOOCOMMERCE): "woocommerce", id(AMAZON): "amazon", id(MANUAL): "manual"}
    orders_or_a_sentence(json.dumps(document).encode(), forms[id(good)])


@ENDURANCE
@given(
    st.integers(0, len(X12) - 1), st.integers(0, 12), st.text(max_size=12) | st.sampled_from(["-1", "NaN", "1e9", "~", "*", "٣", "0" * 400])
)
def test_an_interchange_with_anything_in_any_element_gives_orders_or_one_sentence(segment: int, element: int, put: str) -> None:
    elements = X12[segment].split("*")
    elements[element % len(elements)] = put
    orders_or_a_sentence("~".join([*X12[:segment], "*".join(elements), *X12[segment + 1 :]]).encode("utf-8", "replace"), None)
