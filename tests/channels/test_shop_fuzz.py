"""Whatever a shop delivers under whatever topic: parts come out, or one sentence with its place."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InputRefused
from domain.intake import Delivery, MessageIn, OrderIn, OrderStatedIn, Part, RefusedIn, ReturnStatedIn
from domain.restating import Stated, renumbered, restated
from starters.forms import FORMS
from tests.channels.builders import AMAZON, SHOPIFY, WOOCOMMERCE, shopify
from tests.channels.test_recognise import ANYTHING
from tests.endurance import examples

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
REFUND: dict[str, Any] = {
    "id": 9,
    "order_id": 9001,
    "created_at": "2026-11-30T09:00:00Z",
    "note": "too loud",
    "refund_line_items": [{"quantity": 1, "restock_type": "return", "line_item_id": 1, "line_item": {"id": 1, "sku": "KET-100"}}],
    "transactions": [{"kind": "refund", "status": "failure", "amount": "1.00", "currency": "EUR"}],
    "order_adjustments": [{"kind": "shipping_refund", "amount": "-5.00"}],
}
EDITED = SHOPIFY | {
    "updated_at": "2026-11-21T10:00:00Z",
    "line_items": [line | {"id": n, "current_quantity": 1} for n, line in enumerate(SHOPIFY["line_items"])],
    "refunds": [REFUND],
    "fulfillments": [{"status": "success", "line_items": [{"id": 1, "quantity": 1}]}],
}
TOPICS = {
    "shopify": [
        "",
        "orders/create",
        "orders/updated",
        "orders/cancelled",
        "orders/delete",
        "orders/edited",
        "refunds/create",
        "orders",
        "x",
    ],
    "woocommerce": ["", "order.created", "order.updated", "order.deleted", "order.restored", "orders", "x"],
    "amazon": [""],
}
GOOD: list[tuple[str, dict[str, Any]]] = [
    ("shopify", EDITED),
    ("shopify", SHOPIFY | {"cancelled_at": "2026-11-21T10:00:00Z", "cancel_reason": "customer"}),
    ("shopify", REFUND),
    ("woocommerce", WOOCOMMERCE | {"refunds": [{"id": 1, "total": "-1.00", "reason": "late"}]}),
    ("amazon", {"orders": [AMAZON]}),
]
ENDURANCE = settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


def parts_or_a_sentence(form: str, topic: str, content: bytes) -> None:
    delivery = Delivery(channel=form, delivery="d", form=form, topic=topic, body=content, received_at=NOON)
    parts: Sequence[Part]
    try:
        parts = FORMS[form](delivery, {})
        sentence = ""
    except InputRefused as refused:
        parts, sentence = (), str(refused)
    assert bool(parts) != bool(sentence)
    assert sentence == "" or (": " in sentence and "\n" not in sentence and len(sentence) < 700)
    for part in parts:
        if isinstance(part, MessageIn | ReturnStatedIn):
            assert part.order.count("/") == 1
        elif isinstance(part, OrderIn | OrderStatedIn):
            assert 0 <= part.order.total.minor <= 10**15
            stated = Stated(order=part.order)
            assert Stated.model_validate_json(stated.model_dump_json()) == stated
            assert restated(stated, Stated(order=renumbered(part.order, part.order))).nothing
        elif isinstance(part, RefusedIn):
            assert part.reason


@ENDURANCE
@given(
    st.sampled_from(sorted(TOPICS)), st.data(), st.binary(max_size=300), st.sampled_from([b"", b"{", b"[", b'{"id":1,', b"\xef\xbb\xbf"])
)
def test_any_bytes_under_any_topic_give_parts_or_one_sentence(form: str, draw: st.DataObject, content: bytes, start: bytes) -> None:
    parts_or_a_sentence(form, draw.draw(st.sampled_from(TOPICS[form])), start + content)


@ENDURANCE
@given(st.sampled_from(GOOD), st.data())
def test_anything_in_any_place_under_any_topic_gives_parts_or_one_sentence(good: tuple[str, dict[str, Any]], draw: st.DataObject) -> None:
    form, document = good[0], json.loads(json.dumps(good[1]))
    for _ in range(draw.draw(st.integers(1, 3))):
        here = document
        while True:
            key = draw.draw(st.sampled_from(sorted(here)) if isinstance(here, dict) else st.integers(0, len(here) - 1))
            if not here[key] or not isinstance(here[key], dict | list) or draw.draw(st.booleans()):
                break
            here = here[key]
        here[key] = draw.draw(ANYTHING)
    parts_or_a_sentence(form, draw.draw(st.sampled_from(TOPICS[form])), json.dumps(document).encode())


@ENDURANCE
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 8), st.binary(max_size=8)), min_size=1, max_size=4), st.data())
def test_a_body_spoiled_anywhere_gives_parts_or_one_sentence(edits: list[tuple[int, int, bytes]], draw: st.DataObject) -> None:
    content = shopify()
    for at, taken, put in edits:
        begin = at % (len(content) + 1)
        content = content[:begin] + put + content[begin + taken :]
    parts_or_a_sentence("shopify", draw.draw(st.sampled_from(TOPICS["shopify"])), content)


HOSTILE = [
    b"1e999999", b"-1", b"NaN", b"[[[[", b"{", b'"', b"\x00", b"\xff", b"\\ud800", b"9" * 5_000, b'"\xf0\x9f\x98\x80"', b"null", b"true",
    b",,", b'{"a":' * 200, b"\xef\xbb\xbf", b"0.1e-400",
]  # fmt: skip
MUTATIONS = 2_500
"""Of each good document; there are five of them."""


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_thousands_of_spoiled_documents_give_parts_or_one_sentence_each_at_once(number: int) -> None:
    form, document = GOOD[number]
    draw, good, slowest = random.Random(number), json.dumps(document).encode(), 0.0  # the same in every run
    for _ in range(MUTATIONS):
        content = bytearray(good)
        for _ in range(draw.randint(1, 4)):
            at, length = draw.randrange(len(content) + 1), draw.choice((0, 1, 2, 8, 40))
            taken = bytes(content[at : at + length])
            content[at : at + length] = draw.choice((b"", taken * 2, taken[::-1], draw.choice(HOSTILE), draw.randbytes(3)))
        began = time.perf_counter()
        parts_or_a_sentence(form, draw.choice(TOPICS[form]), bytes(content))
        slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 5
