"""What partners send by EDI becomes orders, messages to orders and documents of their own; a set with an error is refused alone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.edi_documents import ChangeRequest, DocumentIn, EdiPart, Receipt, Remittance, StockReport, TrackingEvent, WarehouseShipped
from domain.edi_partners import PartnerId, Partners
from domain.errors import InputRefused
from domain.intake import Delivery, IgnoredIn, MessageIn, NeedKind, OrderIn, RefusedIn, UnmappedIn, Words
from domain.messages import AmendOrder, CarrierEvent, CarrierStatus, LineQuantity
from domain.money import Money
from domain.order import PaymentTerms, PlaceOrder
from starters.channels.x12 import read as read_strictly
from starters.edi.partners import load
from starters.edi.parts import as_part
from starters.edi.references import shipment_of, shipment_reference
from starters.edi.translate import read
from starters.forms import FORMS
from tests.channels.builders import x12
from tests.channels.edi_documents import (
    ACME,
    AT,
    CHANGE,
    CONTRL,
    EURO,
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
    eur,
    x12_interchange,
    x12_order,
    x12_set,
)


def parts(content: bytes, partners: Partners = PARTNERS, words: Words | None = None) -> list[EdiPart]:
    return [part for one in read(content, partners, words or {}) for part in one.parts]


def only(content: bytes) -> EdiPart:
    (part,) = parts(content)
    return part


def order(content: bytes, words: Words | None = None) -> PlaceOrder:
    (part,) = parts(content, words=words)
    assert isinstance(part, OrderIn), part
    return part.order


def document(kind: str, body: list[str]) -> object:
    part = only(x12_interchange(x12_set(kind, body)))
    assert isinstance(part, DocumentIn), part
    return part.document


def refused(content: bytes) -> tuple[str, str]:
    part = only(content)
    assert isinstance(part, RefusedIn), part
    return part.place, part.reason


def changed(body: list[str], start: str, new: str | None) -> list[str]:
    return [row for row in (new if row.startswith(start) else row for row in body) if row is not None]


# --- orders --------------------------------------------------------------------------------------------------------------------------


def test_an_850_is_the_same_order_as_by_hand_under_the_channel_of_its_partner() -> None:
    (by_hand,) = read_strictly(x12())
    assert order(x12_interchange(x12_order())) == by_hand.model_copy(update={"channel": "acme"})
    assert order(x12().replace(b"ACME   ", b"OTHER  ")) == by_hand


def test_two_partners_may_use_the_same_order_number() -> None:
    assert order(x12_interchange(x12_order())).key == "acme/PO-1"
    assert order(edifact_interchange(edifact_order(number="PO-1"))).key == "euro/PO-1"


def test_an_edifact_order_is_read_to_the_cent() -> None:
    placed = order(edifact_interchange(edifact_order()))
    assert (placed.key, placed.customer, placed.po_number, placed.currency) == ("euro/PO-7", "edifact:4012345000016", "PO-7", "EUR")
    assert [(line.number, line.item, line.quantity, line.unit_price) for line in placed.lines] == [
        (10, "KET-100", 2, Decimal("15.00")),
        (20, "FLT-100", 12, Decimal("4.00")),
    ]
    assert placed.lines[0].description == "Kettle, 1 l + lid"
    assert (placed.discount, placed.terms) == (eur(1000), PaymentTerms.NET_60)
    assert placed.total == placed.stated_total == eur(7370)
    assert placed.requested_at == datetime(2026, 12, 4, 8, tzinfo=UTC)
    assert placed.ship_to is not None
    assert (placed.ship_to.name, placed.ship_to.street, placed.ship_to.region) == ("Kaffeekontor Lager", "Hafen 4", "HH")
    assert placed.bill_to is not None
    assert placed.bill_to.street == "Ring 1, Hof 2"


@pytest.mark.parametrize("una", ["", "UNA:+.? '", "UNA:+,? '", "UNA|^.? ~"])
def test_whatever_the_service_characters_the_order_is_the_same(una: str) -> None:
    content = edifact_interchange(edifact_order(), una=una).decode("iso-8859-1")
    if una.endswith("~"):
        head, body = content[:9], content[9:]
        content = head + body.translate(str.maketrans(":+'", "|^~")).replace("?^", "+")
    assert order(content.encode()) == order(edifact_interchange(edifact_order()))


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_the_character_set_is_found(encoding: str) -> None:
    content = edifact_interchange(edifact_order(changes={"IMD": "IMD+F++:::Größe'"})).decode("iso-8859-1").encode(encoding)
    assert order(content).lines[0].description == "Größe"


def test_a_unit_that_nobody_knows_waits_for_its_mapping_with_all_others_of_the_set() -> None:
    content = x12_interchange(x12_order(changes={"PO1*1": "PO1*1*2*CA*180.00**VN*KET-100", "PO1*2": "PO1*2*3*PL*4.00**UP*401234500001"}))
    assert only(content) == UnmappedIn(place="set 0001", needs=((NeedKind.UNIT, "CA"), (NeedKind.UNIT, "PL")))
    placed = order(content, {(NeedKind.UNIT, "CA"): "12", (NeedKind.UNIT, "PL"): "ea"})
    assert [(line.quantity, line.unit_price) for line in placed.lines] == [(24, Decimal("15.00")), (3, Decimal("4.00"))]
    again = edifact_interchange(edifact_order(changes={"QTY+21:2": "QTY+21:2:CT'"}))
    assert only(again) == UnmappedIn(place="message 1", needs=((NeedKind.UNIT, "CT"),))


def test_a_sender_that_nobody_knows_is_asked_for_where_there_is_no_default() -> None:
    strict = Partners(partners=(ACME,), x12=None, edifact=None)
    content = x12().replace(b"ACME   ", b"OTHER  ")
    assert parts(content, strict) == [UnmappedIn(place="set 0001", needs=((NeedKind.PARTNER, "ZZ:OTHER"),))]
    (part,) = parts(content, strict, {(NeedKind.PARTNER, "ZZ:OTHER"): "acme"})
    assert isinstance(part, OrderIn)
    assert part.order.key == "acme/PO-1"


@pytest.mark.parametrize(
    ("changes", "place", "reason"),
    [
        ({"QTY+21:2": "QTY+21:0:PCE'"}, "message 1, segment 15, QTY01-02", "0 is not a quantity; order at least 1"),
        ({"PRI": "PRI+AAA:x'"}, "message 1, segment 16, PRI01-02", "'x' is not an amount"),
        ({"BGM": "BGM+220+PO 7+9'"}, "message 1, segment 2, BGM02", "'PO 7' is no number of an order"),
        ({"BGM": "BGM+220+PO-7+5'"}, "message 1, segment 2, BGM03", "'5' is not an original order (9); changes come as ORDCHG"),
        ({"DTM+137": "DTM+137:20261320:102'"}, "message 1, segment 3, DTM01-02", "'20261320' is not a date (CCYYMMDD)"),
        ({"CUX": "CUX+2:XXQ:9'"}, "message 1, segment 8, CUX01-02", "'XXQ' is not a currency (ISO 4217, such as EUR)"),
        ({"CNT": "CNT+2:3'"}, "message 1, segment 23, CNT01-02", "it says '3' lines, and there are 2"),
        (
            {"NAD+DP": "NAD+DP+4::9++A+B+C++1+DEU'"},
            "message 1, segment 7, NAD09",
            "'DEU' is not a country code of two letters (ISO 3166-1)",
        ),
        ({"IMD": "imd'"}, "message 1, segment 14", "'imd' is not the name of a segment"),
    ],
)
def test_an_edifact_order_is_refused_at_its_element(changes: dict[str, str], place: str, reason: str) -> None:
    assert refused(edifact_interchange(edifact_order(changes=changes))) == (place, reason)


# --- envelopes -----------------------------------------------------------------------------------------------------------------------


def test_a_set_with_an_error_is_refused_alone() -> None:
    bad = x12_order("0002", "PO-2", {"PO1*2": "PO1*2*0*EA*4.00**VN*B"})
    found = parts(x12_interchange(x12_order(), bad, x12_order("0003", "PO-3")))
    assert [part.place for part in found] == ["set 0001, order PO-1", "set 0002, segment 17, PO102", "set 0003, order PO-3"]
    assert isinstance(found[1], RefusedIn)


def test_a_set_without_its_trailer_is_refused_alone() -> None:
    found = parts(x12_interchange(x12_order()[:-1], x12_order("0002", "PO-2")))
    assert found[0] == RefusedIn(place="transaction set 0001", reason="its trailer (SE) is missing before ST")
    assert isinstance(found[1], OrderIn)
    found = parts(edifact_interchange(edifact_order()[:-1], edifact_order("2", "PO-8")))
    assert found[0] == RefusedIn(place="message 1", reason="its trailer (UNT) is missing before UNH")
    assert isinstance(found[1], OrderIn)


def test_a_set_whose_count_or_control_number_is_wrong_is_refused_alone() -> None:
    rows = x12_order()
    found = parts(x12_interchange([*rows[:-1], "SE*9*0001"], x12_order("0002", "PO-2"), x12_order("0002", "PO-3")))
    assert [type(part) for part in found] == [RefusedIn, OrderIn, RefusedIn]
    assert [part.reason for part in found if isinstance(part, RefusedIn)] == [
        "it says '9' segments, and there are 20",
        "another set of its group has the same control number",
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("GE*2*7", "GE*3*7", "it is refused with the interchange, GE01: it says '3' transaction sets, and there are 2"),
        (
            "IEA*1*000000007",
            "IEA*1*000000008",
            "it is refused with the interchange, IEA02: its control number '000000008' is not its header's",
        ),
        ("IEA*1*000000007~\n", "", "it is refused with interchange 000000007: its trailer (IEA) is missing and the document ends"),
    ],
)
def test_an_envelope_that_is_not_whole_takes_all_its_sets_with_it(old: str, new: str, reason: str) -> None:
    content = x12_interchange(x12_order(), x12_order("0002", "PO-2")).decode().replace(old, new).encode()
    found = parts(content)
    assert [type(part) for part in found] == [RefusedIn, RefusedIn]
    assert all(isinstance(part, RefusedIn) and part.reason.startswith(reason) for part in found)


def test_the_same_interchange_again_is_a_repetition_and_its_number_under_other_content_a_fault() -> None:
    content = x12_interchange(x12_order())
    found = parts(content + content + x12_interchange(x12_order(number="PO-2")))
    assert [type(part) for part in found] == [OrderIn, IgnoredIn, RefusedIn]
    assert found[1] == IgnoredIn(place="set 0001", reason="interchange 000000007 came before, with the same content")
    assert isinstance(found[2], RefusedIn)
    assert "its control number came before, with another content" in found[2].reason
    (first,) = read(content, PARTNERS, {})
    (again,) = read(content, PARTNERS, {}, {first.interchange.identity: first.interchange.fingerprint})
    assert again.interchange.repeated
    (other,) = read(content, PARTNERS, {}, {first.interchange.identity: "another"})
    assert other.interchange.fault is not None


def test_an_interchange_that_holds_nothing_is_refused() -> None:
    nothing = RefusedIn(place="the interchange", reason="there is no transaction set in it")
    assert only(x12_interchange()) == nothing
    cut = x12_interchange(x12_order()).replace(b"GS*PO", b"IEA*1*000000007~\nGS*PO")
    assert parts(cut)[0] == RefusedIn(place="the interchange, IEA01", reason="it says '1' functional groups, and there are 0")
    early = x12_interchange(x12_order()).replace(b"ST*850", b"IEA*1*000000007~\nST*850")
    assert parts(early)[0] == nothing
    assert only(edifact_interchange()) == RefusedIn(place="the interchange", reason="there is no message in it")


@pytest.mark.parametrize(
    ("after", "place", "reason"),
    [
        (b"Kind regards", "the document", "'Kind regards' stands after the end of an interchange (IEA)"),
        (b"ISA*00*x", "ISA", "the interchange header is cut off: it has 2 of its 16 elements"),
    ],
)
def test_what_stands_after_an_interchange_does_not_spoil_it(after: bytes, place: str, reason: str) -> None:
    found = parts(x12_interchange(x12_order()) + after)
    assert isinstance(found[0], OrderIn)
    assert found[1:] == [RefusedIn(place=place, reason=reason)]


def test_what_stands_after_an_edifact_interchange_does_not_spoil_it() -> None:
    order_after = edifact_interchange(edifact_order("1", "PO-8"), control="32", una="")
    found = parts(edifact_interchange(edifact_order()) + b"UNT+1+1'UNZ+1+31'" + order_after)
    assert [type(part) for part in found] == [OrderIn, RefusedIn, OrderIn]
    assert found[1] == RefusedIn(place="the document, after interchange 31", reason="UNT stands after its trailer (UNZ)")


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        (b"", "the document", "it is empty"),
        (b"Dear sirs", "the document", "it begins neither with an X12 interchange header (ISA) nor with an EDIFACT one (UNA, UNB)"),
        (b"UNH+1+ORDERS:D:96A:UN'", "the document", "it has no interchange header (UNB) before UNH: nobody says who sent it"),
        (b"UNA::::::UNB'", "UNA", "'::::::' are not service characters that can be told apart"),
        (b"x" * 5_000_001, "the document", "it has 5,000,001 bytes, and at most 5,000,000 are read"),
    ],
)
def test_what_is_no_interchange_is_refused_as_a_whole(content: bytes, place: str, reason: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        read(content, PARTNERS, {})
    assert (refusal.value.place, refusal.value.reason) == (place, reason)


def test_what_goes_out_from_here_is_not_read() -> None:
    assert refused(x12_interchange(x12_set("810", ["BIG*20261120*1"]))) == (
        "set 0001, segment 1, ST01",
        "'810' is a document that goes out from here (invoice)",
    )


def test_a_test_has_no_effect_unless_its_partner_is_in_test() -> None:
    content = x12_interchange(x12_order()).replace(b"*P*>", b"*T*>")
    assert only(content) == IgnoredIn(place="set 0001, order PO-1", reason="its sender marked it as a test")
    (part,) = parts(content, Partners(partners=(ACME.model_copy(update={"takes_tests": True}),)))
    assert isinstance(part, OrderIn)
    bad = x12_interchange(x12_order(changes={"BEG": "BEG*00*SA***20261120"})).replace(b"*P*>", b"*T*>")
    assert isinstance(only(bad), RefusedIn)


def test_what_a_partner_sends_to_somebody_else_is_refused() -> None:
    content = x12_interchange(x12_order()).replace(b"HOLDFAST       ", b"SOMEBODY ELSE  ")
    reason = "it is refused with interchange 000000007: it is addressed to ZZ:SOMEBODY ELSE, and we are ZZ:HOLDFAST to acme"
    assert refused(content) == ("set 0001", reason)


# --- changes -------------------------------------------------------------------------------------------------------------------------


def test_a_change_of_quantities_and_date_is_asked_of_the_order_by_rule() -> None:
    asked = AmendOrder(
        message_id="edi/acme/PO-1/change/3",
        occurred_at=datetime(2026, 11, 22, tzinfo=UTC),
        actor="edi:acme",
        quantities=(LineQuantity(line=1, quantity=1), LineQuantity(line=2, quantity=0)),
        requested_at=datetime(2026, 12, 10, tzinfo=UTC),
    )
    place = "set 0001, change 3 of order acme/PO-1"
    assert only(x12_interchange(x12_set("860", CHANGE))) == MessageIn(place=place, order="acme/PO-1", message=asked)
    edifact = only(edifact_interchange(edifact_message("ORDCHG", ORDCHG)))
    assert isinstance(edifact, MessageIn)
    assert isinstance(edifact.message, AmendOrder)
    assert (edifact.order, edifact.message.quantities, edifact.message.requested_at) == (
        "euro/PO-7",
        (LineQuantity(line=10, quantity=1), LineQuantity(line=20, quantity=0)),
        asked.requested_at,
    )


@pytest.mark.parametrize(
    ("start", "new", "why"),
    [
        ("BCH", "BCH*01*SA*PO-1**3*20261120*****20261122", "the whole order is to be cancelled"),
        ("BCH", "BCH*05*SA*PO-1**3*20261120*****20261122", "the order is to be replaced as a whole"),
        ("POC*1", "POC*3*AI*5*5*EA*9.00**VN*CUP-100", "line 3 is a new one: 5 x CUP-100"),
        ("POC*1", "POC*1*PC*2*2*EA*14.00**VN*KET-100", "line 1 is to cost 14.00"),
        ("POC*1", "POC*2*QD*1*1*EA", "line 2 stands twice"),
        ("DTM", "SAC*A*C310***500", "SAC stands in set 0001, segment 3"),
    ],
)
def test_every_other_change_is_left_to_a_person(start: str, new: str, why: str) -> None:
    part = only(x12_interchange(x12_set("860", changed(CHANGE, start, new))))
    assert isinstance(part, DocumentIn)
    assert isinstance(part.document, ChangeRequest)
    shown = as_part(part)
    assert isinstance(shown, RefusedIn)
    assert shown.reason.startswith("a person decides: ")
    assert why in shown.reason


def test_without_a_rule_a_person_decides_and_sees_what_is_asked() -> None:
    careful = Partners(partners=(ACME.model_copy(update={"changes_by_rule": False}),))
    (part,) = parts(x12_interchange(x12_set("860", CHANGE)), careful)
    assert as_part(part) == RefusedIn(
        place="set 0001, change 3 of order acme/PO-1", reason="a person decides: line 1 to 1; line 2 to 0; wanted on 2026-12-10"
    )


@pytest.mark.parametrize(
    ("start", "new", "place", "reason"),
    [
        ("BCH", "BCH*00*SA*PO-1**3*20261120", "set 0001, segment 2, BCH01", "'00' is neither a change (04), a replacement (05) nor a"),
        ("BCH", "BCH*04*SA***3*20261120", "set 0001, segment 2, BCH03", "there is no number of the order"),
        ("BCH", "BCH*04*SA*PO-1**3*x", "set 0001, segment 2, BCH06", "'x' is not a date (CCYYMMDD)"),
        ("POC*1", "POC*A*QD*1*1*EA", "set 0001, segment 4, POC01", "'A' is not the number of a line"),
        ("POC*1", "POC*1*QD*1.5*1*EA", "set 0001, segment 4, POC03", "1.5 is not a whole number of units"),
        ("CTT", "CTT*5", "set 0001, segment 6, CTT01", "it says '5' lines, and there are 2"),
    ],
)
def test_a_change_that_cannot_be_read_says_where(start: str, new: str, place: str, reason: str) -> None:
    found = refused(x12_interchange(x12_set("860", changed(CHANGE, start, new))))
    assert found[0] == place
    assert found[1].startswith(reason)


# --- the rest ------------------------------------------------------------------------------------------------------------------------


def test_a_partners_acknowledgement_says_what_was_not_taken_and_where() -> None:
    receipt = document("997", RECEIPT)
    assert isinstance(receipt, Receipt)
    assert (receipt.kind, receipt.control, receipt.code, receipt.accepted) == ("PR", "12", "E", False)
    assert [(one.kind, one.control, one.code) for one in receipt.sets] == [("855", "0001", "A"), ("855", "0002", "R")]
    assert as_part(only(x12_interchange(x12_set("997", RECEIPT)))) == RefusedIn(
        place="set 0001, acknowledgement E of PR 12",
        reason="the partner did not take what we sent: 855 0002 (segment 7 (PO1) says 8, element 2 says 7: 'x', AK5 says 5)",
    )
    taken = [*RECEIPT[:3], "AK9*A*1*1*1"]
    assert as_part(only(x12_interchange(x12_set("997", taken)))) == IgnoredIn(
        place="set 0001, acknowledgement A of PR 12", reason="the partner took what we sent"
    )
    part = only(edifact_interchange(edifact_message("CONTRL", CONTRL, version="D:3:UN")))
    assert isinstance(part, DocumentIn)
    assert isinstance(part.document, Receipt)
    assert [(one.kind, one.code) for one in part.document.sets] == [("ORDRSP", "A"), ("INVOIC", "R")]


def test_a_remittance_says_which_invoices_a_payment_is_for() -> None:
    remittance = document("820", REMITTANCE)
    assert isinstance(remittance, Remittance)
    assert (remittance.reference, remittance.payer, remittance.amount) == ("PAY-4711", "ACME-1", eur(115000))
    assert remittance.paid_on == date(2026, 12, 15)
    first, second = remittance.lines
    assert (first.invoice, first.paid, first.total, first.discount) == ("acme/PO-1/invoice/1", eur(65000), eur(66327), eur(1327))
    assert (second.paid, second.adjustment, second.reason) == (eur(50000), eur(-2000), "CS")
    assert remittance.unexplained == eur(0)


def test_a_carriers_status_is_told_to_the_order_that_it_names() -> None:
    found = parts(x12_interchange(x12_set("214", TRACKING)))
    assert [part.order for part in found if isinstance(part, MessageIn)] == ["acme/PO-1", "acme/PO-1"]
    facts = [part.message for part in found if isinstance(part, MessageIn) and isinstance(part.message, CarrierEvent)]
    assert [(fact.shipment, fact.status, fact.occurred_at, fact.detail) for fact in facts] == [
        (1, CarrierStatus.IN_TRANSIT, datetime(2026, 12, 1, 14, 15, tzinfo=UTC), "X6 Chicago, IL, US"),
        (1, CarrierStatus.DELIVERED, datetime(2026, 12, 2, 19, 5, tzinfo=UTC), "D1 Boston, MA, US"),
    ]
    strange = document("214", changed(TRACKING[:4], "B10", "B10*1Z999*THEIRS-9*UPSN"))
    assert isinstance(strange, TrackingEvent)
    assert (strange.tracking, strange.reference) == ("1Z999", "THEIRS-9")


def test_a_status_that_means_nothing_to_an_order_is_ignored() -> None:
    assert isinstance(only(x12_interchange(x12_set("214", [TRACKING[0], "AT7*ZZ*NS***20261201*0815"]))), IgnoredIn)


def test_what_a_carrier_expects_was_said_when_the_interchange_was_made() -> None:
    body = [TRACKING[0], "AT7***AB*NA*20261204*1400*UT", "AT7*AG*NS***20261205*0900*UT"]
    facts = [part.message for part in parts(x12_interchange(x12_set("214", body))) if isinstance(part, MessageIn)]
    assert [(fact.status, fact.occurred_at, fact.expected_at) for fact in facts if isinstance(fact, CarrierEvent)] == [
        (CarrierStatus.IN_TRANSIT, datetime(2026, 11, 20, 6, tzinfo=UTC), datetime(2026, 12, 4, 14, tzinfo=UTC)),
        (CarrierStatus.IN_TRANSIT, datetime(2026, 11, 20, 6, tzinfo=UTC), datetime(2026, 12, 5, 9, tzinfo=UTC)),
    ]


def test_a_set_has_as_many_parts_whatever_becomes_of_it() -> None:
    content = x12_interchange(x12_set("214", TRACKING))
    strict = Partners(partners=(ACME,), x12=None)
    unknown = content.replace(b"ACME   ", b"OTHER  ")
    spoiled = x12_interchange(x12_set("214", changed(TRACKING, "B10", "B10")))
    found = [parts(content), parts(unknown, strict), parts(spoiled), parts(content + content)[2:]]
    assert [[type(part) for part in several] for several in found] == [
        [MessageIn, MessageIn],
        [UnmappedIn, UnmappedIn],
        [RefusedIn, IgnoredIn],
        [IgnoredIn, IgnoredIn],
    ]


def test_a_warehouse_of_another_company_says_what_it_shipped() -> None:
    body = changed(SHIPPED, "MAN", "MAN*GM*00340123450000000017")
    shipped = document("945", body)
    assert isinstance(shipped, WarehouseShipped)
    assert (shipped.reference, shipped.warehouse, shipped.carrier, shipped.tracking) == ("acme/PO-1/1", "NORD", "UPSN", "1Z999")
    assert [(line.line, line.item, line.ordered, line.shipped, line.sscc) for line in shipped.lines] == [
        (1, "KET-100", 2, 2, "340123450000000017"),
        (2, "FLT-100", 3, 1, ""),
    ]
    assert refused(x12_interchange(x12_set("945", SHIPPED)))[0] == "set 0001, segment 7, MAN02"
    assert refused(x12_interchange(x12_set("945", changed(body, "W03", "W03*4")))) == (
        "set 0001, segment 11, W0301",
        "it says '4' units, and there are 3",
    )


def test_a_partners_stock_is_read_in_pieces() -> None:
    report = document("846", STOCK)
    assert isinstance(report, StockReport)
    assert [(line.item, line.quantity, line.kind) for line in report.lines] == [
        ("KET-100", 120, "33"),
        ("KET-100", 40, "29"),
        ("FLT-100", 36, "33"),
    ]


def test_our_name_of_a_shipment_comes_back_as_order_and_shipment() -> None:
    assert shipment_of(shipment_reference("acme/PO-1", 12)) == ("acme/PO-1", 12)
    assert [shipment_of(text) for text in ("", "PO-1/1", "acme/PO-1", "acme/PO-1/0", "a/b/c/1")] == [None] * 5


def test_both_forms_are_translated_on_the_one_road() -> None:
    def delivered(form: str, body: bytes) -> Delivery:
        return Delivery(channel="edi", delivery="1", form=form, body=body, received_at=AT)

    (x12_part,) = FORMS["x12"](delivered("x12", x12()), {})
    (edifact_part,) = FORMS["edifact"](delivered("edifact", edifact_interchange(edifact_order())), {})
    assert isinstance(x12_part, OrderIn)
    assert isinstance(edifact_part, OrderIn)
    assert (x12_part.order.key, edifact_part.order.key) == ("x12/PO-1", "edifact/PO-7")
    with pytest.raises(InputRefused, match="it is x12, and edifact was announced"):
        FORMS["edifact"](delivered("edifact", x12()), {})


def test_partner_maps_are_data() -> None:
    assert load(json.dumps(PARTNERS.model_dump(mode="json")).encode()) == PARTNERS
    assert PARTNERS.of("x12", PartnerId(qualifier="ZZ", id="ACME")) == ACME
    assert PARTNERS.of("edifact", PartnerId(qualifier="14", id="4012345000016")) == EURO
    with pytest.raises(InputRefused, match=r"the sender's id x12 ZZ:ACME stands twice"):
        load(json.dumps({"partners": [{"name": name, "ids": [{"qualifier": "ZZ", "id": "ACME"}]} for name in "ab"]}).encode())
    with pytest.raises(InputRefused, match="the id 1234567890123456 has more than the 15 characters of its envelope"):
        load(b'{"partners": [{"name": "a", "ids": [{"id": "1234567890123456"}]}]}')
    with pytest.raises(InputRefused, match=r"'D\.96A' is not a version such as D:96A:UN"):
        load(b'{"partners": [{"name": "a", "syntax": "edifact", "version": "D.96A"}]}')
    with pytest.raises(InputRefused, match="the separators of a document have to differ"):
        load(b'{"partners": [{"name": "a", "separators": {"segment": "*"}}]}')


def test_money_of_another_exponent_is_read_as_it_is() -> None:
    yen = document("820", changed(changed(REMITTANCE, "CUR", "CUR*PR*JPY"), "BPR", "BPR*I*1000*C*ACH************20261215"))
    assert isinstance(yen, Remittance)
    assert yen.amount == Money(minor=1000, currency="JPY")
