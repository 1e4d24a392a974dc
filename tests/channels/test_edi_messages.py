"""What partners say of orders, payments, shipments and stock by EDI: asked of the order by rule, told to it, or left to a person."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.edi_documents import ChangeRequest, DocumentIn, Receipt, Remittance, StockReport, WarehouseShipped
from domain.edi_partners import Partners
from domain.intake import IgnoredIn, MessageIn, RefusedIn, SeenIn, UnmappedIn
from domain.messages import AmendOrder, CarrierEvent, CarrierStatus, LineQuantity
from domain.money import Money
from starters.edi.parts import for_a_person
from starters.edi.references import shipment_of, shipment_reference
from tests.channels.edi_documents import (
    ACME,
    CHANGE,
    CONTRL,
    ORDCHG,
    RECEIPT,
    REMITTANCE,
    SHIPPED,
    STOCK,
    TRACKING,
    edifact_interchange,
    edifact_message,
    eur,
    x12_interchange,
    x12_set,
)
from tests.channels.edi_reading import changed, document, only, parts, refused

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
    shown = for_a_person(part)
    assert shown.startswith("a person decides: ")
    assert why in shown


def test_a_cancellation_says_that_a_rule_looks_at_it_first_where_its_partners_map_has_one() -> None:
    lenient = ACME.model_copy(update={"cancellations_by_rule": True})
    for body, said in (
        (["BCH*01*SA*PO-1**3*20261120"], "by rule the order ends while nothing of it is picked; afterwards a person decides"),
        (["BCH*05*SA*PO-1**3*20261120"], "a person decides: the order is to be replaced as a whole"),
    ):
        (part,) = parts(x12_interchange(x12_set("860", body)), Partners(partners=(lenient,)))
        assert isinstance(part, DocumentIn)
        assert for_a_person(part, lenient) == said
    (part,) = parts(edifact_interchange(edifact_message("ORDCHG", ["BGM+230+CH-2+1'", *ORDCHG[1:2], ORDCHG[3], "UNS+S'"])))
    assert isinstance(part, DocumentIn)
    assert for_a_person(part, lenient) == "by rule the order ends while nothing of it is picked; afterwards a person decides"


def test_without_a_rule_a_person_decides_and_sees_what_is_asked() -> None:
    careful = Partners(partners=(ACME.model_copy(update={"changes_by_rule": False}),))
    (part,) = parts(x12_interchange(x12_set("860", CHANGE)), careful)
    assert isinstance(part, DocumentIn)
    assert (part.place, part.partner, part.sender) == ("set 0001, change 3 of order acme/PO-1", "acme", "ZZ:ACME")
    assert for_a_person(part) == "a person decides: line 1 to 1; line 2 to 0; wanted on 2026-12-10"


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
    refused = only(x12_interchange(x12_set("997", RECEIPT)))
    assert isinstance(refused, DocumentIn)
    assert for_a_person(refused) == (
        "the partner did not take what we sent: 855 0002 (segment 7 (PO1) says 8, element 2 says 7: 'x', AK5 says 5)"
    )
    taken = document("997", [*RECEIPT[:3], "AK9*A*1*1*1"])
    assert isinstance(taken, Receipt)
    assert taken.accepted
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
    strange = only(x12_interchange(x12_set("214", changed(TRACKING[:4], "B10", "B10*1z 9-99*THEIRS-9*UPSN"))))
    assert isinstance(strange, SeenIn)
    assert (strange.tracking, strange.status, strange.actor) == ("1Z999", CarrierStatus.IN_TRANSIT, "edi:UPSN")


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


def test_money_of_another_exponent_is_read_as_it_is() -> None:
    yen = document("820", changed(changed(REMITTANCE, "CUR", "CUR*PR*JPY"), "BPR", "BPR*I*1000*C*ACH************20261215"))
    assert isinstance(yen, Remittance)
    assert yen.amount == Money(minor=1000, currency="JPY")
