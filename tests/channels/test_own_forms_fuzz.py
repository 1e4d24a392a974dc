"""Documents in our own forms, spoiled a thousand ways: each gives parts or one sentence with its place, at once."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.errors import InputRefused
from domain.intake import Delivery
from starters.forms import FORMS
from starters.http import examples
from starters.http.quotes import read_asked

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SPOILED = 250
"""Of each form and kind; `make fuzz-api` asks the doors for longer."""

MESSAGES = [{"order": "web/1", "name": name, "message": message["value"]} for name, message in examples.MESSAGES.items()]
DOCUMENTS: dict[str, Any] = {
    "manual": examples.ORDER,
    "generic": {name: value for name, value in examples.ORDER.items() if name != "channel"},
    "messages": MESSAGES,
    "tracking": examples.TRACKING,
    "warehouse": examples.FACTS_OF_A_WAREHOUSE["packed"]["value"],
    "stripe": examples.STRIPE_EVENT,
    "quotes": examples.QUOTE_ASKED,
}
ODD: list[Any] = [
    None,
    "",
    -1,
    0,
    1e308,
    10**40,
    "1e999",
    "\u0000",
    [],
    {},
    True,
    "x" * 3_000,
    [[[[]]]],
    "NaN",
    "\u202e",
    "2026-13-45T00:00:00Z",
]


def read(form: str, content: bytes) -> object:
    if form == "quotes":
        return read_asked(content)
    return list(FORMS[form](Delivery(channel="web", delivery="1", form=form, body=content, received_at=NOON), {}))


def sentence_of(form: str, content: bytes) -> InputRefused | None:
    try:
        read(form, content)
    except InputRefused as refused:
        return refused
    return None


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from places(each, (*path, name))


def with_oddities(document: Any, draw: random.Random) -> bytes:
    spoiled = json.loads(json.dumps(document))
    for _ in range(draw.randint(1, 3)):
        *way, last = draw.choice([path for path in places(spoiled) if path] or [("order",)])
        at = spoiled
        for step in way:
            at = at[step]
        at[last] = copy.deepcopy(draw.choice(ODD))
    return json.dumps(spoiled).encode()


def with_other_bytes(document: Any, draw: random.Random) -> bytes:
    content = bytearray(json.dumps(document).encode())
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(content) + 1)
        content[at : at + draw.choice((0, 1, 1, 30))] = draw.randbytes(draw.randint(0, 8))
    return bytes(content)


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_spoiled_document_gives_parts_or_one_sentence_at_once(form: str) -> None:
    draw, refused = random.Random(form), 0  # the same in every run
    read(form, json.dumps(DOCUMENTS[form]).encode())
    began = time.process_time()
    for spoil in (with_oddities, with_other_bytes) * SPOILED:
        said = sentence_of(form, spoil(DOCUMENTS[form], draw))
        assert said is None or (said.place and said.reason)
        refused += said is not None
    assert SPOILED // 4 < refused < 2 * SPOILED
    assert time.process_time() - began < 60
