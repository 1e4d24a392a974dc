"""Labels and manifests: what a scanner reads is what we know, and nothing a customer writes becomes a command of the printer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from reportlab.graphics.barcode.code128 import Code128

from domain.sscc import SsccSeries
from integrations.documents import ParcelLabel, carrier_manifest, packing_slip, parcel_labels, parcel_labels_zpl
from integrations.documents.labels import FNC1
from integrations.documents.models import CarrierManifest, ManifestedShipment
from integrations.documents.zpl import HIGH, SSCC_MODULES, WIDE
from tests.integrations import papers
from tests.integrations.test_documents import read

SSCC = SsccSeries(extension=3, company_prefix="4099876").number(1)


def label(**changes: object) -> ParcelLabel:
    whole = ParcelLabel(
        sender=papers.SELLER.address,
        ship_to=papers.CUSTOMER,
        order="x12/BT-301",
        po_number="PO 7741/łé",
        shipment=1,
        parcel=1,
        parcels=2,
        weight_g=5_350,
        sscc=SSCC,
        carrier="Norvik Post",
        service="standard",
        tracking="RR482719035NO",
    )
    return whole.model_copy(update=changes)


@dataclass
class Field:
    """A field of a ZPL label: where it stands, its commands in front of the text, the text."""

    x: int
    y: int
    commands: str
    text: str


def parsed(zpl: str) -> list[list[Field]]:
    """A strict reader of the ZPL that we write: labels, each with its fields; anything it does not know is an error."""
    labels = []
    for page in re.findall(r"\^XA\n(.*?)\^XZ\n", zpl, re.DOTALL):
        fields = []
        for line in page.strip().split("\n"):
            if re.fullmatch(r"\^PW\d+|\^LL\d+|\^CI28", line):
                continue
            rule = re.fullmatch(r"\^FO(\d+),(\d+)\^GB\d+,\d+,\d+\^FS", line)
            if rule:
                continue
            found = re.fullmatch(
                r"\^FO(\d+),(\d+)((?:\^A0N,\d+,\d+|\^FB\d+,1,0,[RC]|\^BY\d|\^BCN,\d+,N,N,N(?:,A)?|\^FH_)+)\^FD([^^~]*)\^FS", line
            )
            assert found, f"not a field: {line}"
            text = re.sub(r"_([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), found[4]) if "^FH_" in found[3] else found[4]
            fields.append(Field(int(found[1]), int(found[2]), found[3], text))
        labels.append(fields)
    assert "".join(re.findall(r"\^XA\n.*?\^XZ\n", zpl, re.DOTALL)) == zpl
    return labels


def test_the_zpl_label_holds_what_the_pdf_holds(tmp_path: Path) -> None:
    [first, second] = parsed(parcel_labels_zpl([label(), label(parcel=2, sscc="")]))
    texts = [field.text for field in first]
    pdf = read(parcel_labels([label()]), tmp_path)
    for known in ("Palarnia Łódź Sp. z o.o.", "90-710 Łódź", "Norvik Post", "1/2", "RR482719035NO", "x12/BT-301", "5.35 kg", "PO 7741/łé"):
        assert known in texts
        assert known in pdf
    assert f">;>800{SSCC}" in texts
    assert not any(field.text.startswith(">;") for field in second)


def test_every_field_stands_on_the_label_and_its_bars_fit() -> None:
    [fields] = parsed(parcel_labels_zpl([label(order="x12/" + "9" * 100, carrier="A carrier whose name does not end at all, ever")]))
    assert all(0 <= field.x < WIDE and 0 <= field.y < HIGH for field in fields)
    [bars] = [field for field in fields if "^BY4" in field.commands]
    assert bars.x >= 40  # ten modules of quiet zone on both sides
    assert bars.x + 4 * SSCC_MODULES <= WIDE - 40


def test_what_a_customer_writes_is_never_a_command_of_the_printer() -> None:
    [fields] = parsed(parcel_labels_zpl([label(ship_to=papers.CUSTOMER.model_copy(update={"name": "^XZ~JR_5E ^FDx"}))]))
    assert "^XZ~JR_5E ^FDx" in [field.text for field in fields]


def test_the_sscc_is_a_gs1_128_of_twenty_digits() -> None:
    code = Code128(f"{FNC1}00{SSCC}", quiet=False)
    code.validate()  # type: ignore[no-untyped-call]  # reportlab's stubs leave it out
    code.encode()  # type: ignore[no-untyped-call]
    assert len(code.encoded) == 1 + 1 + 10 + 1 + 1  # start C, FNC1, ten pairs, check character, stop
    assert code.encoded[:3] == [105, 102, 0]  # start C, FNC1, the pair "00"


def test_the_same_labels_are_the_same_bytes() -> None:
    assert parcel_labels([label()]) == parcel_labels([label()])
    assert parcel_labels_zpl([label()]) == parcel_labels_zpl([label()])


@pytest.mark.parametrize("changes", [{"tracking": "", "carrier": "", "service": ""}, {"po_number": "", "sscc": ""}, {"order": "x" * 120}])
def test_a_label_is_drawn_with_whatever_is_known(changes: dict[str, object]) -> None:
    assert parcel_labels([label(**changes)]).startswith(b"%PDF-")


def test_the_packing_slip_names_the_sscc_of_each_parcel(tmp_path: Path) -> None:
    slip = papers.packing_slip()
    numbered = slip.model_copy(update={"parcels": (slip.parcels[0].model_copy(update={"sscc": SSCC}), slip.parcels[1])})
    assert SSCC in read(packing_slip(numbered), tmp_path)
    assert "SSCC" not in read(packing_slip(slip), tmp_path)


def test_the_manifest_lists_what_is_fetched(tmp_path: Path) -> None:
    shipment = ManifestedShipment(
        order="x12/BT-301",
        shipment=1,
        service="standard",
        tracking="RR482719035NO",
        sscc=(SSCC,),
        parcels=1,
        weight_g=5_350,
        town="90-710 Łódź, PL",
    )
    manifest = CarrierManifest(
        seller=papers.SELLER,
        number="MF-000004",
        location="BERLIN",
        address=papers.SELLER.address,
        carrier="Norvik Post",
        closed_at=papers.at(24),
        reference="NP-000088",
        shipments=(shipment,),
    )
    drawn = read(carrier_manifest(manifest), tmp_path)
    for known in ("MF-000004", "NP-000088", "RR482719035NO", SSCC, "x12/BT-301 / 1", "90-710 Łódź, PL", "Signature"):
        assert known in drawn
