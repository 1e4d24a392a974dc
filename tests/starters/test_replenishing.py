"""A sales history from a file: what is right is taken, what is wrong is named with its row."""

from __future__ import annotations

from datetime import date

import pytest

from domain.errors import InputRefused
from domain.proposals import HistoryRow
from starters.replenishing import read_history

TODAY = date(2026, 11, 23)


def test_a_history_is_read_as_shops_write_it() -> None:
    rows, findings = read_history(
        b"\xef\xbb\xbfItem;Location;Date;Quantity\r\nKET-100;BERLIN;2026-11-02;3\r\n KET-100 ;;2026-11-03;0\r\n", "f", TODAY
    )
    assert findings == []
    assert rows == [
        (2, HistoryRow(item="KET-100", location="BERLIN", day=date(2026, 11, 2), quantity=3)),
        (3, HistoryRow(item="KET-100", location="", day=date(2026, 11, 3), quantity=0)),
    ]


def test_empty_rows_and_an_empty_last_column_are_passed_over() -> None:
    rows, findings = read_history(b"item,location,date,quantity,\n\nKET-100,,2026-11-02,3,\n", "f", TODAY)
    assert findings == []
    assert [number for number, _ in rows] == [3]


def test_columns_may_stand_in_any_order_and_days_may_be_out_of_stock() -> None:
    rows, _ = read_history(b"date,quantity,out_of_stock,item,location\n2026-11-02,0,yes,KET-100,\n", "f", TODAY)
    assert rows == [(2, HistoryRow(item="KET-100", location="", day=date(2026, 11, 2), quantity=0, out_of_stock=True))]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",BERLIN,2026-11-02,3", "the item is missing"),
        ("KET-100,BERLIN,02.11.2026,3", "'02.11.2026' is not a date such as 2026-11-23"),
        ("KET-100,BERLIN,2026-11-23,3", "2026-11-23 is not in the past"),
        ("KET-100,BERLIN,2026-11-02,-3", "'-3' is not a whole number of units from 0 to 10,000,000"),
        ("KET-100,BERLIN,2026-11-02,1.5", "'1.5' is not a whole number"),
        ("KET-100,BERLIN,2026-11-02," + "9" * 5000, "is not a whole number"),
        ("KET-100,BERLIN,2026-11-02,3,yes,more", "more cells than the header"),
        ("KET-100,BERLIN,2026-11-02,3,maybe", "'maybe' is neither yes nor no"),
        ("KET-100", "'' is not a date"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_keeps_no_other_out(row: str, reason: str) -> None:
    content = f"item,location,date,quantity,out_of_stock\n{row}\nKET-100,,2026-11-02,3,\n"
    rows, findings = read_history(content.encode(), "f", TODAY)
    assert [number for number, _ in rows] == [3]
    [finding] = findings
    assert finding.row == 2
    assert reason in finding.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the header lacks item, location, date, quantity"),
        (b"item,date\nKET-100,2026-11-02\n", "the header lacks location, quantity"),
        (b"\xff\xfe", "byte 0 is not UTF-8"),
        (b'item,location,date,quantity\n"KET', "it is not a CSV file"),
    ],
)
def test_what_is_no_history_is_refused_in_a_sentence(content: bytes, reason: str) -> None:
    with pytest.raises(InputRefused, match=reason):
        read_history(content, "sales.csv", TODAY)
