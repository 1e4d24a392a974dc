"""The 997, TA1 and CONTRL say of every set whether it was taken, and of a refused one where and why."""

from __future__ import annotations

from itertools import count

import pytest

from domain.edi_documents import Receipt
from domain.edi_partners import Partners
from starters.edi.answer import answers
from starters.edi.edifact import receipts as edifact_receipts
from starters.edi.edifact.opening import Segment as EdifactSegment
from starters.edi.edifact.opening import open_edifact
from starters.edi.normalise import text_of
from starters.edi.translate import read
from starters.edi.x12 import receipts
from starters.edi.x12.opening import open_x12
from tests.channels.edi_documents import (
    ACME,
    AT,
    CHANGE,
    CONTRL,
    PARTNERS,
    RECEIPT,
    edifact_interchange,
    edifact_message,
    edifact_order,
    x12_interchange,
    x12_order,
    x12_set,
)


def answered(content: bytes, partners: Partners = PARTNERS) -> dict[str, str]:
    return {
        answer.kind: answer.content.decode("iso-8859-1") for one in read(content, partners, {}) for answer in answers(one, count(100), AT)
    }


def rows(text: str, *names: str) -> list[str]:
    return [row.rstrip("~'") for row in text.split("\n") if row.startswith(names)]


def receipt_of(content: bytes) -> Receipt:
    """The 997 that answers `content`, as a partner who uses our reader would understand it."""
    (interchange,) = open_x12(text_of(answered(content)["997"].encode("iso-8859-1")))
    ((_, one),) = interchange.sets()
    assert one.fault is None
    return receipts.receipt(one.segments, one.place)  # type: ignore[arg-type] # those of X12


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"PO1*2": "PO1*2*x*EA*4.00**VN*B"}, ["AK3*PO1*17**8", "AK4*2**7*x", "AK5*R*5"]),
        ({"PO1*2": "PO1*2**EA*4.00**VN*B"}, ["AK3*PO1*17**8", "AK4*2**1", "AK5*R*5"]),
        ({"BEG": "BEG*00*SA*PO-1**20261320"}, ["AK3*BEG*2**8", "AK4*5**8*20261320", "AK5*R*5"]),
        ({"BEG": f"BEG*00*SA*{'9' * 130}**20261120"}, ["AK3*BEG*2**8", f"AK4*3**5*{'9' * 99}", "AK5*R*5"]),
        ({"BEG": "XXX"}, ["AK3*BEG*20**3", "AK5*R*5"]),
        ({"PID": "*F"}, ["AK3*UNK*15**1", "AK5*R*5"]),
        ({"PID": "PID*F****a\x07b"}, ["AK3*PID*15**8", "AK4*5**6*a b", "AK5*R*5"]),
        ({"ST": "ST*899*0001"}, ["AK5*R*1"]),
    ],
)
def test_a_997_names_the_segment_and_the_element_at_fault(changes: dict[str, str], said: list[str]) -> None:
    bad = x12_order(changes=changes)
    bad[0] = changes.get("ST", bad[0])
    assert rows(answered(x12_interchange(bad))["997"], "AK3", "AK4", "AK5") == said


@pytest.mark.parametrize(("trailer", "said"), [("SE*9*0001", "AK5*R*4"), ("SE*20*0009", "AK5*R*3"), ("", "AK5*R*2")])
def test_a_997_says_what_is_wrong_with_a_trailer(trailer: str, said: str) -> None:
    bad = x12_order()
    bad = [*bad[:-1], trailer] if trailer else bad[:-1]
    text = answered(x12_interchange(bad, x12_order("0002", "PO-2")))["997"]
    assert rows(text, "AK5") == [said, "AK5*A"]
    assert rows(text, "AK9") == ["AK9*P*2*2*1"]


def test_a_group_is_accepted_in_part_or_as_a_whole_or_not_at_all() -> None:
    good, bad = x12_order(), x12_order("0002", "PO-2", {"PO1*2": "PO1*2*x*EA*4.00**VN*B"})
    assert rows(answered(x12_interchange(good))["997"], "AK9") == ["AK9*A*1*1*1"]
    assert rows(answered(x12_interchange(good, bad))["997"], "AK9") == ["AK9*P*2*2*1"]
    assert rows(answered(x12_interchange(bad))["997"], "AK9") == ["AK9*R*1*1*0"]
    wrong_count = x12_interchange(good).replace(b"GE*1*7", b"GE*2*7")
    assert rows(answered(wrong_count)["997"], "AK9") == ["AK9*R*2*1*0*5"]


def test_a_partner_reads_our_997_as_we_meant_it() -> None:
    bad = x12_order("0002", "PO-2", {"PO1*2": "PO1*2*x*EA*4.00**VN*B"})
    receipt = receipt_of(x12_interchange(x12_order(), bad))
    assert (receipt.kind, receipt.control, receipt.code, receipt.received) == ("PO", "7", "E", 2)
    assert [(one.control, one.code) for one in receipt.sets] == [("0001", "A"), ("0002", "R")]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("IEA*1*000000007", "IEA*1*000000008", "001"),
        ("IEA*1*", "IEA*2*", "021"),
        ("IEA*1*000000007~\n", "", "023"),
        ("GE*1*7", "NTE*1", "022"),
    ],
)
def test_a_broken_envelope_is_answered_by_a_ta1_alone(old: str, new: str, code: str) -> None:
    said = answered(x12_interchange(x12_order()).decode().replace(old, new).encode())
    assert list(said) == ["TA1"]
    assert rows(said["TA1"], "TA1", "IEA") == [f"TA1*000000007*261120*0600*R*{code}", "IEA*0*000000100"]


