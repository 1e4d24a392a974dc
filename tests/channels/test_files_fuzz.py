"""Whatever stands in a file that somebody brings: orders and findings, or one sentence with place and reason; nothing else, and soon."""

from __future__ import annotations

import contextlib
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.column_map import USUAL, ColumnMap
from domain.errors import InputRefused
from starters.files.rows import OrderRead
from starters.files.translate import parts, table
from starters.files.typed import TEMPLATE, read
from tests.channels.order_tables import NOW, csv, saved, workbook
from tests.endurance import examples

CSV = csv(("77", "C-1001", "KET-100", "12", "39.50"), ("", "", "FLT-100", "1.234,5", ""), ("78", "Ä", "00123", "1", "4"))
XLSX = saved(workbook(("77", "C-1001", "KET-100", 12, 39.5), (None, None, "=1+1", 4, None)))
GERMAN = ColumnMap(name="nord", decimal=",", dates=("DD/MM/YYYY",), encoding="cp1252")

quickly = settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def judged(orders: list[OrderRead]) -> None:
    """Every order is taken or has findings with their places; and the road can say either."""
    for found in orders:
        assert (found.order is None) == bool(found.findings)
        assert all(finding.expected and len(str(finding)) < 600 for finding in found.findings)
    assert len(parts(orders)) == len(orders)


def taken(content: bytes, columns: ColumnMap = USUAL) -> None:
    began = time.monotonic()
    with contextlib.suppress(InputRefused):
        judged(list(table(content, columns, NOW).orders))
    assert time.monotonic() - began < 20


def typed(content: bytes) -> None:
    began = time.monotonic()
    with contextlib.suppress(InputRefused):
        judged(read(content, NOW))
    assert time.monotonic() - began < 20


@quickly
@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    taken(content)
    taken(content, GERMAN)
    typed(content)


cells = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["77", "C-1", "1.234", "1e9", "31.02.2026", "=1+1", "-5", "\ud800".encode("utf-8", "replace").decode()]),
)


@quickly
@given(st.lists(st.lists(cells, min_size=5, max_size=5), max_size=8), st.sampled_from([",", ";", "\t"]))
def test_any_cells_below_good_headings(rows: list[list[str]], separator: str) -> None:
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    content = csv(*quoted, separator=separator)
    taken(content)
    taken(content, GERMAN)


@quickly
@given(st.dictionaries(st.sampled_from(["customer", "po", "lines", "ship to", "wanted", "freight", "x"]), st.recursive(
    st.text(max_size=10), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=8
)))  # fmt: skip
def test_any_structure_of_a_typed_order(document: dict[str, object]) -> None:
    import yaml

    typed(yaml.safe_dump(document, allow_unicode=True).encode())


@pytest.mark.parametrize(("name", "content"), [("csv", CSV), ("yaml", TEMPLATE.encode()), ("xlsx", XLSX)])
def test_thousands_of_mutated_files(name: str, content: bytes) -> None:
    chance = random.Random(name)  # the same mutations every time
    for _ in range(200 if name == "xlsx" else 1_500):
        written = bytearray(content)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(written))
            match chance.randrange(4):
                case 0:
                    written[place] = chance.randrange(256)
                case 1:
                    del written[place : place + chance.randint(1, 30)]
                case 2:
                    written[place:place] = chance.choice([b'"', b",", b"\n", b"\0", b"\xff", b"&a ", b"- ", b"9" * 50, b": {", b"=cmd|"])
                case _:
                    written[place:place] = written[place : place + chance.randint(1, 200)]
        typed(bytes(written)) if name == "yaml" else taken(bytes(written))
