"""Ageing buckets, DSO and CEI against books that were added up by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.ageing import Collection, OpenInvoice, bucket, by_customer
from domain.money import Money

AT = datetime(2026, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due", "where"),
    [
        ("2026-07-01", "not_due"),
        ("2026-06-30", "not_due"),
        ("2026-06-29", "1-30"),
        ("2026-05-31", "1-30"),
        ("2026-05-30", "31-60"),
        ("2026-05-01", "31-60"),
        ("2026-04-30", "61-90"),
        ("2026-04-01", "61-90"),
        ("2026-03-31", "90+"),
    ],
)
def test_an_item_ages_by_the_days_since_its_due_date(due: str, where: str) -> None:
    assert bucket(date.fromisoformat(due), AT.date()) == where


def collection(**changes: int) -> Collection:
    figures = {"beginning": 80_000_00, "sales": 300_000_00, "ending": 100_000_00, "current": 60_000_00, "days": 90}
    return Collection(currency="EUR", at=AT, **figures | changes)


def test_the_figures_of_a_quarter() -> None:
    """100/300 x 90, 60/300 x 90, and (80 + 300 - 100) / (80 + 300 - 60)."""
    found = collection()
    assert (found.dso, found.best_possible_dso, found.average_days_late) == (Decimal("30.0"), Decimal("18.0"), Decimal("12.0"))
    assert found.cei == Decimal("87.5")


def test_a_house_where_nothing_is_late_collects_all_it_can() -> None:
    assert collection(current=100_000_00).cei == Decimal("100.0")


def test_without_sales_there_is_no_dso_and_without_receivables_no_cei() -> None:
    found = collection(sales=0, beginning=0, ending=0, current=0)
    assert (found.dso, found.best_possible_dso, found.average_days_late, found.cei) == (None, None, None, None)


def test_customers_stand_in_the_order_of_what_is_overdue_and_currencies_apart() -> None:
    def owed(customer: str, minor: int, where: str, currency: str = "EUR") -> OpenInvoice:
        return OpenInvoice(
            customer=customer,
            order="o",
            document="INV",
            due_at=AT,
            balance=Money(minor=minor, currency=currency),
            days_late=0,
            bucket=where,
        )

    rows = by_customer(
        [owed("A", 900, "not_due"), owed("B", 100, "90+"), owed("A", 50, "1-30"), owed("A", 7, "31-60", "USD")],
        {("A", "EUR"): -25, ("C", "EUR"): -5},
        {"A": "Alpha"},
    )
    assert [(row.customer, row.currency, row.overdue, row.on_account, row.total) for row in rows] == [
        ("B", "EUR", 100, 0, 100),
        ("A", "EUR", 50, -25, 925),
        ("C", "EUR", 0, -5, -5),
        ("A", "USD", 7, 0, 7),
    ]
    assert rows[1].name == "Alpha"