def test_a_number_that_came_before_is_answered_as_a_duplicate() -> None:
    two = x12_interchange(x12_order()) + x12_interchange(x12_order(number="PO-2"))
    said = [answer for one in read(two, PARTNERS, {}) for answer in answers(one, count(100), AT)]
    assert [answer.kind for answer in said] == ["997", "TA1"]
    assert b"*R*025" in said[1].content


def test_an_acknowledgement_is_never_acknowledged() -> None:
    assert answered(x12_interchange(x12_set("997", RECEIPT), group="FA")) == {}
    assert answered(edifact_interchange(edifact_message("CONTRL", CONTRL, version="D:3:UN"))) == {}


def test_who_wants_no_acknowledgement_gets_none() -> None:
    silent = Partners(partners=(ACME.model_copy(update={"wants": frozenset({"855"})}),))
    assert answered(x12_interchange(x12_order()), silent) == {}
    assert list(answered(x12_interchange(x12_order(), asks="1"), silent)) == ["TA1"]


def test_a_test_interchange_is_answered_by_a_test_interchange() -> None:
    content = x12_interchange(x12_set("860", CHANGE), group="PC").replace(b"*P*>", b"*T*>")
    assert "*T*>" in answered(content)["997"]


@pytest.mark.parametrize(("version", "group", "isa"), [("00200", "003020", "00401"), ("00501", "005010", "00501")])
def test_a_997_speaks_the_version_of_what_it_answers(version: str, group: str, isa: str) -> None:
    content = x12_interchange(x12_order(changes={"BEG": "BEG*00*SA*PO-1**261120"})).decode()
    said = answered(content.replace("*00401*", f"*{version}*").replace("*004010~", f"*{group}~").encode())["997"]
    assert f"*{isa}*" in rows(said, "ISA")[0]
    assert rows(said, "GS", "AK5") == [f"GS*FA*HOLDFAST*ACME*20261126*0930*100*X*{group}", "AK5*A"]


def test_a_sender_with_a_name_that_no_envelope_knows_is_answered_all_the_same() -> None:
    content = edifact_interchange(edifact_order()).decode("iso-8859-1").replace("4012345000016:14+4098", "Łódź ?+1:14+4098")
    assert "+4098765000010:14+Lódz ?+1:14+" in rows(answered(content.encode())["CONTRL"], "UNB")[0]
    with_marks = x12_interchange(x12_order()).decode().replace("*", "|").replace("ACME           |", "A*C~E          |", 1)
    said = answered(with_marks.replace("~", "\n").replace("\nE          |", "~E          |", 1).encode())["997"]
    assert rows(said, "ISA")[0][51:70] == "ZZ*A C E          *"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"QTY+21:2": "QTY+21:x:PCE'"}, ["UCM+1+ORDERS:D:96A:UN+4", "UCS+15", "UCD+12+2:2"]),
        ({"BGM": "BGM+220++9'"}, ["UCM+1+ORDERS:D:96A:UN+4", "UCS+2", "UCD+13+3"]),
        ({"DTM+137": "NAD+ZZ'"}, ["UCM+1+ORDERS:D:96A:UN+4+13"]),
        ({"IMD": "imd'"}, ["UCM+1+ORDERS:D:96A:UN+4", "UCS+14+15"]),
    ],
)
def test_a_contrl_names_the_segment_and_the_element_at_fault(changes: dict[str, str], said: list[str]) -> None:
    text = answered(edifact_interchange(edifact_order(changes=changes), edifact_order("2", "PO-8")))["CONTRL"]
    assert rows(text, "UC") == ["UCI+31+4012345000016:14+4098765000010:14+7", *said, "UCM+2+ORDERS:D:96A:UN+7"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("UNZ+1+31", "UNZ+1+32", "4+28+UNZ"), ("UNZ+1+", "UNZ+2+", "4+29+UNZ"), ("\r\nUNZ+1+31'", "", "4+13+UNZ")],
)
def test_a_broken_edifact_envelope_is_rejected_as_a_whole(old: str, new: str, said: str) -> None:
    text = answered(edifact_interchange(edifact_order()).decode("iso-8859-1").replace(old, new).encode())["CONTRL"]
    assert rows(text, "UC") == [f"UCI+31+4012345000016:14+4098765000010:14+{said}"]


def test_a_trailer_that_is_wrong_is_named_in_the_message_response() -> None:
    bad = [*edifact_order()[:-1], "UNT+9+1'"]
    text = answered(edifact_interchange(bad, edifact_order("2", "PO-8")))["CONTRL"]
    assert rows(text, "UCM") == ["UCM+1+ORDERS:D:96A:UN+4+29+UNT+2", "UCM+2+ORDERS:D:96A:UN+7"]


def test_a_partner_reads_our_contrl_as_we_meant_it() -> None:
    bad = edifact_order("2", "PO-8", {"QTY+21:2": "QTY+21:x:PCE'"})
    text = answered(edifact_interchange(edifact_order(), bad))["CONTRL"]
    (interchange,) = open_edifact(text_of(text.encode("iso-8859-1")))
    ((_, one),) = interchange.sets()
    segments = [segment for segment in one.segments if isinstance(segment, EdifactSegment)]
    receipt = edifact_receipts.receipt(segments, one.place)
    assert (receipt.control, receipt.code) == ("31", "A")
    assert [(found.control, found.code) for found in receipt.sets] == [("1", "A"), ("2", "R")]
