"""Every document that goes out by EDI: as its golden file has it, whole for the libraries and for our own reader, every total right."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.segmentcollection import Interchange as EdifactInterchange
from pyx12.x12file import X12Reader

from domain.edi_documents import Carton, DocumentIn, InvoiceDocument, PackedLine, StockLine
from domain.edi_partners import Partners, Separators
from domain.errors import InputRefused
from domain.money import Money
from starters.edi.edifact import answering as edifact_answering
from starters.edi.edifact import despatching as edifact_despatching
from starters.edi.edifact.opening import Segment as EdifactSegment
from starters.edi.edifact.opening import open_edifact
from starters.edi.envelope import DocumentSet
from starters.edi.normalise import text_of
from starters.edi.translate import read
from starters.edi.x12 import answering, despatching, invoicing, stocking
from starters.edi.x12.opening import open_x12
from tests.channels.edi_documents import (
    ACME,
    COLLECTIVE,
    CREDIT_NOTE,
    EURO,
    INVOICE,
    ORDER_ANSWER,
    SHIP_NOTICE,
    STOCK_REPORT,
    envelope,
    line_answer,
)
from tests.channels.record_golden import DOCUMENTS, GOLDEN
from tests.endurance import examples

X12_NAMES = [name for name in DOCUMENTS if name.startswith("x12")]
EDIFACT_NAMES = [name for name in DOCUMENTS if name.startswith("edifact")]


def only_x12(content: bytes) -> DocumentSet:
    (interchange,) = open_x12(text_of(content))
    ((_, one),) = interchange.sets()
    assert interchange.fault_of(interchange.groups[0], one) is None
    return one


def only_edifact(content: bytes) -> list[EdifactSegment]:
    (interchange,) = open_edifact(text_of(content))
    ((group, one),) = interchange.sets()
    assert interchange.fault_of(group, one) is None
    return [segment for segment in one.segments if isinstance(segment, EdifactSegment)]


def rows(one: DocumentSet, name: str) -> list[tuple[str, ...]]:
    return [segment.elements for segment in one.segments if segment.name == name]  # type: ignore[attr-defined] # those of X12


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_written_as_its_golden_file_has_it(name: str) -> None:
    assert DOCUMENTS[name]().decode("iso-8859-1") == (GOLDEN / name).read_bytes().decode("iso-8859-1")


def test_no_golden_file_is_left_over() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir()) == sorted(DOCUMENTS)


@pytest.mark.parametrize("name", X12_NAMES)
def test_pyx12_reads_every_x12_document_without_a_complaint(name: str) -> None:
    reader = X12Reader(io.StringIO((GOLDEN / name).read_text("iso-8859-1"), newline=""))
    names = [segment.get_seg_id() for segment in reader]
    reader.cleanup()
    assert reader.pop_errors() == []
    assert (names[0], names[-1]) == ("ISA", "IEA")


@pytest.mark.filterwarnings("ignore::pydifact.exceptions.MissingImplementationWarning")  # it brings the tables of no directory
@pytest.mark.parametrize("name", EDIFACT_NAMES)
def test_pydifact_reads_every_edifact_document_and_writes_it_the_same(name: str) -> None:
    content = (GOLDEN / name).read_text("iso-8859-1")
    interchange = EdifactInterchange.from_str(content)
    (message,) = interchange.get_messages()
    assert interchange.control_reference == "41"
    assert message.type == name.removeprefix("edifact_").removesuffix(".edi").partition("_")[0].upper()
    assert interchange.serialize(break_lines=True) == content


@pytest.mark.parametrize("name", [name for name in X12_NAMES if name != "x12_ta1.edi"])
def test_our_own_reader_finds_counts_and_control_numbers_right(name: str) -> None:
    (interchange,) = open_x12(text_of((GOLDEN / name).read_bytes()))
    (group,) = interchange.groups
    assert interchange.fault is None
    assert group.fault is None
    assert [one.fault for one in group.sets] == [None]
    assert (str(interchange.sender), str(interchange.receiver)) == ("ZZ:HOLDFAST", "ZZ:ACME")


def test_a_change_is_answered_line_by_line_with_the_reason() -> None:
    one = only_x12(DOCUMENTS["x12_865.edi"]())
    assert rows(one, "BCA") == [("00", "RD", "PO-1", "", "3", "20261120", "", "", "", "20261126")]
    assert rows(one, "MSG") == [("Line 2 has left the house.",)]
    assert [row[:5] for row in rows(one, "POC")] == [
        ("1", "QD", "1", "1", "EA"),
        ("2", "DI", "0", "0", "EA"),
        ("3", "AI", "12", "12", "EA"),
        ("4", "CT", "", "", ""),
    ]
    assert rows(one, "ACK") == [("IR", "1", "EA"), ("IR", "0", "EA"), ("IR", "12", "EA"), ("IR",)]
    accepted = only_edifact(DOCUMENTS["edifact_ordrsp_change.edi"]())
    assert [segment.at(3) for segment in accepted if segment.name == "BGM"] == ["29"]
    assert [segment.at(1, 2) for segment in accepted if segment.name == "RFF"] == ["PO-1", "3"]
    assert [segment.at(2) for segment in accepted if segment.name == "LIN"] == ["5"] * 4


def test_the_codes_of_an_acknowledgement_say_every_difference_and_their_quantities_add_up() -> None:
    one = only_x12(DOCUMENTS["x12_855.edi"]())
    said: list[list[tuple[str, ...]]] = []
    for segment in one.segments:
        elements: tuple[str, ...] = segment.elements  # type: ignore[attr-defined] # those of X12
        if segment.name == "PO1":
            said.append([])
        elif segment.name == "ACK":
            said[-1].append(elements)
    assert [[ack[0] for ack in acks] for acks in said] == [["IA"], ["IQ", "IB", "IR"], ["IC", "IP", "DR"], ["IB"], ["IR"], ["DR"], ["IP"]]
    assert [sum(int(ack[1]) for ack in acks if len(ack) > 1) for acks in said] == [10] * 7
    assert rows(one, "BAK")[0][1] == "AC"


@pytest.mark.parametrize(
    ("line", "purpose", "edifact", "action"),
    [(line_answer(), "AD", "29", "5"), (line_answer(accepted=0), "RD", "27", "7"), (line_answer(accepted=9), "AC", "4", "3")],
)
def test_an_order_is_accepted_accepted_with_changes_or_rejected(line: object, purpose: str, edifact: str, action: str) -> None:
    answer = ORDER_ANSWER.model_copy(update={"lines": (line,)})
    assert rows(only_x12(answering.acknowledgements(envelope(ACME), [answer])), "BAK")[0][1] == purpose
    segments = only_edifact(edifact_answering.responses(envelope(EURO), [answer]))
    assert [segment.at(3) for segment in segments if segment.name == "BGM"] == [edifact]
    assert [segment.at(2) for segment in segments if segment.name == "LIN"] == [action]


def test_every_carton_stands_under_its_sscc_with_what_is_in_it() -> None:
    one = only_x12(DOCUMENTS["x12_856.edi"]())
    assert [(row[0], row[1] if len(row) > 1 else "", row[2]) for row in rows(one, "HL")] == [
        ("1", "", "S"), ("2", "1", "O"), ("3", "2", "P"), ("4", "3", "I"), ("5", "3", "I"), ("6", "2", "P"), ("7", "6", "I"),
    ]  # fmt: skip
    assert [row[:2] for row in rows(one, "MAN")] == [("GM", "00340123450000000017"), ("GM", "00340123450000000024")]
    assert [row[1] for row in rows(one, "SN1")] == ["2", "6", "8"]
    segments = only_edifact(DOCUMENTS["edifact_desadv.edi"]())
    assert [segment.at(2) for segment in segments if segment.name == "GIN"] == ["340123450000000017", "340123450000000024"]
    assert [segment.at(1, 2) for segment in segments if segment.name == "QTY" and segment.at(1) == "12"] == ["2", "6", "8"]


@pytest.mark.parametrize(("which", "document"), [("", INVOICE), ("_credit_note", CREDIT_NOTE), ("_collective", COLLECTIVE)])
def test_an_invoice_and_a_credit_note_add_up_in_both_syntaxes(which: str, document: InvoiceDocument) -> None:
    one = only_x12(DOCUMENTS[f"x12_810{which}.edi"]())
    lines = sum(Decimal(row[1]) * Decimal(row[3]) for row in rows(one, "IT1"))
    charges = sum((-1 if row[0] == "A" else 1) * Decimal(row[4]) / 100 for row in rows(one, "SAC"))
    taxes = sum(Decimal(row[1]) for row in rows(one, "TXI"))
    assert lines + charges + taxes == Decimal(rows(one, "TDS")[0][0]) / 100 == document.total.major
    moa = [(s.at(1), Decimal(s.at(1, 2))) for s in only_edifact(DOCUMENTS[f"edifact_invoic{which}.edi"]()) if s.name == "MOA"]
    assert sum(amount for kind, amount in moa if kind == "203") == dict(moa)["79"]
    assert dict(moa)["125"] + dict(moa)["124"] == dict(moa)["77"] == document.total.major


def test_a_credit_note_says_what_it_is_and_which_invoice_it_takes_back() -> None:
    one = only_x12(DOCUMENTS["x12_810_credit_note.edi"]())
    assert rows(one, "BIG") == [("20261126", "CN-2026-0007", "20261120", "PO-1", "", "", "CR")]
    assert rows(one, "REF")[0] == ("OI", "INV-2026-0041")
    assert (rows(one, "NTE"), rows(one, "ITD")) == ([("GEN", "returned: does not fit")], [])
    segments = only_edifact(DOCUMENTS["edifact_invoic_credit_note.edi"]())
    assert [segment.at(1) for segment in segments if segment.name == "BGM"] == ["381"]
    assert [(segment.at(1), segment.at(1, 2)) for segment in segments if segment.name == "RFF"][:2] == [
        ("ON", "PO-1"),
        ("IV", "INV-2026-0041"),
    ]
    assert not [segment for segment in segments if segment.name == "PAT"]


def test_the_lines_of_a_collective_invoice_name_their_orders() -> None:
    one = only_x12(DOCUMENTS["x12_810_collective.edi"]())
    assert rows(one, "BIG") == [("20261126", "INV-2026-0041", "", "", "", "", "DI")]
    assert [row for row in rows(one, "REF") if row[0] != "VX"] == [
        ("PO", "PO-1"), ("SI", "acme/PO-1/1"), ("PO", "PO-2"), ("SI", "acme/PO-2/1"),
    ]  # fmt: skip
    segments = only_edifact(DOCUMENTS["edifact_invoic_collective.edi"]())
    named = [(segment.at(1), segment.at(1, 2)) for segment in segments if segment.name == "RFF" and segment.at(1) != "VA"]
    assert named == [("ON", "PO-1"), ("DQ", "acme/PO-1/1"), ("ON", "PO-2"), ("DQ", "acme/PO-2/1")]


def test_a_number_that_a_format_has_no_room_for_is_refused_and_never_cut() -> None:
    with pytest.raises(InputRefused, match="BAK03: 'PO-1234567890-1234567890' has 24 characters, and the document has room for 22"):
        answering.acknowledgements(envelope(ACME), [ORDER_ANSWER.model_copy(update={"po_number": "PO-1234567890-1234567890"})])


def test_an_amount_of_a_currency_with_three_decimals_is_not_rounded_in_silence() -> None:
    with pytest.raises(InputRefused, match="TDS01"):
        invoicing.invoices(envelope(ACME), [INVOICE.model_copy(update={"total": Money(minor=1001, currency="KWD")})])


@settings(max_examples=examples(60), deadline=None)
@given(st.text(max_size=60), st.text(alphabet="*~>^+:'?\n ABCé€ß", max_size=40))
def test_no_text_breaks_a_document(description: str, marks: str) -> None:
    lines = (line_answer(description=description), line_answer(line=2, description=marks))
    answer = ORDER_ANSWER.model_copy(update={"lines": lines})
    assert only_x12(answering.acknowledgements(envelope(ACME), [answer])).kind == "855"
    imd = [s.at(3, 4) + s.at(3, 5) for s in only_edifact(edifact_answering.responses(envelope(EURO), [answer])) if s.name == "IMD"]
    assert len(imd) <= 2


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(
        st.builds(
            StockLine,
            item=st.from_regex(r"[A-Z0-9]{1,12}(-[0-9]{1,4})?", fullmatch=True),
            quantity=st.integers(0, 1_000_000),
            location=st.just(""),
            kind=st.sampled_from(["33", "17", "29"]),
            on=st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 31)),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(
        [Separators(), Separators(segment="\n", element="|", component=":"), Separators(segment="'", element="+", component="<")]
    ),
)
def test_a_stock_report_that_goes_out_comes_in_as_it_was(lines: list[StockLine], separators: Separators) -> None:
    report = STOCK_REPORT.model_copy(update={"lines": tuple(lines), "at": datetime(2026, 11, 26, tzinfo=UTC)})
    content = stocking.stock_reports(envelope(ACME.model_copy(update={"separators": separators})), [report])
    (one,) = read(content, Partners(), {})
    (part,) = one.parts
    assert isinstance(part, DocumentIn)
    assert part.document == report


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.lists(st.integers(1, 500), min_size=1, max_size=4), min_size=1, max_size=6))
def test_whatever_is_in_the_cartons_levels_and_sums_are_right(contents: list[list[int]]) -> None:
    cartons = tuple(
        Carton(
            sscc="", weight_g=10, lines=tuple(PackedLine(line=n, item=f"I-{n}", ordered=500, quantity=q) for n, q in enumerate(lines, 1))
        )
        for lines in contents
    )
    notice = SHIP_NOTICE.model_copy(update={"cartons": cartons})
    one = only_x12(despatching.ship_notices(envelope(ACME), [notice]))
    levels = rows(one, "HL")
    assert [row[0] for row in levels] == [str(n) for n in range(1, len(levels) + 1)]
    assert all(int(row[1]) < int(row[0]) for row in levels[1:])
    assert rows(one, "CTT")[0] == (str(len(levels)), str(sum(sum(lines) for lines in contents)))
    segments = only_edifact(edifact_despatching.despatch_advices(envelope(EURO), [notice]))
    assert sum(int(s.at(1, 2)) for s in segments if s.name == "QTY" and s.at(1) == "12") == sum(sum(lines) for lines in contents)
