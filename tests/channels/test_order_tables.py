"""Orders in CSV and XLSX files: many rows become orders, everything wrong is named by row and column, a bad order keeps no other out."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.column_map import ColumnMap, OrderField
from domain.errors import InputRefused
from domain.intake import Delivery, NeedKind, OrderIn, RefusedIn
from starters.files.translate import of_table
from tests.channels.order_tables import NOW, csv, findings, first, one, read, saved, workbook

GOOD = ("77", "C-1001", "KET-100", "12", "39.50")


def lines(content: bytes, **how: object) -> list[tuple[str, int, Decimal]]:
    order = one(content, **how).order
    assert order is not None
    return [(line.item, line.quantity, line.unit_price) for line in order.lines]


def test_rows_of_one_number_are_one_order_and_a_row_without_a_number_belongs_to_the_one_above() -> None:
    found = read(csv(GOOD, ("", "", "FLT-100", "48", ""), ("78", "C-1002", "CLN-900", "1", ""), ("77", "C-1001", "GRD-200", "2", "249")))
    first, second = (each.order for each in found.orders)
    assert first is not None
    assert second is not None
    assert [(line.number, line.item, line.quantity, line.unit_price, line.to_price) for line in first.lines] == [
        (1, "KET-100", 12, Decimal("39.50"), False),
        (2, "FLT-100", 48, Decimal(0), True),
        (3, "GRD-200", 2, Decimal(249), False),
    ]
    assert (first.key, first.po_number, first.to_tax, second.key) == ("file/C-1001-77", "77", True, "file/C-1002-78")
    assert [each.place for each in found.orders] == ["order 77, rows 2, 3, 5", "order 78, row 4"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separator_and_encoding_are_seen_in_the_file(separator: str, encoding: str) -> None:
    content = csv(("77", "Café Süd", "KET-100", "12", "39.50"), separator=separator, encoding=encoding)
    order = one(content).order
    assert order is not None
    assert (order.customer, order.lines[0].quantity) == ("Café Süd", 12)


def test_what_is_not_utf_8_is_read_by_the_encoding_of_the_map_and_refused_without_it() -> None:
    content = csv(("77", "Café Süd", "KET-100", "12", "39.50"), encoding="cp1252")
    order = one(content, encoding="cp1252").order
    assert order is not None
    assert order.customer == "Café Süd"
    with pytest.raises(InputRefused, match=r"line 2: the byte 0xe9 is not UTF-8; state the encoding of the file in its column map"):
        read(content)


def test_headings_stand_anywhere_in_the_first_rows_in_german_too() -> None:
    headings = ("Bestell-Nr.", "Kunden Nr", "Artikelnr.", "Menge", "Einzelpreis", "Bemerkung")
    content = b"Bestellungen der Woche 48;;;;;\r\n;;;;;\r\n" + csv(
        ("77", "C-1001", "KET-100", "12", "39,50", "eilt"), ("Summe", "", "", "", "474,00", ""), headings=headings, separator=";"
    )
    found = read(content)
    assert lines(content) == [("KET-100", 12, Decimal("39.50"))]
    assert (found.orders[0].rows, found.unread, found.passed) == ((4,), ("Bemerkung",), (5,))
    assert found.headings[OrderField.ITEM] == "Artikelnr."


def test_every_finding_of_every_row_is_listed_and_good_orders_pass() -> None:
    found = read(
        csv(
            ("77", "C-1001", "KET-100", "zwei", "x"),
            ("77", "C-1002", "", "3", "1.234"),
            ("78", "C-1001", "FLT-100", "0", "-1"),
            ("79", "", "FLT-100", "1.5", ""),
            ("80", "C-1001", "FLT-100", "2000000", ""),
            ("81", "C-1001", "FLT-100", "4", "4.90"),
        )
    )
    assert [findings(each) for each in found.orders] == [
        [
            "row 2, column D (Qty): 'zwei' is there, a number was expected",
            "row 2, column E (Price): 'x' is there, a number was expected",
            "row 3, column B (Customer): 'C-1002' is there, row 2 of the same order says 'C-1001'",
            "row 3, column C (Item): nothing is there, an item was expected",
            (
                "row 3, column E (Price): '1.234' is there, it may mean thousands or decimals; "
                "state the decimal sign (`decimal` of the column map)"
            ),
        ],
        [
            "row 4, column D (Qty): '0' is there, from 1 to 1,000,000 units were expected",
            "row 4, column E (Price): '-1' is there, a number that is not negative was expected",
        ],
        [
            "row 5, column B (Customer): nothing is there, a customer was expected",
            "row 5, column D (Qty): '1.5' is there, a whole number of units was expected",
        ],
        ["row 6, column D (Qty): '2000000' is there, from 1 to 1,000,000 units were expected"],
        [],
    ]
    assert [each.order is not None for each in found.orders] == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("written", "decimal", "meant"),
    [
        ("39,50", "", "39.50"), ("39.50", "", "39.50"), ("1.234,50", "", "1234.50"), ("1,234.50", "", "1234.50"),
        ("1 234,50", "", "1234.50"),
        ("1'234.50", "", "1234.50"), ("1.234.567", "", "1234567"), ("1.234", ",", "1234"), ("1,234", ",", "1.234"), ("1.234", ".", "1.234"),
        ("39,50 €", "", "39.50"), ("EUR 39.50", "", "39.50"), ("0.125", "", "0.125"), ("+5", "", "5"),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(written: str, decimal: str, meant: str) -> None:
    content = csv(("77", "C-1001", "KET-100", "1", f'"{written}"'))
    assert lines(content, decimal=decimal) == [("KET-100", 1, Decimal(meant))]


@pytest.mark.parametrize("written", ["1.234", "1,234", "12.34.5", "1,23,4", "1e5", "NaN", "39 USD", "$39", "٣", "9" * 30, "1.2.3,4"])
def test_an_amount_that_reads_two_ways_or_none_is_a_finding(written: str) -> None:
    found = one(csv(("77", "C-1001", "KET-100", "1", f'"{written}"')))
    assert found.order is None
    assert [finding.column for finding in found.findings] == ["column E (Price)"]


def test_days_that_read_two_ways_need_a_map() -> None:
    headings = ("PO", "Customer", "Item", "Qty", "Wanted")
    for written, said in (("2026-12-04", 4), ("04.12.2026", 4)):
        order = one(csv(("77", "C-1001", "KET-100", "1", written), headings=headings)).order
        assert order is not None
        assert order.requested_at == datetime(2026, 12, said, 12, tzinfo=UTC)
    unclear = csv(("77", "C-1001", "KET-100", "1", "04/12/2026"), headings=headings)
    assert findings(one(unclear)) == [
        (
            "row 2, column E (Wanted): '04/12/2026' is there, it may be a day of two different months; "
            "state how dates are written (`dates` of the column map)"
        )
    ]
    for form, month in (("DD/MM/YYYY", 12), ("MM/DD/YYYY", 4)):
        order = one(unclear, dates=(form,)).order
        assert order is not None
        assert order.requested_at is not None
        assert order.requested_at.month == month
    assert one(csv(("77", "C-1001", "KET-100", "1", "31.02.2026"), headings=headings)).order is None


def test_a_map_names_columns_and_fixes_what_no_column_says() -> None:
    content = csv(("A/17", "KET-100", "12"), headings=("Ref", "Ihre Nr", "St"))
    columns = {"number": "ref", "item": "IHRE NR", "quantity": "St"}
    order = one(content, columns=columns, fixed={"customer": "C-1001", "country": "DE", "currency": "USD"}).order
    assert order is None  # an address of which only the country is known
    order = one(content, columns=columns, fixed={"customer": "C-1001", "currency": "USD", "terms": "NET 30"}).order
    assert order is not None
    assert (order.key, order.customer, order.currency, str(order.terms)) == ("nord/A-17", "C-1001", "USD", "net30")
    with pytest.raises(InputRefused, match=r"row 1: no column says item \('Nummer'\); the headings are 'Ref', 'Ihre Nr', 'St'"):
        read(content, columns={**columns, "item": "Nummer"})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the document: it is empty"),
        (b"hello", "row 1: no column says item, quantity; the headings are 'hello'"),
        (b"Item,Qty\r\n", "the document: there is no row with an item and a quantity below the headings of row 1"),
        (b"Item,SKU,Qty\r\nA,B,1\r\n", "row 1: the columns A (Item) and B (SKU) both say item"),
        (b'Item,Qty\r\n"A,1\r\n', "row 2: its quotes or its length are not those of a CSV file"),
        (b"Item,Qty\r\nA\x00,1\r\n", "the document: it holds zero bytes"),
        (b"Item,Qty\r\n" + b"A," * 300 + b"1\r\n", "row 2: it has 301 cells, and at most 200 are read"),
        (b"PK\x03\x04rubbish", "the document: it is a broken workbook"),
    ],
)
def test_a_file_that_is_no_table_of_orders_is_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read(content)
    assert str(refused.value).startswith(sentence)


def test_an_address_is_written_out_whole_or_a_name_alone() -> None:
    headings = ("PO", "Customer", "Item", "Qty", "Ship to", "Street", "Zip", "City", "Country")
    whole = one(csv(("77", "C-1001", "KET-100", "1", "Nord GmbH", "Am Sand 1", "01067", "Dresden", "de"), headings=headings))
    assert whole.order is not None
    assert whole.order.ship_to is not None
    assert (whole.order.ship_to.postcode, whole.order.ship_to.country) == ("01067", "DE")
    name = one(csv(("77", "C-1001", "KET-100", "1", "Nord GmbH", "", "", "", ""), headings=headings))
    assert (name.left_out.ship_to, name.order is not None) == ("Nord GmbH", True)
    half = one(csv(("77", "C-1001", "KET-100", "1", "Nord GmbH", "Am Sand 1", "", "", "Germany"), headings=headings))
    assert findings(half) == [
        "row 2, column H (City): nothing is there, an address is written out, and its city was expected",
        "row 2, column I (Country): 'GERMANY' is there, a country code of two letters was expected (ISO 3166-1, such as DE)",
    ]


def test_a_workbook_gives_days_numbers_and_leading_noughts_as_they_are_shown() -> None:
    book = workbook((77, "C-1001", 123, 12.0, 39.1, date(2026, 12, 4)), headings=("PO", "Customer", "Item", "Qty", "Price", "Wanted"))
    first(book)["C2"].number_format = "00000"
    order = one(saved(book)).order
    assert order is not None
    line = order.lines[0]
    assert (order.key, line.item, line.quantity, line.unit_price) == ("file/C-1001-77", "00123", 12, Decimal("39.1"))
    assert order.requested_at == datetime(2026, 12, 4, 12, tzinfo=UTC)


def test_merged_cells_further_sheets_and_hidden_ones_are_read_as_they_look() -> None:
    book = workbook(("77", "C-1001", "KET-100", 1, None), (None, None, "FLT-100", 2, None))
    first(book).merge_cells("A2:A3")
    other = book.create_sheet("November", 0)
    other.append(["PO", "Customer", "Item", "Qty"])
    other.append(["90", "C-1001", "CLN-900", 5])
    other.sheet_state = "hidden"
    order = one(saved(book)).order
    assert order is not None
    assert [(line.item, line.quantity) for line in order.lines] == [("KET-100", 1), ("FLT-100", 2)]
    assert one(saved(book), sheet="November").number == "90"
    with pytest.raises(InputRefused, match="it has no sheet 'May'; its sheets are November, Orders"):
        read(saved(book), sheet="May")


def test_a_formula_nobody_calculated_an_error_and_a_day_for_an_item_are_findings() -> None:
    book = workbook(
        ("77", "C-1001", "KET-100", "=6*2", "#N/A"), ("78", "C-1001", date(2026, 3, 1), 1, None), (79, "C-1001", "X", 45000, None)
    )
    first(book)["E2"].data_type = "e"
    found = read(saved(book))
    assert [findings(each) for each in found.orders] == [
        [
            "row 2, column D (Qty): '=6*2' is there, a formula that nobody has calculated; open the file in a spreadsheet and save it",
            "row 2, column E (Price): '#N/A' is there, an error of the spreadsheet",
        ],
        ["row 3, column C (Item): '2026-03-01' is there, a text was expected; the spreadsheet took it for a date"],
        [],
    ]
    shortened = one(csv(("77", "C-1001", "4,00123E+12", "1", ""), separator=";"))
    assert [finding.expected for finding in shortened.findings] == [
        "an item was expected; the spreadsheet has shortened its number, and digits are lost"
    ]


def archive(**parts: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/"), content)
    return written.getvalue()


def test_archives_that_unpack_beyond_reason_and_entities_are_refused_before_they_are_read() -> None:
    bomb = archive(**{"xl__workbook.xml": b"<workbook/>", "xl__worksheets__sheet1.xml": b" " * 90_000_000})
    assert len(bomb) < 200_000
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(InputRefused, match="it unpacks to 2 parts of 90,000,011 bytes, and at most 2,000 of 80,000,000 are read"):
        read(bomb)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert time.monotonic() - began < 5
    declared = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><workbook/>'
    for text in (declared, declared.decode().encode("utf-16")):
        with pytest.raises(InputRefused, match=r"its part xl/workbook.xml declares a document type"):
            read(archive(**{"xl__workbook.xml": text}))
    with pytest.raises(InputRefused, match="it is a ZIP archive and no Excel workbook"):
        read(archive(**{"a.txt": b"hello"}))


def test_a_million_empty_rows_are_passed_over_in_bounded_time() -> None:
    book = workbook(GOOD)
    first(book).cell(row=1_048_576, column=3).number_format = "00000"
    first(book).cell(row=1_048_570, column=4, value=1)
    began = time.monotonic()
    found = one(saved(book))
    assert time.monotonic() - began < 60
    assert (found.rows, found.findings[0].row) == ((2, 1_048_570), 1_048_570)


def test_ten_thousand_rows_are_read_and_one_more_is_refused() -> None:
    rows = [(number // 3, "C-1001", "KET-100", 1, "4.50") for number in range(10_000)]
    began = time.monotonic()
    with pytest.raises(InputRefused, match="the document: it has more than 10,000 rows"):
        read(csv(*rows))
    assert len(read(csv(*rows[:9_999])).orders) == 3_333
    assert time.monotonic() - began < 60


def test_the_inbox_takes_good_orders_and_refuses_bad_ones_by_the_map_that_is_named() -> None:
    content = csv(("77", "KET-100", "1"), ("78", "KET-100", "x"), headings=("PO", "Ware", "Qty"))
    taught = ColumnMap(name="nord", columns={OrderField.ITEM: "Ware"}, fixed={OrderField.CUSTOMER: "C-1001"})
    delivery = Delivery(channel="file/nord", delivery="d", form="csv", topic="nord", body=content, received_at=NOW)
    good, bad = of_table(delivery, {(NeedKind.COLUMNS, "nord"): taught.model_dump_json(exclude_defaults=True)})
    assert isinstance(good, OrderIn)
    assert isinstance(bad, RefusedIn)
    assert (good.order.key, bad.place) == ("nord/77", "order 78, row 3")
    assert bad.reason == "row 3, column C (Qty): 'x' is there, a number was expected"
    with pytest.raises(InputRefused, match="the column map: there is none called 'nord'"):
        of_table(delivery, {})


def test_an_order_that_names_no_date_is_the_same_on_every_day() -> None:
    content = csv(GOOD)
    days = [Delivery(channel="desk", delivery="d", form="csv", body=content, received_at=NOW.replace(day=day)) for day in (26, 27)]
    first, second = (part for day in days for part in of_table(day, {}) if isinstance(part, OrderIn))
    assert first.order.placed_at != second.order.placed_at
    assert first.stated.fingerprint == second.stated.fingerprint
