"""The documents that go out by EDI; `python -m tests.channels.record_golden` writes them as golden files: look at what changed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

from starters.edi.answer import answers
from starters.edi.edifact import answering as edifact_answering
from starters.edi.edifact import despatching as edifact_despatching
from starters.edi.edifact import invoicing as edifact_invoicing
from starters.edi.translate import read
from starters.edi.x12 import answering, change_answering, despatching, invoicing, stocking
from tests.channels.edi_documents import (
    ACME,
    AT,
    CHANGE_ANSWER,
    COLLECTIVE,
    CREDIT_NOTE,
    EURO,
    INVOICE,
    ORDCHG,
    ORDER_ANSWER,
    PARTNERS,
    SHIP_NOTICE,
    STOCK_REPORT,
    WAREHOUSE_ORDER,
    edifact_interchange,
    edifact_message,
    edifact_order,
    envelope,
    x12_interchange,
    x12_order,
)

GOLDEN = Path(__file__).parent / "golden"


def answered(content: bytes, kind: str) -> bytes:
    """The one answer of a kind to a document."""
    (found,) = [one.content for read_one in read(content, PARTNERS, {}) for one in answers(read_one, count(41), AT) if one.kind == kind]
    return found


def three_orders(asks: str = "0") -> bytes:
    """Of three orders the second has a quantity that is none."""
    bad = x12_order("0002", "PO-2", {"PO1*2": "PO1*2*x*EA*4.00*PE*UP*401234500001"})
    return x12_interchange(x12_order(), bad, x12_order("0003", "PO-3"), asks=asks)


def three_messages() -> bytes:
    bad = edifact_order("2", "PO-8", {"QTY+21:2": "QTY+21:x:PCE'"})
    return edifact_interchange(edifact_order(), bad, edifact_message("ORDCHG", ORDCHG, "3"))


DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "x12_ta1.edi": lambda: answered(three_orders("1"), "TA1"),
    "x12_997.edi": lambda: answered(three_orders(), "997"),
    "x12_855.edi": lambda: answering.acknowledgements(envelope(ACME), [ORDER_ANSWER]),
    "x12_865.edi": lambda: change_answering.change_answers(envelope(ACME), [CHANGE_ANSWER]),
    "x12_856.edi": lambda: despatching.ship_notices(envelope(ACME), [SHIP_NOTICE]),
    "x12_810.edi": lambda: invoicing.invoices(envelope(ACME), [INVOICE]),
    "x12_810_credit_note.edi": lambda: invoicing.invoices(envelope(ACME), [CREDIT_NOTE]),
    "x12_810_collective.edi": lambda: invoicing.invoices(envelope(ACME), [COLLECTIVE]),
    "x12_846.edi": lambda: stocking.stock_reports(envelope(ACME), [STOCK_REPORT]),
    "x12_940.edi": lambda: stocking.warehouse_orders(envelope(ACME), [WAREHOUSE_ORDER]),
    "edifact_contrl.edi": lambda: answered(three_messages(), "CONTRL"),
    "edifact_ordrsp.edi": lambda: edifact_answering.responses(envelope(EURO), [ORDER_ANSWER]),
    "edifact_ordrsp_change.edi": lambda: edifact_answering.change_responses(
        envelope(EURO), [CHANGE_ANSWER.model_copy(update={"accepted": True, "why": ""})]
    ),
    "edifact_desadv.edi": lambda: edifact_despatching.despatch_advices(envelope(EURO), [SHIP_NOTICE]),
    "edifact_invoic.edi": lambda: edifact_invoicing.invoices(envelope(EURO), [INVOICE]),
    "edifact_invoic_credit_note.edi": lambda: edifact_invoicing.invoices(envelope(EURO), [CREDIT_NOTE]),
    "edifact_invoic_collective.edi": lambda: edifact_invoicing.invoices(envelope(EURO), [COLLECTIVE]),
}

if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, write in DOCUMENTS.items():
        (GOLDEN / name).write_bytes(write())
