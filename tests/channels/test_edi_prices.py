"""What an order leaves to us: prices, taxes, and amounts that are stated as percentages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.edi_partners import Partners
from domain.intake import OrderIn, RefusedIn
from domain.order import PlaceOrder
from tests.channels.edi_documents import ACME, EURO, edifact_interchange, edifact_order, eur, x12_interchange, x12_order
from tests.channels.edi_reading import parts

OURS = Partners(partners=tuple(one.model_copy(update={"prices": "ours", "taxes": "ours"}) for one in (ACME, EURO)))
THEIRS = Partners(partners=(ACME, EURO))


def order(content: bytes, partners: Partners = OURS) -> PlaceOrder:
    (part,) = parts(content, partners)
    assert isinstance(part, OrderIn), part
    return part.order


def x12(**changes: str) -> bytes:
    return x12_interchange(x12_order(changes={name.replace("_", "*"): row for name, row in changes.items()}))


def test_a_line_without_a_price_is_ours_to_price_where_the_partners_map_says_so() -> None:
    placed = order(x12(PO1_1="PO1*1*2*EA***VN*KET-100"))
    assert [(line.to_price, line.unit_price) for line in placed.lines] == [(True, Decimal(0)), (False, Decimal("4.00"))]
    (refused,) = parts(x12(PO1_1="PO1*1*2*EA***VN*KET-100"), THEIRS)
    assert isinstance(refused, RefusedIn)
    assert refused.reason == "there is no unit price, and the partner's map does not leave prices to us"


def test_an_edifact_line_without_a_price_is_ours_to_price_where_the_partners_map_says_so() -> None:
    content = edifact_interchange(edifact_order(changes={"PRI+AAA:15.00": "FTX+AAI'"}))
    assert [line.to_price for line in order(content).lines] == [True, False]
    (refused,) = parts(content, THEIRS)
    assert isinstance(refused, RefusedIn)
    assert refused.reason == "the line has no price, and the partner's map does not leave prices to us (PRI)"


def test_an_order_that_states_no_taxes_is_ours_to_tax_and_one_that_states_some_is_not() -> None:
    silent = x12(TXI="REF*ZZ*NOTHING")
    assert not any(line.taxes for line in order(silent).lines)
    assert order(silent).to_tax
    assert not order(silent, THEIRS).to_tax
    assert not order(x12()).to_tax


@pytest.mark.parametrize(("percent", "cents"), [("10", 300), ("2.5", 75), ("0.05", 2), ("33.333", 1000)])
def test_a_percentage_on_a_line_is_of_the_line_rounded_half_up(percent: str, cents: int) -> None:
    """Two kettles at 15.00 come to 30.00."""
    placed = order(x12(PID=f"SAC*A*C310***  *Z*{percent}"))
    assert placed.lines[0].gross("EUR") == eur(3000)
    assert placed.lines[0].discount == eur(cents)


def test_a_percentage_of_a_price_that_is_left_to_us_is_refused() -> None:
    (refused,) = parts(x12(PO1_1="PO1*1*2*EA***VN*KET-100", PID="SAC*A*C310****Z*10"), OURS)
    assert isinstance(refused, RefusedIn)
    assert refused.place.endswith("SAC07")
    assert "has no amount yet" in refused.reason


def test_a_percentage_on_an_edifact_order_is_of_its_goods() -> None:
    """Two kettles at 15.00 and a dozen filters at 48.00: 78.00, of which a tenth."""
    placed = order(edifact_interchange(edifact_order(changes={"MOA+8:10,00": "PCD+1:10'"})))
    assert placed.discount == eur(780)
