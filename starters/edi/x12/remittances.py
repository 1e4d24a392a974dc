"""A remittance advice (820): which invoices a payment is for.

Read: BPR02 and BPR16, TRN02, CUR02, N1 PR, RMR01 to RMR08, ADX. Source: ASC X12 004010, 820.
"""

from __future__ import annotations

from domain.edi_documents import Remittance, RemittanceLine
from domain.edi_partners import Partner
from domain.errors import InputRefused
from domain.money import Money
from starters.channels.bounds import known_currency
from starters.channels.x12_envelope import Segment
from starters.edi.x12.fields import Loop, amount, day, first, loops, needed, required

INVOICE, CREDIT = ("IV", "OI", "IN"), ("CM", "CL")


def remittance(segments: list[Segment], place: str, partner: Partner) -> Remittance:
    """Raises InputRefused."""
    bpr, trn = required(segments, "BPR", place), required(segments, "TRN", place)
    cur = first(segments, "CUR")
    currency = known_currency(needed(cur, 2, "currency"), cur.place(2)) if cur else partner.currency
    paid = amount(bpr, 2, currency)
    if not bpr.at(2) or paid.minor < 0:
        raise InputRefused(bpr.place(2), "there is no amount of zero or more that was paid")
    payer = first(segments, "N1", "PR")
    found = loops(segments, "RMR", end=("ENT", "N1"))
    if not found:
        raise InputRefused(place, "the remittance names no invoice (RMR)")
    return Remittance(
        reference=needed(trn, 2, "reference of the payment"),
        payer=(payer.at(4) or payer.at(2)) if payer else "",
        amount=paid,
        paid_on=day(bpr, 16, partner).date() if bpr.at(16) else None,
        lines=tuple(_line(loop, currency) for loop in found),
    )


def _line(loop: Loop, currency: str) -> RemittanceLine:
    rmr = loop.head
    if rmr.at(1) not in (*INVOICE, *CREDIT):
        raise InputRefused(rmr.place(1), f"{rmr.at(1)!r:.10} is neither an invoice (IV, OI) nor a credit note (CM)")
    adjustments = [one for one in loop.under if one.name == "ADX"]
    return RemittanceLine(
        invoice=needed(rmr, 2, "number of an invoice"),
        paid=amount(rmr, 4, currency),
        total=amount(rmr, 5, currency) if rmr.at(5) else None,
        discount=amount(rmr, 6, currency),
        adjustment=Money.total((amount(one, 1, currency) for one in adjustments), currency),
        reason=", ".join(one.at(2) for one in adjustments if one.at(2)),
    )
