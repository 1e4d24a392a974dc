"""What partners send by EDI is opened set by set: orders come out, and a set with an error is refused alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.edi_partners import PartnerId, Partners
from domain.errors import InputRefused
from domain.intake import Delivery, IgnoredIn, NeedKind, OrderIn, RefusedIn, UnmappedIn
from domain.order import PaymentTerms
from starters.channels.x12 import read as read_strictly
from starters.edi.partners import load
from starters.edi.translate import read
from starters.forms import FORMS
from tests.channels.builders import x12
from tests.channels.edi_documents import (
    ACME,
    AT,
    EURO,
    PARTNERS,
    edifact_interchange,
    edifact_order,
    eur,
    x12_interchange,
    x12_order,
    x12_set,
)
from tests.channels.edi_reading import only, order, parts, refused

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


def test_a_zero_byte_is_refused_where_it_stands_and_nowhere_kept() -> None:
    good = x12_interchange(x12_order(), x12_order("0002", "PO-2"))
    first, second = parts(good.replace(b"PO-2", b"PO\x00-2"))
    assert isinstance(first, OrderIn)
    assert isinstance(second, RefusedIn)
    assert (second.place, second.reason.partition(" stands")[0]) == ("set 0002, segment 2, BEG03", "the character U+001A")
    (one,) = read(good.replace(b"*ZZ*ACME ", b"*ZZ*AC\x00ME"), PARTNERS, {})
    assert "\x00" not in f"{one.interchange.sender} {one.parts!r}"
