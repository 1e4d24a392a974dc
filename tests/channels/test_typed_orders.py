"""Orders typed as YAML: every value is the text that stands there, and every finding names its line."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.errors import InputRefused
from starters.files.typed import TEMPLATE, read
from tests.channels.order_tables import NOW, findings, typed

SHORT = "customer: C-1001\npo: PO-7\nlines:\n  KET-100: 12\n"


def refused(text: str) -> str:
    with pytest.raises(InputRefused) as error:
        read(text.encode(), NOW)
    return str(error.value)


def test_the_shortest_order_is_four_lines() -> None:
    found = typed(SHORT)
    assert found.order is not None
    assert (found.order.key, found.order.customer, found.order.po_number) == ("desk/C-1001-PO-7", "C-1001", "PO-7")
    assert [(line.item, line.quantity, line.to_price) for line in found.order.lines] == [("KET-100", 12, True)]
    assert (found.left_out.placed_at, found.left_out.terms, found.left_out.ship_to) == (True, True, "")


def test_the_template_is_an_order() -> None:
    found = typed(TEMPLATE)
    assert found.order is not None
    assert (found.order.external_id, found.left_out.ship_to) == ("C-1001-PO-2026-117", "Kaffeekontor Nord GmbH")
    assert [(line.item, line.quantity, line.unit_price) for line in found.order.lines] == [
        ("KET-100", 12, Decimal(0)),
        ("FLT-100", 48, Decimal("3.90")),
    ]


def test_norway_leading_noughts_octals_and_days_stay_what_was_typed() -> None:
    found = typed(
        "customer: 0x1F\nnumber: 0012\nwanted: 2026-12-04\nship to: {name: NO, street: on, postcode: 0150, city: Oslo, country: NO}\n"
        "lines:\n  00123: 12\n  1e3: 2 at 3.90\n  yes: 1\n  12:30: 4\n"
    )
    assert found.order is not None
    assert found.order.ship_to is not None
    assert (found.order.customer, found.order.key) == ("0x1F", "desk/0012")
    assert (found.order.ship_to.country, found.order.ship_to.postcode, found.order.ship_to.street) == ("NO", "0150", "on")
    assert [line.item for line in found.order.lines] == ["00123", "1e3", "yes", "12:30"]
    assert found.order.requested_at == datetime(2026, 12, 4, 12, tzinfo=UTC)


def test_every_finding_names_its_line() -> None:
    found = typed(
        "customer: C-1001\ncustmer: C-1002\nWanted: soon\nlines:\n  KET-100: twelve\n  FLT-100: 3 at 3,90\n  KET-100: 4\n"
        "  CLN-900: {price: 2}\nfreight: [1]\n"
    )
    assert found.order is None
    assert findings(found) == [
        "line 1, number: nothing is there, a number of the order or of the purchase order (po) was expected",
        (
            "line 2: 'custmer' is there, a field of an order was expected "
            "(customer, number, po, placed, wanted, terms, currency, freight, service, ship to, lines)"
        ),
        "line 3, wanted: 'soon' is there, a date was expected (YYYY-MM-DD or DD.MM.YYYY)",
        "line 5, quantity: 'twelve' is there, a number with '.' before its decimals was expected",
        "line 6, price: '3,90' is there, a number with '.' before its decimals was expected",
        "line 7: 'KET-100' is there, it stands in line 5 too, and nobody can say which one counts",
        "line 8, quantity: nothing is there, the quantity of the line was expected",
        "line 9, freight: nothing is there, one value was expected",
    ]


def test_lines_may_be_written_one_after_the_other_with_all_they_say() -> None:
    found = typed(
        "customer: C-1001\nnumber: 7\nlines:\n- item: KET-100\n  quantity: 12\n  price: 39.50\n  discount: 20\n  wanted: 11.12.2026\n"
        "- {item: KET-100, quantity: 1}\n"
    )
    assert found.order is not None
    first, second = found.order.lines
    assert (first.unit_price, first.discount.minor, first.requested_at) == (Decimal("39.50"), 2000, datetime(2026, 12, 11, 12, tzinfo=UTC))
    assert (second.item, second.to_price) == ("KET-100", True)


def test_two_customers_may_count_their_purchase_orders_alike() -> None:
    first, second = read(f"{SHORT}---\n{SHORT.replace('C-1001', 'C-1002')}".encode(), NOW)
    assert first.order is not None
    assert second.order is not None
    assert (first.order.key, second.order.key) == ("desk/C-1001-PO-7", "desk/C-1002-PO-7")


def test_several_orders_stand_in_one_file() -> None:
    found = read(f"{SHORT}---\n{SHORT.replace('PO-7', 'PO-8')}---\ncustomer: C-1\n".encode(), NOW)
    assert [(each.number, each.order is not None) for each in found] == [("PO-7", True), ("PO-8", True), ("", False)]
    assert [each.place for each in found][:2] == ["order PO-7, lines 1-4", "order PO-8, lines 6-9"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the document: it is empty"),
        ("# nothing\n", "the document: it is empty"),
        ("a: &x [1]\nb: *x\n", "line 1: an order has no anchors and no references to them (& and *); put a text that begins so in quotes"),
        ("customer: !!python/object:os.system x\n", "line 1: an order has no tags"),
        ("a: [" * 20, "line 1: it is nested deeper than 8 levels"),
        ("customer: 'C-1001\nlines:\n", "line 3, column 1: this is not YAML"),
        ("customer: C-1001\n\tpo: 3\n", "line 2, column 1: this is not YAML"),
        ("x" * 500_000, "the document: it has 500,000 bytes, and at most 400,000 are typed"),
        ("---\na: b\n" * 300, "line 401: it holds more than 200 orders"),
    ],
)
def test_what_nobody_types_is_refused_with_its_line(text: str, sentence: str) -> None:
    began = time.monotonic()
    assert refused(text).startswith(sentence)
    assert time.monotonic() - began < 20


def test_a_bomb_of_references_is_refused_where_it_begins() -> None:
    bomb = "a: &a [x,x,x,x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9))
    assert refused(bomb).startswith("line 1: an order has no anchors")
