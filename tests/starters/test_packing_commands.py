"""The packing station's commands: a sentence and an exit code for whatever goes wrong, JSON for devices, labels as files."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from database import intake, orders, shipments, stock
from database.engine import Database
from domain.messages import LineQuantity
from domain.order import Address
from domain.steps import AcceptOrder, AllocateStock, Need, RecordPacking, RecordPick, ShipParcels, Shipped
from starters.cli.main import run
from tests.database.builders import DAY, step
from tests.fresh import furnished
from tests.starters.orders import NOON, grinder_order

HAMBURG = Address(name="Kaffeekontor Nord", street="Speicherstr. 4", city="Hamburg", postcode="20457", country="DE")
ORDER = "manual/7001"


def picked(session: Session) -> None:
    placed = grinder_order(quantity=3, ship_to=HAMBURG)
    intake.capture(session, placed, NOON)
    orders.accept_order(session, AcceptOrder(**step("accept", ORDER), placed=placed, price_tolerance=Decimal(1), waived=True))
    needs = (Need(line=1, item="GRD-200", quantity=3),)
    due = NOON + DAY
    request = AllocateStock(**step("allocate", ORDER), needs=needs, all_or_nothing=True, first_shipment=1, pick_due=due, backorder_due=due)
    stock.allocate_stock(session, request)
    done = (LineQuantity(line=1, quantity=3),)
    shipments.record_pick(session, RecordPick(**step("pick", ORDER), shipment=1, location="BERLIN", picks=(), picked=done, pack_due=due))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An installation without a server, where three grinders are picked."""
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.chdir(tmp_path)
    furnished(f"sqlite:///{tmp_path / 'holdfast.db'}")
    database = Database(f"sqlite:///{tmp_path / 'holdfast.db'}")
    database.run(picked)
    yield database
    asyncio.run(database.close())


