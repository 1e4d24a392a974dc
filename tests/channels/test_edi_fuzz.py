"""Whatever arrives by EDI, spoiled in any way: parts, refusals with place and reason, and answers that can be read; in bounded time."""

from __future__ import annotations

import random
import resource
import time
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.edi_documents import DocumentIn
from domain.errors import InputRefused
from domain.intake import RefusedIn, UnmappedIn
from starters.edi.answer import answers
from starters.edi.edifact.opening import open_edifact
from starters.edi.normalise import LARGEST, text_of
from starters.edi.parts import for_a_person
from starters.edi.translate import InterchangeRead, read
from starters.edi.x12.opening import open_x12
from tests.channels.edi_documents import (
    AT,
    CHANGE,
    CONTRL,
    ORDCHG,
    PARTNERS,
    RECEIPT,
    REMITTANCE,
    SHIPPED,
    STOCK,
    TRACKING,
    edifact_interchange,
    edifact_message,
    edifact_order,
    x12_interchange,
    x12_order,
    x12_set,
)
from tests.endurance import examples

GOOD = [
    x12_interchange(x12_order(), x12_order("0002", "PO-2"), asks="1"),
    x12_interchange(
        x12_set("860", CHANGE),
        x12_set("997", RECEIPT, "0002"),
        x12_set("820", REMITTANCE, "0003"),
        x12_set("214", TRACKING, "0004"),
        x12_set("945", [row.replace("0018", "0017") for row in SHIPPED], "0005"),
        x12_set("846", STOCK, "0006"),
    ),
    edifact_interchange(edifact_order(), edifact_message("ORDCHG", ORDCHG, "2"), edifact_message("CONTRL", CONTRL, "3", "D:3:UN")),
]
WORDS = [
    "",
    "x",
    "-1",
    "0",
    "9" * 30,
    "1e9",
    "NaN",
    "\x07",
    "ÿ",
    "٣",
    "\ufeff",
    "20269999",
    "ZZ",
    "a\nb",
    "'",
    "?",
    "~",
    "*",
    "+",
    ":",
    "ISA",
    "UNA",
    "UNB",
]


def whole(content: bytes) -> list[InterchangeRead]:
    """Read and answer; everything else than a refusal with its place is a defect."""
    said: InputRefused | None = None
    found: list[InterchangeRead] = []
    try:
        found = read(content, PARTNERS, {})
    except InputRefused as refused:
        said = refused
    assert said is None or (said.place and said.reason)
    numbers = count(1)
    for one in found:
        assert one.parts
        for part in one.parts:
            assert part.place or isinstance(part, UnmappedIn)
            if isinstance(part, RefusedIn):
                assert part.reason
                assert len(part.place) + len(part.reason) < 2_000
            if isinstance(part, DocumentIn):
                assert for_a_person(part)
                assert len(part.document.summary) < 1_000
        for answer in answers(one, numbers, AT):
            text = text_of(answer.content)
            for interchange in open_edifact(text) if answer.kind == "CONTRL" else open_x12(text):
                if answer.kind != "TA1":
                    assert interchange.fault is None
                    assert [document.fault for _, document in interchange.sets()] == [None] * len(list(interchange.sets()))
    return found


@settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["cut", "put", "drop", "swap"]), st.integers(0, 255)), max_size=4),
)
def test_any_bytes_changed(content: bytes, changes: list[tuple[float, str, int]]) -> None:
    for where, what, byte in changes:
        at = int(where * len(content))
        if what == "cut":
            content = content[:at] if byte > 200 else content[:at] + content[at + byte :]
        elif what == "put":
            content = content[:at] + bytes([byte]) + content[at:]
        elif what == "drop":
            content = content[:at] + content[at + 1 :]
        else:
            content = content[:at] + bytes([byte]) + content[at + 1 :]
    whole(content)


@settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(GOOD), st.data())
def test_any_elements_changed(content: bytes, data: st.DataObject) -> None:
    """Elements are replaced, so that more of it comes past the syntax."""
    separator, end = ("+", "'") if content.startswith(b"UNA") else ("*", "~")
    rows = content.decode("iso-8859-1").split(end)
    for _ in range(data.draw(st.integers(1, 3))):
        n = data.draw(st.integers(0, len(rows) - 1))
        elements = rows[n].split(separator)
        m = data.draw(st.integers(0, len(elements) - 1))
        elements[m] = data.draw(st.sampled_from(WORDS) | st.text(max_size=8))
        rows[n] = separator.join(elements)
    whole(end.join(rows).encode())


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(GOOD), st.data())
def test_any_segments_taken_out_doubled_or_moved(content: bytes, data: st.DataObject) -> None:
    end = "'" if content.startswith(b"UNA") else "~"
    rows = content.decode("iso-8859-1").split(end)
    for _ in range(data.draw(st.integers(1, 3))):
        n, m = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, len(rows) - 1))
        what = data.draw(st.sampled_from(["out", "double", "move"]))
        row = rows[n] if what == "double" else rows.pop(n)
        if what != "out":
            rows.insert(m, row)
    whole(end.join(rows).encode())


@settings(max_examples=examples(100), deadline=None)
@given(st.sampled_from([b"", b"ISA", b"UNA:+.? '", b"UNB+UNOC:3+"]), st.binary(max_size=400))
def test_any_bytes_at_all(start: bytes, rest: bytes) -> None:
    whole(start + rest)


@pytest.mark.parametrize(
    "content",
    [
        x12_interchange(x12_order()).replace(b"~\n", b"~" * 200_000, 1)[:LARGEST],
        x12_interchange(x12_order())[:106] + b"GS~" * 300_000,
        b"".join([GOOD[0]] * 400),
        x12_interchange(x12_order())[:106] + b"A" * 4_000_000,
        b"UNA:+.? 'UNB+UNOC:3+A+B+1:1+1'" + b"LIN+1'" * 50_000,
        b"UNA:+.? 'UNB+UNOC:3+A+B+1:1+1'" + b"?" * 4_000_000,
        b"UNA:+.? 'UNB+UNOC:3+A+B+1:1+1'UNH+1+ORDERS:D:96A:UN'FTX+" + b":" * 4_000_000 + b"'UNT+2+1'UNZ+1+1'",
        b"".join([GOOD[2]] * 300),
        x12_interchange(x12_set("850", ["BEG*00*SA*PO-1**20261120", *["PO1**1*EA*1**VN*A"] * 20_000])),
    ],
    ids=["blank", "groups", "interchanges", "one segment", "lines", "released", "components", "repeated", "long order"],
)
def test_large_documents_are_answered_in_bounded_time(content: bytes) -> None:
    began = time.monotonic()
    whole(content)
    assert time.monotonic() - began < 30  # a machine that does much else; alone it takes two seconds at most


def mutated(content: bytes, chance: random.Random) -> bytes:
    """A document with one to four faults of every kind that transmission, people and bad programs make."""
    separator, end = (b"+", b"'") if content.startswith(b"UNA") else (b"*", b"~")
    for _ in range(chance.randint(1, 4)):
        rows = content.split(end)
        n, m = chance.randrange(len(rows)), chance.randrange(len(rows))
        match chance.randrange(6):
            case 0:
                elements = rows[n].split(separator)
                elements[chance.randrange(len(elements))] = chance.choice(WORDS).encode()
                rows[n] = separator.join(elements)
            case 1:
                rows.insert(m, rows.pop(n))
            case 2:
                rows.insert(m, rows[n])
            case 3:
                rows.pop(n)
            case 4:
                at = chance.randrange(len(rows[n]) + 1)
                rows[n] = rows[n][:at] + bytes([chance.randrange(256)]) + rows[n][at + chance.randrange(2) :]
            case _:
                rows = rows[: max(n, 1)]
        content = end.join(rows)
    return content


@pytest.mark.timeout(600)
def test_thousands_of_spoiled_documents_are_only_ever_refused_in_bounded_time_and_memory() -> None:
    """Each document is read and answered; whatever is not taken has a place and a reason, and nothing else is ever raised."""
    chance, documents = random.Random("edi"), examples(10_000)  # the same documents every time
    samples = [x12_interchange(x12_order()), GOOD[1], edifact_interchange(edifact_order()), GOOD[2]]
    taken = refused = 0
    slowest, memory = 0.0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for n in range(documents):
        content = mutated(samples[n % len(samples)], chance)
        began = time.process_time()
        parts = [part for one in whole(content) for part in one.parts]
        slowest = max(slowest, time.process_time() - began)
        taken += sum(not isinstance(part, RefusedIn) for part in parts)
        refused += sum(isinstance(part, RefusedIn) for part in parts)
    assert taken > documents / 10  # many faults stand where nobody looks
    assert refused > documents
    assert slowest < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 200_000  # kilobytes
