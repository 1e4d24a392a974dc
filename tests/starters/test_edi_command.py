"""`oms edi check`: what becomes of partners' files and what they would be answered with, without a database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from starters.cli.main import run
from tests.channels.edi_documents import PARTNERS, edifact_interchange, edifact_order, x12_interchange, x12_order


@pytest.fixture
def partners(tmp_path: Path) -> Path:
    file = tmp_path / "partners.json"
    file.write_text(PARTNERS.model_dump_json())
    return file


def file(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_a_file_is_shown_set_by_set_and_its_answer_is_written(tmp_path: Path, partners: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = x12_order("0002", "PO-2", {"PO1*2": "PO1*2*x*EA*4.00**VN*B"})
    orders = file(tmp_path, "orders.edi", x12_interchange(x12_order(), bad))

    assert run(["edi", "check", str(orders), "--partners", str(partners), "--answers", str(tmp_path / "out")]) == 3

    said = capsys.readouterr().out
    assert "interchange 000000007 from ZZ:ACME to ZZ:HOLDFAST, partner acme, answered with 997" in said
    assert "acme/PO-1 of x12:ACME-1: 2 lines, 57.20 EUR" in said
    assert "segment 17, PO102: 'x' is not an amount" in said
    (answer,) = (tmp_path / "out").iterdir()
    assert answer.name == "1-orders-997.edi"
    assert b"AK9*P*2*2*1" in answer.read_bytes()


def test_for_programs_it_is_json_and_nothing_else(tmp_path: Path, partners: Path, capsys: pytest.CaptureFixture[str]) -> None:
    orders = file(tmp_path, "orders.edi", edifact_interchange(edifact_order()))

    assert run(["edi", "check", str(orders), "--partners", str(partners), "--json"]) == 0

    (found,) = json.loads(capsys.readouterr().out)
    (interchange,) = found["interchanges"]
    assert (interchange["syntax"], interchange["partner"], interchange["answers"]) == ("edifact", "euro", ["CONTRL"])
    assert [part["becomes"] for one in interchange["sets"] for part in one["parts"]] == ["order"]


def test_what_is_no_interchange_is_one_sentence_and_does_not_keep_the_next_file_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letter, orders = file(tmp_path, "letter.txt", b"Dear [bold]sirs"), file(tmp_path, "orders.edi", x12_interchange(x12_order()))

    assert run(["edi", "check", str(letter), str(orders)]) == 3

    said = capsys.readouterr().out
    assert run(["edi", "check", str(tmp_path)]) == 3
    assert capsys.readouterr().out == said
    assert "letter.txt: the document: it begins neither with an X12 interchange header (ISA)" in said
    assert "x12/PO-1 of x12:ACME-1" in said


def test_a_file_that_is_not_there_and_maps_that_are_none_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["edi", "check", str(tmp_path / "gone.edi")]) == 3
    assert capsys.readouterr().err == f"{tmp_path / 'gone.edi'}: No such file or directory.\n"
    maps = file(tmp_path, "maps.json", b'{"partners": [{"name": "acme", "syntax": "fax"}]}')
    assert run(["edi", "check", str(maps), "--partners", str(maps)]) == 3
    assert capsys.readouterr().err.startswith("partners[0].syntax: ")
