"""`oms edi` on the terminal: what was sent, what partners say, and changes that a person decides; none of it needs a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from database import edi, edi_facts, inbox
from database.engine import Database
from domain.edi_documents import ChangedLine, ChangeRequest, StockLine, StockReport
from domain.intake import Delivery
from starters.cli.main import run
from tests.channels.edi_documents import TRACKING, x12_interchange, x12_order, x12_set
from tests.fresh import furnished, migrated

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
PARTNERS = """
[acme]
ids = [{ qualifier = "ZZ", id = "ACME" }]
wants = ["997", "855", "856", "810"]
units = { CS = 12 }
prices = "ours"

[euro]
syntax = "edifact"
ids = [{ qualifier = "14", id = "4012345000016" }]
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    (tmp_path / "partners.toml").write_text(PARTNERS)
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("OMS_DATABASE_URL", url)
    monkeypatch.setenv("OMS_EDI_PARTNERS", str(tmp_path / "partners.toml"))
    monkeypatch.setenv("OMS_EDI_FOLDER", str(tmp_path / "edi"))
    furnished(url)
    opened = Database(url)
    yield opened
    asyncio.run(opened.close())


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert run(["edi", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_partners_are_read_with_what_their_syntax_usually_means(house: Database, capsys: pytest.CaptureFixture[str]) -> None:
    acme, euro = answer(capsys, "partners")["partners"]
    assert (acme["channel"], acme["prices"], acme["units"]["CS"], acme["units"]["DZ"]) == ("acme", "ours", 12, 12)
    assert (euro["version"], euro["currency"], euro["wants"]) == ("D:96A:UN", "EUR", ["CONTRL"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("[acme", "this is not TOML"),
        ("[acme]\nprices = 'mine'", "partners[0].prices"),
        ("[acme]\nhours = 7", "partners[0].hours"),
        ("[acme]\nwants = ['997', 'INVOIC']", "it wants INVOIC, and what goes out by x12 is 810, 846, 855, 856, 865, 997, credit"),
        ("[acme]\ncurrency = 'XXQ'", "acme: 'XXQ' is not a currency (ISO 4217, such as EUR)"),
        ("[a]\nids=[{id='X'}]\n[b]\nids=[{id='X'}]", "the sender's id x12 X stands twice"),
        ("acme = 7", "acme: it stands outside of a partner; a partner is a table such as [acme]"),
    ],
)
def test_a_wrong_partner_is_refused_in_a_sentence_that_names_the_setting(
    house: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: str, said: str
) -> None:
    (tmp_path / "partners.toml").write_text(wrong)
    assert run(["edi", "partners"]) == 3
    error = capsys.readouterr().err
    assert error.startswith(f"OMS_EDI_PARTNERS names {tmp_path / 'partners.toml'}: ")
    assert said in error


def test_a_partner_is_told_what_we_have_and_finds_it_in_its_folder(
    house: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = answer(capsys, "report", "acme")
    (written,) = answer(capsys, "out")["written"]
    assert (written["kind"], written["partner"]) == ("846", "acme")
    assert written["file"] == str(tmp_path / "edi" / "out" / "acme" / "000001-846-000000001.edi")
    assert Path(written["file"]).read_bytes() == house.run(edi.body, drawn["number"])
    assert answer(capsys, "out")["written"] == []
    assert run(["edi", "show", "1"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("ISA*00*")
    assert "QTY*33*" in " ".join(shown)
    assert [(one["kind"], one["status"], one["control"]) for one in answer(capsys, "sent")] == [("846", "sent", 1)]


def test_where_nothing_lies_there_is_nothing_to_report(
    house: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMS_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    migrated(f"sqlite:///{tmp_path / 'empty.db'}")
    assert run(["edi", "report", "acme"]) == 3
    assert "There is nothing to report: no item lies anywhere." in capsys.readouterr().err
    assert answer(capsys, "sent") == []


def test_nobody_who_cannot_read_it_is_told_what_we_have(house: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["edi", "report", "euro"]) == 3
    assert run(["edi", "report", "nobody"]) == 3
    assert "There is no partner 'nobody'" in capsys.readouterr().err
    assert answer(capsys, "sent") == []


def test_what_is_rejected_or_cannot_be_written_is_shown_and_is_a_shortfall(house: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "unacknowledged") == {"late": [], "stuck": []}
    answer(capsys, "report", "acme")
    house.run(edi.acknowledge, "x12 ZZ:HOLDFAST ZZ:ACME", 1, False, "segment 3 (LIN) says 8", NOW)
    house.run(edi.stick, "810", "INV-1", "acme", "BIG04: no room", NOW)
    found = answer(capsys, "unacknowledged", code=1)
    assert [(one["status"], one["errors"]) for one in found["late"]] == [("rejected", "segment 3 (LIN) says 8")]
    assert [(one["key"], one["reason"]) for one in found["stuck"]] == [("INV-1", "BIG04: no room")]


def queued(house: Database, **changes: Any) -> int:
    document = Delivery(channel="edi/acme", delivery=str(changes), form="x12", body=b"", received_at=NOW)
    entry = house.run(inbox.keep, document).entry
    asked = ChangeRequest(**{"order": "acme/PO-1", "number": "3", "asked_at": NOW, **changes})
    house.run(edi_facts.keep_change, entry, 1, "acme", asked, "a person decides", NOW)
    return house.run(edi_facts.changes)[-1].change


def test_a_change_that_no_order_can_be_asked_for_is_done_by_hand_and_noted(house: Database, capsys: pytest.CaptureFixture[str]) -> None:
    new = ChangedLine(line=3, item="KET-100", quantity=2, added=True)
    number = str(queued(house, lines=(new,)))
    assert run(["edi", "accept", number]) == 3
    assert "line 3 is a new one: 2 x KET-100" in capsys.readouterr().err
    assert [one["status"] for one in answer(capsys, "changes")] == ["open"]
    assert answer(capsys, "accept", number, "--by-hand")["status"] == "accepted"
    assert answer(capsys, "changes") == []
    assert [one["status"] for one in answer(capsys, "changes", "--all")] == ["accepted"]


def test_a_rejected_change_is_shown_with_its_reason(house: Database, capsys: pytest.CaptureFixture[str]) -> None:
    number = str(queued(house, cancel=True))
    assert answer(capsys, "reject", number, "--why", "It has left.")["why"] == "It has left."
    assert run(["edi", "accept", number, "--by-hand"]) == 3
    assert f"Change {number} of order acme/PO-1 was rejected by" in capsys.readouterr().err


def test_what_partners_have_is_shown_by_item(house: Database, capsys: pytest.CaptureFixture[str]) -> None:
    line = StockLine(item="KET-100", quantity=120, kind="33")
    house.run(edi_facts.keep_stock, "acme", StockReport(reference="ST-1", at=NOW, lines=(line,)))
    assert [(one["item"], one["quantity"]) for one in answer(capsys, "stock", "KET-100")] == [("KET-100", 120)]
    assert answer(capsys, "stock", "FLT-100") == []
    assert answer(capsys, "remittances") == []
    assert run(["edi", "stock"]) == 0
    assert "available" in capsys.readouterr().out


def test_without_a_server_files_are_kept_and_acknowledged_and_wait(
    house: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    file, letter = tmp_path / "orders.edi", tmp_path / "letter.txt"
    known = {"PO1*2": "PO1*2*3*EA*4.00**VN*FLT-100", "N1*BY": "N1*BY*Brulerie des Terreaux*92*3012345000012"}
    file.write_bytes(x12_interchange(x12_order(changes=known)))
    letter.write_text("Dear sirs")
    found = answer(capsys, "in", str(file), code=4)
    assert [entry["status"] for entry in found["entries"]] == ["open"]
    assert [(one["kind"], one["partner"]) for one in found["written"]] == [("997", "acme")]
    assert run(["edi", "in", str(letter)]) == 3
    assert "it begins neither with an X12 interchange header (ISA)" in " ".join(capsys.readouterr().out.split())
    assert len(house.run(inbox.entries)) == 1


def test_what_becomes_of_a_carriers_statuses_is_shown(house: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "214.edi"
    file.write_bytes(x12_interchange(x12_set("214", ["B10*1Z999*THEIRS-9*UPSN", *TRACKING[1:4]]), group="QM"))
    (found,) = answer(capsys, "check", str(file))
    (part,) = found["interchanges"][0]["sets"][0]["parts"]
    assert (part["becomes"], part["says"]) == ("carrier_event", "1Z999: in transit")
