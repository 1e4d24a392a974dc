"""X12 purchase orders become orders to the cent, and an envelope that is not whole is refused with its place."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import InputRefused
from domain.money import Money
from domain.order import PaymentTerms, PlaceOrder, ShippingPolicy
from starters.channels.x12 import read
from tests.channels.builders import X12, x12


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def only(content: bytes) -> PlaceOrder:
    (order,) = read(content)
    return order


def refused(content: bytes) -> tuple[str, str]:
    with pytest.raises(InputRefused) as refusal:
        read(content)
    return refusal.value.place, refusal.value.reason


def test_a_purchase_order_is_read_with_its_lines_allowances_taxes_and_dates() -> None:
    order = only(x12())
    assert (order.key, order.customer, order.po_number) == ("x12/PO-1", "x12:ACME-1", "PO-1")
    assert [(line.number, line.item, line.quantity, line.unit_price) for line in order.lines] == [
        (1, "KET-100", 2, Decimal("15.00")),
        (2, "401234500001", 3, Decimal("4.00")),
    ]
    assert [line.description for line in order.lines] == ["Kettle", ""]
    assert [line.tax for line in order.lines] == [570, 0]
    assert (order.discount, order.freight) == (eur(250), eur(1200))
    assert order.total == order.stated_total == eur(5720)
    assert order.requested_at == datetime(2026, 12, 4, tzinfo=UTC)
    assert (order.shipping_service, order.terms, order.policy) == ("express", PaymentTerms.NET_30, None)
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.street, order.ship_to.country) == ("Acme Store 4", "Ring 1, Hof 2", "DE")
    assert order.bill_to is None


@pytest.mark.parametrize("terminator", ["~", "~\n", "~\r\n", "\n", "|\r\n", "'"])
def test_whatever_ends_a_segment_the_order_is_the_same(terminator: str) -> None:
    assert read(x12(terminator=terminator)) == read(x12())


def test_a_byte_order_mark_blanks_around_and_hard_blanks_in_the_header_do_no_harm() -> None:
    content = x12().replace(b"ACME           *", "ACME\u00a0 *".encode(), 1)
    assert read(b"\xef\xbb\xbf  \n" + content + b"\n\n") == read(x12())


@pytest.mark.parametrize("version", ["00200", "00400", "00401", "00501", "00801"])
def test_every_version_of_the_interchange_is_read(version: str) -> None:
    assert read(x12().replace(b"*00401*", f"*{version}*".encode(), 1)) == read(x12())


def test_several_sets_and_several_interchanges_give_several_orders() -> None:
    body = [*X12[2:21], "SE*20*0001"]
    second = [s.replace("PO-1", "PO-2").replace("0001", "0002") for s in body]
    content = "".join(f"{s}~" for s in [*X12[:2], *body, *second, "GE*2*7", X12[-1]]).encode()
    assert [order.key for order in read(content + x12({"BEG": "BEG*00*SA*PO-3**20261120"}, terminator="\n"))] == [
        "x12/PO-1",
        "x12/PO-2",
        "x12/PO-3",
    ]


@pytest.mark.parametrize(("itd", "terms"), [("14", "net14"), ("30", "net30"), ("60", "net60"), ("46", "net30"), ("", "net30")])
def test_net_days_become_terms(itd: str, terms: str) -> None:
    assert only(x12({"ITD": f"ITD*01*3*****{itd}"})).terms == terms


@pytest.mark.parametrize(("code", "policy"), [("SC", "complete"), ("Y", "partial"), ("BK", "partial"), ("P2", "partial")])
def test_the_sales_requirement_says_whether_to_ship_complete(code: str, policy: str) -> None:
    assert only(x12({"CUR": f"CUR*BY*EUR~\nCSH*{code}", "SE": "SE*21*0001"})).policy == policy


def test_a_release_of_a_blanket_order_is_an_order_of_its_own() -> None:
    order = only(x12({"BEG": "BEG*00*RL*PO-1*7*20261120"}))
    assert (order.external_id, order.po_number) == ("PO-1-7", "PO-1")


def test_without_a_buyers_code_the_sender_is_the_customer() -> None:
    assert only(x12({"N1*BY": None})).customer == "x12:ACME"
    assert only(x12({"N1*BY": None, "N1*ST": "N1*ST*Acme Store 4*92*STORE-4"})).customer == "x12:STORE-4"


def test_lines_keep_the_buyers_numbers_unless_two_are_the_same() -> None:
    tens = {"PO1*1": "PO1*10*2*EA*15.00**VN*A", "PO1*2": "PO1*20*3*EA*4.00**VN*B"}
    assert [line.number for line in only(x12(tens)).lines] == [10, 20]
    assert [line.number for line in only(x12(tens | {"PO1*2": "PO1*10*3*EA*4.00**VN*B"})).lines] == [1, 2]


def test_a_price_per_hundred_is_a_hundredth_for_one() -> None:
    assert only(x12({"PO1*2": "PO1*2*300*EA*4.00*HP*VN*B"})).lines[1].gross("EUR") == eur(1200)


def test_an_allowance_under_a_line_is_that_lines_discount_and_a_tax_of_the_order_is_shared() -> None:
    order = only(x12({"PID": "SAC*A*C310***500", "TXI": None, "TD5": "TXI*VA*7.03*.19"}))
    assert [line.discount for line in order.lines] == [eur(500), eur(0)]
    assert [line.tax for line in order.lines] == [475, 228]


def test_without_a_currency_or_a_country_american_ones_are_meant() -> None:
    order = only(x12({"CUR": None, "N4": "N4*Solon*OH*44139"}))
    assert order.currency == "USD"
    assert order.ship_to is not None
    assert order.ship_to.country == "US"


@pytest.mark.parametrize(
    ("change", "place", "reason"),
    [
        ({"PO1*2": "PO1*2*0*EA*4.00**VN*B"}, "set 0001, segment 17, PO102", "0 is not a quantity; order at least 1"),
        ({"PO1*2": "PO1*2*-3*EA*4.00**VN*B"}, "set 0001, segment 17, PO102", "-3 is not a quantity; order at least 1"),
        ({"PO1*2": "PO1*2*2.5*EA*4.00**VN*B"}, "set 0001, segment 17, PO102", "2.5 is not a whole number of units"),
        (
            {"PO1*2": "PO1*2*9999999*EA*4.00**VN*B"},
            "set 0001, segment 17, PO102",
            "9999999 is more than the 1,000,000 units that one line may order",
        ),
        (
            {"PO1*2": "PO1*2*3*EA***VN*B"},
            "set 0001, segment 17, PO104",
            "there is no unit price, and the partner's map does not leave prices to us",
        ),
        ({"PO1*2": "PO1*2*3*EA*x**VN*B"}, "set 0001, segment 17, PO104", "'x' is not an amount"),
        ({"PO1*2": "PO1*2*3*EA*4.00"}, "set 0001, segment 17, PO107", "the line names no item"),
        ({"CUR": "CUR*BY*XXQ"}, "set 0001, segment 3, CUR02", "'XXQ' is not a currency (ISO 4217, such as EUR)"),
        ({"PID": "CUR*BY*USD"}, "set 0001, segment 15, CUR02", "USD is not the EUR of the order; an order has one currency"),
        (
            {"BEG": "BEG*05*SA*PO-1**20261120"},
            "set 0001, segment 2, BEG01",
            "'05' is not an original order (00); changes are asked for, not placed",
        ),
        (
            {"BEG": "BEG*00*SA*PO 1/2**20261120"},
            "set 0001, segment 2, BEG03",
            "'PO 1/2' may hold letters, digits and . _ : # - only, and begins with a letter or a digit",
        ),
        ({"BEG": "BEG*00*SA***20261120"}, "set 0001, segment 2, BEG03", "the purchase order has no number"),
        ({"BEG": "BEG*00*SA*PO-1**20261320"}, "set 0001, segment 2, BEG05", "'20261320' is not a date (CCYYMMDD)"),
        ({"BEG": None}, "set 0001", "the purchase order has no beginning (BEG)"),
        ({"N4": "N4*Berlin*BE*10115*DEU"}, "set 0001, segment 13, N404", "'DEU' is not a country code of two letters (ISO 3166-1)"),
        (
            {"SAC*A": "SAC*A*C310"},
            "set 0001, segment 4, SAC05",
            "an allowance or charge needs its amount (SAC05) or its percentage (SAC07)",
        ),
        ({"SAC*A": "SAC*A*C310***9900"}, "set 0001, SAC05", "99.00 EUR is more than the 42.00 EUR of the lines"),
        ({"CTT": "CTT*3"}, "set 0001, segment 18, CTT01", "it says '3' lines, and there are 2"),
        ({"SE": "SE*19*0001"}, "set 0001, segment 20, SE01", "it says '19' segments, and there are 20"),
        ({"SE": "SE*20*0002"}, "set 0001, segment 20, SE02", "its control number '0002' is not its header's '0001'"),
        ({"GE": "GE*2*7"}, "the interchange, GE01", "it says '2' transaction sets, and there are 1"),
        ({"GE": "GE*1*8"}, "the interchange, GE02", "its control number '8' is not its header's '7'"),
        ({"IEA": "IEA*2*000000007"}, "the interchange, IEA01", "it says '2' functional groups, and there are 1"),
        ({"IEA": "IEA*1*000000008"}, "the interchange, IEA02", "its control number '000000008' is not its header's '000000007'"),
        ({"ST": "ST*855*0001"}, "set 0001, ST01", "'855' is not a purchase order (850)"),
        ({"ISA": X12[0].replace("00401", "four1")}, "ISA12", "'four1' is not a version of X12 (such as 00401)"),
        ({"PID": "*F"}, "set 0001, segment 15", "'' is not the name of a segment"),
    ],
)
def test_what_cannot_be_an_order_is_refused_at_its_element(change: dict[str, str | None], place: str, reason: str) -> None:
    assert refused(x12(change)) == (place, reason)


@pytest.mark.parametrize(
    ("kept", "place", "reason"),
    [
        (21, "transaction set 0001", "its trailer (SE) is missing and the document ends: it was cut off"),
        (22, "functional group 7", "its trailer (GE) is missing and the document ends: it was cut off"),
        (23, "interchange 000000007", "its trailer (IEA) is missing and the document ends: it was cut off"),
        (1, "interchange 000000007", "its trailer (IEA) is missing and the document ends: it was cut off"),
    ],
)
def test_a_truncated_interchange_says_which_trailer_is_missing(kept: int, place: str, reason: str) -> None:
    assert refused("".join(f"{segment}~\n" for segment in X12[:kept]).encode()) == (place, reason)


def test_a_missing_trailer_in_the_middle_is_named_too() -> None:
    assert refused(x12({"SE": None})) == ("transaction set 0001", "its trailer (SE) is missing before GE")


def test_a_header_that_is_cut_off_is_refused() -> None:
    assert refused(x12()[:60]) == ("ISA", "the interchange header is cut off: it has 8 of its 16 elements")


def real(shared_samples: Path, name: str) -> bytes:
    return (shared_samples / "x12" / name).read_bytes()


@pytest.mark.parametrize(("name", "times"), [("node-x12__850.edi", 1), ("node-x12__850_2.edi", 1), ("node-x12__850_fat.edi", 2)])
def test_a_real_purchase_order_is_read_to_the_cent(shared_samples: Path, name: str, times: int) -> None:
    orders = read(real(shared_samples, name))
    assert len(orders) == times
    for order in orders:
        assert (order.key, order.customer, order.terms, order.shipping_service) == ("x12/08292233294", "x12:0003947268292", "net30", "P3")
        assert [line.item for line in order.lines] == ["AB3542", "RD5322", "XY5266", "VX2332", "RV0524", "DX1875"]
        assert order.total == order.stated_total == Money(minor=1304594, currency="USD")
        assert order.requested_at == datetime(2010, 12, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "place", "reason"),
    [
        ("berrywave__850.edi", "set 8620, segment 6, CTT01", "it says 'Q2' lines, and there are 2"),
        ("edinet__x12.850.edi", "the interchange, IEA02", "its control number '000000001' is not its header's '000000055'"),
        (
            "edinet__x12.850.issue135.edi",
            "set 0001, segment 21, DTM02",
            "a line break stands inside an element; a segment terminator may be missing",
        ),
        ("node-x12__855.edi", "set 0005, ST01", "'855' is not a purchase order (850)"),
    ],
)
def test_a_real_document_that_cannot_be_placed_says_why(shared_samples: Path, name: str, place: str, reason: str) -> None:
    assert refused(real(shared_samples, name)) == (place, reason)


def test_real_purchase_orders_with_one_spoiled_count_are_otherwise_read_to_the_cent(shared_samples: Path) -> None:
    berrywave = only(real(shared_samples, "berrywave__850.edi").replace(b"CTT^Q2", b"CTT^2"))
    assert berrywave.total == Money(minor=14974 + 28650, currency="USD")
    assert (berrywave.customer, berrywave.lines[0].item, berrywave.ship_to) == ("x12:056551", "0565000130", None)
    edinet = only(real(shared_samples, "edinet__x12.850.edi").replace(b"IEA*1*000000001", b"IEA*1*000000055"))
    assert edinet.total == Money(minor=1995, currency="USD")
    assert (edinet.customer, edinet.shipping_service, edinet.policy) == ("x12:000123456", "UPSG", ShippingPolicy.PARTIAL)