def asked(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    """The JSON answer, or the sentence of a refusal."""
    assert run(arguments) == code
    said = capsys.readouterr()
    return said.err.strip() if code else json.loads(said.out)


def test_parcels_are_proposed_with_method_and_reason_and_are_the_same_again(bench: Database, capsys: pytest.CaptureFixture[str]) -> None:
    first = asked(capsys, "cartons", "7001", "--quick", "--json")
    assert (first["method"], first["why"]) == ("first fit", "no solver was asked")
    assert sum(len(parcel["units"]) for parcel in first["parcels"]) == 3
    assert asked(capsys, "cartons", "7001", "--json") == first  # kept: the solver is not asked again
    assert run(["cartons", "7001"]) == 0
    page = capsys.readouterr().out
    assert "GRD-200 (line 1)" in page
    assert "first fit: no solver was asked." in page
    assert asked(capsys, "cartons", "7001", "2", code=3) == "There is no shipment 'manual/7001 shipment 2'."


def test_a_scan_is_answered_with_what_is_left_and_a_wrong_one_with_what_was_expected(
    bench: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    scan = ["pack-scan", "7001", "1", "1", "GRD-200", "2", "--carton", "L", "--scan-id", "s-1", "--json"]
    assert asked(capsys, *scan)["missing"] == {"GRD-200": 1} == asked(capsys, *scan)["missing"]
    assert asked(capsys, "pack-scan", "7001", "1", "1", "KET-100", code=3) == (
        "KET-100 is not in shipment 1 of manual/7001; still to be packed: 1 × GRD-200."
    )
    assert asked(capsys, "pack-close", "7001", code=3).startswith("Shipment 1 of manual/7001 is not complete, missing: 1 × GRD-200.")
    assert asked(capsys, "pack-scan", code=3) == "ORDER SHIPMENT: state the order and the shipment, or --file"
    assert run(["pack-scan", "7001", "1"]) == 0
    assert "(00) 3 4099876 000000001 3" in capsys.readouterr().out


def test_a_devices_scans_are_taken_line_by_line(
    bench: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"scan": "d-1", "order": ORDER, "shipment": 1, "parcel": 1, "item": "GRD-200", "quantity": 2}
    over = {**good, "scan": "d-2"}

    def send(*lines: str, code: int = 0) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
        assert run(["pack-scan", "--file", "-"]) == code
        said = capsys.readouterr()
        return f"{said.out}{said.err}"

    assert send(json.dumps(good), "", json.dumps(good)) == "1 scans were taken, 1 were known.\n"
    assert "line 1: 2 × GRD-200 is more than shipment 1 of manual/7001 has left" in send(json.dumps(over), code=3)
    assert "line 1: it is not a JSON object" in send("{", code=3)
    assert "line 1: parcel: input should be greater than or equal to 1" in send(json.dumps({**good, "parcel": 0}), code=3)
    assert "its lines name the orders" in asked(capsys, "pack-scan", "7001", "--file", "-", code=3)


def test_a_closed_shipment_waits_for_the_server_and_is_told_later(bench: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pack-scan", "7001", "1", "1", "GRD-200", "3"]) == 0
    capsys.readouterr()
    said = asked(capsys, "pack-close", "7001", "-w", "1=10500", code=4)
    assert said.startswith("Shipment 1 of manual/7001 is closed; its order is told by `oms pack-close` later.")
    assert "No Temporal server answers" in asked(capsys, "pack-close", code=4)
    assert asked(capsys, "pack-close", "7001", "-w", "one=1", code=3).startswith("--weight: 'one=1' does not read LINE=VALUE")


def test_labels_are_written_as_pdf_and_zpl(bench: Database, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "has no parcels yet" in asked(capsys, "label", "7001", code=3)
    assert run(["pack-scan", "7001", "1", "1", "GRD-200", "3"]) == 0
    capsys.readouterr()
    assert asked(capsys, "label", "7001", "--json")["files"] == ["label-manual-7001-1.pdf"]
    assert (tmp_path / "label-manual-7001-1.pdf").read_bytes().startswith(b"%PDF-")
    assert asked(capsys, "label", "7001", "--zpl", "-o", "out/one.zpl", "--json")["files"] == ["out/one.zpl"]
    assert (tmp_path / "out" / "one.zpl").read_text().startswith("^XA\n^PW812\n")


def test_the_carriers_own_label_is_given_and_no_other_in_its_place(bench: Database, capsys: pytest.CaptureFixture[str]) -> None:
    from database import dispatch

    def ship(session: Session) -> None:
        parcels = ({"number": 1, "weight_g": 10_000, "contents": [{"line": 1, "quantity": 3}]},)
        shipments.record_packing(session, RecordPacking.model_validate({**step("pack", ORDER), "shipment": 1, "parcels": parcels}))
        asked_for = {"location": "BERLIN", "promise_by": None, "service": "", "currency": "EUR", "day": DAY, "delivery_grace": 2}
        request = ShipParcels.model_validate({**step("ship", ORDER), "shipment": 1, "parcels": parcels, **asked_for})
        shipments.ship_booking(session, request, Shipped(carrier="UPS", service="ups_standard", tracking="1Z5R89390357567127"))
        dispatch.keep_labels(session, request.key, ORDER, 1, [("pdf", b"%PDF-theirs")])

    bench.run(ship)
    assert run(["label", "7001", "-o", "their.pdf"]) == 0
    assert Path("their.pdf").read_bytes() == b"%PDF-theirs"
    capsys.readouterr()
    assert asked(capsys, "label", "7001", "--zpl", code=3) == (
        "The carrier gave the label of shipment 1 of manual/7001 as pdf only: ask for --pdf, or for ours (--own)."
    )
    assert run(["label", "7001", "--zpl", "--own", "-o", "ours.zpl"]) == 0
    assert "1Z5R89390357567127" in Path("ours.zpl").read_text()
    capsys.readouterr()

    found = asked(capsys, "tracking", "1z5r 8939 0357567127", "--json")
    assert (found["carrier"], found["checked"], found["order"], found["shipment"]) == ("UPS", True, ORDER, 1)
    wrong = asked(capsys, "track", "7001", "in_transit", "--number", "1Z5R89390357567128", code=3)
    assert wrong == "1Z5R89390357567128 is not a tracking number of UPS: its check digit is 8, and the others give 7."
    other = asked(capsys, "track", "7001", "in_transit", "--number", "1Z879E930346834440", code=3)
    assert other == "Order manual/7001 has no shipment 1Z879E930346834440: shipment 1 bears 1Z5R89390357567127."


def test_whose_a_tracking_number_is(bench: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tracking", "PW771482719031", "--carrier", "Parcelway"]) == 0
    assert capsys.readouterr().out == (
        "PW771482719031 is of a carrier that we do not know; it has no check digit that we know.\nNo shipment of ours bears it.\n"
    )
    assert asked(capsys, "tracking", "1Z1111111111111111", code=3).startswith("1Z1111111111111111 is not a tracking number of UPS")
    assert asked(capsys, "pull-tracking", "--stop", "--every", "5", code=3).startswith("--stop: it ends the schedule")
    assert "No Temporal server answers" in asked(capsys, "manifest", "BERLIN", code=4)
